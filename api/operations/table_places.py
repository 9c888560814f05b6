"""Table places: where each of several workers keeps the tables that it makes from the log.

A file of tables has one owner, so that each worker has a file of its own. A worker takes the first that nobody has, and
holds its lock as long as it lives; one that takes another's place, while that still serves, takes the next:

    projections.duckdb       the first worker's, and a single server's
    workers/1.lock           held by whoever has it
    workers/2.duckdb         the second worker's
    workers/2.lock

So tables outlive their worker, and whoever takes them next goes on from there. Those that nobody has are removed when a
text is erased, which may be in them, and when fewer workers are started than there were.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.operations.lock_file import locked
from api.settings import DataDirectory
from projections import tables_removed

PLACES_FOLDER = "workers"
PLACES_MODE = 0o700


@contextmanager
def table_place(data: DataDirectory) -> Iterator[Path]:
    """The first file for tables that no worker has, held until the block ends. Raises OSError."""
    folder = _folder(data)
    folder.mkdir(mode=PLACES_MODE, exist_ok=True)
    number = 1
    while (descriptor := locked(_lock(folder, number))) is None:
        number += 1
    try:
        yield _tables(data, number)
    finally:
        os.close(descriptor)


def all_table_files(data: DataDirectory) -> list[Path]:
    """Every file in which a server or a worker keeps tables, or may have kept them."""
    return [data.projections_path, *(_tables(data, number) for number in _numbers(data) if number > 1)]


def remove_spare_tables(data: DataDirectory, *, own: Path | None = None, above: int = 0) -> None:
    """Remove the tables that no worker has, of places above a number; not those of this process itself, which are its
    `own`. Those that are in use otherwise stay: see `tables_removed`.
    """
    for number in _numbers(data):
        if number <= above or _tables(data, number) == own:
            continue
        descriptor = locked(_lock(_folder(data), number))
        if descriptor is not None:
            try:
                tables_removed(_tables(data, number))
            finally:
                os.close(descriptor)


def _folder(data: DataDirectory) -> Path:
    return data.path / PLACES_FOLDER


def _numbers(data: DataDirectory) -> list[int]:
    return sorted(int(lock.stem) for lock in _folder(data).glob("*.lock") if lock.stem.isdecimal())


def _lock(folder: Path, number: int) -> Path:
    return folder / f"{number}.lock"


def _tables(data: DataDirectory, number: int) -> Path:
    return data.projections_path if number == 1 else _folder(data) / f"{number}.duckdb"
