"""Answers as Excel workbooks: the items on one sheet, what stands beside them on others, and the basis on the last.

Numbers are numbers and dates are dates, by the kinds of the columns; what a source printed stays a text. In columns of
no declared kind (the vintages across a wide table, for example) what looks like a decimal is one. What people read
comes first: ids, instants and places in the log are the last columns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from api.formats.answer_file import AnswerFile
from api.formats.sheet_cells import cells_of, escaped, shown, width_of
from api.formats.typed_columns import listed_tables
from api.formats.workbook_parts import Workbook, letters
from api.problems import bad_parameter
from api.questions.page import Items, Page
from projections import Kind

ROWS_MAX = 100_000
"""How many items a sheet may hold."""
ROWS_AT_ONCE = 5_000
SHEET_NAME_MAX = 31
WIDTH_MIN, WIDTH_MAX = 8, 60
_LAST = (Kind.INSTANT, Kind.IDENTIFIER)
_LAST_NAMES = ("position", "digest", "recorded_by")

Kinds = Mapping[str, Kind]


def write_workbook(page: Page, sink: AnswerFile) -> None:
    """A page as a workbook. Raises Problem."""
    tables = _fitting(page)
    with Workbook(cast(BinaryIO, sink)) as book:
        _sheet(book, "items", tables, page.kinds, sink.check)
        for name, member in page.more.items():
            listed = member if isinstance(member, list) else [member]
            rows = [one if isinstance(one, dict) else {name: one} for one in listed]  # a text is a row of one cell
            _sheet(book, name[:SHEET_NAME_MAX], list(listed_tables(partial(iter, [rows]))), page.kinds, sink.check)
        items = sum(map(len, tables))
        sides = page.basis if "from" in page.basis else {"": page.basis}
        basis = [
            {**({"side": side} if side else {}), **one, "items": items, "complete": page.next is None}
            for side, one in sides.items()
        ]
        _sheet(
            book, "basis", list(listed_tables(partial(iter, [basis]))), dict.fromkeys(basis[0], Kind.TEXT), sink.check
        )


def _fitting(page: Page) -> list[pa.Table]:
    """The items in tables, as many as a sheet may hold. Raises Problem where there are more."""
    if isinstance(page.items, list):
        return list(listed_tables(lambda: _counted(page.parts()), page.columns))
    return list(_counted(page.parts()))


def _counted(parts: Iterable[Items]) -> Iterator[Items]:
    """The same parts, until their items are too many for a sheet. Raises Problem then."""
    count = 0
    for part in parts:
        count += len(part)
        if count > ROWS_MAX:
            raise bad_parameter(
                "format",
                "too_many_rows",
                f"format: the answer has more than {ROWS_MAX:,} items, and no more go into a workbook; ask for csv or "
                "parquet, which hold all, or for less, by filters or with limit and the pages that follow",
            )
        yield part


def _sheet(book: Workbook, name: str, tables: list[pa.Table], kinds: Kinds, check: Callable[[], None]) -> None:
    """A sheet of some tables with the same columns."""
    names = sorted(tables[0].column_names, key=lambda column: column in _LAST_NAMES or kinds.get(column) in _LAST)
    of = [kinds.get(column, Kind.DECIMAL) for column in names]
    widths = [len(column) + 2 for column in names]
    parts = []
    for table in tables:
        parts.append([shown(table[column]) for column in names])
        widths = [max(width, width_of(one, kind)) for width, one, kind in zip(widths, parts[-1], of, strict=True)]
    heads = escaped(pa.array(names, pa.string())).to_pylist()
    sizes = [min(max(width + 1, WIDTH_MIN), WIDTH_MAX) for width in widths]
    book.add(name, heads, sizes, sum(map(len, tables)), _rows(parts, of, check))


def _rows(parts: Sequence[Sequence[pa.Array]], kinds: Sequence[Kind], check: Callable[[], None]) -> Iterator[str]:
    """The rows in XML, some at a time, with a look at the time before each."""
    line = 2
    for columns in parts:
        for start in range(0, len(columns[0]) if columns else 0, ROWS_AT_ONCE):
            check()
            some = [column[start : start + ROWS_AT_ONCE] for column in columns]
            lines = pc.cast(pa.array(range(line, line + len(some[0]))), pa.string())
            cells: list[Any] = [
                cells_of(column, kind, letters(place), lines)
                for place, (column, kind) in enumerate(zip(some, kinds, strict=True))
            ]
            rows = pc.binary_join_element_wise('<row r="', lines, '">', *cells, "</row>", "")
            line += len(some[0])
            yield "".join(rows.to_pylist())
