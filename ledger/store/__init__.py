"""Where the log is kept: one folder a store, and `protocol` says what a store is."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from ledger.errors import StoreError
from ledger.store.protocol import Block, LogStore

__all__ = ["Block", "LogStore", "log_is_there", "open_store"]

DEFAULT = "sqlite"
OTHER_NAMES = {"postgresql": "postgres"}
"""What addresses call a store whose folder has another name."""


def open_store(location: str) -> LogStore:
    """The log at a location, made where it is absent: a file, `:memory:`, or `NAME://…` for a store in a folder NAME.

    For example `/data/ledger.db` is a file of SQLite, `postgresql://…` a database, and `shelf://…` is kept by a folder
    `ledger/store/shelf/`. Raises StoreError for a name that no folder has.
    """
    store: LogStore = _module_for(location).open_store(location)
    return store


def log_is_there(location: str) -> bool:
    """Whether there is a log at a location, which nothing is made at. Raises StoreBusy, StoreError."""
    if "://" not in location:
        return Path(location).exists()
    is_there = getattr(_module_for(location), "is_there", None)
    return is_there is None or bool(is_there(location))


def _module_for(location: str) -> ModuleType:
    name, separator, _ = location.partition("://")
    name = OTHER_NAMES.get(name, name)
    stores = [module.name for module in iter_modules(__path__) if module.ispkg]
    if separator and name not in stores:
        raise StoreError(f"no store keeps a log at {name}://; there are: {', '.join(stores)}")
    return import_module(f"{__name__}.{name if separator else DEFAULT}")
