"""A worker: one of the processes that serve together, as their supervisor starts it.

    python -m api.cli.worker_process '{"host": "127.0.0.1", "ip": "127.0.0.1", "channel": 5, …}'

The ledger is that of the settings `data` and `folder`, where an address with a password may be. Over the channel, a
socket, the worker says once that it serves (`READY`); from then on it gets connections there (`CONNECTION`), and at
last may be told that no more will come, and to leave (`LEAVE`). Where the channel ends, the supervisor has, and the
worker ends too.
"""

import json
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from api.cli.server import Service, serve_as_worker
from api.cli.session import engine_at, opened_ledger, reporting
from api.cli.stopping_server import StoppingServer
from api.operations.table_places import table_place
from api.settings import data_directory
from ledger import LedgerError
from projections import TablesUnavailable

READY, CONNECTION, LEAVE = b"R", b"C", b"L"


@dataclass(frozen=True)
class WorkerOrder:
    """What a worker is to do: `ip` is where its clients come to, and `channel` a descriptor; `ready_first`: to serve
    once everything that is recorded is taken in.
    """

    service: Service
    ip: str
    channel: int
    ready_first: bool

    def text(self) -> str:
        """As the argument of the process; where the data are is in its environment."""
        service = self.service
        return json.dumps(
            {
                "host": service.host,
                "certificate": None if service.certificate is None else str(service.certificate),
                "key": None if service.key is None else str(service.key),
                "log_format": service.log_format,
                "ip": self.ip,
                "channel": self.channel,
                "ready_first": self.ready_first,
            }
        )

    @classmethod
    def of(cls, text: str) -> "WorkerOrder":
        """The same, read."""
        said: dict[str, Any] = json.loads(text)
        certificate, key = (None if said[name] is None else Path(said[name]) for name in ("certificate", "key"))
        service = Service(said["host"], certificate=certificate, key=key, log_format=said["log_format"])
        return cls(service, said["ip"], said["channel"], said["ready_first"])


class Supervision:
    """What a worker and its supervisor say to each other."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._server: StoppingServer | None = None

    def start(self) -> None:
        """Hear the supervisor, in a thread of its own."""
        threading.Thread(target=self._hear, name="supervision", daemon=True).start()

    def serves(self, server: StoppingServer) -> None:
        """Say that connections are taken."""
        self._server = server
        with suppress(OSError):  # nobody listens any more
            self._channel.sendall(READY)

    def _hear(self) -> None:
        while (told := _told(self._channel)) is not None:
            said, connection = told
            if self._server is None:
                continue
            if said == LEAVE:
                self._server.leave()
            elif connection is not None:
                self._server.take(connection)
        os.kill(os.getpid(), signal.SIGTERM)


def _told(channel: socket.socket) -> tuple[bytes, socket.socket | None] | None:
    """The next that is said, and the connection that came with it; None at the end."""
    try:
        said, descriptors, *_ = socket.recv_fds(channel, 1, 1)
    except OSError:
        return None
    if not said:
        return None
    return said, socket.socket(fileno=descriptors[0]) if descriptors else None


def main(text: str) -> None:
    """Serve until told to leave or to stop."""
    order = WorkerOrder.of(text)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.set_inheritable(order.channel, False)
    channel = socket.socket(fileno=order.channel)
    supervision = Supervision(channel)
    supervision.start()
    data = data_directory()
    with (
        suppress(KeyboardInterrupt),
        reporting(),
        table_place(data) as tables,
        opened_ledger(None, make=False) as ledger,
        engine_at(ledger, tables) as engine,
    ):
        if order.ready_first:
            with suppress(LedgerError, TablesUnavailable):  # it says so to whoever asks
                engine.catch_up()
        serve_as_worker(engine, order.service, order.ip, supervision.serves)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except typer.Exit as end:
        sys.exit(end.exit_code)
