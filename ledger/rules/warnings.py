"""What is legal and odd: warnings on an append, which never refuse anything.

Three kinds: a new name that looks like a registered one (two slugs for one entity are the commonest mistake in such
ledgers); a value ten times off what the same figure said before; and, more exactly, one a thousand times off, which is
nearly always a unit that slipped (kt for t, thousand for million).
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ledger.rules.registered_names import RegisteredNames
from ledger.values.quantities import canonical

FAR_OFF_FACTOR = 10


def name_warnings(name: str, slug: str, known: RegisteredNames) -> Iterator[dict[str, Any]]:
    """A registered name that the new one could be confused with; the nearest only."""
    nearest = known.look_alike(name, slug)
    if nearest is None:
        return
    other, other_slug = nearest
    yield {
        "pointer": "/name",
        "rule": "look_alike",
        "detail": f"{name!r} looks like {other!r}, registered as {other_slug!r}; if they are one, use that slug",
    }


def _is_near(one: float, other: float) -> bool:
    """Whether two values are so near that nothing needs to be computed exactly; a float is right to 15 digits."""
    return one != 0 and other != 0 and 2 / FAR_OFF_FACTOR < one / other < FAR_OFF_FACTOR / 2


def value_warnings(body: dict[str, Any], earlier: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """How a statement's value stands to the one before it in its series; silent unless both are points and not zero."""
    if earlier is None or body.get("value") is None or earlier.get("value") is None:
        return
    if body["unit"] == earlier["unit"] and _is_near(float(body["value"]), float(earlier["value"])):
        return
    now = canonical(Decimal(body["value"]), body["unit"])
    before = canonical(Decimal(earlier["value"]), earlier["unit"])
    if now == 0 or before == 0 or (now < 0) != (before < 0):
        return
    ratio = max(Fraction(now) / Fraction(before), Fraction(before) / Fraction(now))
    if 500 < ratio < 1500:
        rule, guess = "unit_slip", "was the unit taken for one a thousand times larger or smaller?"
    elif ratio >= FAR_OFF_FACTOR:
        rule, guess = "far_off", "is a digit or a point misplaced?"
    else:
        return
    yield {
        "pointer": "/value",
        "rule": rule,
        "detail": f"{body['value']} {body['unit']} is {round(ratio)} times off the "
        f"{earlier['value']} {earlier['unit']} before it: {guess}",
    }
