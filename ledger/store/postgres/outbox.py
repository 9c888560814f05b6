"""What a transaction sends to the database, in as few journeys as it can.

Over a network a question takes as long as the way there and back, however little is asked. So what every append asks of
the head of the log is asked together with the turn; what was written need not be read to be known; and rows wait, and
go together with the commit:

    begin, take the turn, and what every append asks    one journey
    a question that only this append asks               one
    rows, the seal, and the commit                      one

The database carries out in order what comes in one journey, and nothing behind the first that fails. So the error of a
row may be heard with the commit, and then nothing of the transaction is kept.

psycopg's pipeline is used for the commit alone: its last message, after the database has answered, stops the clock of
`idle_in_transaction_session_timeout`, so that within a transaction whoever hangs would keep the turn for ever.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from ledger.store.log_queries import (
    COLUMNS,
    HEAD,
    KEEP_LINK,
    KEEP_TREE,
    LAST_REQUEST,
    RECORDERS,
    SEALED,
    TREE,
    TREE_ROOT,
    marks,
)
from ledger.store.postgres.server_connections import Connection

TURN = (
    b"SELECT pg_advisory_xact_lock(1936748620, 'stored_events'::regclass::oid::bigint::bit(32)::integer)::text, "
    b"pg_current_xact_id()::text"
)
"""Takes the turn; the transaction's number, by which the database knows later what became of it."""
FIRST_NAME = "SELECT id FROM identity ORDER BY number LIMIT 1"
KEEP_EVENT = f"INSERT INTO stored_events ({COLUMNS}) VALUES ({marks(COLUMNS.split(','))})"
AHEAD = (HEAD, TREE, TREE_ROOT, SEALED, LAST_REQUEST, RECORDERS, FIRST_NAME)
"""What every append asks."""
WAITING_MAX = 64
"""So many rows wait at most: with a thousand in one journey, both ends may wait for each other."""
COPIED_AT_ONCE = 500
"""How many rows are sent in one statement."""
COPIED_MIN = 8
"""So many rows are copied; fewer are inserted one by one."""
_BEGINNING = b"; ".join((b"BEGIN", TURN, *(sql.encode() for sql in AHEAD)))
_COMMIT = b"COMMIT"
_PLAIN_INSERT = re.compile(r"INSERT INTO (\w+) (?:\(([\w, ]+)\) )?VALUES \([?,\s]+\)")
_CHANGED = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
Rows = list[tuple[Any, ...]]
_THEREAFTER: dict[str, Callable[[Sequence[Any]], dict[str, Rows]]] = {
    KEEP_EVENT: lambda row: {HEAD: [(row[0],)]},
    KEEP_TREE: lambda row: {TREE: [(row[0], row[1])], TREE_ROOT: [(row[0], row[2])]},
    KEEP_LINK: lambda row: {LAST_REQUEST: [(row[0], row[2])]},
}
"""What the questions of `AHEAD` give after some rows were written, from the last of them."""


@lru_cache(maxsize=1024)
def numbered(statement: str) -> bytes:
    """A statement with `$1`, `$2` in the places of `?`, as PostgreSQL has them."""
    numbers = count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", statement).encode()


@lru_cache(maxsize=64)
def _changed(statement: str) -> re.Pattern[str] | None:
    """The name of the table that a statement changes, as it stands in others; None where that is not known."""
    changed = _CHANGED.match(statement)
    return re.compile(rf"\b{changed[1]}\b") if changed else None


def rows_of(connection: Connection, statement: bytes, values: Sequence[Any] = ()) -> Rows:
    """The rows that a statement gives. Raises psycopg.Error."""
    cursor = connection.execute(statement, values or None, binary=True)
    return cursor.fetchall() if cursor.description is not None else []


class Outbox:
    """What one transaction sends over its connection. Everything here raises psycopg.Error."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[bytes, Sequence[Any]]] = []
        self._tables: set[re.Pattern[str] | None] = set()
        """The names of the tables that they are for; None where that is not known."""
        self._known: dict[str, Rows] = {}
        """What the questions of `AHEAD` give, as far as that is so still."""

    def begin(self) -> str:
        """Begin, and take the turn; the number of the transaction."""
        cursor = self._connection.execute(_BEGINNING, prepare=False)
        cursor.nextset()
        ((_, number),) = cursor.fetchall()
        for sql in AHEAD:
            cursor.nextset()
            self._known[sql] = cursor.fetchall()
        return str(number)

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """The rows that a statement gives."""
        if sql in self._known:
            return self._known[sql]
        if not sql.startswith("SELECT"):
            self._known = {}  # what comes after a savepoint may be undone
            self._flush()
        elif any(table is None or table.search(sql) for table in self._tables):
            self._flush()
        return rows_of(self._connection, numbered(sql), values)

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, now or before whatever comes next."""
        if not rows:
            return
        table = _changed(sql)
        self._known = {one: found for one, found in self._known.items() if table and not table.search(one)}
        if sql in _THEREAFTER:
            self._known |= _THEREAFTER[sql](rows[-1])
        insert = _PLAIN_INSERT.fullmatch(sql) if len(rows) >= COPIED_MIN else None
        if insert is not None:
            self._flush()
            _copied(self._connection, insert, rows)
            return
        statement = numbered(sql)
        self._tables.add(table)
        self._waiting += ((statement, row) for row in rows)
        if len(self._waiting) >= WAITING_MAX:
            self._flush()

    def commit(self) -> None:
        """Send what waits, and commit."""
        if not self._waiting:
            self._connection.execute(_COMMIT, prepare=False)
            return
        with self._connection.pipeline():
            self._flush()
            self._connection.execute(_COMMIT, prepare=False)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._tables = set()
        for statement, row in waiting:
            self._connection.execute(statement, row)


def _copied(connection: Connection, insert: re.Match[str], rows: Sequence[Sequence[Any]]) -> None:
    """Send rows as a table takes them all at once. Their values are of the types of the columns already."""
    columns = f" ({insert[2]})" if insert[2] else ""
    statement = f"COPY {insert[1]}{columns} FROM STDIN (FORMAT BINARY)".encode()
    with connection.cursor() as cursor:
        for start in range(0, len(rows), COPIED_AT_ONCE):
            with cursor.copy(statement) as copy:
                for row in rows[start : start + COPIED_AT_ONCE]:
                    copy.write_row(row)
