"""Table shapes: where the data of a table for people begin and end, as far as they tell it themselves.

Above them may stand a title and a header of several rows; below them totals, the source and notes.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ledger.imports.mappings.tables import TableRow
from ledger.imports.mappings.unit_words import unit_in

LOOKED_AT_ROWS = 200
LAST_ROWS = 20
HEADER_ROWS_MAX = 4
IS_YEAR = re.compile(r"^(FY ?)?(19|20)\d{2}\W*[a-z]?\W*$", re.IGNORECASE)
_NUMBER = re.compile(r"^(?!\d{4}-\d)[<>~(]?\s*[+-]?\d[\d.,' \u00a0\u202f\N{RIGHT SINGLE QUOTATION MARK}]*%?\)?")
_FOOTER = re.compile(
    r"^(sources?|notes?|footnotes?|quellen?|anmerkung(?:en)?|hinweise?|fuentes?|notas?|data from)\b", re.IGNORECASE
)
_MARKED = re.compile(r"^[*†‡§¹²³⁴⁵⁶⁷⁸⁹]")
_TOTAL = re.compile(r"^((grand |sub-?)?totals?|sum|summe|insgesamt|gesamt)\b", re.IGNORECASE)


class TableShape(NamedTuple):
    """What stands around the data of a table."""

    titles: list[str]
    """The lines above the header."""
    skip_rows: int
    header_rows: int
    ends: list[str]
    """How lines below the data begin: `Source`, `Note`, `*`."""


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps with marks."""
    return _NUMBER.match(cell.strip()) is not None


def is_total(cell: str) -> bool:
    """Whether a cell names a sum of other rows."""
    return _TOTAL.match(cell.strip()) is not None


def shape_of(rows: Iterable[TableRow], is_code: Callable[[str], bool]) -> TableShape:
    """The shape of a table, of which the first rows and the last are looked at."""
    first: list[list[str]] = []
    last: deque[list[str]] = deque(maxlen=LAST_ROWS)
    for row in rows:
        (first if len(first) < LOOKED_AT_ROWS else last).append([cell.strip() for cell in row.cells])
    skip = 0
    while skip < len(first) - 1 and not any(first[skip][1:]):
        skip += 1
    if skip >= len(first) - 1:  # one column, or nothing but titles
        skip = 0
    header = 1
    while (
        header < HEADER_ROWS_MAX
        and skip + header + 1 < len(first)
        and _heads(first[skip + header], first[skip + header - 1], is_code)
    ):
        header += 1
    titles = [cells[0] for cells in first[:skip] if any(cells)]
    ends = [begin for cells in chain(first[skip + header :], last) if (begin := _beginning_of_end(cells)) is not None]
    return TableShape(titles, skip, header, list(dict.fromkeys(ends)))


def ends_as(shape: TableShape) -> str | None:
    """The pattern of lines below the data."""
    words = [re.escape(one) for one in shape.ends if one[0].isalpha()]
    marks = "".join(one for one in shape.ends if not one[0].isalpha())
    parts = [*words, *([f"[{marks}]"] if marks else [])]
    return f"^({'|'.join(parts)})" if parts else None


def is_below(cells: Sequence[str]) -> bool:
    """Whether a row stands below the data."""
    return _beginning_of_end(cells) is not None


def _heads(cells: Sequence[str], above: Sequence[str], is_code: Callable[[str], bool]) -> bool:
    """Whether a row below the first of a header belongs to it."""
    said = [cell for cell in cells if cell]
    years = [cell for cell in said if IS_YEAR.match(cell)]
    if not said or any(is_code(cell) or (is_number(cell) and cell not in years) for cell in said if not _is_unit(cell)):
        return False
    return not cells[0] or not above[0] or len(years) >= 2 or all(map(_is_unit, said))


def _is_unit(cell: str) -> bool:
    return unit_in(cell) is not None


def _beginning_of_end(cells: Sequence[str]) -> str | None:
    said: Iterator[str] = (cell.strip() for cell in cells if cell.strip())
    first, rest = next(said, ""), list(said)
    if rest and not re.match(r"^\w+( \w+)?\s*:", first):
        return None
    found = _FOOTER.match(first) or _MARKED.match(first)
    return found[0] if found else None
