"""The factor by which a table was multiplied in one vintage, as a new base year or another unit makes it.

A table is what a publisher says of one measure over its periods. Its figures share a factor where printed rounding
allows one that leads from each number before to the number after. Four fifths of them must, and three at least: one
real revision in a rebased table of twenty leaves nineteen that were merely rebased, and is judged against the rescaled
value itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from projections.audit.revisions.releases import Entry, Series

TABLE = ("publisher", "subject", "metric", "material", "dimensions", "nature", "canonical_unit")
"""What the figures of a table have in common: they differ in their period only."""
FIGURES_MIN = 3
"""The figures that must share a factor."""
SHARE = Fraction(4, 5)
"""The part of a table that must share a factor."""
PAIRS_MIN = 2
"""The changed figures that must each pin a table's factor down to within 1 %."""


class Ratio(NamedTuple):
    """The factors that printed rounding allows between two values: at least, and at most where there is a bound."""

    least: Fraction
    most: Fraction | None

    def allows(self, least: Fraction, most: Fraction) -> bool:
        """Whether some factor from `least` to `most` is among them."""
        return self.least <= most and (self.most is None or least <= self.most)

    @property
    def precise(self) -> bool:
        """Whether it is narrower than 1 % either way."""
        return self.most is not None and self.most * 99 < self.least * 101


class Factor(NamedTuple):
    """What a table was multiplied by in one vintage: at least, at most; how many figures say so, of how many."""

    least: Fraction
    most: Fraction
    figures: int
    of: int

    @property
    def shown(self) -> str:
        """The shortest number among those allowed."""
        middle = float((self.least + self.most) / 2)
        rounded = (f"{middle:.{digits}g}" for digits in range(1, 17))
        return next((text for text in rounded if self.least <= Fraction(text) <= self.most), repr(middle))

    @property
    def company(self) -> str:
        """How much of the table shares it, in words."""
        figures = "all" if self.figures == self.of else f"{self.figures} of"
        return f"{figures} {self.of} figures of the table"


Factors = Mapping[tuple[object, ...], Factor]
"""By what is in `TABLE`, and the time of publication."""


def table_of(series: Series) -> tuple[object, ...]:
    """The figures that differ from this one in their period only, by the same publisher."""
    return tuple(series.key[name] for name in TABLE)


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
    unit of the last digit printed. The factor lies where most pairs agree, the smallest where as many agree elsewhere.
    Two changed figures among them must allow less than 1 % either way; a figure that stayed the same is a pair like any
    other.
    """
    allowed = [(one, before.atoms != after.atoms) for before, after in pairs if (one := ratio(before, after))]
    wanted = max(Fraction(FIGURES_MIN), SHARE * len(pairs))
    if len(allowed) < wanted:
        return None
    place = _where_most_agree([one for one, _ in allowed])
    agreeing = [(one, changed) for one, changed in allowed if one.allows(place, place)]
    bounds = [one.most for one, _ in agreeing if one.most is not None]
    if len(agreeing) < wanted or not bounds:
        return None
    least, most = max(one.least for one, _ in agreeing), min(bounds)
    if least <= 1 <= most or sum(changed and one.precise for one, changed in agreeing) < PAIRS_MIN:
        return None
    return Factor(least, most, len(agreeing), len(pairs))


def _where_most_agree(ratios: Sequence[Ratio]) -> Fraction:
    """The smallest factor that as many of them allow as any other."""
    starts = sorted(one.least for one in ratios)
    ends = sorted(one.most for one in ratios if one.most is not None)
    best, place, ended = 0, Fraction(0), 0
    for begun, start in enumerate(starts, start=1):
        while ended < len(ends) and ends[ended] < start:
            ended += 1
        if begun - ended > best:
            best, place = begun - ended, start
    return place


def ratio(before: Entry, after: Entry) -> Ratio | None:
    """The positive factors between two points that printed rounding allows; None where there are none.

    A zero is what is less than half a unit: it may have become another value, or have been one, where that is small.
    """
    old, new = before.point_atoms, after.point_atoms
    if old * new < 0:
        return None
    old, new = abs(old), abs(new)
    least = max(new - after.half_unit, Fraction(0)) / (old + before.half_unit)
    return Ratio(least, (new + after.half_unit) / (old - before.half_unit) if old else None)
