"""Risks: what threatens an entity, and when it no longer does."""

from typing import Any, ClassVar, Literal

from ledger.events.base import Moment, Ref, Role, Slug, Text, Timed, Transition


class RiskRaised(Timed):
    """Someone named a risk to an entity."""

    family: ClassVar[str] = "risks"
    thing: ClassVar[str | None] = "risk"
    lifecycle_role: ClassVar[Role] = Role.OPENS
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


class RiskResolved(Transition):
    """A risk is no more."""

    family: ClassVar[str] = "risks"
    thing: ClassVar[str | None] = "risk"
    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "RiskResolved",
        "risk": "lamp-radioactive-residue",
        "effective_from": "2026-03-03",
        "published_at": "2026-03-02",
    }

    risk: Slug
    effective_from: Moment
