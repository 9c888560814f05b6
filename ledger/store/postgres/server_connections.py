"""Connections to the database: made when they are needed, kept for the next who needs one, at most so many.

A database that was started anew has ended them all. Whoever finds that out lets go of those that wait, so that the next
is a new one; nobody has to start this program anew.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8BinaryDumper

from ledger.errors import StoreBusy, StoreError
from ledger.store.postgres.failures import store_error
from ledger.store.postgres.log_address import LogAddress

CONNECTIONS_MAX = 12
WAIT_SECONDS = 10
LOCK_SECONDS = 10
"""How long a statement waits for what another holds; then StoreBusy."""
CONNECTION_SETTINGS = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    # Whether a statement is slow depends on how long the log is. What a client may take is bounded above the store.
    "statement_timeout": "0",
    # A transaction whose client is gone ends, so that the others can write.
    "idle_in_transaction_session_timeout": "300s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # Within a turn each statement sees what was committed before it.
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "client_min_messages": "warning",
    "standard_conforming_strings": "on",
    # A plan is kept as long as its connection. One that was made while the tables were small would read them whole.
    "enable_seqscan": "off",
    "jit": "off",
}
"""What each connection has, whatever the role or the database has by default."""

Connection = psycopg.Connection[tuple[Any, ...]]


def _adapters() -> AdaptersMap:
    """How values are sent: every whole number in 8 bytes, so that a statement is prepared once."""
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(int, Int8BinaryDumper)
    return adapters


_ADAPTERS = _adapters()


class ServerConnections:
    """The connections of one process to the database of a log."""

    def __init__(self, address: LogAddress) -> None:
        self._address = address
        self._free = threading.Condition()
        self._idle: list[Connection] = []
        self._count = 0
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection, without a transaction. Raises StoreBusy, StoreError."""
        connection = self.take()
        try:
            yield connection
        finally:
            self.put_back(connection)

    def take(self) -> Connection:
        """A connection, which the caller puts back. Raises StoreBusy, StoreError."""
        end = monotonic() + WAIT_SECONDS
        with self._free:
            while True:
                if self._closed:
                    raise StoreError("the ledger is closed")
                if self._idle:
                    return self._idle.pop()
                if self._count < CONNECTIONS_MAX:
                    self._count += 1
                    break
                if not self._free.wait(end - monotonic()):
                    raise StoreBusy("every connection to the database is in use; try again")
        try:
            return self._connected()
        except BaseException:
            self._one_fewer()
            raise

    def put_back(self, connection: Connection) -> None:
        """Keep a connection for the next who needs one, unless it has ended, or is in the middle of something."""
        status = psycopg.pq.TransactionStatus.UNKNOWN if connection.closed else connection.info.transaction_status
        with self._free:
            if status is psycopg.pq.TransactionStatus.IDLE and not self._closed:
                self._idle.append(connection)
                self._free.notify()
                return
        _end(connection)
        self._one_fewer()

    def let_go(self) -> None:
        """End the connections that wait: one has ended, and so may they have."""
        with self._free:
            idle, self._idle = self._idle, []
        for connection in idle:
            _end(connection)
            self._one_fewer()

    def close(self) -> None:
        """End every connection; those in use when they are put back."""
        with self._free:
            self._closed = True
            self._free.notify_all()
        self.let_go()

    def _one_fewer(self) -> None:
        with self._free:
            self._count -= 1
            self._free.notify()

    def _connected(self) -> Connection:
        try:
            connection = Connection.connect(
                **self._address.connection,  # type: ignore[arg-type]
                client_encoding="utf8",
                autocommit=True,
                cursor_factory=psycopg.RawCursor,
                context=_Context(),
            )
        except psycopg.Error as error:
            raise store_error(error) from error
        try:
            connection.execute(self._settings(), prepare=False)
        except psycopg.Error as error:
            _end(connection)
            raise store_error(error) from error
        except BaseException:
            _end(connection)
            raise
        return connection

    def _settings(self) -> bytes:
        """The statement that sets what a connection has."""
        settings = {
            **CONNECTION_SETTINGS,
            "search_path": f"{sql.Identifier(self._address.schema).as_string(None)}, pg_temp",
        }
        sets = [f"set_config({sql.quote(name)}, {sql.quote(value)}, false)" for name, value in settings.items()]
        # A commit is on disk before it is answered; where more than that is asked for (a standby's disk), so much.
        sets.append(
            "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
            "ELSE current_setting('synchronous_commit') END, false)"
        )
        return f"SELECT {', '.join(sets)}".encode()


class _Context:
    """How the values of every connection are sent."""

    adapters = _ADAPTERS
    connection = None


def _end(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()
