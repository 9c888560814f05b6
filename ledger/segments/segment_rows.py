"""The rows of a segment: what the log keeps of each event, as the columns of a Parquet file.

Everything is there with the bytes that the log has, so that a log that is made of the rows has the same leaves, and
so the same root. An event whose text was erased has its place, its envelope and its leaf, an empty `state` and
`digest`, no `salt`, and in `erased_at` the position of the EventErased that says so.

The same rows give the same file, byte by byte, with one version of the program that writes Parquet.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged
from ledger.proof.leaves import SALT_BYTES, Leaf, content_hash, leaf_hashes
from ledger.proof.merkle import HASH_BYTES
from ledger.proof.stream_map import ID_BYTES
from ledger.segments.parquet_files import read_groups, write_groups
from ledger.store import LogStore

if TYPE_CHECKING:
    from pyarrow import Schema


class SegmentRow(NamedTuple):
    """An event, its leaf, and the position of its EventErased where its text was erased."""

    entry: Entry
    leaf: Leaf
    erased_at: int | None


def row_schema() -> "Schema":
    """The columns of a segment."""
    import pyarrow as pa

    identifier, hashed = pa.binary(ID_BYTES), pa.binary(HASH_BYTES)
    columns = {
        "position": pa.int64(),
        "event_id": identifier,
        "stream": identifier,
        "version": pa.int64(),
        "type": pa.string(),
        "recorded_at": pa.timestamp("us", tz="UTC"),
        "recorded_by": pa.string(),
        "digest": pa.binary(),
        "state": pa.binary(),
        "salt": pa.binary(SALT_BYTES),
        "content": hashed,
        "leaf": hashed,
        "erased_at": pa.int64(),
    }
    return pa.schema([pa.field(name, kind, name in ("salt", "erased_at")) for name, kind in columns.items()])


def log_rows(log: LogStore, *, after: int, until: int) -> Iterator[SegmentRow]:
    """The rows of a log with after < position <= until, in order, as it is when the first is asked for.

    Raises LedgerDamaged where one is missing, or lacks its leaf, or its text though nobody erased it.
    """
    with log.snapshot():
        erased = dict(log.erased.between(after=after, until=until))
        leaves = log.leaves(after=after, until=until)
        for entry in log.of_other_types((), after=after, until=until):
            after += 1
            leaf = next(leaves, None)
            if entry.position != after or leaf is None or leaf.position != after:
                raise LedgerDamaged(f"the log has no event, or no leaf, at position {after}", position=after)
            if entry.is_erased != (after in erased) or entry.is_erased != (leaf.salt is None):
                raise LedgerDamaged(f"the text of the event at position {after} is gone by half", position=after)
            yield SegmentRow(entry, leaf, erased.get(after))
        if after != until:
            raise LedgerDamaged(f"the log has no event at position {after + 1}", position=after + 1)


def leaf_hashes_of(rows: Sequence[SegmentRow]) -> list[bytes]:
    """The hashes of the leaves of some rows. Raises LedgerDamaged at one that is not what its leaf stands for."""
    entries = [row.entry for row in rows]
    contents = [
        leaf.content if erased_at is not None else content_hash(leaf.salt or b"", entry.digest, entry.state)
        for entry, leaf, erased_at in rows
    ]
    hashes = list(leaf_hashes(entries, [entry.stream_version for entry in entries], contents))
    for (entry, leaf, erased_at), content, hashed in zip(rows, contents, hashes, strict=True):
        is_gone = erased_at is not None
        if (
            leaf.content != content
            or leaf.hash != hashed
            or entry.is_erased != is_gone
            or (leaf.salt is None) != is_gone
        ):
            detail = f"the event at position {entry.position} is not the one that its leaf stands for"
            raise LedgerDamaged(detail, position=entry.position)
    return hashes


def write_rows(
    rows: Iterator[SegmentRow], file: IO[bytes], *, seen: Callable[[list[SegmentRow]], None] | None = None
) -> int:
    """Write rows as a Parquet file; how many there are. `seen` is given each group of them before it is written."""

    def columns(group: list[SegmentRow]) -> Sequence[Sequence[Any]]:
        if seen is not None:
            seen(group)
        return _columns(group)

    return write_groups(((row, len(row.entry.state)) for row in rows), file, row_schema(), columns)


def _columns(rows: list[SegmentRow]) -> Sequence[Sequence[Any]]:
    entries, leaves, erased_at = zip(*rows, strict=True)
    position, event_key, stream, type_name, recorded_us, by, digest, state, version = zip(*entries, strict=True)
    _, salt, content, hashed = zip(*leaves, strict=True)
    return (
        position,
        event_key,
        stream,
        version,
        type_name,
        recorded_us,
        by,
        digest,
        state,
        salt,
        content,
        hashed,
        erased_at,
    )


def read_rows(file: Any) -> Iterator[list[SegmentRow]]:
    """The rows of a Parquet file, group by group. Raises ValueError where it is none, or has other columns."""
    for table in read_groups(file, row_schema()):
        yield _rows_of(table)


def _rows_of(table: Any) -> list[SegmentRow]:
    import pyarrow as pa

    by_name = {name: table.column(name) for name in table.column_names}
    by_name["recorded_at"] = by_name["recorded_at"].cast(pa.int64())
    at = {name: column.to_pylist() for name, column in by_name.items()}
    entries = map(
        Entry,
        at["position"],
        at["event_id"],
        at["stream"],
        at["type"],
        at["recorded_at"],
        at["recorded_by"],
        at["digest"],
        at["state"],
        at["version"],
    )
    leaves = map(Leaf, at["position"], at["salt"], at["content"], at["leaf"])
    return list(map(SegmentRow, entries, leaves, at["erased_at"]))
