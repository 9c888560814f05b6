"""Table claims: which figure each cell of a table names.

What a cell does not say itself is looked for in its row, in its column's headers, in the corner of the table, in its
caption and in the headings above, in this order. A column of years or periods says of each row which period it is
about, and a column `unit` in which unit it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from api.documents.claims import Claim, Each, Place, UnreadNumber
from api.documents.lexicon import Lexicon
from api.documents.passages import Run
from api.documents.printed_numbers import PrintedNumber, number_value, printed_numbers, units_in
from api.documents.printed_periods import printed_periods
from api.documents.sentence_claims import Scope, claims_of_marks
from api.documents.sentence_marks import SentenceMarks
from ledger.values import EXACT, Unit

_PERIOD_HEADER = re.compile(r"\b(?:years?|periods?|quarters?|date|fy)\b", re.I)
_UNIT_HEADER = re.compile(r"\s*units?\s*(?:of measure)?\s*$", re.I)
_BARE = re.compile(
    r"\s*(?P<sign>[-\u2212]?)(?P<digits>\d[\d.,'\u00a0\u2009\u202f ]*\d|\d)\s*(?P<mark>[*\u2020e]|\[\w{1,3}\])?\s*$"
)
_PIECES = re.compile(r"[(),;:]|\s[-\u2013]\s|\bin\s")


@dataclass(frozen=True)
class Cell:
    """A cell: its text, and where that stands in the document, if it is part of one."""

    text: str
    run: Run | None = None


@dataclass(frozen=True)
class Grid:
    """A table: rows of cells, the first ones headers, and a caption."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: str | None = None
    header_rows: int = 1
    row_numbers: Sequence[int] = ()
    """The numbers of the rows below the headers, where they are not those of the table."""

    @cached_property
    def body(self) -> Sequence[tuple[Cell, ...]]:
        """The rows below the headers."""
        return self.rows[self.header_rows :]

    def header(self, column: int) -> str:
        """What stands above a column, from top to bottom."""
        cells = (row[column].text for row in self.rows[: self.header_rows] if column < len(row))
        return " ; ".join(one.strip() for one in cells if one.strip())

    def number(self, below: int) -> int:
        """The number of a row below the headers."""
        return self.row_numbers[below] if self.row_numbers else below + self.header_rows + 1

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        return max((len(row) for row in self.rows), default=0)


def table_claims(
    grid: Grid,
    lexicon: Lexicon,
    headings: Sequence[SentenceMarks] = (),
    written: date | None = None,
    *,
    each: Each = iter,
) -> Iterator[Claim | UnreadNumber]:
    """The claims of a table and its unread numbers, row by row. `each` gives rows as long as there is time for them."""
    yield from _Table(grid, lexicon, headings, written, each).claims()


class _Table:
    def __init__(
        self, grid: Grid, lexicon: Lexicon, headings: Sequence[SentenceMarks], written: date | None, each: Each
    ) -> None:
        self._grid = grid
        self._each = each
        self._lexicon = lexicon
        self._written = written
        columns = range(grid.width)
        self._headers = [grid.header(one) for one in columns]
        self._of_periods = [self._is_of_periods(one) for one in columns]
        self._of_units = [bool(_UNIT_HEADER.match(one)) for one in self._headers]
        self._column_marks = [self._marks(one) for one in each(self._headers)]
        corner = self._headers[0] if self._headers and not _PERIOD_HEADER.search(self._headers[0]) else ""
        above = [self._marks(one) for one in (corner, grid.caption or "") if one]
        self._above = [*above, *headings]
        self._above_texts = [one.text for one in self._above]

    def _marks(self, text: str) -> SentenceMarks:
        return SentenceMarks(text, self._lexicon, self._written)

    def _is_of_periods(self, column: int) -> bool:
        texts = [row[column].text.strip() for row in self._grid.body if column < len(row)]
        texts = [one for one in texts if one]
        if not texts or not all(_is_period(one) for one in texts):
            return False
        header = self._headers[column]
        return bool(_PERIOD_HEADER.search(header)) or not printed_periods(header)

    def claims(self) -> Iterator[Claim | UnreadNumber]:
        for below, row in enumerate(self._each(self._grid.body)):
            number_cells, texts, unit_text = [], [], ""
            for column, cell in enumerate(row):
                if self._of_units[column]:
                    unit_text = cell.text.strip()
                elif self._of_periods[column] or not _BARE.match(cell.text):
                    if not any(True for _ in printed_numbers(cell.text)) or self._of_periods[column]:
                        texts.append(cell.text.strip())
                        continue
                    number_cells.append((column, cell))
                else:
                    number_cells.append((column, cell))
            row_marks = self._marks(" ; ".join(one for one in texts if one))
            for column, cell in number_cells:
                yield from self._of_cell(self._grid.number(below), column, cell, row_marks, unit_text)

    def _of_cell(
        self, row: int, column: int, cell: Cell, row_marks: SentenceMarks, unit_text: str
    ) -> Iterator[Claim | UnreadNumber]:
        number = self._number(cell, [unit_text, self._headers[column], row_marks.text, *self._above_texts])
        if number is None:
            return
        marks = self._marks("")
        marks.text = cell.text
        marks.numbers = [number]
        scope = Scope([row_marks, self._column_marks[column], *self._above])
        start, end = cell.run.span(number.start, number.end) if cell.run is not None else (number.start, number.end)
        for one in claims_of_marks(marks, self._lexicon, scope):
            yield replace(one, place=Place(start, end, row, None if self._grid.row_numbers else column + 1))

    def _number(self, cell: Cell, unit_texts: Sequence[str]) -> PrintedNumber | None:
        own = list(printed_numbers(cell.text))
        if len(own) == 1:
            return own[0]
        bare = _BARE.match(cell.text)
        value = None if bare is None else number_value(bare["digits"])
        if bare is None or value is None:
            return None
        for text in unit_texts:
            if found := units_said(text):
                units, ten = found
                step = Decimal(1).scaleb(int(value.as_tuple().exponent))
                return PrintedNumber(
                    bare.start("sign"),
                    bare.end("digits"),
                    f"{bare['sign']}{bare['digits']}",
                    EXACT.multiply(-value if bare["sign"] else value, ten),
                    None,
                    EXACT.multiply(step, ten),
                    re.sub(r"\D", "", bare["digits"]),
                    units,
                    None,
                    ten.adjusted(),
                )
        return None


def is_amount(text: str, unit_text: str) -> bool:
    """Whether a cell says one number, with its unit in itself or beside it."""
    if len(list(printed_numbers(text))) == 1:
        return True
    bare = _BARE.match(text)
    return bare is not None and number_value(bare["digits"]) is not None and units_said(unit_text) is not None


def units_said(text: str) -> tuple[tuple[Unit, ...], Decimal] | None:
    """The units that a header or a caption says, and what it multiplies by: `Exports (thousand t)`. None where none."""
    for piece in reversed(_PIECES.split(text)):
        if piece.strip() and len(piece) < 60:
            units, ten = units_in(piece.strip())
            if units:
                return units, ten
    return None


def _is_period(text: str) -> bool:
    found = printed_periods(text)
    return len(found) == 1 and found[0].start == 0 and found[0].end == len(text)
