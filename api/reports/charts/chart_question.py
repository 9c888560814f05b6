"""Charts as they are asked for: of the vintages of one figure, or of figures over their periods; drawn or not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from api.formats.cells import json_text
from api.formats.negotiation import JSON, Format
from api.problems import bad_parameter
from api.questions.audit.audit_question import whole_number
from api.questions.audit.uncertainty_question import LEVEL_LEAST, LEVEL_MOST
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES
from api.questions.parameters import VIEWPOINT, Parameter
from api.questions.resources import parameters_of, state
from api.reports.charts import Spec, blank_chart, drawn_png, series_chart, svg, vintages_chart
from ledger.values import parse_moment
from projections import CATALOGUE, FIGURES, Inquiry, Viewpoint
from projections.audit import uncertainty, vintages

SVG = Format("svg", "image/svg+xml")
PNG = Format("png", "image/png")
CHART_FORMATS = (JSON, SVG, PNG)
FIGURE = Parameter("figure_id", "Of which figure.", "e20e3caf-9011-54fa-8485-b1993ae90311", required=True)
FORMAT = Parameter(
    "format",
    "`json` (a specification of Vega-Lite), `svg` or `png`; else the `Accept` header decides.",
    schema={"type": "string", "enum": [form.name for form in CHART_FORMATS], "default": JSON.name},
)
BAND = Parameter(
    "band",
    "After the last date, where each publisher's figure is expected after its next publication, as `/v1/uncertainty` "
    "says: in percent, how many of such bands are meant to hold. Default: no band.",
    schema={"type": "integer", "minimum": LEVEL_LEAST, "maximum": LEVEL_MOST},
)
OF_VINTAGES = (FIGURE, *VIEWPOINT, BAND, FORMAT)
OF_SERIES = (
    *(one for one in parameters_of(FIGURES) if one.name not in (*NOT_FILTERS, "resolve", "disputed")),
    FORMAT,
)
VINTAGES_MAX = 2000
BANDS_MAX = 50
ITEMS_MAX = 2000
SUBTITLE_LETTERS = 100
"""After so many letters a line under a title goes on in the next one."""
NAMED_MAX = 4
"""Of so many subjects and sources the title tells the names."""


class AskedChart(NamedTuple):
    """A chart, and what it is of for those who do not see it."""

    spec: Spec
    title: str
    description: str


def chart_of_vintages(engine: Inquiry, parameters: Mapping[str, str], viewpoint: Viewpoint) -> AskedChart:
    """The chart of what publishers said of a figure. Raises Problem."""
    if FIGURE.name not in parameters:
        raise bad_parameter("figure_id", "required", "figure_id says of which figure the chart is")
    of_figure = {"figure_id": parameters["figure_id"]}
    expected: Sequence[Mapping[str, Any]] = ()
    with engine.reader(viewpoint) as reader:
        items = vintages(reader, of_figure, limit=VINTAGES_MAX + 1).items
        if BAND.name in parameters:
            level = whole_number(BAND.name, parameters[BAND.name], lowest=LEVEL_LEAST, highest=LEVEL_MOST)
            expected = uncertainty(reader, of_figure, level=level, limit=BANDS_MAX).items
    basis = viewpoint.basis()
    called = _names(engine, [item["publisher"] for item in items], basis)
    spec = vintages_chart(items[:VINTAGES_MAX], names=called, until=parse_moment(basis["as_of"]).end, expected=expected)
    spec = spec or blank_chart("Fewer than two things were said of this figure by then.")
    if len(items) > VINTAGES_MAX:
        cut = {"text": f"The first {VINTAGES_MAX} statements only", "anchor": "start", "fontSize": 11}
        spec = {**spec, "title": cut}
    told = "What every publisher said, over the time of publication."
    if any(item["low"] is not None for item in expected):
        told += (
            f" After the last date: where {parameters[BAND.name]} % of such figures stood after one more publication."
        )
    missing = _missing_bands(expected, called)
    return AskedChart(_with_subtitle(spec, missing), "Vintages of a figure", " ".join((told, *missing)))


def _missing_bands(expected: Sequence[Mapping[str, Any]], called: Mapping[str, str]) -> list[str]:
    """Which publishers have no band, and why."""
    missing = [
        f"No band for {called.get(item['publisher'], item['publisher'])}: {item['no_band']}"
        for item in expected
        if item["low"] is None
    ]
    more = [f"and {len(missing) - NAMED_MAX} more have none"] if len(missing) > NAMED_MAX else []
    return [*missing[:NAMED_MAX], *more]


def _with_subtitle(spec: Spec, said: Sequence[str]) -> Spec:
    """A chart with something said under its title, if anything is."""
    if not said:
        return spec
    title = spec.get("title", {"text": "", "anchor": "start", "fontSize": 11})
    lines = [part for line in said for part in wrap(line, SUBTITLE_LETTERS)]
    return {**spec, "title": {**title, "subtitle": lines}}


def chart_of_series(engine: Inquiry, parameters: Mapping[str, str], viewpoint: Viewpoint) -> AskedChart:
    """The chart of figures over their periods. Raises Problem."""
    basis = viewpoint.basis()
    pinned = {name: str(basis[name]) for name in VIEWPOINT_NAMES}
    filters = {name: text for name, text in parameters.items() if name not in VIEWPOINT_NAMES}
    page = state(engine, FIGURES, {**filters, **pinned, "resolve": "all"}, limit=ITEMS_MAX)
    items = page.rows()
    called = _names(engine, [item[name] for item in items for name in ("subject", "material", "publisher")], basis)
    title = "; ".join(_several(items, name, called) for name in ("subject", "metric", "material"))
    lines = [f"Source: {_several(items, 'publisher', called)}", f"As published by {basis['as_of'][:10]}"]
    if page.next is not None:
        lines.append(f"Of the first {ITEMS_MAX} answers only: narrow the selection")
    answers = state(engine, FIGURES, {**filters, **pinned}, limit=ITEMS_MAX).rows()
    answering = {item["event_id"] for item in answers}
    in_turn = sorted(items, key=lambda item: item["event_id"] not in answering)
    spec = series_chart(in_turn, names=called, title=title.strip("; "), lines=lines)
    spec = spec or blank_chart("No figure with a number and a period fits.")
    return AskedChart(spec, title.strip("; ") or "Figures over their periods", "; ".join(lines))


def _several(items: Sequence[Mapping[str, Any]], name: str, called: Mapping[str, str]) -> str:
    """What items have there, in words; the first of them where there are many."""
    texts = [*dict.fromkeys(called.get(item[name], str(item[name]).replace("_", " ")) for item in items if item[name])]
    return ", ".join(texts[:NAMED_MAX]) + (f" and {len(texts) - NAMED_MAX} more" if len(texts) > NAMED_MAX else "")


class ChartQuestion(NamedTuple):
    """A chart that can be asked for: its parameters, and what makes it. Making it raises Problem."""

    known: tuple[Parameter, ...]
    chart: Callable[[Inquiry, Mapping[str, str], Viewpoint], AskedChart]


CHARTS: Mapping[str, ChartQuestion] = {
    "vintages": ChartQuestion(OF_VINTAGES, chart_of_vintages),
    "series": ChartQuestion(OF_SERIES, chart_of_series),
}
"""By the last part of their path, `/v1/charts/…`."""


def drawn(chart: AskedChart, form: Format) -> bytes:
    """The specification, or the drawing."""
    if form is PNG:
        return drawn_png(chart.spec)
    if form is SVG:
        return svg(chart.spec, name="chart", title=chart.title, description=chart.description).encode()
    return json_text(chart.spec).encode()


def _names(engine: Inquiry, slugs: Iterable[str | None], basis: Mapping[str, Any]) -> dict[str, str]:
    """What slugs are called at the viewpoint."""
    wanted = sorted({slug for slug in slugs if slug})[:ITEMS_MAX]
    clocks = {name: str(basis[name]) for name in ("as_of", "recorded_as_of")}
    if not wanted:
        return {}
    rows = state(engine, CATALOGUE["entities"], {"entity": ",".join(wanted), **clocks}, limit=len(wanted) + 1).rows()
    called = {slug: item["name"] for item in rows for slug in (item["entity"], *item["merged"])}
    return {slug: called.get(slug, slug) for slug in wanted}
