"""Cells of a CSV file that a spreadsheet would run, made harmless.

A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula, and a formula may send the sheet
elsewhere or start a program: a name that somebody recorded as `=HYPERLINK("…")` is run by whoever opens the file. The
usual remedy (OWASP, *CSV Injection*) is an apostrophe before such a text, which says that it is one:
`'=HYPERLINK("…")`. Spaces, quotes and what nobody sees before the sign are looked through, and the full-width forms of
the signs count as well. A plain number (`-0.25`, `+5`) is no formula, and stays a number.
"""

import re
import unicodedata
from functools import cache

_SIGNS = "=+-@"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_BEFORE = re.compile(
    "[\\s\"'`\u2018\u2019\u201c\u201d\uff02\uff07\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
)
_CONTROL_FIRST = ("\t", "\r", "\n")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs: the text itself, or with an apostrophe before it."""
    return f"'{cell}" if _is_run(cell) else cell


def _is_run(cell: str) -> bool:
    if not cell or _NUMBER.fullmatch(cell):
        return False
    if cell.startswith(_CONTROL_FIRST):
        return True
    begins = _BEFORE.match(cell)
    first = cell[begins.end() : begins.end() + 1] if begins else ""
    return first != "" and _plain(first) in _SIGNS


@cache
def _plain(sign: str) -> str:
    """A sign in its plain form: `=` for a full-width or a small one."""
    return unicodedata.normalize("NFKC", sign)[:1].replace("\N{MINUS SIGN}", "-")
