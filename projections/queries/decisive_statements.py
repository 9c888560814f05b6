"""Decisive statements: which of the many on a thing can decide what it is at any of some positions of the log.

Of a hundred statements by which a publisher gave the same transition other dates, the last one counts, and of each
field the last that gives it: the others may be left out of a fold. Which statements are of the same transition depends
on what else is said, so only those are taken for one another that are so whatever else there is. Without this every
position would fold all statements before it.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple


class Recorded(NamedTuple):
    """A version of a statement that bears on a thing, or of what takes one back: held from `since` until `until`.

    `side` is 1 for an opening, -1 for an ending, 0 for what may happen again. `series` tells apart what is said, of
    what, and by whom; `given` are the names of the fields that it gives. `about` is the event that it says anew, or
    takes back.
    """

    family: str
    position: int
    since: int
    until: int
    published_from: datetime
    published_until: datetime
    event_id: Any
    about: Any
    starts: datetime | None
    starts_until: datetime | None
    side: int
    series: Sequence[Any]
    given: Sequence[str | None]

    @property
    def takes_back(self) -> bool:
        """Whether it takes a statement back."""
        return self.family == "withdrawals"


def decisive(recorded: Iterable[Recorded], first: int, last: int) -> list[int]:
    """The positions of the versions that may decide something at a position from the first to the last.

    `recorded` are those that are published, in order of (`published_until`, `position`).
    """
    held = [one for one in recorded if one.since <= last and one.until > first]
    kept = {one.position for one in held if one.since > first or one.until <= last}
    unsure = {one.about for one in held if one.about is not None and (one.position in kept or not one.takes_back)}
    unsure |= {one.event_id for one in held if one.position in kept}
    taken_back = {one.about for one in held if one.takes_back} - unsure
    starts = {side: sorted(one.starts for one in held if one.side == side and one.starts) for side in (1, -1)}
    same: dict[tuple[Any, ...], list[Recorded]] = defaultdict(list)
    for one in held:
        if one.position in kept or one.event_id in taken_back or one.about in taken_back:
            continue
        if one.about is not None or one.event_id in unsure:
            kept.add(one.position)
        else:
            same[_kind(one, starts)].append(one)
    for statements in same.values():
        kept.update(_deciding(statements))
    return sorted(kept)


def _kind(one: Recorded, starts: Mapping[int, Sequence[datetime]]) -> tuple[Any, ...]:
    """What statements have in common that are of one transition, whatever else is said.

    What happens once is so where no opposite starts between two; what may happen again, where both start alike.
    """
    if one.side and one.starts:
        opposites = starts[-one.side]
        return (*one.series, bisect_left(opposites, one.starts), bisect_right(opposites, one.starts))
    return (*one.series, one.starts, one.starts_until)


def _deciding(statements: Sequence[Recorded]) -> Iterator[int]:
    """Of statements by one publisher of one transition: the last, the last that gives each field, the first."""
    yield min(statements, key=lambda one: one.published_from).position
    seen: set[str | None] = {None}
    for place, one in enumerate(reversed(statements)):
        if not place or not seen.issuperset(one.given):
            yield one.position
            seen.update(one.given)
