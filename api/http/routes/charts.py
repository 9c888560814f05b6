"""Charts over HTTP: the specification that a page draws, or the drawing."""

import hashlib

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.cells import json_text
from api.formats.negotiation import JSON
from api.formats.render import FOR_EVER
from api.http.conditional_responses import matches
from api.http.openapi import PROBLEMS, operation
from api.http.responses import asked, in_turn, respond
from api.keys.scopes import READ
from api.questions.page import validity_of, viewpoint_of
from api.reports.charts.chart_question import (
    CHART_FORMATS,
    CHARTS,
    OF_SERIES,
    OF_VINTAGES,
    PNG,
    SVG,
    ChartQuestion,
    drawn,
)
from projections import Allowance, Engine, Inquiry

ORDER = 65
RESPONSES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The chart",
        "content": {
            JSON.media_type: {"schema": {"type": "object"}},
            SVG.media_type: {"schema": {"type": "string"}},
            PNG.media_type: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    **PROBLEMS,
}


def router(engine: Engine) -> APIRouter:
    """The endpoints of charts."""
    routes = APIRouter(prefix="/v1")

    @routes.get(
        "/charts/vintages",
        tags=["audit"],
        summary="The chart of a figure's vintages",
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=operation(READ, OF_VINTAGES),
    )
    async def read_vintages_chart(request: Request) -> Response:
        """What every publisher said of one figure, over the time of publication: a step for as long as it said so, a
        cross where it took the figure back. As a specification of Vega-Lite, or drawn. Where fewer than two things were
        said, the chart says so.

        Example: `GET /v1/charts/vintages?figure_id=e20e3caf-9011-54fa-8485-b1993ae90311`
        """

        def answer(allowance: Allowance) -> Response:
            return _response(request, engine.within(allowance), CHARTS["vintages"])

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
            return _response(request, engine.within(allowance), CHARTS["series"])

        return await in_turn(request, answer, large=False)

    return routes


def _response(request: Request, engine: Inquiry, question: ChartQuestion) -> Response:
    parameters, form = asked(request, question.known, offered=CHART_FORMATS)
    viewpoint = viewpoint_of(engine, parameters)
    validity = validity_of(engine, [viewpoint], [(parameters.get("as_of"), parameters.get("recorded_as_of"))])
    body = drawn(question.chart(engine, parameters, viewpoint), form)
    headers = {
        "Cache-Control": FOR_EVER if validity.final else "no-cache",
        "Vary": "Accept",
        "Ledger-Basis": json_text(viewpoint.basis()),
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    }
    if matches(request.headers.getlist("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return respond(request, Answer({**headers, "Content-Type": form.media_type}, body), validity)
