"""A viewpoint's cursor: asks DuckDB with the parameters of one viewpoint, within the allowance of one question.

The rows of an answer come at once, or some at a time: a list of a million figures is never in memory as a whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.queries.allowance import Allowance
from projections.queries.compose import parameters
from projections.queries.filters import Selection
from projections.queries.format import presented, typed
from projections.queries.publisher_ranking import (
    EVERYTHING,
    NO_RANKING,
    PreferenceChange,
    Ranking,
    preference_changes,
)
from projections.queries.sort_orders import Sort
from projections.sql_text import quoted
from projections.tables.database import ARROW_ROWS, arrow_batches, arrow_table, can_be_written, whole_arrow_table
from projections.viewpoint import Viewpoint

NEAR_ROWS_MAX = 1_000
"""Up to this many statements are looked at one by one."""
TYPED_ROWS = 4 * ARROW_ROWS
"""Rows of a long answer at a time where they stay columns: 14 MB of figures. As texts they would take several times as
much."""


class ViewpointCursor:
    """Asks at one viewpoint, through one cursor."""

    prefers: bool
    """Whether the ledger ever preferred publishers."""

    def __init__(self, cursor: DuckDBPyConnection, viewpoint: Viewpoint, allowance: Allowance) -> None:
        self._cursor = cursor
        self.viewpoint = viewpoint
        self._changes: dict[str, Sequence[PreferenceChange]] = {}
        self.allowance = allowance
        self._params: dict[str, Any] = {
            "as_of": naive(viewpoint.as_of),
            "effective_at": naive(viewpoint.effective_at),
            "position": viewpoint.position,
            "preferred_at": viewpoint.position,
            "prefer": [],
        }

    @cached_property
    def ranking(self) -> Ranking:
        """Whom the ledger asks first."""
        return Ranking.at(self.ask, self._params["preferred_at"]) if self.prefers else NO_RANKING

    def preference_changes(self, metric: str = EVERYTHING) -> Sequence[PreferenceChange]:
        """Whom it asked first for a metric, or for what has none, each time that it was others, so far."""
        if self.prefers and metric not in self._changes:
            self._changes[metric] = list(preference_changes(self.ask, metric))
        return self._changes.get(metric, ())

    def _table(
        self,
        clauses: str,
        selection: Selection,
        *,
        order: Sequence[str],
        sort: Sort | None = None,
        hidden: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        text = in_order(clauses, selection, order=order, sort=sort, limit=limit, offset=offset)
        return presented(self._ask(text, selection, batch=limit or ARROW_ROWS), hidden=hidden)

    def _tables(
        self,
        clauses: str,
        selection: Selection,
        *,
        order: Sequence[str],
        sort: Sort | None = None,
        hidden: Sequence[str] = (),
        offset: int = 0,
        as_text: bool = True,
    ) -> Iterator[pa.Table]:
        """The same from `offset` to the end, some rows at a time: one table at least."""
        text = in_order(clauses, selection, order=order, sort=sort, offset=offset)
        yield from self._in_parts(text, selection, hidden=hidden, as_text=as_text)

    def _in_parts(
        self, text: str, selection: Selection, *, hidden: Sequence[str] = (), as_text: bool = True
    ) -> Iterator[pa.Table]:
        """The rows that a query gives, presented or typed, some at a time: one table at least."""
        made, batch = (presented, ARROW_ROWS) if as_text else (typed, TYPED_ROWS)
        known = parameters(text, {**self._params, **selection.params})
        self.allowance.check()
        if self.allowance.holds_all and not as_text and can_be_written(known.values()):
            whole = whole_arrow_table(self._cursor, text, known, batch=batch)
            self.allowance.hold(whole.nbytes)
            yield typed(whole, hidden=hidden)
            return
        held = 0
        for part in arrow_batches(self._cursor, text, known, batch=batch):
            self.allowance.check()
            self.allowance.hold(part.nbytes - held)
            held = part.nbytes
            yield made(part, hidden=hidden)
        self.allowance.hold(-held)

    def _ask(
        self,
        text: str,
        selection: Selection | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        batch: int = ARROW_ROWS,
    ) -> pa.Table:
        """The rows that a query gives, as columns of their own types, `batch` at a time."""
        known = {**self._params, **(selection.params if selection else {}), **(params or {})}
        self.allowance.check()
        table = arrow_table(self._cursor, text, parameters(text, known), batch=min(batch, ARROW_ROWS))
        self.allowance.hold(table.nbytes)
        return table

    def _rows(self, text: str, selection: Selection) -> tuple[dict[str, str], list[Any]]:
        """The columns (name: DuckDB type) and rows that a query gives, NEAR_ROWS_MAX and one at most.

        With few rows, DuckDB takes longer to make Arrow's columns than to find them.
        """
        known = {**self._params, **selection.params}
        self.allowance.check()
        answer = self._cursor.execute(text, parameters(text, known) or None)
        rows = answer.fetchmany(NEAR_ROWS_MAX + 1)
        columns = {name: str(kind) for name, kind, *_ in answer.description}
        if len(rows) > NEAR_ROWS_MAX:
            # While rows wait to be fetched DuckDB 2 refuses `sql`; another statement gives them up.
            self._cursor.execute("SELECT NULL").fetchall()
        return columns, rows

    def rows(self, query: str, selection: Selection) -> list[dict[str, Any]]:
        """The rows that a query gives, NEAR_ROWS_MAX and one at most."""
        columns, rows = self._rows(query, selection)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def table(self, query: str, params: Mapping[str, Any]) -> pa.Table:
        """The rows that a query gives, as columns of their own types; it may name the viewpoint's parameters too."""
        return self._ask(query, params=params)

    def tables(self, query: str, params: Mapping[str, Any] | None = None) -> Iterator[pa.Table]:
        """The same, some rows at a time: one table at least. Until the last is taken nothing else may be asked."""
        known = {**self._params, **(params or {})}
        self.allowance.check()
        for rows in arrow_batches(self._cursor, query, parameters(query, known)):
            self.allowance.check()
            yield rows

    @contextmanager
    def lending(self, **tables: pa.Table) -> Iterator[None]:
        """Within the block, queries may name these tables too."""
        for name, table in tables.items():
            self._cursor.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                self._cursor.unregister(name)

    def ask(self, query: str, **params: Any) -> list[Any]:
        """The rows that a query gives; it may name the viewpoint's parameters and those given."""
        known = parameters(query, {**self._params, **params})
        self.allowance.check()
        return self._cursor.execute(query, known or None).fetchall()


def in_order(
    clauses: str,
    selection: Selection,
    *,
    order: Sequence[str],
    sort: Sort | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> str:
    """The query for the items that are selected, in their order, or first in another that they can be sorted by."""
    page = f"\nLIMIT {limit:d} OFFSET {offset:d}" if limit is not None else f"\nOFFSET {offset:d}" if offset else ""
    conditions = "\n  AND ".join(selection.items) or "TRUE"
    sorted_by = (
        [f"{quoted(column)} {'DESC' if sort.descending else 'ASC'} NULLS LAST" for column in sort.columns]
        if sort
        else []
    )
    by = ", ".join([*sorted_by, *(f"{quoted(column)} NULLS FIRST" for column in order)])
    return f"{clauses}\nSELECT *\nFROM items\nWHERE {conditions}{_latest(selection, order)}\nORDER BY {by}{page}"


def _latest(selection: Selection, order: Sequence[str]) -> str:
    """The clause that leaves of each group of items those with the latest period, at each viewpoint of a question."""
    if not selection.latest:
        return ""
    groups = [*(column for column in order if column == "viewpoint"), *selection.latest]
    return (
        f"\nQUALIFY RANK() OVER (PARTITION BY {', '.join(map(quoted, groups))} "
        "ORDER BY period_end DESC NULLS LAST, period_start DESC NULLS LAST) = 1"
    )


def naive(at: datetime) -> datetime:
    """The instant in UTC, without a time zone, as DuckDB's TIMESTAMP wants it."""
    return at.astimezone(UTC).replace(tzinfo=None)
