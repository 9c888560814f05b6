"""The judge of commitments: what somebody owes somebody, what was met of it in parts, and whether it is over.

What was met in part is a transition of its own sort, which may happen again; what was met as a whole ends it, as a
release does. The amounts of parts are summed by unit as they are printed, exactly, lower and upper ends apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.facts import Body, Fact, Item, Names
from tests.oracle.model_over_time import Publishers, Thing, dates, decided, folded

OWN = (
    *("kind", "agreement", "tranche", "quantity", "amount", "price", "price_floor", "formula", "conditions", "binding"),
)
AMOUNT = ("value", "low", "high", "unit")


def in_parts(fact: Fact) -> Fact:
    """A statement that a commitment was met in part, as one of a type of its own."""
    if fact.type == "CommitmentMet" and (fact.get("quantity") or fact.get("amount")):
        return replace(fact, body={**fact.body, "type": "CommitmentMetInPart"})
    return fact


def commitment_item(
    slug: str,
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> Item | None:
    """The state of a commitment at V."""
    thing = Thing([in_parts(fact) for fact in facts], at, names, prefer=prefer, publishers=publishers)
    openings = thing.listed("CommitmentMade")
    if not openings:
        return None
    fields, _ = folded(openings)
    status, decider = decided(
        [
            ("met", thing.begun("CommitmentMet")),
            ("released", thing.begun("CommitmentReleased")),
            ("open", [one for one in openings if one.starts <= at and not one.over(at)]),
            ("expired", [one for one in openings if one.over(at)]),
            ("planned", openings),
        ]
    )
    own_from, own_to = dates(fields)
    met = [one.fields for one in thing.begun("CommitmentMetInPart")]
    return {
        "commitment": slug,
        "status": status,
        "foreseen": status != "planned" and decider.foreseen,
        **{name: whole(fields.get(name)) for name in OWN},
        **{name: names.shown(fields.get(name)) for name in ("by", "to", "facility", "material")},
        "effective_from": own_from,
        "effective_to": own_to,
        "met_quantity": summed(part["quantity"] for part in met if part.get("quantity")),
        "met_amount": summed(part["amount"] for part in met if part.get("amount")),
        **thing.envelope(decider),
    }


def whole(value: Any) -> Any:
    """An amount with every field of amounts."""
    return {name: value.get(name) for name in AMOUNT} if isinstance(value, dict) else value


def summed(amounts: Iterable[Body]) -> list[Body] | None:
    """The sums of amounts, by unit; an end is absent where one of them lacks it, or it has too many digits."""
    units: dict[str, list[Body]] = {}
    for one in amounts:
        units.setdefault(one["unit"], []).append(one)
    found = []
    for unit, of_unit in sorted(units.items()):
        low, high = (_total([one.get("value") or one.get(end) for one in of_unit]) for end in ("low", "high"))
        point = low if low == high else None
        ends = (None, None) if low == high else (low, high)
        found.append({"value": point, "low": ends[0], "high": ends[1], "unit": unit})
    return found or None


def _total(numbers: Sequence[str | None]) -> str | None:
    held = [Decimal(one) for one in numbers if one is not None]
    total = sum(held, Decimal(0))
    if len(held) < len(numbers) or total >= 10**20:
        return None
    whole_part, _, fraction = f"{total:f}".partition(".")
    return f"{whole_part}.{fraction.rstrip('0')}".rstrip(".")
