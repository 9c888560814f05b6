"""Typed rows: the rows of an answer in JSON, where numbers and dates are texts, with the types of its table.

A number is as exact as its text: `Decimal("13000.50")`. What a source printed is a text in the table too, and stays
one. The answers before and after a difference have numbers and dates by their names, since no column types them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from api.client.door import Row

if TYPE_CHECKING:
    import pyarrow as pa

WITHIN = ("before", "after")
"""Members that hold the item of an answer."""
Read = Callable[[str], Any]


def typed_rows(rows: Sequence[Row], types: "Mapping[str, pa.DataType]") -> list[Row]:
    """The rows with numbers and dates as such."""
    reads = {name: read for name, one in types.items() if (read := _read(one)) is not None}
    within = _vocabulary() if any(name in types for name in WITHIN) else {}
    return [_typed(row, reads, within) for row in rows]


def _typed(row: Row, reads: Mapping[str, Read], within: Mapping[str, Read]) -> Row:
    typed = dict(row)
    for name, read in reads.items():
        if isinstance(text := typed.get(name), str):
            typed[name] = _as(read, text)
    for name in WITHIN:
        if within and isinstance(inner := typed.get(name), dict):
            typed[name] = _typed(inner, within, {})
    return typed


def _as(read: Read, text: str) -> Any:
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        return text


def _read(wanted: "pa.DataType") -> Read | None:
    """What makes a value of a text, where the type is none of texts."""
    import pyarrow as pa

    if pa.types.is_decimal(wanted):
        return Decimal
    if pa.types.is_date(wanted):
        return date.fromisoformat
    return datetime.fromisoformat if pa.types.is_timestamp(wanted) else None


def _vocabulary() -> dict[str, Read]:
    """The same by the names that mean the same in every answer."""
    from projections import COLUMN_KINDS, Kind

    reads: dict[Kind, Read] = {
        Kind.DECIMAL: Decimal,
        Kind.DAY: date.fromisoformat,
        Kind.INSTANT: datetime.fromisoformat,
    }
    return {name: reads[kind] for name, kind in COLUMN_KINDS.items() if kind in reads}
