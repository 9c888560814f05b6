"""Connections to the log in SQLite, and what happens in one transaction.

Every commit is on disk before it is acknowledged. A thread that writes reads what it wrote, before anybody else can.
"""

import sqlite3
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from types import TracebackType
from typing import Any

from eventsourcing.persistence import ConnectionPoolClosedError, PersistenceError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteDatastore

from ledger.errors import LedgerDamaged, LedgerError, StoreBusy, StoreError, StoreFull
from ledger.store.write_turn import held

BUSY_TIMEOUT_S = 10
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "recursive_triggers=ON",
    "secure_delete=ON",  # what is taken out of a page is not left in it
    "foreign_keys=ON",
    "temp_store=MEMORY",
    f"journal_size_limit={64 * 1024 * 1024}",
)
# Streams and event ids lie anywhere in their indexes, so a connection that writes keeps many pages at hand: with the
# 2 MiB that SQLite takes by default, a large transaction writes the same pages again and again.
# A negative cache_size is in KiB; wal_autocheckpoint is the number of pages (4 KiB each) after which the write-ahead
# log is copied into the file.
BULK_PRAGMAS = (f"cache_size={-128 * 1024}", f"wal_autocheckpoint={100_000}")
# The last one copies, so that no append that comes afterwards has to.
SINGLE_PRAGMAS = (f"cache_size={-64 * 1024}", "wal_autocheckpoint=1000", "wal_checkpoint(PASSIVE)")
LOOKUP_PRAGMA = f"cache_size={-48 * 1024}"
_DAMAGE = ("disk image is malformed", "file is not a database", "Could not decode to UTF-8")
"""What SQLite, and Python for it, say of a file that does not hold what was written."""
_ERRORS = (sqlite3.Error, PersistenceError, ConnectionPoolClosedError)


class LogDatastore(SQLiteDatastore):
    """The eventsourcing library's datastore: a pool of connections to a file, or to an URI of a place in memory.

    One connection is kept for writing, and one thread at a time has it.
    """

    def __init__(self, path: str) -> None:
        self._write_lock = threading.Lock()
        self._writer: SQLiteConnection | None = None
        self._open = _Open()
        self.pool = _Pool(db_name=path, pool_size=8, max_overflow=64)
        self.single_row_tracking = True
        self.originator_id_type = "uuid"

    @property
    def is_writing(self) -> bool:
        """Whether this thread has a transaction open, whose rows nobody else sees and which may be undone."""
        return self._open.cursor is not None

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a statement gives. Raises StoreBusy, StoreError."""
        try:
            if self._open.cursor is not None:
                return self._open.cursor.execute(sql, values).fetchall()
            with self._reading() as cursor:
                return cursor.execute(sql, values).fetchall()
        except _ERRORS as error:
            raise _store_error(error) from error

    def fetch_tuples(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The same as plain tuples, whose columns have no names: of many rows that takes half the time."""
        try:
            if self._open.cursor is not None:
                return list(map(tuple, self._open.cursor.execute(sql, values)))
            with self._reading() as cursor:
                cursor.row_factory = None
                return cursor.execute(sql, values).fetchall()
        except _ERRORS as error:
            raise _store_error(error) from error

    def fetch_with_room(self, sql: str) -> list[Any]:
        """The same of a statement that looks up each row of a table in its indexes, where it lies anywhere."""
        try:
            with self._reading() as cursor:
                ((room,),) = cursor.execute("PRAGMA cache_size").fetchall()
                cursor.execute(f"PRAGMA {LOOKUP_PRAGMA}")
                try:
                    return cursor.execute(sql).fetchall()
                finally:
                    cursor.execute(f"PRAGMA cache_size={room}")
        except _ERRORS as error:
            raise _store_error(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Until the block ends, this thread reads the file as it is now. Raises StoreBusy, StoreError.

        In memory a reader would keep writers out, so that it is read there as it comes.
        """
        if self.is_writing or self._open.snapshot is not None or self.pool.is_sqlite_memory_mode:
            yield
            return
        try:
            with self.get_connection(commit=False) as connection:
                cursor = connection.cursor().sqlite_cursor
                # The snapshot is that of the first row which is read.
                cursor.execute("BEGIN")
                cursor.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
                self._open.snapshot = cursor.connection
                try:
                    yield
                finally:
                    self._open.snapshot = None
                    cursor.execute("ROLLBACK")
                    cursor.close()
        except _ERRORS as error:
            raise _store_error(error) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Cursor]:
        if self._open.snapshot is not None:
            with closing(self._open.snapshot.cursor()) as cursor:
                yield cursor
            return
        with self.get_connection(commit=False) as connection:
            cursor = connection.cursor().sqlite_cursor
            try:
                yield cursor
            finally:
                cursor.close()

    def writing(self, *, keep: bool = True) -> "Transaction":
        """A transaction that holds the write lock of the store from its start, so that what it reads stays true.

        What this thread reads from the log meanwhile, it reads in the transaction. On disk when the block has ended;
        undone where it ends with an exception, or without `keep`. Within another, it is part of that one. Raises
        StoreBusy, StoreFull, StoreError.
        """
        return Transaction(self, keep=keep)

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, in the transaction that is open or in one of its own."""
        if self._open.cursor is None:
            with self.writing() as cursor:
                cursor.executemany(sql, rows)
            return
        try:
            self._open.cursor.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _store_error(error) from error

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Meanwhile the connection for writing is fit for millions of rows.

        The streams and event ids of new rows lie anywhere in their indexes, so that each row changes pages of its own
        there. The more rows a transaction has, and the less often the write-ahead log is copied into the file, the
        fewer pages are written for the same rows.
        """
        self._set(BULK_PRAGMAS)
        try:
            yield
        finally:
            self._set(SINGLE_PRAGMAS)

    @contextmanager
    def nobody_writing(self) -> Iterator[None]:
        """Meanwhile no other thread of this process writes; those that would wait."""
        with self._write_lock:
            yield

    def close(self) -> None:
        """Close every connection."""
        with self._write_lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
                self.pool.put_connection(writer)
        super().close()

    def _set(self, pragmas: Sequence[str]) -> None:
        with self._write_lock:
            connection = self._take_writer()
            for pragma in pragmas:
                connection.cursor().execute(f"PRAGMA {pragma}")
            self._put_back(connection)

    def _take_writer(self) -> SQLiteConnection:
        """The connection for writing; the caller holds the write lock."""
        if self.pool.is_sqlite_memory_mode:
            # There a writer keeps readers out, and the pool knows of both.
            return self.pool.get_connection(is_writer=True)
        if self._writer is None:
            self._writer = self.pool.get_connection()
            self._writer.cursor().execute(f"PRAGMA {SINGLE_PRAGMAS[0]}")
        return self._writer

    def _put_back(self, connection: SQLiteConnection) -> None:
        if connection is not self._writer:
            self.pool.put_connection(connection)


class Transaction:
    """One transaction, see `LogDatastore.writing`; gives a cursor."""

    def __init__(self, datastore: LogDatastore, *, keep: bool) -> None:
        self._datastore = datastore
        self._keep = keep
        self._connection: SQLiteConnection | None = None
        """None where it is part of another."""
        self._turn: Generator[None] | None = None
        """Holds the write lock until it is closed."""

    def __enter__(self) -> sqlite3.Cursor:
        """Begin, unless one is open."""
        datastore = self._datastore
        if datastore._open.cursor is not None:
            return datastore._open.cursor
        self._turn = held(datastore._write_lock)
        try:
            next(self._turn)
            self._connection = datastore._take_writer()
            cursor = self._connection.cursor().sqlite_cursor
            cursor.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._roll_back()  # An interrupt may come after the lock was got.
            self._release()
            if isinstance(error, _ERRORS):
                raise _store_error(error) from error
            raise
        datastore._open.cursor = cursor
        return cursor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or undo."""
        if self._connection is not None:
            datastore = self._datastore
            cursor, datastore._open.cursor = datastore._open.cursor, None
            try:
                if error is None and cursor is not None:
                    cursor.execute("COMMIT" if self._keep else "ROLLBACK")
                    return
            except sqlite3.Error as failed:
                error = failed
            finally:
                self._roll_back()
                self._release()
        if isinstance(error, _ERRORS):
            raise _store_error(error) from error

    def _roll_back(self) -> None:
        """Undo what is open, if anything is."""
        if self._connection is not None and self._connection._sqlite_conn.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.rollback()

    def _release(self) -> None:
        if self._connection is not None:
            self._datastore._put_back(self._connection)
        if self._turn is not None:
            self._turn.close()


class _Open(threading.local):
    """The cursor of the transaction that a thread has open."""

    cursor: sqlite3.Cursor | None = None
    snapshot: sqlite3.Connection | None = None
    """The connection of the snapshot that it reads."""


class _Pool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        # As the library does it, but with room for more than one prepared statement.
        connection = sqlite3.connect(
            self.db_name,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_S,
            cached_statements=128,
        )
        connection.row_factory = sqlite3.Row
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return SQLiteConnection(connection, max_age=self.max_age)


def _store_error(error: Exception) -> LedgerError:
    """What the store says, as the ledger says it."""
    if isinstance(error, ConnectionPoolClosedError):
        return StoreError("the ledger is closed")
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreBusy("another process is writing to the ledger; try again")
    if "full" in text:
        return StoreFull("the disk is full; nothing was recorded")
    if isinstance(error, sqlite3.IntegrityError):
        return StoreError(f"the log refused the rows: {text}")
    if any(words in text for words in _DAMAGE):
        return LedgerDamaged(f"the file of the log cannot be read: {text}")
    return StoreError(text)
