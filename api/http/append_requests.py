"""Appends over HTTP, gathered: what comes in while one group is being written goes into the ledger as the next.

A single thread does all the work, so a small append costs no thread of its own, and the loop that serves requests is
never held up. Appends that are long in themselves go their own way, so that no short one has to wait for them to be
read; in the ledger they meet again.
"""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from fastapi import Response

from api.http.responses import json_answer, written_basis
from api.problems import Problem, refused
from ledger import Append, Ledger, Refused, digest, parse_json

BATCH_MAX = 10_000
GROUP_BYTES_MAX = 4 * 1024 * 1024


class Sent(NamedTuple):
    """What a client sent to be recorded: the body, and its idempotency key if it gave one."""

    raw: bytes
    key: str | None


Outcome = Response | Exception


class Gatherer:
    """Takes appends from the loops that serve requests, and writes them in groups."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Sent, asyncio.Future[Outcome]]] = deque()
        self._writing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="appends")

    async def append(self, sent: Sent) -> Response:
        """Record what was sent; the answer, once it is on disk. Raises Problem, MalformedJSON, LedgerError."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append((sent, answer))
            begin, self._writing = not self._writing, True
        if begin:
            self._thread.submit(self._write)
        return told(await answer)

    def _write(self) -> None:
        """Write group after group, until nothing waits."""
        while True:
            with self._lock:
                group = self._next()
                if not group:
                    self._writing = False
                    return
            outcomes = recorded(self._ledger, [sent for sent, _ in group])
            answers: defaultdict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Outcome], Outcome]]]
            answers = defaultdict(list)
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                answers[answer.get_loop()].append((answer, outcome))
            for loop, those in answers.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_tell, those)

    def _next(self) -> list[tuple[Sent, asyncio.Future[Outcome]]]:
        """What is written next: all that waits, up to an amount that does not take long."""
        group: list[tuple[Sent, asyncio.Future[Outcome]]] = []
        size = 0
        while self._waiting and size < GROUP_BYTES_MAX:
            group.append(self._waiting.popleft())
            size += len(group[-1][0].raw)
        return group


def told(outcome: Outcome) -> Response:
    """An answer. Raises what there is instead."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _tell(answers: Sequence[tuple[asyncio.Future[Outcome], Outcome]]) -> None:
    for answer, outcome in answers:
        if not answer.done():  # It is, where the client went away.
            answer.set_result(outcome)


def recorded(ledger: Ledger, group: Sequence[Sent]) -> list[Outcome]:
    """Record what was sent, each as if it were alone; the answers, or what kept it out."""
    try:
        read = [_read(sent) for sent in group]
        ledger.append_each([one.append for one in read if isinstance(one, _Read)])
        return [_answer(one) if isinstance(one, _Read) else one for one in read]
    except Exception as error:
        return [error] * len(group)


class _Read(NamedTuple):
    append: Append
    batch: bool


def _read(sent: Sent) -> _Read | Exception:
    try:
        value = parse_json(sent.raw)
        events = events_in(value)
        key = (sent.key, digest(value)) if sent.key is not None else None
        return _Read(Append.of(events, key=key), batch=events is value)
    except Exception as error:
        return error


def _answer(read: _Read) -> Outcome:
    try:
        receipt = read.append.answer()
    except Refused as error:
        return refused(error, batch=read.batch)
    except Exception as error:
        return error
    basis = written_basis(position=receipt.position, recorded_at=receipt.recorded_at)
    return json_answer(
        {"items": list(receipt.items), "basis": basis},
        status=200 if receipt.all_duplicates else 201,
        headers={"Idempotency-Replayed": "true"} if receipt.replayed else {},
    )


def events_in(value: Any) -> list[Any]:
    """The events in a decoded body: those of an array, or the one that it is. Raises Problem."""
    if not isinstance(value, list):
        return [value]
    if not value:
        raise _batch_problem("empty_batch", "an empty array holds no event; send one at least")
    if len(value) > BATCH_MAX:
        raise _batch_problem(
            "batch_too_large", f"{len(value)} events are too many for one request; send up to {BATCH_MAX}"
        )
    return value


def _batch_problem(rule: str, detail: str) -> Problem:
    errors = [{"pointer": "", "rule": rule, "detail": detail}]
    return Problem(422, "event-refused", f"Nothing was recorded: {detail}", errors=errors)
