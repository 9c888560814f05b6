"""Whether a server holds out: right answers, no error of its own and steady memory, whatever happens to it. By hand.

    python -m tests.benchmarks.soak --requests 30000 --seed 1

A server on loopback over a temporary ledger gets requests of every kind from a few clients, and from one that never
waits for its answers. In the first half of the requests, something happens again and again: the server is stopped or
killed and started again, bits flip in the file of its tables, while it runs and while it does not, and its disk is
full for a while. In the second half nothing does, so that its memory can be judged.

Of the answers that stay the same for ever, since their question names a position of the log, some are kept; after each
part they are compared, byte for byte, with those of a fresh engine in memory over the same log.

- *Wrong answers* and *statuses 500*: none may be.
- *Due*: a client is answered as its request deserves. While something is wrong it may be told to ask again (503), and
  on a full disk that nothing can be recorded (507).
- *Lost*: each event that was acknowledged is in the log at the end.
- *Memory*: it first grows: caches fill, allocators keep what they may need again, and DuckDB's notes on the buffers
  that it has freed grow by some kilobytes a query, for tens of thousands of queries, to some 50 MB. The line that fits
  the samples of the last quarter best must not rise by more than 8 KiB a request, less than half of what one answer or
  table kept by mistake would be; and no sample may be above 1.5 GB. With fewer requests than 30,000 it may grow still.
"""

import argparse
import http.client
import json
import random
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from tests.benchmarks import history
from tests.benchmarks.soak_place import SoakPlace, soak_place
from tests.benchmarks.soak_requests import HEAVY, LINES, LOG, PINNED, Asking, Sent

CLIENTS = 4
STEP = 100
"""After so many requests the memory is noted."""
PARTS = 9
"""The first half has so many parts, the second half as many, in which nothing happens."""
GROWTH_BYTES_MAX = 8 * 1024
"""For each request of the last quarter."""
RESIDENT_BYTES_MAX = 1_500_000_000
KEPT_ONE_IN = 2
LOOK_AGAIN_S = 0.05
LEAVES_WITHIN_S = 0.3
LEAVES_EVERY_S = 2.0
LINES_MAX = 10
"""So much is said of each part about what was not as it must be."""

Answer = tuple[http.client.HTTPResponse, bytes]


class Kept(NamedTuple):
    """An answer that must be the same for ever."""

    url: str
    body: bytes


class Part:
    """What the clients did together in one part of the run; one of them at a time notes something."""

    def __init__(self, name: str, place: SoakPlace, requests: int, due: Sequence[int]) -> None:
        self.name = name
        self.statuses: Counter[int] = Counter()
        self.left_alone = 0
        """Questions whose client did not wait."""
        self.undue: list[str] = []
        self.kept: list[Kept] = []
        self.wrong: list[str] = []
        self.acknowledged: list[str] = []
        self.samples: list[tuple[int, int]] = []
        self.over = False
        self._place = place
        self._left = requests
        self._due = due
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there is another request to send."""
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def note(self, sent: Sent, status: int, body: bytes, *, keep: bool) -> None:
        """Count an answer, and keep it if it is one that can be compared."""
        with self._lock:
            self.statuses[status] += 1
            if status not in (*sent.allowed, *self._due):
                self.undue.append(f"{status} {sent.method} {sent.url}: {body[:300]!r}")
            if status == 201 and sent.method == "POST":
                self.acknowledged += [one["event_id"] for one in json.loads(body)["items"]]
            if keep and status == 200:
                self.kept.append(Kept(sent.url, body))
            if self.statuses.total() % STEP == 0:
                self.sample()

    def lost(self, sent: Sent, error: Exception) -> None:
        """A connection ended without an answer."""
        with self._lock:
            self.undue.append(f"{error!r} {sent.method} {sent.url}")

    def sample(self) -> None:
        """Note the memory."""
        with suppress(OSError):
            self.samples.append((self.statuses.total(), self._place.resident_bytes()))


def ask(connection: http.client.HTTPConnection, sent: Sent) -> Answer:
    """Send a request, and read the answer."""
    connection.request(sent.method, sent.url, body=sent.body, headers=sent.headers)
    answer = connection.getresponse()
    return answer, answer.read()


def client(port: int, asking: Asking, part: Part) -> None:
    """Send requests until enough were sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    number = 0
    while part.take():
        sent = asking.next()
        number += 1
        try:
            answer, body = ask(connection, sent)
        except (OSError, http.client.HTTPException) as error:
            part.lost(sent, error)
            connection.close()  # the next request opens it again
            continue
        pinned = sent.method == "GET" and not sent.headers and any(one in sent.url for one in PINNED)
        part.note(sent, answer.status, body, keep=pinned and "xlsx" not in sent.url and number % KEPT_ONE_IN == 0)
        asking.heard(sent, answer, body)
        if answer.status in (503, 507):
            time.sleep(LOOK_AGAIN_S)
    connection.close()


def leaving_client(port: int, chance: random.Random, part: Part) -> None:
    """Ask much, or begin to send a file, and go away."""
    while not part.over:
        url = chance.choice(HEAVY)
        request = f"GET {url} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        if chance.random() < 0.2:
            request = (
                f"POST /v1/imports HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {LINES['Content-Type']}\r\n"
                'Content-Length: 1000000\r\n\r\n{"type": '
            )
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request.encode())
            time.sleep(chance.random() * LEAVES_WITHIN_S)
            part.left_alone += 1
        time.sleep(chance.random() * LEAVES_EVERY_S)


def run_part(
    part: Part, place: SoakPlace, askings: Sequence[Asking], chance: random.Random, meanwhile: Callable[[], None]
) -> None:
    """Send the requests of a part, while something happens."""
    leaver = threading.Thread(target=leaving_client, args=(place.port, random.Random(chance.random()), part))
    clients = [threading.Thread(target=client, args=(place.port, asking, part)) for asking in askings]
    for thread in (leaver, *clients):
        thread.start()
    meanwhile()
    for thread in clients:
        thread.join()
    part.over = True
    leaver.join()
    part.sample()


def compare(place: SoakPlace, part: Part) -> None:
    """Ask a fresh engine in memory the same, and note what it answers otherwise."""
    with Ledger(place.ledger) as ledger, Engine(ledger) as engine:
        fresh = TestClient(create_app(engine, answers_bytes_max=0))
        for kept in part.kept:
            answer = fresh.get(kept.url)
            if answer.content != kept.body:
                part.wrong.append(f"{kept.url}\n  answered {kept.body[:1500]!r}\n  fresh    {answer.content[:1500]!r}")


def nothing() -> None:
    """Nothing happens."""


def soak(requests: int, seed: int) -> tuple[list[Part], list[str]]:
    """The run: its parts, and which acknowledged events are not in the log."""
    chance = random.Random(seed)
    askings = [Asking(seed * CLIENTS + number) for number in range(CLIENTS)]
    parts: list[Part] = []
    with soak_place() as place:
        place.start()
        _fill(place)

        def part(name: str, due: Sequence[int] = (503,), meanwhile: Callable[[], None] = nothing) -> None:
            parts.append(Part(name, place, requests // (2 * PARTS), due))
            run_part(parts[-1], place, askings, chance, meanwhile)
            compare(place, parts[-1])
            _say(parts[-1])

        def flips() -> None:
            for _ in range(10):
                time.sleep(0.5)
                place.flip_bits(chance, 4)

        _say_head()
        for kill in (False, True, True):
            part("as it is", ())
            place.stop(kill=kill)
            place.flip_bits(chance, 1 if kill else 0)
            place.start()
            part("restarted" + (", killed, a bit flipped" if kill else ""), (503, 507))
            part("bits flip" if kill else "disk full", (503, 507), flips if kill else place.fill_disk)
            place.empty_disk()
            place.stop(kill=kill)
            place.flip_bits(chance, 20 if kill else 0)
            place.start()
        for number in range(PARTS):
            part(f"quiet {number + 1}", ())
        place.stop()
        with Ledger(place.ledger) as ledger:
            recorded = {str(entry.event_id) for entry in ledger.entries()}
    return parts, [one for some in parts for one in some.acknowledged if one not in recorded]


def _fill(place: SoakPlace) -> None:
    log = "".join(line + "\n" for line in history.lines(LOG)).encode()
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=600)
    answer, body = ask(connection, Sent("POST", "/v1/imports?mode=proceed", (200,), log, LINES))
    assert answer.status == 200, body


COLUMNS = ("requests", "left", "2xx, 3xx", "4xx", "503", "507", "500", "undue", "compared", "wrong", "MB at most")


def _say_head() -> None:
    print(f"{'part':<36}" + "".join(f"{name:>11}" for name in COLUMNS))


def _say(part: Part) -> None:
    by_hundred = Counter(dict.fromkeys(range(6), 0))
    for status, times in part.statuses.items():
        by_hundred[status // 100] += times
    most = max((size for _, size in part.samples), default=0)
    numbers = (
        *(part.statuses.total(), part.left_alone, by_hundred[2] + by_hundred[3], by_hundred[4]),
        *(part.statuses[503], part.statuses[507], part.statuses[500], len(part.undue)),
        *(len(part.kept), len(part.wrong), most // 1_000_000),
    )
    print(f"{part.name:<36}" + "".join(f"{number:>11,}" for number in numbers), flush=True)
    for line in (*part.undue, *part.wrong)[:LINES_MAX]:
        print(f"  {line}", flush=True)


def growth(parts: Sequence[Part]) -> float:
    """By how many bytes a request the best line through the last half of the samples of these parts rises."""
    done, samples = 0, []
    for part in parts:
        samples += [(done + number, size) for number, size in part.samples]
        done += part.statuses.total()
    late = samples[len(samples) // 2 :]
    slope, _ = statistics.linear_regression([number for number, _ in late], [size for _, size in late])
    return slope


def main() -> int:
    """Run, print, and say by the exit code whether all is as it must be."""
    parser = argparse.ArgumentParser(description="Whether a server holds out, whatever happens to it.")
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    started = time.monotonic()
    parts, lost = soak(chosen.requests, chosen.seed)
    answered = sum(part.statuses.total() for part in parts)
    rise, most = growth(parts[PARTS:]), max(size for part in parts for _, size in part.samples)
    errors = sum(part.statuses[500] for part in parts)
    undue = sum(len(part.undue) for part in parts)
    wrong = sum(len(part.wrong) for part in parts)
    steady = rise <= GROWTH_BYTES_MAX and most <= RESIDENT_BYTES_MAX
    print(f"{answered} requests, {answered / (time.monotonic() - started):.0f} a second; seed {chosen.seed}")
    print(f"wrong answers: {wrong}; statuses 500: {errors}; undue: {undue}; lost events: {len(lost)}")
    print(
        f"memory {'steady' if steady else 'GROWS'}: {rise:+.0f} bytes a request over the last quarter "
        f"(at most {GROWTH_BYTES_MAX}), {most / 1e6:.0f} MB at most (at most {RESIDENT_BYTES_MAX / 1e6:.0f})"
    )
    return 0 if steady and not (wrong or errors or undue or lost) else 1


if __name__ == "__main__":
    sys.exit(main())
