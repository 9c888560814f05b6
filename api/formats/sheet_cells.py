"""Columns as cells of a sheet: XML texts, a whole column at a time.

Excel keeps numbers as binary floats of 15 digits, so a decimal is a number only where Excel gives the same back; any
other stays text, exactly as it is. So does a day before March 1900, which Excel counts wrongly or not at all. Instants
are in UTC. A text that is too long for a cell is refused, not cut.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from api.formats.cells import cell
from api.problems import bad_parameter
from projections import Kind

TEXT_LENGTH_MAX = 32_767
DIGITS_EXACT_MAX = 15
HEAD, DAY, INSTANT = 1, 2, 3
"""The styles of cells, as `api.formats.workbook_parts` numbers them."""
DAY_WIDTH, INSTANT_WIDTH = len("2024-01-31"), len("2024-01-31 09:30:00")
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_DAYS_BEFORE_1970 = 25_569
_FIRST_DAY = -25_508
"""1 March 1900, in days from 1970."""
_DAY_US = 86_400_000_000
_ODD = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"
"""What XML cannot hold, or Excel would take for such."""
_ODD_ONE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

Texts: TypeAlias = Any
"""An array of texts."""


def shown(column: pa.ChunkedArray) -> pa.Array:
    """A column with nested values as JSON text."""
    kind = column.type
    if any(is_plain(kind) for is_plain in (pa.types.is_string, pa.types.is_boolean, pa.types.is_integer)):
        return column.combine_chunks()
    if pa.types.is_floating(kind):
        return column.combine_chunks()
    return pa.array([None if value is None else cell(value) for value in column.to_pylist()], pa.string())


def width_of(column: pa.Array, kind: Kind) -> int:
    """How many characters the widest value of a column has."""
    if pa.types.is_string(column.type):
        widest = pc.max(pc.utf8_length(column)).as_py() or 0
        return {Kind.DAY: min(widest, DAY_WIDTH), Kind.INSTANT: min(widest, INSTANT_WIDTH)}.get(kind, widest)
    return pc.max(pc.utf8_length(pc.cast(column, pa.string()))).as_py() or 0


def cells_of(column: pa.Array, kind: Kind, letters: str, lines: Texts) -> Texts:
    """The cells of a column in XML, an empty text where there is no value.

    `letters` name the column, `lines` are the numbers of its rows. Raises Problem.
    """
    if pa.types.is_boolean(column.type):
        flags = pc.cast(pc.cast(column, pa.int8()), pa.string())
        return pc.fill_null(_cells(flags, letters, lines, ' t="b"><v>', "</v></c>"), "")
    if not pa.types.is_string(column.type):
        return _numbers(pc.cast(column, pa.string()), letters, lines)
    typed = _TYPED.get(kind)
    found = None if typed is None else typed(column, letters, lines)
    if found is None:
        return _texts(column, letters, lines)
    if found.null_count == column.null_count:
        return pc.fill_null(found, "")
    rest = pc.if_else(pc.is_valid(found), pa.nulls(len(column), pa.string()), column)
    return pc.coalesce(found, _texts(rest, letters, lines))


def _decimals(column: pa.Array, letters: str, lines: Texts) -> Texts:
    """Decimals that Excel keeps as they are; null for any other."""
    digits = pc.replace_substring_regex(column, r"[-.]", "")
    significant = pc.utf8_length(pc.ascii_rtrim(pc.ascii_ltrim(digits, "0"), "0"))
    fits = pc.and_(pc.match_substring_regex(column, _NUMBER), pc.less_equal(significant, DIGITS_EXACT_MAX))
    return _cells(_where(fits, column), letters, lines, "><v>", "</v></c>")


def _days(column: pa.Array, letters: str, lines: Texts) -> Texts | None:
    try:
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32())
    except pa.ArrowInvalid:
        return None
    known = pc.greater_equal(days, _FIRST_DAY)
    serial = pc.cast(pc.add(days, _DAYS_BEFORE_1970), pa.string())
    return _cells(_where(known, serial), letters, lines, f' s="{DAY}"><v>', "</v></c>")


def _instants(column: pa.Array, letters: str, lines: Texts) -> Texts | None:
    try:
        at = pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), pa.int64())
    except pa.ArrowInvalid:
        return None
    days = pc.divide(pc.cast(at, pa.float64(), safe=False), float(_DAY_US))
    known = pc.greater_equal(days, float(_FIRST_DAY))
    serial = pc.cast(pc.add(days, float(_DAYS_BEFORE_1970)), pa.string())
    return _cells(_where(known, serial), letters, lines, f' s="{INSTANT}"><v>', "</v></c>")


_TYPED: Mapping[Kind, Callable[[pa.Array, str, Texts], Texts | None]] = {
    Kind.DECIMAL: _decimals,
    Kind.DAY: _days,
    Kind.INSTANT: _instants,
}


def _numbers(column: pa.Array, letters: str, lines: Texts) -> Texts:
    return pc.fill_null(_cells(column, letters, lines, "><v>", "</v></c>"), "")


def _texts(column: pa.Array, letters: str, lines: Texts) -> Texts:
    longest = pc.max(pc.utf8_length(column)).as_py() or 0
    if longest > TEXT_LENGTH_MAX:
        row = pc.index(pc.utf8_length(column), longest).as_py() + 1
        detail = f"format: item {row} has a cell of {longest} characters, and Excel takes {TEXT_LENGTH_MAX}"
        raise bad_parameter("format", "too_long_for_a_cell", f"{detail}; ask for csv or parquet instead")
    begin = ' t="inlineStr"><is><t xml:space="preserve">'
    return pc.fill_null(_cells(escaped(column), letters, lines, begin, "</t></is></c>"), "")


def escaped(column: pa.Array) -> Texts:
    """Texts as XML has them; a character that it cannot hold as Excel writes it: `_x0001_`."""
    if pc.any(pc.match_substring_regex(column, _ODD)).as_py():
        column = pa.array([one and _ODD_ONE.sub(_written_out, one) for one in column.to_pylist()], pa.string())
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        column = pc.replace_substring(column, sign, entity)
    return column


def _written_out(found: "re.Match[str]") -> str:
    return f"_x{ord(found[0]):04X}_"


def _cells(values: Texts, letters: str, lines: Texts, begin: str, end: str) -> Texts:
    """The cells of some values; null where a value is."""
    return pc.binary_join_element_wise(f'<c r="{letters}', lines, f'"{begin}', values, end, "")


def _where(mask: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.nulls(len(values), values.type))
