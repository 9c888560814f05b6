"""One endpoint per question of the audit."""

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import APIRouter, Request, Response

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.http.thread_limits import QUESTIONS
from api.questions.audit import AUDITS, Audit
from projections import Engine


def router(engine: Engine) -> APIRouter:
    """The endpoints of the audit."""
    routes = APIRouter(prefix="/v1")
    for audit in AUDITS:
        routes.add_api_route(
            f"/{audit.name}",
            _endpoint(engine, audit),
            name=f"read_{audit.name}",
            tags=["audit"],
            summary=audit.summary,
            description=audit.description,
            response_class=Response,
            responses=answers(**audit.members),
            openapi_extra=operation(audit.parameters),
        )
    return routes


def _endpoint(engine: Engine, audit: Audit) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await QUESTIONS.run(answered, request, audit.parameters, partial(audit.ask, engine))

    return endpoint
