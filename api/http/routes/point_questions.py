"""`/v1/asof`: a table of questions about figures, each at a point in time of its own, answered at once."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.negotiation import CSV, JSON
from api.formats.render import page_answer
from api.formats.sent_tables import TABLE_FORMATS, format_sent, sent_table
from api.http.conditional_responses import conditional_response
from api.http.json_body import body_bytes
from api.http.openapi import answers, operation
from api.http.responses import asked, in_turn
from api.keys.scopes import READ
from api.problems import bad_parameter
from api.questions.parameters import SAFE, flag_of
from api.questions.point_question import EXAMPLE, PARAMETERS, point_page
from api.settings import ASOF_MB, ASOF_ROWS
from projections import ANSWER_COLUMNS, QUESTION_COLUMNS, Allowance, Engine

ORDER = 45
_ROW: dict[str, Any] = {
    "type": "object",
    "required": ["as_of"],
    "properties": {name: {"type": ["string", "null"]} for name in QUESTION_COLUMNS},
}
_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": ["string", "null"]} for name in ANSWER_COLUMNS},
        "found": {"type": "boolean"},
        "revisions": {"type": ["integer", "null"]},
    },
}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON.media_type: {
            "schema": {"type": "array", "items": _ROW},
            "examples": {"quotas": {"summary": "One quota, known at two points in time", "value": EXAMPLE}},
        },
        **{
            one.media_type: {"schema": {"type": "string", "description": "The same columns as a table."}}
            for one in TABLE_FORMATS
            if one is not JSON
        },
    },
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of point-in-time questions."""
    routes = APIRouter(prefix="/v1/asof", tags=["figures"])

    @routes.post(
        "",
        summary="What was known of many figures, each at a point in time of its own",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(READ, PARAMETERS, requestBody=_BODY),
    )
    async def answer_points(request: Request) -> Response:
        """A table of questions comes in, as JSON rows, JSON Lines, CSV, Parquet or Arrow, and comes out in its order
        with the answers in further columns. A row says which figure (`figure_id`, or `subject`, `metric` and what else
        tells it apart: `material`, `nature`, `period`, `dimension.NAME`; `publisher` for what one of them said), and
        what was known when: `as_of`, and `recorded_as_of` where it is to be what this ledger held then. Where there is
        no answer `reason` says why: `nothing_known`, `withdrawn`, or `several_figures` that the words fit. A metric
        that nobody states is answered as it is derived, where it is defined by a formula.
        """
        parameters, form = asked(request, PARAMETERS, offered=TABLE_FORMATS)
        safe = flag_of(parameters, SAFE.name)
        if safe and form is not CSV:
            raise bad_parameter(SAFE.name, "not_csv", f"safe is for CSV, and this answer is {form.name}: leave it out")
        sent = format_sent(request.headers.get("content-type", ""))
        raw = await body_bytes(request, bytes_max=ASOF_MB.value())

        def answer(allowance: Allowance) -> Response:
            table = sent_table(raw, sent, rows_max=ASOF_ROWS.value(), hold=allowance.hold)
            page = point_page(engine.within(allowance), table, parameters)
            room = request.app.state.kept_files.room
            made = page_answer(page, form, path="", query=(), safe=safe, room=room, check=allowance.check)
            headers = {**made.headers, "Cache-Control": "no-store"}
            return conditional_response(Answer(headers, made.body), {**request.scope, "headers": []})

        return await in_turn(request, answer, large=True)

    return routes
