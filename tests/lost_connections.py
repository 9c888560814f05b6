"""A way to a database that can be cut: what goes through is passed on, until the end of a transaction is asked for.

So a test can lose a connection just before a commit reaches the database, or just before its answer comes back.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

PORT_FILE = ".s.PGSQL.5432"


class CutLine:
    """Listens in a folder of its own, as a database would, and passes on to the one in another folder.

    `journeys` is how often the database has said that it is ready for what comes next (ReadyForQuery of its protocol):
    each time one client had sent something, and waited. In how many pieces it was read says nothing.

    With `cut_before` or `cut_after`, the next connection that commits is lost: before the database hears of it, or
    after it has done it and before it can say so. Each is done once.
    """

    def __init__(self, folder: Path, database: Path) -> None:
        self.folder = folder
        self._database = database
        self.cut_before = threading.Event()
        self.cut_after = threading.Event()
        self.cuts = 0
        self.journeys = 0
        self._listening = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Self:
        self._listening.bind(str(self.folder / PORT_FILE))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._database / PORT_FILE))
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=self._to_client, args=(client, server), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client, server:
            while sent := client.recv(1 << 16):
                if b"COMMIT" in sent and self.cut_before.is_set():
                    self.cut_before.clear()
                    self.cuts += 1
                    _end(client, server)
                else:
                    server.sendall(sent)
            _end(client, server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        unread = b""
        with suppress(OSError):
            while answer := server.recv(1 << 16):
                ready, unread = _times_ready(unread + answer)
                self.journeys += ready
                if self.cut_after.is_set() and b"COMMIT\0" in answer:
                    self.cut_after.clear()
                    self.cuts += 1
                    _end(client, server)
                    return
                client.sendall(answer)
            _end(client, server)


def _times_ready(answer: bytes) -> tuple[int, bytes]:
    """How often the database says that it is ready, and what has come of a message that is not whole yet."""
    ready = 0
    while len(answer) >= 5 and len(answer) >= (end := 1 + int.from_bytes(answer[1:5])):
        ready += answer.startswith(b"Z")
        answer = answer[end:]
    return ready, answer


def _end(*ends: socket.socket) -> None:
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
