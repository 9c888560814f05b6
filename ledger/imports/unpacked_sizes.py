"""How much rows of Arrow take once every cell is on its own, as Python and JSON have them.

Arrow keeps a text that comes again once, in a dictionary. So a batch of a thousand rows may be small, and the rows in
it large; that is reckoned here from the lengths of the texts and who points to them, without making the rows.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ledger.imports import rows
from ledger.imports.parquet_pages import VALUE_BYTES


def parts_of(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
    """A batch in parts that take no more than one row may, or of one row, each with its size."""
    size = batch.num_rows * VALUE_BYTES + sum(unpacked_bytes(column) for column in batch.columns)
    if size <= rows.ROW_BYTES_MAX or batch.num_rows <= 1:
        yield batch, size
        return
    half = batch.num_rows // 2
    yield from parts_of(batch.slice(0, half))
    yield from parts_of(batch.slice(half))


def unpacked_bytes(values: Any) -> int:
    """What the values of an array take, those inside lists and structures included."""
    kind, types = values.type, pa.types
    beside = len(values) * VALUE_BYTES
    if isinstance(kind, pa.BaseExtensionType):
        return unpacked_bytes(values.storage)
    if types.is_dictionary(kind):
        lengths = _lengths(values.dictionary)
        return beside + (0 if lengths is None else _sum(pc.take(lengths, values.indices)))
    if types.is_struct(kind):
        return beside + sum(unpacked_bytes(part) for part in values.flatten())
    if types.is_fixed_size_list(kind):
        return beside + unpacked_bytes(values.flatten())
    if types.is_map(kind) or types.is_list(kind) or types.is_large_list(kind):
        ends = values.offsets
        start, stop = (ends[0].as_py(), ends[-1].as_py()) if len(values) else (0, 0)
        inside = (
            pa.StructArray.from_arrays([values.keys, values.items], ["k", "v"]) if types.is_map(kind) else values.values
        )
        return beside + unpacked_bytes(inside.slice(start, stop - start))
    lengths = _lengths(values)
    return beside + (0 if lengths is None else _sum(lengths))


def _lengths(texts: Any) -> Any:
    """The lengths of texts in bytes; None for values that all have one size, which is small."""
    kind, types = texts.type, pa.types
    if types.is_fixed_size_binary(kind):
        return pa.array([kind.byte_width] * len(texts), pa.int64())
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return pc.binary_length(texts).cast(pa.int64())
    return None


def _sum(lengths: Any) -> int:
    return int(pc.sum(lengths).as_py() or 0)


def without_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows with every text where it belongs."""
    fields = [field.with_type(_plain(field.type)) for field in batch.schema]
    if fields == list(batch.schema):
        return batch
    # A part of a batch points to lists of the whole, all of which would be unpacked.
    return batch.take(pa.array(range(batch.num_rows), pa.int32())).cast(pa.schema(fields))


def _plain(kind: Any) -> Any:
    """A type without dictionaries in it."""
    types = pa.types
    if types.is_dictionary(kind):
        return kind.value_type
    if types.is_struct(kind):
        return pa.struct([part.with_type(_plain(part.type)) for part in kind])
    if types.is_map(kind):
        return pa.map_(
            kind.key_field.with_type(_plain(kind.key_type)), kind.item_field.with_type(_plain(kind.item_type))
        )
    if types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    if types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain(kind.value_type)))
    return kind
