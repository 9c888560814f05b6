"""Template workbooks: a sheet of events to fill in, a sheet that explains its columns, and the lists to choose from.

Every cell to fill in is text, so that digits stay as they are typed: `2.080` is no 2.08, and `2024-06` no date.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from ledger.events.base import Event
from ledger.imports.templates.event_sheets import EVENTS
from ledger.imports.templates.template_columns import TemplateColumn, Vocabulary, template_columns, types_for
from ledger.ledger import Ledger
from ledger.visible_text import visible

EXPLAINED, LISTS = "explained", "lists"
ROWS_CHOSEN = 10_000
"""In how many rows there are lists to choose from."""
_WIDTH_MIN = 12
_INTRODUCTION = (
    "Fill in the sheet `events`, one fact a row; leave empty what the source does not say.",
    "Then import the file as it is: supply-ledger import FILE --dry-run, and without --dry-run where all is well.",
    "Nothing is recorded while a row is wrong: the sheet comes back with a column that says what is.",
    "A name that is in no list may be typed: --register registers it. Several names stand between semicolons.",
)


def template_workbook(ledger: Ledger, wanted: Iterable[str]) -> bytes:
    """A workbook for events of these families or types, with the names that a ledger knows. Raises ValueError for what
    is neither.
    """
    return workbook_of(types_for(wanted), Vocabulary(ledger.registrations(), ledger.metrics()))


def workbook_of(types: Sequence[type[Event]], vocabulary: Vocabulary) -> bytes:
    """A workbook for events of these types, with what there is to choose from."""
    # Here, since openpyxl takes as long to load as all the rest, and most programs need none of it.
    import openpyxl

    columns = template_columns(types, vocabulary)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = EVENTS
    explained, lists = book.create_sheet(EXPLAINED), book.create_sheet(LISTS)
    _write_lists(lists, columns, vocabulary)
    _write_events(sheet, columns)
    _write_explained(explained, columns)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_events(sheet: Any, columns: Sequence[TemplateColumn]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet.append([column.name for column in columns])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        _bold(sheet.cell(1, place))
        sheet.column_dimensions[letter].number_format = "@"
        sheet.column_dimensions[letter].width = max(_WIDTH_MIN, len(column.name) + 4)
        if column.choices:
            one_of = f"={LISTS}!${letter}$2:${letter}${len(column.choices) + 1}"
            chosen = DataValidation(type="list", formula1=one_of, allow_blank=True, showErrorMessage=True)
            chosen.errorStyle = "stop" if column.is_closed else "information"
            chosen.error = "One of the list." if column.is_closed else "It is not in the list: is it meant so?"
            chosen.add(f"{letter}2:{letter}{ROWS_CHOSEN}")
            sheet.add_data_validation(chosen)


def _write_explained(sheet: Any, columns: Sequence[TemplateColumn]) -> None:
    for line in _INTRODUCTION:
        sheet.append([line])
    sheet.append([])
    header = ("column", "what it says", "needed", "for example", "choose from")
    sheet.append(header)
    for place in range(1, len(header) + 1):
        _bold(sheet.cell(len(_INTRODUCTION) + 2, place))
    for column in columns:
        choose = "" if not column.choices else "only the list" if column.is_closed else "the list, or type another"
        if column.more:
            choose += f" ({column.more} more are registered)"
        sheet.append([column.name, column.about, column.needed, column.example, choose])
    for letter, width in zip("ABCDE", (22, 90, 30, 36, 30), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=len(_INTRODUCTION) + 3):
        for cell in row:
            cell.number_format = "@"


def _write_lists(sheet: Any, columns: Sequence[TemplateColumn], vocabulary: Vocabulary) -> None:
    """The lists stand under the same letters as the columns that they are for; after them what the slugs mean."""
    for place, column in enumerate(columns, 1):
        _bold(sheet.cell(1, place, column.name))
        for number, choice in enumerate(column.choices, 2):
            _text(sheet.cell(number, place), choice)
    beside = len(columns) + 2
    for offset, title in enumerate(("entity", "name", "kind")):
        _bold(sheet.cell(1, beside + offset, title))
    known = {choice for column in columns for choice in column.choices}
    listed = (one for one in vocabulary.entities if one["entity"] in known)
    for number, one in enumerate(listed, 2):
        for offset, field in enumerate(("entity", "name", "kind")):
            _text(sheet.cell(number, beside + offset), str(one[field]))


def _text(cell: Any, text: str) -> None:
    """A text, also where it looks like a formula, as it is shown: a workbook takes no control characters."""
    cell.value = visible(text)
    cell.data_type = "s"
    cell.number_format = "@"


def _bold(cell: Any) -> None:
    from openpyxl.styles import Font

    cell.font = Font(bold=True)
