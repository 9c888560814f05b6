"""Answers as CSV, a group of rows at a time: the texts as they are, or harmless to a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from api.formats.cells import cell
from api.formats.safe_cells import harmless
from api.formats.typed_columns import names_of
from api.questions.page import Page

GROUP_ROWS = 1000


def csv_lines(page: Page, *, safe: bool = False) -> Iterator[bytes]:
    """The header and the rows. `safe`: no cell is one that a spreadsheet would run, in the header neither."""
    names = names_of(page.parts(), page.columns) if isinstance(page.items, list) else page.items.column_names
    yield _lines([map(harmless, names) if safe else names])
    for part in page.parts():
        for start in range(0, len(part), GROUP_ROWS):
            some = part[start : start + GROUP_ROWS]
            if safe:
                rows = some if isinstance(some, list) else some.to_pylist()
                yield _lines([harmless(cell(row.get(name))) for name in names] for row in rows)
            elif isinstance(some, list):
                yield _lines([cell(row.get(name)) for name in names] for row in some)
            else:
                yield _of_texts(pa.table([_texts(column) for column in some.columns], names=names))


def _of_texts(table: pa.Table) -> bytes:
    """The rows of a table of texts and whole numbers."""
    if table.num_columns > 1:  # for a row that is empty altogether is written as a pair of quotes
        from pyarrow import csv as arrow_csv

        try:
            sink = io.BytesIO()
            unquoted = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
            arrow_csv.write_csv(table, sink, unquoted)
            return sink.getvalue().replace(b"\n", b"\r\n")
        except pa.ArrowInvalid:
            pass  # a text holds a comma, a quote or the end of a line, so it wants quotes
    return _lines(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
        return column
    return pa.array([cell(value) for value in column.to_pylist()], pa.string())


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return sink.getvalue().encode()
