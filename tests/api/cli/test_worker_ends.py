"""Workers that leave, are killed, or are told to stop: nobody is refused, and nothing acknowledged is lost."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from ledger import Ledger
from tests.api.cli.worker_servers import Watched, WorkerClient, WorkerServer, workers_at
from tests.api.helpers import BASICS, country
from tests.patience import PATIENCE_S
from tests.places import ROOT
from tests.stores import log_location

STORES = ["sqlite", "postgres"]


@pytest.fixture(params=STORES)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of a log."""
    return log_location(request.param, tmp_path)


@contextmanager
def served(location: str, folder: Path, count: int = 2, **variables: str) -> Iterator[WorkerServer]:
    data = location if "://" in location else folder
    with workers_at(data, count, folder=folder, **variables) as server:
        yield server


class Load:
    """Clients that append, each its own places, and note what came of it."""

    def __init__(self, server: WorkerServer, *, keep_open: bool) -> None:
        self.acknowledged: list[tuple[str, int]] = []
        self.read = 0
        self.faults: list[object] = []
        self._server = server
        self._keep_open = keep_open
        self._ended = threading.Event()

    def run(self, name: str) -> None:
        """Append, and read what was appended, until it is ended."""
        client = WorkerClient(self._server.port)
        number = 0
        while not self._ended.is_set():
            number += 1
            slug = f"{name}-{number}"
            try:
                self.acknowledged.append((slug, client.post(country(slug))))
                assert client.get(f"/v1/entities/{slug}")["items"][0]["entity"] == slug
                self.read += 1
            except Exception as error:
                self.faults.append((slug, repr(error)))
                return
            if not self._keep_open:
                client.close()
        client.close()

    @contextmanager
    def running(self, name: str, clients: int) -> Iterator[None]:
        """So many at once, until the block ends."""
        threads = [threading.Thread(target=self.run, args=(f"{name}-{number}",)) for number in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join(PATIENCE_S)


def recorded(location: str) -> Counter[str]:
    """How often each place is in the log, which is whole."""
    with Ledger(location) as ledger:
        assert ledger.verify().faults == ()
        return Counter(entry.body["entity"] for entry in ledger.entries())


def test_workers_are_replaced_one_after_the_other_and_no_request_is_refused(location: str, tmp_path: Path) -> None:
    with served(location, tmp_path) as server:
        staying, fresh = Load(server, keep_open=True), Load(server, keep_open=False)
        before = Watched(server.workers())
        with staying.running("staying", 1), fresh.running("fresh", 1):
            server.tell(signal.SIGHUP)
            assert before.have_ended()
        assert staying.faults == fresh.faults == []
        acknowledged = staying.acknowledged + fresh.acknowledged
        assert staying.read + fresh.read == len(acknowledged) > 0
    counts = recorded(location)
    assert {slug: counts[slug] for slug, _ in acknowledged} == dict.fromkeys(dict(acknowledged), 1)


def test_a_worker_that_is_killed_is_replaced_and_loses_nothing_that_it_acknowledged(
    location: str, tmp_path: Path
) -> None:
    with Ledger(location) as ledger:
        ledger.append(BASICS)
    acknowledged: dict[str, int] = {}
    grown, ended = threading.Condition(), threading.Event()

    def append(port: int, name: str) -> None:
        """Append one place after the other, each until it is acknowledged."""
        number = 0
        while not ended.is_set():
            number += 1
            slug = f"{name}-{number}"
            key = str(uuid4())
            while slug not in acknowledged:
                client = WorkerClient(port)
                with suppress(OSError, http.client.HTTPException):
                    status, text = client.ask("POST", "/v1/events", [country(slug)], **{"Idempotency-Key": key})
                    assert status in (200, 201, 503), text
                    if status < 300:
                        with grown:
                            acknowledged[slug] = json.loads(text)["items"][0]["position"]
                            grown.notify_all()
                client.close()

    with served(location, tmp_path) as server:
        threads = [threading.Thread(target=append, args=(server.port, f"by-{number}")) for number in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            victim = min(server.workers())
            with grown:
                wanted = len(acknowledged) + 20
                while len(acknowledged) < wanted:
                    assert grown.wait(PATIENCE_S)
            watched = Watched([victim])
            os.kill(victim, signal.SIGKILL)
            assert watched.have_ended()
            assert victim not in server.workers(), "another has taken its place"
        ended.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        with server.clients() as clients:
            (first, *others) = [client.ask("GET", "/v1/entities?limit=1000&as_of=2100-01-01") for client in clients]
            assert all(json.loads(other[1])["items"] == json.loads(first[1])["items"] for other in others)
    counts = recorded(location)
    assert set(counts.values()) == {1}
    assert set(acknowledged) <= set(counts)
    with Ledger(location) as ledger:
        at = {entry.position: entry.body["entity"] for entry in ledger.entries()}
    assert all(at[position] == slug for slug, position in acknowledged.items())


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_all_end_and_an_append_in_progress_is_answered(tmp_path: Path, told: signal.Signals) -> None:
    body = json.dumps(BASICS).encode()
    with served(str(tmp_path / "ledger.db"), tmp_path, SUPPLY_LEDGER_STOP_SECONDS=str(PATIENCE_S)) as server:
        workers = Watched(server.workers())
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.putrequest("POST", "/v1/events")
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body)}.items():
            connection.putheader(name, str(value))
        connection.endheaders(body[:10])
        server.tell(told)
        with suppress(OSError):
            while True:  # until nobody new is let in
                socket.create_connection(("127.0.0.1", server.port), PATIENCE_S).close()
        connection.send(body[10:])
        assert connection.getresponse().status in (200, 201)
        connection.close()
        assert server.process.wait(PATIENCE_S) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read().endswith("Stopped.\n")
        assert workers.have_ended()
    assert sum(recorded(str(tmp_path / "ledger.db")).values()) == len(BASICS)


def test_workers_whose_supervisor_is_killed_end(tmp_path: Path) -> None:
    with served(str(tmp_path / "ledger.db"), tmp_path) as server:
        workers = Watched(server.workers())
        server.process.kill()
        assert workers.have_ended()


def test_workers_that_cannot_begin_end_the_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--workers", "2", "--data", str(tmp_path)]
    environment = {**os.environ, "SUPPLY_LEDGER_ANSWERS_MB": "many"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 1
    assert "SUPPLY_LEDGER_ANSWERS_MB is a whole number of megabytes, not 'many'" in " ".join(done.stderr.split())
    assert "Serving" not in done.stdout
