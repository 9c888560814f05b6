"""Supply links and risks: who supplies whom with what, and what threatens it."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ledger.events.base import Event, Moment, Number, Ref, Role, Slug, Text, Timed
from ledger.events.facilities import Stage


class SupplyLinkOpened(Timed):
    """A supplier began to supply a consumer with a material."""

    family: ClassVar[str] = "links"
    thing: ClassVar[str | None] = "link"
    role: ClassVar[Role] = Role.OPENS
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


class SupplyLinkClosed(Event):
    """A supply link ended."""

    family: ClassVar[str] = "links"
    thing: ClassVar[str | None] = "link"
    role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "SupplyLinkClosed",
        "link": "lynas-js-link-ndpr",
        "effective_from": "2030-01-01",
        "published_at": "2029-11-01",
    }

    link: Slug
    effective_from: Moment


class RiskRaised(Timed):
    """Someone named a risk to an entity."""

    family: ClassVar[str] = "risks"
    thing: ClassVar[str | None] = "risk"
    role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = {
        "type": "RiskRaised",
        "risk": "lamp-radioactive-residue",
        "category": "regulatory",
        "subject": "js-link-kuantan-plant",
        "description": "Residue rules for the neighbouring refinery could delay the plant.",
        "published_at": "2025-07-24",
    }

    risk: Slug
    category: Text
    subject: Ref
    description: Text
    severity: Literal["low", "medium", "high", "critical"] | None = None


class RiskResolved(Event):
    """A risk is no more."""

    family: ClassVar[str] = "risks"
    thing: ClassVar[str | None] = "risk"
    role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "RiskResolved",
        "risk": "lamp-radioactive-residue",
        "effective_from": "2026-03-03",
        "published_at": "2026-03-02",
    }

    risk: Slug
    effective_from: Moment


class StatementRecorded(Event):
    """A qualitative fact that no other type holds; never a number."""

    family: ClassVar[str] = "statements"
    thing: ClassVar[str | None] = "subject"
    example: ClassVar[dict[str, Any]] = {
        "type": "StatementRecorded",
        "subject": "js-link",
        "attribute": "role",
        "text": "Brings the magnet-making know-how.",
        "published_at": "2025-07-24",
    }

    subject: Ref
    attribute: Text
    text: Text
