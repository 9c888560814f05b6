"""A receiver of hooks on this machine, which may be down, and keeps what it takes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson

from tests.patience import PATIENCE_S


class Taken(NamedTuple):
    """A message as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        event: dict[str, Any] = orjson.loads(self.body)
        return event


class Receiver:
    """Takes messages at `url`; `statuses` are answered in turn, and after them 204."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/in"
        self.taken: list[Taken] = []
        self.refused: list[Taken] = []
        self.statuses: list[int] = []
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens while a message is in its hands."""
        self.reply = b""
        self._came = threading.Condition()

    def answer(self, taken: Taken) -> int:
        """What a message is answered by."""
        self.meanwhile()
        status = self.statuses.pop(0) if self.statuses else 204
        with self._came:
            (self.taken if status < 300 else self.refused).append(taken)
            self._came.notify_all()
        return status

    def wait_for(self, position: int) -> None:
        """Wait until the event at a position has been taken."""
        with self._came:
            assert self._came.wait_for(lambda: position in map(position_of, self.taken), PATIENCE_S)


def position_of(taken: Taken) -> int:
    """The position of the event that a message is about."""
    return int(taken.event["data"]["position"])


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.answer(Taken(dict(self.headers.items()), body)))
            self.send_header("Content-Length", str(len(receiver.reply)))
            self.end_headers()
            self.wfile.write(receiver.reply)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
