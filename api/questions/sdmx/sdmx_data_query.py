"""Data queries of SDMX: `/sdmx/data/dataflow/SUPPLY_LEDGER/FIGURES/1.0.0/A.australia.mine_production`, as questions.

Without more it is answered by what `/v1/figures` says at the viewpoint, `asOf` and `recordedAsOf`. With
`includeHistory=true` by all that was so up to it, statement by statement or answer by answer; with `updatedAfter` by
what became another answer since that moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from api.problems import bad_parameter
from api.questions.name_hints import names_taken
from api.questions.page import Items, Page, read, validity_of, viewpoint_of
from api.questions.parameters import Parameter, check_ledger_moment, check_moment, flag_of
from api.questions.resources import state
from api.questions.sdmx.answer_times import answer_times
from api.questions.sdmx.observations import TOGETHER, Cut, DataSet, Observed, series_of
from api.questions.sdmx.sdmx_components import MEASURE, Component, Dataflow, Shown
from api.questions.sdmx.sdmx_conditions import Conditions, Meant, filters_of_query, keys_of
from api.questions.sdmx.sdmx_paths import not_offered
from ledger.values import parse_moment
from projections import FIGURE_IDENTITY, FIGURES, Inquiry, Viewpoint
from projections.audit import statement_validity

GROUP = 1000
COUNT_MAX = 10**9
NAMES_TOGETHER = 25
"""So many names are looked up at a time, of which the answer tells all."""
ALL_DIMENSIONS = "AllDimensions"
CLOCKS = (
    Parameter(
        "asOf",
        "The data as they had been published by then: `as_of` of `/v1`. A year, month, day (its end) or instant. "
        "Default: now.",
        "2024-06-30",
    ),
    Parameter(
        "recordedAsOf",
        "Only what this ledger held then: `recorded_as_of` of `/v1`. A year, month, day, instant, or `position:N`. "
        "Default: now.",
    ),
)
DATA_FORM = Parameter(
    "format",
    "How the data come; else the `Accept` header decides.",
    schema={"type": "string", "enum": ["sdmx-json", "sdmx-csv", "sdmx-csv-1.0", "sdmx-ml", "sdmx-ml-specific"]},
)
COMPONENT_FILTER = Parameter("c[*", "")
"""`c[NAME]`, of which the description says more than a parameter can: see `COMPONENT_FILTERS`."""
COMPONENT_FILTERS: dict[str, Any] = {
    "name": "c",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "Filters by component, `c[TIME_PERIOD]=ge:2020+le:2024`: values with commas between (or) and pluses "
    "(and), each perhaps with an operator before it: eq, ne, lt, le, gt, ge, co (contains), nc, sw (starts with), ew.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
_COUNT = {"type": "integer", "minimum": 1, "maximum": COUNT_MAX}
_FLAG = {"type": "boolean", "default": False}
DATA_PARAMETERS = (
    *CLOCKS,
    Parameter(
        "includeHistory",
        "`true`: all that was so, with the time of publication from which on and up to which it was so: the answer to "
        "each figure, or each statement as the last word of its publisher.",
        schema=_FLAG,
    ),
    Parameter(
        "updatedAfter",
        "Only what became another answer since this instant, and what is no answer any more. Of dataflows of figures.",
    ),
    Parameter("firstNObservations", "How many observations of each series at most, from its beginning.", schema=_COUNT),
    Parameter("lastNObservations", "How many observations of each series at most, up to its end.", schema=_COUNT),
    Parameter("offset", "How many observations to leave out before the first.", schema={**_COUNT, "minimum": 0}),
    Parameter("limit", "How many observations at most. Default: all.", schema=_COUNT),
    Parameter(
        "dimensionAtObservation",
        "`TIME_PERIOD`: observations come in series; `AllDimensions`: one by one.",
        schema={"type": "string", "enum": ["TIME_PERIOD", ALL_DIMENSIONS]},
    ),
    Parameter("attributes", "`dsd` or `all` (the default), `none`, or ids of attributes with commas between."),
    Parameter("measures", "`all` (the default), `none`, or `OBS_VALUE`."),
    Parameter("startPeriod", "In SDMX-REST 1.5: periods that start on its first day or later.", "2020"),
    Parameter("endPeriod", "In SDMX-REST 1.5: periods that end on its last day or earlier.", "2024"),
    Parameter(
        "detail",
        "In SDMX-REST 1.5: `full`, or `dataonly` without attributes.",
        schema={"type": "string", "enum": ["full", "dataonly"]},
    ),
    DATA_FORM,
)
"""The parameters of a data query, `c[NAME]` besides."""
NOT_OFFERED = ("sort", "reportingYearStartDay", "explicitMeasure")


class _Source(NamedTuple):
    """Where observations come from: the page of items, the items, and the data set that each is in."""

    page: Page
    items: Iterable[Mapping[str, Any]]
    data_set: Callable[[Mapping[str, Any]], DataSet]


def observe(engine: Inquiry, flow: Dataflow, key: str, parameters: Mapping[str, str]) -> Observed:
    """The observations of a dataflow that fit a key and the parameters. Raises Problem and FilterError."""
    conditions = Conditions(flow, keys_of(flow, key), filters_of_query(flow, parameters))
    in_history = flag_of(parameters, "includeHistory")
    shown = _shown(flow, parameters, in_history=in_history)
    cut = Cut(
        first=_count(parameters, "firstNObservations"),
        last=_count(parameters, "lastNObservations"),
        offset=_count(parameters, "offset", lowest=0) or 0,
        limit=_count(parameters, "limit"),
    )
    clocks = clocks_of(parameters)
    viewpoint = viewpoint_of(engine, clocks)
    meant = _meant(engine, viewpoint, conditions)
    if in_history:
        source = _history(engine, conditions, parameters, clocks)
    elif "updatedAfter" in parameters:
        source = _updates(engine, conditions, parameters, clocks)
    else:
        source = _at_a_time(engine, conditions, clocks)
    series = series_of(flow, source.items, data_set=source.data_set, fits=conditions.test(meant), cut=cut)
    return Observed(flow, shown, series, source.page)


def clocks_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """The viewpoint that a query asks for, as parameters of `/v1`. Raises Problem."""
    check_moment("asOf", parameters.get("asOf"))
    check_ledger_moment("recordedAsOf", parameters.get("recordedAsOf"))
    named = {"as_of": "asOf", "recorded_as_of": "recordedAsOf"}
    return {ours: parameters[theirs] for ours, theirs in named.items() if theirs in parameters}


def _meant(engine: Inquiry, viewpoint: Viewpoint, conditions: Conditions) -> Meant:
    """What codes are taken for: the entity that is called so, and the slug that it was merged into."""
    named = conditions.names()
    if not named:
        return lambda _, code: code
    taken: dict[tuple[str, str], str] = {}
    with engine.reader(viewpoint) as reader:
        for name, codes in named.items():
            for start in range(0, len(codes), NAMES_TOGETHER):
                some = codes[start : start + NAMES_TOGETHER]
                told = reader.meant(FIGURES, {name: some}).resolved
                found = {one["value"]: one["taken_for"] for one in told}
                taken |= {(name, code): reader.names.kept(found.get(code, code)) for code in some}
    return lambda name, code: taken.get((name or "", code), code)


def _at_a_time(engine: Inquiry, conditions: Conditions, clocks: Mapping[str, str]) -> _Source:
    resolve = {"resolve": "all"} if conditions.flow.of_publishers else {}
    # Any format but JSON holds all items.
    asked = {**conditions.read_filters(), **clocks, **resolve, "sort": "series", "format": "csv"}
    page = state(engine, FIGURES, asked)
    return _Source(page, _rows(page), lambda _: DataSet())


def _rows(page: Page) -> Iterator[dict[str, Any]]:
    return chain.from_iterable(page.groups(GROUP))


def _history(
    engine: Inquiry, conditions: Conditions, parameters: Mapping[str, str], clocks: Mapping[str, str]
) -> _Source:
    if "updatedAfter" in parameters:
        raise not_offered("includeHistory and updatedAfter are not offered together: ask for one of them")
    members: dict[str, Any] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        with engine.reader(viewpoint) as reader:
            names = names_taken(reader, conditions.read_filters())
            members.update(names.members)
            entries = statement_validity(reader, names.filters)
        return entries if conditions.flow.of_publishers else answer_times(engine, viewpoint, entries)

    page = read(engine, fetch, path="sdmx-history", parameters={**clocks, "format": "csv"}).with_members(**members)
    return _Source(page, _rows(page), _publication)


def _publication(item: Mapping[str, Any]) -> DataSet:
    """The data set of an entry of a history: what was said at one time, or what was taken back then."""
    if item["withdrawn"]:
        return DataSet("Delete", None, item["valid_from"], item["turn"])
    return DataSet("Replace", item["valid_from"], None, item["turn"])


def _updates(
    engine: Inquiry, conditions: Conditions, parameters: Mapping[str, str], clocks: Mapping[str, str]
) -> _Source:
    flow = conditions.flow
    if flow.of_publishers:
        other = "FIGURES" if flow.dated else "FIGURES_UNDATED"
        raise not_offered(f"updatedAfter is offered of answers: ask for the dataflow {other}")
    since = check_moment("updatedAfter", parameters["updatedAfter"])
    after = viewpoint_of(engine, clocks)
    if since is not None and parse_moment(since).end > after.as_of:
        raise bad_parameter(
            "updatedAfter", "after_as_of", "updatedAfter is later than asOf, so there is nothing between"
        )
    before = engine.viewpoint(as_of=since, recorded_as_of=since)
    if before.position > after.position:
        before = engine.viewpoint(as_of=since, recorded_as_of=f"position:{after.position}")
    with engine.reader(after) as reader:
        names = names_taken(reader, conditions.read_filters())
    found = engine.diff(before, after, filters=names.filters, causes=False)
    rows = [_update(one) for one in found]
    rows.sort(key=lambda row: (row["deleted"], *(row[name] or "" for name in (*TOGETHER, "period_start"))))
    validity = validity_of(
        engine, [before, after], [(since, since), (clocks.get("as_of"), clocks.get("recorded_as_of"))]
    )
    page = Page(rows, after.basis(), None, validity).with_members(**names.members)
    return _Source(page, rows, lambda item: DataSet("Delete" if item["deleted"] else "Replace"))


def _update(found: Mapping[str, Any]) -> dict[str, Any]:
    if found["after"] is not None:
        return {**found["after"], "deleted": False}
    # What is to be deleted is the observation of this key, whatever stood beside it.
    return {
        **dict.fromkeys(found["before"]),
        **{name: found["before"][name] for name in FIGURE_IDENTITY},
        "deleted": True,
    }


def _shown(flow: Dataflow, parameters: Mapping[str, str], *, in_history: bool) -> tuple[Component, ...]:
    """The components that are wanted. Raises Problem."""
    other = Shown.AT_A_TIME if in_history else Shown.IN_HISTORY
    attributes = {one.id: one for one in flow.attributes if one.shown is not other}
    wanted = parameters.get("attributes", "none" if parameters.get("detail") == "dataonly" else "dsd")
    if parameters.get("detail", "full") not in ("full", "dataonly"):
        raise not_offered(f"detail={parameters['detail'][:40]} is not offered: full and dataonly are")
    if wanted in ("dsd", "all", "obs"):
        chosen = list(attributes)
    elif wanted in ("none", "msd", "dataset", "series"):
        chosen = []
    else:
        chosen = wanted.split(",")
        unknown = next((one for one in chosen if one not in {attribute.id for attribute in flow.attributes}), None)
        if unknown is not None:
            detail = f"{unknown[:40]!r} is no attribute of {flow.id}: {', '.join(attributes)}"
            raise bad_parameter("attributes", "unknown_component", detail)
    measures = parameters.get("measures", "all")
    if measures not in ("all", "none", MEASURE.id):
        raise bad_parameter("measures", "choice", f"measures is all, none or {MEASURE.id}, not {measures[:40]!r}")
    measure = () if measures == "none" else (MEASURE,)
    return (*flow.dimensions, *measure, *(one for name, one in attributes.items() if name in chosen))


def _count(parameters: Mapping[str, str], name: str, *, lowest: int = 1) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and lowest <= int(text) <= COUNT_MAX):
        raise bad_parameter(
            name, "range", f"{name} is a whole number from {lowest} to {COUNT_MAX:,}, not {text[:40]!r}"
        )
    return int(text)
