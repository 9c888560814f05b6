"""Thing answers: what this ledger answered of a thing, position by position where that changed.

At each position at which something that bears on the thing was recorded or came to read otherwise, its items are folded
as for any question; where they differ from those before, the event that was recorded there has changed the answer.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from projections.queries.answer_changes import CAUSES
from projections.queries.decisive_statements import Recorded
from projections.queries.statement_history import Item, shift_days

_NO_DIFFERENCE = ("publishers", "disputed", "provisions")
"""What may change in an item while its answer stays the same."""
_OF_THE_ITEM = {"event_id": "decided_by", "position": None, "publishers": None, "disputed": None, "provisions": None}
"""Columns of an item that a history leaves out, or calls otherwise: event and position are those of the change."""


class Event(NamedTuple):
    """What was recorded at a position."""

    event_id: str
    recorded_at: str
    type: str


class Change(NamedTuple):
    """An item of a thing before and after a position, of which one may be absent; and of which part it is."""

    part: str | None
    before: Item | None
    after: Item | None


def late_arrivals(recorded: Sequence[Recorded]) -> set[int]:
    """The positions at which something was recorded that was published before what its series held already."""
    moves = [(one.since, 1, one) for one in recorded] + [(one.until, 0, one) for one in recorded]
    held: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    late = set()
    for _, comes, one in sorted(moves, key=lambda move: move[:2]):
        published = held[tuple(one.series)]
        if not comes:
            del published[bisect_left(published, one.published_until)]
            continue
        if one.position == one.since and published and published[-1] > one.published_until:
            late.add(one.position)
        insort(published, one.published_until)
    return late


def changes_of(before: Mapping[Any, Item], after: Mapping[Any, Item], *, paired: bool) -> Iterator[Change]:
    """The items that differ, by their keys, in order.

    `paired` where a key may change while the item goes on, as the start of an interval: those that went and those that
    came are the same then, one by one.
    """
    gone, came = (sorted(one.keys() - other.keys(), key=_turn) for one, other in ((before, after), (after, before)))
    moved = dict(zip(came, gone, strict=False)) if paired else {}
    ended = gone[len(moved) :]
    for key in sorted([*after, *ended], key=_turn):
        one, other = before.get(moved.get(key, key)), after.get(key)
        if _answer(one) != _answer(other):
            yield Change(None if paired else key[0], one, other)


def change_item(change: Change, event: Event, *, at: int, columns: Sequence[str], late: bool) -> Item:
    """A change as a history shows it: the event that made it, and the answer's fields after it."""
    before, after = change.before or {}, change.after or {}
    previous = before.get("effective_from")
    shown = {name: _OF_THE_ITEM.get(name, name) for name in columns}
    return {
        "position": at,
        "recorded_at": event.recorded_at,
        "event_id": event.event_id,
        "transition": event.type,
        "cause": CAUSES.get(event.type, "late_arrival" if late else "recorded"),
        "part": change.part,
        **{other: after.get(name) for name, other in shown.items() if other is not None},
        "previous_effective_from": previous,
        "shift_days": shift_days(previous, after.get("effective_from")),
    }


def _answer(item: Item | None) -> Item | None:
    return item and {name: value for name, value in item.items() if name not in _NO_DIFFERENCE}


def _turn(key: tuple[Any, int]) -> tuple[Any, ...]:
    return key[0] is not None, *key
