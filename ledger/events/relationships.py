"""Relationships: how one entity stands to another, for example who owns or operates a plant."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from ledger.events.base import NAME_PATTERN, Number, Ref, Timed


class RelationshipStated(Timed):
    """One entity stands in a relation to another: owns, operates, is a subsidiary of, is located in, is party to."""

    family: ClassVar[str] = "relationships"
    thing: ClassVar[str | None] = "subject"
    known_by: ClassVar[tuple[str, ...]] = ("subject", "relation", "object")
    example: ClassVar[dict[str, Any]] = {
        "type": "RelationshipStated",
        "subject": "lynas-rare-earths",
        "relation": "operates",
        "object": "lynas-malaysia",
        "published_at": "2025-07-24",
    }

    subject: Ref
    relation: Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
    object: Ref
    share: Number | None = Field(None, description="In percent.")
