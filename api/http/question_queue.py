"""The queue of questions: a few are answered at once, the others wait in turn, and none takes longer than it may.

Questions have threads of their own, so that whatever they do, an append, a health check or the docs never wait for
them. Small ones and large ones have different threads: a small one does not wait until a large one ends, and more large
ones at once are not answered sooner than a few.

A question ends in one of four ways, and its client hears of it at once, whatever the thread still does:

- it is answered, or refused;
- its time is used up (503), in which its waiting counts; the thread is told to stop (`projections.Allowance`);
- its client goes away: then nobody waits for the answer, and the thread is told so;
- there are so many before it that it is not taken (503).
"""

import asyncio
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from fastapi import Request, Response
from starlette.types import Receive

from api.problems import RETRY_AFTER_S, Problem
from projections import Allowance, OutOfTime

T = TypeVar("T")

ASKED_AT = "asked_at"
"""Where a connection's scope says when it was asked, by `time.monotonic`."""
CLIENT_CLOSED_REQUEST = 499
"""What the answer to a client that has gone is called in logs; nobody gets it."""
GRACE_S = 0.25
"""How long after its time a question may take to end by itself."""
_CORES = os.cpu_count() or 2
SMALL_AT_ONCE = 2 * max(2, _CORES)
LARGE_AT_ONCE = max(2, _CORES)
SMALL_WAITING_MAX = 1000
LARGE_WAITING_MAX = 100
STATEMENTS_WAITING_MAX = 32


class QuestionQueue:
    """Answers at most `threads_max` questions at once; `waiting_max` further ones wait, in order.

    Of one client no more than `share_max` are answered at once, and those of others go before; by default any number.
    """

    def __init__(self, name: str, *, threads_max: int, waiting_max: int, share_max: int | None = None) -> None:
        self._threads_max = threads_max
        self._waiting_max = waiting_max
        self._share_max = threads_max if share_max is None else share_max
        self._waiting: OrderedDict[Future[Any], tuple[str, Callable[[], Any]]] = OrderedDict()
        self._of_clients: Counter[str] = Counter()
        self._busy = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(threads_max, thread_name_prefix=name)

    def __len__(self) -> int:
        """How many questions wait."""
        return len(self._waiting)

    async def run(self, receive: Receive, allowance: Allowance, work: Callable[[], T], *, client: str = "") -> T | None:
        """What the work gives; None where the client goes away before.

        Raises what the work raises, OutOfTime, and Problem (503) where too many others wait.
        """
        begun = self._begin(allowance, work, client)
        done = asyncio.wrap_future(begun)
        gone = asyncio.ensure_future(_gone(receive))
        patience = None if allowance.seconds is None else allowance.left_s + GRACE_S
        try:
            await asyncio.wait((done, gone), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            if gone.done():
                return None
            raise OutOfTime(allowance.seconds or 0, waited=not begun.running())
        finally:
            gone.cancel()
            if not done.done():
                done.cancel()
                allowance.abandon()

    def _begin(self, allowance: Allowance, work: Callable[[], T], client: str) -> "Future[T]":
        begun: Future[T] = Future()

        def in_turn() -> T:
            allowance.check(waited=True)
            return work()

        with self._lock:
            if self._is_full(client):
                raise _too_many(self._busy + len(self._waiting))
            self._waiting[begun] = client, in_turn
            free = self._busy < self._threads_max
            self._busy += free
        begun.add_done_callback(self._leave)
        if free:
            self._threads.submit(self._answer_those_that_wait)
        return begun

    def _leave(self, begun: "Future[Any]") -> None:
        """One that is cancelled makes room at once."""
        with self._lock:
            self._waiting.pop(begun, None)

    def _answer_those_that_wait(self) -> None:
        while True:
            with self._lock:
                begun = next((one for one, (client, _) in self._waiting.items() if self._may_begin(client)), None)
                if begun is None:
                    self._busy -= 1
                    return
                client, work = self._waiting.pop(begun)
                self._of_clients[client] += 1
            if begun.set_running_or_notify_cancel():
                try:
                    begun.set_result(work())
                except BaseException as error:
                    begun.set_exception(error)
            with self._lock:
                self._of_clients[client] -= 1
                if not self._of_clients[client]:
                    del self._of_clients[client]

    def _is_full(self, client: str) -> bool:
        """Whether a question would have to wait, and has no place for that; one client has half of the places."""
        if self._busy < self._threads_max and self._may_begin(client):
            return False
        own = self._waiting_max if self._share_max == self._threads_max else -(-self._waiting_max // 2)
        waiting = sum(one == client for one, _ in self._waiting.values()) if own < self._waiting_max else 0
        return len(self._waiting) >= self._waiting_max or waiting >= own

    def _may_begin(self, client: str) -> bool:
        return self._of_clients[client] < self._share_max


@dataclass(frozen=True)
class Limits:
    """What a question may take: `seconds` (None: any time) and `bytes_max` in memory (None: any)."""

    seconds: float | None = None
    bytes_max: int | None = None


class Questions:
    """The queues of a server, and what it allows a question. Statements of SQL have one of their own.

    `statements_at_once` of these are answered at once, and of one client one fewer, where that is not none.
    """

    def __init__(self, limits: Limits, *, statements_at_once: int = 1) -> None:
        self._limits = limits
        self._statements = QuestionQueue(
            "sql",
            threads_max=statements_at_once,
            waiting_max=STATEMENTS_WAITING_MAX,
            share_max=max(statements_at_once - 1, 1),
        )
        self._small = QuestionQueue("small", threads_max=SMALL_AT_ONCE, waiting_max=SMALL_WAITING_MAX)
        self._large = QuestionQueue("large", threads_max=LARGE_AT_ONCE, waiting_max=LARGE_WAITING_MAX)

    def waiting(self) -> dict[str, int]:
        """How many questions of each kind wait for their turn."""
        return {"small": len(self._small), "large": len(self._large)}

    async def answer(self, request: Request, work: Callable[[Allowance], Response], *, large: bool) -> Response:
        """The response that the work makes within an allowance. Raises what it raises, OutOfTime, and Problem."""
        return await self._answer(self._large if large else self._small, request, work)

    async def answer_statement(
        self, request: Request, work: Callable[[Allowance], Response], *, client: str
    ) -> Response:
        """The same for a statement of SQL; `client` is who asks."""
        return await self._answer(self._statements, request, work, client)

    async def _answer(
        self, queue: QuestionQueue, request: Request, work: Callable[[Allowance], Response], client: str = ""
    ) -> Response:
        allowance = Allowance(
            seconds=self._limits.seconds,
            bytes_max=self._limits.bytes_max,
            asked_at=request.scope.get(ASKED_AT, monotonic()),
        )
        answer = await queue.run(request.receive, allowance, lambda: work(allowance), client=client)
        return Response(status_code=CLIENT_CLOSED_REQUEST) if answer is None else answer


def asked_now(request: Request, receive: Receive) -> Request:
    """What an answer that goes on asks later: the same as the request, with a time of its own, counted from now."""
    return Request({**request.scope, ASKED_AT: monotonic()}, receive)


async def _gone(receive: Receive) -> None:
    """Wait until the client goes away. What is left of its body is not wanted any more."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _too_many(others: int) -> Problem:
    return Problem(
        503,
        "too-many-questions",
        f"{others} questions are being answered or wait already; ask again in a while.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
