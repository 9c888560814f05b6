"""Two viewpoints compared: what differs in the answers, and the events that made the difference."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.audit_question import AuditQuestion
from api.questions.audit.item_columns import FIGURE, item_columns
from api.questions.audit.resource_parameters import RESOURCE, check_taken, resource_of, with_things
from api.questions.audit.thing_differences import AT, things_compared
from api.questions.audit.thing_differences import COLUMNS as THING_COLUMNS
from api.questions.name_hints import names_taken
from api.questions.page import (
    NOT_FILTERS,
    VIEWPOINT_NAMES,
    Page,
    Validity,
    decoded,
    encoded,
    mark_of,
    validity_of,
)
from api.questions.parameters import PAGING, Parameter, check_ledger_moment, check_moment, limit_of
from api.questions.resources import parameters_of
from ledger import PositionBeyondHead, QuantityError
from ledger.values import EXACT, difference, instant_text, parse_number
from projections import FIGURES, Inquiry, Viewpoint

ORDER = 30
SIDES = ("from", "to")
CLOCKS = (
    Parameter("from_as_of", "Publication clock of the first viewpoint: `as_of`. Default: now.", "2024-06-30"),
    Parameter("to_as_of", "Publication clock of the second viewpoint. Default: now.", "2025-06-30"),
    Parameter("from_recorded_as_of", "Ledger clock of the first viewpoint: `recorded_as_of`. Default: now."),
    Parameter("to_recorded_as_of", "Ledger clock of the second viewpoint. Default: now."),
)
_CLOCK_NAMES = tuple(one.name for one in CLOCKS)
CHANGED_BY = Parameter("changed_by_more_than", "Only figures whose value changed by more than N percent.", "10")
FILTERS = (
    CHANGED_BY,
    *(one for one in parameters_of(FIGURES) if one.name not in ("resolve", *VIEWPOINT_NAMES, *NOT_FILTERS)),
)
OF_FIGURES = (*CLOCKS, *FILTERS, *PAGING)
OF_THINGS = (*CLOCKS, AT)
COLUMNS = (
    *("subject", "metric", "material", "dimensions", "period", "before", "after", "change", "change_percent"),
    *("kind", "causes"),
)
DESCRIPTION = """\
Figures whose answer differs: `before` and `after`, `kind` (`added`, `removed`, `changed`, or `restated` for the same
value with another status), and `causes`: the events that made the difference.

With `resource=policies` (agreements, facilities, links, risks, relationships, commitments) the things whose item
differs, and `fields`: what changed, each with `before` and `after`. Who says so, when, and whether it is disputed is no
difference by itself. The world clock of each viewpoint is its `as_of`, so that a policy which has come into force
meanwhile differs, with no cause where all was said before; `effective_at` gives one instant of the world for both, so
that only what is known of it differs.

Example: `GET /v1/diff?from_as_of=2025-12-31&to_as_of=2026-03-01&metric=mine_production&publisher=usgs`
"""


_COLUMNS = item_columns(f"{FIGURE} canonical_unit before:object after:object change change_percent kind causes:objects")


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """The figures that differ between two viewpoints; `basis` has `from` and `to`. Raises Problem."""
    check_taken(parameters, OF_FIGURES, OF_THINGS)
    return compared(engine, parameters, asked=mark_of("diff", parameters))


def compared(
    engine: Inquiry, parameters: Mapping[str, str], *, asked: str, names: Mapping[str, str] | None = None
) -> Page:
    """The figures that differ between the viewpoints that parameters name.

    `asked` marks the question in cursors; `names` says what the reader calls the parameters of the clocks, where it
    calls them otherwise. Raises Problem.
    """
    if resource_of(parameters) != FIGURES.name:
        return _things(engine, parameters, asked=asked, names=names or {})
    count = limit_of(parameters)
    offset, cursor = 0, parameters.get("cursor")
    if cursor is None:
        views = [_viewpoint(engine, parameters, side, names or {}) for side in SIDES]
    else:
        offset, *places = decoded(cursor, asked, kinds=(int, int, str, int, str))
        views = [
            engine.viewpoint(as_of=check_moment("cursor", as_of), recorded_as_of=f"position:{position}")
            for position, as_of in (places[:2], places[2:])
        ]
    apart = (*NOT_FILTERS, *_CLOCK_NAMES, CHANGED_BY.name, RESOURCE.name)
    filters = {name: value for name, value in parameters.items() if name not in apart}
    wanted = None
    if CHANGED_BY.name in parameters:
        wanted = partial(_changed_by_more_than, _percent(parameters[CHANGED_BY.name]))
    with engine.reader(views[1]) as reader:
        taken = names_taken(reader, filters)
    differences = engine.diff(*views, filters=taken.filters, wanted=wanted, limit=count and count + 1, offset=offset)
    following = None
    if count is not None and len(differences) > count:
        places = [part for at in views for part in (at.position, instant_text(at.as_of))]
        following = encoded([offset + count, *places], asked)
    validity = _validity(engine, parameters, views)
    basis = {side: at.basis() for side, at in zip(SIDES, views, strict=True)}
    items = [_readable(item) for item in differences[:count]]
    return Page(items, basis, following, validity, more=taken.members).with_columns(_COLUMNS)


def _things(engine: Inquiry, parameters: Mapping[str, str], *, asked: str, names: Mapping[str, str]) -> Page:
    """The things that differ between the viewpoints."""
    at = check_moment(AT.name, parameters.get(AT.name))
    views = {side: _viewpoint(engine, parameters, side, names, effective_at=at) for side in SIDES}
    validity = _validity(engine, parameters, list(views.values()))
    return things_compared(
        engine, parameters, views, asked=asked, apart=(RESOURCE.name, *_CLOCK_NAMES), validity=validity
    )


def _validity(engine: Inquiry, parameters: Mapping[str, str], views: Sequence[Viewpoint]) -> Validity:
    clocks = [(parameters.get(f"{side}_as_of"), parameters.get(f"{side}_recorded_as_of")) for side in SIDES]
    return validity_of(engine, views, None if "cursor" in parameters else clocks)


def _viewpoint(
    engine: Inquiry,
    parameters: Mapping[str, str],
    side: str,
    names: Mapping[str, str],
    *,
    effective_at: str | None = None,
) -> Viewpoint:
    as_of, recorded_as_of = f"{side}_as_of", f"{side}_recorded_as_of"
    published = check_moment(names.get(as_of, as_of), parameters.get(as_of))
    name = names.get(recorded_as_of, recorded_as_of)
    return stood_at(engine, name, parameters.get(recorded_as_of), as_of=published, effective_at=effective_at)


def stood_at(
    engine: Inquiry,
    name: str,
    recorded_as_of: str | None,
    *,
    as_of: str | None = None,
    effective_at: str | None = None,
) -> Viewpoint:
    """The viewpoint of which a parameter of that name gives the ledger clock. Raises Problem."""
    recorded = check_ledger_moment(name, recorded_as_of)
    try:
        return engine.viewpoint(as_of=as_of, recorded_as_of=recorded, effective_at=effective_at)
    except PositionBeyondHead as error:
        raise bad_parameter(name, "beyond_head", str(error)) from None


def _percent(text: str) -> Decimal:
    try:
        percent = parse_number(text)
    except QuantityError as error:
        raise bad_parameter(CHANGED_BY.name, "number", f"{CHANGED_BY.name}: {error}") from None
    if percent < 0:
        raise bad_parameter(CHANGED_BY.name, "range", f"{CHANGED_BY.name} is a percentage, 0 or more, not {text[:40]}")
    return percent


def _changed_by_more_than(percent: Decimal, earlier: Decimal, later: Decimal) -> bool:
    """Whether a point is further away from the earlier one than `percent` of it. From zero, any way is further."""
    change = difference(later, earlier)
    return EXACT.multiply(EXACT.abs(change), Decimal(100)) > EXACT.multiply(percent, EXACT.abs(earlier))


def _readable(item: dict[str, Any]) -> dict[str, Any]:
    """A difference with the JSON objects in it as such."""
    shown = dict(item)
    for name in ("before", "after"):
        if item[name] is not None:
            shown[name] = _with_objects(item[name])
    return _with_objects(shown)


def _with_objects(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, **{name: json.loads(item[name]) for name in FIGURES.objects if item[name] is not None}}


QUESTION = AuditQuestion(
    "diff",
    "What differs between two viewpoints, and why",
    DESCRIPTION,
    with_things(OF_FIGURES, OF_THINGS),
    ask,
    columns=COLUMNS,
    thing_columns=THING_COLUMNS,
)
