"""The server in a process of its own, as a user starts it, and single questions to it."""

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import ours
from tests.benchmarks.apart import peak_bytes

READY_TIMEOUT_S = 600
STOP_TIMEOUT_S = 60


@dataclass(frozen=True)
class Server:
    """A server that is ready."""

    port: int
    pid: int

    def peak(self) -> int:
        """The most memory that it has held, in bytes."""
        return peak_bytes(self.pid)

    def ask(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in lower case, and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=READY_TIMEOUT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            headers: dict[str, str] = {}
            for name, value in answer.getheaders():  # One of several of a name is no less than the others.
                headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        """The body as JSON."""
        return json.loads(self.ask(path)[2])


@contextmanager
def serving(data: Path) -> Iterator[Server]:
    """Serve a data directory until the block ends."""
    port = free_port()
    with subprocess.Popen(
        ours.serving(data, port), env=ours.environment(), cwd=ours.ROOT, stdout=subprocess.DEVNULL
    ) as process:
        try:
            server = Server(port, process.pid)
            _wait_until_ready(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        try:
            if server.ask(ours.READY_PATH)[0] == http.client.OK:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not become ready")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
