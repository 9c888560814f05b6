"""Where the log is kept: one folder a store, and `protocol` says what a store is."""

from importlib import import_module
from importlib.util import find_spec

from ledger.errors import StoreError
from ledger.store.protocol import Block, LogStore

__all__ = ["Block", "LogStore", "open_store"]


def open_store(location: str) -> LogStore:
    """The log at a location, made where it is absent: a file, `:memory:`, or `SCHEME://…` for a store of that name.

    For example `/data/ledger.db` is a file of SQLite, and `postgresql://host/db` would be kept by a folder
    `ledger/store/postgresql/`. Raises StoreError for a scheme that no folder has.
    """
    scheme, separator, _ = location.partition("://")
    name = f"{__name__}.{scheme}" if separator and scheme.isidentifier() else f"{__name__}.sqlite"
    if separator and find_spec(name) is None:
        raise StoreError(f"no store keeps a log at {scheme}://; give a file, or :memory:")
    store: LogStore = import_module(name).open_store(location)
    return store
