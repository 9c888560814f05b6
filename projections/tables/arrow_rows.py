"""Rows of the log as Arrow columns of known types, which DuckDB reads without a Python object per cell."""

import json
from binascii import unhexlify
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ledger.codec.stored_json import VERSION_FIELD, StoredEntry, body_of
from ledger.errors import LedgerDamaged
from ledger.events import REGISTRY
from ledger.store.sqlite.log import Packed
from projections.tables.families import FOREVER

_UUID = pa.uuid()
_NEWLINE = ord("\n")
SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("since", pa.int64()),
        ("until", pa.int64()),
        ("type", pa.string()),
        ("event_id", _UUID),
        ("recorded_at", pa.timestamp("us")),
        ("recorded_by", pa.string()),
        ("state", pa.string()),
        ("stream", _UUID),
    ]
)


class Version(NamedTuple):
    """What an event says from position `since` until position `until`; the stream is not known to be its figure's."""

    entry: StoredEntry
    since: int
    until: int
    state: bytes


def recorded(packed: Packed) -> pa.RecordBatch:
    """Rows of the log in order, as first versions: each says what it says from its own position on."""
    positions = pa.array(np.arange(packed.after + 1, packed.after + packed.rows + 1))
    types = pa.array(packed.topics.split("\n"), pa.string())
    people = pa.array(packed.recorded_by.split("\n"), pa.string()).dictionary_encode()
    names = pa.array([unhexlify(one).decode() for one in people.dictionary.to_pylist()], pa.string())
    instants = pa.array(packed.recorded_at.split("\n"), pa.string()).cast(pa.int64())
    return pa.RecordBatch.from_arrays(
        [
            positions,
            positions,
            pa.repeat(pa.scalar(FOREVER, pa.int64()), packed.rows),
            types,
            _uuids(unhexlify(packed.event_ids)),
            instants.view(pa.timestamp("us")),
            names.take(people.indices),
            _upcast(types, positions, _lines(packed.states, packed.rows)),
            _uuids(unhexlify(packed.streams)),
        ],
        schema=SCHEMA,
    )


def versions(later: Iterable[Version]) -> pa.Table:
    """Later versions of events: corrected, reinstated, or resolved through other merges."""
    return pa.table(_columns(list(later), streams_known=False), schema=SCHEMA)


def drafted(entries: Iterable[StoredEntry]) -> pa.Table:
    """Entries that no store holds yet, as the next rows of the log."""
    firsts = [Version(entry, entry.position, FOREVER, entry.state) for entry in entries]
    return pa.table(_columns(firsts, streams_known=True), schema=SCHEMA)


def encoded(body: dict[str, Any]) -> bytes:
    """A body as JSON bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _columns(listed: Sequence[Version], *, streams_known: bool) -> list[pa.Array]:
    streams = [one.entry.originator_id.bytes for one in listed]  # type: ignore[union-attr]
    return [
        pa.array([one.entry.position for one in listed], pa.int64()),
        pa.array([one.since for one in listed], pa.int64()),
        pa.array([one.until for one in listed], pa.int64()),
        pa.array([one.entry.topic for one in listed], pa.string()),
        _uuids(b"".join(one.entry.event_id for one in listed)),
        pa.array([one.entry.recorded_at for one in listed], pa.int64()).view(pa.timestamp("us")),
        pa.array([one.entry.recorded_by for one in listed], pa.string()),
        pa.array([one.state for one in listed], pa.binary()).cast(pa.string()),
        _uuids(b"".join(streams)) if streams_known else pa.nulls(len(listed), _UUID),
    ]


def _lines(text: bytes, count: int) -> pa.Array:
    """The lines of a text as strings over the same bytes, their newlines behind them, which JSON may have."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _NEWLINE) + 1
    starts = np.concatenate(([0], ends, [len(text)])).astype(np.int32)
    if len(starts) != count + 1:
        raise LedgerDamaged("a stored state holds a newline, which this ledger never writes")
    return pa.StringArray.from_buffers(count, pa.py_buffer(starts), pa.py_buffer(text))


def _upcast(types: pa.Array, positions: pa.Array, states: pa.Array) -> pa.Array:
    """The bodies, those of older versions of their types as the last version would have written them."""
    later = [name for name, cls in REGISTRY.items() if cls.version > 1]
    older: dict[int, str] = {}
    for index in pc.indices_nonzero(pc.is_in(types, pa.array(later, pa.string()))).to_pylist():
        cls, state = REGISTRY[types[index].as_py()], states[index].as_py()
        if not state.startswith(f'{{"{VERSION_FIELD}":{cls.version},'):
            older[index] = encoded(body_of(cls, state.encode(), position=positions[index].as_py())).decode()
    if not older:
        return states
    mask = np.zeros(len(states), dtype=bool)
    mask[list(older)] = True
    return pc.replace_with_mask(states, pa.array(mask), pa.array(list(older.values()), pa.string()))


def _uuids(joined: bytes) -> pa.Array:
    count = len(joined) // 16
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(joined)])
    return pa.ExtensionArray.from_storage(_UUID, storage)
