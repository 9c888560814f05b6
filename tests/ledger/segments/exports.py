"""Exports of small ledgers in segments of few events, and what comes of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger import Ledger
from ledger.backups import Restored
from ledger.segments import SegmentExport, StoragePlace, export_segments, restore_segments, storage_place
from tests.ledger.conftest import WORLD, figure

AT = datetime(2026, 11, 27, 7, tzinfo=UTC)
RANGE = 8
"""How many events a segment has in these tests."""


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def exported(ledger: Ledger, place: StoragePlace | Path, **options: Any) -> SegmentExport:
    """An export in segments of few events."""
    there = storage_place(str(place)) if isinstance(place, Path) else place
    return export_segments(
        ledger, there, **{"at": AT, "program": "0", "progress": unheard, "range_rows": RANGE, **options}
    )


def restored(place: StoragePlace | Path, directory: Path, **options: Any) -> Restored:
    """A data directory that is made of an export."""
    there = storage_place(str(place)) if isinstance(place, Path) else place
    return restore_segments(there, directory, **{"at": AT, "progress": unheard, **options})


def filled(ledger: Ledger, figures: int) -> None:
    """Record some facts."""
    if not ledger.head():
        ledger.append(WORLD)
    ledger.append([figure(ledger.head() + number) for number in range(figures)])


def files_in(folder: Path) -> dict[str, bytes]:
    """What each file in a folder holds, by its name."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def said_of(ledger: Ledger) -> dict[str, Any]:
    """All that a log holds, but for its own name."""
    log, head = ledger.log, ledger.head()
    return {
        "entries": list(ledger.entries()),
        "leaves": list(log.leaves(after=0, until=head)),
        "erased": log.erased.between(after=0, until=head),
        "root": log.root(head),
        "requests": list(log.requests(after=0, until=log.request_count())),
        "link": log.request_link(log.request_count()),
        "metrics": log.metrics(),
        "forms": sorted(log.forms(after=0)),
        "recorders": [one for one in log.recorders() if one[0] <= head],
    }
