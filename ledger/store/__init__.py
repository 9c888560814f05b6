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
    if "://" not in location and not _begins_an_address(location):
        return Path(location).exists()
    is_there = getattr(_module_for(location), "is_there", None)
    return is_there is None or bool(is_there(location))


def _module_for(location: str) -> ModuleType:
    said, separator, _ = location.partition("://")
    name = OTHER_NAMES.get(said, said)
    if not separator and not _begins_an_address(location):
        return import_module(f"{__name__}.{DEFAULT}")
    if not separator or name not in _stores():
        said = f"{said.partition(':')[0]}:{separator and '//'}"
        raise StoreError(f"no store keeps a log at {said}; name a folder, or an address: {_addresses()}")
    return import_module(f"{__name__}.{name}")


def _stores() -> list[str]:
    """The stores that an address names, by their folders; a log in SQLite is named by its own."""
    return [module.name for module in iter_modules(__path__) if module.ispkg and module.name != DEFAULT]


def _addresses() -> str:
    """How the addresses of all stores begin."""
    called = {name: other for other, name in OTHER_NAMES.items()}
    return ", ".join(f"{called.get(name, name)}://" for name in _stores())


def _begins_an_address(location: str) -> bool:
    """Whether a text is meant as an address, and is none: `postgresql:/db`, which would name a folder."""
    begun = location.partition(":")[0].lower() if ":" in location else ""
    return begun in {*OTHER_NAMES, *_stores()}
