"""One endpoint per question of the audit."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.keys.scopes import READ
from api.questions.audit import AUDIT_QUESTIONS, AuditQuestion
from projections import Engine

ORDER = 50


def router(engine: Engine) -> APIRouter:
    """The endpoints of the audit."""
    routes = APIRouter(prefix="/v1")
    for question in AUDIT_QUESTIONS:
        routes.add_api_route(
            f"/{question.name}",
            _endpoint(engine, question),
            name=f"read_{question.name.replace('-', '_')}",
            tags=["audit"],
            summary=question.summary,
            description=question.description,
            response_class=Response,
            responses=answers(**question.members),
            openapi_extra=operation(READ, question.parameters),
        )
    return routes


def _endpoint(engine: Engine, question: AuditQuestion) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await answered(engine, request, question.parameters, question.ask, large=True)

    return endpoint
