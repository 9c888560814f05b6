"""The history of a thing that holds over time, along either clock: parameters in, a page out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from api.problems import bad_parameter, not_found
from api.questions.page import Items, Page, read
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from api.questions.resources import CLOCK, is_entity_of, parameters_of, with_erased
from ledger.events import NAME_PATTERN, SLUG_PATTERN
from projections import CATALOGUE, COLUMN_KINDS, THINGS, Inquiry, Kind, Projection, ThingPlace, Value, Viewpoint

WITH_HISTORY = tuple(CATALOGUE[name] for name in THINGS)
"""The resources whose things have a history."""
CHOICE: tuple[Parameter, ...] = tuple(
    one for one in parameters_of(WITH_HISTORY[0]) if one.name in ("publisher", "prefer")
)
"""Which publishers' statements make a thing what it is."""
THING_HISTORY = (CLOCK, *CHOICE, *VIEWPOINT, *PAGING)
RELATIONSHIP = "Subject, relation, object and, where there is one, role, with colons between"
STATEMENT_CAUSES = ("first_report", "confirmation", "revision", "conflict", "withdrawal", "republication")
ANSWER_CAUSES = ("recorded", "late_arrival", "correction", "retraction", "reinstatement", "merge", "preference")
_KINDS: Mapping[str, Kind] = {
    "says": Kind.OBJECT,
    "changed": Kind.TEXTS,
    "shift_days": Kind.COUNT,
    "transition": Kind.TEXT,
    "part": Kind.TEXT,
    "decided_by": Kind.IDENTIFIER,
    "previous_effective_from": Kind.MOMENT,
}
_TEXT = {"type": ["string", "null"]}
_COMMON: Mapping[str, Any] = {
    "position": {"type": "integer"},
    "recorded_at": {"type": "string"},
    "event_id": {"type": "string", "description": "The event that says so, or that changed the answer."},
    "transition": {"type": "string", "description": "The type of event: what happened to the thing."},
    "part": {**_TEXT, "description": "The part that it is about, for example a facility's stage."},
    "publisher": _TEXT,
    "published_at": _TEXT,
    "effective_from": _TEXT,
    "effective_to": _TEXT,
    "previous_effective_from": _TEXT,
    "shift_days": {
        "type": ["integer", "null"],
        "description": "By how many days the start moved, from start to start.",
    },
}
SCHEMAS: Mapping[str, dict[str, Any]] = {
    "StatementHistory": {
        "type": "object",
        "properties": {
            **_COMMON,
            "cause": {"enum": list(STATEMENT_CAUSES)},
            "changed": {"type": ["array", "null"], "items": {"type": "string"}},
            "says": {"type": ["object", "null"], "description": "What else it says."},
        },
    },
    "AnswerHistory": {
        "type": "object",
        "description": "Besides these, the fields of an item of the resource as they are after the change.",
        "properties": {**_COMMON, "cause": {"enum": list(ANSWER_CAUSES)}, "decided_by": _TEXT},
    },
}
"""The JSON Schemas of items on either clock."""
_SHOWN_BITS = 20
"""A place in a history on the ledger clock is one number: the position, and how many changes at it come before."""


def thing_history(
    engine: Inquiry, projection: Projection, name: str, parameters: Mapping[str, str], *, limit: int | None = None
) -> Page:
    """How a thing got where it is, oldest first. Raises Problem (404) for an unknown one."""
    clock = parameters.get("clock", "publication")
    if clock not in ("publication", "ledger"):
        raise bad_parameter("clock", "choice", f"clock is publication or ledger, not {clock[:40]!r}")
    key = thing_key(projection, name)
    chosen = {one.name: parameters[one.name] for one in CHOICE if one.name in parameters}
    members: dict[str, Any] = {}

    def filters_at(viewpoint: Viewpoint) -> Mapping[str, Value]:
        """Whose statements are asked for, as the names are meant; what is said of these is noted."""
        if not chosen:
            return {}
        with engine.reader(viewpoint) as reader:
            names = reader.meant(projection, chosen)
        members.update(names.members())
        return names.filters

    erased: list[dict[str, Any]] = []

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        erased[:] = engine.erased_of_thing(projection.name, name, viewpoint)
        filters = filters_at(viewpoint)
        if clock == "ledger":
            place = ThingPlace(skip >> _SHOWN_BITS, skip & ((1 << _SHOWN_BITS) - 1))
            items = engine.thing_answers(projection.name, key, viewpoint, filters=filters, limit=count, place=place)
        else:
            items = engine.thing_history(projection.name, key, viewpoint, filters=filters, limit=count, offset=skip)
        known = items or erased or engine.knows_thing(projection.name, key, viewpoint)
        if not known and not is_entity_of(engine, projection, name, viewpoint):
            raise not_found(f"{name[:200]!r} is unknown among {projection.name} at this viewpoint.")
        return items

    page = read(
        engine,
        fetch,
        path=f"{projection.name}/{name}/history",
        parameters=parameters,
        limit=limit,
        next_offset=_place_after if clock == "ledger" else None,
    )
    page = page.with_kinds({**COLUMN_KINDS, **projection.kinds, **_KINDS}).with_members(**members)
    return with_erased(page, erased)


def _place_after(items: Items, before: int) -> int:
    """The place behind items of a history on the ledger clock, of which the first came behind a place."""
    positions = [item["position"] for item in items if isinstance(item, dict)]
    last = positions[-1]
    shown = positions.count(last)
    if before >> _SHOWN_BITS == last:
        shown += before & ((1 << _SHOWN_BITS) - 1)
    return int(last << _SHOWN_BITS | shown)


def thing_key(projection: Projection, name: str) -> Sequence[str]:
    """What the thing is known by. Raises Problem (404) for what names none."""
    if not projection.known_by:
        if not re.fullmatch(SLUG_PATTERN, name):
            raise not_found(f"{name[:80]!r} is no slug.")
        return (name,)
    subject, relation, target, role = (*name.split(":", 3), "", "", "")[:4]
    slugs = all(re.fullmatch(SLUG_PATTERN, one) for one in (subject, target))
    if not slugs or not re.fullmatch(NAME_PATTERN, relation):
        raise not_found(f"{name[:80]!r} names no relationship. Write it as subject:relation:object, or with :role.")
    return subject, relation, target, role
