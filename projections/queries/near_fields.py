"""Near fields: what several transitions of one thing say together, field by field, and which event decides."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.values import parse_moment
from projections.queries.near_transitions import Amended, EventSaid, Told, Transition
from projections.queries.statement_history import DATES, Item

Said = tuple[tuple[Any, ...], EventSaid, Mapping[str, Any], Sequence[str]]
"""Its turn, the event, the fields that it gives, and those that it changes, perhaps to nothing."""


class Candidate(NamedTuple):
    """A status that some event makes true; the greatest is the thing's."""

    rank: int
    of_itself: bool
    event: EventSaid
    effective_from: str | None = None
    effective_to: str | None = None


def interrupts(one: Transition, step: str, ended: datetime | None) -> bool:
    """Whether it is an interruption of that type in which the moment of the world lies."""
    return one.type == step and one.begun and not one.past and (ended is None or ended < one.starts)


def moves(one: Amended) -> bool:
    """Whether an amendment changes the dates of what it amends."""
    return any(name in one.changed for name in DATES)


def given(one: Transition, names: Sequence[str]) -> Mapping[str, Any]:
    """What a transition says of some fields."""
    return {name: one.field(name) for name in names}


def changing(one: Amended) -> tuple[EventSaid, Mapping[str, Any], Sequence[str]]:
    """What a statement of an amendment says: the rest of `Said`."""
    return one.transition.as_event, one.changes, one.changed


def folded(said: list[Said], names: Sequence[str]) -> tuple[Item, EventSaid | None]:
    """The fields, each as it was given last, in turn; and which event gave the end."""
    fields: Item = dict.fromkeys(names)
    ended_by: EventSaid | None = None
    for _, event, given, changed in sorted(said, key=lambda one: one[0]):
        for name in names:
            if (value := given.get(name)) is not None or name in changed:
                fields[name] = value
                if name == "effective_to":
                    ended_by = event
    return fields, ended_by


def last_given(openings: Sequence[Transition], names: Sequence[str]) -> Item:
    """The fields of openings in turn: of each the last that gives it."""
    fields: Item = dict.fromkeys(names)
    for one in openings:
        fields |= {name: value for name in names if (value := one.field(name)) is not None}
    return fields


def sound_dates(fields: Item) -> Item:
    """The dates; an end that lies before the start is none."""
    starts, ends = bounds(fields)
    is_sound = starts is None or ends is None or ends >= starts
    return {"effective_from": fields["effective_from"], "effective_to": fields["effective_to"] if is_sound else None}


def bounds(fields: Item) -> tuple[datetime | None, datetime | None]:
    """When what it says starts and ends."""
    start, end = (fields[name] for name in DATES)
    return (
        None if start is None else _naive(parse_moment(start).start),
        None if end is None else _naive(parse_moment(end).end),
    )


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def once(items: list[Any] | None) -> list[Any] | None:
    """Each of some items once, where it stands first."""
    if items is None or len(items) < 2:
        return items
    found: list[Any] = []
    for one in items:
        if one not in found:
            found.append(one)
    return found


def as_json(value: Any) -> str | None:
    """A JSON object as text."""
    return None if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def envelope(event: EventSaid, told: Told) -> Item:
    """What an item says of the event that decided it, and of who speaks of the thing."""
    return {
        "event_id": event.event_id,
        "publisher": event.publisher,
        "publishers": told.publishers,
        "disputed": told.disputed,
        "published_at": event.published_at,
        "position": event.position,
    }
