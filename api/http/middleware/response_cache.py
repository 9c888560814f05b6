"""The response cache: answers that stay the same are kept in memory and sent again without being computed.

Which answers stay the same, and for how long, is in `api.http.cached_answers`; the endpoints put them there. Where the
same is asked again while the first answer is still being computed, the later requests wait for it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.formats.answer import Answer
from api.http.cached_answers import ERASED_AT, CachedAnswers, Question, question_of
from api.http.conditional_responses import conditional_response
from api.http.question_queue import CLIENT_CLOSED_REQUEST
from ledger import LedgerError


class ResponseCache:
    """Sends cached answers without asking the app. `head` says where the log ends, and `erased` where an event was
    erased last.
    """

    def __init__(
        self, app: ASGIApp, *, cached: CachedAnswers, head: Callable[[], int], erased: Callable[[], int]
    ) -> None:
        self.app = app
        self._erased = erased
        self._cached = cached
        self._head = head
        self._pending: dict[Question, Future[bool]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        question = question_of(scope) if is_read else None
        if question is None:
            await self.app(scope, receive, send)
        elif (answer := await self._valid(question)) is not None:
            await _send_again(answer, scope, receive, send)
        else:
            await self._compute_or_wait(question, scope, receive, send)

    async def _compute_or_wait(self, question: Question, scope: Scope, receive: Receive, send: Send) -> None:
        """Compute the answer, or wait for whoever does. Where its client goes away, one of those that wait goes on."""
        with suppress(LedgerError):
            scope[ERASED_AT] = await run_in_threadpool(self._erased)
        # Meanwhile somebody else may have been answered.
        if self._cached.get(question) is not None and (answer := await self._valid(question)) is not None:
            await _send_again(answer, scope, receive, send)
            return
        is_answered = False
        while not is_answered:
            own: Future[bool] = Future()
            first = self._pending.setdefault(question, own)
            if first is own:
                await self._compute(question, own, scope, receive, send)
                return
            # The first request may be answered on another loop, and must not be cancelled with those that wait.
            is_answered = await asyncio.shield(asyncio.wrap_future(first))
        if (answer := await self._valid(question)) is not None:
            await _send_again(answer, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _compute(
        self, question: Question, computed: "Future[bool]", scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the app answer; those that wait go on as soon as the answer is there, or nobody takes it any more."""

        def release(*, is_answered: bool) -> None:
            if not computed.done():
                del self._pending[question]
                computed.set_result(is_answered)

        async def releasing_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Those that wait need not wait for this client to read.
                release(is_answered=message["status"] != CLIENT_CLOSED_REQUEST)
            await send(message)

        try:
            await self.app(scope, receive, releasing_send)
        finally:
            release(is_answered=False)

    async def _valid(self, question: Question) -> Answer | None:
        """The cached answer to a question, if it still holds."""
        entry = self._cached.get(question)
        if entry is None:
            return None
        with suppress(LedgerError):  # whatever is wrong, the app will say
            holds_at, look = (entry.erased_at, self._erased) if entry.at_head is None else (entry.at_head, self._head)
            if holds_at == await run_in_threadpool(look):
                return entry.answer
        return None


async def _send_again(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    await conditional_response(answer, scope)(scope, receive, send)
