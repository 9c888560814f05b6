"""Answers that stay the same, kept in memory and given again.

An answer whose viewpoint is stated and past is kept for ever; one of which only `as_of` is stated, until something is
recorded. Without `as_of` it is as of now, which moves on with every request, so nothing is kept. What was not asked
for the longest makes room.

Where the same is asked again while the first answer is still being made, the others wait for it.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.answer import Answer
from ledger import LedgerError

BYTES_MAX = 64 * 1024 * 1024
PART_MAX = 8
"""No answer takes more than this part of the room, so that one does not drive out all others."""
ENTRY_BYTES = 1024
"""What an answer takes beside its texts, about."""
_MAY_LAST = (b"as_of", b"cursor", b"recorded_from")


class Question(NamedTuple):
    """What an answer depends on, beside the log and the time."""

    path: str
    query: bytes
    accept: str


def question_of(scope: Scope) -> Question | None:
    """The question that a request asks; None where its answer cannot be one that stays the same."""
    query = scope.get("query_string", b"")
    if scope["type"] != "http" or scope["method"] != "GET" or not any(name in query for name in _MAY_LAST):
        return None
    return Question(scope["path"], query, ",".join(Headers(scope=scope).getlist("accept")))


class Kept(NamedTuple):
    """An answer, and the head of the log at which it holds; None where it holds for ever."""

    answer: Answer
    at_head: int | None


class Answers:
    """The answers that are kept, at most so many bytes of them. Several threads may use it."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[Question, Kept] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How many bytes are kept."""
        return self._bytes

    def find(self, question: Question) -> Kept | None:
        """What is kept of a question; whether it still holds is for the caller to see."""
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
            return self._kept.get(question)

    def keep(self, question: Question, answer: Answer, *, at_head: int | None) -> None:
        """Keep an answer: for ever, or as long as `at_head` is the head of the log."""
        size = _size(question, answer)
        if size * PART_MAX > self._bytes_max:
            return
        with self._lock:
            self._forget(question)
            self._kept[question] = Kept(answer, at_head)
            self._bytes += size
            while self._bytes > self._bytes_max:
                self._forget(next(iter(self._kept)))

    def _forget(self, question: Question) -> None:
        if (kept := self._kept.pop(question, None)) is not None:
            self._bytes -= _size(question, kept.answer)


class GivenAgain:
    """Gives kept answers again, without asking the app. `head` is the head of the log."""

    def __init__(self, app: ASGIApp, *, answers: Answers, head: Callable[[], int]) -> None:
        self.app = app
        self._answers = answers
        self._head = head
        self._asked: dict[Question, Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        question = question_of(scope)
        if question is None:
            await self.app(scope, receive, send)
        elif (answer := await self._found(question)) is not None:
            await _give(answer, scope, receive, send)
        else:
            mine: Future[None] = Future()
            first = self._asked.setdefault(question, mine)
            if first is mine:
                await self._make(question, mine, scope, receive, send)
                return
            # Who is asked first may answer on another loop, and must not be cancelled with those who wait.
            await asyncio.shield(asyncio.wrap_future(first))
            if (answer := await self._found(question)) is not None:
                await _give(answer, scope, receive, send)
            else:
                await self.app(scope, receive, send)

    async def _make(self, question: Question, made: "Future[None]", scope: Scope, receive: Receive, send: Send) -> None:
        def is_made() -> None:
            if not made.done():
                del self._asked[question]
                made.set_result(None)

        async def sending(message: Message) -> None:
            is_made()  # those who wait need not wait for this client to read
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            is_made()

    async def _found(self, question: Question) -> Answer | None:
        kept = self._answers.find(question)
        if kept is None or kept.at_head is None:
            return kept and kept.answer
        with suppress(LedgerError):  # whatever is wrong, the app will say
            if kept.at_head == await run_in_threadpool(self._head):
                return kept.answer
        return None


async def _give(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    await answer.response(Headers(scope=scope).getlist("if-none-match"))(scope, receive, send)


def _size(question: Question, answer: Answer) -> int:
    texts = sum(len(name) + len(value) for name, value in answer.headers.items())
    return len(answer.body) + texts + len(question.path) + len(question.query) + len(question.accept) + ENTRY_BYTES
