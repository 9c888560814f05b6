"""The rows of workbooks: the cells of one sheet as texts, as they were typed, within bounds on what is loaded."""

import zipfile
from collections.abc import Collection, Iterator
from copy import copy
from decimal import Decimal
from itertools import count
from typing import Any, BinaryIO

from ledger.imports.mappings.sheet_layout import SHEET_ROWS_MAX, MergedCells, MergedRows, SheetLayout
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.table_rows import CoveredCell, TableRow
from ledger.imports.mappings.typed_cells import cell_text, is_in_percent, styles_in_percent
from ledger.imports.packed_files import FileError, check_contents

UNPACKED_BYTES_MAX, UNPACKED_TIMES_MAX = 512 * 1024 * 1024, 100
"""To how many bytes a workbook may unpack, and to how many times its size."""
LOADED_BYTES_MAX = 16 * 1024 * 1024
"""To how many bytes that of a workbook may unpack which is in memory whole: the texts of its cells, styles, names."""
_NOT_LOADED = ("xl/worksheets/", "xl/media/", "xl/drawings/", "xl/charts/", "xl/pivotCache/", "customXml/")


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


def sheet_rows(file: BinaryIO, form: TableForm, prefer: str | None) -> tuple[Iterator[TableRow], SheetLayout | None]:
    """The rows of a sheet, and how it is laid out. Raises MappingError."""
    book = _opened(file)
    name = _sheet_of(book, form.sheet, prefer)
    layout, merged = None, MergedRows(())
    if (path := getattr(book[name], "_worksheet_path", None)) is not None:
        with book._archive.open(path) as xml:
            layout = SheetLayout(xml)
        merged = MergedRows(layout.below(form.skip_rows + form.header_rows, hidden=form.hidden))
    rows = _merged(_sheet_rows(book, name), merged)
    return rows if layout is None else _shown(rows, layout, form), layout


def _sheet_rows(book: Any, name: str) -> Iterator[TableRow]:
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


def _merged(rows: Iterator[TableRow], ranges: MergedRows) -> Iterator[TableRow]:
    """The rows with what is told of their merged cells."""
    firsts: dict[MergedCells, tuple[str, str | None]] = {}
    for row in rows:
        if not (here := ranges.at(row.number)):
            yield row
            continue
        still = set(here)
        firsts = {one: said for one, said in firsts.items() if one in still}
        covered: dict[int, CoveredCell] = {}
        for one in here:
            if one not in firsts:
                text = row.cells[one.first] if one.first < len(row.cells) else ""
                firsts[one] = text, row.faults.get(one.first)
            cell = CoveredCell(one.shown, one.first, *firsts[one], one.last > one.first)
            covered |= dict.fromkeys(range(one.first, one.last + 1), cell)
        yield row._replace(merged=covered)


def _shown(rows: Iterator[TableRow], layout: SheetLayout, form: TableForm) -> Iterator[TableRow]:
    """The rows, without hidden rows and columns where these are to be left out; else noting which of them say
    something.
    """
    hidden = layout.hidden_columns
    for row in rows:
        if form.hidden:
            if any(row.cells) and layout.is_hidden(row.number):
                layout.hidden_read.append(row.number)
            yield row
        elif not layout.is_hidden(row.number):
            yield row if not hidden else _without(row, hidden)


def _without(row: TableRow, hidden: Collection[int]) -> TableRow:
    """A row without the cells of some columns."""
    width = max(len(row.cells), *(place + 1 for place in (*row.faults, *row.merged)), 0, 0)
    kept = [place for place in range(width) if place not in hidden]
    places = {place: index for index, place in enumerate(kept)}
    cells = [row.cells[place] for place in kept if place < len(row.cells)]
    faults = {places[place]: fault for place, fault in row.faults.items() if place in places}
    merged = {
        places[place]: cell._replace(first=places.get(cell.first, -1))
        for place, cell in row.merged.items()
        if place in places
    }
    return TableRow(row.number, cells, row.fault, faults, merged)


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
