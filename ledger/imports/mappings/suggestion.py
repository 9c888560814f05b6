"""A first draft of a mapping for a table: what its columns look like, and why."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from ledger.imports.mappings.cell_values import SYMBOLS, Separators
from ledger.imports.mappings.printed_separators import separator_lines
from ledger.imports.mappings.table_mapping import TableForm
from ledger.imports.mappings.tables import Reading, Table, open_table

LOOKED_AT_ROWS = 200
YEAR = re.compile(r"^(.*?)((?:19|20)\d{2})(.*)$")
NO_VALUES = "# No column is called like one of values, so nothing says yet where the numbers are."
_LIKE = {
    "subject": r"country|area|geo|subject|location|region|entity|company|name|reporter",
    "metric": r"^metric$|indicator|measure$|variable|series",
    "material": r"material|commodity|product|mineral",
    "unit": r"^units?$|unit_?measure|unit of",
    "value": r"^value$|obs_?value|amount|quantity|figure",
    "period": r"^period$|^year$|time|^date$|ref_?year|quarter|month",
    "published_at": r"published|issue|vintage|release|edition_?date",
}
"""What columns are called that hold a field, in the order in which they are looked for."""
_CODES = {
    "W": "withheld", "NA": "not_available", "N/A": "not_available", "n.a.": "not_available", "ND": "undisclosed",
    "--": "0", "-": "", "\N{EN DASH}": "0", "\N{EM DASH}": "0", ".": "", "..": "not_available", ":": "not_available",
    "NaN": "",
}  # fmt: skip
"""What codes mostly stand for; a draft says so, and who knows the table corrects it."""


def suggested(file: BinaryIO, name: str, *, encoding: str | None = None, sheet: str | None = None) -> str:
    """A mapping for a table, as TOML with comments. Raises MappingError where the file is no table."""
    table = open_table(file, name, TableForm(encoding=encoding, sheet=sheet), Reading(floats=True))
    rows = [row.cells for row in islice(table.rows, LOOKED_AT_ROWS) if row.fault is None and any(row.cells)]
    return "\n".join(_lines(table, rows, name)) + "\n"


def _lines(table: Table, rows: Sequence[Sequence[str]], name: str) -> Iterator[str]:
    columns = {column: [row[place].strip() for row in rows] for place, column in enumerate(table.columns)}
    years = {column: match for column in columns if (match := YEAR.match(column))}
    fields = _fields([column for column in columns if column not in years])
    values = [*years, *(column for field, column in fields.items() if field == "value")]
    cells = [cell for column in values for cell in columns[column] if cell]
    yield f"# A draft, made from the first {len(rows)} rows of the table: read it, correct it, and try it with"
    yield f"#   supply-ledger mapping check {name} --mapping THIS.toml"
    yield f'name = "{_slug(name)}"'
    yield "version = 1"
    yield ""
    yield "[parameters]"
    for field, why in (("publisher", "who says so: its slug"), ("published_at", "when the table was published")):
        if field not in fields:
            yield f'{field} = ""  # {why}; give it with --set {field}=…'
    for field in ("metric", "unit", "subject"):
        if field not in fields:
            yield f'{field} = ""  # no column looks like it; give it with --set {field}=…'
    yield from _table_lines(table, cells)
    yield from _symbol_lines(cells)
    yield ""
    yield "[event]"
    yield 'type = "FigureReported"  # or ProductionReported, TradeReported …: GET /v1/event-types lists them'
    subject = fields.get("subject")
    yield f"subject = {{ from = {_quoted('{' + (subject or 'subject') + '}')}, names = true }}"
    for field in ("metric", "material", "unit"):
        if field in fields or field != "material":
            yield f"{field} = {_quoted('{' + fields.get(field, field) + '}')}"
    yield f"published_at = {_quoted('{' + fields.get('published_at', 'published_at') + '}')}"
    yield 'source = { publisher = "{publisher}" }'
    if years:
        yield from _melted_lines(years)
    else:
        if "value" not in fields:
            yield f"{NO_VALUES} {_numbers_in(columns)}"
            yield "# value = '{COLUMN}'  # where a row has one figure; where it has several, for each of their columns:"
            yield "# [[value]]"
            yield "# columns = 'COLUMN'"
        if "period" in fields:
            yield f"period = {_quoted('{' + fields['period'] + '}')}"
        if "value" in fields:
            yield f"value = {_quoted('{' + fields['value'] + '}')}"
    unused = [column for column in columns if column not in years and column not in fields.values()]
    if unused:
        yield ""
        yield f"# Not used: {', '.join(unused)}"


def _numbers_in(columns: dict[str, list[str]]) -> str:
    """Which columns have numbers, so that one of them may be meant."""
    plain = Separators(thousands=",")
    found = []
    for column, cells in columns.items():
        said = [cell for cell in cells if cell]
        if said and sum(_is_number(plain, cell) for cell in said) * 2 >= len(said):
            found.append(column)
    return f"Numbers are in: {', '.join(found[:20])}" if found else "No column has numbers in half of its rows"


def _is_number(separators: Separators, cell: str) -> bool:
    try:
        separators.number(cell)
    except ValueError:
        return False
    return True


def _fields(columns: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, like in _LIKE.items():
        for column in columns:
            if column not in found.values() and re.search(like, column, re.IGNORECASE):
                found[field] = column
                break
    return found


def _table_lines(table: Table, cells: Sequence[str]) -> Iterator[str]:
    yield ""
    yield "[table]"
    if table.form.delimiter not in (None, ","):
        yield f"delimiter = {_quoted(table.form.delimiter or '')}  # cuts the first rows into as many cells each"
    if table.form.encoding not in (None, "utf-8-sig"):
        yield f"encoding = {_quoted(table.form.encoding or '')}"
    if table.form.sheet is not None:
        yield f"sheet = {_quoted(table.form.sheet)}"
    yield from separator_lines(cells, table.form.delimiter)


def _symbol_lines(cells: Sequence[str]) -> Iterator[str]:
    plain = Separators(thousands=",")
    odd: dict[str, int] = {}
    for cell in cells:
        try:
            plain.number(cell)
        except ValueError:
            odd[cell] = odd.get(cell, 0) + 1
    codes = [cell for cell in odd if len(cell) <= 12 and not any(one.isdigit() for one in cell)]
    if codes:
        yield ""
        yield "[symbols]  # what a cell without a number means: a number, '' for nothing, or one of"
        yield f"# {', '.join(SYMBOLS)}"
    for code in codes[:30]:
        if code in _CODES:
            yield f"{_quoted(code)} = {_quoted(_CODES[code])}  # {odd[code]} cells; mostly so"
        else:
            yield f"# {_quoted(code)} = ?  # {odd[code]} cells; say what it means"


def _melted_lines(years: dict[str, "re.Match[str]"]) -> Iterator[str]:
    """One `[[value]]` for all columns that differ in the year alone."""
    alike: dict[tuple[str, str], list[str]] = {}
    for match in years.values():
        alike.setdefault((match[1], match[3]), []).append(match[2])
    for (before, after), found in alike.items():
        yield ""
        yield f"[[value]]  # {len(found)} columns: {found[0]} to {found[-1]}"
        pattern = f"{re.escape(before)}(?P<year>(19|20)[0-9]{{2}}){re.escape(after)}"
        yield f"columns = {_quoted(pattern)}"
        yield 'period = "{year}"'


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.rpartition(".")[0].lower()).strip("-").lstrip("0123456789-")[:80] or "table"


def _quoted(text: str) -> str:
    """A text of TOML: in single quotes, where nothing has to be escaped."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
