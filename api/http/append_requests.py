"""Appends over HTTP: a body on its way into the ledger's commit queue, and the answer to it.

The loop that serves requests is never held up: a small body waits in the queue as it came, and is read, written and
answered by whoever writes. A body that takes long to read is read in a thread of its own, so that no small one has to
wait for it; in the queue they meet again.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.json_body import json_bytes
from api.http.responses import in_turn, json_answer, json_wanted
from api.http.visit import LOCAL, needs_read, recorder_of, visit_of
from api.problems import Problem, refused
from api.questions.append_answers import dry_run_answer, events_in, written_basis
from api.questions.parameters import DRY_RUN, flag_of
from ledger import Append, Ledger, Refused, digest, parse_json, prepared_all
from projections import Allowance, Engine

BODY_VALUES_MAX = 1_000_000
"""How many values and keys a body may have: a hundred for each of the most events."""
SMALL_BYTES_MAX = 64 * 1024
"""A body of at most this size is read by whoever writes."""
EVENT_BYTES_MIN = 200
"""How many bytes an event takes in a body at least, about: how many events it has is not known before it is read."""
KEY_LENGTH_MAX = 255
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request for ever: sent again with the same body, it is answered as the first time.",
    "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX},
}


Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
"""Answers a request."""


def append_to(engine: Engine) -> Endpoint:
    """The endpoint that appends."""

    async def append(request: Request) -> Response:
        """Record one event, or an array of up to 10,000: all of them or none.

        When the answer comes the events are on disk. An event whose `event_id` is known with the same body is
        answered as `duplicate`. Numbers are read exactly as written: send `"2080"` or `2080`, never a rounded float.
        """
        raw = await json_bytes(request)
        parameters = json_wanted(request, (DRY_RUN,))
        if parameters and flag_of(parameters, "dry_run"):
            needs_read(request.scope, "A dry run")
            return await in_turn(request, partial(_dry_run, engine, raw), large=True)
        sent = SentAppend(engine.ledger, raw, _key(request), recorded_by=recorder_of(request.scope))
        response = await appended(sent)
        note_recorded(request, sent)
        return response

    return append


class SentAppend(Append):
    """A body to be recorded, and its idempotency key if the client gave one."""

    def __init__(self, ledger: Ledger, raw: bytes, key: str | None, *, recorded_by: str = LOCAL) -> None:
        super().__init__(recorded_by=recorded_by)
        self.ledger = ledger
        self.raw = raw
        self._idempotency_key = key
        self._is_batch = False
        self.answer: asyncio.Future[Response] | None = None
        """The future that a client waits for; None where nobody waits."""

    @property
    def size(self) -> int:
        """How many events it has, about."""
        return len(self.events) or 1 + len(self.raw) // EVENT_BYTES_MIN

    def prepare(self) -> None:
        """Read the body. Raises MalformedJSON, Problem."""
        if self.events:
            return
        value = parse_json(self.raw, values_max=BODY_VALUES_MAX)
        events = events_in(value)
        self._is_batch = events is value
        if self._idempotency_key is not None:
            self.key = self._idempotency_key, digest(value)
        self.events = prepared_all(events)

    def response(self) -> Response:
        """The answer, once it is decided. Raises what kept the events out."""
        try:
            receipt = self.unwrap()
        except Refused as error:
            raise refused(error, batch=self._is_batch) from None
        basis = written_basis(self.ledger, position=receipt.position, recorded_at=receipt.recorded_at)
        return json_answer(
            {"items": list(receipt.items), "basis": basis},
            status=200 if receipt.all_duplicates else 201,
            headers={"Idempotency-Replayed": "true"} if receipt.replayed else {},
        )


def note_recorded(request: Request, sent: SentAppend) -> None:
    """Write down of the visit what it recorded."""
    if (receipt := sent.receipt) is not None:
        new = 0 if receipt.replayed else sum(item["status"] == "recorded" for item in receipt.items)
        visit = visit_of(request.scope)
        visit.recorded = {"recorded": new, "duplicate": len(receipt.items) - new}
        visit.position = receipt.position


async def appended(sent: SentAppend) -> Response:
    """Record what was sent; the answer, once it is on disk. Raises Problem, MalformedJSON, LedgerError."""
    if len(sent.raw) > SMALL_BYTES_MAX:
        return await run_in_threadpool(_append_large, sent)
    loop = asyncio.get_running_loop()
    sent.answer = loop.create_future()
    sent.ledger.submit(sent, _answer_all)
    return await sent.answer


def _append_large(sent: SentAppend) -> Response:
    sent.prepare()
    sent.ledger.record(sent)
    return sent.response()


def _answer_all(decided: Sequence[Append]) -> None:
    """Answer those who wait, each in the loop in which it waits. In the thread that has written."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Response], Response | Exception]]] = {}
    for sent in decided:
        if isinstance(sent, SentAppend) and sent.answer is not None:
            outcome: Response | Exception
            try:
                outcome = sent.response()
            except Exception as error:
                outcome = error
            by_loop.setdefault(sent.answer.get_loop(), []).append((sent.answer, outcome))
    for loop, outcomes in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_answer_in_loop, outcomes)


def _answer_in_loop(outcomes: Sequence[tuple[asyncio.Future[Response], Response | Exception]]) -> None:
    for answer, outcome in outcomes:
        if answer.done():
            continue  # The client went away.
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not (0 < len(keys[0]) <= KEY_LENGTH_MAX and keys[0].isascii() and keys[0].isprintable()):
        detail = f"Idempotency-Key is given once, as 1 to {KEY_LENGTH_MAX} printable ASCII characters."
        raise Problem(422, "bad-idempotency-key", detail)
    return keys[0]


def _dry_run(engine: Engine, raw: bytes, allowance: Allowance) -> Response:
    """What an append would do to the figures that it touches, at as_of = now. Raises Problem, StoreBusy."""
    value = parse_json(raw, values_max=BODY_VALUES_MAX)
    return json_answer(dry_run_answer(engine, value, allowance), status=200)
