"""The place of tables: the file that a table set is kept in, and whatever else may lie there.

The file is made from the log, so it may go at any time: one that cannot be read is removed, and made anew. But only
what is known to be ours is removed. A DuckDB file with other tables in it, or a folder, stays as it is, and the tables
must be kept elsewhere (in memory); any other file is set aside, under a name of its own:

    projections.duckdb            damaged, and made by this program: removed
    projections.duckdb            nothing that can be read: renamed to projections.duckdb.aside-1
    projections.duckdb            another program's tables: left alone
    projections.duckdb.tmp/       what a process that was killed had put there: removed
    projections.duckdb.part       tables that are brought from elsewhere, or were when that was cut: removed
    projections.duckdb.wal        changes by another program, since this one writes none: removed with the tables
"""

import logging
import mmap
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

import duckdb

from ledger import Ledger
from projections.tables.database import is_full, is_in_use, line_of
from projections.tables.families import Family
from projections.tables.ingest import TextsErased
from projections.tables.spill_folder import remove_abandoned
from projections.tables.table_set import ForeignTables, TableSet

logger = logging.getLogger("supply_ledger")

EVENT_BYTES = 400
"""What an event takes in the file, about; without so much room it is not tried again."""
_OUR_NAMES = (b"answer_intervals", b"fingerprint")
"""Names of ours that stand in every file of ours as they are, for DuckDB does not compress its catalogue."""


class PlaceUnusable(Exception):
    """Tables cannot be kept in the file. `passing`: that may be otherwise later, without anybody doing anything."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


def tables_at(ledger: Ledger, families: Mapping[str, Family], path: Path, *, anew: bool = False) -> TableSet:
    """The tables in the file, empty where there are none, or none that are whole; and always with `anew`.

    Raises PlaceUnusable.
    """
    _check(path)
    if anew:
        _remove(path)
    try:
        return _opened(ledger, families, path)
    except duckdb.Error as error:
        if is_full(error):
            raise PlaceUnusable(f"{path.name} cannot be written: {line_of(error)}", passing=True) from error
        logger.warning("%s cannot be read, and is made anew: %s", path.name, line_of(error))
    _remove(path)
    try:
        return _opened(ledger, families, path)
    except duckdb.Error as error:
        raise PlaceUnusable(f"{path.name} cannot be made: {line_of(error)}", passing=True) from error


def tables_made_at(ledger: Ledger, families: Mapping[str, Family], path: Path) -> TableSet:
    """The tables in the file, brought up to the log. Raises PlaceUnusable, duckdb.Error, LedgerDamaged, TextsErased."""
    tables = tables_at(ledger, families, path)
    try:
        try:
            tables.take_in(ledger.head())
        except TextsErased:
            close(tables)
            tables = tables_at(ledger, families, path, anew=True)
            tables.take_in(ledger.head())
    except BaseException:
        close(tables)
        raise
    return tables


def tables_removed(path: Path) -> bool:
    """Remove the tables in a file, which are made anew when they are needed; False where somebody has them in use.

    A file that is not ours stays as it is.
    """
    remove_abandoned(path.parent)
    if not path.exists():
        draft_of(path).unlink(missing_ok=True)
        return True
    try:
        duckdb.connect(str(path)).close()
    except duckdb.Error as error:
        if is_in_use(error):
            return False
    with suppress(OSError, PlaceUnusable):
        if _is_ours(path):
            _remove(path)
    return True


def draft_of(path: Path) -> Path:
    """Where other tables are brought to that are to take the place of a file; whoever has that open writes it."""
    return path.with_name(f"{path.name}.part")


def has_room(path: Path, *, events: int) -> bool:
    """Whether a file with so many events would fit on the disk."""
    return shutil.disk_usage(path.parent).free > EVENT_BYTES * events


def _opened(ledger: Ledger, families: Mapping[str, Family], path: Path) -> TableSet:
    altered = _wal_of(path).exists()
    try:
        tables = TableSet(ledger, families, path=str(path))
    except ForeignTables:
        raise PlaceUnusable(f"{path.name} is a DuckDB file that another program made") from None
    except duckdb.Error as error:
        if is_in_use(error):
            raise PlaceUnusable(f"another process has {path.name} open", passing=True) from None
        raise
    if altered:
        tables.empty()
    with suppress(OSError):
        draft_of(path).unlink(missing_ok=True)
    return tables


def close(tables: TableSet) -> None:
    """Close tables, whatever state they are in."""
    with suppress(duckdb.Error):
        tables.close()


def _check(path: Path) -> None:
    """Raises PlaceUnusable where there is something else than a file that may be written."""
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            raise PlaceUnusable(f"{path.name} is {'a folder' if stat.S_ISDIR(kind) else 'no file'}")
        with path.open("r+b"):
            pass
    except FileNotFoundError:
        if path.is_symlink():
            raise PlaceUnusable(f"{path.name} is a link to a file that is not there", passing=True) from None
    except OSError as error:
        raise PlaceUnusable(f"{path.name} cannot be opened: {error.strerror}", passing=True) from None


def _remove(path: Path) -> None:
    """Make room at the place: remove what is ours, and set aside what may not be. Raises PlaceUnusable."""
    try:
        if path.exists() and not _is_ours(path):
            names = (path.with_name(f"{path.name}.aside-{number}") for number in count(1))
            aside = next(one for one in names if not one.exists())
            path.rename(aside)
            logger.warning("%s is nothing that this program made; it is %s now", path.name, aside.name)
        path.unlink(missing_ok=True)
        draft_of(path).unlink(missing_ok=True)
        _wal_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise PlaceUnusable(f"{path.name} cannot be replaced: {error.strerror}", passing=True) from None


def _is_ours(path: Path) -> bool:
    """Whether a file that DuckDB cannot open was made by this program: its catalogue names our tables."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return True
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return all(text.find(name) >= 0 for name in _OUR_NAMES)


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
