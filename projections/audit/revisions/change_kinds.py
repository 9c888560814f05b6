"""What kind of change leads from one entry of a series to the next, and by which rule.

Not every revision is news. A figure printed with more digits, in another unit, or on another base year says the same
about the world. The kinds, of which the first that fits is taken:

- `status`: the same value, range or symbol with another status (estimated, then reported);
- `unit_relabel`: the same value printed in another unit; or another value that is the old one times a power of ten or
  the ratio of two units of mass, as happens when numbers and the unit above them part. A factor alone proves nothing (a
  plant may well make ten times as much): the unit that is printed changed with it, or the whole table moved by it;
- `unchanged`: a confirmation;
- `rescale`: one and the same factor over the periods of a table in one vintage, as a new base year makes it;
- `definition`: a recorded or noted change of what the figure means;
- `rounding`: the same value in the rounding of the coarser of the two: 49.5 and 49; 12,345 and 12,300, for zeros that
  follow three digits may be rounding too;
- `substantial`: anything else, a change to or from a range or symbol included; the rule `suspected_unit` where its
  factor is that of a unit.

What the numbers prove goes before what is said of them: a publisher's change of methodology bears on all that it
prints, a factor of a thousand on this number. A withdrawal, and what is published after one, is of no kind.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, permutations
from typing import NamedTuple

from ledger.values import unit
from projections.audit.revisions.notices import Notices, speaks_of_redefinition
from projections.audit.revisions.releases import Entry, Series

KINDS = ("unchanged", "status", "unit_relabel", "rescale", "definition", "rounding", "substantial")
SCALING = frozenset(("unit_relabel", "rescale", "definition"))
"""Kinds of change that put a figure on another scale: what was said before them is comparable by a factor."""
MARGIN = 1e-6
"""What floating point tells is left undecided as near as this."""
DIGITS_MIN = 3
"""The significant digits that must agree before a ratio is taken for that of two units."""
NEAR = 0.02
"""Two factors that agree in that many digits are nearer to each other than this."""
PAIRS_MIN = 2
"""The changed figures that must each pin a table's factor down to within 1 %."""
_MASSES = ("g", "kg", "t", "kt", "Mt", "lb", "short_ton")
_MASS_FAMILIES = ("mass", "mass_rate", "price")
TABLE = ("publisher", "subject", "metric", "material", "dimensions", "nature", "canonical_unit")
"""What the figures of a table have in common: they differ in their period only."""


class Change(NamedTuple):
    """A kind, the rule that fired, and the rule in words."""

    kind: str
    rule: str
    explanation: str


class Ratio(NamedTuple):
    """The factors that printed rounding allows between two values: at least, and at most where there is a bound."""

    least: Fraction
    most: Fraction | None

    def reaches(self, factor: Fraction) -> bool:
        """Whether a factor is not above the bound."""
        return self.most is None or factor <= self.most

    @property
    def precise(self) -> bool:
        """Whether it is narrower than 1 % either way."""
        return self.most is not None and self.most * 99 < self.least * 101


class Factor(NamedTuple):
    """What a table was multiplied by in one vintage: at least, at most, and how many figures say so."""

    least: Fraction
    most: Fraction
    figures: int

    @property
    def shown(self) -> str:
        """The shortest number among those allowed."""
        middle = float((self.least + self.most) / 2)
        rounded = (f"{middle:.{digits}g}" for digits in range(1, 17))
        return next((text for text in rounded if self.least <= Fraction(text) <= self.most), repr(middle))


Factors = Mapping[tuple[object, ...], Factor]
"""By what is in `TABLE`, and the time of publication."""


class Kinds:
    """Says of which kind changes are. `factors` are those of the tables in question: see `factors_of`."""

    def __init__(self, factors: Factors, notices: Notices) -> None:
        self._notices = notices
        self._factors = factors

    def of(self, series: Series, before: Entry, after: Entry) -> Change | None:
        """The kind of the change between two entries of a series; None for withdrawals and what follows them."""
        if before.withdrawn or after.withdrawn:
            return None
        if before.said == after.said:
            return _same(before, after)
        change = self._scaled(series, before, after) or self._redefined(series, before, after)
        return change or _rounded(before, after) or self._substantial(series, before, after)

    def _substantial(self, series: Series, before: Entry, after: Entry) -> Change:
        if before.atoms is None or after.atoms is None:
            return Change("substantial", "other_form", "to or from a range or symbol, or another one")
        suspected = _relabelled(before, after, by_mass=is_by_mass(series.key["canonical_unit"]))
        if suspected is not None:
            what = f"{suspected.explanation}, as if the unit were another; nothing else says that it is"
            return Change("substantial", "suspected_unit", what)
        return Change("substantial", "other_value", "another value that no other rule explains")

    def _scaled(self, series: Series, before: Entry, after: Entry) -> Change | None:
        old, new = before.atoms, after.atoms
        if old is None or new is None:
            return None
        factor = self._factors.get((*table_of(series), after.published_until))
        if factor is not None and before.published_until < after.published_until:
            allowed = ratio(before, after)
            if allowed is not None and allowed.least <= factor.most and allowed.reaches(factor.least):
                return _of_a_table(factor, series)
        if before.unit == after.unit:
            return None
        return _relabelled(before, after, by_mass=is_by_mass(series.key["canonical_unit"]))

    def _redefined(self, series: Series, before: Entry, after: Entry) -> Change | None:
        notice = self._notices.redefinition(series, before, after)
        if notice is not None:
            return Change("definition", "recorded", f"{notice.attribute} recorded in event {notice.event_id}")
        if after.note is not None and after.note != before.note and speaks_of_redefinition(after.note):
            return Change("definition", "noted", "the note speaks of another definition, method, basis or coverage")
        return None


def factors_of(around: Iterable[Series]) -> Factors:
    """The factor of the figures of each table at each time of publication, where they have one: of all the series of
    these tables.
    """
    pairs: dict[tuple[object, ...], list[tuple[Entry, Entry]]] = defaultdict(list)
    for series in around:
        for before, after in pairwise(series.vintages):
            if before.atoms is not None and after.atoms is not None:
                pairs[*table_of(series), after.published_until].append((before, after))
    factors = ((place, common_factor(of_one_vintage)) for place, of_one_vintage in pairs.items())
    return {place: factor for place, factor in factors if factor is not None}


def common_factor(pairs: Sequence[tuple[Entry, Entry]]) -> Factor | None:
    """The one factor, other than 1, between the figures of a table before and after, where printed rounding allows one.

    Each pair allows the factors from (|new| - h) / (|old| + h') to (|new| + h) / (|old| - h'), h and h' being half a
    unit of the last digit printed. The factor lies in what they have in common. Two changed figures at least must
    allow less than 1 % either way; a figure that stayed the same is a pair like any other.
    """
    if not _may_agree(pairs):
        return None
    common, precise = Ratio(Fraction(0), None), 0
    for before, after in pairs:
        allowed = ratio(before, after)
        if allowed is None:
            return None
        bounds = [most for most in (common.most, allowed.most) if most is not None]
        common = Ratio(max(common.least, allowed.least), min(bounds, default=None))
        precise += before.atoms != after.atoms and allowed.precise
        if not common.reaches(common.least):
            return None
    if common.most is None or precise < PAIRS_MIN or common.least <= 1 <= common.most:
        return None
    return Factor(common.least, common.most, len(pairs))


def ratio(before: Entry, after: Entry) -> Ratio | None:
    """The positive factors between two points that printed rounding allows; None where there are none.

    A zero is what is less than half a unit: it may have become another value, or have been one, where that is small.
    """
    old, new = _atoms(before), _atoms(after)
    if old * new < 0:
        return None
    old, new = abs(old), abs(new)
    least = max(new - after.half_unit, Fraction(0)) / (old + before.half_unit)
    return Ratio(least, (new + after.half_unit) / (old - before.half_unit) if old else None)


def _may_agree(pairs: Sequence[tuple[Entry, Entry]]) -> bool:
    """False where the pairs have no factor in common by far: floating point tells most tables apart, and quickly."""
    least, most, precise = 0.0, math.inf, 0
    for before, after in pairs:
        old, new = abs(_atoms(before)), abs(_atoms(after))
        off_before, off_after = float(before.half_unit), float(after.half_unit)
        low, high = (new - off_after) / (old + off_before), (new + off_after) / (old - off_before) if old else math.inf
        least, most = max(least, low), min(most, high)
        precise += before.atoms != after.atoms and high * 99 * (1 - MARGIN) < low * 101
    return precise >= PAIRS_MIN and least * (1 - MARGIN) <= most


def _of_a_table(factor: Factor, series: Series) -> Change:
    """A factor of a whole table: of a unit where it can be one, which for a power of ten any precision shows, and for
    two units of mass one of 0.1 %.
    """
    power = _power_of_ten(factor.least, factor.most)
    if power is not None:
        return Change(
            "unit_relabel", "table_power_of_ten", f"times 10^{power}, as are all {factor.figures} figures of the table"
        )
    if factor.most * 1000 < factor.least * 1001 and is_by_mass(series.key["canonical_unit"]):
        for known, (one, other) in MASS_RATIOS.items():
            if factor.least <= known <= factor.most:
                what = f"times {one}/{other}, as are all {factor.figures} figures of the table"
                return Change("unit_relabel", "table_mass_units", what)
    return Change("rescale", "table_factor", f"times {factor.shown}, as are all {factor.figures} figures of the table")


def _relabelled(before: Entry, after: Entry, *, by_mass: bool) -> Change | None:
    """A power of ten, or the ratio of two units of mass, between two points of the same sign."""
    if _atoms(before) * _atoms(after) <= 0:
        return None
    old, new = abs(_atoms(before)), abs(_atoms(after))
    nearest = round(math.log10(new / old))
    by = new / old
    if not (nearest and _near(by, 10.0**nearest)) and not (by_mass and _near_a_mass_ratio(by)):
        return None
    power = _power_of_ten(Fraction(new, old), Fraction(new, old))
    if power is not None:
        return Change("unit_relabel", "power_of_ten", f"times 10^{power}")
    (digits_before, off_before), (digits_after, off_after) = before.significance, after.significance
    if min(digits_before, digits_after) < DIGITS_MIN:
        return None

    def fits(factor: Fraction) -> bool:
        return abs(new - old * factor) <= max(off_after, off_before * factor)

    if nearest != 0 and _near(by, 10.0**nearest) and fits(Fraction(10) ** nearest):
        return Change("unit_relabel", "power_of_ten_rounded", f"times 10^{nearest}, in the digits of the shorter")
    if by_mass:
        for factor, (one, other) in MASS_RATIOS.items():
            if _near(by, float(factor)) and fits(factor):
                return Change("unit_relabel", "mass_units", f"times {one}/{other}, in the digits of the shorter")
    return None


def _same(before: Entry, after: Entry) -> Change:
    if before.status != after.status:
        return Change("status", "other_status", f"{before.status or 'no status'}, then {after.status or 'no status'}")
    if before.unit != after.unit:
        return Change("unit_relabel", "other_unit", f"printed in {before.unit}, then in {after.unit}")
    return Change("unchanged", "same", "the same again")


def _rounded(before: Entry, after: Entry) -> Change | None:
    if before.atoms is None or after.atoms is None:
        return None
    if abs(after.atoms - before.atoms) > max(_may_be_off(before), _may_be_off(after)):
        return None
    return Change("rounding", "printed_precision", "the same in the rounding of the coarser of the two")


def _may_be_off(entry: Entry) -> Fraction:
    """How far a printed value may be off by rounding: zeros at its end were rounded where three digits precede them."""
    digits, off = entry.significance
    return off if digits >= DIGITS_MIN else entry.half_unit


def table_of(series: Series) -> tuple[object, ...]:
    """The figures that differ from this one in their period only, by the same publisher."""
    return tuple(series.key[name] for name in TABLE)


def _atoms(entry: Entry) -> int:
    if entry.atoms is None:
        raise ValueError(f"event {entry.event_id} states no single value")
    return entry.atoms


def is_by_mass(canonical_unit: str) -> bool:
    """Whether a unit may be taken for another one of mass."""
    return unit(canonical_unit).family in _MASS_FAMILIES


def _power_of_ten(least: Fraction, most: Fraction) -> int | None:
    """The exponent, not 0, of a power of ten in an interval that holds one."""
    power = round(_log10((least + most) / 2))
    return power if power != 0 and least <= Fraction(10) ** power <= most else None


def _log10(number: Fraction) -> float:
    return math.log10(number.numerator) - math.log10(number.denominator)


def _mass_ratios() -> Iterator[tuple[Fraction, tuple[str, str]]]:
    """The ratios of two units of mass that are no powers of ten, and two units that have it."""
    for one, other in permutations(_MASSES, 2):
        factor = Fraction(unit(one).factor) / Fraction(unit(other).factor)
        if _power_of_ten(factor, factor) is None:
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
