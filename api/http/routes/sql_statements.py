"""`/v1/sql`: one SELECT over the public tables at a viewpoint; and which tables there are."""

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, PARQUET
from api.formats.render import page_answer
from api.http.conditional_responses import conditional_response
from api.http.json_body import json_bytes
from api.http.openapi import answers, operation
from api.http.question_queue import Questions
from api.http.responses import answered, asked
from api.http.visit import visit_of
from api.keys.scopes import READ
from api.problems import bad_parameter
from api.questions.parameters import SAFE, flag_of
from api.questions.sql_question import (
    BODY_SCHEMA,
    COLUMNS_MEMBER,
    CUT_MEMBER,
    PARAMETERS,
    SCHEMA_PARAMETERS,
    schema_page,
    sql_page,
    statement_of,
)
from projections import Allowance, Engine
from projections.sandbox import Sandbox, examples

ORDER = 60
OFFERED = (JSON, JSONL, CSV, PARQUET, ARROW)


def _client_of(request: Request) -> str:
    """Who asks, among whom the processes are shared out: a key, else an address."""
    key = visit_of(request.scope).key
    address = request.client.host if request.client is not None else ""
    return f"address {address}" if key is None else f"key {key}"


def router(engine: Engine) -> APIRouter:
    """The endpoints of SQL."""
    routes = APIRouter(prefix="/v1/sql", tags=["sql"])
    bodies = {one.says: {"summary": one.says, "value": {"sql": one.sql}} for one in examples()}

    @routes.post(
        "",
        summary="One SELECT over the public tables at a viewpoint",
        response_class=Response,
        responses=answers(columns=COLUMNS_MEMBER, cut=CUT_MEMBER),
        openapi_extra=operation(
            READ,
            PARAMETERS,
            requestBody={
                "required": True,
                "content": {JSON.media_type: {"schema": dict(BODY_SCHEMA), "examples": bodies}},
            },
        ),
    )
    async def answer_statement(request: Request) -> Response:
        """Rows of a statement of one's own: `{"sql": "SELECT …", "as_of": "2024-06-30"}`, with `recorded_as_of` and
        `effective_at` too. It reads the tables of `GET /v1/sql/schema`, cut to the viewpoint, and nothing else; what is
        wrong with it is said with its place. `columns` has the types. The same statement at the same viewpoint gives
        the same rows.
        """
        parameters, form = asked(request, PARAMETERS, offered=OFFERED)
        safe = flag_of(parameters, SAFE.name)
        if safe and form is not CSV:
            raise bad_parameter(SAFE.name, "not_csv", f"safe is for CSV, and this answer is {form.name}: leave it out")
        statement = statement_of(await json_bytes(request))
        sandbox: Sandbox = request.app.state.sandbox

        def answer(allowance: Allowance) -> Response:
            page = sql_page(engine.within(allowance), sandbox, statement, parameters)
            room = request.app.state.kept_files.room
            made = page_answer(page, form, path="", query=(), safe=safe, room=room, check=allowance.check)
            cut = {"Ledger-Cut": page.more["cut"]["detail"]} if "cut" in page.more else {}
            headers = {**made.headers, "Cache-Control": "no-store", **cut}
            return conditional_response(Answer(headers, made.body), {**request.scope, "headers": []})

        questions: Questions = request.app.state.questions
        return await questions.answer_statement(request, answer, client=_client_of(request))

    @routes.get(
        "/schema",
        summary="Which tables there are for SQL",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(READ, SCHEMA_PARAMETERS),
    )
    async def read_schema(request: Request) -> Response:
        """The tables that a statement can read: each with what one of its rows is, and its columns with their types.
        Beside them `examples`, the `functions` that can be called, and the `limits`. Example: `GET /v1/sql/schema`
        """
        sandbox: Sandbox = request.app.state.sandbox
        return await answered(engine, request, SCHEMA_PARAMETERS, lambda inquiry, _: schema_page(inquiry, sandbox))

    return routes
