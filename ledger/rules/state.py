"""What the rules need to know: a small fold of the log, kept in memory.

It holds the events that open, change or close things (entities, merges, agreements, policies, facilities, links,
risks), as they read now, and each metric's unit family. It does not hold figures, statements and relationships: only a
few rare rules ask about those, and they search the log.

Every change is noted in a journal until it is kept. So a refused batch or a dry run leaves no trace, and of several
appends that are written together one can be undone without the others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.events.base import Event, Role
from ledger.events.entities import EntitiesMerged, EntityRegistered
from ledger.rules.effective_content import Act, content
from ledger.rules.version import Version


@dataclass
class _Held:
    """A held event with the ledger events on it."""

    base: Version
    acts: list[Act] = field(default_factory=list)

    def now(self) -> Version | None:
        body = content((self.base.cls, self.base.body), self.acts)
        return None if body is None else self.base.says(body)


class Mark(NamedTuple):
    """A point to which a state can go back."""

    changes: int
    head: int
    recorded_at: datetime | None


class State:
    """The fold. `head` is the last position folded in, `recorded_at` when it was recorded."""

    def __init__(self) -> None:
        self.head = 0
        self.recorded_at: datetime | None = None
        self.metrics: dict[str, tuple[str, int]] = {}
        self.kinds: dict[str, str] = {}
        """What kind of entity each registered slug names."""
        self._known: dict[UUID, _Held] = {}
        self._things: dict[tuple[str, str], dict[int, Version]] = {}
        self._merges: dict[int, tuple[str, str]] = {}
        self.kept: dict[str, str] = {}
        """The slug that each merged slug was merged into."""
        self._undo: list[Callable[[], object]] = []
        self._start = Mark(0, 0, None)

    def keep(self) -> None:
        """Everything up to here stays."""
        self._undo.clear()
        self._start = self.mark()

    def mark(self) -> Mark:
        """Where `revert` can go back to, until the next `keep`."""
        return Mark(len(self._undo), self.head, self.recorded_at)

    def revert(self, mark: Mark | None = None) -> None:
        """Undo everything since the mark; by default, since the last `keep`."""
        to = mark or self._start
        while len(self._undo) > to.changes:
            self._undo.pop()()
        self.head, self.recorded_at = to.head, to.recorded_at

    def entity(self, slug: str) -> Version | None:
        """The standing registration of a slug."""
        return next(iter(self._things.get(("entities", slug), {}).values()), None)

    def names(self) -> Iterator[tuple[str, str]]:
        """Every registered name and alias, with the slug."""
        for (family, slug), events in self._things.items():
            if family == "entities":
                for event in events.values():
                    yield event.body["name"], slug
                    yield from ((alias, slug) for alias in event.body.get("aliases", ()))

    def resolve(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""
        while slug in self.kept:
            slug = self.kept[slug]
        return slug

    def is_merged(self, slug: str) -> bool:
        """Whether the slug was merged into another."""
        return slug in self.kept

    def fiscal_year_end(self, slug: str) -> str | None:
        """The fiscal year end of the entity registered under exactly this slug."""
        registration = self.entity(slug)
        return registration.body.get("fiscal_year_end") if registration else None

    def events_of(self, cls: type[Event], slug: str) -> list[Version]:
        """The standing events of the thing that an event of this class names, in order of position.

        In a correction these may be events after the one that is asked about: compare `position`. Raises TypeError for
        a type whose role is to state something, since the state holds none of these.
        """
        if not _is_held(cls):
            raise TypeError(f"the state holds no {cls.__name__}: only what opens, changes or closes a thing")
        if cls.family != "facilities":
            return sorted(self._things.get((cls.family, slug), {}).values(), key=lambda event: event.position)
        resolved = self.resolve(slug)
        merged = (other for other in self.kept if self.resolve(other) == resolved)
        events = [event for one in {resolved, *merged} for event in self._things.get((cls.family, one), {}).values()]
        return sorted(events, key=lambda event: event.position)

    def is_organisation(self, slug: str) -> bool:
        """Whether the slug is registered as an organisation, which alone may be a publisher."""
        return self.kinds.get(slug) == "organisation"

    def holds(self, event_id: UUID) -> bool:
        """Whether the event is one that this state keeps."""
        return event_id in self._known

    def add(self, event: Version) -> None:
        """Fold in an event that acts on no other."""
        if _is_held(event.cls):
            self._known[event.event_id] = _Held(event)
            self._undo.append(lambda: self._known.pop(event.event_id))
            self._place(event)

    def act(self, target: UUID, type_name: str, body: dict[str, Any]) -> None:
        """Fold in a ledger event on an event that this state holds."""
        known = self._known[target]
        if (before := known.now()) is not None:
            self._remove(before)
        known.acts.append((type_name, body))
        self._undo.append(known.acts.pop)
        if (after := known.now()) is not None:
            self._place(after)

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Say which unit family a metric has, and by which event's position; None: nothing fixes it."""
        before = self.metrics.get(metric)

        def undo() -> None:
            if before is None:
                self.metrics.pop(metric, None)
            else:
                self.metrics[metric] = before

        self._undo.append(undo)
        if fixed is None:
            self.metrics.pop(metric, None)
        else:
            self.metrics[metric] = fixed

    def set_aside(self, event: Version) -> Callable[[], None]:
        """Take a standing event out while something is checked; call what is returned to put it back."""
        if not _is_held(event.cls):
            return lambda: None
        mark = len(self._undo)
        self._remove(event)

        def put_back() -> None:
            while len(self._undo) > mark:
                self._undo.pop()()

        return put_back

    def _place(self, event: Version) -> None:
        if issubclass(event.cls, EntitiesMerged):
            self._set_merge(event.position, (event.body["merged"], event.body["kept"]))
            self._undo.append(lambda: self._set_merge(event.position, None))
            return
        events = self._things.setdefault(_key(event), {})
        events[event.position] = event
        self._undo.append(lambda: self._take_out(event))
        self._note_kind(event)

    def _remove(self, event: Version) -> None:
        if issubclass(event.cls, EntitiesMerged):
            merge = self._merges[event.position]
            self._set_merge(event.position, None)
            self._undo.append(lambda: self._set_merge(event.position, merge))
            return
        self._take_out(event)
        self._undo.append(lambda: self._put_back(event))

    def _take_out(self, event: Version) -> None:
        del self._things[_key(event)][event.position]
        self._note_kind(event)

    def _put_back(self, event: Version) -> None:
        self._things[_key(event)][event.position] = event
        self._note_kind(event)

    def _note_kind(self, event: Version) -> None:
        """Keep `kinds` true to the registrations of the slug that an event registers."""
        if issubclass(event.cls, EntityRegistered):
            slug = event.body["entity"]
            registration = self.entity(slug)
            if registration is None:
                self.kinds.pop(slug, None)
            else:
                self.kinds[slug] = registration.body["kind"]

    def _set_merge(self, position: int, merge: tuple[str, str] | None) -> None:
        if merge is None:
            del self._merges[position]
        else:
            self._merges[position] = merge
        self.kept = dict(self._merges.values())


def _key(event: Version) -> tuple[str, str]:
    return event.cls.family, event.body[event.thing]


def _is_held(cls: type[Event]) -> bool:
    return cls.role is not Role.STATES or issubclass(cls, EntityRegistered | EntitiesMerged)
