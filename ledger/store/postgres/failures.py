"""What PostgreSQL says, as the ledger says it."""

from typing import Any

import psycopg
from psycopg import errors

from ledger.errors import LedgerDamaged, LedgerError, StoreBusy, StoreError, StoreFull

_BUSY = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.QueryCanceled,
    errors.TooManyConnections,
)
_ENDED = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.IdleSessionTimeout,
)
_UNUSABLE = ("28", "3D", "42", "0A")
"""The classes of what is said where a role, a database or the tables are not what they must be."""


def is_lost(error: psycopg.Error, connection: psycopg.Connection[Any] | None) -> bool:
    """Whether an error says that the connection has ended, or that it could not be had."""
    return isinstance(error, _ENDED) or (
        isinstance(error, psycopg.OperationalError) if connection is None else connection.closed
    )


def store_error(error: psycopg.Error) -> LedgerError:
    """What an error means to whoever uses the log. It holds no password: libpq says none."""
    text = " ".join(str(error).split())
    code = error.sqlstate or ""
    if isinstance(error, _BUSY):
        return StoreBusy(f"the database is busy with others; try again: {text}")
    if isinstance(error, errors.DiskFull):
        return StoreFull("the disk of the database is full; nothing was recorded")
    if isinstance(error, psycopg.IntegrityError | psycopg.DataError):
        return StoreError(f"the log refused the rows: {text}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreError(f"the database takes no writes: is it a standby? {text}")
    if code.startswith("XX"):
        return LedgerDamaged(f"the tables of the log cannot be read: {text}")
    if code[:2] in _UNUSABLE or isinstance(error, psycopg.ProgrammingError):
        return StoreError(f"the database does not let this be done: {text}")
    if isinstance(error, psycopg.OperationalError):
        return StoreBusy(f"the database cannot be reached just now; try again: {text}")
    return StoreError(text)
