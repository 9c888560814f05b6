"""The rows of a file of events: each one the JSON value that it stands for, or the fault that keeps it from being read.

JSON Lines: one event object a line; a row's number is its line's. CSV: one column a field, `source.publisher` style for
nested ones, `dimensions.basis` for dimensions, JSON text for lists; an empty cell is an absent field; the header is no
row. Rows are counted from 1, and a blank one is skipped but counted, so that an error names the row that an editor
shows.

A file is first cut into pieces, in order, which is cheap; what the rows of a piece hold can then be read anywhere.
Files come from anywhere and may be of any size: nothing here holds more than a piece, and no row is longer than
ROW_BYTES_MAX.
"""

import csv
import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from ledger.codec.strict_json import MalformedJSON, parse_json
from ledger.errors import ContentTooLarge, Violation
from ledger.events.base import REGISTRY, Event
from ledger.imports.import_limits import COLUMN_NAME_LENGTH_MAX, FILE_COLUMNS_MAX, HEADER_LENGTH_MAX, ROW_VALUES_MAX
from ledger.imports.packed_files import what_begins_with
from ledger.imports.tables_of_others import VERDICT, no_events, no_lines

ROW_BYTES_MAX = 4 * 1024 * 1024
PIECE_ROWS = 5_000
PIECE_BYTES = 8 * 1024 * 1024
NOT_UTF8 = "the text is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)"
FIRST_BYTES_MAX = 4
CELL_BYTES = 50
"""What a cell takes in memory beside its text, about."""
LIST_SHOWN_MAX = 60
"""So many letters of a cell are shown as the list that it may mean."""
Format = Literal["jsonl", "csv", "parquet", "xlsx"]


class Piece(NamedTuple):
    """Rows of a file that follow each other, of plain values only; and how many of its bytes were read up to here."""

    format: Format | Literal["mapped"]
    first: int
    """The number of its first row."""
    raw: Any
    done: int


class Row(NamedTuple):
    """A row of a file: the event as sent, or why there is none."""

    number: int
    sent: Any
    fault: Violation | None
    more: tuple[Violation, ...] = ()
    """What else is wrong with it, to be said where it is rejected. Beside a fault, `sent` is what could be read."""


def faulty(number: int, rule: str, detail: str, *, column: str | None = None) -> Row:
    """A row that cannot be read, because of one of its cells where a column is named."""
    return Row(number, None, Violation((column,) if column is not None else (), rule, detail))


def jsonl_pieces(file: BinaryIO) -> Iterator[Piece]:
    """JSON Lines: the lines, None for one that is too long, and a text that says why no more is read, if so."""
    first, done, size = 1, 0, 0
    lines: list[bytes | str | None] = []
    is_first = True
    while line := file.readline(ROW_BYTES_MAX):
        size += len(line)
        if is_first and not line.isspace():
            is_first = False
            if (why := no_lines(line)) is not None:
                lines.append(why)
                break
        if len(line) == ROW_BYTES_MAX and not line.endswith(b"\n"):
            while (rest := file.readline(ROW_BYTES_MAX)) and not rest.endswith(b"\n"):
                done += len(rest)
            done += len(rest)
            lines.append(None)
        else:
            lines.append(line)
        if len(lines) >= PIECE_ROWS or size >= PIECE_BYTES:
            done += size
            yield Piece("jsonl", first, lines, done)
            first, lines, size = first + len(lines), [], 0
    if lines:
        yield Piece("jsonl", first, lines, done + size)


def jsonl_rows(piece: Piece) -> Iterator[Row]:
    """The rows of a piece; a line that is not JSON is a fault, and the next one is read."""
    line: bytes | str | None
    for number, line in enumerate(piece.raw, piece.first):
        if isinstance(line, str):
            yield faulty(number, "malformed_json", line)
        elif line is None:
            yield faulty(number, "row_too_long", f"the line is longer than {ROW_BYTES_MAX} bytes")
        elif not line.isspace():
            try:
                yield Row(number, parse_json(line, values_max=ROW_VALUES_MAX), None)
            except MalformedJSON as error:
                yield faulty(number, "malformed_json", str(error))
            except ContentTooLarge:
                yield faulty(number, "row_too_long", f"the line has more than {ROW_VALUES_MAX} values")


def csv_pieces(file: BinaryIO) -> Iterator[Piece]:
    """CSV in UTF-8: the header, the cells of rows, and why no more can be read, if so.

    Where the quoting breaks, no row after that is certain. Of a row with cells beyond the header, only their number is
    kept.
    """
    if (what := what_begins_with(file.read(FIRST_BYTES_MAX))) is not None:
        yield Piece("csv", 1, ([], [], f"the file is no CSV in UTF-8, but {what}"), file.tell())
        return
    file.seek(0)
    # What is not UTF-8 becomes lone surrogates, so that it is a fault of its row and not of the file.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    first, size, ended = 1, 0, False
    header: list[str] = []
    rows: list[list[str] | int] = []
    try:
        lines.what, lines.length_max = "header", min(HEADER_LENGTH_MAX, ROW_BYTES_MAX)
        header = next(reader, [])
        lines.what, lines.length_max = "row", ROW_BYTES_MAX
        _check_header(header)
        while not ended:
            fault = None
            lines.taken = 0
            try:
                cells = next(reader)
                rows.append(_within(cells, len(header)))
                size += lines.taken + CELL_BYTES * min(len(cells), len(header))
            except StopIteration:
                ended = True
            except csv.Error as error:
                ended, fault = True, f"{error}; nothing from here on was read"
            if ended or len(rows) >= PIECE_ROWS or size >= PIECE_BYTES:
                yield Piece("csv", first, (header, rows, fault), file.tell())
                first, rows, size = first + len(rows), [], 0
    except csv.Error as error:
        yield Piece("csv", first, (header, rows, f"{error}; nothing from here on was read"), file.tell())
    finally:
        text.detach()


def csv_rows(piece: Piece) -> Iterator[Row]:
    """The rows of a piece."""
    header, rows, fault = piece.raw
    for number, cells in enumerate(rows, piece.first):
        if isinstance(cells, int):
            yield faulty(number, "malformed_csv", f"the row has {cells} cells and the header {len(header)}")
        elif any(cells):
            yield _csv_row(number, header, cells)
    if fault is not None:
        yield faulty(piece.first + len(rows), "malformed_csv", fault)


class _Lines:
    """The lines of a text, and how much of it the row that is being read has taken."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.taken = 0
        self.what, self.length_max = "row", ROW_BYTES_MAX

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(self.length_max)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken >= self.length_max:
            raise csv.Error(f"the {self.what} is longer than {self.length_max} characters")
        return line


def _check_header(header: list[str]) -> None:
    """Raises csv.Error for more columns, or longer names of columns, than any event has."""
    if len(header) > FILE_COLUMNS_MAX:
        raise csv.Error(f"the header has {len(header)} columns, and at most {FILE_COLUMNS_MAX} are read")
    if (longest := max(map(len, header), default=0)) > COLUMN_NAME_LENGTH_MAX:
        raise csv.Error(f"the name of a column has {longest} characters, and at most {COLUMN_NAME_LENGTH_MAX} are read")
    if all(map(_is_utf8, header)) and (why := no_events(header)) is not None:
        raise csv.Error(why)


def _within(cells: list[str], width: int) -> list[str] | int:
    """The cells of a row, without empty ones beyond the header; their number, where there are others."""
    if len(cells) <= width:
        return cells
    return len(cells) if any(cells[width:]) else cells[:width]


def _csv_row(number: int, header: list[str], cells: list[str]) -> Row:
    given = [(column, cell) for column, cell in zip(header, cells, strict=False) if cell != "" and column != VERDICT]
    for column, cell in given:
        if not _is_utf8(column) or not _is_utf8(cell):
            name = column if _is_utf8(column) else None
            return faulty(number, "malformed_cell", NOT_UTF8, column=name)
    return placed(number, given)


def placed(number: int, cells: list[tuple[str, Any]]) -> Row:
    """The row that cells make, each under the name of its column: the event's type says what a cell's text means."""
    named = next((cell for column, cell in cells if column == "type"), None)
    cls = REGISTRY.get(named) if isinstance(named, str) else None
    whole = {column for column, _ in cells if "." not in column}
    sent: dict[str, Any] = {}
    faults: list[Violation] = []
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
            faults.append(Violation((column,), "malformed_cell", str(error)))
    return Row(number, sent, faults[0], tuple(faults[1:])) if faults else Row(number, sent, None)


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
    return _nested(cell, kinds) if kinds & {list, dict, BaseModel} else cell


def _nested(cell: str, kinds: frozenset[type]) -> Any:
    """The list or object that a cell holds as JSON. Raises ValueError, which says how it is written."""
    is_list = list in kinds
    try:
        value = parse_json(cell.encode())
    except MalformedJSON as error:
        wrong = str(error)
    else:
        if value is not None and not isinstance(value, list if is_list else dict):
            wrong = f"it is no {'list' if is_list else 'object'}"
        else:
            return value
    if not is_list:
        shown = 'an object in one cell is JSON: write {"basis": "reo"}, or give each part a column, as dimensions.basis'
        raise ValueError(f"{shown}; {cell[:40]!r} is none ({wrong})")
    if BaseModel in kinds:
        raise ValueError(f'a list of objects is JSON: write [{{"NAME": "…"}}]; {cell[:40]!r} is none ({wrong})')
    parts = [part.strip(" \"'") for part in cell.strip(" []")[:LIST_SHOWN_MAX].split(",")]
    meant = json.dumps([part for part in parts if part] or ["usgs", "bgs"], ensure_ascii=False)
    in_csv = '"' + meant.replace('"', '""') + '"'
    raise ValueError(
        f"it is a list, so write it as JSON: {meant}, which is {in_csv} in CSV; {cell[:40]!r} is none ({wrong})"
    )


@cache
def _kinds_of(cls: type[Event], name: str) -> frozenset[type]:
    field = cls.model_fields.get(name)
    return frozenset(_kinds(field.annotation)) if field is not None else frozenset()


def _kinds(annotation: Any) -> set[type]:
    """The plain types in an annotation: bool, int, list, dict, str; BaseModel for any model."""
    origin = get_origin(annotation)
    if origin is list:
        return {list, *(_kinds(get_args(annotation)[0]) & {BaseModel})}
    if origin is dict:
        return {dict}
    if isinstance(annotation, type):
        return {BaseModel} if issubclass(annotation, BaseModel) else {annotation}
    return {kind for option in get_args(annotation) for kind in _kinds(option)}


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
