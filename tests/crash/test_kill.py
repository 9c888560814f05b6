"""An acknowledged event survives kill -9, and nothing is ever half recorded."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Ledger, import_file
from tests.ledger.conftest import WORLD, figure
from tests.patience import PATIENCE_S
from tests.places import ROOT

WRITER = """
import sys
from ledger import Ledger, import_file
from tests.ledger.conftest import WORLD, figure
book = Ledger(sys.argv[1])
book.append(WORLD)
for year in range(1000, 9000):
    batch = [figure(period=f"{year}-{month:02}") for month in range(1, 4)]
    print(book.append(batch, request=(str(year), b"hash")).position, flush=True)
"""


@pytest.mark.parametrize(
    ("store", "acknowledged_before_kill"),
    [("sqlite", 1), ("sqlite", 7), ("sqlite", 40), ("postgres", 1), ("postgres", 40)],
    indirect=["store"],
)
def test_what_was_acknowledged_before_a_kill_is_there_after_it(location: str, acknowledged_before_kill: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, location],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(acknowledged_before_kill)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    book = Ledger(location)
    entries = list(book.entries())
    assert len(entries) >= acknowledged[-1]
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    assert (len(entries) - len(WORLD)) % 3 == 0, "a batch is there whole or not at all"
    for year in range(1000, 1000 + len(acknowledged)):
        assert book.log.request(str(year)) is not None
    assert book.append([WORLD[0] | {"entity": "one-more", "name": "One more"}]).position == len(entries) + 1
    book.close()


WRITERS = """
import sys, threading
from ledger import Ledger
from tests.ledger.conftest import WORLD, figure
book = Ledger(sys.argv[1])
book.append(WORLD)
def write(thread):
    for year in range(1000 + 1000 * thread, 2000 + 1000 * thread):
        batch = [figure(period=f"{year}-{month:02}") for month in range(1, 4)]
        position = book.append(batch, request=(str(year), b"hash")).position
        sys.stdout.write(f"{year} {position}\\n")
        sys.stdout.flush()
for thread in range(8):
    threading.Thread(target=write, args=(thread,)).start()
"""


@pytest.mark.parametrize(
    ("store", "acknowledged_before_kill"), [("sqlite", 5), ("sqlite", 100), ("postgres", 100)], indirect=["store"]
)
def test_what_was_acknowledged_to_many_threads_before_a_kill_is_there_after_it(
    location: str, acknowledged_before_kill: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, location],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
    ) as writers:
        assert writers.stdout is not None
        acknowledged = [writers.stdout.readline() for _ in range(acknowledged_before_kill)]
        writers.send_signal(signal.SIGKILL)
        acknowledged += [line for line in writers.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
    book = Ledger(location)
    entries = list(book.entries())
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    periods = [entry.body["period"] for entry in entries[len(WORLD) :]]
    for start in range(0, len(periods), 3):
        year = periods[start][:4]
        assert periods[start : start + 3] == [f"{year}-01", f"{year}-02", f"{year}-03"], "whole, and not mixed"
        assert book.log.request(year) is not None
    for line in acknowledged:
        year, position = line.decode().split()
        assert periods[int(position) - len(WORLD) - 1] == f"{year}-03"
    book.close()


# It goes on only as far as it was told that it may, so that it is still at work when it is killed.
IMPORTER = """
import sys
from pathlib import Path
from ledger import Ledger, import_file
from ledger.imports import importer, rows
importer.LARGE_BYTES = 0
rows.PIECE_ROWS = 50
def progress(done):
    print(done, flush=True)
    sys.stdin.read(1)
import_file(Ledger(sys.argv[1]), Path(sys.argv[2]), mode="proceed", progress=progress)
"""


def test_a_killed_import_leaves_whole_transactions_and_no_workers_and_is_taken_up_again(tmp_path: Path) -> None:
    database, path = tmp_path / "ledger.db", tmp_path / "facts.jsonl"
    facts = [*WORLD, *(figure(period=f"{1000 + number // 12}-{number % 12 + 1:02}") for number in range(20_000))]
    path.write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTER, str(database), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
    ) as importer:
        assert importer.stdin is not None
        assert importer.stdout is not None
        importer.stdin.write(b"." * 200)
        importer.stdin.flush()
        for _ in range(40):
            importer.stdout.readline()
        importer.send_signal(signal.SIGKILL)
        # The workers hold the other end of this pipe too: it ends when they have, and they have nothing to say.
        _, told = importer.communicate(timeout=PATIENCE_S)
        assert told == b""
    book = Ledger(database)
    held = book.head()
    assert 0 < held < len(facts)
    assert [entry.position for entry in book.entries()] == list(range(1, held + 1))
    report = import_file(book, path, mode="proceed")
    assert (report.recorded, report.duplicate, report.rejected) == (len(facts) - held, held, 0)
    book.close()
