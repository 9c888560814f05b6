"""Connections to the log in SQLite, and what happens in one transaction.

Every commit is on disk before it is acknowledged. A thread that writes reads what it wrote, before anybody else can.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import IntegrityError, OperationalError, PersistenceError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteCursor, SQLiteDatastore

from ledger.errors import StoreBusy, StoreError, StoreFull

BUSY_TIMEOUT_S = 10
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "recursive_triggers=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    f"journal_size_limit={64 * 1024 * 1024}",
)
# A cache's size is in KiB where negative; the log is copied into the file after so many pages of 4 KiB.
BULK_PRAGMAS = (f"cache_size={-128 * 1024}", f"wal_autocheckpoint={100_000}")
SINGLE_PRAGMAS = ("cache_size=-2000", "wal_autocheckpoint=1000")


class Transactions(SQLiteDatastore):
    """The library's datastore: a pool of connections to a file, or to a name in memory that is an URI."""

    def __init__(self, path: str) -> None:
        self.pool = _Pool(db_name=path, pool_size=8, max_overflow=64)
        self.single_row_tracking = True
        self.originator_id_type = "uuid"
        self._mine = _Mine()

    @contextmanager
    def reading(self) -> Iterator[SQLiteCursor]:
        """A cursor for statements that read. Raises StoreBusy, StoreError."""
        with _store_errors():
            if self._mine.cursor is not None:
                yield self._mine.cursor
                return
            with self._connection(writes=False) as connection:
                cursor = connection.cursor()
                try:
                    yield cursor
                finally:
                    cursor.sqlite_cursor.close()

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[SQLiteCursor]:
        """A transaction that holds the write lock from its start, so that nothing read in it can go stale.

        What this thread reads from the log meanwhile, it reads in the transaction. On disk when the block has ended;
        undone where it ends with an exception, or without `keep`. Within another, it is part of that one. Raises
        StoreBusy, StoreFull, StoreError.
        """
        with _store_errors():
            if self._mine.cursor is not None:
                yield self._mine.cursor
                return
            with self._connection(writes=True) as connection:
                cursor = connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                self._mine.cursor = cursor
                try:
                    yield cursor
                    cursor.execute("COMMIT" if keep else "ROLLBACK")
                except BaseException:
                    connection.rollback()
                    raise
                finally:
                    self._mine.cursor = None
                    cursor.sqlite_cursor.close()

    @contextmanager
    def undoing(self) -> Iterator[None]:
        """Within a transaction: what the block wrote is undone where it ends with an exception, and that only."""
        with self.writing() as cursor:
            cursor.execute("SAVEPOINT block")
            try:
                yield
            except StoreError:
                raise  # The store itself has failed, and may have undone everything.
            except Exception:
                cursor.execute("ROLLBACK TO block")
                cursor.execute("RELEASE block")
                raise
            cursor.execute("RELEASE block")

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Meanwhile this thread uses one connection, fit for writing millions of rows.

        The streams and event ids of new rows lie anywhere in their indexes, so that each row changes pages of its own
        there. The more rows a transaction has, and the less often the write-ahead log is copied into the file, the
        fewer pages are written for the same rows.
        """
        if self.pool.is_sqlite_memory_mode:
            yield
            return
        with self._connection(writes=None) as connection:
            try:
                for pragma in BULK_PRAGMAS:
                    connection.cursor().execute(f"PRAGMA {pragma}")
                self._mine.connection = connection
                yield
            finally:
                self._mine.connection = None
                for pragma in SINGLE_PRAGMAS:
                    connection.cursor().execute(f"PRAGMA {pragma}")

    @contextmanager
    def _connection(self, *, writes: bool | None) -> Iterator[SQLiteConnection]:
        if self._mine.connection is not None:
            yield self._mine.connection
            return
        connection = self.pool.get_connection(is_writer=writes)
        try:
            yield connection
        finally:
            self.pool.put_connection(connection)


class _Mine(threading.local):
    """What a thread has open."""

    cursor: SQLiteCursor | None = None
    connection: SQLiteConnection | None = None


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
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return SQLiteConnection(connection, max_age=self.max_age)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OperationalError) as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreBusy("another process is writing to the ledger; try again") from error
        if "full" in text:
            raise StoreFull("the disk is full; nothing was recorded") from error
        raise StoreError(text) from error
    except (sqlite3.IntegrityError, IntegrityError) as error:
        raise StoreError(f"the log refused the rows: {error}") from error
    except (sqlite3.Error, PersistenceError) as error:
        raise StoreError(str(error)) from error
