"""A small file of SQLite for what lies beside the log: each change is on disk, whole, before anybody is told of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import LedgerDamaged, StoreBusy, StoreError, StoreFull

WAIT_S = 10


class SmallDatabase:
    """A file with tables, made where it is absent. Every use opens it anew, so that any number of processes may."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start. Raises StoreError, LedgerDamaged."""
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema.split(";"):
                connection.execute(statement)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """The same for reading; None where there is no file yet."""
        if not self.path.exists():
            yield None
            return
        with self._opened() as connection:
            if connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone() == (0,):
                yield None  # it was made a moment ago, and nothing is in it yet
            else:
                yield connection

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = None
        try:
            connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None)
            connection.execute("PRAGMA synchronous=EXTRA")
            yield connection
        except sqlite3.Error as error:
            raise self._said(error) from error
        finally:
            if connection is not None:
                connection.close()  # what is not committed by now is undone

    def _said(self, error: sqlite3.Error) -> StoreError | LedgerDamaged:
        text = str(error)
        if "locked" in text or "busy" in text:
            return StoreBusy(f"another process is writing to {self.path}; try again")
        if "full" in text:
            return StoreFull(f"the disk is full: nothing was written to {self.path}")
        if "malformed" in text or "not a database" in text:
            return LedgerDamaged(f"{self.path} cannot be read: {text}")
        return StoreError(f"{self.path}: {text}")
