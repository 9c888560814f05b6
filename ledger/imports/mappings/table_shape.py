"""Table shapes: where the data of a table for people begin and end, as far as they tell it themselves.

Above them may stand a title and a header of several rows; below them totals, the source and notes.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.imports.mappings.code_meanings import DASH
from ledger.imports.mappings.table_rows import TableRow
from ledger.imports.mappings.unit_words import unit_in

LOOKED_AT_ROWS = 200
LAST_ROWS = 20
END_LENGTH = 40
HEADER_ROWS_MAX = 4
IS_YEAR = re.compile(r"^(FY ?)?(19|20)\d{2}\W*(?:[a-z]|est|prov|estimated?|provisional|forecast)?\W*$", re.IGNORECASE)
_NUMBER = re.compile(r"^(?!\d{4}-\d)[<>~(]?\s*[+-]?\d[\d.,' \u00a0\u202f\N{RIGHT SINGLE QUOTATION MARK}]*%?\)?")
_FOOTER = re.compile(
    r"^(sources?|notes?|footnotes?|quellen?|anmerkung(?:en)?|hinweise?|fuentes?|notas?|data from)\b", re.IGNORECASE
)
_MARKED = re.compile(r"^[*†‡§¹²³⁴⁵⁶⁷⁸⁹]")
_EXPLAINED = re.compile(
    rf"^(?:{DASH}+|\.{{2,3}}|\N{{HORIZONTAL ELLIPSIS}}|\(?[epr]\)?|W|NA|N/A|ND|n\.a\.)\s*"
    r"(?:[=:]|(?=(?i:zero|nil|none|not\b|no\b|withheld|estimate|prelim|provis|revis|undisclosed)))"
)
"""How a line begins that explains a code: `- = nil`, `W Withheld`."""
_SENTENCE = re.compile(r"\w+\W+\w+\W+\w+\W+\w+|=|\.$")
_TOTAL = re.compile(r"^((grand |sub-?)?totals?|sum|summe|insgesamt|gesamt)\b", re.IGNORECASE)


_OF_ALL = re.compile(
    r"^(?:the )?(?:world(?:wide)?|global(?:ly)?|all (?:countries|companies|regions)|welt(?:weit)?|mundo|mundial|monde)"
    r"(?: (?:total|sum|production|output|supply|demand|reserves))?\W*(?:\(.*\))?$",
    re.IGNORECASE,
)
"""A cell that names all of something, beside a blank one where the rows above name one of them."""


class TableShape(NamedTuple):
    """What stands around the data of a table."""

    titles: list[str]
    """What stands above the header."""
    skip_rows: int
    header_rows: int
    ends: list[str]
    """How lines below the data begin: `Source`, `Note`, `*`."""
    notes: Sequence[str] = ()
    """What the lines above and below the data say."""


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps with marks."""
    return _NUMBER.match(cell.strip()) is not None


def is_total(cell: str) -> bool:
    """Whether a cell names a sum of other rows."""
    return _TOTAL.match(cell.strip()) is not None


def is_sum_of_rows(row: Sequence[str], subject: int | None) -> bool:
    """Whether a row sums others up: a cell says so, or one says `World` where the column of the subject is blank."""
    if any(map(is_total, row)):
        return True
    is_blank = subject is not None and not row[subject].strip()
    return is_blank and any(_OF_ALL.match(cell.strip()) for cell in row)


def shape_of(rows: Iterable[TableRow], is_code: Callable[[str], bool]) -> TableShape:
    """The shape of a table, of which the first rows and the last are looked at."""
    first: list[list[str]] = []
    last: deque[list[str]] = deque(maxlen=LAST_ROWS)
    for row in rows:
        (first if len(first) < LOOKED_AT_ROWS else last).append([cell.strip() for cell in row.cells])
    skip = 0
    while skip < len(first) - 1 and _is_title(first, skip):
        skip += 1
    if skip >= len(first) - 1:  # one column, or nothing but titles
        skip = 0
    header = 1
    while header < HEADER_ROWS_MAX and skip + header + 1 < len(first) and _heads(first, skip, skip + header, is_code):
        header += 1
    titles = [cell for cells in first[:skip] for cell in cells if cell]
    below = [*first[skip + header :], *last]
    ends = [begin for cells in below if (begin := _beginning_of_end(cells)) is not None]
    if not ends and (tail := _tail(below)):
        ends.append(tail[0][:END_LENGTH])
    notes = [" ".join(filter(None, cells)) for cells in below if is_below(cells) or _is_alone(cells)]
    return TableShape(titles, skip, header, list(dict.fromkeys(ends)), [*titles, *notes])


def _is_alone(cells: Sequence[str]) -> bool:
    return sum(map(bool, cells)) == 1


def _tail(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines at the end that are sentences and no rows."""
    tail: list[str] = []
    for cells in reversed(rows):
        said = [cell for cell in cells if cell]
        if len(said) > 1 or (said and not _SENTENCE.search(said[0])):
            break
        tail += said
    return tail[::-1]


def _is_title(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Whether a row stands above the header: it has one cell, or few and a whole header below it."""
    cells = rows[at]
    if not any(cells[1:]):
        return True
    after = next((row for row in rows[at + 1 :] if any(row)), [])
    said, width = sum(map(bool, cells)), max(map(len, rows))
    if not cells[0] or said > max(2, width // 3) or sum(map(bool, after)) <= said or not after[0]:
        return False
    years = [place for place, cell in enumerate(after) if IS_YEAR.match(cell)]
    if any(is_number(cell) for place, cell in enumerate(after) if place not in years):
        return False  # so this is the header, and a row of data below it
    # A title over years begins where they begin.
    return not years or next(place for place, cell in enumerate(cells) if place and cell) != years[0]


def ends_as(shape: TableShape) -> str | None:
    """The pattern of lines below the data."""
    words = [re.escape(one) for one in shape.ends if not _MARKED.fullmatch(one)]
    marks = "".join(one for one in shape.ends if _MARKED.fullmatch(one))
    parts = [*words, *([f"[{marks}]"] if marks else [])]
    return f"^({'|'.join(parts)})" if parts else None


def is_below(cells: Sequence[str]) -> bool:
    """Whether a row stands below the data."""
    return _beginning_of_end(cells) is not None


def _heads(rows: Sequence[Sequence[str]], top: int, at: int, is_code: Callable[[str], bool]) -> bool:
    """Whether a row below the first of a header belongs to it."""
    cells, above = rows[at], rows[at - 1]
    said = [cell for cell in cells if cell]
    years = [cell for cell in said if IS_YEAR.match(cell)]
    if years and cells[0] and any(IS_YEAR.match(cell) for row in rows[top:at] for cell in row):
        return False  # figures that look like years, below years
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
    found = _FOOTER.match(first) or _MARKED.match(first) or _EXPLAINED.match(first)
    return found[0] if found else None
