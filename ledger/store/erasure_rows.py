"""Erased texts: what a log in tables keeps of events whose text was taken away.

To empty a column leaves the old bytes where they lay. That no byte of them is left is another step, which every
database has its own way for: see `ledger.store.protocol.ErasedEntries.scrub`.
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence

from ledger.store.log_queries import NO_LIMIT, chunks, marks
from ledger.store.table_database import TableDatabase

_UNSEEN = "FROM erasures WHERE position <= ? AND erased_at > ?"
SCRUBBED = (
    "INSERT INTO scrubbed VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET erased_at = excluded.erased_at "
    "WHERE scrubbed.erased_at < excluded.erased_at"
)
"""Notes up to which EventErased no byte is left."""


class ErasureRows:
    """The erasures of one log. What writes is called within a transaction."""

    def __init__(self, database: TableDatabase) -> None:
        self._database = database

    def erase(self, positions: Sequence[int], *, erased_at: int) -> None:
        """Take the texts of events away, as the EventErased at a position says."""
        self._database.write("INSERT INTO erasures VALUES (?,?)", [(position, erased_at) for position in positions])
        self._database.write(
            "UPDATE stored_events SET state = ?, digest = ? WHERE position = ?",
            [(b"", b"", position) for position in positions],
        )
        self._database.write(
            "UPDATE leaves SET salt = NULL WHERE position = ?", [(position,) for position in positions]
        )

    def between(self, *, after: int, until: int) -> list[tuple[int, int]]:
        """The erased events with after < position <= until, in order, each with the position of its EventErased."""
        query = "SELECT position, erased_at FROM erasures WHERE position > ? AND position <= ? ORDER BY position"
        return [(row[0], row[1]) for row in self._database.fetch(query, (after, until))]

    def at(self, positions: Sequence[int]) -> dict[int, int]:
        """Of each of these positions that is erased, the position of its EventErased."""
        found: dict[int, int] = {}
        for chunk in chunks(positions):
            query = f"SELECT position, erased_at FROM erasures WHERE position IN ({marks(chunk)})"
            found.update((row[0], row[1]) for row in self._database.fetch(query, chunk))
        return found

    def of(self, erased_at: Collection[int]) -> list[tuple[int, int]]:
        """The same of those that some EventErased stand for."""
        query = "SELECT position, erased_at FROM erasures WHERE erased_at = ?"
        return [(row[0], row[1]) for one in sorted(erased_at) for row in self._database.fetch(query, (one,))]

    def unseen(self, position: int, *, limit: int) -> tuple[int, list[tuple[int, int]]]:
        """How many events up to a position were erased behind it; and the first of them."""
        ((count,),) = self._database.fetch(f"SELECT COUNT(*) {_UNSEEN}", (position, position))
        query = f"SELECT position, erased_at {_UNSEEN} ORDER BY position LIMIT ?"
        rows = self._database.fetch(query, (position, position, limit)) if count else []
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
        rows = self._database.fetch(query, (*values, *types, *streams, NO_LIMIT if limit < 0 else limit))
        return [row[0] for row in rows]

    @abstractmethod
    def scrub(self) -> None:
        """Let no byte of an erased text be left where the log lies."""

    def last(self) -> int:
        """The position of the last EventErased; 0 where nothing was erased."""
        return int(self._database.fetch("SELECT COALESCE(MAX(erased_at), 0) FROM erasures")[0][0])

    @property
    def is_scrubbed(self) -> bool:
        """Whether no byte of an erased text is left."""
        return bool(
            self._database.fetch(
                "SELECT COALESCE((SELECT erased_at FROM scrubbed), 0) >= COALESCE(MAX(erased_at), 0) FROM erasures"
            )[0][0]
        )
