"""An acknowledged event survives kill -9, and nothing is ever half recorded."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Ledger
from tests.ledger.conftest import WORLD

WRITER = """
import sys
from ledger import Ledger
from tests.ledger.conftest import WORLD, figure
book = Ledger(sys.argv[1])
book.append(WORLD)
for year in range(1000, 9000):
    batch = [figure(period=f"{year}-{month:02}") for month in range(1, 4)]
    print(book.append(batch, request=(str(year), b"hash")).position, flush=True)
"""


@pytest.mark.parametrize("acknowledged_before_kill", [1, 7, 40])
def test_what_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path, acknowledged_before_kill: int) -> None:
    path = tmp_path / "ledger.db"
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": "."},
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(acknowledged_before_kill)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    book = Ledger(path)
    entries = list(book.entries())
    assert len(entries) >= acknowledged[-1]
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    assert (len(entries) - len(WORLD)) % 3 == 0, "a batch is there whole or not at all"
    for year in range(1000, 1000 + len(acknowledged)):
        assert book.log.request(str(year)) is not None
    assert book.append([WORLD[0] | {"entity": "one-more", "name": "One more"}]).position == len(entries) + 1
    book.close()
