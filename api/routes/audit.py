"""One endpoint per question of the audit."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from api.audit import AUDITS, Audit
from api.describe import answers, operation
from api.routes.answering import answered
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


def _endpoint(engine: Engine, audit: Audit) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return answered(request, audit.parameters, lambda parameters: audit.ask(engine, parameters))

    return endpoint
