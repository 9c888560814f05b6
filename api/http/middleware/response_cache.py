"""The response cache: answers that stay the same are kept in memory and sent again without being computed.

An answer whose viewpoint is stated and past is kept for ever (`as_of=2024-06-30&recorded_as_of=position:100`). One of
which only `as_of` is stated is kept until something is recorded. Without `as_of` an answer is as of now, which moves on
with every request, so it is not kept. Where memory runs out, the least recently used answer goes.

Where the same is asked again while the first answer is still being computed, the later requests wait for it.
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

from api.formats.answer import Answer
from api.http.conditional_response import conditional_response
from ledger import LedgerError

BYTES_MAX = 64 * 1024 * 1024
SHARE_MAX = 8
"""No answer takes more than this part (an eighth) of the cache, so that one does not drive out all others."""
ENTRY_BYTES = 1024
"""What an entry takes beside its texts, about."""
_MAY_STAY = (b"as_of", b"cursor", b"recorded_from")


class Question(NamedTuple):
    """What an answer depends on, beside the log and the time."""

    path: str
    query: bytes
    accept: str


def question_of(scope: Scope) -> Question | None:
    """The question that a request asks; None where its answer cannot be one that stays the same."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    query = scope.get("query_string", b"")
    if not any(name in query for name in _MAY_STAY):
        return None
    return Question(scope["path"], query, ",".join(Headers(scope=scope).getlist("accept")))


class CachedAnswer(NamedTuple):
    """An answer, and the head of the log at which it holds; None where it holds for ever."""

    answer: Answer
    at_head: int | None


class CachedAnswers:
    """The least recently used cache of answers, of at most `bytes_max`. Several threads may use it."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._entries: OrderedDict[Question, CachedAnswer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How many bytes the cache holds."""
        return self._bytes

    def get(self, question: Question) -> CachedAnswer | None:
        """What is cached for a question; whether it still holds is for the caller to check."""
        with self._lock:
            if question in self._entries:
                self._entries.move_to_end(question)
            return self._entries.get(question)

    def put(self, question: Question, answer: Answer, *, at_head: int | None) -> None:
        """Cache an answer: for ever, or as long as `at_head` is the head of the log."""
        size = _size(question, answer)
        if size * SHARE_MAX > self._bytes_max:
            return
        with self._lock:
            self._drop(question)
            self._entries[question] = CachedAnswer(answer, at_head)
            self._bytes += size
            while self._bytes > self._bytes_max:
                self._drop(next(iter(self._entries)))

    def _drop(self, question: Question) -> None:
        if (entry := self._entries.pop(question, None)) is not None:
            self._bytes -= _size(question, entry.answer)


class ResponseCache:
    """Sends cached answers without asking the app. `head` says where the log ends."""

    def __init__(self, app: ASGIApp, *, cached: CachedAnswers, head: Callable[[], int]) -> None:
        self.app = app
        self._cached = cached
        self._head = head
        self._pending: dict[Question, Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        question = question_of(scope)
        if question is None:
            await self.app(scope, receive, send)
        elif (answer := await self._valid(question)) is not None:
            await _send_again(answer, scope, receive, send)
        else:
            own: Future[None] = Future()
            first = self._pending.setdefault(question, own)
            if first is own:
                await self._compute(question, own, scope, receive, send)
                return
            # The first request may be answered on another loop, and must not be cancelled with those that wait.
            await asyncio.shield(asyncio.wrap_future(first))
            if (answer := await self._valid(question)) is not None:
                await _send_again(answer, scope, receive, send)
            else:
                await self.app(scope, receive, send)

    async def _compute(
        self, question: Question, computed: "Future[None]", scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the app answer; those that wait go on as soon as the answer is there."""

        def release() -> None:
            if not computed.done():
                del self._pending[question]
                computed.set_result(None)

        async def releasing_send(message: Message) -> None:
            release()  # those that wait need not wait for this client to read
            await send(message)

        try:
            await self.app(scope, receive, releasing_send)
        finally:
            release()

    async def _valid(self, question: Question) -> Answer | None:
        """The cached answer to a question, if it still holds."""
        entry = self._cached.get(question)
        if entry is None or entry.at_head is None:
            return entry and entry.answer
        with suppress(LedgerError):  # whatever is wrong, the app will say
            if entry.at_head == await run_in_threadpool(self._head):
                return entry.answer
        return None


async def _send_again(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    sent = Headers(scope=scope).getlist("if-none-match")
    await conditional_response(answer, sent)(scope, receive, send)


def _size(question: Question, answer: Answer) -> int:
    texts = sum(len(name) + len(value) for name, value in answer.headers.items())
    return len(answer.body) + texts + len(question.path) + len(question.query) + len(question.accept) + ENTRY_BYTES
