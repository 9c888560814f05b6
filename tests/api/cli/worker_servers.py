"""A server of several workers, in processes of its own, and clients each of which one worker serves."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from select import select
from typing import Any
from uuid import uuid4

from tests.patience import PATIENCE_S
from tests.places import ROOT


class WorkerClient:
    """A client with one connection, which stays with the worker that it was given to."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    def get(self, path: str) -> Any:
        """A document, which must be there."""
        status, text = self.ask("GET", path)
        assert status == 200, text
        return json.loads(text)

    def post(self, *events: Any) -> int:
        """The position of the last of some events, which are recorded."""
        status, text = self.ask("POST", "/v1/events", list(events), **{"Idempotency-Key": str(uuid4())})
        assert status in (200, 201), text
        return int(json.loads(text)["items"][-1]["position"])

    def metrics(self) -> dict[str, float]:
        """The metrics, by name and labels."""
        lines = (line.rpartition(" ") for line in self.ask("GET", "/metrics")[1].splitlines() if line[0] != "#")
        return {name: float(value) for name, _, value in lines}

    def worker(self) -> int:
        """The process that serves this client."""
        return int(self.metrics()["supply_ledger_process_id"])

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class WorkerServer:
    """A server whose supervisor runs as `process`."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, count: int) -> None:
        self.process = process
        self.port = port
        self.count = count

    def tell(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        self.process.send_signal(number)

    @contextmanager
    def client(self) -> Iterator[WorkerClient]:
        """A client of some worker."""
        with closing(WorkerClient(self.port)) as client:
            yield client

    @contextmanager
    def clients(self) -> Iterator[list[WorkerClient]]:
        """A client of each worker."""
        found = self._found()
        try:
            yield list(found.values())
        finally:
            for client in found.values():
                client.close()

    def workers(self) -> set[int]:
        """The processes that serve, once all do."""
        found = self._found()
        for client in found.values():
            client.close()
        return set(found)

    def _found(self) -> dict[int, WorkerClient]:
        by_worker: dict[int, WorkerClient] = {}
        while len(by_worker) < self.count:
            client = WorkerClient(self.port)
            if by_worker.setdefault(client.worker(), client) is not client:
                client.close()
        return by_worker


class Watched:
    """Processes that are watched, from now on: whether and when they end."""

    def __init__(self, processes: Iterable[int]) -> None:
        self._ends = [os.pidfd_open(process) for process in processes]

    def have_ended(self, *, within_s: float = PATIENCE_S) -> bool:
        """Wait until all have."""
        while self._ends:
            ended, _, _ = select(self._ends, [], [], within_s)
            if not ended:
                return False
            for one in ended:
                self._ends.remove(one)
                os.close(one)
        return True


@contextmanager
def workers_at(data: Path | str, count: int, *, folder: Path, **variables: str) -> Iterator[WorkerServer]:
    """A server of so many workers over the ledger at a place, which is killed in the end if it runs still."""
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--workers", str(count), "--data", str(data)]
    environment = {
        **os.environ,
        "SUPPLY_LEDGER_FOLDER": str(folder),
        "SUPPLY_LEDGER_VERIFY_HOURS": "0",
        **variables,
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert match
        try:
            yield WorkerServer(process, int(match[1]), count)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE_S)
