"""A server that stops in good order, and within a limit.

Told to stop (SIGTERM, as service managers send it, or Ctrl-C) it takes no more connections, and gives the requests in
progress some seconds (the setting `stop_seconds`): an append that has come whole is recorded and answered, and streams
of events end. Then what is still open, an answer that nobody reads or a body that does not come, is closed; questions
in progress are given up; children end with it. Should anything hold it up even then, the process ends all the same:
what was answered is on the disk, and what was not is not recorded, as after a power cut.
"""

import logging
import os
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

LAST_S = 15.0
"""How long after the limit the process itself may take to end."""
logger = logging.getLogger("supply_ledger")


class StoppingServer(uvicorn.Server):
    """The web server, which watches over its own end. `let_end` is called when it is told to stop."""

    def __init__(self, config: uvicorn.Config, let_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_end = let_end

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; asked for a second time by Ctrl-C, stop at once."""
        limit_s = self.config.timeout_graceful_shutdown
        if not self.should_exit and limit_s is not None:
            last = threading.Timer(limit_s + LAST_S, _end)
            last.daemon = True
            last.start()
        self._let_end()
        super().handle_exit(sig, frame)


def _end() -> None:
    logger.error("the server did not stop in time; it ends now, and nothing that was answered is lost")
    os._exit(1)
