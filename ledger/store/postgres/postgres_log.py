"""The log in PostgreSQL, for many servers at once: every commit is on disk before it is acknowledged.

It is a recorder of the eventsourcing library, with what that leaves out: a gapless position of our own, the time of
recording, the event id as a key, idempotency keys in the same transaction, and triggers that refuse every UPDATE,
DELETE and TRUNCATE, whoever asks. The tables are those of the log in SQLite.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from eventsourcing.postgres import PostgresApplicationRecorder

from ledger.codec.entry import NEXT_VERSION, Entry
from ledger.errors import StoreError
from ledger.store.library_recorder import LibraryRecorder
from ledger.store.log_queries import COLUMNS
from ledger.store.postgres.datastore import LogDatabase, Transaction
from ledger.store.postgres.erased_pages import ErasedPages
from ledger.store.postgres.log_address import LogAddress
from ledger.store.postgres.log_guards import guard_faults
from ledger.store.postgres.log_tables import take_tables
from ledger.store.postgres.outbox import FIRST_NAME, KEEP_EVENT
from ledger.store.protocol import Block
from ledger.store.table_log import TableLog

STATES_BYTES_MAX = 64 * 1024 * 1024


class PostgresLog(TableLog, LibraryRecorder, PostgresApplicationRecorder):
    """A log store: see `ledger.store.protocol.LogStore`. `location` is an address: see `LogAddress`."""

    STATE_HOLDS = "position(? IN state) > 0"
    WITHOUT_STATE = COLUMNS.replace("state", "''::bytea")
    FIRST_NAME = FIRST_NAME

    def __init__(self, location: str) -> None:
        self.datastore: LogDatabase = LogDatabase(LogAddress.parse(location))
        PostgresApplicationRecorder.__init__(self, self.datastore)
        TableLog.__init__(self, self.datastore, ErasedPages(self.datastore))
        try:
            self._identity = take_tables(self.datastore)
        except BaseException:
            self.close()
            raise

    @property
    def identity(self) -> str:
        """A name that no other log has."""
        return self._identity

    def close(self) -> None:
        """End every connection."""
        self.datastore.close()

    def seed(self) -> bytes | None:
        """The secret that all servers on this log make its key of."""
        ((seed,),) = self.datastore.fetch("SELECT seed FROM signing_secret")
        return bytes(seed)

    # Writing

    def writing(self, *, keep: bool = True) -> AbstractContextManager[Transaction]:
        """A transaction of this thread, which has the turn of the log from its start."""
        return self.datastore.writing(keep=keep)

    def bulk(self) -> AbstractContextManager[None]:
        """A time in which millions of rows are written: as any other."""
        return nullcontext()

    def append(self, entries: Sequence[Entry], salts: Sequence[bytes] = ()) -> None:
        """Write entries at the next positions, and let the tree grow."""
        self.check_states(entries)
        with self.writing() as transaction:
            head = self.head()
            if entries[0].position != head + 1:
                raise StoreError(f"the log ends at position {head}, and position {entries[0].position} is not the next")
            versions = self._versions_of(entries)
            rows = [(*entry[:-1], version) for entry, version in zip(entries, versions, strict=True)]
            self.datastore.write(KEEP_EVENT, rows)
            self._tree.add(entries, versions, salts)
            transaction.last = (entries[-1].position, entries[-1].event_key)

    def _versions_of(self, entries: Sequence[Entry]) -> list[int]:
        """The version that each has in its stream: the one that it says, or the next."""
        unnumbered = {entry.stream_key for entry in entries if entry.stream_version == NEXT_VERSION}
        heads = self.stream_heads(list(unnumbered)) if unnumbered else {}
        versions = []
        for entry in entries:
            version = entry.stream_version or heads.get(entry.stream_key, 0) + 1
            heads[entry.stream_key] = max(version, heads.get(entry.stream_key, 0))
            versions.append(version)
        return versions

    def snapshot(self) -> AbstractContextManager[None]:
        """Until the block ends, this thread reads the log as it is now."""
        return self.datastore.snapshot()

    def _sought(self, text: str) -> bytes:
        return f'"{text}"'.encode()

    # Reading

    def blocks(self, *, after: int, until: int, rows_max: int = 20_000) -> Iterator[Block]:
        """The log in blocks, each joined by the database, in one statement."""
        size, until = rows_max, min(until, self.head())
        while after < until:
            ((states,),) = self.datastore.fetch(
                "SELECT COALESCE(SUM(LENGTH(state)), 0)::bigint FROM stored_events "
                "WHERE position > ? AND position <= ?",
                (after, min(after + size, until)),
            )
            if states > STATES_BYTES_MAX and size > 1:
                size //= 2
                continue
            (row,) = self.datastore.fetch(
                "SELECT MAX(position), COUNT(*), "
                "UPPER(encode(string_agg(event_id, ''::bytea), 'hex')), "
                "UPPER(encode(string_agg(originator_id, ''::bytea), 'hex')), "
                "string_agg(topic, E'\\n'), string_agg(recorded_at::text, E'\\n'), "
                "string_agg(UPPER(encode(convert_to(recorded_by, 'UTF8'), 'hex')), E'\\n'), "
                "string_agg(state, '\\x0a'::bytea) "
                f"FROM (SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? "
                "ORDER BY position) AS block",
                (after, min(after + size, until)),
            )
            last, *columns = row
            block = Block(after, *columns)
            if last != after + block.rows:
                raise self.missing(after)
            yield block
            after += block.rows
            size = max(1, min(rows_max, size * STATES_BYTES_MAX // max(1, len(block.states))))

    def durability(self) -> tuple[bool, str]:
        """Whether a commit is on disk before it is acknowledged, as far as the database says."""
        names = ("fsync", "full_page_writes", "synchronous_commit")
        ((*values, version),) = self.datastore.fetch(
            f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}, current_setting('server_version')"
        )
        said = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return "off" not in values, f"{said} (PostgreSQL {version})"

    def damage(self, *, right_tiles: int = 0) -> Iterator[tuple[int | None, str]]:
        """What is wrong with the log beside its entries and leaves, and from which position on."""
        yield from ((None, fault) for fault in guard_faults(self.datastore))
        yield from super().damage(right_tiles=right_tiles)
