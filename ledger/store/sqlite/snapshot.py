"""A snapshot: a copy of a file of SQLite as it was at one instant, while others go on writing to it.

A file of SQLite beside which a write-ahead log lies is not whole by itself, so it is never copied as a file. SQLite
copies it page by page, from within one reading transaction: in this mode of the log readers hold no writer up, and
what is written meanwhile is not in the copy.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ledger.store.sqlite.connection import BUSY_TIMEOUT_S, _store_error

PAGES_AT_ONCE = 2048
"""After so many pages (8 MiB) it is said how far the copy is, and an interrupt is heard."""


def copy_database(source: Path, target: Path, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy a database, which must be there, into a new file that is whole by itself.

    `progress` is called with the number of pages that are copied, and of all. Raises StoreError, LedgerDamaged.
    """

    def report(_: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with _said(), closing(_opened(source)) as reading, closing(_opened(target, make=True)) as copy:
        # Without a transaction of its own the copy would begin anew with each change that somebody makes meanwhile.
        reading.execute("BEGIN")
        reading.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        reading.backup(copy, pages=PAGES_AT_ONCE, progress=report)
        reading.execute("COMMIT")
    make_whole(target)


def make_whole(path: Path) -> None:
    """Let a database be one file, with nothing in a write-ahead log beside it. Raises StoreBusy where it is in use."""
    with _said(), closing(_opened(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def nobody_else(path: Path) -> Iterator[None]:
    """Keep everybody else from the database meanwhile. Raises StoreBusy where a process has it open now."""
    with _said(), closing(_opened(path)) as connection:
        # Only who is alone with it can take a database out of this mode.
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


def _opened(path: Path, *, make: bool = False) -> sqlite3.Connection:
    """A connection without a transaction; to a file that is there, unless it is to be made."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if make else 'rw'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _store_error(error) from error
