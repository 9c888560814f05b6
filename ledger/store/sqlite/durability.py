"""What the connections to a log really do to have a commit on disk, asked of one that is made as they are."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from ledger.store.sqlite.connection import LogDatastore

_SYNCHRONOUS = {0: "off", 1: "normal", 2: "full", 3: "extra"}


class Durability(NamedTuple):
    """How a log is written: SQLite's version, the mode of its journal, and what it waits for at a commit."""

    sqlite: str
    journal_mode: str
    synchronous: str


def durability(path: Path) -> Durability:
    """How the log in a file, which must be there, is written. Raises StoreError, LedgerDamaged."""
    datastore = LogDatastore(str(path))
    try:
        ((journal_mode,),) = datastore.fetch("PRAGMA journal_mode")
        ((synchronous,),) = datastore.fetch("PRAGMA synchronous")
    finally:
        datastore.close()
    return Durability(sqlite3.sqlite_version, journal_mode, _SYNCHRONOUS.get(synchronous, str(synchronous)))
