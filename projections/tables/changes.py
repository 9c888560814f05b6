"""Changes: the values of many things over the positions of the log, kept as what changed where.

For example, a group of slugs is called `lynas-corp` from position 7 on and `lynas` from position 12 on; at position 9
its value is `lynas-corp`, at position 5 it has none.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from projections.tables.families import FOREVER

Key = TypeVar("Key")
Value = TypeVar("Value")


class Span(NamedTuple, Generic[Key, Value]):
    """From position `since` until position `until`, a thing has a value."""

    key: Key
    value: Value
    since: int
    until: int


class Changes(Generic[Key, Value]):
    """Values over a stretch of the log. `standing` has the values of the things that do not change in it."""

    def __init__(self, standing: Mapping[Key, Value]) -> None:
        self._standing = standing
        self._positions: dict[Key, list[int]] = {}
        self._values: dict[Key, list[Value | None]] = {}
        """Of each thing that changes: its value before, then from each of its positions on."""

    def __bool__(self) -> bool:
        return bool(self._positions)

    def add(self, key: Key, at: int, *, before: Value | None, after: Value | None) -> None:
        """Note a change; changes come in the order of their positions, and of several at one the last counts."""
        positions = self._positions.setdefault(key, [])
        values = self._values.setdefault(key, [before])
        if positions and positions[-1] == at:
            values[-1] = after
        else:
            positions.append(at)
            values.append(after)

    def value(self, key: Key, at: int) -> Value | None:
        """The value of a thing at a position."""
        if key not in self._positions:
            return self._standing.get(key)
        return self._values[key][bisect_right(self._positions[key], at)]

    def within(self, key: Key, since: int, until: int) -> Sequence[int]:
        """The positions after `since` and before `until` where a thing changes."""
        positions = self._positions.get(key, [])
        return positions[bisect_right(positions, since) : bisect_right(positions, until - 1)]

    def periods(self, key: Key) -> Iterator[tuple[Value | None, int, int]]:
        """(value, since, until) of a thing that changes, in order, from before the stretch on."""
        positions = self._positions.get(key, [])
        values = self._values.get(key, [self._standing.get(key)])
        return zip(values, [-1, *positions], [*positions, FOREVER], strict=True)

    def changed(self) -> Sequence[Key]:
        """The things that change."""
        return list(self._positions)

    def ends(self) -> Iterator[tuple[Key, int]]:
        """(thing, until) of the things that had a value before, which ends."""
        for key, values in self._values.items():
            ends = (at for value, at in zip(values[1:], self._positions[key], strict=True) if value != values[0])
            if values[0] is not None and (at := next(ends, None)) is not None:
                yield key, at

    def spans(self) -> Iterator[Span[Key, Value]]:
        """The values that begin in the stretch."""
        for key in self._positions:
            held: Span[Key, Value] | None = None
            before, *periods = self.periods(key)
            value = before[0]
            for later, since, until in periods:
                if later != value:
                    if held is not None:
                        yield held
                    held = None if later is None else Span(key, later, since, until)
                elif held is not None:
                    held = held._replace(until=until)
                value = later
            if held is not None:
                yield held
