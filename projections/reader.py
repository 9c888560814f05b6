"""Answers through one cursor, at one position of the log that the tables already hold.

What a slug or an id in a question means is looked up in the same tables at the same position, so an answer does not change
while the log grows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ledger.quantities import percent_of
from projections.catalogue import CATALOGUE
from projections.composing import parameters, presented, question
from projections.dictionaries import id_of
from projections.filters import Selection, Value, select
from projections.schema import Family, quoted
from projections.viewpoints import Viewpoint

_KEY = "subject, metric, material, dimensions, nature, period_start, period_end, canonical_unit"
_HELD = "since <= $position AND until > $position"


Shapes = dict[str, list[tuple[str, str]]]
"""(column, DuckDB type) of each view."""


class Reader:
    """Asks the views. `shapes` remembers the columns of each view, which never change."""

    def __init__(
        self,
        cursor: DuckDBPyConnection,
        families: Mapping[str, Family],
        viewpoint: Viewpoint,
        shapes: Shapes,
    ) -> None:
        self._cursor = cursor
        self.families = families
        self.viewpoint = viewpoint
        self._shapes = shapes
        self._params: dict[str, Any] = {
            "as_of": _naive(viewpoint.as_of),
            "effective_at": _naive(viewpoint.effective_at),
            "position": viewpoint.position,
            "prefer": [],
        }

    def read(
        self, name: str, *, filters: Mapping[str, Value] | None = None, limit: int | None = None, offset: int = 0
    ) -> pa.Table:
        """The items of a projection in their order, as text, whole numbers, booleans and lists of these."""
        projection = CATALOGUE[name]
        selection = select(projection, filters or {}, self)
        return self._table(
            name,
            question(name, self.families, rows={projection.family: selection.rows}),
            selection,
            order=projection.order,
            hidden=("viewpoint", *projection.hidden),
            limit=limit,
            offset=offset,
        )

    def read_many(
        self, name: str, viewpoints: Sequence[Viewpoint], *, filters: Mapping[str, Value] | None = None
    ) -> pa.Table:
        """The items at each of the viewpoints, whose place in the list is their `viewpoint`.

        Slugs and ids in filters mean what they mean at the reader's own viewpoint.
        """
        projection = CATALOGUE[name]
        selection = select(projection, filters or {}, self)
        columns = {
            "viewpoint": ("BIGINT", list(range(len(viewpoints)))),
            "position": ("BIGINT", [one.position for one in viewpoints]),
            "as_of": ("TIMESTAMP", [_naive(one.as_of) for one in viewpoints]),
            "effective_at": ("TIMESTAMP", [_naive(one.effective_at) for one in viewpoints]),
        }
        unnested = (
            f"UNNEST(CAST({selection.bind(values)} AS {kind}[])) AS {column}"
            for column, (kind, values) in columns.items()
        )
        rows = {projection.family: selection.rows}
        return self._table(
            name,
            question(name, self.families, rows=rows, viewpoints=f"SELECT {', '.join(unnested)}"),
            selection,
            order=("viewpoint", *projection.order),
            hidden=projection.hidden,
        )

    def history(self, figure_id: UUID, *, limit: int | None = None, offset: int = 0) -> pa.Table:
        """What the world said of a figure, oldest first."""
        selection = select(CATALOGUE["figures"], {"figure_id": str(figure_id), "resolve": "all"}, self)
        table = self._table(
            "history",
            question("history", self.families, rows={"figures": selection.rows}),
            selection,
            order=("published_until", "position"),
            hidden=("published_until",),
            limit=limit,
            offset=offset,
        )
        return with_percent(table)

    def answers(self, figure_id: UUID, *, limit: int | None = None, offset: int = 0) -> pa.Table:
        """What this ledger answered for a figure, position by position where that changed."""
        asked = self._asked(self.figure(figure_id))
        selection = Selection()
        figures = [figure for _, figure in asked] or [figure_id]
        selection.rows.append(f"LIST_CONTAINS({selection.bind(sorted(set(figures)))}, versions.figure_id)")
        positions, ids = selection.bind([at for at, _ in asked]), selection.bind([figure for _, figure in asked])
        viewpoints = (
            "SELECT UNNEST(CAST({0} AS BIGINT[])) AS viewpoint, viewpoint AS position, UNNEST(CAST({1} AS UUID[])) "
            "AS figure_id, CAST($as_of AS TIMESTAMP) AS as_of, CAST($effective_at AS TIMESTAMP) AS effective_at"
        ).format(positions, ids)
        table = self._table(
            "answers",
            question("answers", self.families, rows={"figures": selection.rows}, viewpoints=viewpoints),
            selection,
            order=("position",),
            limit=limit,
            offset=offset,
        )
        return with_percent(table)

    # What names mean at the position

    def kept(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""
        found = self.ask(f"SELECT kept FROM log.slugs WHERE {_HELD} AND slug = $slug", slug=slug)
        return str(found[0][0]) if found else slug

    def slugs_of(self, slug: str) -> list[str]:
        """Every slug that means the same as this one, the kept one first."""
        kept = self.kept(slug)
        merged = self.ask(f"SELECT slug FROM log.slugs WHERE {_HELD} AND kept = $kept ORDER BY slug", kept=kept)
        return [kept, *(slug for (slug,) in merged)]

    def fiscal_year_end(self, slug: str) -> str | None:
        """`MM-DD`, of the entity registered under exactly this slug."""
        found = self.ask(
            "SELECT fiscal_year_end FROM log.entities WHERE type = 'EntityRegistered' "
            f"AND entity = $slug AND {_HELD}",
            slug=slug,
        )
        return found[0][0] if found else None

    def figure(self, figure_id: UUID) -> UUID:
        """The figure under which an id answers: its key with the slugs that are kept now."""
        return self._figure_at(figure_id, self.viewpoint.position)

    def _figure_at(self, figure_id: UUID, position: int) -> UUID:
        known = self.ask(
            f"SELECT {_KEY} FROM log.figures WHERE figure_id = $figure_id AND since <= $position LIMIT 1",
            figure_id=figure_id,
        )
        slugs = dict(
            self._cursor.execute(
                "SELECT slug, kept FROM log.slugs WHERE since <= $position AND until > $position",
                {"position": position},
            ).fetchall()
        )
        if known:
            subject, metric, material, *rest = known[0]
            return UUID(str(id_of(slugs.get(subject, subject), metric, slugs.get(material, material), *rest)))
        return next(self._under_other_slugs(figure_id, slugs), figure_id) if slugs else figure_id

    def _under_other_slugs(self, figure_id: UUID, slugs: Mapping[str, str]) -> Iterator[UUID]:
        """The figure whose key, with a slug that was merged, has this id, though no event ever had."""
        names: dict[str, list[str]] = {}
        for slug, kept in slugs.items():
            names.setdefault(kept, [kept]).append(slug)
        keys = self.ask(
            f"SELECT DISTINCT figure_id, {_KEY} FROM log.figures WHERE {_HELD} "
            "AND (LIST_CONTAINS($kept, subject) OR LIST_CONTAINS($kept, material))",
            kept=list(names),
        )
        for found, subject, metric, material, *rest in keys:
            for one, other in product(names.get(subject, [subject]), names.get(material, [material])):
                if id_of(one, metric, other, *rest) == figure_id:
                    yield found

    def _asked(self, figure_id: UUID) -> list[tuple[int, UUID]]:
        """Each position where the answer to a figure may have changed, and the figure that answered under its id then."""
        moves = self.ask(
            "SELECT DISTINCT since FROM log.slugs WHERE since <= $position "
            "UNION SELECT DISTINCT until FROM log.slugs WHERE until <= $position ORDER BY 1"
        )
        spans = [(start, self._figure_at(figure_id, start)) for start in (0, *(at for (at,) in moves))]
        changes = self.ask(
            "SELECT since FROM log.figures WHERE LIST_CONTAINS($ids, figure_id) AND since <= $position "
            "UNION SELECT until FROM log.figures WHERE LIST_CONTAINS($ids, figure_id) AND until <= $position",
            ids=sorted({figure for _, figure in spans}),
        )
        positions = sorted({at for (at,) in changes} | {at for at, _ in spans[1:]})
        return [(at, next(figure for start, figure in reversed(spans) if start <= at)) for at in positions]

    # Asking

    def _table(
        self,
        view: str,
        clauses: str,
        selection: Selection,
        *,
        order: Sequence[str],
        hidden: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        shape = self._shape(view, clauses, selection)
        page = f"\nLIMIT {limit:d} OFFSET {offset:d}" if limit is not None else f"\nOFFSET {offset:d}" if offset else ""
        conditions = "\n    AND ".join(selection.items) or "TRUE"
        by = ", ".join(f"{quoted(column)} NULLS FIRST" for column in order)
        text = (
            f"{clauses}\nSELECT {presented(shape, hidden=hidden)}\nFROM (\n  SELECT *\n  FROM items\n"
            f"  WHERE {conditions}\n  ORDER BY {by}{page}\n)"
        )
        known = {**self._params, **selection.params}
        return self._cursor.sql(text, params=parameters(text, known) or None).to_arrow_table()

    def _shape(self, view: str, clauses: str, selection: Selection) -> list[tuple[str, str]]:
        if view not in self._shapes:
            text = f"{clauses}\nSELECT * FROM items"
            relation = self._cursor.sql(text, params=parameters(text, {**self._params, **selection.params}) or None)
            self._shapes[view] = [(name, str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)]
        return self._shapes[view]

    def ask(self, query: str, **params: Any) -> list[Any]:
        """The rows that a query gives; it may name the viewpoint's parameters and those given."""
        known = parameters(query, {**self._params, **params})
        return self._cursor.execute(query, known or None).fetchall()


def with_percent(table: pa.Table) -> pa.Table:
    """The table with `change_percent` after its `change`: of |previous_value|, half-even at 4 decimals."""
    changes, bases = table["change"].to_pylist(), table["previous_value"].to_pylist()
    percents = [
        None if change is None else _percent(Decimal(change), Decimal(base))
        for change, base in zip(changes, bases, strict=True)
    ]
    place = table.schema.get_field_index("change") + 1
    return table.add_column(place, "change_percent", pa.array(percents, pa.string()))


def _percent(change: Decimal, base: Decimal) -> str | None:
    percent = percent_of(change, base)
    return None if percent is None else f"{percent:.4f}"


def _naive(at: datetime) -> datetime:
    """In UTC and without saying so, as DuckDB's TIMESTAMP wants it."""
    return at.astimezone(UTC).replace(tzinfo=None)
