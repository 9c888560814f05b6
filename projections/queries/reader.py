"""The reader: answers questions at one viewpoint, through one cursor.

The viewpoint's position is one that the tables already hold, and what a slug or an id in a question means is looked up
in the same tables at the same position. So an answer does not change while the log grows.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.catalogue import CATALOGUE, SERIES
from projections.projection import Projection
from projections.queries.allowance import Allowance
from projections.queries.asked_names import AskedNames, NameSearch
from projections.queries.compose import lookup, question
from projections.queries.figure_histories import VISIBLE, FigureHistories
from projections.queries.figure_pages import figure_page
from projections.queries.filter_values import Value
from projections.queries.filters import Selection, is_of_one_figure, one_of, select
from projections.queries.format import presented_rows
from projections.queries.names import NEAR_MAX, Names
from projections.queries.near_answers import (
    BESIDE_ANSWERS,
    HEADS,
    OF_THE_FOLD,
    near_answers,
    of_latest_period,
    statements_of,
)
from projections.queries.near_things import are_few, as_table, near_items
from projections.queries.resource_clauses import resource_clauses, viewpoint_rows
from projections.queries.sort_orders import Sort, sort_of
from projections.queries.touched_things import figures_touched
from projections.queries.viewpoint_cursor import NEAR_ROWS_MAX, in_order
from projections.sql_text import quoted
from projections.tables.families import Family
from projections.viewpoint import Viewpoint

_OF_THE_READER = ("viewpoint", "subject_code")
"""Columns of views that are no part of an item."""

_ANSWERERS = {"publisher", "prefer", "resolve"}
"""Filters that ask for other answers to figures than the one that the answer intervals hold."""

_IDS = ("figure_id", "event_id")
"""Ids are fetched as text: Python makes them in a tenth of the time."""

_SCHEMAS: dict[str, pa.Schema] = {}


class Reader(FigureHistories):
    """Asks the views at one viewpoint: `read` for items of a resource, `series` for what the audit computes with."""

    def __init__(
        self,
        cursor: DuckDBPyConnection,
        families: Mapping[str, Family],
        viewpoint: Viewpoint,
        *,
        merged: bool,
        prefers: bool,
        subject_of: Callable[[UUID], str | None],
        allowance: Allowance,
    ) -> None:
        super().__init__(cursor, viewpoint, allowance)
        self._at = partial(
            Reader, cursor, families, merged=merged, prefers=prefers, subject_of=subject_of, allowance=allowance
        )
        self.families = families
        self.prefers = prefers
        self.names = Names(self.ask, viewpoint.position, merged=merged, subject_of=subject_of, each=allowance.each)

    def meant(self, projection: Projection, filters: Mapping[str, Value], items: pa.Table | None = None) -> AskedNames:
        """What the names in filters mean, and what is to be said of them: see `projections.queries.asked_names`.

        `items` are the first items that the filters selected as they stand: then only what these do not show is
        looked for. Raises UnknownFilter and FilterError.
        """
        return NameSearch(self.ask, self.families, self.names.kept).meant(projection, filters, items)

    def read(
        self,
        name: str,
        *,
        filters: Mapping[str, Value] | None = None,
        figures: Collection[str] | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """The items of a projection in their order, as text, whole numbers, booleans and lists of these.

        `sort` names another order (`projections.queries.sort_orders`); `figures` are the ids of exactly the figures
        wanted, whatever they answer to.
        """
        projection = CATALOGUE[name]
        order = sort_of(projection, sort)
        selection = select(projection, filters or {}, self.names)
        if figures is not None:
            selection.choose(figures, near=self.names.near(figures))
        view = name
        if name == "figures":
            if not _ANSWERERS & set(filters or {}):
                view = "current"
                of_all = not selection.near and not selection.latest and selection.items == ["place = 1"]
                if order is not None and of_all and figures is None and limit is not None and limit <= NEAR_MAX:
                    return self.read(name, figures=self._first_ids(selection, order, limit, offset), sort=sort)
                if limit is not None and of_all and order is None:
                    there = figure_page(self.ask, self.families, selection, limit=limit, offset=offset)
                    selection.keep_subjects(there.subjects)
                    offset -= there.before
            of_one = figures is not None or is_of_one_figure(selection, filters or {})
            page = slice(offset, None if limit is None else offset + limit)
            if selection.near:
                items = self._near(selection, projection, page, sort=order, of_one=of_one)
                if items is not None:
                    return items
        if order is None and are_few(projection, selection, filters or {}):
            few = near_items(self, projection, self.families, selection)
            if few is not None:
                return as_table(few[offset:][:limit], self._schema(projection))
        if limit is not None and order is None:
            first = self._of_the_first(projection, selection, limit, offset)
            if first is not None:
                return first
        return self._page(projection, view, selection, limit, offset, sort=order)

    def read_all(
        self,
        name: str,
        *,
        filters: Mapping[str, Value] | None = None,
        sort: str | None = None,
        offset: int = 0,
        as_text: bool = True,
    ) -> Iterator[pa.Table]:
        """The items from `offset` to the last, as `read` gives them, some at a time: one table at least.

        Where it need not be `as_text`, decimals, days and instants may be as such: of a million figures the texts take
        longer than the figures.
        """
        projection = CATALOGUE[name]
        order = sort_of(projection, sort)
        given = filters or {}
        selection = select(projection, given, self.names)
        of_figures = name == "figures"
        if of_figures and selection.near:
            of_one = is_of_one_figure(selection, given)
            items = self._near(selection, projection, slice(offset, None), sort=order, of_one=of_one)
            if items is not None:
                yield items
                return
        view = "current" if of_figures and not _ANSWERERS & set(given) else name
        hidden = (*_OF_THE_READER, *projection.hidden)
        clauses = self._question(view, selection.rows_of(projection), of_publishers=selection.of_publishers)
        yield from self._tables(
            clauses, selection, order=projection.order, sort=order, hidden=hidden, offset=offset, as_text=as_text
        )

    def _of_the_first(self, projection: Projection, selection: Selection, limit: int, offset: int) -> pa.Table | None:
        """A page of things, folded from the events of the first of them; None where these do not fill it.

        Where things come in the order of their slugs, and one is made of its own events only, those of the things
        behind the page need not be folded. There may be a few without an item, which nothing has opened yet.
        """
        if selection.rows or not selection.of_all or not projection.of_own_events:
            return None
        slug = quoted(projection.order[0])
        of_last = self.ask(
            f"SELECT DISTINCT {slug} FROM log.{projection.family} WHERE since <= $position AND until > $position "
            f"AND visible_from <= $as_of ORDER BY {slug} LIMIT 1 OFFSET $count",
            count=offset + limit,
        )
        if not of_last:
            return None
        near = Selection()
        near.items = selection.items
        near.rows.append(f"versions.{slug} <= {near.bind(of_last[0][0])}")
        page = self._page(projection, projection.name, near, limit, offset)
        return page if len(page) == limit else None

    def _first_ids(self, selection: Selection, sort: Sort, limit: int, offset: int) -> list[str]:
        """The ids of a page of all figures that have an answer, in another order than theirs.

        For these few columns are read of all figures; the others are read of those on the page alone.
        """
        projection = CATALOGUE["figures"]
        clauses = self._question("answers", selection.rows_of(projection))
        page = in_order(clauses, selection, order=projection.order, sort=sort, limit=limit, offset=offset)
        found = self.ask(f"SELECT CAST(figure_id AS VARCHAR) FROM ({page})", **selection.params)
        return [figure_id for (figure_id,) in found]

    def _page(
        self,
        projection: Projection,
        view: str,
        selection: Selection,
        limit: int | None,
        offset: int,
        *,
        sort: Sort | None = None,
    ) -> pa.Table:
        return self._table(
            self._question(view, selection.rows_of(projection), of_publishers=selection.of_publishers),
            selection,
            order=projection.order,
            sort=sort,
            hidden=(*_OF_THE_READER, *projection.hidden),
            limit=limit,
            offset=offset,
        )

    def _schema(self, projection: Projection) -> pa.Schema:
        """The columns of items of a resource: always the same, so its view is asked once."""
        if projection.name not in _SCHEMAS:
            of_none = self._page(projection, projection.name, Selection(), 0, 0)
            _SCHEMAS[projection.name] = of_none.schema
        return _SCHEMAS[projection.name]

    def _question(
        self,
        view: str,
        rows: Mapping[str, Sequence[str]],
        *,
        viewpoints: str | None = None,
        of_publishers: bool = False,
    ) -> str:
        return resource_clauses(
            self.ask,
            self.families,
            view,
            rows,
            viewpoints=viewpoints,
            of_publishers=of_publishers,
            by_preference=self.prefers if viewpoints else bool(self.ranking),
        )

    def _near(
        self, selection: Selection, projection: Projection, page: slice, *, sort: Sort | None, of_one: bool
    ) -> pa.Table | None:
        """A page of the answers to the figures of a few subjects; None where much was said, or items are filtered."""
        if selection.items not in (["place = 1"], []):
            return None
        query = lookup("said", [*selection.rows, VISIBLE], as_text=_IDS)
        columns, said = self._rows(query if of_one else HEADS.format(said=query), selection)
        if len(said) > NEAR_ROWS_MAX:
            return None
        places = {name: place for place, name in enumerate(columns)}
        left_out = {*_OF_THE_READER, *OF_THE_FOLD, *projection.hidden}
        shown = {name: place for name, place in places.items() if name not in left_out}
        keys = [places[column] for column in projection.order]
        statements = statements_of(said, places)
        ranking = self.ranking.after(selection.params["prefer"])
        answers = near_answers(statements, ranking, first_only=bool(selection.items))
        answers.sort(key=lambda one: [(one.row[key] is not None, one.row[key]) for key in keys])
        if selection.latest:
            answers = of_latest_period(answers, places, selection.latest)
        if sort is not None:
            answers = sort.of_rows(answers, lambda one, column: one.row[places[column]])
        rows = [(*map(one.row.__getitem__, shown.values()), *one[1:-1]) for one in answers[page]]
        return presented_rows({**{name: columns[name] for name in shown}, **BESIDE_ANSWERS}, rows)

    def read_many(
        self, name: str, viewpoints: Sequence[Viewpoint], *, filters: Mapping[str, Value] | None = None
    ) -> pa.Table:
        """The items at each of several viewpoints; column `viewpoint` is the place of an item's viewpoint in the list.

        Slugs and ids in filters mean what they mean at the reader's own viewpoint.
        """
        projection = CATALOGUE[name]
        selection = select(projection, filters or {}, self.names)
        return self._table(
            self._question(
                name,
                selection.rows_of(projection),
                viewpoints=viewpoint_rows(viewpoints, selection.bind),
                of_publishers=selection.of_publishers,
            ),
            selection,
            order=("viewpoint", *projection.order),
            hidden=projection.hidden,
        )

    def entries(
        self,
        columns: Sequence[str],
        filters: Mapping[str, Value] | None = None,
        *,
        subjects: Sequence[str] | None = None,
        figures: Collection[str] | None = None,
    ) -> pa.Table:
        """The entries of the series that filters select, in order, one a row; the rest is as in `series`."""
        shown, by = map(quoted, dict.fromkeys(columns)), (f"{quoted(column)} NULLS FIRST" for column in SERIES.order)
        query = f"SELECT {', '.join(shown)} FROM chosen ORDER BY {', '.join(by)}"
        return self.series("history", filters or {}, query=query, subjects=subjects, figures=figures)

    def series(
        self,
        view: str,
        filters: Mapping[str, Value],
        *,
        query: str,
        params: Mapping[str, Any] | None = None,
        subjects: Sequence[str] | None = None,
        figures: Collection[str] | None = None,
    ) -> pa.Table:
        """What a query gives that reads `chosen`: the rows of a view of series, those that filters of a series select.

        With `subjects`, only series about these, which are all that there are from the first to the last; with
        `figures`, only those of figures with these ids. Decimals, days and instants are as such, ids and dimensions
        text. Raises UnknownFilter and FilterError.
        """
        selection = select(SERIES, filters, self.names)
        if subjects is not None:
            selection.keep_subjects(subjects)
        if figures is not None:
            selection.rows.append(one_of(selection.bind(list(figures)), count=len(figures)))
        clauses = question(view, self.families, rows={SERIES.family: selection.rows})
        conditions = " AND ".join(selection.items) or "TRUE"
        text = f"{clauses},\nchosen AS (SELECT * FROM items WHERE {conditions})\n{query}"
        return self._ask(text, selection, params or {})

    def figures_touched(self, *, after: int) -> list[UUID]:
        """The figures of which a version was opened or closed after a position."""
        return figures_touched(self.ask, after)

    def at(self, viewpoint: Viewpoint) -> "Reader":
        """A reader of the same tables at another viewpoint."""
        return self._at(viewpoint)

    def preferring_as_at(self, position: int) -> "Reader":
        """A reader at the same viewpoint that asks those first whom the ledger asked first at another position."""
        reader = self._at(self.viewpoint)
        reader._params["preferred_at"] = position
        return reader
