"""Parquet files whose bytes follow from their rows, and which are written and read a group of rows at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pyarrow import Schema

GROUP_ROWS = 8_192
"""How many rows a group of a file has at most: so many are in memory at once."""
GROUP_BYTES = 16 << 20
"""About how many bytes of texts a group has at most."""
READ_BYTES_MAX = 16 * GROUP_BYTES
"""How many bytes a group may have that is read: a text may be long, and the last one fills its group."""
Row = TypeVar("Row")
_COMPRESSION = "zstd"
_FEW_VALUES = ("type", "recorded_by")
"""The columns that repeat what they say."""
_ORDERED = ("position", "recorded_at", "number")
"""The columns by which a reader may leave groups out."""


def write_groups(
    rows: Iterable[tuple[Row, int]],
    file: IO[bytes],
    schema: "Schema",
    columns: Callable[[list[Row]], Sequence[Sequence[Any]]],
) -> int:
    """Write rows, each given with about how many bytes it has; how many there are. `columns` makes columns of rows."""
    import pyarrow as pa
    from pyarrow import parquet

    written = 0
    with parquet.ParquetWriter(
        file,
        schema,
        compression=_COMPRESSION,
        use_dictionary=[name for name in schema.names if name in _FEW_VALUES],
        write_statistics=[name for name in schema.names if name in _ORDERED],
    ) as writer:
        for group in _groups(rows):
            arrays = [pa.array(column, type=field.type) for column, field in zip(columns(group), schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema), row_group_size=GROUP_ROWS)
            written += len(group)
    return written


def _groups(rows: Iterable[tuple[Row, int]]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row, row_bytes in rows:
        group.append(row)
        size += row_bytes
        if len(group) == GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def read_groups(file: Any, schema: "Schema") -> Iterator[Any]:
    """The groups of a file as tables of Arrow. Raises ValueError where it is none of ours, or a group is too large."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file, thrift_string_size_limit=1 << 24) as opened:
            if not opened.schema_arrow.remove_metadata().equals(schema):
                raise ValueError("it has other columns than a segment")
            for number in range(opened.num_row_groups):
                group = opened.metadata.row_group(number)
                if group.num_rows > GROUP_ROWS or group.total_byte_size > READ_BYTES_MAX:
                    raise ValueError(f"a group of it has {group.num_rows} rows and {group.total_byte_size} bytes")
                yield opened.read_row_group(number)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"it cannot be read as Parquet: {error}") from error
