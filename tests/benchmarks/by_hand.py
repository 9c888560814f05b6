"""The same facts in SQLite by hand: one table of statements with the indexes that the questions want.

What somebody would write who needs only these questions. Only figures can be asked; other events are kept as text.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.ours import Folded
from tests.benchmarks.truth import connected

BATCH_ROWS = 20_000
TENTHS = 10
SCHEMA = """
CREATE TABLE figures (
    figure INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    metric TEXT NOT NULL,
    material TEXT NOT NULL,
    period TEXT NOT NULL,
    unit TEXT NOT NULL
);
CREATE TABLE statements (
    figure INTEGER NOT NULL,
    published INTEGER NOT NULL,
    position INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    publisher INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    symbol TEXT,
    tenths INTEGER
);
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL UNIQUE,
    type TEXT NOT NULL,
    printed TEXT
);
"""
INDEXES = """
CREATE INDEX figures_of_subject ON figures (subject);
CREATE INDEX statements_of_figure ON statements (figure, published, position);
ANALYZE;
"""
_HEADS = """
    SELECT figure, position, tenths, withdrawn, published,
        ROW_NUMBER() OVER (PARTITION BY figure, publisher ORDER BY published DESC, position DESC) AS place
    FROM statements
    WHERE {figures} AND published <= :at AND since <= :position AND until > :position
"""
_ANSWERS = f"""
    SELECT figure, position, tenths FROM (
        SELECT *, ROW_NUMBER() OVER (PARTITION BY figure ORDER BY published DESC, position DESC) AS answer
        FROM ({_HEADS}) WHERE place = 1 AND NOT withdrawn
    ) WHERE answer = 1
"""
ONE_FIGURE = _ANSWERS.format(figures="figure = :figure")
ONE_SUBJECT = _ANSWERS.format(figures="figure IN (SELECT figure FROM figures WHERE subject = :subject)")
FULL_STATE = f"SELECT COUNT(*), SUM(tenths) FROM ({_ANSWERS.format(figures='TRUE')})"


def build(truth: Path, history: Path, target: Path) -> None:
    """Make the table from the typed ones, and the other columns from the log."""
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, isolation_level=None)) as into, connected() as source:
        source.execute(f"ATTACH '{truth}' AS truth (READ_ONLY)")
        into.execute("PRAGMA journal_mode=OFF")
        into.executescript(SCHEMA)
        _fill(into, "figures", source.execute("SELECT * FROM truth.figures ORDER BY figure"))
        statements = (
            "SELECT figure, EPOCH_US(published), position, since, until, publisher, withdrawn, symbol, "
            f"CAST(value * {TENTHS} AS BIGINT) FROM truth.statements ORDER BY position, since"
        )
        _fill(into, "statements", source.execute(statements))
        # What is not in the table of statements stays as text: the source of each event, and all of the other events.
        events = """
            SELECT
              ROW_NUMBER() OVER () AS position,
              UNHEX(REPLACE(COALESCE(event_id, CAST(UUID() AS VARCHAR)), '-', '')),
              type,
              CAST(CASE WHEN subject IS NULL THEN line ELSE source END AS VARCHAR)
            FROM (
              SELECT
                json AS line,
                JSON_EXTRACT_STRING(json, '$.event_id') AS event_id,
                JSON_EXTRACT_STRING(json, '$.type') AS type,
                JSON_EXTRACT(json, '$.subject') AS subject,
                JSON_EXTRACT(json, '$.source') AS source
              FROM READ_NDJSON_OBJECTS($history)
            )
        """
        _fill(into, "events", source.execute(events, {"history": str(history)}))
        into.executescript(INDEXES)
    partial.rename(target)


def _fill(into: sqlite3.Connection, table: str, found: duckdb.DuckDBPyConnection) -> None:
    into.execute("BEGIN")
    while rows := found.fetchmany(BATCH_ROWS):
        into.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
    into.execute("COMMIT")


class ByHand:
    """The table, to be asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, query: str, **parameters: Any) -> Sequence[Any]:
        """The rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def fold(self, at: int, position: int) -> Folded:
        """The full state, reduced."""
        count, tenths = self.rows(FULL_STATE, at=at, position=position)[0]
        return Folded(count, Decimal(tenths or 0) / TENTHS)


@contextmanager
def opened(path: Path) -> Iterator[ByHand]:
    """The table of a file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield ByHand(connection)
