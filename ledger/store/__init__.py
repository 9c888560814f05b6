"""Where the log is kept: one folder a store, and `protocol` says what a store is."""

from importlib import import_module
from pkgutil import iter_modules

from ledger.errors import StoreError
from ledger.store.protocol import Block, LogStore

__all__ = ["Block", "LogStore", "open_store"]

DEFAULT = "sqlite"


def open_store(location: str) -> LogStore:
    """The log at a location, made where it is absent: a file, `:memory:`, or `NAME://…` for a store in a folder NAME.

    For example `/data/ledger.db` is a file of SQLite, and `shelf://…` is kept by a folder `ledger/store/shelf/`. Raises
    StoreError for a name that no folder has.
    """
    name, separator, _ = location.partition("://")
    stores = [module.name for module in iter_modules(__path__) if module.ispkg]
    if separator and name not in stores:
        raise StoreError(f"no store keeps a log at {name}://; there are: {', '.join(stores)}")
    module = import_module(f"{__name__}.{name if separator else DEFAULT}")
    store: LogStore = module.open_store(location)
    return store
