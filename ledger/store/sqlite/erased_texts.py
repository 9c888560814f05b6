"""Erased texts: how no byte of one is left behind in a file of SQLite.

To empty a column leaves the old bytes where they lay: in pages that are free now, and in the write-ahead log. So the
file is written anew without them (VACUUM), and the write-ahead log is emptied. Both need a moment in which nobody else
is in the middle of reading or writing; what could not be done is done by whoever opens the log next.
"""

import sqlite3
from contextlib import closing

from ledger.errors import StoreBusy
from ledger.store.erasure_rows import ErasureRows
from ledger.store.sqlite.connection import BUSY_TIMEOUT_S, LogDatastore, _store_error


class ErasedTexts(ErasureRows):
    """The erasures of one log in SQLite."""

    def __init__(self, datastore: LogDatastore) -> None:
        super().__init__(datastore)
        self._datastore = datastore

    def scrub(self) -> None:
        """Let no byte of an erased text be left in the file, or beside it. Raises StoreBusy, StoreFull, StoreError."""
        if self._datastore.pool.is_sqlite_memory_mode:
            return
        try:
            # A connection of its own: what is put aside meanwhile goes to the disk, however long the log is.
            with (
                self._datastore.nobody_writing(),
                closing(sqlite3.connect(self._datastore.pool.db_name, isolation_level=None)) as connection,
            ):
                last = self.last()
                connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA secure_delete=ON")
                connection.execute("VACUUM")
                _empty_write_ahead_log(connection)
                connection.execute("INSERT OR REPLACE INTO scrubbed VALUES (1, ?)", (last,))
        except sqlite3.Error as error:
            raise _store_error(error) from error


def _empty_write_ahead_log(connection: sqlite3.Connection) -> None:
    ((is_busy, *_),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if is_busy:
        raise StoreBusy("another process is reading the log, so that its write-ahead log cannot be emptied yet")
