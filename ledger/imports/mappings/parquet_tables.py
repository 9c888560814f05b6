"""Parquet as a table of texts, so that a mapping reads it like any other: decimals exact, days as days, null as empty.

A timestamp without a time zone is a day where it is midnight, as programs write days in such columns. What is nested
comes as JSON.
"""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from ledger.imports.import_limits import FILE_COLUMNS_MAX, ImportLimits
from ledger.imports.mappings.table_mapping import MappingError
from ledger.imports.parquet import Cell, CellFault, batch_cells, cell_of, parquet_pieces
from ledger.imports.rows import Piece
from ledger.values.identifiers import EPOCH

ParquetRow = tuple[int, list[str], str | None, dict[int, str]]
"""A row's number, its cells, why it has none, and why some of them are empty."""
_TICKS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def parquet_table(file: BinaryIO, *, floats: bool, limits: ImportLimits) -> tuple[list[str], Iterator[ParquetRow]]:
    """The names of the columns, and the rows. Raises MappingError where the file is no Parquet, or holds too much."""
    pieces = parquet_pieces(file, limits)
    first = next(pieces, None)
    if first is None:
        raise MappingError("the table has no rows")
    stream, fault = first.raw
    if not stream:
        raise MappingError(f"the Parquet file cannot be read: {fault[1]}")
    columns = pa.ipc.open_stream(stream).schema.names
    if len(columns) > FILE_COLUMNS_MAX:
        raise MappingError(f"the table has {len(columns)} columns, and at most {FILE_COLUMNS_MAX} are read")
    return columns, _rows(columns, first, pieces, floats=floats)


def _rows(columns: list[str], first: Piece, rest: Iterator[Piece], *, floats: bool) -> Iterator[ParquetRow]:
    places = {name: place for place, name in enumerate(columns)}
    for piece in _chained(first, rest):
        stream, fault = piece.raw
        number = piece.first
        for batch in pa.ipc.open_stream(stream) if stream else ():
            for cells in batch_cells(batch, floats=floats, cells_of=_table_cell):
                texts, faults = [""] * len(columns), {}
                for name, value in cells:
                    if type(value) is CellFault:
                        faults[places[name]] = value.detail
                    else:
                        texts[places[name]] = _text(value)
                yield number, texts, None, faults
                number += 1
        if fault is not None:
            yield number, [], fault[1], {}


def _chained(first: Piece, rest: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from rest


def _table_cell(kind: Any, floats: bool) -> Cell:
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return _naive_of(kind)
    return cell_of(kind, floats)


def _naive_of(kind: Any) -> Cell:
    per_day = _TICKS_PER_DAY[kind.unit]

    def text(ticks: int) -> str:
        days, left = divmod(ticks, per_day)
        at = EPOCH + timedelta(days=days, microseconds=left * 86_400_000_000 // per_day)
        return at.date().isoformat() if not left else at.astimezone(UTC).replace(tzinfo=None).isoformat()

    return text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else orjson.dumps(value).decode()
