"""Answers as Excel workbooks: the items on one sheet, what stands beside them on others, and the basis on the last.

Which columns hold decimals, their kinds say: a year looks like a number, and is a period. In columns of no declared
kind (the vintages across a wide table, for example) what looks like a decimal is one. Excel keeps numbers as binary
floats of 15 digits, so a decimal is written as a number only where Excel gives the same back; any other stays text,
exactly as it is. A text that is too long for a cell is refused, not cut.
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
from projections import COLUMN_KINDS, Kind

DIGITS_EXACT_MAX = 15
TEXT_LENGTH_MAX = 32_767
SHEET_NAME_MAX = 31
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)


def workbook(page: Page) -> bytes:
    """A page as a workbook."""
    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(sink, options) as book:
        head = book.add_format({"bold": True})
        _sheet(book, "items", page.rows(), head, page.kinds)
        for name, member in page.more.items():
            rows = member if isinstance(member, list) else [member]
            _sheet(book, name[:SHEET_NAME_MAX], rows, head, COLUMN_KINDS)
        sides = page.basis if "from" in page.basis else {"": page.basis}
        rows = [{**({"side": side} if side else {}), **basis} for side, basis in sides.items()]
        _sheet(book, "basis", rows, head, COLUMN_KINDS)
    return sink.getvalue()


def _sheet(book: Any, name: str, rows: Sequence[Mapping[str, Any]], head: Any, kinds: Mapping[str, Kind]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, head)
        numeric = kinds.get(column, Kind.DECIMAL).is_number
        for line, row in enumerate(rows, start=1):
            _write(sheet, line, place, row.get(column), numeric=numeric)
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
