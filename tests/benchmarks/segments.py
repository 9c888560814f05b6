"""A log exported in segments and restored from them, beside the import of the file that it was made of."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from ledger.segments import check_segments, export_segments, restore_segments, storage_place
from tests.benchmarks import imports, ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, check_equal, once, timed_once
from tests.benchmarks.place import Place

PATH = "segments"
MB = 1e6


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Export, verification and restore of the whole log."""
    folder = place.fresh("segments")
    target = place.fresh("segments/imported")
    imported_s, import_peak = apart(imports.take_in, target, place.history, "proceed", place.events)
    shutil.rmtree(target)
    written_s, export_peak = apart(_export, place.data, folder / "place")
    checked_s, _ = apart(_check, folder / "place", place.events)
    restored_s, restore_peak = apart(_restore, folder / "place", folder / "restored", place.data)
    size = sum(path.stat().st_size for path in (folder / "place").rglob("*") if path.is_file())
    place.drop(folder)
    beside = (Reference("import of the file that the log was made of", once(place.events / imported_s)),)
    size_note = f"{size / place.events:.0f} bytes/event"
    return [
        _rate(place, "export", written_s, beside, f"peak of memory {export_peak / MB:,.0f} MB; {size_note}"),
        _rate(place, "verification", checked_s, (), ""),
        _rate(
            place,
            "restore into SQLite",
            restored_s,
            beside,
            f"peak of memory {restore_peak / MB:,.0f} MB; of the import {import_peak / MB:,.0f} MB",
        ),
    ]


def _rate(place: Place, what: str, seconds: float, beside: tuple[Reference, ...], note: str) -> Measurement:
    return Measurement(PATH, what, "events/s", once(place.events / seconds), beside, note=note)


def _export(data: Path, folder: Path) -> float:
    with ours.ledger(data) as log:
        at, place = datetime.now(UTC), storage_place(str(folder))
        seconds, done = timed_once(lambda: export_segments(log, place, at=at, program="benchmark", progress=_unheard))
        check_equal(done.rows_read, log.head(), "events that were exported")
    return seconds


def _check(folder: Path, events: int) -> float:
    place = storage_place(str(folder))
    seconds, done = timed_once(lambda: check_segments(place, progress=_unheard))
    check_equal(done.manifest.position, events, "events that were verified")
    return seconds


def _restore(folder: Path, target: Path, data: Path) -> float:
    place, at = storage_place(str(folder)), datetime.now(UTC)
    seconds, _ = timed_once(lambda: restore_segments(place, target, at=at, progress=_unheard))
    with ours.ledger(data) as before, ours.ledger(target) as after:
        head = before.head()
        check_equal(after.log.root(head), before.log.root(head), "the root of the restored log")
        check_equal(ours.bodies(after, [1, head]), ours.bodies(before, [1, head]), "events of the restored log")
    return seconds


def _unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""
