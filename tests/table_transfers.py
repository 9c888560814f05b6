"""Tables of small ledgers in a place, and what comes of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger import Ledger
from ledger.segments import StoragePlace, storage_place
from projections import Engine
from projections.transfers import TableExport, TableSupply, export_tables, workshop

AT = datetime(2026, 11, 28, 7, tzinfo=UTC)


def unseen(*_: int) -> None:
    """Progress that nobody looks at."""


def tables_put(ledger: Ledger, place: StoragePlace | Path, **options: Any) -> TableExport:
    """An export of tables that are made for it."""
    there = storage_place(str(place)) if isinstance(place, Path) else place
    with workshop(ledger) as file:
        with Engine.beside(ledger, file) as engine:
            engine.catch_up()
        return export_tables(ledger, file, there, **{"at": AT, "program": "0", "seen": unseen, **options})


def tables_brought(ledger: Ledger, place: Path, file: Path) -> Path:
    """The file to which tables are brought from a place."""
    TableSupply(str(place)).bring(ledger, file, seen=unseen)
    return file


def all_rows(engine: Engine) -> dict[str, Any]:
    """Every row of every table, in order."""
    return {name: engine.table(name) for name in engine.tables()}
