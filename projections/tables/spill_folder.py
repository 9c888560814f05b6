"""Spill folders: where DuckDB puts what does not fit in memory, of tables that are kept in memory.

Tables in a file have a folder beside it. Those in memory have one of their own in the ledger's directory, on the disk
that was chosen to hold a ledger; where that cannot be, or the ledger is in memory too, where the system has its
temporary files. It is removed when the tables are closed. What a process left that was killed is removed at the next
start, wherever that keeps its tables: the folder's owner holds a lock in it, which the system releases, however the
process ends.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_BEGINNING = ".supply-ledger-spill-"
_LOCK = "owner.lock"


def spill_folder(directory: Path | None) -> "SpillFolder | None":
    """A folder in the directory, or where the system has its temporary files; None where neither can be written."""
    for parent in _parents(directory):
        with suppress(OSError):
            return SpillFolder(parent)
    return None


def remove_abandoned(directory: Path | None) -> None:
    """Remove the folders that nobody owns any more, where `spill_folder` makes them."""
    for parent in _parents(directory):
        _sweep(parent)


def _parents(directory: Path | None) -> list[Path]:
    there = Path(tempfile.gettempdir())
    return [there] if directory is None else [directory, there]


class SpillFolder:
    """A folder that is there until it is closed."""

    def __init__(self, parent: Path) -> None:
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_BEGINNING, dir=parent))
            self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if os.fstat(self._lock).st_nlink:
                break
            os.close(self._lock)  # another process found the lock before this one held it, and removed the folder

    def close(self) -> None:
        """Remove the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _sweep(parent: Path) -> None:
    """Remove the folders that nobody owns any more."""
    for folder in parent.glob(f"{_BEGINNING}*"):
        with suppress(OSError):  # one without a lock is being made, or goes just now
            lock = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
