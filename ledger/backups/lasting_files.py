"""Lasting files: one is in its place whole, or not at all, and is still there after a power cut.

Until then it is a draft beside its place, `.NAME.0123456789abcdef.part`, and so is a folder that shall take a place.
Whoever makes a draft holds a lock on it, which the system releases however the process ends: so what was left by one
that was killed is known, and removed by the next who makes a copy of a ledger there.
"""

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}\.part")


@contextmanager
def lasting_file(path: Path, *, replace: bool = False, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file that is in its place when the block has ended well.

    Raises FileExistsError where one is there already, unless it is to be replaced.
    """
    draft, descriptor = _held(path, lambda made: os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode))
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            _name(draft, path)
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def staged_directory(directory: Path) -> Iterator[Path]:
    """A folder beside the one that it shall become; gone afterwards unless it has become that."""

    def made(path: Path) -> int:
        path.mkdir(mode=0o700)
        return os.open(path, os.O_RDONLY)

    staged, descriptor = _held(directory, made)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def nameless_file() -> Iterator[tuple[IO[bytes], Path]]:
    """A file that goes with its process, however that ends; and the path under which this process alone finds it."""
    with tempfile.TemporaryFile(prefix="supply-ledger-") as file:
        yield file, Path(f"/dev/fd/{file.fileno()}")


def remove_abandoned_drafts(folder: Path) -> None:
    """Remove the drafts in a folder whose makers have ended without doing so."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if _DRAFT.fullmatch(path.name):
            with suppress(OSError):  # one that somebody holds, or that is another's
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                finally:
                    os.close(descriptor)


def _held(path: Path, make: Callable[[Path], int]) -> tuple[Path, int]:
    """A draft for a place, and its descriptor, which holds a lock where the file system has any."""
    while True:
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        descriptor = make(draft)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return draft, descriptor
        os.close(descriptor)  # somebody found it before it was held, and removed it


def sync_folder(folder: Path) -> None:
    """Make the names in a folder lasting."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make everything in a folder lasting."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _name(draft: Path, path: Path) -> None:
    """Give a file the name that counts, unless another has it."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(f"{path} is there already") from None
        draft.replace(path)
    else:
        with suppress(OSError):
            draft.unlink()
