"""A first draft of a mapping for a table: what its columns look like, and why. What cannot be guessed is said."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import BinaryIO

from ledger.imports.mappings.code_meanings import is_code
from ledger.imports.mappings.number_style import (
    MARKS,
    marked_in,
    quoted,
    separators_of,
    symbol_lines,
    without_marks,
)
from ledger.imports.mappings.sheet_layout import SHEET_ROWS_MAX
from ledger.imports.mappings.subject_columns import are_companies, subject_column
from ledger.imports.mappings.table_mapping import TableForm
from ledger.imports.mappings.table_rows import TableRow
from ledger.imports.mappings.table_shape import (
    LOOKED_AT_ROWS,
    TableShape,
    ends_as,
    is_below,
    is_number,
    is_sum_of_rows,
    is_total,
    shape_of,
)
from ledger.imports.mappings.tables import Reading, Table, open_rows, open_table
from ledger.imports.mappings.unit_words import UnitWords, unclear_in, unit_in, without_unit
from ledger.imports.mappings.value_columns import ValueColumns, are_of_subjects, metric_name, years_across

NO_VALUES = "# No column is called like one of values, so nothing says yet where the numbers are."
_LIKE = {
    "metric": r"^metric$|indicator|measure$|variable|series",
    "material": r"material|commodity|product$|^product|mineral|rohstoff",
    "unit": r"^units?$|unit_?measure|unit of|^einheit$",
    "value": r"^value$|obs_?value|amount|quantity|figure|^wert$|^menge$",
    "period": r"^period$|^year\W*$|time|^date$|ref_?year|quarter|month|^jahr$",
    "published_at": r"published|issue|vintage|release|edition_?date",
}
"""What columns are called that hold a field, in the order in which they are looked for."""
_NO_SUBJECT = "|".join(_LIKE[field] for field in ("metric", "material", "unit", "period", "published_at"))
_TEXTS = ("subject", "metric", "material", "unit", "period")
"""The fields whose blank cells may mean the cell above."""
_REASONS = {
    "publisher": "who says so: its slug",
    "published_at": "when the table was published",
}


def suggested(
    file: BinaryIO, name: str, *, encoding: str | None = None, sheet: str | None = None, hidden: bool = True
) -> str:
    """A mapping for a table, as TOML with comments; where not `hidden`, without hidden rows and columns of a sheet.

    Raises MappingError where the file is no table.
    """
    form, shape = TableForm(encoding=encoding, sheet=sheet, hidden=hidden), TableShape([], 0, 1, [])
    if not name.lower().endswith(".parquet"):
        # Merged cells are no matter yet: nobody knows how many rows the header has.
        opened = open_rows(file, name, form.model_copy(update={"header_rows": SHEET_ROWS_MAX}))
        shape = shape_of(opened.rows, is_code)
        form = form.model_copy(update={"skip_rows": shape.skip_rows, "header_rows": shape.header_rows})
        file.seek(0)
    table = open_table(file, name, form, Reading(floats=True))
    read = (_unmerged(row) for row in table.rows if row.fault is None and any(row.cells) and not is_below(row.cells))
    return "\n".join(_Draft(table, list(islice(read, LOOKED_AT_ROWS)), name, shape).lines()) + "\n"


def _unmerged(row: TableRow) -> list[str]:
    """The cells of a row, with what merged cells of one column say in each of their rows."""
    cells = list(row.cells)
    for place, merged in row.merged.items():
        if not merged.is_across and place < len(cells):
            cells[place] = merged.text
    return cells


@dataclass
class _Draft:
    table: Table
    rows: Sequence[Sequence[str]]
    name: str
    shape: TableShape

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """The cells of each column, without marks of footnotes."""
        places = enumerate(self.table.columns)
        return {name: [without_marks(row[place].strip()) for row in self.rows] for place, name in places}

    @cached_property
    def groups(self) -> list[ValueColumns]:
        """The columns that hold values: years across; else those whose header prints a unit."""
        if across := years_across(self.columns, at_end=self.table.form.header_rows > 1):
            return across
        found = []
        for name, cells in self.columns.items():
            # The last row of several may be units; and a price per something is one wherever it stands.
            at_end = self.table.form.header_rows > 1 or "/" in name.rpartition(" ")[2]
            unit, words = unit_in(name, at_end=at_end), without_unit(name, at_end=at_end)
            if unit is not None and words and _has_numbers(cells):
                found.append(ValueColumns(re.escape(name), [name], words, unit))
        return found

    @cached_property
    def fields(self) -> dict[str, str]:
        """The column of each field, where one is called like it."""
        found: dict[str, str] = {}
        taken = {name for group in self.groups for name in group.names}
        texts = {
            name: cells
            for name, cells in self.columns.items()
            if name not in taken and not _has_numbers(cells) and not re.search(_NO_SUBJECT, name, re.IGNORECASE)
        }
        if (subject := subject_column(texts)) is not None:
            found["subject"] = subject
        for field, like in _LIKE.items():
            if field == "value" and self.groups:
                continue
            for column in self.columns:
                is_free = column not in taken and column not in found.values()
                if is_free and re.search(like, column, re.IGNORECASE):
                    found[field] = column
                    break
        return found

    @cached_property
    def title_unit(self) -> UnitWords | None:
        """The unit that a line above the table prints."""
        return next((unit for title in self.shape.titles if (unit := unit_in(title)) is not None), None)

    @cached_property
    def value_cells(self) -> list[str]:
        names = [name for group in self.groups for name in group.names]
        if "value" in self.fields:
            names.append(self.fields["value"])
        return [cell for name in names for cell in self.columns[name] if cell]

    def lines(self) -> Iterator[str]:
        yield f"# A draft, made from the first {len(self.rows)} rows of the table: read it, correct it, and try it with"
        yield f"#   supply-ledger mapping check {self.name} --mapping THIS.toml"
        subject = self.fields.get("subject", "")
        named = subject or " ".join(group.words for group in self.groups if self._names_subjects)
        is_of_companies = self._names_subjects or are_companies(named, self.columns.get(subject, ()))
        kind = "organisation" if is_of_companies else "country"
        yield f"# and where names are not registered yet: import --register {kind} (or what else they are)"
        yield f"name = {quoted(_slug(self.name))}".replace("'", '"')
        yield "version = 1"
        for title in self.shape.titles[:5]:
            yield f"# Above the table: {_shown(title)}"
        yield ""
        yield "[parameters]"
        for field, why in _REASONS.items():
            if field not in self.fields:
                yield f'{field} = ""  # {why}; give it with --set {field}=…'
        for field in self._asked():
            yield f'{field} = ""  # no column looks like it; give it with --set {field}=…'
        separators, number_lines = separators_of(self.value_cells, self.table.form.delimiter)
        yield ""
        yield "[table]"
        yield from self._table_lines()
        yield from number_lines
        yield from symbol_lines(self.value_cells, separators, self.shape.notes)
        yield ""
        yield "[event]"
        yield from self._event_lines()
        for group in self.groups:
            told = "metric" in self.fields or self._names_subjects
            yield from group.lines(has_unit="unit" in self.fields, metric_in=told)
            if self._names_subjects:
                yield f"subject = {{ from = {quoted(group.words)}, names = true }}  # from the header, which names it"
        taken = {*self.fields.values(), *(name for group in self.groups for name in group.names)}
        if unused := [column for column in self.columns if column not in taken]:
            yield ""
            yield f"# Not used: {_shown(', '.join(unused))}"
        for column in self.columns:
            if (said := unclear_in(column)) is not None:
                yield f"# No unit was taken from the column {_shown(column)}: {said}"

    def _asked(self) -> Iterator[str]:
        """The fields that nothing in the table tells."""
        named = self.groups and all(group.metric for group in self.groups) and not self._names_subjects
        if "metric" not in self.fields and not named:
            yield "metric"
        told = self.title_unit is not None or (self.groups and all(group.unit for group in self.groups))
        if "unit" not in self.fields and not told:
            yield "unit"
        if "subject" not in self.fields and not self._names_subjects:
            yield "subject"

    @cached_property
    def _names_subjects(self) -> bool:
        """Whether the headers of the values name whose they are, where no column does."""
        return "subject" not in self.fields and are_of_subjects(self.groups)

    def _table_lines(self) -> Iterator[str]:
        form = self.table.form
        if form.delimiter not in (None, ","):
            yield f"delimiter = {quoted(form.delimiter or '')}  # cuts the first rows into as many cells each"
        if form.encoding not in (None, "utf-8-sig"):
            yield f"encoding = {quoted(form.encoding or '')}"
        if form.sheet is not None:
            yield f"sheet = {quoted(form.sheet)}"
        if not form.hidden:
            yield "hidden = false  # hidden rows and columns are left out"
        for said in self.table.remarks("leave it out with hidden = false"):
            yield f"# {said}"
        if form.skip_rows:
            yield f"skip_rows = {form.skip_rows}  # lines above the header"
        if form.header_rows > 1:
            yield f"header_rows = {form.header_rows}  # {_shown(' | '.join(self.table.columns[:6]))}"
        if filled := [self.fields[field] for field in _TEXTS if self._is_filled(field)]:
            yield f"fill_down = [{', '.join(map(quoted, filled))}]  # a blank cell means the one above it"
        looked_at = [*self.fields.values(), *(name for group in self.groups for name in group.names)]
        places = [place for place, column in enumerate(self.table.columns) if column in looked_at]
        if (marked := marked_in([row[place].strip() for row in self.rows for place in places])) is not None:
            yield f"footnotes = {quoted(MARKS)}  # for example {_shown(marked)}"
        if (pattern := ends_as(self.shape)) is not None:
            yield f"until = {quoted(pattern)}  # the lines below the data"
        if patterns := list(self._sums()):
            why = "rows that sum up others; to take one, say whose it is and leave it out here"
            yield f"skip_rows_where = {{ {', '.join(patterns)} }}  # {why}"

    def _sums(self) -> Iterator[str]:
        """By column, the pattern of the cells that say that their row sums up others."""
        values = [name for group in self.groups for name in group.names]
        subject = self.fields.get("subject")
        blank = [not cell for cell in self.columns.get(subject or "", [""] * len(self.rows))]
        for column in (name for name in self.columns if name not in values):
            cells = zip(self.columns[column], blank, strict=True)
            sums = {
                cell
                for cell, alone in cells
                if is_total(cell) or (alone and subject is not None and is_sum_of_rows(["", cell], 0))
            }
            if sums:
                yield f"{quoted(column)} = {quoted('^(' + '|'.join(map(re.escape, sorted(sums)[:20])) + ')$')}"

    def _is_filled(self, field: str) -> bool:
        """Whether blank cells of a field stand below others, in rows that hold numbers and sum up no others."""
        cells = self.columns.get(self.fields.get(field, ""), [])
        if not cells or not cells[0]:
            return False
        subject = self.fields.get("subject")
        place = list(self.columns).index(subject) if subject is not None else None
        wanted = ((cell, row) for cell, row in zip(cells, self.rows, strict=True) if not is_sum_of_rows(row, place))
        return any(not cell and any(map(is_number, row)) for cell, row in wanted)

    def _event_lines(self) -> Iterator[str]:
        fields, asked = self.fields, set(self._asked())
        yield 'type = "FigureReported"  # or ProductionReported, TradeReported …: GET /v1/event-types lists them'
        subject = fields.get("subject", "subject")
        world = sorted({cell for cell in self.columns.get(subject, ()) if re.match(r"world\b", cell, re.IGNORECASE)})
        values = ", ".join(f"{quoted(cell)} = 'world'" for cell in world if cell.casefold() != "world")
        more = f", values = {{ {values} }}" if values else ""
        if not self._names_subjects:
            yield f"subject = {{ from = {quoted('{' + subject + '}')}, names = true{more} }}"
        if "material" not in fields and self.shape.titles:
            yield "# material = 'copper'  # where all figures are of one material, say which: no column does"
        for field in ("metric", "material", "unit"):
            if field == "material" and field in fields:
                yield f"material = {{ from = {quoted('{' + fields[field] + '}')}, names = true }}"
            elif field == "metric" and field in fields:
                yield _metric_line(fields[field], self.columns[fields[field]])
            elif field in fields or field in asked:
                yield f"{field} = {quoted('{' + fields.get(field, field) + '}')}"
            elif (
                field == "unit"
                and self.title_unit is not None
                and not (self.groups and all(group.unit for group in self.groups))
            ):
                yield f"unit = {quoted(self.title_unit.unit)}  # {_shown(self.title_unit.why)}"
                if self.title_unit.times is not None:
                    yield f'times = "{self.title_unit.times}"'
        yield f"published_at = {quoted('{' + fields.get('published_at', 'published_at') + '}')}"
        yield 'source = { publisher = "{publisher}" }'
        across = any(group.period for group in self.groups)
        if not self.groups and "value" not in fields:
            yield f"{NO_VALUES} {_numbers_in(self.columns)}"
            yield "# value = '{COLUMN}'  # where a row has one figure; where it has several, for each of their columns:"
            yield "# [[value]]"
            yield "# columns = 'COLUMN'"
        if "period" in fields and not across:
            yield from _period_lines(fields["period"], self.columns[fields["period"]])
        if "value" in fields:
            yield f"value = {quoted('{' + fields['value'] + '}')}"


def _metric_line(column: str, cells: Sequence[str]) -> str:
    """The metric of a row: words that are no name of one are listed with the name that they make."""
    names = {cell: metric_name(cell) for cell in cells if cell}
    values = ", ".join(f"{quoted(cell)} = {quoted(name)}" for cell, name in names.items() if name and name != cell)
    source = quoted("{" + column + "}")
    if not values:
        return f"metric = {source}"
    return f"metric = {{ from = {source}, values = {{ {values} }} }}  # `supply-ledger catalogue` has the names in use"


def _period_lines(column: str, cells: Sequence[str]) -> Iterator[str]:
    """The period of a row, which may be printed with a mark of its status, or with the quarter before the year."""
    source = quoted("{" + column + "}")
    replace, marked = [], False
    if any(re.fullmatch(r"(19|20)\d{2} ?\(?[ep]\)?", cell) for cell in cells):
        marked = True
        replace.append([r"^([0-9]{4}) ?\(?[ep]\)?$", r"\1"])
    if any(re.fullmatch(r"Q[1-4][ /-]?(19|20)\d{2}", cell) for cell in cells):
        replace.append([r"^Q([1-4])[ /-]?([0-9]{4})$", r"\2-Q\1"])
    if replace:
        pairs = ", ".join(f"[{quoted(pattern)}, {quoted(by)}]" for pattern, by in replace)
        yield f"period = {{ from = {source}, replace = [{pairs}] }}"
    else:
        yield f"period = {source}"
    if marked:
        pairs = "[['^.*e\\)?$', 'estimated'], ['^.*p\\)?$', 'provisional'], ['^.*$', '']]"
        yield f"status = {{ from = {source}, replace = {pairs} }}  # by the mark of the year"
    if (
        odd := next((cell for cell in cells if re.fullmatch(r"\d{4}[/-]\d{2}(\d{2})?", cell) and "/" in cell), None)
    ) is not None:
        yield f"# period = ?  # {odd} goes over two years: say with replace which period it is, for example FY2024"


def _numbers_in(columns: Mapping[str, Sequence[str]]) -> str:
    """Which columns have numbers, so that one of them may be meant."""
    found = [column for column, cells in columns.items() if _has_numbers(cells)]
    return f"Numbers are in: {', '.join(found[:20])}" if found else "No column has numbers in half of its rows"


def _has_numbers(cells: Sequence[str]) -> bool:
    said = [cell for cell in cells if cell]
    return bool(said) and sum(map(is_number, said)) * 2 >= len(said)


def _shown(text: str) -> str:
    return " ".join(text.split())[:300]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.rpartition(".")[0].lower()).strip("-").lstrip("0123456789-")[:80] or "table"
