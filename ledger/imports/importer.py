"""Files of events into the ledger, with a verdict per row.

JSON Lines, CSV or Parquet (`ledger.imports.rows` and `ledger.imports.parquet` say how each is read). Mode `proceed`:
what may be recorded is, and no more is held in memory than goes into one transaction. Mode `atomic`: one rejected row
means that nothing is recorded, so the verdicts on all rows, some hundred bytes more than the rows themselves, are held
until the last has been read. How much a file may hold is in `ledger.imports.import_limits`.

A row without an event_id gets one made of the file's SHA-256 and its number, so a file sent again adds nothing.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ledger.append.batch import Batch
from ledger.append.garbage_pause import garbage_pause
from ledger.imports.import_limits import USUAL_LIMITS, ImportLimits
from ledger.imports.rows import PIECE_ROWS
from ledger.imports.rows import Format as Format
from ledger.imports.verdicts import pieces, read_back
from ledger.imports.workers import Workers
from ledger.ledger import Ledger

ERRORS_LISTED_MAX = 1000
TRANSACTION_PIECES = 4
LARGE_BYTES = 8 * 1024 * 1024
"""From here on it pays to start workers, and to write as if for millions."""
PARQUET_TIMES = 8
"""How much smaller than text a Parquet file is, roughly."""
Mode = Literal["atomic", "proceed"]
Progress = Callable[[int], None]
ENDINGS: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


@dataclass
class ImportReport:
    """What became of a file: counts of rows, the first errors, and the head of the log after it.

    Where a rejected row kept everything out, `recorded` and `duplicate` are 0.
    """

    recorded: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0
    errors_more: int = 0
    """How many errors there are beside those that are listed."""

    def add(self, batch: Batch, piece: bytes, *, recorded_by: str) -> None:
        """Place the rows of a piece that may be recorded, count all, and list why the others may not."""
        numbers, events = read_back(piece)
        before = batch.state.head
        batch.expect(events)
        placed, violations = batch.place_all(events, recorded_by=recorded_by)
        recorded, rejected = batch.state.head - before, placed.count(None)
        self.recorded += recorded
        self.rejected += rejected
        self.duplicate += len(placed) - recorded - rejected
        listed = violations[: ERRORS_LISTED_MAX - len(self.errors)]
        self.errors_more += sum(1 + one.unlisted for one in violations) - len(listed)
        for one in listed:
            row = {"row": numbers[int(one.path[0])], "pointer": one.within.pointer}
            self.errors.append({**row, "rule": one.rule, "detail": one.detail})


def format_of(path: Path) -> Format:
    """The format that a file's name tells. Raises ValueError for an unknown ending."""
    try:
        return ENDINGS[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"cannot tell what {path.name} is: name it {', '.join(ENDINGS)}") from None


def import_file(
    ledger: Ledger,
    path: Path,
    *,
    mode: Mode = "atomic",
    recorded_by: str = "local",
    progress: Progress | None = None,
    limits: ImportLimits = USUAL_LIMITS,
) -> ImportReport:
    """Append a file's events. `progress` is called with the number of bytes read so far.

    In mode `atomic` any rejected row means that nothing is recorded; in mode `proceed` the other rows are. Raises
    ContentTooLarge for a file beyond the limits, before anything of it is recorded.
    """
    file_format = format_of(path)
    with path.open("rb") as file:
        return import_stream(
            ledger, file, file_format, mode=mode, recorded_by=recorded_by, progress=progress, limits=limits
        )


def import_stream(
    ledger: Ledger,
    file: BinaryIO,
    file_format: Format,
    *,
    mode: Mode = "atomic",
    recorded_by: str = "local",
    sha256: str | None = None,
    progress: Progress | None = None,
    limits: ImportLimits = USUAL_LIMITS,
) -> ImportReport:
    """Append the events of a seekable stream; see `import_file`.

    `sha256` is the hash of the stream in hex, where the caller knows it already.
    """
    size = file.seek(0, 2)
    limits.check_file(size)
    sha256 = sha256 or _sha256(file)
    report = ImportReport(position=ledger.head())
    large = size * (PARQUET_TIMES if file_format == "parquet" else 1) >= LARGE_BYTES
    with (
        closing(_prepared(file, file_format, Workers(sha256, wanted=large), progress, limits)) as made,
        ledger.log.bulk() if large else nullcontext(),
    ):
        if mode == "proceed":
            for together in _in_turn(made, TRANSACTION_PIECES):
                _record(ledger, together, report, recorded_by=recorded_by)
        else:
            _record(ledger, _held(made, limits), report, recorded_by=recorded_by, all_or_nothing=True)
    return report


def _record(
    ledger: Ledger, verdicts: Iterable[bytes], report: ImportReport, *, recorded_by: str, all_or_nothing: bool = False
) -> None:
    """Record the rows of pieces that may be recorded, in one transaction."""
    try:
        with ledger.batch() as batch:
            for piece in verdicts:
                with garbage_pause(PIECE_ROWS):
                    report.add(batch, piece, recorded_by=recorded_by)
            if all_or_nothing and report.rejected:
                raise _NothingRecorded
            report.position = batch.state.head
    except _NothingRecorded:
        report.recorded = report.duplicate = 0


class _NothingRecorded(Exception):
    """A rejected row kept the others out."""


def _held(made: Iterator[bytes], limits: ImportLimits) -> list[bytes]:
    """All verdicts of a file, which wait until the last has been made. Raises ContentTooLarge."""
    held: list[bytes] = []
    size = 0
    for piece in made:
        size += len(piece)
        limits.check_held(size)
        held.append(piece)
    return held


def _prepared(
    file: BinaryIO, file_format: Format, workers: Workers, progress: Progress | None, limits: ImportLimits
) -> Generator[bytes]:
    file.seek(0)
    with closing(workers.prepared(pieces(file, file_format, limits))) as made:
        for piece, done in made:
            if progress is not None:
                progress(done)
            yield piece


def _in_turn(made: Iterator[bytes], count: int) -> Iterator[list[bytes]]:
    while together := list(islice(made, count)):
        yield together


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    state = hashlib.sha256()
    while block := file.read(1 << 20):
        state.update(block)
    return state.hexdigest()
