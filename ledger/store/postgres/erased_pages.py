"""Erased texts: how no byte of one is left behind in the tables of a log in PostgreSQL.

An UPDATE leaves the row that was there in its page, until the space is used again. So the tables are written anew
without it (VACUUM FULL), which only their owner can, and which needs a moment in which nobody else reads them. What is
not in the tables is not the log's to clean: the write-ahead log of the database until its files are used again, its
archive, standbys and backups.
"""

from ledger.errors import StoreError
from ledger.store.erasure_rows import SCRUBBED, ErasureRows
from ledger.store.postgres.datastore import LogDatabase
from ledger.store.postgres.server_connections import Connection

_HOLDING_TEXTS = ("stored_events", "leaves", "requests")


class ErasedPages(ErasureRows):
    """The erasures of one log in PostgreSQL."""

    def __init__(self, database: LogDatabase) -> None:
        super().__init__(database)
        self._log = database

    def scrub(self) -> None:
        """Let no byte of an erased text be left in the tables. Raises StoreBusy, StoreFull, StoreError."""
        last = self.last()
        self._log.outside(_written_anew)
        self._log.write(SCRUBBED, [(last,)])


def _written_anew(connection: Connection) -> None:
    owns = b"SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'stored_events'::regclass"
    if connection.execute(owns).fetchone() != (True,):
        raise StoreError(
            "only the owner of the tables can write them anew without what was erased: run `supply-ledger doctor` as "
            "that role"
        )
    for table in _HOLDING_TEXTS:
        connection.execute(f"VACUUM (FULL) {table}".encode())
