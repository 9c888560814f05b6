"""Erased texts: what a log in SQLite keeps of events whose text was taken away, and how no byte of it is left behind.

To empty a column leaves the old bytes where they lay: in pages that are free now, and in the write-ahead log. So the
file is written anew without them (VACUUM), and the write-ahead log is emptied. Both need a moment in which nobody else
is in the middle of reading or writing; what could not be done is done by whoever opens the log next.
"""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing

from ledger.errors import StoreBusy
from ledger.store.sqlite.connection import BUSY_TIMEOUT_S, LogDatastore, _store_error
from ledger.store.sqlite.log_queries import chunks, marks

_UNSEEN = "FROM erasures WHERE position <= ?1 AND erased_at > ?1"


class ErasedTexts:
    """The erasures of one log. What writes is called within a transaction."""

    def __init__(self, datastore: LogDatastore) -> None:
        self._datastore = datastore

    def erase(self, positions: Sequence[int], *, erased_at: int) -> None:
        """Take the texts of events away, as the EventErased at a position says."""
        rows = [(position,) for position in positions]
        self._datastore.write("INSERT INTO erasures VALUES (?,?)", [(position, erased_at) for position in positions])
        self._datastore.write("UPDATE stored_events SET state = x'', digest = x'' WHERE position = ?", rows)
        self._datastore.write("UPDATE leaves SET salt = NULL WHERE position = ?", rows)

    def between(self, *, after: int, until: int) -> list[tuple[int, int]]:
        """The erased events with after < position <= until, in order, each with the position of its EventErased."""
        query = "SELECT position, erased_at FROM erasures WHERE position > ? AND position <= ? ORDER BY position"
        return [(row[0], row[1]) for row in self._datastore.fetch(query, (after, until))]

    def at(self, positions: Sequence[int]) -> dict[int, int]:
        """Of each of these positions that is erased, the position of its EventErased."""
        found: dict[int, int] = {}
        for chunk in chunks(positions):
            query = f"SELECT position, erased_at FROM erasures WHERE position IN ({marks(chunk)})"
            found.update((row[0], row[1]) for row in self._datastore.fetch(query, chunk))
        return found

    def of(self, erased_at: Collection[int]) -> list[tuple[int, int]]:
        """The same of those that some EventErased stand for."""
        query = "SELECT position, erased_at FROM erasures WHERE erased_at = ?"
        return [(row[0], row[1]) for one in sorted(erased_at) for row in self._datastore.fetch(query, (one,))]

    def unseen(self, position: int, *, limit: int) -> tuple[int, list[tuple[int, int]]]:
        """How many events up to a position were erased behind it; and the first of them."""
        ((count,),) = self._datastore.fetch(f"SELECT COUNT(*) {_UNSEEN}", (position,))
        query = f"SELECT position, erased_at {_UNSEEN} ORDER BY position LIMIT ?2"
        rows = self._datastore.fetch(query, (position, limit)) if count else []
        return count, [(row[0], row[1]) for row in rows]

    def find(
        self, *, after: int, until: int, types: Sequence[str] = (), streams: Sequence[bytes] = (), limit: int = -1
    ) -> list[int]:
        """The positions of erased events with after < position <= until, of these types and streams where any are
        given, in order; of streams also those of the EventErased.
        """
        where, values = ["position > ?", "position <= ?"], [after, until]
        gone = "position IN (SELECT position FROM erasures)"
        if types:
            where.append(f"topic IN ({marks(types)})")
        if streams:
            where.append(f"originator_id IN ({marks(streams)})")
            gone = f"({gone} OR topic = 'EventErased')"
        query = f"SELECT position FROM stored_events WHERE {' AND '.join([*where, gone])} ORDER BY position LIMIT ?"
        if not self.last():
            return []
        return [row[0] for row in self._datastore.fetch(query, (*values, *types, *streams, limit))]

    def last(self) -> int:
        """The position of the last EventErased; 0 where nothing was erased."""
        return int(self._datastore.fetch("SELECT COALESCE(MAX(erased_at), 0) FROM erasures")[0][0])

    @property
    def is_scrubbed(self) -> bool:
        """Whether no byte of an erased text is left."""
        return bool(
            self._datastore.fetch(
                "SELECT COALESCE((SELECT erased_at FROM scrubbed), 0) >= COALESCE(MAX(erased_at), 0) FROM erasures"
            )[0][0]
        )

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
