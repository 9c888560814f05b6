"""Formatting: items as a reader of texts gets them (texts, whole numbers, booleans and lists of these), or typed.

Both are made of the same columns, and the texts are made of the typed ones alone: `presented(typed(table))` is what
`presented(table)` is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from ledger.values import EXACT, instant_text, percent_of, plain
from projections.queries.allowance import Allowance

_AS_THEY_ARE = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_(), "VARCHAR": pa.string()}
_BEYOND = "_beyond"
"""Where a number is too long for its column, how much more than 10^20 it is stands in a column of this ending."""
_TOO_LONG = Decimal(10**20)
_AS_TEXT: dict[type, Callable[[Any], str]] = {
    Decimal: plain,
    datetime: lambda at: instant_text(at.replace(tzinfo=UTC)),
    date: date.isoformat,
    UUID: str,
    str: str,
}


def presented_rows(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """What `presented` gives, made of a few rows of Python values, for which it is quicker.

    `columns` are their names and DuckDB types.
    """
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table(
        {
            name: pa.array(cells, _AS_THEY_ARE[kind])
            if kind in _AS_THEY_ARE
            else pa.array([None if one is None else _AS_TEXT[type(one)](one) for one in cells], pa.string())
            for (name, kind), cells in zip(columns.items(), values, strict=True)
        }
    )


def with_percent(table: pa.Table, allowance: Allowance) -> pa.Table:
    """The table with `change_percent` after its `change`: of |previous_value|, half-even at 4 decimals."""
    changes, bases = (allowance.values_of(table[name]) for name in ("change", "previous_value"))
    percents = [
        None if change is None else _percent(Decimal(change), Decimal(base))
        for change, base in allowance.each(zip(changes, bases, strict=True))
    ]
    place = table.schema.get_field_index("change") + 1
    return table.add_column(place, "change_percent", pa.array(percents, pa.string()))


def _percent(change: Decimal, base: Decimal) -> str | None:
    percent = percent_of(change, base)
    return None if percent is None else f"{percent:.4f}"


def typed(table: pa.Table, *, hidden: Iterable[str] = ()) -> pa.Table:
    """The table without the hidden columns: decimals, days and instants as such, instants in UTC."""
    return _each_column(table, hidden, _with_zone)


def presented(table: pa.Table, *, hidden: Iterable[str] = ()) -> pa.Table:
    """The same as texts: decimals plain, days as ISO 8601, instants as RFC 3339 in UTC."""
    return _each_column(table, hidden, _presented)


def _each_column(table: pa.Table, hidden: Iterable[str], made: Callable[..., pa.ChunkedArray]) -> pa.Table:
    left_out = set(hidden)
    columns = {}
    for field in table.schema:
        if field.name not in left_out:
            column, beyond = table[field.name], f"{field.name}{_BEYOND}"
            is_whole = beyond not in table.column_names or table[beyond].null_count == len(table)
            columns[field.name] = made(column, field.type) if is_whole else _with_beyond(column, table[beyond])
    return pa.table(columns)


def _with_beyond(column: pa.ChunkedArray, beyond: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts of numbers of which some are too long for their column."""
    import pyarrow.compute as pc

    whole = [None if one is None else plain(EXACT.add(_TOO_LONG, one)) for one in beyond.to_pylist()]
    return pc.coalesce(pa.chunked_array([pa.array(whole, pa.string())]), _presented(column, column.type))


def _with_zone(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    return column.cast(pa.timestamp(type_.unit, "UTC")) if pa.types.is_timestamp(type_) else column


def _presented(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_decimal(type_):
        return _plain(column, type_)
    if pa.types.is_timestamp(type_):
        return _instants(column)
    if pa.types.is_date(type_):
        return column.cast(pa.string())
    return column


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Instants as RFC 3339. Events that were recorded together share theirs, so each is written once."""
    import pyarrow.compute as pc

    codes = column.cast(pa.timestamp(column.type.unit)).combine_chunks().dictionary_encode()
    return pa.chunked_array([pc.strftime(codes.dictionary, "%Y-%m-%dT%H:%M:%SZ").take(codes.indices)])


def _plain(column: pa.ChunkedArray, type_: pa.Decimal128Type) -> pa.ChunkedArray:
    """Decimals without exponent and trailing zeros."""
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    texts = pc.cast(column, pa.string())
    if type_.scale <= 0:
        return texts
    texts = pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")
    # Arrow writes what is nearer to zero than a millionth with an exponent, and zero itself.
    short = pc.fill_null(pc.match_substring(texts, "E"), False)
    if not pc.any(short).as_py():
        return texts
    exact = [plain(number) for number in column.filter(short).to_pylist()]
    return pc.replace_with_mask(texts.combine_chunks(), short.combine_chunks(), pa.array(exact, pa.string()))
