"""Cells of a sheet as texts: as they were typed, so far as Excel has kept it."""

import re
from datetime import date, datetime
from typing import Any

DIGITS_MAX = 15
"""Excel keeps no more digits of a number than these."""


def styles_in_percent(book: Any) -> set[int]:
    """The styles by which 0.125 is shown as 12.5 %: what is shown is what was typed, and what is meant."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    own = book._number_formats
    formats = {
        number: BUILTIN_FORMATS.get(style.numFmtId, "General")
        if style.numFmtId < BUILTIN_FORMATS_MAX_SIZE
        else own[style.numFmtId - BUILTIN_FORMATS_MAX_SIZE]
        for number, style in enumerate(book._cell_styles)
    }
    return {number for number, printed in formats.items() if "%" in re.sub(r'"[^"]*"', "", printed)}


def is_in_percent(cell: Any, styles: set[int]) -> bool:
    """Whether a cell holds a number that is shown as percent."""
    number = isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
    return number and getattr(cell, "_style_id", None) in styles


def cell_text(cell: Any) -> str:
    """What a cell holds. Raises ValueError for what is no value, or cannot be told exactly."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if is_day else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        text = repr(cell) if isinstance(cell, int) or not float(cell).is_integer() else str(int(cell))
        digits = text.lower().partition("e")[0].lstrip("-0.").replace(".", "").rstrip("0")
        if len(digits) > DIGITS_MAX:
            raise ValueError(
                f"{text} has more than {DIGITS_MAX} digits, which Excel does not keep exactly: type it as text"
            )
        return text
    text = str(cell)
    if text.startswith("#") and text.rstrip("!?").isupper() and text[1:].rstrip("!?").replace("/", "").isalnum():
        raise ValueError(f"{text} is an error of a formula")
    return text
