"""Sheet layouts: which cells of a sheet are merged, and which rows and columns are hidden.

The reader of workbooks tells neither, so that the sheet's own text is gone through once before its rows are read. What
is kept of it grows with the number of merged ranges, and is a byte for each row.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import BinaryIO, NamedTuple

from ledger.imports.import_limits import FILE_COLUMNS_MAX
from ledger.imports.mappings.table_mapping import MappingError

SHEET_ROWS_MAX = 1_048_576
"""How many rows a sheet of Excel has at most."""
MERGED_CELLS_MAX = 2 * SHEET_ROWS_MAX
"""How many cells of a sheet may be merged with others, below its header."""
RANGES_SHOWN = 20
_TAG = re.compile(rb"<(?:\w+:)?(row|col|mergeCell)\s([^<>]*)")
_ATTRIBUTE = re.compile(rb"\b(r|hidden|min|max|ref)=[\"']([^\"']*)[\"']")
_RANGE = re.compile(rb"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_TAG_LENGTH_MAX = 64 * 1024


class MergedCells(NamedTuple):
    """A range of merged cells: rows from 1, as Excel counts them, and columns from 0."""

    first_row: int
    last_row: int
    first: int
    last: int

    @property
    def shown(self) -> str:
        """The range as Excel names it."""
        return f"{column_letters(self.first)}{self.first_row}:{column_letters(self.last)}{self.last_row}"


class SheetLayout:
    """The merged cells of a sheet, and its hidden rows and columns."""

    def __init__(self, xml: BinaryIO) -> None:
        self.merged: list[MergedCells] = []
        self.hidden_columns: set[int] = set()
        self.hidden_read: list[int] = []
        """The hidden rows that were read and hold something."""
        self._hidden = bytearray(SHEET_ROWS_MAX + 2)
        self._read(xml)

    def is_hidden(self, row: int) -> bool:
        """Whether a row is hidden."""
        return row < len(self._hidden) and bool(self._hidden[row])

    def below(self, header_rows: int, *, hidden: bool) -> list[MergedCells]:
        """The ranges below so many rows, in order; hidden rows are counted too where they are read.

        Raises MappingError for a range that reaches into the header, or for too many.
        """
        after = header_rows
        if not hidden:
            visible = (row for row in count(1) if not self.is_hidden(row))
            after = next(islice(visible, header_rows - 1, None))
        found = sorted(one for one in self.merged if one.last_row > after and one.last >= one.first)
        if found and found[0].first_row <= after:
            raise MappingError(
                f"the cells {found[0].shown} are merged over header and data: say in [table] skip_rows and header_rows "
                "where the data begin, or unmerge them"
            )
        if sum((one.last_row - one.first_row + 1) * (one.last - one.first + 1) for one in found) > MERGED_CELLS_MAX:
            raise MappingError(f"the sheet has more than {MERGED_CELLS_MAX} merged cells: save it as CSV")
        return found

    def remarks(self, columns: int, cure: str, *, hidden: bool) -> Iterator[str]:
        """What is to be said of what is hidden, of a table of so many columns that was read, and what to do."""
        rows: list[int] = self.hidden_read
        places = sorted(place for place in self.hidden_columns if place < columns)
        if not hidden:
            rows = [row for row in range(len(self._hidden)) if self._hidden[row]]
            places = sorted(self.hidden_columns)
        of_rows = f"{'row' if len(rows) == 1 else 'rows'} {listed(map(str, rows))}" if rows else ""
        of_columns = f"{'column' if len(places) == 1 else 'columns'} {listed(map(column_letters, places))}"
        which = " and ".join(filter(None, (of_rows, of_columns if places else "")))
        if which and hidden:
            are = "which was" if len(rows) + len(places) == 1 else "which were"
            yield f"The sheet hides {which}, {are} read like the others: {cure}"
        elif which:
            yield f"What the sheet hides was left out: {which}"

    def _read(self, xml: BinaryIO) -> None:
        rest, row = b"", 0
        while block := xml.read(1 << 20):
            data = rest + block
            end = data.rfind(b"<")
            end = len(data) if end < 0 or len(data) - end > _TAG_LENGTH_MAX else end
            rest = data[end:]
            row = self._note(data[:end], row)
        self._note(rest, row)

    def _note(self, data: bytes, row: int) -> int:
        for kind, text in _TAG.findall(data):
            said: dict[bytes, bytes] = dict(_ATTRIBUTE.findall(text))
            is_hidden = said.get(b"hidden") in (b"1", b"true")
            if kind == b"row":
                row = int(said[b"r"]) if said.get(b"r", b"").isdigit() else row + 1
                if is_hidden and row < len(self._hidden):
                    self._hidden[row] = 1
            elif kind == b"col" and is_hidden:
                first, last = (int(said[one]) if said.get(one, b"").isdigit() else 0 for one in (b"min", b"max"))
                self.hidden_columns.update(range(max(first, 1) - 1, min(last, FILE_COLUMNS_MAX)))
            elif kind == b"mergeCell" and (found := _RANGE.fullmatch(said.get(b"ref", b""))) is not None:
                left, top, right, bottom = found.groups()
                last = min(_place(right), FILE_COLUMNS_MAX - 1)
                self.merged.append(MergedCells(int(top), int(bottom), _place(left), last))
        return row


class MergedRows:
    """Ranges in order of their first rows, asked for row after row."""

    def __init__(self, ranges: Iterable[MergedCells]) -> None:
        self._coming = iter(ranges)
        self._next = next(self._coming, None)
        self._here: list[MergedCells] = []

    def at(self, row: int) -> list[MergedCells]:
        """The ranges that a row is part of."""
        if self._here:
            self._here = [one for one in self._here if one.last_row >= row]
        while self._next is not None and self._next.first_row <= row:
            self._here.append(self._next)
            self._next = next(self._coming, None)
        return self._here


class Ranges:
    """Names of ranges that come in order, each perhaps several times: the first of them, and how many there were."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._last = ""
        self._count = 0

    def add(self, cells: str) -> None:
        """One more row has part of it."""
        if cells != self._last:
            self._last = cells
            self._count += 1
            if len(self._first) < RANGES_SHOWN:
                self._first.append(cells)

    def __str__(self) -> str:
        more = self._count - len(self._first)
        return ", ".join(self._first) + (f" and {more} more" if more else "")


def counted(count: int, what: str) -> str:
    """So many of something: `1 cell`, `2 cells`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def column_letters(place: int) -> str:
    """The letters by which Excel names a column: A, Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def listed(items: Iterable[str]) -> str:
    """The first of these, and how many more there are."""
    known = list(items)
    more = f" and {len(known) - RANGES_SHOWN} more" if len(known) > RANGES_SHOWN else ""
    return ", ".join(known[:RANGES_SHOWN]) + more


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1
