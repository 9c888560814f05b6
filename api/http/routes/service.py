"""About the service itself: the catalogue of event types, and whether it is well."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.questions.event_types import event_type, event_types
from api.questions.parameters import PAGING
from projections import Engine

ORDER = 70
OPEN_MODE = "Open: no key is asked for. Whoever can reach this address can read and append."


def router(engine: Engine) -> APIRouter:
    """The endpoints about the service."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    def read_root() -> RedirectResponse:
        return RedirectResponse("/docs")

    @routes.get(
        "/v1/event-types",
        tags=["log"],
        summary="Every type of event",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(PAGING),
    )
    def read_event_types(request: Request) -> Response:
        """What can be recorded: for each type what it means, its JSON Schema and an example.

        Example: `GET /v1/event-types`
        """
        return answered(request, PAGING, lambda parameters: event_types(engine, parameters))

    @routes.get(
        "/v1/event-types/{type}",
        tags=["log"],
        summary="One type of event",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(PAGING),
    )
    def read_event_type(
        request: Request,
        type: Annotated[str, Path(description="Its name, for example ProductionReported")],
    ) -> Response:
        """What one type means, its JSON Schema and an example. Example: `GET /v1/event-types/QuotaSet`"""
        return answered(request, PAGING, lambda parameters: event_type(engine, type, parameters))

    @routes.get("/healthz", tags=["service"], summary="Is the process alive?")
    def read_health() -> dict[str, str]:
        """Answers as long as the process runs; touches nothing."""
        return {"status": "ok"}

    @routes.get("/readyz", tags=["service"], summary="Can it answer?")
    def read_readiness(request: Request) -> dict[str, Any]:
        """Reads the log and brings the projections up to its head; a problem (503) where that fails. While they are
        being made it has `position`, how far they are, and `head`. `tables` says why they are not in their file.
        """
        viewpoint = engine.viewpoint()
        engine.catch_up()
        ready: dict[str, Any] = {"status": "ready", "position": viewpoint.position}
        if engine.warning is not None:
            ready["tables"] = f"In memory, or not written: {engine.warning}."
        return (
            {**ready, "mode": "guarded"}
            if request.app.state.guarded
            else {**ready, "mode": "open", "warning": OPEN_MODE}
        )

    return routes
