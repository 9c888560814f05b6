"""Verdict sheets: a file that was refused comes back as it was, with a column that says what is wrong with each row.

The column is called `verdict`, and no import reads it: so the sheet can be mended and sent as it is. What is written is
a new file, never over another.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ledger.imports.import_limits import ImportLimits
from ledger.imports.mappings.table_mapping import TableForm
from ledger.imports.mappings.tables import csv_form
from ledger.imports.packed_files import FileError, unpacked
from ledger.imports.tables_of_others import VERDICT
from ledger.imports.templates.event_sheets import EVENTS

WORKBOOK_BYTES_MAX = 16 * 1024 * 1024
"""To how many bytes a workbook may unpack to be written again, all of which takes place in memory."""
ENDINGS = (".csv", ".xlsx")


def write_verdicts(
    source: Path,
    target: Path,
    verdicts: Mapping[int, str],
    limits: ImportLimits,
    *,
    form: TableForm | None = None,
    member: str | None = None,
) -> None:
    """Write a table again, with what is wrong with its rows, by their numbers; `form` is its mapping's, if it has one.

    Raises FileError for a file that is no such table, or that is too large, and FileExistsError.
    """
    with source.open("rb") as raw, unpacked(raw, source.name, limits, member=member) as plain:
        ending = Path(plain.name).suffix.lower()
        if ending not in ENDINGS or Path(target).suffix.lower() != ending:
            wanted = f"call it {target.stem}{ending}" if ending in ENDINGS else f"they are for {' and '.join(ENDINGS)}"
            raise FileError(f"verdicts are written as a table of the same kind: {wanted}")
        if ending == ".xlsx":
            _write_workbook(plain.file, target, verdicts, form)
        else:
            _write_csv(plain.file, plain.name, target, verdicts, form)


def _write_workbook(file: BinaryIO, target: Path, verdicts: Mapping[int, str], form: TableForm | None) -> None:
    # Here, since openpyxl takes as long to load as all the rest, and most programs need none of it.
    import openpyxl
    from openpyxl.styles import PatternFill

    with zipfile.ZipFile(file) as packed:
        size = sum(one.file_size for one in packed.infolist())
    if size > WORKBOOK_BYTES_MAX:
        raise FileError(f"the workbook unpacks to {size} bytes, too many to be written again: save the sheet as CSV")
    file.seek(0)
    book = openpyxl.load_workbook(file)
    name = (form.sheet if form is not None else EVENTS) or EVENTS
    sheet = book[name] if name in book.sheetnames else book.worksheets[0]
    head = 1 if form is None else form.skip_rows + form.header_rows
    titles = [str(cell.value or "").strip() for cell in sheet[head]]
    column = titles.index(VERDICT) + 1 if VERDICT in titles else sheet.max_column + 1
    for row in range(head, sheet.max_row + 1):
        sheet.cell(row, column).value = None
    wrong = PatternFill("solid", fgColor="FFFFC7CE")
    sheet.cell(head, column).value = VERDICT
    for row, text in verdicts.items():
        cell = sheet.cell(row, column)
        cell.value, cell.data_type, cell.fill = text, "s", wrong
    with _new(target) as out:
        book.save(out)


def _write_csv(file: BinaryIO, name: str, target: Path, verdicts: Mapping[int, str], form: TableForm | None) -> None:
    written = csv_form(file, name, form) if form is not None else TableForm(delimiter=",", encoding="utf-8-sig")
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=written.encoding, errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=written.delimiter or ",")
    head = 0 if form is None else form.skip_rows + form.header_rows - 1
    try:
        with (
            _new(target) as raw,
            io.TextIOWrapper(raw, encoding=written.encoding, errors="surrogateescape", newline="") as out,
        ):
            _copy_rows(
                reader, csv.writer(out, delimiter=written.delimiter or ","), verdicts, head, by_line=form is not None
            )
    finally:
        text.detach()


def _copy_rows(reader: Any, writer: Any, verdicts: Mapping[int, str], head: int, *, by_line: bool) -> None:
    """Copy rows, each with its verdict; where the quoting breaks, nothing after that is certain, and it ends."""
    place: int | None = None
    begins = 1
    for index, cells in enumerate(_until_broken(reader)):
        number = begins if by_line else index
        begins = reader.line_num + 1
        if index == head:
            place = cells.index(VERDICT) if VERDICT in cells else None
        if place is not None and place < len(cells):
            del cells[place]
        writer.writerow([*cells, VERDICT if index == head else verdicts.get(number, "") if index > head else ""])


def _until_broken(reader: Any) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except (StopIteration, csv.Error):
            return


@contextmanager
def _new(target: Path) -> Iterator[BinaryIO]:
    """A file that was not there before; none is left where it could not be written whole."""
    with target.open("xb") as out:
        try:
            yield out
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def beside(source: Path) -> Path:
    """Where the verdicts on a file may be written: beside it, under a name that is free."""
    stem, ending = source.stem, source.suffix
    for number in range(1, 1000):
        path = source.with_name(f"{stem}.verdicts{'' if number == 1 else f'-{number}'}{ending}")
        if not path.exists():
            return path
    raise FileError(f"there are a thousand verdicts beside {source.name} already: move some away")
