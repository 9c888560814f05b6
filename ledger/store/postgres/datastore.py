"""Transactions on the log in PostgreSQL, one after the other, and what becomes of one whose connection is lost.

A transaction has the turn to write from its start (an advisory lock of the database, which whoever inserts takes too),
so that what it reads stays true, positions become visible in their order, and none is left out. The turn ends with the
transaction, after its rows can be seen.

Where the connection is lost while a commit is being answered, nobody can say from here what became of it. Then the
turn is taken again, over a new connection: whoever has it knows that the other transaction has ended, and can look
whether its rows are there.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from types import TracebackType
from typing import Any, TypeVar

import psycopg
from eventsourcing.postgres import PostgresDatastore

from ledger.errors import StoreBusy
from ledger.store.postgres.failures import is_lost, store_error
from ledger.store.postgres.log_address import LogAddress
from ledger.store.postgres.outbox import TURN, Outbox, numbered, rows_of
from ledger.store.postgres.server_connections import Connection, ServerConnections
from ledger.store.write_turn import held

LOST_AGAIN = (False, False, True)
"""What nobody has begun yet is tried so often, over connections that are lost; whether that is the last time."""
SETTLED_WITHIN_SECONDS = 30
"""How long it is tried to find out what became of a commit."""
Answer = TypeVar("Answer")


class LogDatabase(PostgresDatastore):
    """The eventsourcing library's datastore, with the connections of this module's neighbour and its transactions.

    One transaction at a time is open in a process; the other threads read meanwhile.
    """

    def __init__(self, address: LogAddress) -> None:
        self.connections = ServerConnections(address)
        self.schema = address.schema
        self.originator_id_type = "uuid"
        self.enable_db_functions = False
        self.single_row_tracking = True
        self.lock_timeout = 0
        self.db_type_names = set()
        self.psycopg_type_adapters = {}
        self.psycopg_python_types = {}
        self._write_lock = threading.Lock()
        self._open = _Open()

    def register_type_adapters(self) -> None:
        """Nothing: the log has no types of its own."""

    def close(self) -> None:
        """End every connection."""
        with suppress(AttributeError):  # The library calls this of one that was never made.
            self.connections.close()

    @property
    def is_writing(self) -> bool:
        """Whether this thread has a transaction open, whose rows nobody else sees and which may be undone."""
        return self._open.transaction is not None

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a statement gives. Raises StoreBusy, StoreError."""
        if self._open.transaction is not None:
            return self._open.transaction.run(lambda outbox: outbox.fetch(sql, values))
        statement = numbered(sql)
        return self._read(lambda connection: rows_of(connection, statement, values))

    def fetch_tuples(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The same."""
        return self.fetch(sql, values)

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, in the transaction that is open or in one of its own."""
        with self.writing():
            if self._open.transaction is not None:
                self._open.transaction.run(lambda outbox: outbox.write(sql, rows))

    def writing(self, *, keep: bool = True) -> "Transaction":
        """A transaction that has the turn to write from its start, so that what it reads stays true.

        What this thread reads from the log meanwhile, it reads in the transaction. On disk when the block has ended;
        undone where it ends with an exception, or without `keep`. Within another, it is part of that one. Raises
        StoreBusy, StoreFull, StoreError.
        """
        return Transaction(self, keep=keep)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Until the block ends, this thread reads the log as it is now. Raises StoreBusy, StoreError."""
        if self._open.transaction is not None or self._open.snapshot is not None:
            yield
            return
        with self.connections.one() as connection:
            try:
                connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)
                connection.execute(b"SELECT 1", prepare=False)  # the snapshot is that of the first statement
            except psycopg.Error as error:
                raise store_error(error) from error
            self._open.snapshot = connection
            try:
                yield
            finally:
                self._open.snapshot = None
                with suppress(psycopg.Error):
                    connection.rollback()

    def outside(self, run: Callable[[Connection], Answer]) -> Answer:
        """What is made of a connection that has no transaction, for what cannot be done in one. It is not repeated."""
        with self.connections.one() as connection:
            try:
                return run(connection)
            except psycopg.Error as error:
                raise store_error(error) from error

    def _read(self, run: Callable[[Connection], Answer]) -> Answer:
        """What a read gives; again over a new connection where the one it had was lost, but for a snapshot."""
        if self._open.snapshot is not None:
            try:
                return run(self._open.snapshot)
            except psycopg.Error as error:
                raise store_error(error) from error
        for is_last in LOST_AGAIN:
            with self.connections.one() as connection:
                try:
                    return run(connection)
                except psycopg.Error as error:
                    if is_last or not is_lost(error, connection):
                        raise store_error(error) from error
            self.connections.let_go()
        raise AssertionError


class Transaction:
    """One transaction, see `LogDatabase.writing`."""

    def __init__(self, database: LogDatabase, *, keep: bool) -> None:
        self._database = database
        self._keep = keep
        self._connection: Connection | None = None
        """None where it is part of another, and before it begins."""
        self._outbox: Outbox | None = None
        self._turn: Generator[None] | None = None
        """Holds the write lock of this process until it is closed."""
        self._number = ""
        self.last: tuple[int, bytes] | None = None
        """The position and the id of the last event that was written."""

    def __enter__(self) -> "Transaction":
        """Begin, unless one is open; the transaction that is open now."""
        database = self._database
        if database._open.transaction is not None:
            return database._open.transaction
        self._turn = held(database._write_lock)
        try:
            next(self._turn)
            self._connection, self._outbox, self._number = _begun(database)
        except BaseException as error:
            self._roll_back()  # An interrupt may come after the lock was got.
            self._release()
            if isinstance(error, psycopg.Error):
                raise store_error(error) from error
            raise
        database._open.transaction = self
        return self

    def run(self, act: Callable[[Outbox], Answer]) -> Answer:
        """What is asked or written within the transaction. Raises StoreBusy, StoreFull, StoreError."""
        if self._outbox is None:
            raise StoreBusy("the transaction has ended")
        try:
            return act(self._outbox)
        except psycopg.Error as error:
            raise self._said(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or undo."""
        if self._connection is None:
            return
        self._database._open.transaction = None
        try:
            if error is None and self._keep and self._outbox is not None:
                self._commit(self._connection, self._outbox)
        finally:
            self._roll_back()
            self._release()

    def _commit(self, connection: Connection, outbox: Outbox) -> None:
        try:
            outbox.commit()
        except psycopg.Error as failed:
            if is_lost(failed, connection) and self._was_kept():
                return
            raise self._said(failed) from failed

    def _said(self, error: psycopg.Error) -> Exception:
        if is_lost(error, self._connection):
            return StoreBusy("the connection to the database was lost, and nothing was recorded; try again")
        return store_error(error)

    def _was_kept(self) -> bool:
        """Whether the transaction, whose commit has no answer, is kept. Raises StoreBusy where that stays unknown."""
        end = monotonic() + SETTLED_WITHIN_SECONDS
        while True:
            self._database.connections.let_go()
            try:
                return self._is_there()
            except (StoreBusy, psycopg.Error) as error:
                if monotonic() > end:
                    raise StoreBusy(
                        "the connection to the database was lost in the middle of a commit, and it is not known yet "
                        "whether this was recorded; send it again with the same idempotency key or event_id, and it "
                        "is not recorded twice"
                    ) from error
                sleep(0.2)

    def _is_there(self) -> bool:
        """Whether the rows are there, once nobody can be writing them any more."""
        with self._database.connections.one() as connection:
            try:
                connection.execute(b"BEGIN", prepare=False)
                rows_of(connection, TURN)
                if self.last is not None:
                    where = b"SELECT 1 FROM stored_events WHERE position = $1 AND event_id = $2"
                    return bool(rows_of(connection, where, self.last))
                ((status,),) = rows_of(connection, b"SELECT pg_xact_status($1::text::xid8)", (self._number,))
                return bool(status == "committed")
            finally:
                with suppress(psycopg.Error):
                    connection.rollback()

    def _roll_back(self) -> None:
        """Undo what is open, if anything is."""
        connection = self._connection
        if connection is not None and not connection.closed:
            with suppress(psycopg.Error):
                if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                    connection.rollback()

    def _release(self) -> None:
        if self._connection is not None:
            self._database.connections.put_back(self._connection)
        if self._turn is not None:
            self._turn.close()


class _Open(threading.local):
    """The transaction that a thread has open."""

    transaction: Transaction | None = None
    snapshot: Connection | None = None
    """The connection of the snapshot that it reads."""


def _begun(database: LogDatabase) -> tuple[Connection, Outbox, str]:
    """A connection in a transaction that has the turn, what is sent over it, and the transaction's number; a new
    connection where the one that waited for somebody to need it has ended.
    """
    for is_last in LOST_AGAIN:
        connection = database.connections.take()
        try:
            outbox = Outbox(connection)
            return connection, outbox, outbox.begin()
        except BaseException as error:
            with suppress(psycopg.Error):
                connection.rollback()
            database.connections.put_back(connection)
            if is_last or not isinstance(error, psycopg.Error) or not is_lost(error, connection):
                raise
        database.connections.let_go()
    raise AssertionError
