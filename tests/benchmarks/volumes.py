"""Much at once: mixed files, long lists one after another, and many corrections of one event.

Each is measured against the same rows into the twin, with the same durability, in the same run.
"""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from tests.benchmarks import mixed_history, ours, twin
from tests.benchmarks.apart import Apart
from tests.benchmarks.files import Event
from tests.benchmarks.measurements import Measurement, Reference, check_equal, chunks, once, timed_once
from tests.benchmarks.place import Place

IMPORT_PATH = "mixed import"
LISTS_PATH = "appended lists"
CORRECTIONS_PATH = "corrections of one event"
FILES = (1, 20)
LISTS = 10
LIST_EVENTS = 50_000
CORRECTIONS = (100, 400, 1600)
MARK = 0.35
DIRECTORY = "volumes"


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Files, lists and corrections."""
    directory = place.fresh(DIRECTORY)
    found = [
        *(_imported(place, apart, directory / f"files-{files}", files) for files in FILES),
        *_appended(place, apart, directory / "lists"),
        *_corrected(place, directory / "corrections"),
    ]
    place.drop(directory)
    return found


def _imported(place: Place, apart: Apart, directory: Path, files: int) -> Measurement:
    directory.mkdir()
    paths = mixed_history.write(directory, place.size, files)
    seconds, _ = apart(take_in, directory / "data", paths, mixed_history.count(place.size))
    alone = _alone(directory)
    events = mixed_history.count(place.size)
    first, last = (events / files / one for one in (seconds[0], seconds[-1]))
    return Measurement(
        IMPORT_PATH,
        f"{files} file{'s' if files > 1 else ''}",
        "events/s",
        once(events / sum(seconds)),
        (Reference("executemany alone, 5,000 rows a transaction", once(events / sum(alone)), ratio_at_least=MARK),),
        note=f"{events:,} events; the first file {first:,.0f} a second, the last {last:,.0f}" if files > 1 else "",
    )


def take_in(data: Path, paths: list[Path], events: int) -> list[float]:
    """Import files into an empty ledger, one after another: the seconds of each."""
    data.mkdir()
    with ours.ledger(data) as log:
        seconds = []
        for path in paths:
            took, report = timed_once(lambda path=path: ours.take_in(log, path, mode="proceed"))  # type: ignore[misc]
            check_equal(report.rejected, 0, f"rejected rows of {path.name}")
            seconds.append(took)
        check_equal(log.head(), events, "the head of the log")
    return seconds


def _appended(place: Place, apart: Apart, directory: Path) -> Iterator[Measurement]:
    directory.mkdir()
    in_each = min(LIST_EVENTS, max(1, place.size // LISTS))
    seconds, _ = apart(append_lists, directory / "data", in_each)
    alone = _alone(directory, rows=in_each)[:LISTS]
    total = in_each * LISTS
    reference = Reference("executemany alone, the same lists", once(total / sum(alone)), ratio_at_least=MARK)
    rate = once(total / sum(seconds))
    yield Measurement(LISTS_PATH, f"{LISTS} lists", "events/s", rate, (reference,), note=f"{in_each:,} events each")
    for number, (ours_s, alone_s) in enumerate(zip(seconds, alone, strict=True), start=1):
        reference = Reference("executemany alone", once(in_each / alone_s))
        yield Measurement(LISTS_PATH, f"list {number}", "events/s", once(in_each / ours_s), (reference,))


def append_lists(data: Path, in_each: int) -> list[float]:
    """Append lists to an empty ledger, one after another, with all warnings: the seconds of each."""
    data.mkdir()
    size = in_each * LISTS
    made = mixed_history.lines(size)
    with ours.ledger(data) as log:
        ours.append_all(log, [json.loads(line) for line in itertools.islice(made, mixed_history.count(size) - size)])
        seconds = []
        for lines in chunks(list(made), in_each):
            events = [json.loads(line) for line in lines]
            seconds.append(timed_once(lambda events=events: ours.append_all(log, events))[0])  # type: ignore[misc]
        check_equal(log.head(), mixed_history.count(size), "the head of the log")
    return seconds


def _corrected(place: Place, directory: Path) -> Iterator[Measurement]:
    directory.mkdir()
    for count in (place.so_many(count) for count in CORRECTIONS):
        for way in ("in one batch", "one by one"):
            at = directory / f"{count}-{way[:3]}"
            at.mkdir()
            seconds = correct(at / "data", count, one_by_one=way == "one by one")
            rows, times = (count, 1) if way == "in one batch" else (1, count)
            reference = Reference("executemany alone", once(count / sum(_alone(at, rows=rows)[:times])))
            yield Measurement(CORRECTIONS_PATH, f"{count:,} {way}", "events/s", once(count / seconds), (reference,))


def correct(data: Path, count: int, *, one_by_one: bool) -> float:
    """Correct one statement so many times: seconds."""
    data.mkdir()
    *known, statement = itertools.islice(mixed_history.lines(1), mixed_history.count(1))
    event = json.loads(statement)
    corrections = [_correction(event["event_id"], number) for number in range(count)]
    with ours.ledger(data) as log:
        ours.append_all(log, [*(json.loads(line) for line in known), event])
        started = time.perf_counter()
        for part in [[one] for one in corrections] if one_by_one else [corrections]:
            ours.append_all(log, part)
        seconds = time.perf_counter() - started
        check_equal(log.head(), mixed_history.count(1) + count, "the head of the log")
    return seconds


def _correction(target: str, number: int) -> Event:
    return {
        "type": "EventCorrected",
        "event_id": str(UUID(int=(9 << 96) | (7 << 76) | (2 << 62) | number)),
        "target": target,
        "changes": {"value": str(number)},
        "reason": "transcription",
        "explanation": "A digit misread.",
    }


def _alone(directory: Path, *, rows: int = twin.BATCH_ROWS) -> list[float]:
    """The seconds that the same rows take into the twin, so many a transaction."""
    log = ours.log_path(directory / "data")
    twin.make(log, directory / "twin.db")
    return [seconds for _, seconds in twin.insertions(log, directory / "twin.db", rows=rows)]
