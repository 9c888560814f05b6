"""Typed columns as a reader of items gets them: text, whole numbers, booleans and lists of these."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from ledger.quantities import plain


def presented(table: pa.Table, *, hidden: Iterable[str] = ()) -> pa.Table:
    """The table without the hidden columns: decimals plain, days as ISO 8601, instants as RFC 3339 in UTC."""
    left_out = set(hidden)
    kept = [field for field in table.schema if field.name not in left_out]
    return pa.table({field.name: _presented(table[field.name], field.type) for field in kept})


def _presented(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_decimal(type_):
        return _plain(column, type_)
    if pa.types.is_timestamp(type_):
        return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_date(type_):
        return pc.cast(column, pa.string())
    return column


def _plain(column: pa.ChunkedArray, type_: pa.Decimal128Type) -> pa.ChunkedArray:
    """Decimals without exponent and trailing zeros."""
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
