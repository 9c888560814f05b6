"""Planned statements: SQL that DuckDB plans once and runs many times, each time for a few rows.

To plan a statement takes several times as long as to run it for one row. A plan stays valid as long as no table or view
is made, so the rows come in under a name that is registered once. The values of variables are part of plans.

DuckDB also lets follow from the least and the greatest value of a column which conditions always hold, and how many
bytes its numbers need; and it does not look again when there are other rows. So plans are made and used only inside
`lasting`, where it leaves that out; anywhere else, statements are planned each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.tables.database import arrow_table

FEW = 1_000
"""Up to this many rows, a plan that was made for any number of rows is as good as one made for them."""


class _Feed:
    """What is registered under a name, once: DuckDB asks it for its rows each time that a plan runs."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.rows.__arrow_c_stream__(requested_schema)


class PlannedStatements:
    """The statements of one cursor, and the rows that they read."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._names: dict[str, str] = {}
        self._feeds: dict[str, _Feed] = {}
        self._last = False
        """Whether plans hold for other rows than those that are there when they are made."""

    @contextmanager
    def lasting(self, *, when: bool = True) -> Iterator[None]:
        """Make and use plans in the block, `when` so; outside of any transaction. Others plan as usual, or without
        statistics meanwhile, since DuckDB has one setting for all.
        """
        if not when or self._last:
            yield
            return
        self._cursor.execute("SET disabled_optimizers = 'statistics_propagation'")
        self._last = True
        try:
            yield
        finally:
            self._last = False
            with suppress(duckdb.Error):  # what went wrong in the block is to be heard
                self._cursor.execute("RESET disabled_optimizers")

    def give(self, name: str, rows: pa.Table) -> None:
        """Let statements find these rows under a name, always with the same columns."""
        feed = self._feeds.get(name)
        if feed is not None and len(rows) <= FEW:
            feed.rows = rows
            return
        self._forget_plans()
        if len(rows) <= FEW:
            self._feeds[name] = _Feed(rows)
            self._cursor.register(name, self._feeds[name])
        else:
            self._feeds.pop(name, None)
            self._cursor.register(name, rows)

    def run(self, statement: str) -> DuckDBPyConnection:
        """Run a statement without parameters, by the plan that was made for it the first time."""
        return self._cursor.execute(self._by_plan(statement))

    def table(self, query: str) -> pa.Table:
        """The rows of a query without parameters, FEW at a time, by the plan that was made for it the first time."""
        return arrow_table(self._cursor, self._by_plan(query), batch=FEW)

    def _by_plan(self, statement: str) -> str:
        if not self._last:
            return statement
        name = self._names.get(statement)
        if name is None:
            name = f"planned_{len(self._names)}"
            self._cursor.execute(f"PREPARE {name} AS {statement}")
            self._names[statement] = name
        return f"EXECUTE {name}"

    def set(self, variable: str, value: str) -> None:
        """Set a variable of the cursor to an expression."""
        self._forget_plans()
        self._cursor.execute(f"SET VARIABLE {variable} = {value}")

    def forget(self) -> None:
        """Register and plan everything anew: a transaction was rolled back that may have made views."""
        self._forget_plans()
        self._feeds.clear()

    def _forget_plans(self) -> None:
        for name in self._names.values():
            self._cursor.execute(f"DEALLOCATE {name}")
        self._names.clear()
