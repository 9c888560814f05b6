"""The log in SQLite: one file, or memory."""

from ledger.store.sqlite.log import SQLiteLog

__all__ = ["SQLiteLog", "open_store"]


def open_store(location: str) -> SQLiteLog:
    """The log in a file, made where it is absent; or in memory, with `:memory:`."""
    return SQLiteLog(location)
