"""Relationships: how one entity stands to another, for example who owns or operates a plant, and until when."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ledger.events.amounts import check_order
from ledger.events.base import Moment, Number, Ref, Text, Timed, Transition
from ledger.events.links import LinkNature
from ledger.values.slugs import NAME_PATTERN

Relation = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
_KNOWN_BY = ("subject", "relation", "object", "role")


class RelationshipStated(Timed):
    """One entity stands in a relation to another: owns, operates, is a subsidiary of, is located in, is party to."""

    family: ClassVar[str] = "relationships"
    thing: ClassVar[str | None] = "subject"
    known_by: ClassVar[tuple[str, ...]] = _KNOWN_BY
    example: ClassVar[dict[str, Any]] = {
        "type": "RelationshipStated",
        "subject": "lynas-rare-earths",
        "relation": "operates",
        "object": "lynas-malaysia",
        "published_at": "2025-07-24",
    }

    subject: Ref
    relation: Relation
    object: Ref
    role: Text | None = Field(None, description="In which role, where the subject may have several.")
    share: Number | None = Field(None, description="In percent.")
    share_low: Number | None = Field(None, description="In percent: the lower end of a range, or a lower bound.")
    share_high: Number | None = Field(None, description="In percent: the upper end of a range, or an upper bound.")
    nature: LinkNature | None = Field(None, description="`actual`, the default, or `planned`.")

    @model_validator(mode="after")
    def _states_at_most_one_share(self) -> Self:
        if self.share is not None and (self.share_low is not None or self.share_high is not None):
            raise PydanticCustomError("one_share", "say share, or share_low and/or share_high", {"field": "share"})
        check_order(self.share_low, self.share_high, of="share_")
        return self


class RelationshipEnded(Transition):
    """One entity stands in a relation to another no longer."""

    family: ClassVar[str] = "relationships"
    thing: ClassVar[str | None] = "subject"
    known_by: ClassVar[tuple[str, ...]] = _KNOWN_BY
    example: ClassVar[dict[str, Any]] = {
        "type": "RelationshipEnded",
        "subject": "lynas-rare-earths",
        "relation": "operates",
        "object": "lynas-malaysia",
        "effective_from": "2031-01-01",
        "published_at": "2030-11-20",
    }

    subject: Ref
    relation: Relation
    object: Ref
    role: Text | None = None
    effective_from: Moment | None = None
