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
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ledger.imports.mappings.patterns import TEXT_LENGTH_MAX, compiled
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
        self.notes: list[str] = []
        """What is to be said once the rows were read: where they ended."""
        self._skip = [(places[column], frozenset(texts)) for column, texts in form.skip.items()]
        self._where = [(places[column], compiled(text)) for column, text in form.skip_rows_where.items()]
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
            if not self._is_left_out(cells):
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
        self.notes.append(f"The table was read up to row {number}, where until={until.pattern!r} finds {shown}")
        return True

    def _is_left_out(self, cells: Sequence[str]) -> bool:
        if any(place < len(cells) and cells[place].strip() in texts for place, texts in self._skip):
            return True
        return any(
            place < len(cells) and pattern.search(cells[place].strip()[:TEXT_LENGTH_MAX])
            for place, pattern in self._where
        )


def _without(pattern: re.Pattern[str], cell: str) -> str:
    return pattern.sub("", cell.strip()) if cell and len(cell) <= TEXT_LENGTH_MAX else cell
