"""Typed columns: items as a table in which numbers are numbers and dates are dates.

Which columns are of numbers or dates, their kinds say. What was computed becomes a number: `canonical_value` an exact
decimal. What a source printed stays the text that it printed (`value`: `13000.50`). Where a declared column holds
something that its type cannot (a decimal of 40 digits), there is no such table, and it is said so: the type of a column
does not depend on its values. Only a column of no declared kind (the vintages across a wide table, for example) is of
numbers where all of its texts are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from api.formats.cells import cell
from api.problems import bad_parameter
from api.questions.page import Items, Page
from projections import Kind

NUMBER = pa.decimal128(38, 18)
TYPES: Mapping[Kind, pa.DataType] = {
    Kind.DECIMAL: NUMBER,
    Kind.DAY: pa.date32(),
    Kind.INSTANT: pa.timestamp("us", "UTC"),
}
_HELD_AS: Mapping[Kind, type] = {Kind.COUNT: int, Kind.REAL: float, Kind.FLAG: bool}
"""As what values of these kinds are listed; the others as text."""
NONE: Mapping[str, Kind] = {}
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"


def tables_of(page: Page) -> Iterator[pa.Table]:
    """The items of a page in tables that have the same columns: one at least."""
    if isinstance(page.items, list):
        for table in listed_tables(page.parts, page.columns):
            yield _typed(table, page.kinds, listed=True)
    else:
        for part in page.parts():
            yield _typed(part, page.kinds, listed=False)


def listed_tables(parts: Callable[[], Iterable[Items]], columns: Mapping[str, Kind] = NONE) -> Iterator[pa.Table]:
    """Listed items as tables with the same columns, not yet typed: the parts are read once for these, and again.

    The `columns` are there in any case, first and in their order.
    """
    shape = _shape_of(parts(), columns)
    for part in parts():
        yield _table(part, shape)


def _typed(table: pa.Table, kinds: Mapping[str, Kind], *, listed: bool) -> pa.Table:
    """The table with the types of its kinds. Raises Problem where a column is not what its kind says."""
    columns = []
    for name in table.column_names:
        column = table[name]
        wanted = TYPES.get(kinds[name]) if name in kinds else NUMBER if listed and _all_numbers(column) else None
        columns.append(column if wanted in (None, column.type) else _cast(name, column, wanted, declared=name in kinds))
    return pa.table(columns, names=table.column_names)


def _cast(name: str, column: pa.ChunkedArray, wanted: pa.DataType, *, declared: bool) -> pa.ChunkedArray:
    """A column of texts, or of numbers of other digits, with the type that is wanted."""
    if not (pa.types.is_string(column.type) or pa.types.is_decimal(column.type)):
        return column
    try:
        return pc.cast(column, wanted)
    except pa.ArrowInvalid as error:
        if not declared:
            return column
        detail = f"format: {name} holds what does not fit {wanted} ({error}); ask for csv or jsonl instead"
        raise bad_parameter("format", "does_not_fit", detail) from None


def _all_numbers(column: pa.ChunkedArray) -> bool:
    """Whether a column holds texts, and all of them are plain numbers."""
    if not pa.types.is_string(column.type) or column.null_count == len(column):
        return False
    return bool(pc.all(pc.match_substring_regex(column, _PLAIN_NUMBER)).as_py())


Shape = Mapping[str, set[type]]
"""The types in Python of the values of each member, in order: those that are declared, then by first appearance."""


def _shape_of(parts: Iterable[Items], columns: Mapping[str, Kind]) -> Shape:
    shape: dict[str, set[type]] = {name: {_HELD_AS.get(kind, str)} for name, kind in columns.items()}
    for part in parts:
        for item in part:
            for name, value in item.items():
                if value is not None and name not in columns:
                    shape.setdefault(name, set()).add(type(value))
                else:
                    shape.setdefault(name, set())
    return shape


def names_of(parts: Iterable[Items], columns: Iterable[str] = ()) -> list[str]:
    """The name of every member of listed items: those that are declared, then by first appearance."""
    return list(dict.fromkeys([*columns, *(name for part in parts for item in part for name in item)]))


def _table(items: Items, shape: Shape) -> pa.Table:
    """Objects of several shapes as a table. A column holds one type, and nested values are JSON text."""
    return pa.table({name: _column([item.get(name) for item in items], kinds) for name, kinds in shape.items()})


def _column(values: list[Any], kinds: set[type]) -> pa.Array:
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array(values, pa.float64())
    return pa.array([None if value is None else cell(value) for value in values], pa.string())
