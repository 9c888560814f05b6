"""Files of events into the ledger, with a verdict per row.

JSON Lines, CSV or Parquet (`ledger.rows` and `ledger.tabular` say how each is read). Mode `atomic`: one rejected row
means that nothing is recorded, so all events are held until the last has been read. Mode `proceed`: what may be
recorded is, chunk by chunk, and no more than a chunk is held.

A row without an event_id gets one made of the file's SHA-256 and its number, so a file sent again adds nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import NAMESPACE_URL, uuid5

from ledger.book import Ledger, Receipt
from ledger.errors import Violation
from ledger.rows import Row, csv_rows, jsonl_rows

ERRORS_LISTED_MAX = 1000
CHUNK_ROWS = 2000
CHUNK_BYTES = 16 * 1024 * 1024
Format = Literal["jsonl", "csv", "parquet"]
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

    def count(self, receipt: Receipt) -> None:
        """Add what a receipt says."""
        duplicates = sum(item["status"] == "duplicate" for item in receipt.items)
        self.duplicate += duplicates
        self.recorded += len(receipt.items) - duplicates
        self.position = receipt.position

    def list_errors(self, found: Sequence[tuple[int, Violation]]) -> None:
        """List why rows were rejected, in their order, while there is room."""
        room = ERRORS_LISTED_MAX - len(self.errors)
        for row, one in sorted(found, key=lambda pair: pair[0])[:room]:
            self.errors.append({"row": row, "pointer": one.pointer, "rule": one.rule, "detail": one.detail})


def format_of(path: Path) -> Format:
    """The format that a file's name tells. Raises ValueError for an unknown ending."""
    try:
        return ENDINGS[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"cannot tell what {path.name} is: name it {', '.join(ENDINGS)}") from None


def import_file(
    ledger: Ledger, path: Path, *, mode: Mode = "atomic", recorded_by: str = "local", progress: Progress | None = None
) -> ImportReport:
    """Append a file's events. `progress` is called with the number of bytes read so far.

    In mode `atomic` any rejected row means that nothing is recorded; in mode `proceed` the other rows are.
    """
    file_format = format_of(path)
    with path.open("rb") as file:
        return import_stream(ledger, file, file_format, mode=mode, recorded_by=recorded_by, progress=progress)


def import_stream(
    ledger: Ledger,
    file: BinaryIO,
    file_format: Format,
    *,
    mode: Mode = "atomic",
    recorded_by: str = "local",
    sha256: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Append the events of a seekable stream; see `import_file`. Who knows its SHA-256 already says so, in hex."""
    sha256 = sha256 or _sha256(file)
    file.seek(0)
    report = ImportReport(position=ledger.head())
    chunk = _Chunk()
    for row in _rows(file, file_format):
        if progress is not None:
            progress(row.bytes_done)
        if mode == "proceed" and chunk.is_full(row):
            _append_what_fits(ledger, chunk, report, recorded_by=recorded_by)
            chunk = _Chunk(starts_at=row.bytes_done)
        chunk.add(row, sha256)
    append = _append_what_fits if mode == "proceed" else _append_all_or_nothing
    append(ledger, chunk, report, recorded_by=recorded_by)
    return report


class _Chunk:
    """Rows on their way into the ledger: the numbers of the readable ones beside what they hold, and the faults."""

    def __init__(self, *, starts_at: int = 0) -> None:
        self.starts_at = starts_at
        self.numbers: list[int] = []
        self.sent: list[Any] = []
        self.fault_count = 0
        self.faults: list[tuple[int, Violation]] = []

    def is_full(self, row: Row) -> bool:
        """Whether the row has to go into another chunk."""
        count = len(self.numbers) + self.fault_count
        return count >= CHUNK_ROWS or (count > 0 and row.bytes_done - self.starts_at > CHUNK_BYTES)

    def add(self, row: Row, sha256: str) -> None:
        """Take a row in."""
        if row.fault is None:
            self.numbers.append(row.number)
            self.sent.append(_identified(row, sha256))
            return
        self.fault_count += 1
        if len(self.faults) < ERRORS_LISTED_MAX:
            self.faults.append((row.number, row.fault))

    def reject(self, violations: Sequence[Violation], report: ImportReport) -> None:
        """Report the faults, and the rows that break a rule."""
        broken = {violation.path[0] for violation in violations}
        report.rejected += self.fault_count + len(broken)
        found = [(self.numbers[int(one.path[0])], _in_its_row(one)) for one in violations]
        report.list_errors([*self.faults, *found])


def _append_all_or_nothing(ledger: Ledger, chunk: _Chunk, report: ImportReport, *, recorded_by: str) -> None:
    if chunk.fault_count:
        violations = list(ledger.check(chunk.sent, recorded_by=recorded_by).violations)
    else:
        receipt, violations = ledger.append_what_fits(chunk.sent, recorded_by=recorded_by, all_or_none=True)
        report.count(receipt)
    chunk.reject(violations, report)


def _append_what_fits(ledger: Ledger, chunk: _Chunk, report: ImportReport, *, recorded_by: str) -> None:
    receipt, violations = ledger.append_what_fits(chunk.sent, recorded_by=recorded_by)
    report.count(receipt)
    chunk.reject(violations, report)


def _in_its_row(violation: Violation) -> Violation:
    return Violation(violation.path[1:], violation.rule, violation.detail, violation.kind)


def _identified(row: Row, sha256: str) -> Any:
    if not isinstance(row.sent, dict) or row.sent.get("event_id") is not None:
        return row.sent
    event_id = uuid5(NAMESPACE_URL, f"urn:supply-ledger:import:{sha256}:{row.number}")
    return {**row.sent, "event_id": str(event_id)}


def _rows(file: BinaryIO, file_format: Format) -> Iterator[Row]:
    if file_format == "parquet":
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.tabular import parquet_rows

        return parquet_rows(file)
    return jsonl_rows(file) if file_format == "jsonl" else csv_rows(file)


def _sha256(file: BinaryIO) -> str:
    state = hashlib.sha256()
    while block := file.read(1 << 20):
        state.update(block)
    return state.hexdigest()
