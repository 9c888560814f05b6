"""What PostgreSQL says, as the ledger says it."""

import re
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
_REFUSED = re.compile(
    r'FATAL: +(?:(?:role|database) ".*" (?:does not exist|is not permitted)|password authentication|permission denied|'
    r"\w+ authentication failed|no pg_hba\.conf entry|pg_hba\.conf rejects)|no password supplied"
)
"""What is said of a connection that is refused until somebody has changed something."""
_GRANTED = "connect as the owner of the tables, or as a role to which `roles.sql` grants it"


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
        return StoreBusy("the database is busy with others; try again", reason=text)
    if isinstance(error, errors.DiskFull):
        return StoreFull("the disk of the database is full; nothing was recorded")
    if isinstance(error, psycopg.IntegrityError | psycopg.DataError):
        return StoreError(f"the log refused the rows: {text}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreError("the database takes no writes; if it is a standby, name its primary", reason=text)
    if code.startswith("XX"):
        return LedgerDamaged(f"the tables of the log cannot be read: {text}")
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreError(f"the database does not let this be done; {_GRANTED}", reason=text)
    if code[:2] in _UNUSABLE or isinstance(error, psycopg.ProgrammingError):
        return StoreError("the database does not let this be done", reason=text)
    if isinstance(error, psycopg.OperationalError):
        return StoreBusy(_unreached(text), reason=text)
    return StoreError("the database could not do it", reason=text)


def _unreached(text: str) -> str:
    """What to do where there is no connection. Of one that it refuses, libpq tells the words of the database alone."""
    if _REFUSED.search(text):
        return "the database does not let this program in; correct the role, the password or the name in its address"
    return "the database cannot be reached just now; see that it runs where its address says, and try again"
