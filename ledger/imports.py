"""Files of events into the ledger, with a verdict per row.

JSON Lines: one event object a line. CSV: one column a field, `source.publisher` style for nested ones,
`dimensions.basis` for dimensions, JSON text for lists; an empty cell is an absent field. Rows are counted from 1; a
CSV header is no row.

A row without an event_id gets one made of the file's SHA-256 and its number, so a file sent again adds nothing.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args, get_origin
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel

from ledger.book import Ledger, Receipt
from ledger.errors import Refused, Violation
from ledger.events.base import REGISTRY, Event
from ledger.parsing import MalformedJSON, parse_json

ERRORS_LISTED_MAX = 1000
CHUNK_ROWS = 2000
Format = Literal["jsonl", "csv"]
Mode = Literal["atomic", "proceed"]
Progress = Callable[[int], None]


@dataclass
class ImportReport:
    """What became of a file: counts of rows, the first errors, and the head of the log after it."""

    recorded: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0

    def reject(self, row: int, violations: Sequence[Violation]) -> None:
        """Count a row as rejected, and list why while there is room."""
        self.rejected += 1
        for one in violations[: max(0, ERRORS_LISTED_MAX - len(self.errors))]:
            self.errors.append({"row": row, "pointer": one.pointer, "rule": one.rule, "detail": one.detail})

    def count(self, receipt: Receipt) -> None:
        """Add what a receipt says."""
        duplicates = sum(item["status"] == "duplicate" for item in receipt.items)
        self.duplicate += duplicates
        self.recorded += len(receipt.items) - duplicates
        self.position = receipt.position


@dataclass(frozen=True)
class _Row:
    number: int
    sent: Any
    fault: Violation | None
    bytes_done: int


def format_of(path: Path) -> Format:
    """The format that a file's name tells. Raises ValueError for an unknown ending."""
    formats: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
    try:
        return formats[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"cannot tell what {path.name} is: name it .jsonl, .ndjson or .csv") from None


def import_file(
    ledger: Ledger, path: Path, *, mode: Mode = "atomic", recorded_by: str = "local", progress: Progress | None = None
) -> ImportReport:
    """Append a file's events. `progress` is called with the number of bytes read so far.

    In mode `atomic` any rejected row means that nothing is recorded; in mode `proceed` the other rows are.
    """
    with path.open("rb") as file:
        return import_stream(ledger, file, format_of(path), mode=mode, recorded_by=recorded_by, progress=progress)


def import_stream(
    ledger: Ledger,
    file: BinaryIO,
    file_format: Format,
    *,
    mode: Mode = "atomic",
    recorded_by: str = "local",
    progress: Progress | None = None,
) -> ImportReport:
    """Append the events of a seekable stream; see `import_file`."""
    sha256 = _sha256(file)
    report = ImportReport(position=ledger.head())
    rows = _jsonl_rows(file) if file_format == "jsonl" else _csv_rows(file)
    chunk: list[_Row] = []
    for row in rows:
        if progress is not None:
            progress(row.bytes_done)
        if row.fault is not None:
            report.reject(row.number, [row.fault])
            continue
        chunk.append(_identified(row, sha256))
        if mode == "proceed" and len(chunk) >= CHUNK_ROWS:
            _append_what_fits(ledger, chunk, report, recorded_by=recorded_by)
            chunk = []
    if mode == "proceed":
        _append_what_fits(ledger, chunk, report, recorded_by=recorded_by)
    else:
        _append_all_or_nothing(ledger, chunk, report, recorded_by=recorded_by)
    report.errors.sort(key=lambda error: error["row"])
    return report


def _sha256(file: BinaryIO) -> str:
    """The hash of a whole stream, which is then back at its start."""
    state = hashlib.sha256()
    while block := file.read(1 << 20):
        state.update(block)
    file.seek(0)
    return state.hexdigest()


def _append_all_or_nothing(ledger: Ledger, rows: list[_Row], report: ImportReport, *, recorded_by: str) -> None:
    sent = [row.sent for row in rows]
    try:
        if report.rejected:
            ledger.plan(sent, recorded_by=recorded_by)
        else:
            report.count(ledger.append(sent, recorded_by=recorded_by, warn=False))
    except Refused as error:
        _reject(rows, error.violations, report)


def _append_what_fits(ledger: Ledger, rows: list[_Row], report: ImportReport, *, recorded_by: str) -> None:
    if rows:
        receipt, violations = ledger.append_what_fits([row.sent for row in rows], recorded_by=recorded_by)
        report.count(receipt)
        _reject(rows, violations, report)


def _reject(rows: list[_Row], violations: Sequence[Violation], report: ImportReport) -> None:
    by_index: dict[int, list[Violation]] = {}
    for violation in violations:
        index = int(violation.path[0])
        by_index.setdefault(index, []).append(
            Violation(violation.path[1:], violation.rule, violation.detail, violation.kind)
        )
    for index, found in sorted(by_index.items()):
        report.reject(rows[index].number, found)


def _identified(row: _Row, sha256: str) -> _Row:
    if not isinstance(row.sent, dict) or row.sent.get("event_id") is not None:
        return row
    event_id = uuid5(NAMESPACE_URL, f"urn:supply-ledger:import:{sha256}:{row.number}")
    return _Row(row.number, {**row.sent, "event_id": str(event_id)}, None, row.bytes_done)


def _jsonl_rows(file: BinaryIO) -> Iterator[_Row]:
    done = 0
    for number, line in enumerate(file, start=1):
        done += len(line)
        if not line.strip():
            continue
        try:
            yield _Row(number, parse_json(line), None, done)
        except MalformedJSON as error:
            yield _Row(number, None, Violation((), "malformed_json", str(error)), done)


def _csv_rows(file: BinaryIO) -> Iterator[_Row]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
        number = 0
        for cells in reader:
            number += 1
            if not any(cells):
                continue
            yield _csv_row(number, header, cells, done=file.tell())
    except (csv.Error, UnicodeDecodeError) as error:
        yield _Row(number + 1, None, Violation((), "malformed_csv", str(error)), file.tell())
    finally:
        text.detach()


def _csv_row(number: int, header: list[str], cells: list[str], *, done: int) -> _Row:
    if len(cells) > len(header):
        detail = f"the row has {len(cells)} cells and the header {len(header)}"
        return _Row(number, None, Violation((), "malformed_csv", detail), done)
    given = {name: cell for name, cell in zip(header, cells, strict=False) if cell != ""}
    cls = REGISTRY.get(given.get("type", ""))
    sent: dict[str, Any] = {}
    for column, cell in given.items():
        try:
            _place(sent, column, cell, cls)
        except ValueError as error:
            return _Row(number, None, Violation((column,), "malformed_cell", str(error)), done)
    return _Row(number, sent, None, done)


def _place(sent: dict[str, Any], column: str, cell: str, cls: type[Event] | None) -> None:
    """Put a cell where its column says: a field, a field of a nested object, or an entry of a map."""
    name, dot, rest = column.partition(".")
    info = cls.model_fields.get(name) if cls is not None else None
    kinds = _kinds(info.annotation) if info is not None else set()
    if dot:
        inner = sent.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ValueError(f"there are columns for {name} and for parts of it")
        inner[rest] = cell
    elif name in sent:
        raise ValueError(f"there are two columns for {name}")
    elif bool in kinds:
        if cell.lower() not in ("true", "false"):
            raise ValueError(f"{cell!r} is neither true nor false")
        sent[name] = cell.lower() == "true"
    elif int in kinds:
        if not cell.isdecimal():
            raise ValueError(f"{cell!r} is not a whole number")
        sent[name] = int(cell)
    elif kinds & {list, dict, BaseModel}:
        sent[name] = parse_json(cell.encode())
    else:
        sent[name] = cell


def _kinds(annotation: Any) -> set[type]:
    """The plain types in an annotation: bool, int, list, dict, str; BaseModel for any model."""
    origin = get_origin(annotation)
    if origin in (list, dict):
        return {origin}
    if isinstance(annotation, type):
        return {BaseModel} if issubclass(annotation, BaseModel) else {annotation}
    return {kind for option in get_args(annotation) for kind in _kinds(option)}
