"""What can be asked of the ledger, one function per question: parameters in, a page out.

The server and the command line both come through here, so they refuse the same things and answer the same.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Any
from uuid import UUID

from api.problems import bad_parameter, not_found
from api.questions.answer_preferences import preference_members
from api.questions.hanging_answers import HANGS_ON, check_can_hang, hanging_member
from api.questions.name_hints import names_taken
from api.questions.page import TYPED, Items, Page, filters_of, read, viewpoint_of
from api.questions.parameters import PAGING, VIEWPOINT, Parameter, flag_of
from api.questions.unit_conversion import CONVERSION, conversion_of
from ledger import REGISTRY, Entry, Ledger, body_of_entry, content
from ledger.events import SLUG_PATTERN, Figure
from ledger.values import POSITION_DIGITS_MAX, parse_moment
from projections import (
    CATALOGUE,
    COLUMN_KINDS,
    FIGURES,
    Filter,
    FilterError,
    Inquiry,
    Kind,
    Projection,
    Value,
    Viewpoint,
    listed,
)

CLOCK = Parameter(
    "clock",
    "`publication`: what the world said, at a fixed state of the ledger; `ledger`: what this ledger answered, at a "
    "fixed `as_of`.",
    schema={"type": "string", "enum": ["publication", "ledger"], "default": "publication"},
)
HISTORY = (CLOCK, *CONVERSION, *VIEWPOINT, *PAGING)
EVENT_FILTERS = (
    Parameter("after", "Only events after this position.", schema={"type": "integer", "minimum": 0}),
    Parameter("type", "Only events of this type.", "PolicySuspended", several=True),
    Parameter("entity", "Only events that name this entity: a slug.", "lynas-rare-earths", several=True),
    Parameter("figure_id", "Only statements of this figure: a UUID.", several=True),
    Parameter("publisher", "Only events whose `source.publisher` this is: a slug.", "usgs", several=True),
    Parameter("reference", "Only events with this `source.reference`, which may hold commas."),
)
EVENTS = (*EVENT_FILTERS, *VIEWPOINT, *PAGING)
_ENVELOPE = {
    name: COLUMN_KINDS.get(name, Kind.TEXT) for name in ("type", "event_id", "position", "recorded_at", "recorded_by")
}
"""The columns that every event of the log has, whatever was sent."""
ERASED_MAX = 100
"""How many erased events a page names."""
SCAN_ROWS = 1000
"""How many events are looked at in one go, where `as_of` may leave most of them out."""


def parameters_of(projection: Projection) -> tuple[Parameter, ...]:
    """Everything that a read of a projection takes: its filters, the viewpoint, the page."""
    return (*map(_parameter, projection.filters), *VIEWPOINT, *PAGING)


def list_parameters_of(projection: Projection) -> tuple[Parameter, ...]:
    """The same, and in which order the items of a list may come, and in which unit."""
    sorts = (_sort_parameter(projection),) if projection.sorts else ()
    return (*parameters_of(projection), *sorts, *((*CONVERSION, HANGS_ON) if projection is FIGURES else ()))


def state(engine: Inquiry, projection: Projection, parameters: Mapping[str, str], *, limit: int | None = None) -> Page:
    """The items of a projection at a viewpoint."""
    filters = filters_of(parameters, besides=("sort", *(one.name for one in (*CONVERSION, HANGS_ON))))
    conversion, hangs_on = conversion_of(parameters), flag_of(parameters, HANGS_ON.name)
    if hangs_on:
        check_can_hang(filters)
    sort, as_text = parameters.get("sort"), parameters.get("format") not in TYPED
    told: dict[str, Any] = {}

    def shown(viewpoint: Viewpoint, asked: Mapping[str, Value]) -> Callable[[Items], Items]:
        """What makes items as they are found into those that are shown."""
        if conversion is None:
            return lambda items: items
        with engine.reader(viewpoint) as reader:
            conversion.check(reader, asked)
        return conversion.of

    def meant(viewpoint: Viewpoint, items: "Items | None") -> Mapping[str, Value] | None:
        """The filters as they are meant, where that is otherwise than they stand."""
        with engine.reader(viewpoint) as reader:
            names = reader.meant(projection, filters, items)
        told.update(names.members())
        return names.filters if names.resolved else None

    def tell_preferences(viewpoint: Viewpoint, items: Items) -> None:
        if filters.keys().isdisjoint(("publisher", "prefer", "resolve")):
            told.update(preference_members(engine, projection, viewpoint, items))

    def tell_what_they_hang_on(viewpoint: Viewpoint, items: Items, asked: Mapping[str, Value]) -> None:
        if hangs_on:
            with engine.reader(viewpoint) as reader:
                told.update(hanging_member(reader, items, asked))

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        def items_of(asked: Mapping[str, Value]) -> Items:
            return shown(viewpoint, asked)(
                engine.read(projection.name, viewpoint, filters=asked, sort=sort, limit=count, offset=skip)
            )

        try:
            items = items_of(filters)
        except FilterError:  # FY2025 needs a subject, which may be named otherwise
            if (otherwise := meant(viewpoint, None)) is None:
                raise
            items = items_of(otherwise)
        else:
            otherwise = meant(viewpoint, None if skip else items) if filters else None
            items = items if otherwise is None else items_of(otherwise)
        listed_here = items[: count and count - 1]  # The last one is asked for to see whether there is another page.
        tell_preferences(viewpoint, listed_here)
        tell_what_they_hang_on(viewpoint, listed_here, otherwise or filters)
        return items

    def fetch_all(viewpoint: Viewpoint, skip: int) -> Iterator[Items]:
        def parts_of(asked: Mapping[str, Value]) -> Iterator[Items]:
            parts = engine.read_all(projection.name, viewpoint, filters=asked, sort=sort, offset=skip, as_text=as_text)
            return map(shown(viewpoint, asked), parts)

        parts = parts_of(filters)
        try:
            first = next(parts)
            otherwise = meant(viewpoint, None if skip else first) if filters else None
        except FilterError:
            if (otherwise := meant(viewpoint, None)) is None:
                raise
        if otherwise is not None:
            parts = parts_of(otherwise)
            first = next(parts)
        tell_preferences(viewpoint, first)
        tell_what_they_hang_on(viewpoint, first, otherwise or filters)
        return chain([first], parts)

    page = read(
        engine,
        fetch,
        path=projection.name,
        parameters=parameters,
        limit=limit,
        objects=projection.objects,
        fetch_all=fetch_all,
    )
    return page.with_kinds(projection.kinds).with_members(**told)


def one(engine: Inquiry, projection: Projection, slug: str, parameters: Mapping[str, str]) -> Page:
    """What stands under one slug at a viewpoint, with the events that made it so.

    Raises Problem: 404 for a slug that is unknown there.
    """
    if projection.slug is None:
        raise ValueError(f"{projection.name} have no slug")
    if not projection.known_by and not re.fullmatch(SLUG_PATTERN, slug):
        raise not_found(f"{slug[:80]!r} is no slug.")
    by_slug = {projection.slug: [slug]}
    seen: list[Viewpoint] = []
    told: dict[str, Any] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        seen.append(viewpoint)
        try:
            items = engine.read(projection.name, viewpoint, filters=by_slug, limit=count, offset=skip)
        except FilterError as error:
            raise not_found(f"{error.detail}.") from None
        told.update(preference_members(engine, projection, viewpoint, items[: count and count - 1]))
        return items

    path = f"{projection.name}/{slug}"
    page = read(engine, fetch, path=path, parameters=parameters, objects=projection.objects)
    erased = engine.erased_of_thing(projection.name, slug, seen[0])
    if len(page.items) == 0 and not erased and not is_entity_of(engine, projection, slug, seen[0]):
        raise not_found(f"{slug!r} is unknown among {projection.name} at this viewpoint.")
    page = page.with_kinds(projection.kinds).with_members(
        events=engine.timeline(projection.name, slug, seen[0]), **told
    )
    return with_erased(page, erased)


def history(engine: Inquiry, figure_id: str, parameters: Mapping[str, str], *, limit: int | None = None) -> Page:
    """How a figure got where it is, oldest first. Raises Problem (404) for an unknown figure."""
    clock = parameters.get("clock", "publication")
    if clock not in ("publication", "ledger"):
        raise bad_parameter("clock", "choice", f"clock is publication or ledger, not {clock[:40]!r}")
    wanted, conversion = _uuid(figure_id), conversion_of(parameters)
    if wanted is None:
        raise not_found(f"There is no figure {figure_id[:80]!r}: a figure_id is a UUID.")

    erased: list[dict[str, Any]] = []

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        erased[:] = engine.erased_of_figure(wanted, viewpoint)
        items: Items = engine.history(wanted, viewpoint, clock=clock, limit=count, offset=skip)
        if len(items) == 0 and not engine.events(viewpoint=viewpoint, figure_id=wanted, limit=1):
            raise not_found(f"There is no figure {wanted} at this viewpoint.")
        if conversion is None:
            return items
        with engine.reader(viewpoint) as reader:
            conversion.check(reader, {"figure_id": str(wanted)})
        return conversion.of(items)

    return with_erased(read(engine, fetch, path=f"history/{wanted}", parameters=parameters, limit=limit), erased)


def with_erased(page: Page, erased: Sequence[dict[str, Any]]) -> Page:
    """A page about one figure or thing, with what was erased of it, if anything was: what it said is in no item."""
    if not erased:
        return page
    listed = list(erased[:ERASED_MAX])
    more = {"erased_more": len(erased) - len(listed)} if len(erased) > len(listed) else {}
    return page.with_members(erased=listed, **more)


def events(engine: Inquiry, parameters: Mapping[str, str], *, limit: int | None = None) -> Page:
    """The log in order of position, as it was recorded."""
    after = _after(parameters.get("after", "0"))
    filters = _event_filters(filters_of(parameters, besides=("after",)))
    named: dict[str, Value] = {name: filters[name] for name in ("entity", "publisher") if name in filters}
    told: dict[str, Any] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        if named:
            with engine.reader(viewpoint) as reader:
                names = names_taken(reader, named)
            filters.update(names.filters)
            told.update(names.members)
        entries: list[Entry] = []
        wanted = count or SCAN_ROWS
        size = max(wanted, SCAN_ROWS) if "as_of" in parameters else wanted
        at, more = max(after, skip), True
        while more and len(entries) < wanted:
            batch = engine.events(after=at, limit=size, viewpoint=viewpoint, **filters)
            entries += [entry for entry in batch if _published(entry, viewpoint, parameters)]
            more = len(batch) == size
            at = batch[-1].position if batch else at
        return flat_all(engine.ledger, entries[:wanted])

    def last_position(items: Items, _: int) -> int:
        return int(items[-1]["position"])

    page = read(engine, fetch, path="events", parameters=parameters, limit=limit, next_offset=last_position)
    return page.with_kinds(as_sent()).with_columns(_ENVELOPE).with_members(**told)


def _event_filters(given: Mapping[str, str]) -> dict[str, Any]:
    """The filters of the log with their values. Raises Problem and FilterError."""
    filters: dict[str, Any] = {
        name: text if name == "reference" else listed(name, text) for name, text in given.items()
    }
    unknown = next((one for one in filters.get("type", ()) if one not in REGISTRY), None)
    if unknown is not None:
        folded = {name.casefold(): name for name in sorted(REGISTRY)}
        near = [folded[one] for one in get_close_matches(unknown.casefold(), folded)]
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(sorted(REGISTRY))}"
        raise bad_parameter("type", "unknown_type", f"type: there is no type of event {unknown[:80]!r}; {hint}")
    if "figure_id" in filters:
        ids = [_uuid(text) for text in filters["figure_id"]]
        if None in ids:
            raise bad_parameter("figure_id", "uuid", "figure_id is a UUID")
        filters["figure_id"] = ids
    return filters


def event(engine: Inquiry, event_id: str, parameters: Mapping[str, str]) -> Page:
    """One event as it was recorded, what it says at the viewpoint, and the ledger events that act on it."""
    wanted = _uuid(event_id)
    entry = engine.ledger.get(wanted) if wanted is not None else None
    viewpoint = viewpoint_of(engine, parameters)
    if entry is None or entry.position > viewpoint.position or not _published(entry, viewpoint, parameters):
        raise not_found(f"There is no event {event_id[:80]!r} at this viewpoint.")
    item = _with_acts(engine.ledger, entry, engine.ledger.acts_on(entry), position=viewpoint.position)
    page = read(engine, lambda *_: [item], path=f"events/{wanted}", parameters=parameters)
    return page.with_kinds(as_sent()).with_columns(_ENVELOPE)


def events_with_acts(engine: Inquiry, event_ids: Iterable[UUID], *, position: int) -> dict[str, dict[str, Any]]:
    """What `event` says of each of some events, by id, at a position of the ledger clock."""
    entries = engine.ledger.get_all(event_ids)
    acts = engine.ledger.acts_on_each(list(entries.values()))
    ledger = engine.ledger
    return {str(one): _with_acts(ledger, entry, acts[one], position=position) for one, entry in entries.items()}


def _with_acts(ledger: Ledger, entry: Entry, acts: Sequence[Entry], *, position: int) -> dict[str, Any]:
    held = [act for act in acts if act.position <= position]
    (said,) = flat_all(ledger, [entry])
    says = None if entry.is_erased else content((entry.cls, entry.body), [(act.type, act.body) for act in held])
    return {**said, "content": says, "acts": [flat(act) for act in held]}


def flat_all(ledger: Ledger, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Events as the log gives them; of those that were erased, by whom, when and why."""
    erased = ledger.erased(entries)
    return [{**flat(one), **({"erased": erased[one.position]} if one.is_erased else {})} for one in entries]


def flat(entry: Entry) -> dict[str, Any]:
    """An event as the log gives it: what the ledger set, then what was sent."""
    is_figure = issubclass(entry.cls, Figure)
    figure = {"figure_id": str(entry.stream)} if is_figure else {}
    return {**entry.envelope(), **figure, **body_of_entry(entry)}


def as_sent() -> dict[str, Kind]:
    """The kinds of the members of an event: what was sent is a text as it was sent, though it looks like a number."""
    sent = (name for cls in REGISTRY.values() for name in cls.model_fields)
    return {**dict.fromkeys(sent, Kind.TEXT), **COLUMN_KINDS}


def _parameter(one: Filter) -> Parameter:
    schema = {"type": "string", "enum": list(one.choices)} if one.choices else {"type": "string"}
    return Parameter(one.name, one.description, one.example, schema, several=one.takes_several)


def _sort_parameter(projection: Projection) -> Parameter:
    return Parameter(
        "sort",
        "In which order: the smallest, earliest or first above; with `-` before it the other way round. Items without "
        "what they are sorted by come last. Default: the resource's own order.",
        schema={"type": "string", "enum": [f"{sign}{name}" for name in projection.sorts for sign in ("", "-")]},
    )


def is_entity_of(engine: Inquiry, projection: Projection, slug: str, viewpoint: Viewpoint) -> bool:
    """Whether a projection's slugs are entities, and this is one: then it is known, though nothing stands under it."""
    entities = CATALOGUE["entities"]
    if projection is entities or not projection.names_entities:
        return False
    return bool(len(engine.read("entities", viewpoint, filters={"entity": slug}, limit=1)))


def _published(entry: Entry, viewpoint: Viewpoint, parameters: Mapping[str, str]) -> bool:
    """Whether an event counts at an `as_of` that was given; where none was, the log is not cut by publication."""
    if "as_of" not in parameters or entry.cls.known_at_once or entry.is_erased:
        return True  # When that which was erased was published, nobody knows.
    printed = entry.body.get("published_at")
    known_from = parse_moment(printed).end if printed else entry.recorded_at
    return known_from <= viewpoint.as_of


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _after(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS_MAX):
        raise bad_parameter("after", "position", f"after is a position of the log, 0 or more, not {text[:40]!r}")
    return int(text)
