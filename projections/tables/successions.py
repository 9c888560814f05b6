"""Successions: which statement of a series stands until which next one, as statements come in and go, in any order.

A series is what one publisher says of one figure. At each position of the ledger clock, those of its statements that
the ledger holds follow each other on the publication clock: each is shown from its own publication until the next
one's. A statement that comes in takes its place between two others, and the one before it is shown for a shorter time
from then on; one that goes gives its time back. So a change makes one interval and changes another, in whatever order
statements arrive, and only the neighbours of what changed are looked at.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from projections.tables.families import FOREVER

ENDLESS = 2**63 - 1
"""When what nothing follows is replaced, in microseconds: DuckDB's `infinity`."""


class Saying(NamedTuple):
    """A version of a statement, or of a withdrawal, which says nothing.

    It is shown from `shown_from` on, in microseconds; the ledger holds it from position `since` until `until`.
    """

    shown_from: int
    since: int
    until: int
    withdrawn: bool


class Interval:
    """From where to where a saying, the one with this number, is what its publisher says.

    It is shown until `shown_until`, from position `since` until `until`; from position `shortened_at` on only until
    `shortened_to`. It is `tied` where another saying of the series was held that is shown from the same time.
    """

    __slots__ = ("saying", "shortened_at", "shortened_to", "shown_until", "since", "tied", "until")

    def __init__(
        self,
        saying: int,
        shown_until: int,
        since: int,
        tied: bool,
        *,
        shortened_to: int = ENDLESS,
        shortened_at: int = FOREVER,
    ) -> None:
        self.saying = saying
        self.shown_until = shown_until
        self.since = since
        self.until = FOREVER
        self.shortened_to = shortened_to
        self.shortened_at = shortened_at
        self.tied = tied


def successions(
    sayings: Sequence[Saying], *, after: int = 0, standing: Iterable[Interval] = ()
) -> tuple[list[Interval], list[Interval]]:
    """What happened to a series after a position: the intervals that it made, and those of `standing` that it changed.

    The sayings are in the order in which they are shown, then of position. Those that were held at the position `after`
    come with their intervals in `standing`; of those that are two places or more from any that came or went since, none
    is needed.
    """
    held = [number for number, one in enumerate(sayings) if one.since <= after]
    current = {one.saying: one for one in standing}
    made: list[Interval] = []
    changed: dict[int, Interval] = {}
    for at, numbers in _changes(sayings, after):
        for number in _put_in_place(held, numbers):
            place = bisect_left(held, number)
            stands = place < len(held) and held[place] == number
            known = current.get(number)
            if not stands:
                if known is not None:
                    del current[number]
                    known.until = at
                    changed[id(known)] = known
                continue
            shown_from = sayings[number].shown_from
            end = sayings[held[place + 1]].shown_from if place + 1 < len(held) else ENDLESS
            tied = place > 0 and sayings[held[place - 1]].shown_from == shown_from
            if known is not None:
                if end == min(known.shown_until, known.shortened_to) and known.tied >= tied:
                    continue
                changed[id(known)] = known
                if shown_from < end < known.shown_until and known.shortened_at == FOREVER and known.tied >= tied:
                    known.shortened_to, known.shortened_at = end, at
                    continue
                del current[number]
                known.until = at
                tied = tied or known.tied
            if end > shown_from and not sayings[number].withdrawn:
                current[number] = Interval(number, end, at, tied)
                made.append(current[number])
    return made, [one for one in changed.values() if one.since <= after]


def _changes(sayings: Sequence[Saying], after: int) -> Iterable[tuple[int, Iterable[tuple[int, bool, int]]]]:
    """Position by position: (position, whether it comes in, number) of the sayings that go, then of those that come."""
    changes = [(one.since, True, number) for number, one in enumerate(sayings) if one.since > after]
    changes += [(one.until, False, number) for number, one in enumerate(sayings) if one.until < FOREVER]
    changes.sort()
    return groupby(changes, key=itemgetter(0))


def _put_in_place(held: list[int], changes: Iterable[tuple[int, bool, int]]) -> set[int]:
    """Take sayings out of those that are held, and put others in; gives these and their neighbours."""
    near = set()
    for _, comes, number in changes:
        place = bisect_left(held, number)
        if comes:
            held.insert(place, number)
            near.update(held[max(0, place - 1) : place + 2])
        else:
            near.update(held[max(0, place - 1) : place + 2])
            del held[place]
    return near
