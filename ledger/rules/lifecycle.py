"""The lifecycle of a thing: the standing events that open, change and close it, in order of position.

For example, a policy is enacted, amended ten thousand times, and repealed. Whether the next amendment comes after an
opening and before the end is answered from the openings and the endings alone, however many amendments there are.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter

from ledger.events.base import Role
from ledger.rules.version import Version


class Lifecycle:
    """The events of one thing, or of several that were merged."""

    def __init__(self) -> None:
        self._events: dict[int, Version] = {}
        self._positions: list[int] = []
        self._openings: list[int] = []
        self._ends: dict[str | None, _Ends] = {}
        """By the part of the thing that they end; None: all of it."""
        self._parts: Counter[str] = Counter()
        """How many events name each part of the thing."""

    def __bool__(self) -> bool:
        return bool(self._positions)

    def __iter__(self) -> Iterator[Version]:
        return (self._events[position] for position in self._positions)

    def add(self, event: Version) -> None:
        """Take in an event that stands."""
        self._events[event.position] = event
        insort(self._positions, event.position)
        if (part := _part_of(event)) is not None:
            self._parts[part] += 1
        if event.cls.lifecycle_role is Role.OPENS:
            insort(self._openings, event.position)
        elif event.cls.ends(event.body):
            self._ends.setdefault(_part_of(event), _Ends()).add(event)

    def remove(self, position: int) -> None:
        """Let an event go that stands no longer."""
        event = self._events.pop(position)
        _take_out(self._positions, position)
        if (part := _part_of(event)) is not None:
            self._parts[part] -= 1
            if not self._parts[part]:
                del self._parts[part]
        if event.cls.lifecycle_role is Role.OPENS:
            _take_out(self._openings, position)
        elif event.cls.ends(event.body):
            self._ends[_part_of(event)].remove(position)

    def first(self) -> Version | None:
        """The first event of all."""
        return self._events[self._positions[0]] if self._positions else None

    def has_room_for(self, event: Version, most: int) -> bool:
        """Whether the thing has no more parts than these with the one that an event names, if it names any."""
        part = _part_of(event)
        return part is None or part in self._parts or len(self._parts) < most

    def opening(self) -> Version | None:
        """The first event that opens it."""
        return self._events[self._openings[0]] if self._openings else None

    def is_opened_before(self, position: int) -> bool:
        """Whether an event before the position opens it."""
        return bool(self._openings) and self._openings[0] < position

    def end_before(self, event: Version) -> Version | None:
        """The first ending, of those at positions before the event, that takes effect before the event does."""
        if not self._ends:
            return None
        # What ends one stage of a facility, or one provision of a policy, ends that part only.
        starts = event.starts
        found = [self._ends[part].first_before(starts) for part in {None, _part_of(event)} if part in self._ends]
        positions = [position for position in found if position is not None and position < event.position]
        return self._events[min(positions)] if positions else None


class _Ends:
    """Endings in order of position, each with the earliest start up to there."""

    def __init__(self) -> None:
        self._starts: list[tuple[int, datetime]] = []
        self._earliest: list[datetime] = []
        """As far as they are known."""

    def add(self, event: Version) -> None:
        place = bisect_left(self._starts, event.position, key=itemgetter(0))
        self._starts.insert(place, (event.position, event.starts))
        del self._earliest[place:]

    def remove(self, position: int) -> None:
        place = bisect_left(self._starts, position, key=itemgetter(0))
        del self._starts[place], self._earliest[place:]

    def first_before(self, instant: datetime) -> int | None:
        """The position of the first ending that takes effect before the instant."""
        earliest = self._earliest
        for _, starts in self._starts[len(earliest) :]:
            earliest.append(min(starts, earliest[-1]) if earliest else starts)
        place = bisect_left(earliest, True, key=lambda start: start < instant)
        return self._starts[place][0] if place < len(earliest) else None


def _part_of(event: Version) -> str | None:
    """The part of its thing that an event is about; None where it is about all of it."""
    return event.body.get(event.cls.part) if event.cls.part is not None else None


def _take_out(positions: list[int], position: int) -> None:
    del positions[bisect_left(positions, position)]
