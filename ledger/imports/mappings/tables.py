"""Tables as people keep them: CSV of any dialect, and sheets of Excel, as rows of texts.

The encoding is UTF-8, with or without a mark, or UTF-16 with one; another must be named, since it cannot be told with
certainty. The delimiter is the one of comma, semicolon, tab and bar that cuts the first rows alike. Cells of Excel are
taken as typed: whole numbers and decimals of up to 15 digits, 12.5 where a cell shows 12.5 % (and holds 0.125), dates
as dates; a formula must have been computed.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, NamedTuple

from ledger.imports.import_limits import FILE_COLUMNS_MAX, USUAL_LIMITS, ImportLimits
from ledger.imports.mappings.sheet_layout import SheetLayout, column_letters
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.table_rows import TableRow
from ledger.imports.mappings.workbook_rows import sheet_rows
from ledger.imports.packed_files import what_begins_with
from ledger.imports.rows import ROW_BYTES_MAX

DELIMITERS = ",;\t|"
NO_HIDDEN = "leave it out with --no-hidden, or with hidden = false under [table]"
SAMPLE_BYTES = 64 * 1024


class Table(NamedTuple):
    """A table: the names of its columns, its rows, and how it is written."""

    columns: list[str]
    rows: Iterator[TableRow]
    form: TableForm
    headers_again: Sequence[int] = ()
    """The numbers of rows that say the header once more, and are left out, as far as the rows were read."""
    layout: SheetLayout | None = None
    """How a sheet is laid out."""

    def hidden_left_out(self) -> list[str]:
        """The hidden columns that were not read."""
        if self.layout is None or self.form.hidden:
            return []
        return [f"{column_letters(place)} (hidden)" for place in sorted(self.layout.hidden_columns)]

    def remarks(self, cure: str = NO_HIDDEN) -> Iterator[str]:
        """What is to be said of the sheet, once its rows were read."""
        if self.layout is not None:
            yield from self.layout.remarks(len(self.columns), cure, hidden=self.form.hidden)


class Reading(NamedTuple):
    """How a file is read, beside what its mapping says."""

    floats: bool = False
    """Whether floating-point numbers are taken, as their shortest decimals."""
    limits: ImportLimits = USUAL_LIMITS
    prefer: str | None = None
    """Of several sheets, the one to read where nobody says which."""


USUAL_READING = Reading()


def open_table(file: BinaryIO, name: str, form: TableForm, reading: Reading = USUAL_READING) -> Table:
    """The table in a file, by the ending of its name. Raises MappingError where it is none."""
    if name.lower().endswith(".parquet"):
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.imports.mappings.parquet_tables import parquet_table

        columns, rows = parquet_table(file, floats=reading.floats, limits=reading.limits)
        return Table(columns, (TableRow(*row) for row in rows), form)
    return _titled(open_rows(file, name, form, reading.prefer))


class OpenedRows(NamedTuple):
    """All rows of a file, those of its header too; how its sheet is laid out, if it is one; and how it is written."""

    rows: Iterator[TableRow]
    layout: SheetLayout | None
    form: TableForm


def open_rows(file: BinaryIO, name: str, form: TableForm, prefer: str | None = None) -> OpenedRows:
    """All rows of a CSV or a sheet. Raises MappingError."""
    start = file.read(4)
    file.seek(0)
    if name.lower().endswith((".xlsx", ".xlsm")):
        return OpenedRows(*sheet_rows(file, form, prefer), form)
    what = what_begins_with(start)
    if what is not None and not form.encoding and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MappingError(f"{name} is not what its name says, text, but {what}")
    found = csv_form(file, name, form)
    text = io.TextIOWrapper(file, encoding=found.encoding, errors="surrogateescape", newline="")
    return OpenedRows(_csv_rows(text, found.delimiter or ","), None, found)


def csv_form(file: BinaryIO, name: str, form: TableForm) -> TableForm:
    """How a CSV is written: what is said of it, and what is found. Raises MappingError."""
    encoding = _encoding(file, name, form)
    file.seek(0)
    sample = file.read(SAMPLE_BYTES).decode(encoding, errors="ignore")
    file.seek(0)
    return form.model_copy(update={"delimiter": form.delimiter or _delimiter(sample), "encoding": encoding})


def _titled(opened: OpenedRows) -> Table:
    """The names of the columns, which may take several rows: `2023` over `t` is `2023 t`."""
    rows, layout, form = opened
    head = list(islice(rows, form.skip_rows, form.skip_rows + form.header_rows))
    wrong = (one for row in head for one in (row.fault, *(f"column {n + 1}: {why}" for n, why in row.faults.items())))
    if (fault := next((one for one in wrong if one is not None), None)) is not None:
        raise MappingError(f"the header of the table cannot be read: {fault}")
    if len(head) < form.header_rows:
        raise MappingError("the table has no header: it ends before")
    width = max(len(row.cells) for row in head)
    if width > FILE_COLUMNS_MAX:
        raise MappingError(f"the table has {width} columns, and at most {FILE_COLUMNS_MAX} are read")
    titles = [[cell.strip() for cell in row.cells] + [""] * (width - len(row.cells)) for row in head]
    lines = [list(line) for line in titles]
    for line in titles[:-1]:
        for place in range(1, width):
            line[place] = line[place] or line[place - 1]  # a title over several columns stands over the first
    columns = [" ".join(filter(None, parts)) for parts in zip(*titles, strict=True)]
    again: list[int] = []
    columns = [name or f"column {place}" for place, name in enumerate(columns, 1)]
    return Table(columns, _fitted(rows, width, lines, again), form, again, layout)


def _fitted(rows: Iterator[TableRow], width: int, header: list[list[str]], again: list[int]) -> Iterator[TableRow]:
    lines = [line for line in map(_without_ends, header) if line]
    begin = {line[0] for line in lines}
    for row in rows:
        number, cells, fault, faults, merged = row
        if fault is None and not faults and cells and cells[0].strip() in begin and _without_ends(cells) in lines:
            again.append(number)
        elif fault is None and (any(cells[width:]) or any(place >= width for place in faults)):
            yield TableRow(number, cells[:width], f"the row has {len(cells)} cells and the header {width}")
        else:
            yield TableRow(number, [*cells[:width], *[""] * (width - len(cells))], fault, faults, merged)


def _without_ends(cells: Sequence[str]) -> list[str]:
    """What cells say, without empty ones at the end."""
    stripped = [cell.strip() for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    return stripped


def _encoding(file: BinaryIO, name: str, form: TableForm) -> str:
    if form.encoding is not None:
        return _known_encoding(form.encoding)
    start = file.read(4)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    while block := file.read(1 << 20):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            if form.encoding_else is not None:
                return _known_encoding(form.encoding_else)
            line += block[: error.start].count(b"\n")
            raise MappingError(
                f"{name} is not UTF-8 (line {line}): name its encoding, for example encoding = 'cp1252' (Western "
                "Europe, what Excel writes there) or 'latin-1', under [table]; of `mapping suggest` it is --encoding"
            ) from None
        line += block.count(b"\n")
    return "utf-8-sig"


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # of codecs, some are of bytes and not of text
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise MappingError(f"table.encoding: there is no encoding {name[:40]!r}") from None


def _delimiter(sample: str) -> str:
    """The delimiter that cuts the first rows into as many cells each, and of those that do, into most."""
    best, most = ",", (0.0, 1)
    for one in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=one) if row][:20]
        except csv.Error:
            continue
        alike = max(set(widths), key=widths.count, default=0)
        if alike > 1 and (found := (widths.count(alike) / len(widths), alike)) > most:
            best, most = one, found
    return best


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[TableRow]:
    if len(delimiter) != 1:
        raise MappingError("table.delimiter is one character")
    reader = csv.reader(_short_lines(text), delimiter=delimiter, strict=True)
    try:
        while True:
            number = reader.line_num + 1
            cells = next(reader)
            if not all(map(_is_text, cells)):
                yield TableRow(number, [], "the text is not in the encoding of the table")
            else:
                yield TableRow(number, cells)
    except StopIteration:
        pass
    except UnicodeError:
        yield TableRow(number, [], "the text is not in the encoding of the table; nothing from here on was read")
    except csv.Error as error:
        yield TableRow(number, [], f"{error}; nothing from here on was read")
    finally:
        with suppress(ValueError):  # its owner may have closed it
            text.detach()  # The file is its owner's to close, also where not all of it is read.


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\udc80" <= one <= "\udcff" for one in cell)


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(ROW_BYTES_MAX):
        if len(line) >= ROW_BYTES_MAX:
            raise csv.Error(f"the row is longer than {ROW_BYTES_MAX} characters")
        yield line
