"""Importing a file, against what SQLite alone needs for the same rows, and against the library's own way."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import files, library, mapped_imports, ours, twin
from tests.benchmarks.apart import Apart
from tests.benchmarks.files import ROWS_MAX
from tests.benchmarks.measurements import Measurement, Reference, check_equal, median, once, timed_once
from tests.benchmarks.place import Place

PATH = "import"
MB = 1e6
BODIES_COMPARED = 200


def make(place: Place) -> float:
    """Importing the generated log into a new ledger; seconds."""
    place.unmark("ledger", "projection")
    place.drop(place.appending)
    seconds = take_in(place.fresh(place.data.name), place.history, "proceed", place.events)
    place.mark("ledger")
    return seconds


def take_in(data: Path, path: Path, mode: ours.Mode, count: int) -> float:
    """Import a file of so many events into an empty ledger: seconds."""
    with ours.ledger(data) as log:
        seconds, report = timed_once(lambda: ours.take_in(log, path, mode=mode))
        check_equal((report.recorded, report.duplicate, report.rejected), (count, 0, 0), f"import of {path.name}")
        check_equal(log.head(), count, "the head of the log")
    return seconds


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """JSON Lines in full; CSV, Parquet and an atomic import up to 200,000 rows."""
    rates, plain, peak = [], [], 0
    for _ in range(place.runs):
        seconds, peak = apart(make, place)
        rates.append(place.events / seconds)
        place.drop(place.twin)
        twin.make(ours.log_path(place.data), place.twin)
        count, seconds = twin.insert_all(ours.log_path(place.data), place.twin)
        check_equal(count, place.events, "rows of the twin")
        plain.append(count / seconds)
    place.mark("twin")
    compare_bodies(place.data, place.history, place.events)
    rate = median(rates)
    own_way = library.rates(place)
    references = (
        Reference("executemany alone, 5,000 rows a transaction", median(plain), ratio_at_least=0.4),
        Reference(f"eventsourcing's aggregates ({library.SAMPLE:,} events)", once(own_way["appended"])),
    )
    return [
        Measurement(PATH, "JSON Lines", "events/s", rate, references, at_least=40_000),
        Measurement(PATH, "JSON Lines: peak of memory", "MB", once(peak / MB), note="of all its processes"),
        *_others(place, apart, median(plain)),
        *mapped_imports.measure(place, apart),
    ]


def _others(place: Place, apart: Apart, plain: Any) -> list[Measurement]:
    sent = files.events(place.history, ROWS_MAX)
    directory = place.fresh("files")
    ways: Sequence[tuple[str, Path, ours.Mode]] = (
        ("CSV", files.write_csv(directory / "log.csv", sent), "proceed"),
        ("Parquet", files.write_parquet(directory / "log.parquet", sent), "proceed"),
        ("JSON Lines, all or nothing", files.write_jsonl(directory / "log.jsonl", sent), "atomic"),
    )
    found = []
    for name, path, mode in ways:
        data = place.fresh("files/data")
        seconds, peak = apart(take_in, data, path, mode, len(sent))
        compare_bodies(data, place.history, len(sent))
        reference = Reference("executemany alone", plain)
        note = f"{len(sent):,} rows; peak of memory {peak / MB:,.0f} MB"
        found.append(Measurement(PATH, name, "events/s", once(len(sent) / seconds), (reference,), note=note))
    place.drop(directory)
    return found


def compare_bodies(data: Path, log: Path, count: int) -> None:
    """Whether what was recorded at some positions is what is in those lines. Raises WrongAnswer."""
    first = min(count, ROWS_MAX)
    positions = sorted(random.Random(1).sample(range(1, first + 1), min(BODIES_COMPARED, first)))
    sent = files.events(log, first)
    with ours.ledger(data) as opened:
        for position, body in zip(positions, ours.bodies(opened, positions), strict=True):
            # A registration was sent without an id.
            wanted = {"event_id": body["event_id"], **sent[position - 1]}
            check_equal(body, wanted, f"the event at position {position}")
