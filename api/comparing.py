"""Two viewpoints compared: what differs in the answers, and the events that made the difference."""

import json
from collections.abc import Mapping
from typing import Any

from api.parameters import CURSOR, FORMAT, LIMIT, Parameter, check_ledger_moment, check_moment, limit_of
from api.questions import parameters_of
from api.reading import NOT_FILTERS, VIEWPOINT_NAMES, Page, decoded, encoded, mark_of, stated_in_the_past
from ledger.calendars import instant_text
from projections import CATALOGUE, Engine, Viewpoint

SIDES = ("from", "to")
CLOCKS = (
    Parameter("from_as_of", "Publication clock of the first viewpoint: `as_of`. Default: now.", "2024-06-30"),
    Parameter("to_as_of", "Publication clock of the second viewpoint. Default: now.", "2025-06-30"),
    Parameter("from_recorded_as_of", "Ledger clock of the first viewpoint: `recorded_as_of`. Default: now."),
    Parameter("to_recorded_as_of", "Ledger clock of the second viewpoint. Default: now."),
)
_CLOCK_NAMES = tuple(one.name for one in CLOCKS)
_FIGURES = CATALOGUE["figures"]
FILTERS = tuple(one for one in parameters_of(_FIGURES) if one.name not in ("resolve", *VIEWPOINT_NAMES, *NOT_FILTERS))
DIFF = (*CLOCKS, *FILTERS, LIMIT, CURSOR, FORMAT)
"""Everything that a comparison takes."""


def diff(engine: Engine, parameters: Mapping[str, str], *, limit: int | None = None) -> Page:
    """The figures that differ between two viewpoints; `basis` has `from` and `to`. Raises Problem."""
    count = limit or limit_of(parameters)
    asked = mark_of("diff", parameters)
    offset, cursor = 0, parameters.get("cursor")
    if cursor is None:
        views = [_viewpoint(engine, parameters, side) for side in SIDES]
    else:
        offset, *places = decoded(cursor, asked, kinds=(int, int, str, int, str))
        views = [
            engine.viewpoint(as_of=check_moment("cursor", as_of), recorded_as_of=f"position:{position}")
            for position, as_of in (places[:2], places[2:])
        ]
    filters = {name: value for name, value in parameters.items() if name not in (*NOT_FILTERS, *_CLOCK_NAMES)}
    found = engine.diff(*views, filters=filters)
    following = None
    if len(found) > offset + count:
        places = [part for at in views for part in (at.position, instant_text(at.as_of))]
        following = encoded([offset + count, *places], asked)
    final = cursor is not None or all(
        stated_in_the_past(engine, parameters.get(f"{side}_as_of"), parameters.get(f"{side}_recorded_as_of"))
        for side in SIDES
    )
    basis = {side: at.basis() for side, at in zip(SIDES, views, strict=True)}
    is_past = all(at.is_past(engine.ledger.now()) for at in views)
    return Page([_readable(item) for item in found[offset : offset + count]], basis, following, final and is_past)


def _viewpoint(engine: Engine, parameters: Mapping[str, str], side: str) -> Viewpoint:
    as_of, recorded_as_of = f"{side}_as_of", f"{side}_recorded_as_of"
    return engine.viewpoint(
        as_of=check_moment(as_of, parameters.get(as_of)),
        recorded_as_of=check_ledger_moment(recorded_as_of, parameters.get(recorded_as_of)),
    )


def _readable(item: dict[str, Any]) -> dict[str, Any]:
    """A difference with the JSON objects in it as such."""
    shown = dict(item)
    for name in ("before", "after"):
        if item[name] is not None:
            shown[name] = _with_objects(item[name])
    return _with_objects(shown)


def _with_objects(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, **{name: json.loads(item[name]) for name in _FIGURES.objects if item[name] is not None}}
