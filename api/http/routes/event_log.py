"""The log over HTTP: append to it, and read it in order."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.append_requests import SentAppend, appended, events_in
from api.http.json_body import json_bytes
from api.http.middleware import Endpoint
from api.http.openapi import answers, operation
from api.http.responses import answered, json_answer, json_wanted
from api.problems import Problem, refused
from api.questions.effects import effects
from api.questions.page import viewpoint_of
from api.questions.parameters import DRY_RUN, VIEWPOINT, flag_of
from api.questions.resources import EVENTS, event, events
from ledger import Refused, StoreBusy, parse_json
from projections import Engine

ORDER = 10
PATH = "/v1/events"
KEY_LENGTH_MAX = 255
DRY_RUN_TRIES = 10
"""How often a dry run is planned again while others append; each time takes some tens of milliseconds."""
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request for ever: sent again with the same body, it is answered as the first time.",
    "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX},
}


def _append_to(engine: Engine) -> Endpoint:
    """The endpoint that appends."""

    async def append(request: Request) -> Response:
        """Record one event, or an array of up to 10,000: all of them or none.

        When the answer comes the events are on disk. An event whose `event_id` is known with the same body is
        answered as `duplicate`. Numbers are read exactly as written: send `"2080"` or `2080`, never a rounded float.
        """
        raw = await json_bytes(request)
        parameters = json_wanted(request, (DRY_RUN,))
        if parameters and flag_of(parameters, "dry_run"):
            return await run_in_threadpool(_dry_run, engine, raw)
        return await appended(engine.ledger, SentAppend(raw, _key(request)))

    return append


def router(engine: Engine) -> APIRouter:
    """The endpoints of the log."""
    routes = APIRouter(prefix=PATH, tags=["log"])

    routes.add_api_route(
        "",
        _append_to(engine),
        methods=["POST"],
        summary="Append events",
        response_class=Response,
        responses={
            **answers(page=False, status=201),
            200: {"description": "All of them were recorded before, or this was a dry run"},
        },
        openapi_extra={"parameters": [DRY_RUN.openapi(), KEY_HEADER]},
    )

    @routes.get(
        "", summary="The log in order", response_class=Response, responses=answers(), openapi_extra=operation(EVENTS)
    )
    def read_events(request: Request) -> Response:
        """Events in order of position, as they were recorded: what the ledger sets, and what was sent.

        `recorded_as_of` cuts the log; `as_of` cuts it by publication, only where it is given.
        Example: `GET /v1/events?type=PolicySuspended&limit=10`
        """
        return answered(request, EVENTS, lambda parameters: events(engine, parameters))

    @routes.get(
        "/{event_id}",
        summary="One event and what became of it",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(VIEWPOINT),
    )
    def read_event(request: Request, event_id: Annotated[str, Path(description="The event's UUID")]) -> Response:
        """An event as it was recorded, with `content`: what it says now, null while it is retracted; and `acts`: what
        the ledger did to it since. Example: `GET /v1/events/e7a28c9f-0593-522f-82c8-105c71fa2f93`
        """
        return answered(request, VIEWPOINT, lambda parameters: event(engine, event_id, parameters))

    return routes


def _key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not (0 < len(keys[0]) <= KEY_LENGTH_MAX and keys[0].isascii() and keys[0].isprintable()):
        detail = f"Idempotency-Key is given once, as 1 to {KEY_LENGTH_MAX} printable ASCII characters."
        raise Problem(422, "bad-idempotency-key", detail)
    return keys[0]


def _dry_run(engine: Engine, raw: bytes) -> Response:
    """What an append would do to the figures that it touches, at as_of = now.

    Raises StoreBusy where others have recorded something every time between the plan and the look at its effects.
    """
    value = parse_json(raw)
    events = events_in(value)
    for tries_left in reversed(range(DRY_RUN_TRIES)):
        try:
            plan = engine.ledger.plan(events)
        except Refused as error:
            raise refused(error, batch=events is value) from None
        viewpoint = viewpoint_of(engine, {})
        try:
            changes = effects(engine, plan.entries, viewpoint)
        except StoreBusy:
            if not tries_left:
                raise
        else:
            break
    items = [item.as_dict() for item in plan.items]
    return json_answer({"items": items, "effects": changes, "basis": viewpoint.basis()}, status=200)
