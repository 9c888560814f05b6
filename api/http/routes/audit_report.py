"""The audit report over HTTP: a page or a text, and no items."""

import hashlib

from fastapi import APIRouter, Request, Response

from api.formats.answer import Answer
from api.formats.cells import json_text
from api.formats.negotiation import Format
from api.formats.render import FOR_EVER
from api.http.answer_headers import REPORT_POLICY
from api.http.conditional_responses import matches
from api.http.openapi import PROBLEMS, operation
from api.http.responses import asked, in_turn, respond
from api.keys.scopes import READ
from api.questions.parameters import Parameter
from api.reports import PARAMETERS, Facts, file_name, gather, written
from projections import Allowance, Engine

ORDER = 60
HTML = Format("html", "text/html", ("application/xhtml+xml",))
MARKDOWN = Format("md", "text/markdown", ("text/x-markdown",))
FORMATS = (HTML, MARKDOWN)
FORMAT = Parameter(
    "format",
    "`html` or `md`; else the `Accept` header decides.",
    schema={"type": "string", "enum": [form.name for form in FORMATS], "default": HTML.name},
)
KNOWN = (*PARAMETERS, FORMAT)
RESPONSES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The report",
        "content": {form.media_type: {"schema": {"type": "string"}} for form in FORMATS},
    },
    **PROBLEMS,
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of the report."""
    routes = APIRouter(prefix="/v1")

    @routes.get(
        "/report",
        tags=["audit"],
        summary="An audit report, to print or to file",
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=operation(READ, KNOWN),
    )
    async def read_report(request: Request) -> Response:
        """One self-contained page (or Markdown text) about up to 50 figures at one viewpoint: the answer, its receipt,
        the chart of its vintages, what every publisher said with its source and cause, what this ledger answered and
        corrected, statistics, disputes, and totals beside their parts. It loads nothing and runs nothing, and at a
        fixed viewpoint it is the same byte for byte. Where nothing was known, it says so.

        With `resource=facilities` (policies, agreements, links, risks, relationships, commitments) it is about up to 50
        of these: how each stands, the chart of the dates that publishers stated of each transition over the time of
        publication, what was said with its source and cause, how far the dates moved, who disagrees, and what this
        ledger answered and corrected.

        Example: `GET /v1/report?subject=australia&metric=mine_production&period=2024&as_of=2026-03-01`
        """

        def answer(allowance: Allowance) -> Response:
            parameters, form = asked(request, KNOWN, offered=FORMATS)
            rest = {name: text for name, text in parameters.items() if name != FORMAT.name}
            return _response(request, gather(engine.within(allowance), rest), form)

        return await in_turn(request, answer, large=True)

    return routes


def _response(request: Request, facts: Facts, form: Format) -> Response:
    headers = {
        "Cache-Control": FOR_EVER if facts.validity.final else "no-cache",
        "Vary": "Accept",
        "Ledger-Basis": json_text(facts.basis),
        "ETag": _etag(facts, form, version=request.app.version),
    }
    if matches(request.headers.getlist("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body = written(facts, form=form.name, version=request.app.version)
    disposition = f'inline; filename="{file_name(facts, form=form.name)}"'
    more = {
        "Content-Type": f"{form.media_type}; charset=utf-8",
        "Content-Disposition": disposition,
        "Content-Security-Policy": REPORT_POLICY,
    }
    return respond(request, Answer({**headers, **more}, body.encode()), facts.validity)


def _etag(facts: Facts, form: Format, *, version: str) -> str:
    """Strong for a report that is final. Else weak: the facts at a position, though `as_of` = now has moved on."""
    said = [facts.names, *map(vars, facts.subjects)]
    if facts.validity.final:
        essence = json_text([form.name, version, facts.parameters, facts.basis, said])
        return f'"{hashlib.sha256(essence.encode()).hexdigest()[:32]}"'
    erased = [facts.basis["erased"]] if "erased" in facts.basis else []
    essence = json_text([form.name, facts.parameters, facts.basis["position"], said, *erased])
    return f'W/"{hashlib.sha256(essence.encode()).hexdigest()[:32]}"'
