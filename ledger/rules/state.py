"""What the rules need to know: a small fold of the log, kept in memory.

It holds the events that open, change or close things (entities, merges, agreements, policies, facilities, links,
risks), as they read now, each metric's unit family, the forms of figures, and where the ledger events on any event are.
It does not hold figures, statements and relationships: only a few rare rules ask about those, and they search the log.

Every change is noted in a journal until it is kept. So a refused batch or a dry run leaves no trace, and of several
appends that are written together one can be undone without the others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.events.base import Event, Role
from ledger.events.entities import EntitiesMerged, EntityAliasAdded, EntityRegistered, EntityRenamed
from ledger.rules.acted_events import ActedEvents
from ledger.rules.effective_content import Act, Content
from ledger.rules.figure_forms import FORM_BYTES_MAX, FigureForms, Filled, filled, form_of
from ledger.rules.lifecycle import Lifecycle
from ledger.rules.merged_slugs import MergedSlugs
from ledger.rules.moved_figures import MovedFigures, may_move
from ledger.rules.registered_names import RegisteredNames
from ledger.rules.version import Version
from ledger.values.calendars import fiscal_year_text

ALSO_NAMED = EntityAliasAdded | EntityRenamed
"""Types of events that tell another name of an entity."""
TEXTS_KEPT_MAX = 10_000
"""For how many figures it is kept at hand that their forms are known."""


@dataclass
class _Held:
    """A held event, and what it says after the ledger events on it."""

    base: Version
    says: Content

    def now(self) -> Version | None:
        return self.base.says(self.says.body) if self.says.stands else None


class NextFixer(NamedTuple):
    """Which event would fix a metric's unit family if the one at a position did not: so it was found once."""

    without: int
    acts_on_others: int
    """How many acts there were on other events than that one; more of them, and it may be another."""
    found: tuple[str, int] | None
    until: int
    """The last position that was looked at."""


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
        self._things: dict[tuple[str, str], Lifecycle] = {}
        self._merged_facilities: dict[str, Lifecycle] = {}
        """By the slug that the merged ones resolve to, as far as somebody asked; emptied by the next merge."""
        self._merges = MergedSlugs()
        self.kept = self._merges.kept
        """The slug that each merged slug was merged into."""
        self._also_named: dict[int, dict[str, Any]] = {}
        """The other names of entities, by the positions of the events that tell them."""
        self._names: RegisteredNames | None = None
        """None until somebody asks."""
        self._metric_names: RegisteredNames | None = None
        """None until somebody asks."""
        self.next_fixers: dict[str, NextFixer] = {}
        """By metric, what was last searched for."""
        self.acted = ActedEvents()
        """Where the ledger events on each event are."""
        self.metric_changes: dict[str | None, dict[UUID, None]] = {}
        """The events that a correction moved to another metric, by that metric; None: to the default of their type."""
        self.moved = MovedFigures()
        """Where else than in its own stream something may stand of a figure."""
        self.forms = FigureForms()
        self.erased: set[bytes] = set()
        """The ids, in bytes, of the events that an EventErased acts on."""
        self._undo: list[Callable[[], object]] = []
        self._start = Mark(0, 0, None)

    def keep(self) -> None:
        """Everything up to here stays."""
        self._undo.clear()
        self.acted.keep()
        self._start = self.mark()

    def mark(self) -> Mark:
        """Where `revert` can go back to, until the next `keep`."""
        return Mark(len(self._undo), self.head, self.recorded_at)

    def revert(self, mark: Mark | None = None) -> None:
        """Undo everything since the mark; by default, since the last `keep`."""
        self.next_fixers.clear()
        to = mark or self._start
        while len(self._undo) > to.changes:
            self._undo.pop()()
        self.head, self.recorded_at = to.head, to.recorded_at

    def entity(self, slug: str) -> Version | None:
        """The standing registration of a slug."""
        registrations = self._things.get(("entities", slug))
        return registrations.first() if registrations is not None else None

    def registrations(self) -> Iterator[dict[str, Any]]:
        """What every standing registration says."""
        for (family, _), registrations in self._things.items():
            if family == "entities" and (first := registrations.first()) is not None:
                yield first.body

    def other_names(self) -> Iterator[tuple[str, str]]:
        """The names and aliases that entities got after their registration: (slug, name)."""
        yield from ((one["entity"], one["name"]) for one in self._also_named.values())

    def names(self) -> RegisteredNames:
        """Every name and alias of an entity."""
        if self._names is None:
            self._names = RegisteredNames()
            for (family, _), registrations in self._things.items():
                if family == "entities":
                    for event in registrations:
                        self._names.add(event.body)
            for one in self._also_named.values():
                self._names.add(one)
        return self._names

    def resolve(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""
        return self._merges.resolve(slug)

    def merged_with(self, slug: str) -> Iterator[str]:
        """A slug and all that were merged into it, directly or not."""
        return self._merges.all_of(slug)

    def has_others(self, slug: str) -> bool:
        """Whether others are merged into a slug."""
        return self._merges.has_others(slug)

    def is_merged(self, slug: str) -> bool:
        """Whether the slug was merged into another."""
        return slug in self.kept

    def fiscal_year(self, slug: str) -> str | None:
        """The fiscal year of the entity registered under exactly this slug, as `parse_period` takes it."""
        body = registration.body if (registration := self.entity(slug)) else {}
        return fiscal_year_text(body.get("fiscal_year_end"), body.get("fiscal_year_named"))

    def lifecycle(self, cls: type[Event], slug: str) -> Lifecycle:
        """The standing events of the thing that an event of this class names.

        In a correction these may be events after the one that is asked about: compare `position`. Raises TypeError for
        a type whose role is to state something, since the state holds none of these.
        """
        if not is_held(cls):
            raise TypeError(f"the state holds no {cls.__name__}: only what opens, changes or closes a thing")
        if cls.family == "facilities" and self.kept:
            return self._merged_facility(self.resolve(slug))
        return self._things.get((cls.family, slug)) or Lifecycle()

    def events_of(self, cls: type[Event], slug: str) -> list[Version]:
        """The same events as a list, in order of position. It has to be made each time: ask the lifecycle."""
        return list(self.lifecycle(cls, slug))

    def _merged_facility(self, resolved: str) -> Lifecycle:
        if resolved not in self._merged_facilities:
            together = self._merged_facilities[resolved] = Lifecycle()
            for slug in self._merges.all_of(resolved):
                for event in self._things.get(("facilities", slug), ()):
                    together.add(event)
        return self._merged_facilities[resolved]

    def is_organisation(self, slug: str) -> bool:
        """Whether the slug is registered as an organisation, which alone may be a publisher."""
        return self.kinds.get(slug) == "organisation"

    def holds(self, event_id: UUID) -> bool:
        """Whether the event is one that this state keeps."""
        return event_id in self._known

    def content_of(self, event_id: UUID) -> Content | None:
        """What an event says now, where it is held or was acted upon lately."""
        held = self._known.get(event_id)
        return held.says if held is not None else self.acted.says(event_id.bytes)

    def add(self, event: Version) -> None:
        """Fold in an event that acts on no other."""
        if is_held(event.cls):
            self._known[event.event_id] = _Held(event, Content(event.body))
            self._undo.append(lambda: self._known.pop(event.event_id))
            self._place(event)

    def act(self, target: UUID, position: int, act: Act, says: Content | None = None) -> None:
        """Fold in a ledger event on another. `says` is what that says then, where it is known already."""
        held = self._known.get(target)
        if held is not None:
            before, after = held.says, says or held.says.after(held.base.cls, act)
            if (standing := held.now()) is not None:
                self._remove(standing)
            held.says = after
            self._undo.append(lambda: setattr(held, "says", before))
            if (standing := held.now()) is not None:
                self._place(standing)
        self._undo.append(self.acted.note(target.bytes, position, says if held is None else None))
        if held is None and says is None and may_move(act[1].get("changes", {})):
            self.moved.unread[target] = None
            self._undo.append(lambda: self.moved.unread.pop(target, None))
        if act[0] == "EventErased":
            self.erased.add(target.bytes)
            self._undo.append(lambda: self.erased.discard(target.bytes))
        metric = act[1].get("changes", {}).get("metric", "")
        if metric != "" and target not in (moved := self.metric_changes.setdefault(metric, {})):
            moved[target] = None
            self._undo.append(lambda: moved.pop(target))

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Say which unit family a metric has, and by which event's position; None: nothing fixes it."""
        before = self.metrics.get(metric)
        self._undo.append(lambda: self._set_metric(metric, before))
        self._set_metric(metric, fixed)

    def know_metrics(self, metrics: dict[str, tuple[str, int]]) -> None:
        """Take in which unit family each metric has, where others may have fixed it."""
        self.metrics, self._metric_names = metrics, None

    def _set_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        if self._metric_names is not None and (fixed is None) != (metric not in self.metrics):
            (self._metric_names.add if fixed else self._metric_names.remove)(_named(metric))
        if fixed is None:
            self.metrics.pop(metric, None)
        else:
            self.metrics[metric] = fixed

    def metric_like(self, metric: str) -> str | None:
        """The metric whose name a metric's could be confused with; None where there is none."""
        if self._metric_names is None:
            self._metric_names = RegisteredNames()
            for known in self.metrics:
                self._metric_names.add(_named(known))
        nearest = self._metric_names.look_alike(_named(metric)["name"], metric)
        return None if nearest is None else nearest[1]

    def forms_of(self, text: bytes) -> tuple[Filled, ...]:
        """The forms of a figure whose facts hold this text, merges followed."""
        return filled(text, self.resolve)

    def has_new_form(self, text: bytes) -> bool:
        """Whether something of the forms of a figure is new."""
        known = self.forms.known
        if text in known or len(text) > FORM_BYTES_MAX:
            return False
        if not all(map(self.forms.has, self.forms_of(text))):
            return True
        if len(known) >= TEXTS_KEPT_MAX:
            known.clear()
        known.add(text)
        return False

    def note_forms(self, text: bytes, position: int) -> None:
        """Let an event be the witness of what is new of its forms."""
        for one in self.forms_of(text):
            self._undo += self.forms.note(one, position)

    def restate_forms(self, before: Version | None, after: Version | None) -> None:
        """Let the forms of a figure be those of what an event says from now on; None where it does not stand."""
        if before is not None and after is not None and form_of(before) == form_of(after):
            return
        if before is not None:
            for one in self.forms_of(form_of(before)):
                self._undo += self.forms.forget(one, before.position)
        if after is not None:
            self.note_forms(form_of(after), after.position)

    def move(self, figure: bytes, position: int) -> None:
        """Note that a correction made the event at a position one about a figure."""
        self._undo.append(self.moved.note(figure, position))

    def set_aside(self, event: Version) -> Callable[[], None]:
        """Take a standing event out while something is checked; call what is returned to put it back."""
        if not is_held(event.cls):
            return lambda: None
        mark = len(self._undo)
        self._remove(event)

        def put_back() -> None:
            while len(self._undo) > mark:
                self._undo.pop()()

        return put_back

    def put_instead(self, event: Version) -> None:
        """Let an event stand as it would read, while it is set aside."""
        self._place(event)

    def _place(self, event: Version) -> None:
        self._put_in(event)
        self._undo.append(lambda: self._take_out(event))
        if issubclass(event.cls, EntitiesMerged):
            self._undo.append(self.moved.join(event.body["merged"], event.body["kept"]))
        elif issubclass(event.cls, EntityRegistered) and event.body.get("fiscal_year_end"):
            years = fiscal_year_text(event.body["fiscal_year_end"], event.body.get("fiscal_year_named"))
            self._undo.append(self.moved.note_fiscal_year(event.body["entity"], str(years)))

    def _remove(self, event: Version) -> None:
        self._take_out(event)
        self._undo.append(lambda: self._put_in(event))

    def _put_in(self, event: Version) -> None:
        if issubclass(event.cls, EntitiesMerged):
            self._merges.add(event.body["merged"], event.body["kept"])
            self._merged_facilities.clear()
            self.forms.known.clear()
            return
        if issubclass(event.cls, ALSO_NAMED):
            named = self._also_named[event.position] = _also_named(event)
            if self._names is not None:
                self._names.add(named)
            return
        self._things.setdefault(_key(event), Lifecycle()).add(event)
        if (merged := self._merged_facility_of(event)) is not None:
            merged.add(event)
        self._note_kind(event)
        if self._names is not None and issubclass(event.cls, EntityRegistered):
            self._names.add(event.body)

    def _take_out(self, event: Version) -> None:
        if issubclass(event.cls, EntitiesMerged):
            self._merges.remove(event.body["merged"])
            self._merged_facilities.clear()
            self.forms.known.clear()
            return
        if issubclass(event.cls, ALSO_NAMED):
            named = self._also_named.pop(event.position)
            if self._names is not None:
                self._names.remove(named)
            return
        self._things[_key(event)].remove(event.position)
        if (merged := self._merged_facility_of(event)) is not None:
            merged.remove(event.position)
        self._note_kind(event)
        if self._names is not None and issubclass(event.cls, EntityRegistered):
            self._names.remove(event.body)

    def _merged_facility_of(self, event: Version) -> Lifecycle | None:
        """What an event belongs to besides its own slug, where that was asked for."""
        if event.cls.family != "facilities" or not self._merged_facilities:
            return None
        return self._merged_facilities.get(self.resolve(event.body[event.thing]))

    def _note_kind(self, event: Version) -> None:
        """Keep `kinds` true to the registrations of the slug that an event registers."""
        if issubclass(event.cls, EntityRegistered):
            slug = event.body["entity"]
            registration = self.entity(slug)
            if registration is None:
                self.kinds.pop(slug, None)
            else:
                self.kinds[slug] = registration.body["kind"]


def _named(metric: str) -> dict[str, str]:
    """A metric as names are compared: in words."""
    return {"entity": metric, "name": metric.replace("_", " ")}


def _key(event: Version) -> tuple[str, str]:
    return event.cls.family, event.body[event.thing]


def is_held(cls: type[Event]) -> bool:
    """Whether a state keeps what events of a type say."""
    return cls.lifecycle_role is not Role.STATES or issubclass(cls, EntityRegistered | EntitiesMerged | ALSO_NAMED)


def _also_named(event: Version) -> dict[str, Any]:
    """Another name of an entity, as a registration says it."""
    return {"entity": event.body["entity"], "name": event.body.get("alias") or event.body.get("name")}
