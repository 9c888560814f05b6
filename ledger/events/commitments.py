"""Commitments: what somebody owes somebody by an agreement or a promise, and whether it came to that.

An offtake of 3,000 t a year, a price floor, a loan in tranches, a grant. One slug names a commitment, or one tranche of
it, through its whole life.
"""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ledger.events.amounts import Money, Price, Quantity
from ledger.events.base import Flag, Moment, Ref, Role, Slug, Text, Timed, Transition


class CommitmentMade(Timed):
    """Somebody committed themselves to somebody: to buy, to supply, to pay, to lend, to guarantee."""

    family: ClassVar[str] = "commitments"
    thing: ClassVar[str | None] = "commitment"
    lifecycle_role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = {
        "type": "CommitmentMade",
        "commitment": "dod-mp-price-floor",
        "kind": "price_floor",
        "by": "us-department-of-war",
        "to": "mp-materials",
        "agreement": "mp-dod-partnership",
        "material": "ndpr-oxide",
        "price_floor": {"value": "110", "unit": "USD/kg"},
        "binding": True,
        "effective_from": "2025-10-01",
        "effective_to": "2035-09-30",
        "published_at": "2025-07-10",
    }

    commitment: Slug
    kind: Literal["offtake", "supply", "price_floor", "loan", "grant", "equity", "guarantee", "capex", "other"]
    by: Ref = Field(description="Who is committed.")
    to: Ref = Field(description="To whom.")
    agreement: Slug | None = Field(None, description="The slug of the agreement that it is part of.")
    facility: Ref | None = None
    material: Ref | None = None
    tranche: Text | None = Field(None, description="Which part of a larger commitment it is.")
    quantity: Quantity | None = Field(None, description="How much is to be delivered or taken.")
    amount: Money | None = Field(None, description="How much is to be paid, lent or invested.")
    price: Price | None = None
    price_floor: Price | None = Field(None, description="The price below which it does not fall.")
    formula: Text | None = Field(None, description="How the price is found, in words.")
    conditions: Text | None = Field(None, description="What it depends on, in words.")
    binding: Flag | None = None


class CommitmentMet(Transition):
    """A commitment was met: a part of it, where it says how much, else all of it."""

    family: ClassVar[str] = "commitments"
    thing: ClassVar[str | None] = "commitment"
    lifecycle_role: ClassVar[Role] = Role.CLOSES
    in_part: ClassVar[tuple[str, ...]] = ("quantity", "amount")
    example: ClassVar[dict[str, Any]] = {
        "type": "CommitmentMet",
        "commitment": "dod-mp-loan",
        "amount": {"value": "150", "unit": "million USD"},
        "effective_from": "2025-08",
        "published_at": "2025-11-06",
    }

    commitment: Slug
    quantity: Quantity | None = Field(None, description="How much of it was delivered or taken; absent: all.")
    amount: Money | None = Field(None, description="How much of it was paid, lent or invested; absent: all.")
    effective_from: Moment | None = None


class CommitmentReleased(Transition):
    """A commitment lapsed or was cancelled before it was met."""

    family: ClassVar[str] = "commitments"
    thing: ClassVar[str | None] = "commitment"
    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = {
        "type": "CommitmentReleased",
        "commitment": "dod-mp-loan",
        "reason": "The borrower found private lenders.",
        "published_at": "2027-03-01",
    }

    commitment: Slug
    reason: Text | None = None
    effective_from: Moment | None = None
