"""The log over HTTP: append to it, and read it in order."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from api.bodies import json_bytes
from api.describe import answers, operation
from api.effects import effects
from api.parameters import DRY_RUN, VIEWPOINT, flag_of
from api.problems import Problem, refused
from api.questions import EVENTS, event, events
from api.reading import viewpoint_of
from api.routes.answering import answered, json_answer, json_wanted, written_basis
from ledger import Refused, digest, parse_json
from projections import Engine

BATCH_MAX = 10_000
KEY_LENGTH_MAX = 255
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request for ever: sent again with the same body, it is answered as the first time.",
    "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX},
}


def router(engine: Engine) -> APIRouter:
    """The endpoints of the log."""
    routes = APIRouter(prefix="/v1/events", tags=["log"])

    @routes.post(
        "",
        summary="Append events",
        response_class=Response,
        responses={
            **answers(page=False, status=201),
            200: {"description": "All of them were recorded before, or this was a dry run"},
        },
        openapi_extra={"parameters": [DRY_RUN.openapi(), KEY_HEADER]},
    )
    def append(request: Request, raw: Annotated[bytes, Depends(json_bytes)]) -> Response:
        """Record one event, or an array of up to 10,000: all of them or none.

        When the answer comes the events are on disk. An event whose `event_id` is known with the same body is
        answered as `duplicate`. Numbers are read exactly as written: send `"2080"` or `2080`, never a rounded float.
        """
        parameters = json_wanted(request, (DRY_RUN,))
        value = parse_json(raw)
        batch = isinstance(value, list)
        sent = value if batch else [value]
        _check_size(sent)
        try:
            if flag_of(parameters, "dry_run"):
                return _dry_run(engine, sent)
            key = _key(request)
            receipt = engine.ledger.append(sent, request=(key, digest(value)) if key else None)
        except Refused as error:
            raise refused(error, batch=batch) from None
        basis = written_basis(position=receipt.position, recorded_at=receipt.recorded_at)
        return json_answer(
            {"items": list(receipt.items), "basis": basis},
            status=200 if receipt.all_duplicates else 201,
            headers={"Idempotency-Replayed": "true"} if receipt.replayed else {},
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


def _check_size(sent: list[Any]) -> None:
    if not sent:
        raise _batch_problem("empty_batch", "an empty array holds no event; send one at least")
    if len(sent) > BATCH_MAX:
        raise _batch_problem(
            "batch_too_large", f"{len(sent)} events are too many for one request; send up to {BATCH_MAX}"
        )


def _batch_problem(rule: str, detail: str) -> Problem:
    errors = [{"pointer": "", "rule": rule, "detail": detail}]
    return Problem(422, "event-refused", f"Nothing was recorded: {detail}", errors=errors)


def _key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not (0 < len(keys[0]) <= KEY_LENGTH_MAX and keys[0].isascii() and keys[0].isprintable()):
        detail = f"Idempotency-Key is given once, as 1 to {KEY_LENGTH_MAX} printable ASCII characters."
        raise Problem(422, "bad-idempotency-key", detail)
    return keys[0]


def _dry_run(engine: Engine, sent: list[Any]) -> Response:
    """What an append would do to the figures that it touches, at as_of = now."""
    plan = engine.ledger.plan(sent)
    viewpoint = viewpoint_of(engine, {})
    items = [item.as_dict() for item in plan.items if item is not None]
    return json_answer(
        {"items": items, "effects": effects(engine, plan.entries, viewpoint), "basis": viewpoint.basis()}, status=200
    )
