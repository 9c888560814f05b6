"""How often a series was revised, at many viewpoints: where its statements did not come in turn.

The statements of a series are followed along the ledger clock, as they come in and go. Each says something else than
the one that is before it then, or not; of these changes a tree keeps sums, so that at any position the changes up to a
statement are counted in a few steps, however many there are.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple


class Saying(NamedTuple):
    """A version of a statement, which the ledger holds from `since` until `until`.

    `place` is its place among all of its series (from 1), `told` a number for what it says, None for nothing.
    """

    series: int
    place: int
    since: int
    until: int
    told: int | None


class Asked(NamedTuple):
    """A question, of which the statement at a place is the answer at position `at`."""

    series: int
    row: int
    at: int
    place: int


def series_revisions(sayings: Iterable[Saying], asked: Iterable[Asked]) -> dict[int, int]:
    """How often each answer's series was revised up to it, by the question's row."""
    of_series = defaultdict(list)
    for one in asked:
        of_series[one.series].append(one)
    counts: dict[int, int] = {}
    for number, together in groupby(sayings, key=attrgetter("series")):
        counts.update(_counted(list(together), of_series[number]))
    return counts


def _counted(sayings: Sequence[Saying], asked: Sequence[Asked]) -> Iterator[tuple[int, int]]:
    in_order = sorted(sayings, key=attrgetter("place"))
    changes = [(one.since, 1, one.place) for one in in_order] + [(one.until, 0, one.place) for one in in_order]
    changes.sort()
    series, done = _Series([one.told for one in in_order]), 0
    for question in sorted(asked, key=attrgetter("at")):
        while done < len(changes) and changes[done][0] <= question.at:
            _, comes, place = changes[done]
            series.put(place, comes=bool(comes))
            done += 1
        yield question.row, series.revisions(question.place)


class _Series:
    """The statements of a series that are held, by their places from 1, and which of them change what was said."""

    def __init__(self, told: Sequence[int | None]) -> None:
        self._told = told
        self._held: list[int] = []
        self._changes = [False] * (len(told) + 1)
        self._sums = [0] * (len(told) + 1)

    def put(self, place: int, *, comes: bool) -> None:
        """A statement comes in, or goes."""
        number = bisect_left(self._held, place)
        if comes:
            self._held.insert(number, place)
        else:
            del self._held[number]
            self._note(place, changes=False)
        for near in range(number, min(number + 2, len(self._held))):
            self._note(self._held[near], changes=self._differs(near))

    def revisions(self, place: int) -> int:
        """How many of those up to a place change what was said."""
        count = 0
        while place:
            count += self._sums[place]
            place &= place - 1
        return count

    def _differs(self, number: int) -> bool:
        """Whether a held statement says nothing, or something else than the one before it."""
        told = self._told[self._held[number] - 1]
        before = self._told[self._held[number - 1] - 1] if number else told
        return told is None or told != before

    def _note(self, place: int, *, changes: bool) -> None:
        step = changes - self._changes[place]
        self._changes[place] = changes
        while step and place < len(self._sums):
            self._sums[place] += step
            place += place & -place
