"""Rows of the log as Arrow columns of known types, which DuckDB reads without a Python object per cell."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ledger.events import REGISTRY
from ledger.mapper import StoredEntry, body_of
from projections.schema import FOREVER

_UUID = pa.uuid()
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


def recorded(rows: Sequence[Any]) -> pa.Table:
    """Rows of the log in order, as first versions: each says what it says from its own position on."""
    position, event_id, stream, _, topic, recorded_at, recorded_by, _, state = zip(*rows, strict=True)
    positions = pa.array(position, pa.int64())
    types = pa.array(topic, pa.string())
    return pa.Table.from_arrays(
        [
            positions,
            positions,
            pa.repeat(pa.scalar(FOREVER, pa.int64()), len(positions)),
            types,
            _uuids(event_id),
            _instants(recorded_at),
            pa.array(recorded_by, pa.string()),
            _states(types, position, state),
            _uuids(stream),
        ],
        schema=SCHEMA,
    )


def versions(found: Iterable[Version]) -> pa.Table:
    """Later versions of events: corrected, reinstated, or resolved through other merges."""
    listed = list(found)
    return pa.Table.from_arrays(
        [
            pa.array([one.entry.position for one in listed], pa.int64()),
            pa.array([one.since for one in listed], pa.int64()),
            pa.array([one.until for one in listed], pa.int64()),
            pa.array([one.entry.topic for one in listed], pa.string()),
            _uuids([one.entry.event_id for one in listed]),
            _instants([one.entry.recorded_at for one in listed]),
            pa.array([one.entry.recorded_by for one in listed], pa.string()),
            pa.array([one.state for one in listed], pa.binary()).cast(pa.string()),
            pa.nulls(len(listed), _UUID),
        ],
        schema=SCHEMA,
    )


def as_rows(entries: Iterable[StoredEntry]) -> list[tuple[Any, ...]]:
    """Entries that no store holds yet, as rows of the log."""
    return [
        (
            entry.position,
            entry.event_id,
            entry.originator_id.bytes,  # type: ignore[union-attr]
            entry.originator_version,
            entry.topic,
            entry.recorded_at,
            entry.recorded_by,
            entry.digest,
            entry.state,
        )
        for entry in entries
    ]


def encoded(body: dict[str, Any]) -> bytes:
    """A body as JSON bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _states(types: pa.Array, positions: Sequence[int], states: Sequence[bytes]) -> pa.Array:
    """The bodies as text, those of types with more than one version upcast to the last."""
    later = [name for name, cls in REGISTRY.items() if cls.version > 1]
    if later:
        changed = list(states)
        for index in pc.indices_nonzero(pc.is_in(types, pa.array(later, pa.string()))).to_pylist():
            cls = REGISTRY[types[index].as_py()]
            changed[index] = encoded(body_of(cls, states[index], position=positions[index]))
        states = changed
    return pa.array(states, pa.binary()).cast(pa.string())


def _uuids(values: Sequence[bytes]) -> pa.Array:
    return pa.ExtensionArray.from_storage(_UUID, pa.array(values, pa.binary(16)))


def _instants(microseconds: Sequence[int]) -> pa.Array:
    return pa.array(microseconds, pa.int64()).view(pa.timestamp("us"))
