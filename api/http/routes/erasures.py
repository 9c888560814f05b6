"""Erasures over HTTP: the text of one event is taken away for good."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.formats.negotiation import JSON
from api.http.json_body import json_bytes
from api.http.openapi import answers, operation
from api.http.responses import json_answer, json_wanted
from api.http.visit import recorder_of, visit_of
from api.keys.scopes import ADMIN
from api.operations.erasure_watch import scrub
from api.problems import Problem, refused
from api.questions.append_answers import written_basis
from ledger import InvalidEvent, Receipt, Refused, Violation, parse_json
from ledger.events import EventErased
from projections import Engine, TablesUnavailable

ORDER = 15
PATH = "/v1/erasures"
MEMBERS = ("target", "reason", "explanation")
EXAMPLE = {name: EventErased.example[name] for name in MEMBERS}
BODY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": list(MEMBERS),
    "additionalProperties": False,
    "properties": {
        "target": {"type": "string", "format": "uuid", "description": "The event_id of the event."},
        "reason": {"enum": ["personal_data", "licence", "court_order", "other"]},
        "explanation": {"type": "string", "description": "Why, in words that do not say again what is to go."},
    },
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of erasures."""
    routes = APIRouter(tags=["log"])

    @routes.post(
        PATH,
        summary="Erase the text of an event",
        response_class=Response,
        responses=answers("Appended", page=False, status=201),
        openapi_extra=operation(
            ADMIN,
            requestBody={
                "required": True,
                "content": {JSON.media_type: {"schema": BODY_SCHEMA, "examples": {"erasure": {"value": EXAMPLE}}}},
            },
        ),
    )
    async def erase_event(request: Request) -> Response:
        """Take what an event said, and the ledger events on it, out of the log and of all that is made from it.

        Its place, its envelope and its proof stay, and an `EventErased` says who did it and why. Nothing undoes it.
        What stands on it (an entity that others name) is corrected or taken back first, as for a retraction. `pending`
        says what is still to be done, by itself: where others read the log just now, its files are cleaned later.
        """
        json_wanted(request, ())
        raw = await json_bytes(request)
        receipt, pending = await run_in_threadpool(partial(_erased, engine, raw, recorder_of(request.scope)))
        request.app.state.cached_answers.clear()
        request.app.state.kept_files.clear()
        visit = visit_of(request.scope)
        visit.recorded, visit.position = {"recorded": 1, "duplicate": 0}, receipt.position
        basis = written_basis(engine.ledger, position=receipt.position, recorded_at=receipt.recorded_at)
        return json_answer({"items": list(receipt.items), "pending": pending, "basis": basis}, status=201)

    return routes


def _erased(engine: Engine, raw: bytes, recorded_by: str) -> tuple[Receipt, list[str]]:
    """The receipt of an erasure, and what is still to be done. Raises Problem, MalformedJSON, LedgerError."""
    said = _members(parse_json(raw))
    try:
        receipt = engine.ledger.erase(
            said["target"], reason=said["reason"], explanation=said["explanation"], recorded_by=recorded_by
        )
    except Refused as error:
        raise refused(error, batch=True) from None
    pending = [why] if (why := scrub(engine.ledger)) is not None else []
    try:
        engine.catch_up()
    except TablesUnavailable as error:
        pending.append(str(error))
    return receipt, pending


def _members(body: Any) -> dict[str, Any]:
    """The members of a body, those and no others. Raises Problem."""
    if not isinstance(body, dict):
        raise Problem(422, "event-refused", "Nothing was erased: send an object with target, reason and explanation.")
    faults = [Violation((name,), "missing", f"{name} is missing") for name in MEMBERS if name not in body]
    known = ", ".join(MEMBERS)
    faults += [
        Violation((name,), "unknown_field", f"unknown; there are {known}") for name in body if name not in MEMBERS
    ]
    if faults:
        raise refused(InvalidEvent(faults), batch=True)
    return body
