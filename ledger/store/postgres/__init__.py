"""The log in PostgreSQL: the tables of one schema of a database."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import StoreError
from ledger.store.protocol import LogStore

__all__ = ["is_there", "open_store"]


def open_store(location: str) -> LogStore:
    """The log at an address such as `postgresql://ledger@host/database?schema=name`, made where it is absent.

    Raises StoreError, StoreBusy.
    """
    with _installed():
        from ledger.store.postgres.postgres_log import PostgresLog
    return PostgresLog(location)


def is_there(location: str) -> bool:
    """Whether the schema at an address has the tables of a log. Raises StoreError, StoreBusy."""
    with _installed():
        from ledger.store.postgres.log_tables import are_at
    return are_at(location)


@contextmanager
def _installed() -> Iterator[None]:
    """Say what to install where the library for PostgreSQL is missing."""
    try:
        yield
    except ImportError as error:
        raise StoreError(
            f"a log in PostgreSQL needs what `pip install 'supply-ledger[postgres]'` installs: {error}"
        ) from error
