"""The values of a series on one scale, without the kinds of change that are not to count.

A series that was rebased, or relabelled from tonnes to thousands of tonnes, moved without any news. To measure its
revision without such changes, what was said before one is carried over it: everything is expressed on the scale of
the last value. A change of unit, base or definition is carried over by the factor new/old, any other by the difference
new - old (also a change of scale from or to zero, or to the other sign, for which there is no factor). The arithmetic
is exact, so a mere rebase leaves a revision of exactly 0. A figure that moved otherwise in a vintage in which its table
was multiplied by a factor is put on the new scale by that factor, and the rest is its change.

Changes are those between releases. One that passes over a range or symbol is left out only where all its parts are;
one that passes over a withdrawal is of no kind and always counts.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from projections.audit.revisions.change_kinds import KINDS, SCALING, Change, Kinds, Scale
from projections.audit.revisions.releases import Series

Exact = int | Fraction
"""A value in atoms (`ATOMS` of them are 1); what was carried over by a factor may be no whole number of them."""


def size(value: Exact) -> Exact:
    """The absolute value."""
    return value if value >= 0 else -value


class Leg(NamedTuple):
    """How a series got from one vintage that is a point to the next: the kinds of its changes, and whether what was
    said was withdrawn in between.
    """

    kinds: Sequence[str]
    scales: Sequence[Scale]
    interrupted: bool

    def counts(self, kinds: Collection[str]) -> bool:
        """Whether it is a revision of these kinds."""
        return self.interrupted or any(kind in kinds for kind in self.kinds)

    def scale(self, counted: Collection[str]) -> Fraction:
        """What its tables were multiplied by, where that does not count."""
        return math.prod((one.factor for one in self.scales if one.kind not in counted), start=Fraction(1))


@dataclass(slots=True, eq=False)
class Comparable:
    """A series with its changes, and the values of its vintages on the scale of the last of them that is a point."""

    series: Series
    changes: Sequence[Change | None]
    """The kind of the change to each entry but the first."""
    values: Sequence[Exact | None]
    """By vintage, in atoms; None where it is no point."""
    _released: Sequence[Exact | None] = field(init=False)

    def __post_init__(self) -> None:
        told = zip(self.values, self.series.vintages, strict=True)
        self._released = [value for value, said in told if not said.withdrawn]

    @property
    def latest(self) -> Exact | None:
        """The value that stands; None where there is none or it is no point."""
        return self.values[-1]

    @property
    def first(self) -> Exact | None:
        """The value of the first release; None where there is none or it is no point."""
        return self.release(1)

    def release(self, number: int) -> Exact | None:
        """The value of the n-th release, counted from 1; None where there is none or it is no point."""
        return self._released[number - 1] if number <= len(self._released) else None


def comparable(series: Series, kinds: Kinds, *, counted: Collection[str]) -> Comparable:
    """A series on the scale of its last point, without changes of other kinds than those counted."""
    changes = [kinds.of(series, before, after) for before, after in pairwise(series.entries)]
    values: list[Exact | None] = [said.atoms for said in series.vintages]
    if not set(KINDS) <= set(counted):
        _carry_over(values, lambda start, end: _leg(series, kinds, changes, start, end), counted)
    return Comparable(series, changes, values)


def _carry_over(values: list[Exact | None], leg: Callable[[int, int], Leg], counted: Collection[str]) -> None:
    """Puts earlier values on the scale of the last, vintage by vintage backwards: v there is factor v + shift here."""
    factor, shift = Fraction(1), Fraction(0)
    end: int | None = None
    new: Exact = 0
    for start in reversed(range(len(values))):
        old = values[start]
        if old is None:
            continue
        if end is not None and old != new:
            way = leg(start, end)
            by = way.scale(counted)
            if not way.counts(counted) and old * new > 0 and SCALING.issuperset(way.kinds):
                by = Fraction(new) / Fraction(old)
            elif not way.counts(counted):
                shift += factor * (new - by * old)
            factor *= by
        if factor != 1 or shift:
            values[start] = factor * old + shift
        end, new = start, old


def _leg(series: Series, kinds: Kinds, changes: Sequence[Change | None], start: int, end: int) -> Leg:
    """The way from one vintage to a later one."""
    met = []
    for place in range(start, end):
        last, next_last = series.ends[place], series.ends[place + 1]
        before, stands = series.entries[last], series.entries[next_last]
        # The first entry of the vintage that says what stands at its end: repetitions of it change nothing.
        spoken = next(at for at in range(last + 1, next_last + 1) if series.entries[at].said == stands.said)
        change = changes[last] if spoken == last + 1 else kinds.of(series, before, series.entries[spoken])
        if change is not None and before.said != stands.said:
            met.append(change)
    between = series.entries[series.ends[start] + 1 : series.ends[end]]
    scales = [change.scale for change in met if change.scale is not None]
    return Leg([change.kind for change in met], scales, any(entry.withdrawn for entry in between))
