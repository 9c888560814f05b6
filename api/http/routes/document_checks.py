"""`/v1/check`: a document comes in, and what is still true of the numbers in it comes out."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.negotiation import CSV, JSON, JSONL, XLSX, Format
from api.formats.render import page_answer
from api.http.conditional_responses import conditional_response
from api.http.json_body import body_bytes
from api.http.openapi import answers, operation
from api.http.responses import asked, in_turn
from api.keys.scopes import READ
from api.problems import bad_parameter
from api.questions.document_check import (
    DOCUMENT,
    DOCUMENT_FORMS,
    EXAMPLE_CLAIMS,
    EXAMPLE_TEXT,
    PARAMETERS,
    check_of_document,
    form_asked,
    form_of_type,
)
from api.questions.page import Page
from api.questions.parameters import SAFE, flag_of
from api.settings import CHECK_MB
from projections import Allowance, Engine

ORDER = 46
MARKED = Format(DOCUMENT, "application/octet-stream")
_OFFERED = (JSON, JSONL, CSV, XLSX, MARKED)
_TABLES = {"csv": CSV, "xlsx": XLSX}
_NO_SCRIPTS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Content-Disposition": 'attachment; filename="checked.html"',
}
"""What was sent is not of this server: a browser must not run it in its name."""

_EXAMPLES: dict[str, dict[str, Any]] = {
    "application/json": {
        "schema": {"type": "array", "items": {"type": "object"}},
        "examples": {"claims": {"summary": "One claim", "value": EXAMPLE_CLAIMS}},
    },
    "text/plain": {
        "schema": {"type": "string"},
        "examples": {"sentence": {"summary": "One sentence", "value": EXAMPLE_TEXT}},
    },
}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        **_EXAMPLES,
        **{
            one.media_types[0]: {"schema": {"type": "string", "description": f"The document as {one.name}."}}
            for one in DOCUMENT_FORMS
            if one.media_types[0] not in _EXAMPLES
        },
    },
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of checks."""
    routes = APIRouter(prefix="/v1/check", tags=["figures"])

    @routes.post(
        "",
        summary="What is still true of the numbers in a document",
        response_class=Response,
        responses=answers(
            counts={"type": "object", "additionalProperties": {"type": "integer"}},
            unread={"type": "array", "items": {"type": "object"}},
        ),
        openapi_extra=operation(READ, PARAMETERS, requestBody=_BODY),
    )
    async def check_document(request: Request) -> Response:
        """A report comes in as text, Markdown or HTML, a table as CSV or Excel, or a list of claims as JSON. Each
        number that names a figure comes back with a verdict: `current`, `superseded`, `our_error`, `disputed`,
        `misquoted`, `never_said`, `not_held`, or `ambiguous` with the figures that it may name. With
        `format=document` the document comes back with its marks. By which rules it is read stands in the documentation.
        """
        parameters, form = asked(request, PARAMETERS, offered=_OFFERED)
        safe = flag_of(parameters, SAFE.name)
        if safe and form not in (CSV, MARKED):
            raise bad_parameter(SAFE.name, "not_csv", f"safe is for CSV, and this answer is {form.name}: leave it out")
        sent = form_asked(parameters) or form_of_type(request.headers.get("content-type", ""))
        raw = await body_bytes(request, bytes_max=CHECK_MB.value())

        def answer(allowance: Allowance) -> Response:
            checked = check_of_document(engine.within(allowance), raw, sent, parameters, engine.ledger.directory)
            if form is not MARKED:
                return _page(request, checked.page(), form, allowance, safe=safe)
            marked = checked.marked()
            if isinstance(marked, Page):
                return _page(request, marked, _TABLES.get(sent, JSON), allowance, safe=safe)
            kind = {"html": "text/html", "markdown": "text/markdown"}.get(sent, "text/plain")
            more = _NO_SCRIPTS if sent == "html" else {}
            headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **more}
            return Response(marked.encode(), media_type=f"{kind}; charset=utf-8", headers=headers)

        return await in_turn(request, answer, large=True)

    return routes


def _page(request: Request, page: Page, form: Format, allowance: Allowance, *, safe: bool) -> Response:
    room = request.app.state.kept_files.room
    made = page_answer(page, form, path="", query=(), safe=safe and form is CSV, room=room, check=allowance.check)
    headers = {**made.headers, "Cache-Control": "no-store"}
    return conditional_response(Answer(headers, made.body), {**request.scope, "headers": []})
