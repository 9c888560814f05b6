"""Event streams: answers that go on, with what is recorded meanwhile, as server-sent events.

A stream is a place in the log and nothing more: what its client has not taken yet is not held for it, but read when it
is sent. It looks a few times a second whether the log has grown, and sends a comment now and then so that proxies keep
the connection. It ends when its client goes, does not read for a while, has its key revoked, or the server stops; the
client comes back with the last id that it saw, and misses nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic

from fastapi.sse import EventSourceResponse
from starlette.types import Message, Scope, Send
from starlette.types import Receive as ReceiveMessage

from api.formats.cells import json_text
from api.problems import RETRY_AFTER_S, Problem
from api.questions.log_stream import Batch
from ledger import LedgerError
from projections import QuestionsRefused, TablesUnavailable, Unanswered

STREAMS_MAX = 200
"""How many streams a server sends at once."""
LOOK_S = 0.2
"""How often a stream looks whether the log has grown."""
QUIET_S = 15.0
"""After how long without an event a stream says that it is still there."""
UNREAD_S = 60.0
"""How long a client may leave what was sent to it unread."""
RETRY_MS = 1000
"""After how long a client that lost its stream comes back."""


class EventStreams:
    """The streams of a server: how many there are, and whether they are to end."""

    def __init__(self) -> None:
        self.open = 0
        self.is_ending = False

    def end(self) -> None:
        """Let every stream end, and every further one after what is recorded already."""
        self.is_ending = True

    def enter(self) -> None:
        """Count a stream in. Raises Problem (503) where there are too many."""
        if self.open >= STREAMS_MAX:
            raise Problem(
                503,
                "too-many-streams",
                f"{self.open} streams are open already; come back in a while.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self.open += 1

    def leave(self) -> None:
        """Count a stream out."""
        self.open -= 1


class LogHead:
    """Where the log ends, as it was within the last LOOK_S: one look for all streams, in a thread, since the log may be
    on another machine.
    """

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._position = 0
        self._until = 0.0

    async def position(self) -> int:
        """The last position that is known. Raises LedgerError where the log cannot be asked."""
        if monotonic() >= self._until:
            self._until = monotonic() + LOOK_S
            self._position = await asyncio.to_thread(self._ask)
        return self._position


class EventStream(EventSourceResponse):
    """A stream as a response; it is counted out however it ends."""

    def __init__(self, lines: AsyncIterator[str], leave: Callable[[], None]) -> None:
        super().__init__(lines, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._leave = leave

    async def __call__(self, scope: Scope, receive: ReceiveMessage, send: Send) -> None:
        """Send until the client goes, or the lines end."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def stream_response(self, send: Send) -> None:
        """Send the lines; a client that does not read them is left."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(UNREAD_S):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            return


async def lines_of(
    first: Batch,
    *,
    more: Callable[[], Awaitable[Batch]],
    head: Callable[[], Awaitable[int]],
    goes_on: Callable[[], bool],
) -> AsyncIterator[str]:
    """The text of a stream, from its first batch on.

    `more` gives the next batch, `head` says where the log ends, `goes_on` whether the stream may go on. Where the log
    or its tables cannot be asked just now, the stream ends, and its client comes back.
    """
    yield f"retry: {RETRY_MS}\n\n"
    batch, said_at = first, monotonic()
    with suppress(LedgerError, TablesUnavailable, QuestionsRefused, Unanswered, Problem):
        while True:
            if batch.events:
                yield "".join(_line(event) for event in batch.events)
                said_at = monotonic()
            while goes_on() and not batch.has_more and await head() <= batch.seen:
                if monotonic() - said_at >= QUIET_S:
                    yield f": still here\nid: {batch.seen}\n\n"  # An id alone is no event: the client keeps it
                    said_at = monotonic()
                await asyncio.sleep(LOOK_S)
            if not goes_on():
                return
            batch = await more()


def _line(event: dict[str, object]) -> str:
    return f"id: {event['position']}\ndata: {json_text(event)}\n\n"
