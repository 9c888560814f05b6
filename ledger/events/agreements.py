"""Agreements: from a memorandum of understanding to a definitive contract, its amendments and its end.

One slug names an agreement through its whole life: signing a definitive agreement on the slug of an MoU makes it
definitive.
"""

from typing import Any, ClassVar

from pydantic import Field

from ledger.events.base import Event, Flag, Moment, Part, Ref, Role, Slug, Text, Timed, Transition


class Party(Part):
    """One side of an agreement."""

    entity: Ref
    role: Text | None = None


class _Signing(Timed, abstract=True):
    version: ClassVar[int] = 2
    family: ClassVar[str] = "agreements"
    thing: ClassVar[str | None] = "agreement"
    lifecycle_role: ClassVar[Role] = Role.OPENS

    agreement: Slug
    parties: list[Party] = Field(min_length=1, max_length=1000)
    title: Text | None = None
    binding: Flag | None = Field(
        None, description="Default: true for a definitive agreement; of an MoU it is not known."
    )
    terms: Text | None = None
    facility: Ref | None = None

    @classmethod
    def upcast(cls, body: dict[str, Any], *, version: int) -> dict[str, Any]:
        """Version 1 kept each party as a bare slug; a party has had a role since."""
        if version != 1:
            return super().upcast(body, version=version)
        return {**body, "parties": [{"entity": slug} for slug in body["parties"]]}


class MoUSigned(_Signing):
    """Parties signed a memorandum of understanding; it binds nobody unless it says so."""

    example: ClassVar[dict[str, Any]] = {
        "type": "MoUSigned",
        "agreement": "js-link-lynas-mou",
        "parties": [
            {"entity": "js-link", "role": "magnet maker"},
            {"entity": "lynas-rare-earths", "role": "oxide supplier"},
        ],
        "title": "Memorandum of understanding on a magnet plant in Kuantan",
        "binding": False,
        "published_at": "2025-07-24",
        "source": {"publisher": "lynas-rare-earths"},
    }


class AgreementSigned(_Signing):
    """Parties signed a definitive agreement, possibly on the slug of an earlier MoU."""

    example: ClassVar[dict[str, Any]] = {
        "type": "AgreementSigned",
        "agreement": "mp-dod-partnership",
        "parties": [{"entity": "mp-materials"}, {"entity": "us-department-of-war"}],
        "terms": "Equity, a loan and a price floor for NdPr oxide.",
        "effective_from": "2025-07-11",
        "published_at": "2025-07-10",
    }


class AgreementAmended(Transition):
    """Fields of an agreement changed, possibly its own dates."""

    family: ClassVar[str] = "agreements"
    thing: ClassVar[str | None] = "agreement"
    lifecycle_role: ClassVar[Role] = Role.CHANGES
    amends: ClassVar[type[Event] | None] = AgreementSigned
    example: ClassVar[dict[str, Any]] = {
        "type": "AgreementAmended",
        "agreement": "mp-dod-partnership",
        "changes": {"effective_to": "2035-09-30"},
        "published_at": "2025-10-01",
    }

    agreement: Slug
    changes: dict[str, Any] = Field(min_length=1, description="Field to new value.")
    effective_from: Moment | None = Field(None, description="The amendment's own.")


class AgreementTerminated(Transition):
    """An agreement ended before its time."""

    family: ClassVar[str] = "agreements"
    thing: ClassVar[str | None] = "agreement"
    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "AgreementTerminated",
        "agreement": "js-link-lynas-mou",
        "reason": "The parties did not agree on definitive terms.",
        "published_at": "2026-08-01",
    }

    agreement: Slug
    reason: Text | None = None
    effective_from: Moment | None = None
