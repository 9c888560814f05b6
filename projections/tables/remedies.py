"""Remedies: how tables are opened again after something went wrong with them.

    what was met                                   the remedy
    a block of the file is damaged                 ANEW: the file is removed, and made from the log
    DuckDB gives up (a fatal or internal error)    READ_THROUGH: the file is opened, and all of it is read once
    the disk is full                               UNWRITTEN: the file is opened, and nothing is written to it
    the same again, before the tables caught up    ANEW; then IN_MEMORY, until the file can be used

DuckDB may give up for a question that it cannot plan, with a file that is sound. To read a file through takes a small
part of the time to make it anew, so that such a question costs no more than that.
"""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Optional

import duckdb

from ledger import Ledger
from projections.tables.database import is_fatal, is_full
from projections.tables.families import Family
from projections.tables.table_place import close, tables_at
from projections.tables.table_set import TableSet


class Remedy(Enum):
    """One way to open tables."""

    NONE = "the file as it is"
    READ_THROUGH = "the file as it is, once all of it was read"
    UNWRITTEN = "the file as it is, and nothing is written to it"
    ANEW = "a new file"
    IN_MEMORY = "no file"

    def after(self, error: duckdb.Error, *, proven: bool) -> Optional["Remedy"]:
        """The remedy for an error in tables that were opened by this one; None where none is left.

        `proven`: these have caught up with the log since, so that the error is a new one.
        """
        if self is Remedy.IN_MEMORY:
            return self if proven else None
        if is_full(error):
            return Remedy.IN_MEMORY if self in (Remedy.UNWRITTEN, Remedy.ANEW) else Remedy.UNWRITTEN
        if not proven and self in (Remedy.ANEW, Remedy.UNWRITTEN):
            return Remedy.IN_MEMORY
        return Remedy.READ_THROUGH if is_fatal(error) and (proven or self is Remedy.NONE) else Remedy.ANEW

    def tables(self, ledger: Ledger, families: Mapping[str, Family], path: Path) -> TableSet:
        """The tables in the file, opened in this way. Raises PlaceUnusable."""
        tables = tables_at(ledger, families, path, anew=self is Remedy.ANEW)
        if self is Remedy.READ_THROUGH:
            try:
                tables.read_through()
            except duckdb.Error:
                close(tables)
                return tables_at(ledger, families, path, anew=True)
        tables.written = self is not Remedy.UNWRITTEN
        return tables
