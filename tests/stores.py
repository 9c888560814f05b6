"""The stores that a test may be parametrised with, beside SQLite, which it has otherwise."""

from pathlib import Path

from tests.postgres import log_address

STORES = ("sqlite", "postgres")


def log_location(store: str, folder: Path) -> str:
    """Where a store keeps the log of a test that has a folder."""
    return log_address(folder) if store == "postgres" else str(folder / "ledger.db")
