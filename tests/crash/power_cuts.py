"""Simulated power cuts: whatever the disk had of what was not synced, each acknowledged event is there afterwards.

A writer's every write and sync is recorded once (`recorded_disk`). For each cut, the disk is made as it may be after
it, and the ledger is opened on it and verified. It may hold one transaction more than was acknowledged: the one that
was on disk when the cut kept its acknowledgement back.

The same is done with `synchronous=NORMAL`, which does not wait for the disk at each commit: it must lose something, or
the cuts would show nothing.
"""

import json
import shutil
import sqlite3
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from ledger import Ledger, LedgerError
from tests.crash.recorded_disk import Disk, Step, record
from tests.crash.recorded_writer import REQUEST_HASH, facts

CUTS_OF_A_RECORDING = 250
WRITE_ON_EVERY = 10
"""After one cut in so many the ledger is also written to."""
EMPTY: Mapping[str, bytes] = MappingProxyType({})
EVENTS = "SELECT * FROM stored_events ORDER BY position"
LEAVES = "SELECT * FROM leaves ORDER BY position"
REQUESTS = "SELECT * FROM requests ORDER BY position, key"


class Recording(NamedTuple):
    """What a writer did to its disk, what was acknowledged after which step, and what the log held at the end."""

    start: Mapping[str, bytes]
    """The files before the first step."""
    head: int
    """How many events were in them."""
    steps: list[Step]
    acknowledged_at: list[int]
    acknowledged: list[tuple[int, str | None]]
    events: list[Any]
    leaves: list[Any]
    requests: list[Any]


def recording(
    appends: int, seed: int, synchronous: str = "FULL", start: Mapping[str, bytes] = EMPTY, head: int = 0
) -> Recording:
    """Record a writer that appends so often, to a log of which these files are there."""
    with tempfile.TemporaryDirectory() as folder:
        data, acknowledged = Path(folder).resolve() / "data", Path(folder).resolve() / "acknowledged"
        lay(start, data)
        path = data / "ledger.db"
        options = [str(path), str(acknowledged), str(appends), str(seed), synchronous]
        steps = record(["-m", "tests.crash.recorded_writer", *options], data, acknowledged)
        _check_disk(start, steps, data)
        kept = rows(path)
    said = [(number, json.loads(step.data)) for number, step in enumerate(steps) if step.kind == "acknowledge"]
    told = [(position, key) for _, (position, key) in said]
    return Recording(start, head, steps, [number for number, _ in said], told, *kept)


def _check_disk(start: Mapping[str, bytes], steps: list[Step], data: Path) -> None:
    """The recorded disk without any cut holds the files that the program left: nothing was overlooked."""
    disk = Disk(start)
    for number, step in enumerate(steps):
        disk.take(number, step)
    for file in disk.names.values():
        file.sync(len(steps))
    held = {name: bytes(file.synced) for name, file in disk.names.items()}
    if held != {path.name: path.read_bytes() for path in data.iterdir()}:
        raise AssertionError("the recorded disk does not hold what is on the real one")


def lay(files: Mapping[str, bytes], data: Path) -> None:
    """Let a directory hold these files and no other."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    for name, content in files.items():
        (data / name).write_bytes(content)


def rows(path: Path) -> list[list[Any]]:
    """The events, leaves and answered requests of a log."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(query).fetchall() for query in (EVENTS, LEAVES, REQUESTS)]


def cut(recorded: Recording, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Cut the power so often at random steps: the kind of what was wrong after a cut, and what it was."""
    rng = Random(seed)
    cuts = sorted(rng.randrange(1, len(recorded.steps) + 1) for _ in range(count))
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        data = Path(folder) / "data"
        for number, (at, disk) in enumerate(disks(recorded, cuts)):
            lay(disk.after_cut(rng), data)
            try:
                for kind, fault in _faults(recorded, at, data / "ledger.db", is_written=number % WRITE_ON_EVERY == 0):
                    yield kind, f"cut {number} of seed {seed}, after step {at}: {kind}: {fault}"
            except (LedgerError, sqlite3.Error) as error:
                yield "error", f"cut {number} of seed {seed}, after step {at}: {type(error).__name__}: {error}"


def disks(recorded: Recording, cuts: Sequence[int]) -> Iterator[tuple[int, Disk]]:
    """The disk after so many steps, for each of these numbers of steps, which grow."""
    disk, done = Disk(recorded.start), 0
    for at in cuts:
        for number in range(done, at):
            disk.take(number, recorded.steps[number])
        done = at
        yield at, disk


def left_by_a_cut(recorded: Recording, seed: int) -> tuple[Mapping[str, bytes], int]:
    """The files after a cut in the last third of a recording, and how many events are in them."""
    rng = Random(seed)
    ((_, disk),) = disks(recorded, [rng.randrange(len(recorded.steps) * 2 // 3, len(recorded.steps))])
    files = disk.after_cut(rng)
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        lay(files, Path(folder) / "data")
        with Ledger(Path(folder) / "data" / "ledger.db") as ledger:
            return files, ledger.head()


def _faults(recorded: Recording, at: int, path: Path, *, is_written: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with a log after a cut after so many steps."""
    count = bisect_right(recorded.acknowledged_at, at - 1)
    heads = [recorded.head, *(position for position, _ in recorded.acknowledged)]
    lawful = heads[count : count + 2]
    with Ledger(path) as ledger:
        if ledger.doubt is not None:
            yield "doubt", str(ledger.doubt)
        head = ledger.head()
        if head < lawful[0]:
            yield "lost", f"{lawful[0]} events were acknowledged, and {head} are there"
        elif head not in lawful:
            yield "half", f"{head} events are there, where {lawful} would be whole"
        yield from (("verify", str(fault)) for fault in ledger.verify().faults)
        events, leaves, requests = rows(path)
        if events != recorded.events[:head] or leaves != recorded.leaves[:head]:
            yield "other", "the events or leaves are not those that were written"
        if requests != [one for one in recorded.requests if one[2] <= head]:
            yield "other", "the answered requests are not those that were kept with the events"
        if is_written and ledger.doubt is None:
            yield from _faults_of_writing(recorded, ledger, head)


def _faults_of_writing(recorded: Recording, ledger: Ledger, head: int) -> Iterator[tuple[str, str]]:
    """What is wrong where the log is written to after a cut."""
    answered = [(position, key) for position, key in recorded.acknowledged if key is not None and position <= head]
    for position, key in answered[-1:]:
        answer = ledger.append(facts(Random(0), 1), request=(key, REQUEST_HASH))
        if not answer.replayed or answer.position != position or ledger.head() != head:
            yield "other", f"the request {key} is answered anew"
    if head and ledger.append(facts(Random(head), 1)).position not in (head, head + 1):
        yield "other", "the next event does not take the next position"
    yield from (("verify", f"after one append more: {fault}") for fault in ledger.verify().faults)


class PowerCuts:
    """Cuts in one recording after the other, and what was wrong after any of them."""

    def __init__(self, seed: int) -> None:
        self.faults: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.acknowledged = 0
        self._seed = seed

    def run(self, cuts: int, *, appends: int, synchronous: str = "FULL") -> None:
        """So many cuts; every other recording goes on from what a cut in the one before has left."""
        start, head = EMPTY, 0
        for number, done in enumerate(range(0, cuts, CUTS_OF_A_RECORDING)):
            seed = 1000 * self._seed + number
            recorded = recording(appends, seed, synchronous, start, head)
            self.acknowledged += len(recorded.acknowledged)
            for kind, fault in cut(recorded, min(CUTS_OF_A_RECORDING, cuts - done), seed):
                self.kinds[kind] += 1
                self.faults.append(fault)
            goes_on = number % 2 == 0 and done + CUTS_OF_A_RECORDING < cuts
            start, head = left_by_a_cut(recorded, seed) if goes_on else (EMPTY, 0)


def in_memory() -> Path | None:
    """A folder that is not on a disk, where there is one: what lies there after a cut needs no syncing."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() else None
