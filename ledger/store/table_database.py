"""What a log in tables asks of its database: statements of SQL, each with a `?` for every value.

The tables, their names and their columns are the same in every database that keeps a log, and so is what is asked of
them; only how a connection is had, and what a commit is, differs.
"""

from collections.abc import Sequence
from typing import Any, Protocol


class TableDatabase(Protocol):
    """A database, for the thread that asks."""

    @property
    def is_writing(self) -> bool:
        """Whether this thread has a transaction open, whose rows nobody else sees and which may be undone."""

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a statement gives, each a sequence. Raises StoreBusy, StoreError."""

    def fetch_tuples(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The same as plain tuples: of many rows that takes half the time."""

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, in the transaction that is open or in one of its own."""
