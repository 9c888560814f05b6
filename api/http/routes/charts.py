"""Charts over HTTP: the specification that a page draws, or the drawing."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.cells import json_text
from api.formats.negotiation import JSON, Format
from api.formats.render import FOR_EVER
from api.http.conditional_responses import matches
from api.http.openapi import REF, operation
from api.http.responses import asked, in_turn, respond
from api.keys.scopes import READ
from api.problems import MEDIA_TYPE, bad_parameter
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, validity_of, viewpoint_of
from api.questions.parameters import VIEWPOINT, Parameter
from api.questions.resources import parameters_of, state
from api.reports.charts import Spec, blank_chart, drawn_png, series_chart, svg, vintages_chart
from ledger.values import parse_moment
from projections import CATALOGUE, FIGURES, Allowance, Engine, Inquiry, Viewpoint
from projections.audit import vintages

ORDER = 65
SVG = Format("svg", "image/svg+xml")
PNG = Format("png", "image/png")
FORMATS = (JSON, SVG, PNG)
FIGURE = Parameter("figure_id", "Of which figure.", "e20e3caf-9011-54fa-8485-b1993ae90311", required=True)
FORMAT = Parameter(
    "format",
    "`json` (a specification of Vega-Lite), `svg` or `png`; else the `Accept` header decides.",
    schema={"type": "string", "enum": [form.name for form in FORMATS], "default": JSON.name},
)
KNOWN = (FIGURE, *VIEWPOINT, FORMAT)
OF_SERIES = (
    *(one for one in parameters_of(FIGURES) if one.name not in (*NOT_FILTERS, "resolve", "disputed")),
    FORMAT,
)
RESPONSES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The chart",
        "content": {
            JSON.media_type: {"schema": {"type": "object"}},
            SVG.media_type: {"schema": {"type": "string"}},
            PNG.media_type: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "4XX": {"description": "A problem", "content": {MEDIA_TYPE: {"schema": {"$ref": REF + "Problem"}}}},
}
VINTAGES_MAX = 2000
ITEMS_MAX = 2000
NAMED_MAX = 4
"""Of so many subjects and sources the title tells the names."""


def router(engine: Engine) -> APIRouter:
    """The endpoints of charts."""
    routes = APIRouter(prefix="/v1")

    @routes.get(
        "/charts/vintages",
        tags=["audit"],
        summary="The chart of a figure's vintages",
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=operation(READ, KNOWN),
    )
    async def read_vintages_chart(request: Request) -> Response:
        """What every publisher said of one figure, over the time of publication: a step for as long as it said so, a
        cross where it took the figure back. As a specification of Vega-Lite, or drawn. Where fewer than two things were
        said, the chart says so.

        Example: `GET /v1/charts/vintages?figure_id=e20e3caf-9011-54fa-8485-b1993ae90311`
        """

        def answer(allowance: Allowance) -> Response:
            parameters, form = asked(request, KNOWN, offered=FORMATS)
            if "figure_id" not in parameters:
                raise bad_parameter("figure_id", "required", "figure_id says of which figure the chart is")
            return _response(request, engine.within(allowance), parameters, form, _of_vintages)

        return await in_turn(request, answer, large=False)

    @routes.get(
        "/charts/series",
        tags=["audit"],
        summary="The chart of figures over their periods",
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=operation(READ, OF_SERIES),
    )
    async def read_series_chart(request: Request) -> Response:
        """Figures over their periods at one viewpoint: a line for each series, or a bar each where all are of one
        period; where publishers differ, a faint stroke from the least to the greatest. Title, sources and the point in
        time stand in it. It has eight series at most, of the unit that most figures have. Where nothing fits, the chart
        says so.

        Example: `GET /v1/charts/series?subject=australia&metric=mine_production`
        """

        def answer(allowance: Allowance) -> Response:
            parameters, form = asked(request, OF_SERIES, offered=FORMATS)
            return _response(request, engine.within(allowance), parameters, form, _of_series)

        return await in_turn(request, answer, large=False)

    return routes


class _Chart(NamedTuple):
    """A chart, and what it is of for those who do not see it."""

    spec: Spec
    title: str
    description: str


def _of_vintages(engine: Inquiry, parameters: Mapping[str, str], viewpoint: Viewpoint) -> _Chart:
    """The chart of what publishers said of a figure. Raises Problem."""
    with engine.reader(viewpoint) as reader:
        items = vintages(reader, {"figure_id": parameters["figure_id"]}, limit=VINTAGES_MAX + 1).items
    basis = viewpoint.basis()
    called = _names(engine, [item["publisher"] for item in items], basis)
    spec = vintages_chart(items[:VINTAGES_MAX], names=called, until=parse_moment(basis["as_of"]).end)
    spec = spec or blank_chart("Fewer than two things were said of this figure by then.")
    if len(items) > VINTAGES_MAX:
        cut = {"text": f"The first {VINTAGES_MAX} statements only", "anchor": "start", "fontSize": 11}
        spec = {**spec, "title": cut}
    return _Chart(spec, "Vintages of a figure", "What every publisher said, over the time of publication.")


def _of_series(engine: Inquiry, parameters: Mapping[str, str], viewpoint: Viewpoint) -> _Chart:
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
    spec = series_chart(items, names=called, title=title.strip("; "), lines=lines)
    spec = spec or blank_chart("No figure with a number and a period fits.")
    return _Chart(spec, title.strip("; ") or "Figures over their periods", "; ".join(lines))


def _several(items: Sequence[Mapping[str, Any]], name: str, called: Mapping[str, str]) -> str:
    """What items have there, in words; the first of them where there are many."""
    texts = [*dict.fromkeys(called.get(item[name], str(item[name]).replace("_", " ")) for item in items if item[name])]
    return ", ".join(texts[:NAMED_MAX]) + (f" and {len(texts) - NAMED_MAX} more" if len(texts) > NAMED_MAX else "")


def _response(
    request: Request,
    engine: Inquiry,
    parameters: Mapping[str, str],
    form: Format,
    make: Callable[[Inquiry, Mapping[str, str], Viewpoint], _Chart],
) -> Response:
    viewpoint = viewpoint_of(engine, parameters)
    validity = validity_of(engine, [viewpoint], [(parameters.get("as_of"), parameters.get("recorded_as_of"))])
    body = _drawn(make(engine, parameters, viewpoint), form)
    headers = {
        "Cache-Control": FOR_EVER if validity.final else "no-cache",
        "Vary": "Accept",
        "Ledger-Basis": json_text(viewpoint.basis()),
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    }
    if matches(request.headers.getlist("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return respond(request, Answer({**headers, "Content-Type": form.media_type}, body), validity)


def _drawn(chart: _Chart, form: Format) -> bytes:
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
