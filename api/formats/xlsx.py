"""Answers as Excel workbooks: the items on one sheet, what stands beside them on others, and the basis on the last.

Excel keeps numbers as binary floats of 15 digits, so a decimal is written as a number only where Excel gives the same
back; any other stays text, exactly as it is. A text that is too long for a cell is refused, not cut.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from api.problems import bad_parameter
from api.questions.page import Page

DIGITS_EXACT_MAX = 15
TEXT_LENGTH_MAX = 32_767
SHEET_NAME_MAX = 31
# What is in these may look like a number, and is none: a year is a period, and so is an edition.
_TEXTS = frozenset(
    "period period_start period_end published_at recorded_at since since_date until until_date vintage vintage_date "
    "superseded_on edition reference locator title url via note text terms description explanation name former_names "
    "aliases identifiers fiscal_year_end effective_from effective_to first_published_at latest_published_at says "
    "said".split()
)
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)


def workbook(page: Page) -> bytes:
    """A page as a workbook."""
    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(sink, options) as book:
        head = book.add_format({"bold": True})
        _sheet(book, "items", page.rows(), head)
        for name, member in page.more.items():
            _sheet(book, name[:SHEET_NAME_MAX], member if isinstance(member, list) else [member], head)
        sides = page.basis if "from" in page.basis else {"": page.basis}
        _sheet(book, "basis", [{**({"side": side} if side else {}), **basis} for side, basis in sides.items()], head)
    return sink.getvalue()


def _sheet(book: Any, name: str, rows: Sequence[Mapping[str, Any]], head: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, head)
        for line, row in enumerate(rows, start=1):
            _write(sheet, line, place, row.get(column), numeric=column not in _TEXTS)
    if columns:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def _write(sheet: Any, line: int, place: int, value: Any, *, numeric: bool) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float) or (numeric and isinstance(value, str) and _fits(value)):
        sheet.write_number(line, place, float(value))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if len(text) > TEXT_LENGTH_MAX:
            detail = f"format: row {line} has a cell of {len(text)} characters, and Excel takes {TEXT_LENGTH_MAX}"
            raise bad_parameter("format", "too_long_for_a_cell", f"{detail}; ask for csv or parquet instead")
        sheet.write_string(line, place, text)


def _fits(text: str) -> bool:
    """Whether Excel gives a decimal back as it is."""
    if not _DECIMAL.fullmatch(text):
        return False
    digits = text.replace("-", "").replace(".", "").lstrip("0").rstrip("0")
    return len(digits) <= DIGITS_EXACT_MAX and Decimal(repr(float(text))) == Decimal(text)
