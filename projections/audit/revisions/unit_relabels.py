"""Numbers that moved by the factor of a unit: a power of ten, or the ratio of two units of mass.

A factor alone proves nothing: a plant may well make ten times as much. The unit that is printed changed with it, or at
least three figures of the same publisher, metric and publication moved by it too.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from itertools import pairwise, permutations
from typing import NamedTuple

from ledger.values import unit
from projections.audit.revisions.releases import Entry, Series

DIGITS_MIN = 3
"""The significant digits that must agree before a ratio is taken for that of two units."""
COMPANY = 3
"""The figures that must move together."""
NEAR = 0.02
"""Two factors that agree in that many digits are nearer to each other than this."""
_MASSES = ("g", "kg", "t", "kt", "Mt", "lb", "short_ton")
_MASS_FAMILIES = ("mass", "mass_rate", "price")


class Relabel(NamedTuple):
    """The rule by which two numbers may be the same in two units, the factor, and both in words."""

    rule: str
    factor: Fraction
    explanation: str


Company = Mapping[tuple[str, str, datetime, Fraction], int]
"""How many figures moved, by publisher, metric, time of publication and factor."""


def relabel(before: Entry, after: Entry, canonical_unit: str) -> Relabel | None:
    """A power of ten, or the ratio of two units of mass, between two points of the same sign."""
    if before.point_atoms * after.point_atoms <= 0:
        return None
    by_mass = is_by_mass(canonical_unit)
    old, new = abs(before.point_atoms), abs(after.point_atoms)
    nearest = round(math.log10(new / old))
    by = new / old
    if not (nearest and _near(by, 10.0**nearest)) and not (by_mass and _near_a_mass_ratio(by)):
        return None
    power = power_of_ten(Fraction(new, old), Fraction(new, old))
    if power is not None:
        return Relabel("power_of_ten", Fraction(10) ** power, f"times 10^{power}")
    (digits_before, off_before), (digits_after, off_after) = before.significance, after.significance
    if min(digits_before, digits_after) < DIGITS_MIN:
        return None

    def fits(factor: Fraction) -> bool:
        return abs(new - old * factor) <= max(off_after, off_before * factor)

    if nearest != 0 and _near(by, 10.0**nearest) and fits(ten := Fraction(10) ** nearest):
        return Relabel("power_of_ten_rounded", ten, f"times 10^{nearest}, in the digits of the shorter")
    if by_mass:
        for factor, (one, other) in MASS_RATIOS.items():
            if _near(by, float(factor)) and fits(factor):
                return Relabel("mass_units", factor, f"times {one}/{other}, in the digits of the shorter")
    return None


def company_of(around: Iterable[Series]) -> Company:
    """How many figures moved by each factor in each publication, of these series."""
    moved: Counter[tuple[str, str, datetime, Fraction]] = Counter()
    for series in around:
        key = series.key
        for before, after in pairwise(series.vintages):
            if before.atoms is None or after.atoms is None:
                continue
            found = relabel(before, after, key["canonical_unit"])
            if found is not None:
                moved[key["publisher"], key["metric"], after.published_until, found.factor] += 1
    return moved


def is_by_mass(canonical_unit: str) -> bool:
    """Whether a unit may be taken for another one of mass."""
    return unit(canonical_unit).family in _MASS_FAMILIES


def power_of_ten(least: Fraction, most: Fraction) -> int | None:
    """The exponent, not 0, of a power of ten in an interval that holds one."""
    power = round(_log10((least + most) / 2))
    return power if power != 0 and least <= Fraction(10) ** power <= most else None


def _log10(number: Fraction) -> float:
    return math.log10(number.numerator) - math.log10(number.denominator)


def _mass_ratios() -> Iterator[tuple[Fraction, tuple[str, str]]]:
    """The ratios of two units of mass that are no powers of ten, and two units that have it."""
    for one, other in permutations(_MASSES, 2):
        factor = Fraction(unit(one).factor) / Fraction(unit(other).factor)
        if power_of_ten(factor, factor) is None:
            yield factor, (one, other)


def _near(factor: float, other: float) -> bool:
    return abs(factor / other - 1) < NEAR


def _near_a_mass_ratio(factor: float) -> bool:
    start = bisect_left(_MASSES_NEARLY, factor * (1 - 2 * NEAR))
    end = bisect_left(_MASSES_NEARLY, factor * (1 + 2 * NEAR))
    return any(_near(factor, one) for one in _MASSES_NEARLY[start:end])


MASS_RATIOS = dict(_mass_ratios())
"""The ratios, and two units for each."""
_MASSES_NEARLY = sorted(float(factor) for factor in MASS_RATIOS)
