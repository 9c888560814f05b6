"""The log as it grows: server-sent events."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.sse import EventSourceResponse
from starlette.types import Message

from api.formats.negotiation import Format, chosen
from api.http.conditional_responses import HEAD_ONLY
from api.http.event_streams import EventStream, EventStreams, LogHead, lines_of
from api.http.middleware.key_guard import KeyGuard
from api.http.openapi import PROBLEMS, operation
from api.http.question_queue import asked_now
from api.http.responses import in_turn
from api.keys.scopes import READ
from api.questions.log_stream import STREAM, Batch, next_batch
from api.questions.parameters import checked
from projections import Allowance, Engine

ORDER = 12
LAST_ID = "Last-Event-ID"
EVENTS_FORMAT = Format("sse", EventSourceResponse.media_type)
LAST_ID_HEADER = {
    "name": LAST_ID,
    "in": "header",
    "description": "The position of the last event that the client saw. It goes before `after`.",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of the stream."""
    routes = APIRouter(prefix="/v1/stream", tags=["log"])
    head = LogHead(engine.ledger.head)

    @routes.get(
        "",
        summary="The log as it grows",
        response_class=Response,
        responses={
            200: {
                "description": "Server-sent events, without end",
                "content": {EVENTS_FORMAT.media_type: {"schema": {"type": "string"}}},
            },
            **PROBLEMS,
        },
        openapi_extra=operation(READ, STREAM, headers=(LAST_ID_HEADER,)),
    )
    async def read_stream(request: Request) -> Response:
        """Every event as it is recorded, as server-sent events: `id` is its position, `data` the event as
        `GET /v1/events` gives it.

        What was recorded before comes first, from after the position `after` on; by default from the beginning. A
        client that comes back with the last id that it saw, as browsers do by themselves, misses nothing.
        Example: `GET /v1/stream?type=PolicySuspended`
        """
        parameters = checked(request.query_params.multi_items(), STREAM)
        chosen(asked=None, accept=",".join(request.headers.getlist("accept")), offered=(EVENTS_FORMAT,))
        if last_seen := request.headers.get(LAST_ID):
            parameters["after"] = last_seen
        streams: EventStreams = request.app.state.streams
        guard: KeyGuard | None = request.app.state.key_guard

        async def batch(asking: Request) -> Batch:
            made: list[Batch] = []

            def read(allowance: Allowance) -> Response:
                made.append(next_batch(engine.within(allowance), parameters))
                return Response()

            await in_turn(asking, read, large=False)
            if made:
                parameters["after"] = str(made[0].seen)
            return made[0] if made else Batch([], int(parameters.get("after", "0")))

        first = await batch(request)
        streams.enter()
        head_only = request.scope.get(HEAD_ONLY, False)
        lines = lines_of(
            first,
            more=lambda: batch(asked_now(request, _never)),
            head=head.position,
            goes_on=lambda: not (head_only or streams.is_ending) and (guard is None or guard.still_opens(request)),
        )
        return EventStream(lines, streams.leave)

    return routes


async def _never() -> Message:
    """A client that says nothing: whoever sends the stream hears when it goes."""
    return await asyncio.Future()
