"""Supply links: who supplies whom with which material, and from when until when."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ledger.events.amounts import Quantity
from ledger.events.base import Moment, Number, Ref, Role, Slug, Timed, Transition
from ledger.events.facilities import Stage

LinkNature = Literal["actual", "planned"]


class SupplyLinkOpened(Timed):
    """A supplier began to supply a consumer with a material."""

    family: ClassVar[str] = "links"
    thing: ClassVar[str | None] = "link"
    lifecycle_role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = {
        "type": "SupplyLinkOpened",
        "link": "lynas-js-link-ndpr",
        "supplier": "lynas-rare-earths",
        "consumer": "js-link",
        "material": "ndpr-oxide",
        "stage": "separation",
        "effective_from": "2027",
        "published_at": "2025-07-24",
    }

    link: Slug
    supplier: Ref
    consumer: Ref
    material: Ref
    stage: Stage | None = None
    share: Number | None = Field(None, description="In percent.")
    nature: LinkNature | None = Field(None, description="`actual`, the default, or `planned`.")
    quantity: Quantity | None = Field(None, description="How much is supplied, for example `t/yr`.")


class SupplyLinkClosed(Transition):
    """A supply link ended."""

    family: ClassVar[str] = "links"
    thing: ClassVar[str | None] = "link"
    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "SupplyLinkClosed",
        "link": "lynas-js-link-ndpr",
        "effective_from": "2030-01-01",
        "published_at": "2029-11-01",
    }

    link: Slug
    effective_from: Moment
