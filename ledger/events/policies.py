"""Policies: what states announce, enact, amend, suspend, reinstate and repeal."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ledger.events.amounts import Condition
from ledger.events.base import Event, Moment, Ref, Role, Slug, Text, Timed, Transition


class _PolicyEvent(Transition, abstract=True):
    family: ClassVar[str] = "policies"
    thing: ClassVar[str | None] = "policy"
    part: ClassVar[str | None] = "provision"
    whole: ClassVar[bool] = True

    policy: Slug
    provision: Text | None = Field(
        None, description="The short name of the part of it that this is about, which has dates of its own."
    )


class _Policy(_PolicyEvent, Timed, abstract=True):
    lifecycle_role: ClassVar[Role] = Role.OPENS

    jurisdiction: Ref
    kind: Literal[
        "export_ban",
        "export_control",
        "quota_system",
        "price_floor",
        "tariff",
        "subsidy",
        "licence",
        "permit",
        "sanction",
        "stockpile",
        "standard",
        "strategy",
        "other",
    ]
    title: Text | None = None
    materials: list[Ref] | None = Field(None, max_length=1000)
    applies_to: list[Ref] | None = Field(
        None, max_length=1000, description="Whom it is about: the holder of a permit, the target of a sanction."
    )
    exempt: list[Ref] | None = Field(None, max_length=1000, description="To whom, or to what, it does not apply.")
    conditions: list[Condition] | None = Field(None, max_length=1000, description="What they must keep to.")


class PolicyAnnounced(_Policy):
    """A jurisdiction said that it will have a policy."""

    example: ClassVar[dict[str, Any]] = {
        "type": "PolicyAnnounced",
        "policy": "malaysia-raw-export-moratorium",
        "jurisdiction": "malaysia",
        "kind": "export_ban",
        "effective_from": "2024-01-01",
        "published_at": "2023-09-11",
    }


class PolicyEnacted(_Policy):
    """A policy was enacted, with or without an announcement before; it may take effect later."""

    example: ClassVar[dict[str, Any]] = {
        "type": "PolicyEnacted",
        "policy": "china-announcement-61-2025",
        "jurisdiction": "china",
        "kind": "export_control",
        "title": "Announcement 61 of 2025",
        "effective_from": "2025-12-01",
        "published_at": "2025-10-09",
    }


class PolicyAmended(_PolicyEvent):
    """Fields of a policy changed; it may have been postponed."""

    lifecycle_role: ClassVar[Role] = Role.CHANGES
    amends: ClassVar[type[Event] | None] = PolicyEnacted
    example: ClassVar[dict[str, Any]] = {
        "type": "PolicyAmended",
        "policy": "malaysia-raw-export-moratorium",
        "changes": {"effective_to": "2027-12-31"},
        "published_at": "2025-02-01",
    }

    changes: dict[str, Any] = Field(min_length=1, description="Field to new value.")
    effective_from: Moment | None = Field(None, description="The amendment's own.")


class PolicySuspended(_PolicyEvent, Timed):
    """A policy does not apply for a while, or until it is reinstated. A suspension may begin before the policy does."""

    lifecycle_role: ClassVar[Role] = Role.CHANGES
    example: ClassVar[dict[str, Any]] = {
        "type": "PolicySuspended",
        "policy": "china-announcement-61-2025",
        "effective_from": "2025-11-07",
        "effective_to": "2026-11-10",
        "published_at": "2025-11-07",
    }

    effective_from: Moment


class PolicyReinstated(_PolicyEvent):
    """Every suspension of a policy that started before this one takes effect is over."""

    lifecycle_role: ClassVar[Role] = Role.CHANGES
    example: ClassVar[dict[str, Any]] = {
        "type": "PolicyReinstated",
        "policy": "china-announcement-61-2025",
        "effective_from": "2026-06-01",
        "published_at": "2026-05-20",
    }

    effective_from: Moment


class PolicyRepealed(_PolicyEvent):
    """A policy is gone for good."""

    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "PolicyRepealed",
        "policy": "china-announcement-61-2025",
        "effective_from": "2027-01-01",
        "published_at": "2026-12-01",
    }

    effective_from: Moment
