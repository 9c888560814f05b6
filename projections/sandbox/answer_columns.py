"""The columns of an answer of the sandbox as a reader gets them: as texts and JSON, or typed as in a file of columns.

As text they are like those of other reads: decimals as plain texts, days as ISO 8601, instants as RFC 3339 in UTC.
What is nested is JSON; so is a column of DuckDB's type JSON. A HUGEINT (a SUM of whole numbers is one) is a number as
long as 64 bits hold it, else a text.
"""

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ledger.values import instant_text, plain
from projections.queries.format import presented

Columns = Sequence[dict[str, str]]
"""The `name` and DuckDB's `type` of each column."""
_INT64 = 2**63
_MICROSECONDS = pa.timestamp("us")


def nested_names(schema: pa.Schema, columns: Columns) -> tuple[str, ...]:
    """The columns that are JSON in `text_columns`."""
    return tuple(
        field.name
        for field, column in zip(schema, columns, strict=True)
        if column["type"] in ("JSON", "HUGEINT") or _is_nested(field.type)
    )


def text_columns(rows: pa.Table, columns: Columns, *, for_json: bool) -> pa.Table:
    """Rows as texts, whole numbers and booleans; JSON is a text that holds it.

    For JSON floating-point numbers stay such, and a HUGEINT is JSON. Raises OverflowError for a day that no calendar
    has.
    """
    texts = (_as_text(rows[one["name"]], one["type"], for_json=for_json) for one in columns)
    return pa.table(list(texts), names=rows.column_names)


def file_columns(rows: pa.Table) -> pa.Table:
    """Rows with types that every reader of Parquet knows: instants in UTC, and no dictionaries."""
    return pa.table([_as_typed(column) for column in rows.columns], names=rows.column_names)


def _as_text(column: pa.ChunkedArray, name: str, *, for_json: bool) -> pa.ChunkedArray | pa.Array:
    kind = column.type
    if name == "JSON":
        return pa.array([_checked(one) for one in column.to_pylist()], pa.string())
    if name == "HUGEINT":
        numbers = column.to_pylist()
        return pa.array([None if one is None else _whole(int(one), for_json=for_json) for one in numbers], pa.string())
    if _is_nested(kind):
        convert = _converter(kind)
        texts = [None if one is None else _json(convert(one)) for one in column.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_floating(kind) and not for_json:
        return pc.cast(column, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if one is None else one.hex() for one in column.to_pylist()], pa.string())
    if pa.types.is_time(kind):
        return pc.cast(column, pa.string())
    column = _as_typed(column)
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, _MICROSECONDS)
    return presented(pa.table([column], names=["one"]))["one"]


def _as_typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pc.cast(column, kind.value_type)
    if pa.types.is_null(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_timestamp(kind):
        column = column if kind.unit == "us" else pc.cast(column, pa.timestamp("us", kind.tz), safe=False)
        return column if kind.tz else pc.assume_timezone(column, "UTC")
    return column


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind))


def _converter(kind: pa.DataType) -> Callable[[Any], Any]:
    """What makes a value of a type, as Arrow gives it to Python, one that JSON has."""
    if pa.types.is_map(kind):
        key, value = _converter(kind.key_type), _converter(kind.item_type)
        if pa.types.is_string(kind.key_type):
            return lambda pairs: {one: _or_null(value, other) for one, other in pairs}
        return lambda pairs: [[_or_null(key, one), _or_null(value, other)] for one, other in pairs]
    if pa.types.is_struct(kind):
        parts = {field.name: _converter(field.type) for field in kind}
        return lambda whole: {name: _or_null(part, whole[name]) for name, part in parts.items()}
    if _is_nested(kind):
        each = _converter(kind.value_type)
        return lambda several: [_or_null(each, one) for one in several]
    return _leaf


def _or_null(convert: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else convert(value)


def _leaf(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return instant_text(value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _checked(text: str | None) -> str | None:
    """A text of JSON as it is; what only DuckDB takes for JSON as a JSON text."""
    if text is None:
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return _json(text)
    return text


def _whole(number: int, *, for_json: bool) -> str:
    return str(number) if not for_json or -_INT64 <= number < _INT64 else f'"{number}"'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
