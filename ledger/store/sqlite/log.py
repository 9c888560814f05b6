"""The log in SQLite: one file, write-ahead log, every commit on disk before it is acknowledged.

It is a recorder of the eventsourcing library, with what that leaves out: a gapless position of our own, the time of
recording, the event id as a key, idempotency keys in the same transaction, `synchronous=FULL`, and triggers that
refuse every UPDATE, DELETE and replacing INSERT, whoever asks. So whatever reads a log of that library reads this one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from uuid import uuid4

from eventsourcing.sqlite import SQLiteApplicationRecorder

from ledger.codec.entry import Entry
from ledger.errors import StoreError
from ledger.store.library_recorder import LibraryRecorder
from ledger.store.log_queries import COLUMNS
from ledger.store.protocol import Block
from ledger.store.sqlite.connection import LogDatastore, Transaction
from ledger.store.sqlite.erased_texts import ErasedTexts
from ledger.store.sqlite.log_form import name_anew, name_of, take_form
from ledger.store.table_log import TableLog

_SYNCHRONOUS = {0: "off", 1: "normal", 2: "full", 3: "extra"}
TEXT_BYTES_MAX = 64 * 1024 * 1024
_INSERT = (
    f"INSERT INTO stored_events ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, COALESCE(NULLIF(?9, 0), "
    "(SELECT COALESCE(MAX(originator_version), 0) + 1 FROM stored_events WHERE originator_id = ?3)))"
)


class SQLiteLog(TableLog, LibraryRecorder, SQLiteApplicationRecorder):
    """A log store: see `ledger.store.protocol.LogStore`. `location` is a file, or `:memory:`."""

    STATE_HOLDS = "instr(CAST(state AS TEXT), ?) > 0"
    WITHOUT_STATE = COLUMNS.replace("state", "x''")
    FIRST_NAME = "SELECT id FROM identity ORDER BY rowid LIMIT 1"

    def __init__(self, location: str) -> None:
        path = f"file:{uuid4().hex}?mode=memory&cache=shared" if location == ":memory:" else location
        self.datastore: LogDatastore = LogDatastore(path)
        SQLiteApplicationRecorder.__init__(self, self.datastore)
        TableLog.__init__(self, self.datastore, ErasedTexts(self.datastore))
        with self.datastore.writing() as cursor:
            take_form(cursor)
            self._identity = name_of(cursor)

    @property
    def identity(self) -> str:
        """A name that no other log has."""
        return self._identity

    def begin_anew(self) -> None:
        """Become another log, with a name of its own: what is recorded from now on is the first that is its own."""
        with self.writing() as cursor:
            self._identity = name_anew(cursor)
            self.note_recorder(self._identity, first=self.head() + 1)

    def seed(self) -> bytes | None:
        """None: the key lies beside the file."""
        return None

    def close(self) -> None:
        """Close every connection."""
        self.datastore.close()

    # Writing

    def writing(self, *, keep: bool = True) -> AbstractContextManager[sqlite3.Cursor]:
        """A transaction of this thread, which holds the write lock of the file from its start."""
        return Transaction(self.datastore, keep=keep)

    def bulk(self) -> AbstractContextManager[None]:
        """A time in which millions of rows are written."""
        return self.datastore.bulk()

    def append(self, entries: Sequence[Entry], salts: Sequence[bytes] = ()) -> None:
        """Write entries at the next positions, and let the tree grow."""
        self.check_states(entries)
        with self.writing():
            self.datastore.write(_INSERT, entries)
            self._tree.add(entries, self._versions_after(entries[0].position - 1), salts)

    def _versions_after(self, position: int) -> list[str]:
        """The versions of what was written after a position; one text is quicker than a row for each."""
        ((versions,),) = self.datastore.fetch(
            "SELECT group_concat(version) FROM (SELECT originator_version AS version FROM stored_events "
            "WHERE position > ? ORDER BY position LIMIT -1)",
            (position,),
        )
        return str(versions).split(",")

    def snapshot(self) -> AbstractContextManager[None]:
        """Until the block ends, this thread reads the file as it is now; memory, as it comes."""
        return self.datastore.snapshot()

    def _sought(self, text: str) -> str:
        return f'"{text}"'

    def durability(self) -> tuple[bool, str]:
        """Whether a commit is on disk before it is acknowledged, as a connection says that is like all others."""
        ((journal_mode,),) = self.datastore.fetch("PRAGMA journal_mode")
        ((synchronous,),) = self.datastore.fetch("PRAGMA synchronous")
        said = f"journal_mode={journal_mode}, synchronous={_SYNCHRONOUS.get(synchronous, str(synchronous))}"
        return said == "journal_mode=wal, synchronous=full", said

    def damage(self, *, right_tiles: int = 0) -> Iterator[tuple[int | None, str]]:
        """What is wrong with the log beside its entries and leaves, and from which position on."""
        for row in self.datastore.fetch_with_room("PRAGMA integrity_check(10)"):
            if row[0] != "ok":
                yield None, f"the file is damaged: {row[0]}"
        yield from super().damage(right_tiles=right_tiles)

    # Reading

    def blocks(self, *, after: int, until: int, rows_max: int = 20_000) -> Iterator[Block]:
        """The log in blocks. SQLite joins the rows by itself: twice as quick, and other threads run meanwhile."""
        size, until = rows_max, min(until, self.head())
        while after < until:
            try:
                # The limit keeps SQLite from dropping the subquery's order.
                (row,) = self.datastore.fetch(
                    "SELECT MAX(position), COUNT(*), "
                    "group_concat(hex(event_id), ''), group_concat(hex(originator_id), ''), "
                    "group_concat(topic, char(10)), group_concat(recorded_at, char(10)), "
                    "group_concat(hex(recorded_by), char(10)), "
                    "CAST(group_concat(CAST(state AS TEXT), char(10)) AS BLOB) "
                    f"FROM (SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? "
                    "ORDER BY position LIMIT ?)",
                    (after, until, size),
                )
                last, *columns = row
                block = Block(after, *columns)
            except StoreError as error:
                if size == 1 or "too big" not in str(error):
                    raise
                size //= 2
                continue
            if last != after + block.rows:
                raise self.missing(after)
            yield block
            after += block.rows
            size = max(1, min(rows_max, size * TEXT_BYTES_MAX // max(1, len(block.states))))
