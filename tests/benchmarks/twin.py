"""What SQLite alone costs: a table with the columns and indexes of the log, durable in the same way, and nothing else.

Its text is taken from the log itself, without the triggers.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.ours import LOG_TABLE

BATCH_ROWS = 5000


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that is as durable as the log's: each commit is on disk when it returns."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        yield connection


@contextmanager
def reading(log: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads the log."""
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as connection:
        yield connection


def make(log: Path, twin: Path) -> None:
    """Make the empty table beside the log."""
    with reading(log) as source, opened(twin) as target:
        query = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL"
        for (statement,) in source.execute(query + " ORDER BY type DESC", (LOG_TABLE,)):
            target.execute(statement)


def insert_all(log: Path, twin: Path) -> tuple[int, float]:
    """Insert the log's rows, 5,000 a transaction: how many, and the seconds of that without those of reading them."""
    counts, seconds = zip(*insertions(log, twin, rows=BATCH_ROWS), strict=True)
    return sum(counts), sum(seconds)


def insertions(log: Path, twin: Path, *, rows: int) -> Iterator[tuple[int, float]]:
    """Insert the log's rows, so many a transaction: of each how many it had, and its seconds."""
    with reading(log) as source, opened(twin) as target:
        found = source.execute(f"SELECT * FROM {LOG_TABLE} ORDER BY position")
        insert = insertion(len(found.description))
        while found_rows := found.fetchmany(rows):
            started = time.perf_counter()
            target.execute("BEGIN IMMEDIATE")
            target.executemany(insert, found_rows)
            target.execute("COMMIT")
            yield len(found_rows), time.perf_counter() - started


def insert_one(target: sqlite3.Connection, row: Sequence[Any]) -> None:
    """Insert one row in a transaction of its own."""
    target.execute("BEGIN IMMEDIATE")
    target.execute(insertion(len(row)), row)
    target.execute("COMMIT")


def insertion(columns: int) -> str:
    """The text that inserts a row."""
    return f"INSERT INTO {LOG_TABLE} VALUES ({','.join('?' * columns)})"


def row_at(source: sqlite3.Connection, position: int) -> Sequence[Any]:
    """The log's row at a position."""
    found: Sequence[Any] = source.execute(f"SELECT * FROM {LOG_TABLE} WHERE position = ?", (position,)).fetchone()
    return found
