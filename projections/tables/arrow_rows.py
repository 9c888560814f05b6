"""Rows of the log as Arrow columns of known types, which DuckDB reads without a Python object per cell."""

from binascii import unhexlify
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa

from ledger import VERSION_FIELD, Block, Entry, LedgerDamaged, body_of, encoded
from ledger.events import REGISTRY
from projections.tables.families import FOREVER

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
        ("subject", pa.string()),
        ("corrected", pa.bool_()),
    ]
)


class VersionRow(NamedTuple):
    """What an event says from position `since` until position `until`; the stream is not known to be its figure's."""

    entry: Entry
    since: int
    until: int
    state: bytes
    subject: str | None = None
    """The subject that it names, where the state has the slugs that those in it resolve to."""
    corrected: bool = False
    """Whether a correction made it say what it says."""


def recorded(block: Block) -> pa.RecordBatch:
    """Rows of the log in order, as first versions: each says what it says from its own position on.

    The state of an event whose text was erased is empty: it says nothing.

    Raises LedgerDamaged or ValueError where a row cannot be what this ledger wrote.
    """
    import pyarrow.compute as pc

    positions = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), block.rows), start=block.after)
    types = pa.array(block.topics.split("\n"), pa.string())
    people = pa.array(block.recorded_by.split("\n"), pa.string()).dictionary_encode()
    names = pa.array([unhexlify(one).decode() for one in people.dictionary.to_pylist()], pa.string())
    instants = pa.array(block.recorded_at.split("\n"), pa.string()).cast(pa.int64())
    states = _lines(block.states, block.rows)
    _check(types, states, after=block.after)
    return pa.RecordBatch.from_arrays(
        [
            positions,
            positions,
            pa.repeat(pa.scalar(FOREVER, pa.int64()), block.rows),
            types,
            _uuids(unhexlify(block.event_ids)),
            instants.view(pa.timestamp("us")),
            names.take(people.indices),
            _upcast(types, positions, states),
            _uuids(unhexlify(block.streams)),
            pa.nulls(block.rows, pa.string()),
            pa.repeat(pa.scalar(False), block.rows),
        ],
        schema=SCHEMA,
    )


def versions(later: Iterable[VersionRow]) -> pa.Table:
    """Later versions of events: corrected, reinstated, or resolved through other merges."""
    return pa.table(_columns(list(later), streams_known=False), schema=SCHEMA)


def drafted(entries: Iterable[Entry]) -> pa.Table:
    """Entries that no store holds yet, as the next rows of the log."""
    firsts = [VersionRow(entry, entry.position, FOREVER, entry.state) for entry in entries]
    return pa.table(_columns(firsts, streams_known=True), schema=SCHEMA)


def _columns(listed: Sequence[VersionRow], *, streams_known: bool) -> list[pa.Array]:
    streams = [one.entry.stream_key for one in listed]
    return [
        pa.array([one.entry.position for one in listed], pa.int64()),
        pa.array([one.since for one in listed], pa.int64()),
        pa.array([one.until for one in listed], pa.int64()),
        pa.array([one.entry.type for one in listed], pa.string()),
        _uuids(b"".join(one.entry.event_key for one in listed)),
        pa.array([one.entry.recorded_us for one in listed], pa.int64()).view(pa.timestamp("us")),
        pa.array([one.entry.recorded_by for one in listed], pa.string()),
        pa.array([one.state for one in listed], pa.binary()).cast(pa.string()),
        _uuids(b"".join(streams)) if streams_known else pa.nulls(len(listed), _UUID),
        pa.array([one.subject for one in listed], pa.string()),
        pa.array([one.corrected for one in listed], pa.bool_()),
    ]


def _lines(text: bytes, count: int) -> pa.Array:
    """The lines of a text as strings, of which nobody has looked yet whether they are UTF-8."""
    import pyarrow.compute as pc

    lines = pc.split_pattern(pa.array([text], pa.binary()), "\n").flatten()
    if len(lines) != count:
        raise LedgerDamaged("a stored state holds a newline, which this ledger never writes")
    _, offsets, letters = lines.buffers()
    return pa.StringArray.from_buffers(count, offsets, letters, offset=lines.offset)


def _check(types: pa.Array, states: pa.Array, *, after: int) -> None:
    """Raises LedgerDamaged for a type that is not known, or a state that is no object; what is in it, SQL will say."""
    import pyarrow.compute as pc

    for name in types.unique().to_pylist():
        if name not in REGISTRY:
            position = after + 1 + types.index(name).as_py()
            detail = f"unknown event type {name!r} at position {position}: was it written by a newer version?"
            raise LedgerDamaged(detail, position=position)
    states.validate(full=True)
    objects = pc.or_(pc.starts_with(states, "{"), pc.equal(states, ""))  # of what was erased
    if not pc.all(objects).as_py():
        position = after + 1 + objects.index(False).as_py()
        raise LedgerDamaged(f"the event at position {position} is no JSON object", position=position)


def _upcast(types: pa.Array, positions: pa.Array, states: pa.Array) -> pa.Array:
    """The bodies, those of older versions of their types as the last version would have written them."""
    import pyarrow.compute as pc

    later = [name for name, cls in REGISTRY.items() if cls.version > 1]
    older: dict[int, str] = {}
    for index in pc.indices_nonzero(pc.is_in(types, pa.array(later, pa.string()))).to_pylist():
        cls, state = REGISTRY[types[index].as_py()], states[index].as_py()
        if state and not state.startswith(f'{{"{VERSION_FIELD}":{cls.version},'):
            older[index] = encoded(body_of(cls.__name__, state.encode(), position=positions[index].as_py())).decode()
    if not older:
        return states
    mask = pa.array([index in older for index in range(len(states))], pa.bool_())
    return pc.replace_with_mask(states, mask, pa.array(list(older.values()), pa.string()))


def _uuids(joined: bytes) -> pa.Array:
    count, rest = divmod(len(joined), 16)
    if rest:
        raise LedgerDamaged("an id has not 16 bytes")
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(joined)])
    return pa.ExtensionArray.from_storage(_UUID, storage)
