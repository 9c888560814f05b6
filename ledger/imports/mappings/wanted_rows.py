"""Wanted rows: the rows of a table that are data, each of them complete.

Tables for people have more in them: a total, a line that says the source, marks of footnotes, and cells left blank
because they say what the cell above them says. A mapping says what is to be done with each:

    [table]
    fill_down = ["Country"]                 # a blank cell of this column means the one above it
    footnotes = '[*¹²³]+$'                  # what matches is taken out of every cell
    skip = { Country = ["Total"] }          # rows with this text in this column are left out
    skip_rows_where = { Country = '^Sub-?total' }
    until = '^(Source|Note)'                # the table ends before the first row that begins so

Patterns are held against the first 200 characters of a cell. A row is filled down before it is decided whether it is
left out; so a blank cell below one that is left out is left out too.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.imports.mappings.patterns import TEXT_LENGTH_MAX, compiled
from ledger.imports.mappings.sheet_layout import Ranges, counted
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.table_rows import TableRow

BEGINNING_SHOWN = 60


class WantedRows:
    """Chooses and completes the rows of one table. Raises MappingError for a column that it does not have."""

    def __init__(self, form: TableForm, places: Mapping[str, int], known: str) -> None:
        named: dict[str, Iterable[str]] = {
            "skip": form.skip,
            "skip_rows_where": form.skip_rows_where,
            "fill_down": form.fill_down,
        }
        for option, columns in named.items():
            for column in columns:
                if column not in places:
                    raise MappingError(f"table.{option}: there is no column {column!r}; {known}")
        self.places = {places[column] for columns in named.values() for column in columns}
        """The places of the columns that are looked at."""
        self.values: Collection[int] = ()
        """The places of the columns that hold values."""
        self._ended: list[str] = []
        self._left: dict[str, _LeftOut] = {}
        self._skip = [(column, places[column], frozenset(texts)) for column, texts in form.skip.items()]
        self._where = [(column, places[column], compiled(text)) for column, text in form.skip_rows_where.items()]
        self._fill = [places[column] for column in form.fill_down]
        self._until = None if form.until is None else compiled(form.until)
        self._footnotes = None if form.footnotes is None else compiled(form.footnotes)

    def of(self, table: Iterable[TableRow]) -> Iterator[TableRow]:
        """The rows that hold something and are not left out, blank cells filled."""
        above = dict.fromkeys(self._fill, "")
        unread: dict[int, str] = {}
        for row in table:
            number, cells, fault, faults, _ = row
            if self._until is not None and self._ends(number, cells, self._until):
                return
            if not any(cells):
                if fault is not None or faults:
                    unread |= {place: fault or faults[place] for place in self._fill if fault or place in faults}
                    yield row
                continue
            if self._footnotes is not None:
                cells = [_without(self._footnotes, cell) for cell in cells]
            if len(cells) > max(self._fill, default=0):
                faults = self._filled(cells, faults, above, unread)
            elif fault is not None:
                unread |= dict.fromkeys(self._fill, fault)
            if (why := self._left_out(cells)) is not None:
                self._left.setdefault(why, _LeftOut()).add(number, self._values_in(cells))
            else:
                yield TableRow(number, cells, fault, faults)

    def _filled(
        self, cells: list[str], faults: Mapping[int, str], above: dict[int, str], unread: dict[int, str]
    ) -> Mapping[int, str]:
        """Fill the blank cells of a row, and give its faults: nothing stands for a cell that could not be read."""
        for place in self._fill:
            if cells[place].strip():
                above[place] = cells[place]
                unread.pop(place, None)
            elif place in faults:
                unread[place] = faults[place]
            elif place in unread:
                faults = {**faults, place: f"the cell above, which it means, cannot be read: {unread[place]}"}
            else:
                cells[place] = above[place]
        return faults

    def _ends(self, number: int, cells: Sequence[str], until: re.Pattern[str]) -> bool:
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        if not first or not until.search(first[:TEXT_LENGTH_MAX]):
            return False
        shown = repr(first[:BEGINNING_SHOWN])
        self._ended.append(f"The table was read up to row {number}, where until={until.pattern!r} finds {shown}")
        return True

    def notes(self) -> Iterator[str]:
        """What is to be said once the rows were read: which were left out, and where they ended."""
        for why, left in self._left.items():
            word = "row" if left.count == 1 else "rows"
            yield f"Left out, with {counted(left.values, 'cell')} of values: {word} {left.rows}, by {why}"
        yield from self._ended

    def _left_out(self, cells: Sequence[str]) -> str | None:
        """Why a row is left out, if it is."""
        for column, place, texts in self._skip:
            if place < len(cells) and (text := cells[place].strip()) in texts:
                return f"skip of {text[:BEGINNING_SHOWN]!r} in {column[:BEGINNING_SHOWN]}"
        for column, place, pattern in self._where:
            if place < len(cells) and pattern.search(cells[place].strip()[:TEXT_LENGTH_MAX]):
                return f"skip_rows_where {pattern.pattern!r} in {column[:BEGINNING_SHOWN]}"
        return None

    def _values_in(self, cells: Sequence[str]) -> int:
        return sum(place < len(cells) and bool(cells[place].strip()) for place in self.values)


@dataclass
class _LeftOut:
    """The rows that are left out for one reason."""

    rows: Ranges = field(default_factory=Ranges)
    count: int = 0
    values: int = 0

    def add(self, number: int, values: int) -> None:
        """One more row, with so many values."""
        self.rows.add(str(number))
        self.count += 1
        self.values += values


def _without(pattern: re.Pattern[str], cell: str) -> str:
    return pattern.sub("", cell.strip()) if cell and len(cell) <= TEXT_LENGTH_MAX else cell
