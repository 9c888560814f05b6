"""The rows of a file of events: each one the JSON value that it stands for, or the fault that keeps it from being read.

JSON Lines: one event object a line; a row's number is its line's. CSV: one column a field, `source.publisher` style for
nested ones, `dimensions.basis` for dimensions, JSON text for lists; an empty cell is an absent field; the header is no
row. Rows are counted from 1, and a blank one is skipped but counted, so that an error names the row that an editor
shows.

Files come from anywhere and may be of any size: nothing here holds more than a row, and no row is longer than
ROW_BYTES_MAX.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, get_args, get_origin

from pydantic import BaseModel

from ledger.errors import Violation
from ledger.events.base import REGISTRY, Event
from ledger.parsing import MalformedJSON, parse_json

ROW_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: the event as sent, or why there is none; and how many bytes were read up to here."""

    number: int
    sent: Any
    fault: Violation | None
    bytes_done: int


def faulty(number: int, rule: str, detail: str, *, done: int, column: str | None = None) -> Row:
    """A row that cannot be read, because of one of its cells where a column is named."""
    return Row(number, None, Violation((column,) if column is not None else (), rule, detail), done)


def jsonl_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of JSON Lines; a line that is not JSON is a fault, and the next one is read."""
    done = number = 0
    while line := file.readline(ROW_BYTES_MAX):
        number += 1
        done += len(line)
        if len(line) == ROW_BYTES_MAX and not line.endswith(b"\n"):
            while (rest := file.readline(ROW_BYTES_MAX)) and not rest.endswith(b"\n"):
                done += len(rest)
            done += len(rest)
            yield faulty(number, "row_too_long", f"the line is longer than {ROW_BYTES_MAX} bytes", done=done)
        elif line.strip():
            try:
                yield Row(number, parse_json(line), None, done)
            except MalformedJSON as error:
                yield faulty(number, "malformed_json", str(error), done=done)


def csv_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of a CSV file in UTF-8. Where the quoting breaks, no row after that is certain, so none is read."""
    # What is not UTF-8 becomes lone surrogates, so that it is a fault of its row and not of the file.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    number = 0
    try:
        header = next(reader, [])
        for cells in reader:
            number += 1
            lines.taken = 0
            if any(cells):
                yield _csv_row(number, header, cells, done=file.tell())
    except csv.Error as error:
        yield faulty(number + 1, "malformed_csv", f"{error}; nothing from here on was read", done=file.tell())
    finally:
        text.detach()


class _Lines:
    """The lines of a text, and how much of it the row that is being read has taken."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.taken = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(ROW_BYTES_MAX)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken >= ROW_BYTES_MAX:
            raise csv.Error(f"the row is longer than {ROW_BYTES_MAX} characters")
        return line


def _csv_row(number: int, header: list[str], cells: list[str], *, done: int) -> Row:
    if any(cells[len(header) :]):
        detail = f"the row has {len(cells)} cells and the header {len(header)}"
        return faulty(number, "malformed_csv", detail, done=done)
    given = [(column, cell) for column, cell in zip(header, cells, strict=False) if cell != ""]
    for column, cell in given:
        if not _is_utf8(column) or not _is_utf8(cell):
            name = column if _is_utf8(column) else None
            return faulty(number, "malformed_cell", "the text is not UTF-8", done=done, column=name)
    return placed(number, given, done=done)


def placed(number: int, cells: list[tuple[str, Any]], *, done: int) -> Row:
    """The row that cells make, each under the name of its column: the event's type says what a cell's text means."""
    named = next((cell for column, cell in cells if column == "type"), None)
    cls = REGISTRY.get(named) if isinstance(named, str) else None
    whole = {column for column, _ in cells if "." not in column}
    sent: dict[str, Any] = {}
    for column, cell in cells:
        name, dot, rest = column.partition(".")
        try:
            if dot and name in whole:
                raise ValueError(f"there are columns for {name} and for parts of it")
            if dot:
                _put(sent.setdefault(name, {}), rest, _in_part(cell, of=name), column)
            else:
                _put(sent, name, _meant(cell, _kinds_of(cls, name) if cls is not None else frozenset()), column)
        except ValueError as error:
            return faulty(number, "malformed_cell", str(error), done=done, column=column)
    return Row(number, sent, None, done)


def _put(into: dict[str, Any], name: str, value: Any, column: str) -> None:
    if name in into:
        raise ValueError(f"there are two columns for {column}")
    into[name] = value


def _in_part(cell: Any, *, of: str) -> Any:
    """A cell of a nested field. All that objects have inside is text; only `changes` may hold any kind."""
    return str(cell) if type(cell) is int and of != "changes" else cell


def _meant(cell: Any, kinds: frozenset[type]) -> Any:
    """A cell as the field that takes these kinds expects it. Raises ValueError."""
    if type(cell) is int and str in kinds and int not in kinds:
        return str(cell)
    if not isinstance(cell, str):
        return cell
    if bool in kinds:
        if cell.lower() not in ("true", "false"):
            raise ValueError(f"{cell[:40]!r} is neither true nor false")
        return cell.lower() == "true"
    if int in kinds:
        if not (cell.isascii() and cell.isdecimal()):
            raise ValueError(f"{cell[:40]!r} is not a whole number")
        return int(cell)
    return parse_json(cell.encode()) if kinds & {list, dict, BaseModel} else cell


@cache
def _kinds_of(cls: type[Event], name: str) -> frozenset[type]:
    field = cls.model_fields.get(name)
    return frozenset(_kinds(field.annotation)) if field is not None else frozenset()


def _kinds(annotation: Any) -> set[type]:
    """The plain types in an annotation: bool, int, list, dict, str; BaseModel for any model."""
    origin = get_origin(annotation)
    if origin in (list, dict):
        return {origin}
    if isinstance(annotation, type):
        return {BaseModel} if issubclass(annotation, BaseModel) else {annotation}
    return {kind for option in get_args(annotation) for kind in _kinds(option)}


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
