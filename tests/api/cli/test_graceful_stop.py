"""A server that is told to stop ends the appends in progress, and waits for nobody longer than it was told to."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger import Ledger
from tests.api.helpers import BASICS
from tests.patience import PATIENCE_S
from tests.places import ROOT

BODIES = {
    "/v1/events": ("application/json", json.dumps(BASICS).encode()),
    "/v1/imports": ("application/x-ndjson", b"".join(json.dumps(one).encode() + b"\n" for one in BASICS)),
}


class Server:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self._port = port

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)

    def begun(self, path: str, *, length: int | None = None) -> socket.socket:
        """A request whose head has come, and whose body is waited for."""
        client = self.connected()
        kind, body = BODIES[path]
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {length or len(body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        return client

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def has_closed_its_door(self) -> bool:
        """Whether nobody new is let in."""
        try:
            self.connected().close()
        except (ConnectionRefusedError, ConnectionResetError):
            return True
        return False


@contextmanager
def serving(data: Path, *, stop_seconds: int) -> Iterator[Server]:
    command = [sys.executable, "-m", "api", "serve", "--port", "0"]
    variables = {
        **os.environ,
        "SUPPLY_LEDGER_DATA": str(data),
        "SUPPLY_LEDGER_STOP_SECONDS": str(stop_seconds),
        "SUPPLY_LEDGER_VERIFY_HOURS": "0",
    }
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Serving")
        try:
            yield Server(process, int(line.partition("127.0.0.1:")[2].partition("/")[0]))
        finally:
            process.kill()


@pytest.mark.parametrize("path", BODIES)
def test_an_append_in_progress_is_recorded_and_answered(tmp_path: Path, path: str) -> None:
    with serving(tmp_path, stop_seconds=int(PATIENCE_S)) as server:
        with server.begun(path) as client, client.makefile("rb") as answered:
            server.stop()
            while not server.has_closed_its_door():
                pass
            client.sendall(BODIES[path][1])
            answer = answered.read()
        assert answer.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")), answer
        assert server.process.wait(PATIENCE_S) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read().endswith("Stopped.\n")
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.head() == len(BASICS)
        assert ledger.verify().faults == ()


@pytest.mark.parametrize("path", BODIES)
def test_a_body_that_does_not_come_keeps_no_server(tmp_path: Path, path: str) -> None:
    length = 10**9 if path == "/v1/imports" else None
    with serving(tmp_path, stop_seconds=1) as server, server.begun(path, length=length) as client:
        client.sendall(BODIES[path][1][:10])
        server.stop()
        assert server.process.wait(PATIENCE_S) == 0
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.head() == 0


def test_a_stream_that_nobody_reads_keeps_no_server(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append(
            [{"type": "EntityRegistered", "entity": f"e{n}", "kind": "other", "name": "x" * 4000} for n in range(4000)]
        )
    with serving(tmp_path, stop_seconds=1) as server, server.connected() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /v1/entities.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        server.stop()
        assert server.process.wait(PATIENCE_S) == 0
