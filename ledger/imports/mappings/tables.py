"""Tables as people keep them: CSV of any dialect, and sheets of Excel, as rows of texts.

The encoding is UTF-8, with or without a mark, or UTF-16 with one; another must be named, since it cannot be told with
certainty. The delimiter is the one of comma, semicolon, tab and bar that cuts the first rows alike. Cells of Excel are
taken as typed: whole numbers and decimals of up to 15 digits, 12.5 where a cell shows 12.5 % (and holds 0.125), dates
as dates; a formula must have been computed.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from decimal import Decimal
from itertools import count, islice
from typing import Any, BinaryIO, NamedTuple

from ledger.imports.import_limits import FILE_COLUMNS_MAX, USUAL_LIMITS, ImportLimits
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.typed_cells import cell_text, is_in_percent, styles_in_percent
from ledger.imports.packed_files import FileError, check_contents, what_begins_with
from ledger.imports.rows import ROW_BYTES_MAX

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 64 * 1024
UNPACKED_BYTES_MAX, UNPACKED_TIMES_MAX = 512 * 1024 * 1024, 100
"""To how many bytes a workbook may unpack, and to how many times its size."""
LOADED_BYTES_MAX = 16 * 1024 * 1024
"""To how many bytes that of a workbook may unpack which is in memory whole: the texts of its cells, styles, names."""
_NOT_LOADED = ("xl/worksheets/", "xl/media/", "xl/drawings/", "xl/charts/", "xl/pivotCache/", "customXml/")
SHEET_ROWS_MAX = 1_048_576
"""How many rows a sheet of Excel has at most."""


class TableRow(NamedTuple):
    """A row of a table: its number in the file from 1 (as an editor shows it), its cells, or why it has none."""

    number: int
    cells: list[str]
    fault: str | None = None
    faults: Mapping[int, str] = {}
    """Why single cells are empty, by their place: it matters where the mapping looks at them."""


class Table(NamedTuple):
    """A table: the names of its columns, its rows, and how it is written."""

    columns: list[str]
    rows: Iterator[TableRow]
    form: TableForm
    headers_again: Sequence[int] = ()
    """The numbers of rows that say the header once more, and are left out, as far as the rows were read."""


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
    return _titled(*open_rows(file, name, form, reading.prefer))


def open_rows(
    file: BinaryIO, name: str, form: TableForm, prefer: str | None = None
) -> tuple[Iterator[TableRow], TableForm]:
    """All rows of a CSV or a sheet, those of its header too, and how it is written. Raises MappingError."""
    start = file.read(4)
    file.seek(0)
    if name.lower().endswith((".xlsx", ".xlsm")):
        return _sheet_rows(file, form, prefer), form
    what = what_begins_with(start)
    if what is not None and not form.encoding and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MappingError(f"{name} is not what its name says, text, but {what}")
    found = csv_form(file, name, form)
    text = io.TextIOWrapper(file, encoding=found.encoding, errors="surrogateescape", newline="")
    return _csv_rows(text, found.delimiter or ","), found


def csv_form(file: BinaryIO, name: str, form: TableForm) -> TableForm:
    """How a CSV is written: what is said of it, and what is found. Raises MappingError."""
    encoding = _encoding(file, name, form)
    file.seek(0)
    sample = file.read(SAMPLE_BYTES).decode(encoding, errors="ignore")
    file.seek(0)
    return form.model_copy(update={"delimiter": form.delimiter or _delimiter(sample), "encoding": encoding})


def _titled(rows: Iterator[TableRow], form: TableForm) -> Table:
    """The names of the columns, which may take several rows: `2023` over `t` is `2023 t`."""
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
    return Table(columns, _fitted(rows, width, lines, again), form, again)


def _fitted(rows: Iterator[TableRow], width: int, header: list[list[str]], again: list[int]) -> Iterator[TableRow]:
    lines = [line for line in map(_without_ends, header) if line]
    begin = {line[0] for line in lines}
    for number, cells, fault, faults in rows:
        if fault is None and not faults and cells and cells[0].strip() in begin and _without_ends(cells) in lines:
            again.append(number)
        elif fault is None and (any(cells[width:]) or any(place >= width for place in faults)):
            yield TableRow(number, cells[:width], f"the row has {len(cells)} cells and the header {width}")
        else:
            yield TableRow(number, [*cells[:width], *[""] * (width - len(cells))], fault, faults)


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


def _opened(file: BinaryIO) -> Any:
    """A workbook to be read row by row. Raises MappingError."""
    # Here, since openpyxl takes as long to load as all the rest, and most programs need none of it.
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.xml.constants import SHARED_STRINGS

    _check_unpacked(file)
    try:
        reader = ExcelReader(file, read_only=True, data_only=True)
        reader.read_manifest()
        texts = reader.package.find(SHARED_STRINGS)  # wherever in the file the texts say that they are
        if texts is not None:
            _check_loaded(reader.archive.getinfo(texts.PartName.lstrip("/")).file_size)
        reader.read()
        book = reader.wb
    except MappingError:
        raise
    except Exception as error:  # a file of others raises anything
        raise MappingError(
            f"the file is no Excel workbook ({type(error).__name__}): is it CSV by another name?"
        ) from None
    if not book.sheetnames:
        raise MappingError("the workbook has no sheet that can be read")
    return book


class _AsTyped:
    """A workbook whose cells say what was typed into them: formulas, and not what these were computed to."""

    data_only = False

    def __init__(self, book: Any) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)


def _sheet_rows(file: BinaryIO, form: TableForm, prefer: str | None) -> Iterator[TableRow]:
    book = _opened(file)
    name = _sheet_of(book, form.sheet, prefer)
    _check_merged(book, name, after=form.skip_rows + form.header_rows)
    sheet = book[name]
    sheet.reset_dimensions()  # what a file says of its size may be wrong, and would cut it
    typed_sheet = copy(sheet)  # over the same texts, which are most of what a workbook has in memory
    typed_sheet.parent = _AsTyped(book)
    end = SHEET_ROWS_MAX + 1
    in_percent = styles_in_percent(book)
    shown = sheet.iter_rows(max_row=end, values_only=not in_percent)
    both = zip(shown, typed_sheet.iter_rows(max_row=end, values_only=True), strict=False)
    for number in count(1):
        try:
            cells, typed = next(both)
        except StopIteration:
            return
        except Exception as error:  # what is wrong in a sheet of others may be anything
            yield TableRow(number, [], f"the sheet is damaged ({type(error).__name__}); nothing from here on was read")
            return
        if number == end:
            yield TableRow(number, [], f"no sheet has more than {SHEET_ROWS_MAX} rows; nothing from here on was read")
            return
        texts: list[str] = []
        faults: dict[int, str] = {}
        percents: set[int] = set()
        if in_percent:
            percents = {place for place, cell in enumerate(cells) if is_in_percent(cell, in_percent)}
            cells = [cell.value for cell in cells]
        for place, cell in enumerate(cells):
            try:
                if cell is None and place < len(typed) and str(typed[place] or "").startswith("="):
                    raise ValueError("a formula without its value: open the file in Excel, save it, and send it again")
                texts.append(cell_text(cell))
                if place in percents:
                    texts[-1] = f"{(Decimal(texts[-1]) * 100).normalize():f}"
            except ValueError as error:
                faults[place] = str(error)
                texts.append("")
        while texts and not texts[-1] and len(texts) - 1 not in faults:
            texts.pop()
        yield TableRow(number, texts, None, faults)


def _sheet_of(book: Any, wanted: str | None, prefer: str | None) -> str:
    """The sheet to read: the one that is wanted, else the preferred one or the only one. Raises MappingError."""
    names = book.sheetnames
    listed = ", ".join(name[:80] for name in names[:20])
    if wanted is None and prefer in names:
        wanted = prefer
    if wanted is None and len(names) > 1:
        if prefer is None:
            raise MappingError(
                f"the workbook has several sheets: set [table] sheet, of `mapping suggest` --sheet, to one of {listed}"
            )
        raise MappingError(
            f"the workbook has no sheet {prefer!r}, and more than one other ({listed}): `supply-ledger template "
            "figures.xlsx` makes one to fill in; any other table needs a mapping"
        )
    name = str(names[0] if wanted is None else wanted)
    if name not in names:
        raise MappingError(f"there is no sheet {name!r}; there are {listed}")
    if name not in [one.title for one in book.worksheets]:
        raise MappingError(f"the sheet {name!r} is not in the file, or holds no table")
    return name


def _check_unpacked(file: BinaryIO) -> None:
    """Raises MappingError for a workbook that unpacks to far more than workbooks do."""
    try:
        check_contents(file)
        with zipfile.ZipFile(file) as packed:
            contents = packed.infolist()
            sizes = [(one.file_size, one.compress_size) for one in contents]
    except FileError as error:
        raise MappingError(str(error)) from None
    except (zipfile.BadZipFile, OSError, ValueError):
        raise MappingError("the file is no Excel workbook: is it CSV by another name?") from None
    unpacked, size = (sum(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
    if unpacked > UNPACKED_BYTES_MAX or unpacked > UNPACKED_TIMES_MAX * size + (1 << 20):
        raise MappingError(f"the workbook unpacks from {size} to {unpacked} bytes, more than sheets do: save it as CSV")
    _check_loaded(sum(one.file_size for one in contents if not one.filename.startswith(_NOT_LOADED)))


def _check_loaded(size: int) -> None:
    if size > LOADED_BYTES_MAX:
        raise MappingError(
            f"the texts and styles of the workbook take {size} bytes, and at most {LOADED_BYTES_MAX} are loaded: save "
            "the sheet as CSV"
        )


def _check_merged(book: Any, name: str, *, after: int) -> None:
    """Raises MappingError for merged cells below the header: all but the first of them are empty."""
    path = getattr(book[name], "_worksheet_path", None)
    if path is None:
        return
    with book._archive.open(path) as xml:
        before = b""
        while block := xml.read(1 << 20):
            for first, last in re.findall(rb'<mergeCell ref="[A-Z]+(\d+):[A-Z]+(\d+)"', before + block):
                if int(last) > after:
                    rows = f"{int(first)} to {int(last)}"
                    raise MappingError(f"the sheet has merged cells in rows {rows}: unmerge them and fill each cell")
            before = block[-100:]
