"""Many servers on one log in PostgreSQL, killed at random: `python -m tests.crash.many_servers --events 100000`.

Each server has writers and a reader that follows its stream. Meanwhile backends of the database are ended, and servers
killed (SIGKILL) and started again. A writer sends the same request, with the same key, until some server answers it; a
reader goes on from the last position that it saw, at any server. In the end:

- every request that was acknowledged is in the log, whole, once, where the answer said;
- positions run from 1 without a gap, and nothing is there that nobody sent;
- every reader saw each event once and in order;
- the servers give the same answers at the same position, byte for byte.

Exits with 1 where any of that is not so.
"""

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from ledger import Ledger
from tests.ledger.conftest import WORLD, figure
from tests.patience import PATIENCE_S
from tests.places import ROOT
from tests.postgres import Cluster, needed_binaries

NAMESPACE = UUID("00000000-0000-4000-8000-000000000001")
ANSWER_S = 60.0
PAUSE_S = 0.05
BATCH_MAX = 40


class Found(NamedTuple):
    """What came of a run."""

    faults: list[str]
    events: int
    seconds: float
    counts: Counter[str]
    """How often a server was killed, a backend ended, a request sent again."""


class Server:
    """A server of a log, with a folder of its own, which may be killed and started again."""

    def __init__(self, address: str, folder: Path) -> None:
        self._variables = {
            **os.environ,
            "SUPPLY_LEDGER_DATA": address,
            "SUPPLY_LEDGER_FOLDER": str(folder),
            "SUPPLY_LEDGER_VERIFY_HOURS": "0",
            "PYTHONPATH": str(ROOT),
        }
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Start it, on the same port once it has one; it listens when this returns."""
        command = [sys.executable, "-m", "api", "serve", "--port", str(self.port)]
        with self._lock:
            self._process = subprocess.Popen(command, env=self._variables, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            if self._process.stdout is None:
                raise RuntimeError
            for line in self._process.stdout:
                if "/v1" in line:
                    self.port = int(line.partition("/v1")[0].rpartition(":")[2])
                    return
        raise RuntimeError("a server did not start")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it."""
        with self._lock:
            if self._process is not None:
                self._process.send_signal(number)
                self._process.communicate()


class Run:
    """One run: servers, writers, readers, and what ends them."""

    def __init__(self, cluster: Cluster, *, servers: int, writers: int, events: int, seed: int) -> None:
        self._cluster = cluster
        self._address = cluster.address(f"many_{seed}")
        self._random = Random(seed)
        self._events = events
        self._counts: Counter[str] = Counter()
        self._faults: list[str] = []
        self._acknowledged: dict[str, list[tuple[str, int]]] = {}
        self._sent = 0
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._broken = threading.Event()
        """Something was killed or ended. The second half of the events waits for that, however fast the first was."""
        self._folder = tempfile.TemporaryDirectory(prefix="many-servers-")
        with Ledger(self._address) as ledger:
            ledger.append(WORLD)
        folders = [Path(self._folder.name) / str(number) for number in range(servers)]
        self._servers = [Server(self._address, folder) for folder in folders]
        self._writers = servers * writers

    def run(self) -> Found:
        """All of it."""
        began = time.monotonic()
        writers = [threading.Thread(target=self._write, args=(number,)) for number in range(self._writers)]
        readers = [threading.Thread(target=self._read, args=(number,)) for number in range(len(self._servers))]
        breaker = threading.Thread(target=self._break)
        for thread in (*writers, *readers, breaker):
            thread.start()
        for thread in writers:
            thread.join()
        seconds = time.monotonic() - began
        self._done.set()
        breaker.join()
        for thread in readers:
            thread.join()
        try:
            self._check_log()
            self._check_answers()
        finally:
            for server in self._servers:
                server.kill(signal.SIGTERM)
            self._folder.cleanup()
        return Found(self._faults, self._sent, seconds, self._counts)

    def _take(self, most: int) -> int:
        """How many events a writer sends next; 0 at the end."""
        if 2 * self._sent >= self._events:
            self._broken.wait(PATIENCE_S)
        with self._lock:
            count = min(most, self._events - self._sent)
            self._sent += count
            return count

    def _write(self, number: int) -> None:
        random = Random(f"writer {number}")
        part = 0
        while count := self._take(random.randrange(1, BATCH_MAX)):
            part += 1
            key = f"{number}.{part}"
            facts = [
                figure(
                    str(random.randrange(1, 10**6)),
                    event_id=str(uuid5(NAMESPACE, f"{key}.{place}")),
                    period=f"{random.randrange(1000, 2100)}-{random.randrange(1, 13):02}",
                    source={"publisher": "usgs", "reference": f"{key}.{place}"},
                )
                for place in range(count)
            ]
            answer = self._answered(random, number, "POST", "/v1/events", facts, key)
            with self._lock:
                self._acknowledged[key] = [(item["event_id"], item["position"]) for item in answer["items"]]

    def _answered(
        self, random: Random, number: int, method: str, path: str, body: Any = None, key: str | None = None
    ) -> dict[str, Any]:
        """The answer to a request, sent again and again until there is one."""
        server = self._servers[number % len(self._servers)]
        headers = {"Content-Type": "application/json", **({} if key is None else {"Idempotency-Key": key})}
        while True:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_S)
                try:
                    connection.request(method, path, None if body is None else json.dumps(body), headers)
                    response = connection.getresponse()
                    text = response.read()
                finally:
                    connection.close()
                if response.status in (200, 201):
                    answer: dict[str, Any] = json.loads(text)
                    return answer
                if response.status != 503:
                    self._fault(f"{method} {path} {key} was answered {response.status}: {text[:300]!r}")
                    if response.status == 409 or response.status < 500:
                        return {"items": []}
            with self._lock:
                self._counts["sent again"] += 1
            self._done.wait(PAUSE_S)
            server = random.choice(self._servers)

    def _read(self, number: int) -> None:
        """Follow the stream of a server, and go on at another where it ends, until all is seen."""
        seen, random = 0, Random(f"reader {number}")
        server = self._servers[number]
        end = None
        while end is None or seen < end:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                try:
                    connection.request("GET", "/v1/stream", headers={"Last-Event-ID": str(seen)})
                    seen = self._follow(connection.getresponse(), seen, number)
                finally:
                    connection.close()
            if self._done.is_set():
                end = len(WORLD) + self._events
            if self._faults:
                return
            self._done.wait(PAUSE_S)
            server = random.choice(self._servers)

    def _follow(self, response: http.client.HTTPResponse, seen: int, number: int) -> int:
        """Read events until the stream ends; the last position."""
        with suppress(OSError, http.client.HTTPException):
            while line := response.readline():
                if line.startswith(b"data: {") and line.endswith(b"\n"):
                    position = json.loads(line[6:])["position"]
                    if position != seen + 1:
                        self._fault(f"reader {number} saw position {position} after {seen}")
                        return seen
                    seen = position
                if self._done.is_set() and seen >= len(WORLD) + self._events:
                    return seen
        return seen

    def _break(self) -> None:
        """End backends of the database and kill servers, until the writers are done."""
        while not self._done.wait(self._random.uniform(0.2, 1.0)):
            if self._random.random() < 0.8:
                with self._cluster.connected() as connection:
                    ended = connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'supply-ledger' ORDER BY random() LIMIT 3"
                    ).fetchall()
                self._counts["backends ended"] += len(ended)
            else:
                server = self._random.choice(self._servers)
                server.kill()
                self._counts["servers killed"] += 1
                self._broken.set()
                server.start()
            if self._counts["backends ended"]:
                self._broken.set()

    def _fault(self, text: str) -> None:
        with self._lock:
            self._faults.append(text)

    def _check_log(self) -> None:
        with Ledger(self._address) as ledger:
            if ledger.doubt is not None:
                self._fault(f"the log is in doubt: {ledger.doubt}")
            self._faults += [f"verify: {fault}" for fault in ledger.verify().faults]
            entries = list(ledger.entries())
        positions = [entry.position for entry in entries]
        if positions != list(range(1, len(WORLD) + self._events + 1)):
            self._fault(f"{self._events} events were sent, and there are positions up to {max(positions, default=0)}")
        places = {str(entry.event_id): entry.position for entry in entries}
        if len(places) != len(entries):
            self._fault("an event is there twice")
        times = [entry.recorded_us for entry in entries]
        if times != sorted(times):
            self._fault("time goes back")
        for key, items in self._acknowledged.items():
            if [(event_id, places.get(event_id)) for event_id, _ in items] != items:
                self._fault(f"{key} is not where its answer said")
            if [position for _, position in items] != list(range(items[0][1], items[0][1] + len(items))):
                self._fault(f"{key} is not in one piece")
        if sum(map(len, self._acknowledged.values())) != self._events:
            self._fault("not every request was acknowledged")

    def _check_answers(self) -> None:
        """Each server, asked at the same positions, gives the same."""
        for position in (len(WORLD) + self._events, len(WORLD) + self._events // 2):
            path = f"/v1/figures?as_of=2026-01-01&recorded_as_of=position:{position}&limit=500"
            answers = {json.dumps(self._from(number, path)) for number in range(len(self._servers))}
            if len(answers) != 1:
                self._fault(f"the servers differ at position {position}")

    def _from(self, number: int, path: str) -> Any:
        """The answer of one server, once its tables are made."""
        only = self._servers[number]
        others, self._servers = self._servers, [only]
        try:
            return self._answered(Random(0), 0, "GET", path)
        finally:
            self._servers = others


def run(*, servers: int, writers: int, events: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Found:
    """One run in a cluster of its own, whose commits are on disk."""
    cluster = Cluster(needed_binaries(), fsync="on")
    try:
        say(f"{servers} servers, {writers} writers each, {events} events")
        return Run(cluster, servers=servers, writers=writers, events=events, seed=seed).run()
    finally:
        cluster.remove()


def main() -> None:
    """Run it, and say what was wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.crash.many_servers", description=__doc__)
    options.add_argument("--servers", type=int, default=4)
    options.add_argument("--writers", type=int, default=8, help="of each server")
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    found = run(servers=chosen.servers, writers=chosen.writers, events=chosen.events, seed=chosen.seed, say=print)
    for fault in found.faults[:20]:
        print(fault)
    told = ", ".join(f"{count} {what}" for what, count in sorted(found.counts.items()))
    print(f"{found.events} events in {found.seconds:.0f} s ({told}): {len(found.faults)} faults.")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
