"""Whether a server's memory grows with the number of its requests: run by hand.

    python -m tests.benchmarks.soak --requests 10000

It starts a server on loopback over a temporary ledger with a made-up log, and sends it requests of every kind from a
few clients: every resource in every format, pages, answers that the client has already, errors, appends, dry runs and
imports. The room for kept answers is small, so that it is full soon. After each thousand requests it notes the
server's resident memory.

Memory first grows: caches fill, allocators keep what they may need again, and DuckDB's notes on the buffers that it
has freed grow by some kilobytes a query, for tens of thousands of queries, to some 50 MB. The verdict is of the second
half: the line that fits its samples best must not rise by more than 8 KiB a request, less than half of what one answer
or table kept by mistake would be. With 30,000 requests and more it is as good as level.
"""

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from api.questions.audit import AUDIT_QUESTIONS
from api.settings import ANSWERS_MB as ANSWERS_SETTING
from projections import CATALOGUE
from tests.benchmarks import history

CLIENTS = 4
LOG = 5_000
ANSWERS_MB = 8
STEP = 1_000
GROWTH_BYTES_MAX = 8 * 1024
"""For each request of the second half."""
FORMATS = ("json", "json", "json", "jsonl", "csv", "parquet", "arrow", "xlsx")
JSON = {"Content-Type": "application/json"}
OWN: dict[str, dict[str, str]] = {
    "impact": {"recorded_from": "position:3000"},
    "trace": {"entity": "place-000001"},
    "concentration": {"metric": "mine_production", "period": "2022"},
    "diff": {"from_as_of": "2015", "to_as_of": "2020", "subject": "place-000002"},
}
"""What a question of the audit wants beside, or instead of, a subject."""


class Sent(NamedTuple):
    """A request, and the statuses that it may be answered with."""

    method: str
    url: str
    allowed: tuple[int, ...] = (200,)
    body: bytes | None = None
    headers: dict[str, str] = {}  # noqa: RUF012


class Asking:
    """Makes up requests of every kind, the same for the same seed. `known` are ids and tags that answers gave."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._numbers = count(1)
        self._client = seed
        self.figures: list[str] = []
        self.events: list[str] = []
        self.tags: list[tuple[str, str]] = []

    def next(self) -> Sent:
        """The next request."""
        kinds = (self._state, self._one, self._audit, self._event, self._again, self._wrong, self._write, self._about)
        (make,) = self._chance.choices(kinds, weights=(30, 15, 12, 15, 10, 8, 9, 1))
        return make()

    def heard(self, sent: Sent, answer: http.client.HTTPResponse, body: bytes) -> None:
        """Learn from an answer."""
        tag = answer.headers["ETag"]
        if tag is not None and "format=xlsx" not in sent.url:
            self.tags = [*self.tags[-50:], (sent.url, tag)]
        if answer.status == 200 and sent.method == "GET" and answer.headers["Content-Type"] == "application/json":
            for item in json.loads(body).get("items", ())[:5]:
                if "figure_id" in item:
                    self.figures = [*self.figures[-200:], item["figure_id"]]
                if item.get("event_id"):
                    self.events = [*self.events[-200:], item["event_id"]]

    def _state(self) -> Sent:
        name = self._chance.choice(list(CATALOGUE))
        asked: dict[str, Any] = {"limit": self._chance.choice((1, 100, 100, 1000)), **self._clocks(), **self._form()}
        if name in ("figures", "statements", "relationships") and self._chance.random() < 0.8:
            asked["subject"] = self._place()
        if name == "entities" and self._chance.random() < 0.3:
            asked["q"] = "publisher-0"
        return Sent("GET", f"/v1/{name}?{urlencode(asked)}")

    def _one(self) -> Sent:
        asked = {**self._clocks(), **self._form()}
        if self.figures and self._chance.random() < 0.6:
            figure = self._chance.choice(self.figures)
            if self._chance.random() < 0.5:
                return Sent("GET", f"/v1/figures?{urlencode({'figure_id': figure, **asked})}")
            asked["clock"] = self._chance.choice(("publication", "ledger"))
            return Sent("GET", f"/v1/figures/{figure}/history?{urlencode(asked)}", (200, 404))
        thing = self._chance.choice((f"entities/{self._place()}", "policies/policy-3", "agreements/agreement-9"))
        return Sent("GET", f"/v1/{thing}?{urlencode(asked)}", (200, 404))

    def _audit(self) -> Sent:
        if self.figures and self._chance.random() < 0.05:
            return Sent("GET", f"/v1/report?{urlencode({'figure_id': self._chance.choice(self.figures)})}")
        name = self._chance.choice(AUDIT_QUESTIONS).name
        asked = {**OWN.get(name, {"subject": self._place()}), **self._form()}
        return Sent("GET", f"/v1/{name}?{urlencode(asked if name in ('diff', 'impact') else asked | self._clocks())}")

    def _event(self) -> Sent:
        if self.events and self._chance.random() < 0.5:
            return Sent("GET", f"/v1/events/{self._chance.choice(self.events)}", (200, 404))
        asked = {"after": self._chance.randrange(LOG), "limit": self._chance.choice((10, 100)), **self._form()}
        if self._chance.random() < 0.3:
            asked["entity"] = self._place()
        return Sent("GET", f"/v1/events?{urlencode(asked)}")

    def _again(self) -> Sent:
        if not self.tags:
            return self._state()
        url, tag = self._chance.choice(self.tags)
        return Sent("GET", url, (200, 304, 404), headers={"If-None-Match": tag})

    def _wrong(self) -> Sent:
        return self._chance.choice(
            (
                Sent("GET", f"/v1/figures?subjec={self._place()}", (422,)),
                Sent("GET", "/v1/figures?limit=10001", (422,)),
                Sent("GET", "/v1/figures?cursor=nonsense", (422,)),
                Sent("GET", f"/v1/nothing/{uuid4()}", (404,)),
                Sent("GET", f"/v1/entities/nobody-{self._chance.randrange(10**6)}", (404,)),
                Sent("GET", "/v1/figures", (406,), headers={"Accept": "image/png"}),
                Sent("DELETE", "/v1/events", (405,)),
                Sent("POST", "/v1/events", (400,), b'{"type": NaN}', JSON),
                Sent("POST", "/v1/events", (422,), b'{"type": "Unknown"}', JSON),
                Sent("POST", "/v1/events", (415,), b"x", {"Content-Type": "text/plain"}),
                Sent("POST", "/v1/imports", (422,), b"{}\n", {"Content-Type": "application/x-ndjson"}),
            )
        )

    def _write(self) -> Sent:
        events = [self._figure() for _ in range(self._chance.choice((1, 1, 1, 5)))]
        lot = self._chance.random()
        if lot < 0.2:
            return Sent("POST", "/v1/events?dry_run=true", (200,), json.dumps(events[:2]).encode(), JSON)
        if lot < 0.4:
            lines = "".join(json.dumps(event) + "\n" for event in events).encode()
            return Sent("POST", "/v1/imports", (200,), lines, {"Content-Type": "application/x-ndjson"})
        key = {"Idempotency-Key": f"{self._client}-{next(self._numbers) // 3}"} if lot < 0.6 else {}
        if key:
            events = [
                {**self._figure(), "event_id": f"00000000-0000-4000-8000-{hash(tuple(key.items())) & 0xFFFF:012x}"}
            ]
            return Sent("POST", "/v1/events", (200, 201, 409, 422), json.dumps(events).encode(), {**JSON, **key})
        return Sent("POST", "/v1/events", (201,), json.dumps(events).encode(), JSON)

    def _about(self) -> Sent:
        paths = ("/v1/event-types", "/v1/event-types/QuotaSet", "/healthz", "/readyz", "/openapi.json", "/docs")
        return Sent("GET", self._chance.choice(paths))

    def _figure(self) -> dict[str, Any]:
        return {
            "type": "ProductionReported",
            "subject": self._place(),
            "metric": "mine_production",
            "period": self._chance.choice(("2020", "2021", "2022")),
            "value": str(self._chance.randrange(10**6)),
            "unit": "t",
            "published_at": f"20{self._chance.randrange(10, 26)}-06-30",
            "source": {"publisher": self._chance.choice(history.PUBLISHERS), "reference": str(uuid4())},
        }

    def _place(self) -> str:
        return history.subject(self._chance.randrange(history.subjects(LOG)))

    def _clocks(self) -> dict[str, str]:
        lot = self._chance.random()
        day = f"20{self._chance.randrange(10, 25)}-{self._chance.randrange(1, 13):02}-15"
        if lot < 0.3:
            return {"as_of": day, "recorded_as_of": f"position:{self._chance.randrange(100, LOG)}"}
        return {"as_of": day} if lot < 0.6 else {}

    def _form(self) -> dict[str, str]:
        return {"format": self._chance.choice(FORMATS)}


class Tally:
    """What the clients did together; one of them at a time notes the memory."""

    def __init__(self, total: int, pid: int) -> None:
        self._left = total
        self.statuses: Counter[int] = Counter()
        self.unexpected: list[str] = []
        self.samples: list[tuple[int, int]] = []
        self._pid = pid
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there is another request to send."""
        with self._lock:
            self.sample()
            self._left -= 1
            return self._left >= 0

    def sample(self, *, whole: bool = False) -> None:
        """Note the memory, where another thousand, or the whole, is done."""
        answered = self.statuses.total()
        noted = self.samples[-1][0] if self.samples else -1
        if answered // STEP >= len(self.samples) or (whole and answered > noted):
            self.samples.append((answered, resident_bytes(self._pid)))

    def note(self, sent: Sent, status: int, body: bytes) -> None:
        """Count an answer."""
        with self._lock:
            self.statuses[status] += 1
            if status not in sent.allowed:
                self.unexpected.append(f"{status} {sent.method} {sent.url}: {body[:200]!r}")


def resident_bytes(pid: int) -> int:
    """The resident memory of a process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def server(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server over a data directory on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "api", "serve", "--data", str(data), "--port", str(port)]
    # One heap for all threads: else what each of them keeps for later looks like growth.
    environment = {**os.environ, ANSWERS_SETTING.variable: str(ANSWERS_MB), "MALLOC_ARENA_MAX": "1"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            wait_for(port, process)
            yield process, port
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once the server answers."""
    for _ in range(600):
        try:
            if ask(http.client.HTTPConnection("127.0.0.1", port), Sent("GET", "/readyz"))[0].status == 200:
                return
        except OSError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def ask(connection: http.client.HTTPConnection, sent: Sent) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request, and read the answer."""
    connection.request(sent.method, sent.url, body=sent.body, headers=sent.headers)
    answer = connection.getresponse()
    return answer, answer.read()


def client(port: int, seed: int, tally: Tally) -> None:
    """Send requests until enough were sent."""
    asking = Asking(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while tally.take():
        sent = asking.next()
        try:
            answer, body = ask(connection, sent)
        except (OSError, http.client.HTTPException) as error:
            tally.unexpected.append(f"{error!r} {sent.method} {sent.url}")
            connection.close()  # the next request opens it again
            continue
        tally.note(sent, answer.status, body)
        asking.heard(sent, answer, body)
    connection.close()


def soak(requests: int) -> Tally:
    """The run."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        log = "".join(line + "\n" for line in history.lines(LOG)).encode()
        with server(data) as (process, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
            answer, body = ask(
                connection,
                Sent("POST", "/v1/imports?mode=proceed", (200,), log, {"Content-Type": "application/x-ndjson"}),
            )
            assert answer.status == 200, body
            tally = Tally(requests, process.pid)
            clients = [threading.Thread(target=client, args=(port, seed, tally)) for seed in range(CLIENTS)]
            for one in clients:
                one.start()
            for one in clients:
                one.join()
            tally.sample(whole=True)
    return tally


def growth(samples: list[tuple[int, int]]) -> float:
    """By how many bytes a request the best line through the second half of the samples rises."""
    late = samples[len(samples) // 2 :] if len(samples) > 3 else samples
    slope, _ = statistics.linear_regression([number for number, _ in late], [size for _, size in late])
    return slope


def main() -> int:
    """Run, print, and say by the exit code whether memory is steady and every answer was one that was due."""
    parser = argparse.ArgumentParser(description="Whether a server's memory grows with the number of its requests.")
    parser.add_argument("--requests", type=int, default=10_000)
    started = time.monotonic()
    tally = soak(parser.parse_args().requests)
    print(f"{'requests':>10} {'resident MB':>12}")
    for number, size in tally.samples:
        print(f"{number:>10} {size / 1e6:>12.1f}")
    print("statuses:", ", ".join(f"{status}: {times}" for status, times in sorted(tally.statuses.items())))
    print(f"{tally.statuses.total() / (time.monotonic() - started):.0f} requests/s")
    for line in tally.unexpected[:20]:
        print("unexpected:", line)
    rise = growth(tally.samples)
    steady = rise <= GROWTH_BYTES_MAX
    limit = f"at most {GROWTH_BYTES_MAX}"
    print(f"{'steady' if steady else 'GROWS'}: {rise:+.0f} bytes a request over the second half ({limit})")
    return 0 if steady and not tally.unexpected else 1


if __name__ == "__main__":
    sys.exit(main())
