"""Given tables: typed tables in memory that are filled with rows from elsewhere, and not from a log.

They are made by the same text as those of a log, so whatever reads these reads them too. Only tables that were given
are there: a question that reads another one fails, and does not answer from nothing.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pyarrow as pa

from projections.sql_text import quoted
from projections.tables.database import connected
from projections.tables.families import Family
from projections.tables.table_shapes import ORDERS, create_tables

_GIVEN = "given"


class GivenTables:
    """`rows` are the tables by name, `columns` those of the families as they are written where a table is made.

    The tables of entities, of preferences and of slugs are always among them, since every question may ask for them.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        columns: Mapping[str, str],
        rows: Mapping[str, pa.Table],
        *,
        threads: int = 1,
    ) -> None:
        self.connection = connected(":memory:")
        try:
            self.connection.execute(f"SET threads = {threads:d}")
            given = [family for name, family in families.items() if name in rows]
            create_tables(self.connection, given, lambda family: f"({columns[family.name]})")
            for name in ORDERS.keys() - rows.keys():
                self.connection.execute(f"DROP TABLE log.{quoted(name)}")
            for name, table in rows.items():
                self._put(name, table)
            self.merged = self._has("slugs")
            """Whether any slug ever resolved to another than itself."""
            self.prefers = self._has("preferences")
            """Whether any row says whom the ledger asks first, or did."""
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let everything go."""
        self.connection.close()

    def _put(self, name: str, table: pa.Table) -> None:
        if not len(table):
            return
        self.connection.register(_GIVEN, table)
        self.connection.execute(f"INSERT INTO log.{quoted(name)} BY NAME SELECT * FROM {_GIVEN}")
        self.connection.unregister(_GIVEN)

    def _has(self, name: str) -> bool:
        return bool(self.connection.execute(f"SELECT 1 FROM log.{quoted(name)} LIMIT 1").fetchall())
