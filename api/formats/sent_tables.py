"""Tables that somebody sends: JSON rows, JSON Lines, CSV, Parquet or Arrow, read into columns.

Numbers, texts, days and instants are read, and nothing nested. A few bytes can unpack into very many, so what a column
would take is known before it is made.
"""

import csv
import io
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from api.formats.cells import json_text
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, PARQUET, Format
from api.problems import Problem, questions_refused
from api.questions.parameters import RECORDED_AS_OF
from api.questions.question_dimensions import DIMENSIONS
from api.questions.question_texts import refused_column
from ledger import MalformedJSON, parquet_batches, parse_json
from ledger.values import POSITION_PREFIX

TABLE_FORMATS = (JSON, JSONL, CSV, PARQUET, ARROW)
SENT_COLUMNS_MAX = 1_000
FILE_OF_ARROW = b"ARROW1"
_LISTED = ", ".join(f"{one.name} ({one.media_type})" for one in TABLE_FORMATS)
_COMPRESSION = 3
"""Which field of a record batch says how it is packed, in the format of Arrow."""


def format_sent(media_type: str) -> Format:
    """The format of a body of this type. Raises Problem."""
    wanted = media_type.partition(";")[0].strip().lower()
    for one in TABLE_FORMATS:
        if wanted in (one.media_type, *one.also):
            return one
    detail = f"Send a table as {_LISTED}, with its Content-Type, not {wanted[:80] or 'without a type'}."
    raise Problem(415, "unsupported-media-type", detail)


def format_of(raw: bytes) -> Format:
    """The format of a file, told by how it begins: CSV where it is none of the others."""
    if raw.startswith(b"PAR1"):
        return PARQUET
    if raw.startswith((b"\xff\xff\xff\xff", FILE_OF_ARROW)):
        return ARROW
    return {b"[": JSON, b"{": JSONL}.get(raw[:1000].lstrip()[:1], CSV)


def sent_table(
    raw: bytes,
    form: Format,
    *,
    rows_max: int,
    packed: bool = False,
    hold: Callable[[int], None] = lambda size: None,
) -> pa.Table:
    """The table in some bytes. `hold` is told how many bytes its columns take, before they are made. With `packed`,
    Arrow may be compressed, or a file of it: for how many bytes that is, is known only to who unpacks it.

    Raises Problem, MalformedJSON, and what `hold` raises.
    """
    read = {JSON: _of_json, JSONL: _of_json_lines, CSV: _of_csv, PARQUET: _of_parquet, ARROW: _of_arrow}[form]
    if form is ARROW and not packed:
        _check_unpacked(raw)
    try:
        table = read(raw, rows_max, hold)
        table.validate(full=True)
    except MalformedJSON:
        raise
    except (pa.ArrowException, OSError, ValueError, csv.Error, struct.error) as error:
        line = str(error).partition("\n")[0]
        raise _refused("unreadable", f"the body is no {form.name} that can be read: {line[:200]}") from None
    if table.num_columns > SENT_COLUMNS_MAX:
        raise _refused("columns", f"{table.num_columns} columns are too many; {SENT_COLUMNS_MAX} at most")
    for field in table.schema:
        _check_type(field.name, field.type)
    return _with_positions(table)


def _with_positions(table: pa.Table) -> pa.Table:
    """The table with positions of the log written as such, where the column of the ledger clock holds numbers.

    A column of text may hold years, `2024`; one of numbers holds what `basis.position` of an answer gives.
    """
    place = table.schema.get_field_index(RECORDED_AS_OF.name)
    if place < 0 or not _is_number(table.schema.field(place).type):
        return table
    try:
        numbers = table.column(place).cast(pa.int64())
    except pa.ArrowInvalid:
        detail = f"{RECORDED_AS_OF.name} is a text, or a whole number: a position of the log"
        raise refused_column(RECORDED_AS_OF.name, "position", detail) from None
    texts = pc.binary_join_element_wise(POSITION_PREFIX, numbers.cast(pa.string()), "")
    return table.set_column(place, RECORDED_AS_OF.name, texts)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _refused(rule: str, detail: str) -> Problem:
    return questions_refused(detail, [{"pointer": "", "rule": rule, "detail": detail}], 1)


def _check_count(count: int, rows_max: int) -> None:
    if count > rows_max:
        detail = f"more than the {rows_max:,} rows that are answered at once: send them in several tables"
        raise _refused("rows", detail)


def _check_type(name: str, kind: pa.DataType) -> None:
    types = pa.types
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind)
    texts = texts or types.is_boolean(kind) or types.is_string_view(kind)
    if not (texts or _is_number(kind) or types.is_date(kind) or types.is_timestamp(kind)):
        detail = f"the column {name[:80]!r} is of {kind}: send texts, numbers, days and instants, and leave others out"
        raise refused_column(name, "type", detail)


def _of_json(raw: bytes, rows_max: int, hold: Callable[[int], None]) -> pa.Table:
    rows = parse_json(raw)
    if not isinstance(rows, list):
        raise _refused("array", 'send an array of rows: [{"subject": "china", "metric": "…", "as_of": "2024-06-30"}]')
    return _of_rows(rows, rows_max)


def _of_json_lines(raw: bytes, rows_max: int, hold: Callable[[int], None]) -> pa.Table:
    return _of_rows([parse_json(line) for line in raw.splitlines() if line.strip()], rows_max)


def _of_rows(rows: list[Any], rows_max: int) -> pa.Table:
    _check_count(len(rows), rows_max)
    if not all(isinstance(row, dict) for row in rows):
        raise _refused("object", "every row is an object, whose members are the columns")
    columns: dict[str, list[Any]] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            column = columns.setdefault(name, [])
            column += [None] * (number - len(column))
            column.append(value)
        if len(columns) > SENT_COLUMNS_MAX:
            raise _refused("columns", f"there are more than {SENT_COLUMNS_MAX} columns")
    for values in columns.values():
        values += [None] * (len(rows) - len(values))
    return pa.table({name: _column(name, values) for name, values in columns.items()})


def _column(name: str, values: list[Any]) -> pa.Array:
    if name == DIMENSIONS:
        values = [json_text(value) if isinstance(value, dict) else value for value in values]
    kinds = {type(value) for value in values} - {type(None)}
    if kinds & {dict, list}:
        raise refused_column(name, "type", f"the column {name[:80]!r} has nested values: leave it out")
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if name == RECORDED_AS_OF.name and int in kinds and kinds != {int}:
        values = [f"{POSITION_PREFIX}{value}" if type(value) is int else value for value in values]
        kinds = {str}
    if kinds and kinds <= {int, float, Decimal}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _of_csv(raw: bytes, rows_max: int, hold: Callable[[int], None]) -> pa.Table:
    """A CSV file: every cell is a text, and an empty one is none."""
    from pyarrow import csv as arrow_csv

    raw = raw.removeprefix(b"\xef\xbb\xbf")
    header = next(csv.reader(io.StringIO(raw[:1_000_000].decode(errors="replace"), newline="")), [])
    texts = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    parsing = arrow_csv.ParseOptions(newlines_in_values=True)
    table = arrow_csv.read_csv(pa.BufferReader(raw), parse_options=parsing, convert_options=texts)
    _check_count(len(table), rows_max)
    return table


def _of_parquet(raw: bytes, rows_max: int, hold: Callable[[int], None]) -> pa.Table:
    """A Parquet file, read in batches whose size is known from its pages before they are unpacked."""
    from pyarrow import parquet

    file = io.BytesIO(raw)
    tables = []
    for batch, count in parquet_batches(file, len(raw)):
        _check_count(count, rows_max)
        tables.append(pa.Table.from_batches([batch]))
    return _unpacked(tables, parquet.read_schema(pa.BufferReader(raw)), hold)


def _of_arrow(raw: bytes, rows_max: int, hold: Callable[[int], None]) -> pa.Table:
    """A stream of Arrow, or a file of it, whose batches are not packed."""
    body = pa.BufferReader(raw)
    if raw.startswith(FILE_OF_ARROW):
        file = pa.ipc.open_file(body)
        schema, batches = file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    else:
        stream = pa.ipc.open_stream(body)
        schema, batches = stream.schema, iter(stream)
    tables, count = [], 0
    for batch in batches:
        batch.validate(full=True)
        count += len(batch)
        _check_count(count, rows_max)
        tables.append(pa.Table.from_batches([batch]))
    return _unpacked(tables, schema, hold)


def _check_unpacked(raw: bytes) -> None:
    """Refuse what is no stream, or one whose batches are packed."""
    if raw.startswith(FILE_OF_ARROW):
        raise _refused("packed", "this is a file of Arrow: send it as a stream of Arrow, or as Parquet")
    try:
        for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(raw)):
            if message.type in ("record batch", "dictionary") and _is_packed(
                message.metadata.to_pybytes(), message.type
            ):
                raise _refused("packed", "the Arrow stream is compressed: send it without, or as Parquet")
    except (pa.ArrowException, OSError, struct.error) as error:
        line = str(error).partition("\n")[0]
        raise _refused("unreadable", f"the body is no stream of Arrow that can be read: {line[:200]}") from None


def _is_packed(message: bytes, kind: str) -> bool:
    """Whether the batch that a message of Arrow is about is packed: its tables are those of FlatBuffers."""
    batch = _member(message, struct.unpack_from("<I", message)[0], 2)
    if kind == "dictionary":
        batch = _member(message, batch, 1)
    return _place(message, batch, _COMPRESSION) != 0


def _member(message: bytes, table: int, field: int) -> int:
    place = table + _place(message, table, field)
    return int(place + struct.unpack_from("<I", message, place)[0])


def _place(message: bytes, table: int, field: int) -> int:
    """Where in a table a field is; 0 where it is not there."""
    fields = table - struct.unpack_from("<i", message, table)[0]
    if 4 + 2 * field >= struct.unpack_from("<H", message, fields)[0]:
        return 0
    return int(struct.unpack_from("<H", message, fields + 4 + 2 * field)[0])


def _unpacked(tables: Iterable[pa.Table], schema: pa.Schema, hold: Callable[[int], None]) -> pa.Table:
    """The tables as one, each text written out."""
    made = []
    for table in tables:
        columns = [_written(column, hold) for column in table.columns]
        made.append(pa.table(columns, names=table.column_names))
    if made:
        return pa.concat_tables(made)
    plain = [one.type.value_type if pa.types.is_dictionary(one.type) else one.type for one in schema]
    return pa.schema(list(zip(schema.names, plain, strict=True))).empty_table()


def _written(column: pa.ChunkedArray, hold: Callable[[int], None]) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(column.type):
        hold(column.nbytes)
        return column
    kind = column.type.value_type
    for part in column.chunks:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            lengths = pc.binary_length(part.dictionary).take(part.indices)
            hold(int(pc.sum(lengths).as_py() or 0) + 8 * len(part))
    return pa.chunked_array([part.dictionary_decode() for part in column.chunks], kind)
