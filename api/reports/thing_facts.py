"""What a report on things that hold over time is made of: the answers to the questions that any client can ask of them.

Of a policy, a plant, an offtake: what it is at the viewpoint, what was said of it and by whom, what this ledger
answered, how far the stated dates moved, and where publishers differ. All questions are put at one viewpoint.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.problems import Problem, bad_parameter
from api.questions.page import VIEWPOINT_NAMES, Page, viewpoint_of
from api.questions.parameters import LIMIT_MAX
from api.questions.resources import events_with_acts, state
from api.questions.thing_history import CHOICE, thing_key
from ledger.values import parse_moment
from projections import CATALOGUE, COLUMN_KINDS, Inquiry, Projection, Reader, listed
from projections.audit import Slips, thing_disputes, thing_vintages

Item = dict[str, Any]
Key = tuple[str, ...]

THINGS_MAX = 50
SAID_MAX = 2_000
"""So many statements of one thing, so many answers and so on are in one report at most."""
_CHOSEN = tuple(one.name for one in CHOICE)
_REFERRING = ("entity", "publisher", "operator")
"""Members of items, besides columns, that name an entity."""


@dataclass(frozen=True)
class ThingFacts:
    """All that is asked about one thing. Items are as the API gives them.

    `key` is what it is known by, with the columns of that. `items` are its states at the viewpoint, one a part or an
    interval; none where nobody says anything any more. Items of `published` and `answered` have their event as `event`;
    one of `kept` (a ledger event) has that of its target as `of`.
    """

    key: Item
    items: list[Item]
    published: list[Item]
    answered: list[Item]
    kept: list[Item]
    vintages: list[Item]
    slips: list[Item]
    disputes: list[Item]


class ThingQuestions:
    """The questions of a report on things of one resource, all of them at one viewpoint."""

    def __init__(self, engine: Inquiry, resource: str, viewpoint: Mapping[str, str]) -> None:
        self._engine, self._projection = engine, CATALOGUE[resource]
        self._at = viewpoint_of(engine, dict(viewpoint))
        self._known_by = columns_known_by(self._projection)

    def facts(self, parameters: Mapping[str, str], items: Sequence[Item]) -> list[ThingFacts]:
        """All that is asked about the things of some items, and about those named of which there are none any more.

        Raises Problem (422) for more than 50 things, and for one of which too much was said.
        """
        states: dict[Key, list[Item]] = {}
        for item in items:
            states.setdefault(self._key_of(item), []).append(item)
        for key in self._silent(parameters):
            states.setdefault(key, [])
        if len(states) > THINGS_MAX:
            raise too_many_things()
        choice = self._choice(parameters)
        audited = self._audited([*states], choice.get("publisher", []))
        facts = []
        for key, of_thing in states.items():
            resource, most = self._projection.name, SAID_MAX + 1
            published = self._engine.thing_history(resource, key, self._at, filters=choice, limit=most)
            answered = self._engine.thing_answers(resource, key, self._at, filters=choice, limit=most)
            if max(len(published), len(answered)) > SAID_MAX:
                raise _said_too_much(key)
            kept = self._with_events(published, answered)
            named = {column: value or None for column, value in zip(self._known_by, key, strict=True)}
            facts.append(ThingFacts(named, of_thing, published, answered, kept, **audited[key]))
        return facts

    def _key_of(self, item: Item) -> Key:
        return tuple(item[column] or "" for column in self._known_by)

    def _choice(self, parameters: Mapping[str, str]) -> dict[str, list[str]]:
        """Whose statements alone are asked for, and who comes first, by the slugs that are meant."""
        asked = {name: parameters[name] for name in _CHOSEN if name in parameters}
        with self._engine.reader(self._at) as reader:
            meant = reader.meant(self._projection, asked).filters
        return {name: listed(name, slugs) if isinstance(slugs, str) else [*slugs] for name, slugs in meant.items()}

    def _silent(self, parameters: Mapping[str, str]) -> Iterator[Key]:
        """The things that are named, where nothing else is asked for, and of which something was said."""
        slug = self._projection.slug or ""
        if slug not in parameters or not {*parameters} <= {slug, *_CHOSEN, *VIEWPOINT_NAMES}:
            return
        for name in listed(slug, parameters[slug]):
            key = tuple(thing_key(self._projection, name))
            with self._engine.reader(self._at) as reader:
                kinds = self._projection.kinds
                kept = tuple(
                    reader.names.kept(value) if kinds[column].names_entities else value
                    for column, value in zip(self._known_by, key, strict=True)
                )
            if self._engine.knows_thing(self._projection.name, key, self._at):
                yield kept

    def _audited(self, keys: Sequence[Key], only: Sequence[str]) -> dict[Key, dict[str, list[Item]]]:
        """What the audit says of each thing, as publishers say alone where these are chosen."""
        found: dict[Key, dict[str, list[Item]]] = {key: {"vintages": [], "slips": [], "disputes": []} for key in keys}
        if not keys:
            return found
        named = {str(self._projection.slug): [":".join(filter(None, key)) for key in keys]}
        with self._engine.reader(self._at) as reader:
            for name, items in self._audit(reader, named, only).items():
                for item in items:
                    if (of_thing := found.get(self._key_of(item))) is not None:
                        of_thing[name].append(item)
        for key, of_thing in found.items():
            if max(map(len, of_thing.values())) > SAID_MAX:
                raise _said_too_much(key)
        return found

    def _audit(self, reader: Reader, named: Mapping[str, list[str]], only: Sequence[str]) -> dict[str, list[Item]]:
        resource, most = self._projection.name, THINGS_MAX * SAID_MAX
        slips = Slips(reader, resource, {**named, "publisher": list(only)} if only else named)
        return {
            "slips": slips.items(limit=most).to_pylist(),
            "vintages": thing_vintages(reader, resource, named, publishers=only, limit=most).items,
            "disputes": thing_disputes(reader, resource, named, publishers=only, status="all", limit=most).items,
        }

    def _with_events(self, *histories: Sequence[Item]) -> list[Item]:
        """Give each item its event; what this ledger did to these events, in order."""
        told = [item for history in histories for item in history]
        events = self._events({item["event_id"] for item in told})
        events |= self._events({one["target"] for one in events.values() if "target" in one} - events.keys())
        for item in told:
            item["event"] = events[item["event_id"]]
        acts = {
            act["position"]: {**act, "of": event}
            for event in events.values()
            for act in event["acts"]
            if self._was_published(event)
        }
        return [acts[position] for position in sorted(acts)]

    def _events(self, event_ids: Iterable[str]) -> dict[str, Item]:
        return events_with_acts(self._engine, map(UUID, sorted(event_ids)), position=self._at.position)

    def _was_published(self, event: Item) -> bool:
        """Whether an event was published by the viewpoint: as it was recorded, or as it reads now."""
        printed = [text["published_at"] for text in (event, event["content"] or {}) if text.get("published_at")]
        return any(parse_moment(text).end <= self._at.as_of for text in printed or [event["recorded_at"]])


def columns_known_by(projection: Projection) -> tuple[str, ...]:
    """The columns that together say which thing an item is of."""
    return projection.known_by or (str(projection.slug),)


def items_of(engine: Inquiry, resource: str, parameters: Mapping[str, str]) -> Page:
    """The states of the things that parameters select, all of them. Raises Problem (422) where these are too many."""
    page = state(engine, CATALOGUE[resource], parameters, limit=LIMIT_MAX)
    if page.next is not None:
        raise too_many_things()
    return page


def slugs_in(projection: Projection, value: Any, name: str = "") -> Iterator[str]:
    """Every slug of an entity in what is said of things of a projection."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in ("event", "of"):
                yield from slugs_in(projection, part, key)
    elif isinstance(value, list):
        for part in value:
            yield from slugs_in(projection, part, name)
    elif isinstance(value, str):
        kind = projection.kinds.get(name, COLUMN_KINDS.get(name))
        if name in _REFERRING or (kind is not None and kind.names_entities):
            yield value


def too_many_things() -> Problem:
    """What is selected does not fit a report."""
    many = f"more than {THINGS_MAX} things are selected, too many for one report"
    return bad_parameter("(all)", "too_many", f"{many}: narrow the selection, for example by name or status")


def _said_too_much(key: Key) -> Problem:
    many = f"more than {SAID_MAX} statements belong to {':'.join(filter(None, key))[:80]}, too many for one report"
    return bad_parameter("(all)", "too_many", f"{many}: move as_of back, or ask for one publisher")
