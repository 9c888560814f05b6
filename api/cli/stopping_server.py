"""A server that stops in good order, and within a limit.

Told to stop (SIGTERM, as service managers send it, or Ctrl-C) it takes no more connections, and gives the requests in
progress some seconds (the setting `stop_seconds`): an append that has come whole is recorded and answered, and streams
of events end. Then what is still open, an answer that nobody reads or a body that does not come, is closed; questions
in progress are given up; children end with it. Should anything hold it up even then, the process ends all the same:
what was answered is on the disk, and what was not is not recorded, as after a power cut.

Told to leave, since another process takes its place, it refuses nobody: whoever comes from now on comes to the others.
A client that has a connection open may be about to send something on it; it gets its answer, which says that it is the
last one there. Only after some seconds is what is left closed.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import FrameType

import uvicorn

from api.cli.server_protocol import DoorState, ProblemProtocol

IDLE_S = 6.0
"""How long one that leaves waits for what may come on connections that are open: a second longer than they are kept."""
LAST_S = 15.0
"""How long after the limit the process itself may take to end."""
logger = logging.getLogger("supply_ledger")


class StoppingServer(uvicorn.Server):
    """The web server, which watches over its own end. `let_end` is called when it is told to stop or to leave, and
    `started` once it takes connections.
    """

    def __init__(
        self, config: uvicorn.Config, let_end: Callable[[], None], started: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(config)
        self._let_end = let_end
        self._started = started
        self._state = self.server_state = DoorState()
        self._leaves_at: float | None = None
        self._beginning: set[asyncio.Task[None]] = set()
        """Connections that are not served yet."""

    def take(self, connection: socket.socket) -> None:
        """Serve a connection that another process has accepted. It may be called in any thread, once it serves."""
        with suppress(RuntimeError):  # the loop has ended, and the connection with it
            self._loop.call_soon_threadsafe(self._begin, connection)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._started()

    def leave(self) -> None:
        """Begin to leave. It may be called in any thread."""
        self._leaves_at = monotonic() + IDLE_S

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; called several times a second."""
        if self._leaves_at is not None and not self.should_exit:
            if not self._state.is_leaving:
                self._close_door()
            if monotonic() >= self._leaves_at or not (self._state.connections or self._beginning):
                self.handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; asked for a second time by Ctrl-C, stop at once."""
        limit_s = self.config.timeout_graceful_shutdown
        if not self.should_exit and limit_s is not None:
            last = threading.Timer(limit_s + LAST_S, _end)
            last.daemon = True
            last.start()
        self._let_end()
        super().handle_exit(sig, frame)

    def _begin(self, connection: socket.socket) -> None:
        task = self._loop.create_task(self._serve_connection(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _serve_connection(self, connection: socket.socket) -> None:
        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        connection.setblocking(False)
        with suppress(OSError):  # the client has gone, or speaks no TLS
            await self._loop.connect_accepted_socket(protocol, connection, ssl=self.config.ssl)

    def _close_door(self) -> None:
        """Take no more connections, and let those there are end with their next answer."""
        self._state.is_leaving = True
        for server in self.servers:
            server.close()
        for connection in self._state.connections:
            if isinstance(connection, ProblemProtocol):
                connection.let_go()
        self._let_end()


def _end() -> None:
    logger.error("the server did not stop in time; it ends now, and nothing that was answered is lost")
    os._exit(1)
