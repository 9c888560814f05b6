"""The server's protocol: what cannot be read as HTTP is answered with a problem document too, and nothing is endless.

A request begins with a head: its first line and its headers. That is held in memory until all of it is there, so it may
be only so long, and take only so long to come. (A body may take any time: see `api.http.middleware.limits`.) The same
holds for whatever else of a request is neither body nor understood, such as lines after a body in chunks.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.http.problem_responses import problem_response
from api.problems import Problem

HEAD_BYTES_MAX = 64 * 1024
AROUND_HEADER = len(": \r\n")
HEAD_S = 60
"""How long a connection may stand, or a head take to come, before the connection is closed."""
STATUS = HTTPStatus.BAD_REQUEST
DETAIL = (
    "This cannot be read as an HTTP request: its first line or a header is malformed. Headers hold no control "
    "characters; an Idempotency-Key is printable ASCII."
)
TOO_LONG = f"The first line and the headers of a request have {HEAD_BYTES_MAX // 1024} KiB at most."


class HeadTooLong(ValueError):
    """The head of a request has more than `HEAD_BYTES_MAX`."""


class DoorState(ServerState):
    """What the connections of a server have in common."""

    is_leaving = False
    """Whether each answer is to say that it is the last one of its connection."""


class ProblemProtocol(HttpToolsProtocol):
    """Reads requests as `uvicorn` does, which knows nothing of the app where it cannot read one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._bytes_ahead = 0
        """How many bytes have come since anything of a request was understood."""
        self._is_refused = False
        self._is_too_long = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection is there, and should say what it wants."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what has come. What is refused is not read any more."""
        if self._is_refused:
            return
        self._bytes_ahead += len(data)
        super().data_received(data)
        if self._bytes_ahead > HEAD_BYTES_MAX and not self._is_refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", TOO_LONG)

    def on_message_begin(self) -> None:
        """A request begins; it counts from what comes next."""
        self._bytes_ahead = 0
        self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: too long, where it came at once. Raises HeadTooLong, which the parser stops at."""
        lengths = (len(name) + len(value) + AROUND_HEADER for name, value in self.headers)
        if len(self.url) + sum(lengths) > HEAD_BYTES_MAX:
            self._is_too_long = True
            raise HeadTooLong
        self._bytes_ahead = 0
        self._stop_waiting()
        super().on_headers_complete()
        if isinstance(self.server_state, DoorState) and self.server_state.is_leaving:
            self.let_go()

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        self._bytes_ahead = 0
        super().on_body(body)

    def let_go(self) -> None:
        """Let the answer in progress, unless it has begun, say that the connection ends with it."""
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Say that a request cannot be read, and close the connection: where the next one begins is not known."""
        if self._is_too_long:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", TOO_LONG)
        else:
            self._refuse(STATUS, "bad-request", DETAIL)

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None

    def _refuse(self, status: HTTPStatus, kind: str, detail: str) -> None:
        self._is_refused = True
        response = problem_response(Problem(status, kind, detail, title=status.phrase))
        headers = [*response.raw_headers, (b"connection", b"close")]
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), *(b": ".join(header) for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        self.transport.close()
