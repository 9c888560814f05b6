"""A data directory that takes its place as a whole, beside the one that was there.

It is made under another name. When all is in it and on disk, the one that was there gets another name too, and the new
one its own, while nobody uses either.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from ledger.backups.backup_archive import LOG
from ledger.backups.lasting_files import sync_folder, sync_tree
from ledger.errors import BackupError, StoreBusy
from ledger.store.sqlite.snapshot import copy_database, nobody_else


def check_place(directory: Path, *, replace: bool) -> bool:
    """Whether a directory has something in it that may be replaced. Raises BackupError where it may not."""
    is_taken = directory.exists() and (not directory.is_dir() or any(directory.iterdir()))
    if is_taken and not (replace and directory.is_dir()):
        raise BackupError(f"{directory} is not empty: name another, or say --replace to keep what is there beside it")
    return is_taken


def exchange(staged: Path, directory: Path, *, is_taken: bool, at: datetime, carried: Sequence[str]) -> Path | None:
    """Put a staged directory in its place; where the one that was there is now. `carried` are files of that one which
    belong to the new one as they are. Raises BackupError, StoreBusy.
    """
    aside = _aside(directory, at) if is_taken else None
    with _alone(directory) if is_taken else nullcontext():
        _put(staged, directory, aside, carried)
    return aside


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Nobody uses the ledger whose place is taken, from now until it is. Raises StoreBusy."""
    path = directory / LOG
    if not path.exists():
        yield
        return
    try:
        with nobody_else(path):
            yield
    except StoreBusy:
        raise StoreBusy(f"a server or another command has the ledger in {directory} open: stop it first") from None


def _aside(directory: Path, at: datetime) -> Path:
    """A free name for the ledger whose place is taken: `data.before-restore-20261127T070000Z`."""
    name = f"{directory.name}.before-restore-{at:%Y%m%dT%H%M%SZ}"
    number, path = 1, directory.with_name(name)
    while path.exists():
        number += 1
        path = directory.with_name(f"{name}-{number}")
    return path


def _put(staged: Path, directory: Path, aside: Path | None, carried: Sequence[str]) -> None:
    for name in carried if aside is not None else ():
        if (directory / name).exists():
            _carry(directory / name, staged / name)
    sync_tree(staged)
    try:
        if aside is not None:
            directory.rename(aside)
        staged.rename(directory)  # over an empty folder, if there is one
    except OSError as error:
        where = f"; what was in its place is in {aside}" if aside is not None and aside.exists() else ""
        raise BackupError(f"cannot put the ledger in {directory}: {error.strerror}{where}") from error
    sync_folder(directory.parent)


def _carry(source: Path, target: Path) -> None:
    if source.suffix == ".db":
        copy_database(source, target)
    else:
        target.write_bytes(source.read_bytes())
    target.chmod(0o600)
