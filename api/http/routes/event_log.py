"""The log over HTTP: append to it, and read it in order."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.append_requests import KEY_HEADER, append_to
from api.http.openapi import answers, operation
from api.http.responses import answered
from api.keys.scopes import APPEND, READ
from api.questions.asked_paths import ONE
from api.questions.parameters import DRY_RUN
from api.questions.resources import EVENTS, event, events
from projections import Engine

ORDER = 10
PATH = "/v1/events"


def router(engine: Engine) -> APIRouter:
    """The endpoints of the log."""
    routes = APIRouter(prefix=PATH, tags=["log"])

    routes.add_api_route(
        "",
        append_to(engine),
        methods=["POST"],
        summary="Append events",
        response_class=Response,
        name="append_events",
        responses={
            **answers("Appended", page=False, status=201),
            200: {
                **answers("Appended", page=False)[200],
                "description": "All of them were recorded before, or this was a dry run",
            },
        },
        openapi_extra=operation(APPEND, (DRY_RUN,), headers=(KEY_HEADER,)),
    )

    @routes.get(
        "",
        summary="The log in order",
        response_class=Response,
        responses=answers("Logged"),
        openapi_extra=operation(READ, EVENTS),
    )
    async def read_events(request: Request) -> Response:
        """Events in order of position, as they were recorded: what the ledger sets, and what was sent.

        `recorded_as_of` cuts the log; `as_of` cuts it by publication, only where it is given.
        Example: `GET /v1/events?type=PolicySuspended&limit=10`
        """
        return await answered(engine, request, EVENTS, events)

    @routes.get(
        "/{event_id}",
        summary="One event and what became of it",
        response_class=Response,
        responses=answers("Logged"),
        openapi_extra=operation(READ, ONE),
    )
    async def read_event(request: Request, event_id: Annotated[str, Path(description="The event's UUID")]) -> Response:
        """An event as it was recorded, with `content`: what it says now, null while it is retracted; and `acts`: what
        the ledger did to it since. Example: `GET /v1/events/e7a28c9f-0593-522f-82c8-105c71fa2f93`
        """
        return await answered(engine, request, ONE, lambda inquiry, parameters: event(inquiry, event_id, parameters))

    return routes
