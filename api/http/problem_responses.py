"""Problems as HTTP answers: every error of the app, wherever it is raised, goes out as a problem document."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Scope

from api.http.answer_headers import EXPLORER_POLICY, SECURITY_HEADERS
from api.http.visit import visit_of
from api.problems import MEDIA_TYPE, Problem, problem_of
from api.web import not_found_page
from ledger import LedgerError, StoreError, visible, visible_json
from projections import FilterError, QuestionsRefused, TablesUnavailable, Unanswered, UnknownFilter

logger = logging.getLogger("supply_ledger")

FORESEEN = (
    Problem,
    LedgerError,
    FilterError,
    QuestionsRefused,
    TablesUnavailable,
    Unanswered,
    UnknownFilter,
    HTTPException,
)
"""The errors that say what is wrong. Any other is a bug: a 500 goes out, and the error to the server's log."""
_PATH_SHOWN_MAX = 200


def problem_response(problem: Problem) -> Response:
    """A problem as an HTTP answer, which nobody may keep."""
    text = json.dumps(problem.document(), ensure_ascii=False).encode("utf-8", "replace").decode()
    body = visible_json(text).encode()  # a pointer or a parameter may name what a client sent
    headers = {"Cache-Control": "no-store", **SECURITY_HEADERS, **problem.headers}
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def error_response(error: Exception, scope: Scope) -> Response:
    """The answer to a request that raised an error."""
    if isinstance(error, StoreError) and error.reason:
        logger.warning("%s", error)
        error = type(error)(error.said)
    problem = _of_framework(error, Request(scope)) if isinstance(error, HTTPException) else problem_of(error)
    visit_of(scope).refusal = problem.kind
    if isinstance(error, HTTPException) and problem.status == 404 and _is_browser(Request(scope)):
        return _page_of_nothing(scope)
    return problem_response(problem)


def _is_browser(request: Request) -> bool:
    """Whether a page is wanted, as browsers say it: `text/html`, and no JSON by its name."""
    accepted = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")}
    return "text/html" in accepted and not accepted & {"application/json", MEDIA_TYPE}


def _page_of_nothing(scope: Scope) -> Response:
    """What somebody sees who came with a browser to an address at which there is nothing: the way home."""
    headers = {"Cache-Control": "no-store", **SECURITY_HEADERS, "Content-Security-Policy": EXPLORER_POLICY}
    page = not_found_page(visible(scope["path"][:_PATH_SHOWN_MAX]))
    return Response(page, status_code=404, media_type="text/html", headers=headers)


def install(app: FastAPI) -> None:
    """Make every error that a route raises, or that nobody has foreseen, a problem document."""

    def respond(request: Request, error: Exception) -> Response:
        return error_response(error, request.scope)

    for kind in (*FORESEEN, Exception):
        app.add_exception_handler(kind, respond)


def _of_framework(error: HTTPException, request: Request) -> Problem:
    """What the framework found wrong: no such path, no such method; or what a guard raised in its manner."""
    phrase = HTTPStatus(error.status_code).phrase
    detail = str(error.detail)
    headers: Mapping[str, str] | None = error.headers
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path[:_PATH_SHOWN_MAX]}; /docs lists what there is."
    elif error.status_code == 405:
        allowed = ", ".join(_methods_at(request))
        headers = {"Allow": allowed}
        detail = f"{request.method} is not allowed at {request.url.path[:200]}; allowed: {allowed}."
    return Problem(error.status_code, phrase.lower().replace(" ", "-"), detail, title=phrase, headers=headers)


def _methods_at(request: Request) -> list[str]:
    """Every method that some route takes at the request's path; the framework's own answer names one route's only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path is not None and route.methods and compile_path(route.path)[0].match(request.url.path):
            methods |= route.methods | ({"HEAD"} if "GET" in route.methods else set())
    return sorted(methods)
