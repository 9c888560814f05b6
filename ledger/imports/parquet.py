"""The rows of a Parquet file: typed cells as the exact JSON values that events are made of.

One column a field, named as in CSV (`source.publisher`, `dimensions.basis`), or one of structs, lists and maps for
nested ones; null is an absent field, and so is a struct of nothing but nulls. Whole numbers stay what they are, and
are text in a field of text; decimals are written out with all their places; a date is `2024-01-31`; a timestamp is an
instant in UTC, so it needs a time zone. A floating-point number is refused, since it may no longer be the number that
was printed; or, where somebody says so, taken as the shortest decimal that stands for it (0.1, whatever follows it).

The file is read in batches, and how large these may be follows from its pages before they are decoded
(`ledger.imports.parquet_pages`). Apart from `ledger.imports.rows` for other formats, because Arrow takes long to load.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

from ledger.codec.strict_json import parse_json
from ledger.imports import rows
from ledger.imports.import_limits import ImportLimits, TooLarge
from ledger.imports.parquet_pages import batch_rows, check_extent, check_footer
from ledger.imports.rows import Piece, Row, faulty, placed
from ledger.imports.tables_of_others import no_events
from ledger.imports.unpacked_sizes import parts_of, without_dictionaries
from ledger.values.calendars import instant_text
from ledger.values.identifiers import EPOCH

BATCH_ROWS = 1000
_WHY: dict[type[Exception], str] = {
    UnicodeDecodeError: "the text is not UTF-8",
    OverflowError: "the date is none of the years 1 to 9999",
}
_TICKS_PER_S = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}

Cell = Callable[[Any], Any]
"""What a value of Arrow is in JSON. Raises ValueError, or OverflowError for a day outside the calendar."""


ROW_BYTES = 200
"""What a row takes at least once it is an event, however little the file has of it."""


class _Column(NamedTuple):
    """The part of a column that is in a batch: how many values, and each of them on demand."""

    name: str
    values: list[Any] | pa.Array
    cell: Cell


def event_pieces(file: BinaryIO, limits: ImportLimits) -> Iterator[Piece]:
    """A Parquet file of events, in pieces; of a table of another kind only why it is none."""
    for number, piece in enumerate(parquet_pieces(file, limits)):
        stream, _ = piece.raw
        if not number and stream and (why := no_events(pa.ipc.open_stream(stream).schema.names)) is not None:
            yield piece._replace(raw=(b"", ("malformed_parquet", why)))
            return
        yield piece


def parquet_pieces(file: BinaryIO, limits: ImportLimits) -> Iterator[Piece]:
    """A Parquet file: rows in Arrow's stream format, and the rule and detail of why no more can be read, if so.

    Where the file is damaged, or holds more than is read, nothing after that is read. A file of no bytes has no rows.
    """
    size = file.seek(0, 2)
    if not size:
        return
    first, unpacked = 1, 0
    try:
        for batch, row_count in parquet_batches(file, size):
            for part, part_bytes in parts_of(batch):
                unpacked += max(part_bytes, part.num_rows * ROW_BYTES)
                if unpacked > limits.unpacked_bytes(size):
                    raise TooLarge(f"the file unpacks to more than {limits.unpacked_bytes(size)} bytes")
                following = first + part.num_rows
                done = size * (following - 1) // max(row_count, following - 1, 1)
                yield Piece("parquet", first, _packed(part, part_bytes), done)
                first = following
    # Arrow tells damage in the file as errors of its own, of the system, or of text.
    except (pa.ArrowException, OSError, ValueError) as error:
        rule = "too_large" if isinstance(error, TooLarge) else "malformed_parquet"
        yield Piece("parquet", first, (b"", (rule, _reason(error))), size)


def parquet_batches(file: BinaryIO, size: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """The file in batches that have room in memory, each with how many rows the file has; `size` is that of the file.

    Raises ValueError where a few bytes would become too many, and what Arrow raises for a file that is none.
    """
    check_footer(file)
    parquet = pq.ParquetFile(file, pre_buffer=False)
    metadata = parquet.metadata
    check_extent(metadata, size)
    leaves = [metadata.schema.column(place) for place in range(metadata.num_columns)]
    # How large a list is, only its row says: texts in it stay in their dictionaries until that is known.
    nested = [leaf.path for leaf in leaves if leaf.max_repetition_level and leaf.physical_type == "BYTE_ARRAY"]
    if nested:
        parquet = pq.ParquetFile(file, metadata=metadata, read_dictionary=nested, pre_buffer=False)
    for group in range(metadata.num_row_groups):
        together = batch_rows(file, metadata, group, rows_max=BATCH_ROWS)
        for batch in parquet.iter_batches(batch_size=together, row_groups=[group], use_threads=False):
            yield batch, metadata.num_rows


def _packed(part: pa.RecordBatch, size: int) -> tuple[bytes, tuple[str, str] | None]:
    """Rows as a stream; or, of a single one that is too long, the rule and the detail."""
    if size > rows.ROW_BYTES_MAX and part.num_rows == 1:
        return b"", ("row_too_long", f"the row unpacks to {size} bytes, and at most {rows.ROW_BYTES_MAX} are read")
    plain = without_dictionaries(part)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, plain.schema) as stream:
        stream.write_batch(plain)
    return sink.getvalue().to_pybytes(), None


def float_columns(file: BinaryIO) -> dict[str, str]:
    """The columns of floating-point numbers of a file, with their types; none of one that cannot be read."""
    try:
        check_footer(file)
        schema = pq.ParquetFile(file, pre_buffer=False).schema_arrow
    except (pa.ArrowException, OSError, ValueError):
        return {}
    return {one.name: str(one.type) for one in schema if pa.types.is_floating(one.type)}


def parquet_rows(piece: Piece, *, floats: bool = False) -> Iterator[Row]:
    """The rows of a piece. With `floats`, floating-point numbers are taken as their shortest decimals."""
    stream, fault = piece.raw
    number = piece.first
    try:
        for batch in pa.ipc.open_stream(stream) if stream else ():
            for cells in batch_cells(batch, floats=floats):
                row = _row(number, cells)
                number += 1
                if row is not None:
                    yield row
    except (pa.ArrowException, OSError, ValueError) as error:
        fault = "malformed_parquet", _reason(error)
    if fault is not None:
        yield faulty(number, *fault)


def batch_cells(batch: Any, *, floats: bool, cells_of: "CellOf | None" = None) -> Iterator[list[tuple[str, Any]]]:
    """The cells of each row, by the names of their columns, as JSON has them; a `CellFault` for one that has no form
    there. Those that are null are left out.
    """
    kinds = cells_of or cell_of
    columns = [
        _column(name, values, kinds(values.type, floats))
        for name, values in zip(batch.schema.names, batch.columns, strict=True)
    ]
    for index in range(batch.num_rows):
        cells = ((column.name, _json_value(column, index)) for column in columns)
        yield [(name, value) for name, value in cells if value is not None]


class CellFault(NamedTuple):
    """Why a cell has no form in JSON."""

    detail: str


def _reason(error: Exception) -> str:
    return f"{str(error).strip().partition(chr(10))[0][:300]}; nothing from here on was read"


def _column(name: str, values: Any, cell: Cell) -> _Column:
    if isinstance(values.type, pa.BaseExtensionType) and not isinstance(values.type, pa.UuidType):
        values = values.storage
    if pa.types.is_timestamp(values.type):
        # As ticks: the library's own instants have no nanoseconds.
        values = values.cast(pa.int64())
    try:
        return _Column(name, values.to_pylist(), cell)
    except (ValueError, OverflowError):
        return _Column(name, values, cell)  # One value has no form in Python: its row alone is at fault.


def _json_value(column: _Column, index: int) -> Any:
    try:
        value = column.values[index]
        if isinstance(value, pa.Scalar):
            value = value.as_py()
        return None if value is None else column.cell(value)
    except (ValueError, OverflowError) as error:
        return CellFault(_WHY.get(type(error), str(error)))


def _row(number: int, cells: list[tuple[str, Any]]) -> Row | None:
    for name, value in cells:
        if type(value) is CellFault:
            return faulty(number, "malformed_cell", value.detail, column=name)
    return placed(number, cells) if cells else None


CellOf = Callable[[Any, bool], Cell]


def cell_of(kind: pa.DataType, floats: bool) -> Cell:
    """How a type's values are written in JSON; `floats` says whether floating-point numbers are."""
    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_boolean(kind):
        return _same
    if types.is_integer(kind) or types.is_null(kind):
        return _same
    if types.is_decimal(kind):
        return _decimal_text
    if types.is_date(kind):
        return _date_text
    if types.is_timestamp(kind):
        return _instant_of(kind)
    if types.is_struct(kind):
        return _object_of({part.name: _inner(part.type, floats) for part in kind}, parts=kind.num_fields)
    if types.is_map(kind):
        return _map_of(_inner(kind.item_type, floats))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _list_of(_inner(kind.value_type, floats))
    if isinstance(kind, pa.UuidType):
        return str
    if isinstance(kind, pa.JsonType):
        return _json
    if types.is_floating(kind):
        if floats:
            return _shortest_of(kind)
        return _refuse(
            f"a floating-point number ({kind}) is not exact: write the column as text or decimal, or import it with "
            "floats=shortest, which takes each as the shortest decimal that stands for it"
        )
    return _refuse(f"a column of the type {str(kind)[:80]} holds nothing that an event has: write it as text")


def _shortest_of(kind: pa.DataType) -> Cell:
    """The shortest decimal that is this number and no other of its size: 0.1 for the float next to a tenth."""
    of_size: Any = {16: numpy.float16, 32: numpy.float32, 64: numpy.float64}[kind.bit_width]

    def text(value: float) -> str:
        written = numpy.format_float_positional(of_size(value), unique=True, trim="-")
        return "0" if written == "-0" else written

    return text


def _inner(kind: pa.DataType, floats: bool) -> Cell:
    """The same inside lists, maps and structs, whose values come out whole."""
    if pa.types.is_timestamp(kind):
        return _refuse("a timestamp inside another value: write it as text")
    return cell_of(kind, floats)


def _same(value: Any) -> Any:
    return value


def _decimal_text(value: Decimal) -> str:
    return format(value, "f")


def _date_text(value: Any) -> str:
    return str(value.isoformat())


def _json(value: str) -> Any:
    return parse_json(value.encode())


def _instant_of(kind: pa.DataType) -> Cell:
    if kind.tz is None:
        return _refuse("a timestamp without a time zone names no instant: write it in UTC, or as text with its offset")
    per_s = _TICKS_PER_S[kind.unit]

    def text(ticks: int) -> str:
        microseconds, left = divmod(ticks * 1_000_000, per_s)
        if left:
            raise ValueError("the timestamp is finer than a microsecond, which is the ledger's finest")
        return instant_text(EPOCH + timedelta(microseconds=microseconds))

    return text


def _object_of(inner: dict[str, Cell], *, parts: int) -> Cell:
    if parts != len(inner):
        return _refuse("the struct has two fields of one name")

    def value_of(value: dict[str, Any]) -> dict[str, Any] | None:
        members = {name: cell(value[name]) for name, cell in inner.items() if value[name] is not None}
        return {name: member for name, member in members.items() if member is not None} or None

    return value_of


def _map_of(inner: Cell) -> Cell:
    def value_of(value: list[tuple[Any, Any]]) -> dict[str, Any]:
        members = {name: None if one is None else inner(one) for name, one in value}
        if len(members) != len(value) or not all(isinstance(name, str) for name in members):
            raise ValueError("the keys of a map are texts, each there once")
        return members

    return value_of


def _list_of(inner: Cell) -> Cell:
    def value_of(value: list[Any]) -> list[Any]:
        return [None if one is None else inner(one) for one in value]

    return value_of


def _refuse(detail: str) -> Cell:
    def value_of(value: Any) -> Any:
        raise ValueError(detail)

    return value_of
