"""The engine: the read side as one object. It catches up with the log before each read, and answers at any viewpoint.

Each read has a cursor of its own, so reads run at the same time as other reads and as appends; only one thread at a
time catches up. What happens to tables that cannot be read is in `projections.upkeep`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import duckdb
import pyarrow as pa

from ledger import Entry, Ledger, StoreBusy
from projections.catalogue import CATALOGUE
from projections.queries.diff import diff
from projections.queries.event_search import events_where, timeline
from projections.queries.filters import Value
from projections.queries.reader import Reader
from projections.sql_text import quoted
from projections.tables.database import ARROW_ROWS
from projections.tables.families import families
from projections.tables.table_set import ORDERS
from projections.upkeep import Upkeep
from projections.viewpoint import Viewpoint, viewpoint

__all__ = ["Engine", "Viewpoint"]


class Engine:
    """The projections of one ledger. `path` is a DuckDB file for them, or `:memory:`."""

    def __init__(self, ledger: Ledger, *, path: str = ":memory:") -> None:
        self.ledger = ledger
        self._families = families()
        self._upkeep = Upkeep(ledger, self._families, path=path)

    @classmethod
    def beside(cls, ledger: Ledger, path: Path) -> "Engine":
        """An engine whose tables are kept in a file, so that the next start goes on from there.

        Where they cannot be kept there they are made in memory, and `warning` says why.
        """
        return cls(ledger, path=str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tables. A file keeps them for the next time."""
        self._upkeep.close()

    @property
    def position(self) -> int:
        """The position of the log up to which the tables are made."""
        return self._upkeep.position

    @property
    def warning(self) -> str | None:
        """Why the tables are not kept in their file; None where they are."""
        return self._upkeep.warning

    def catch_up(self) -> None:
        """Take in what was recorded since the last time. On return, everything recorded before the call counts.

        Raises TablesUnavailable, LedgerDamaged.
        """
        self._upkeep.catch_up()

    def serve(self) -> None:
        """From now on nobody waits for tables that take long to make: they are made in a thread, beginning now.

        Meanwhile every read raises TablesUnavailable, which says how far they are.
        """
        self._upkeep.serve()

    def rebuild(self) -> None:
        """Throw the tables away and make them again from the log."""
        self._upkeep.rebuild()

    def viewpoint(
        self, *, as_of: str | None = None, recorded_as_of: str | None = None, effective_at: str | None = None
    ) -> Viewpoint:
        """The viewpoint that printed moments name; each defaults to now, `effective_at` to `as_of`.

        Raises CalendarError, and PositionBeyondHead.
        """
        return viewpoint(self.ledger, as_of=as_of, recorded_as_of=recorded_as_of, effective_at=effective_at)

    def read(
        self,
        name: str,
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """The items of a projection in their order. Raises UnknownFilter and FilterError."""
        with self.reader(viewpoint) as reader:
            return reader.read(name, filters=filters, limit=limit, offset=offset)

    def read_many(
        self, name: str, viewpoints: Sequence[Viewpoint], *, filters: Mapping[str, Value] | None = None
    ) -> pa.Table:
        """The items of a projection at each of several viewpoints, whose place in the list is their `viewpoint`.

        Slugs in filters mean what they mean at the last viewpoint.
        """
        with self.reader(viewpoints[-1]) as reader:
            return reader.read_many(name, viewpoints, filters=filters)

    def history(
        self,
        figure_id: UUID | str,
        viewpoint: Viewpoint,
        *,
        clock: str = "publication",
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """Why a figure changed, oldest first: on the `publication` clock, or on the `ledger` clock."""
        with self.reader(viewpoint) as reader:
            ask = {"publication": reader.history, "ledger": reader.answers}[clock]
            return ask(UUID(str(figure_id)), limit=limit, offset=offset)

    def diff(
        self, before: Viewpoint, after: Viewpoint, *, filters: Mapping[str, Value] | None = None
    ) -> list[dict[str, Any]]:
        """What differs between two viewpoints, and why: see `projections.queries.diff`."""
        with self.reader(before) as one, self.reader(after) as other:
            return diff(self.ledger, one, other, filters=filters or {})

    @contextmanager
    def reader(self, viewpoint: Viewpoint) -> Iterator[Reader]:
        """A reader at a viewpoint, for questions of several parts: see `projections.audit`."""
        with self._upkeep.lend() as tables, tables.connection.cursor() as cursor:
            yield self._reader(cursor, viewpoint, merged=tables.merged)

    def table(self, name: str) -> pa.Table:
        """Every row of a typed table, in order, including the versions that no longer stand.

        Typed tables are the families of events, `slugs`, and `answer_intervals`: see `tables`.
        """
        order = ORDERS.get(name, "position, since")
        with self._upkeep.lend() as tables, tables.connection.cursor() as cursor:
            return cursor.sql(f"SELECT * FROM log.{quoted(name)} ORDER BY {order}").to_arrow_table(ARROW_ROWS)

    def tables(self) -> list[str]:
        """The names of the typed tables."""
        return [*self._families, *ORDERS]

    def timeline(self, name: str, slug: str, viewpoint: Viewpoint) -> list[dict[str, Any]]:
        """The events of one thing that are visible at a viewpoint, as they read there, in order of publication."""
        with self.reader(viewpoint) as reader:
            return timeline(self.ledger, reader, CATALOGUE[name], slug)

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 100,
        viewpoint: Viewpoint,
        type: str | None = None,
        entity: str | None = None,
        figure_id: UUID | None = None,
        publisher: str | None = None,
        reference: str | None = None,
    ) -> list[Entry]:
        """The log in order, as recorded: what mentions an entity (under any of its slugs), is about a figure, …"""
        with self.reader(viewpoint) as reader:
            positions = events_where(
                reader,
                after=after,
                limit=limit,
                type=type,
                entity=entity,
                figure_id=figure_id,
                publisher=publisher,
                reference=reference,
            )
        return self.ledger.at_positions(positions)

    @contextmanager
    def preview(self, entries: Iterable[Entry]) -> Iterator[Reader]:
        """A reader of the tables as they would be if the entries were recorded next, at the viewpoint now.

        On exit everything is undone.

        Raises StoreBusy where the log has grown since the entries were planned.
        """
        drafted = list(entries)
        with self._upkeep.lend_alone() as tables:
            if drafted and drafted[0].position != tables.position + 1:
                raise StoreBusy("the log has grown since this was planned; try again")
            with tables.preview(drafted) as cursor:
                yield self._reader(cursor, self._preview_viewpoint(drafted), merged=tables.merged)

    def _preview_viewpoint(self, drafted: Sequence[Entry]) -> Viewpoint:
        now = viewpoint(self.ledger)
        if drafted:
            last = drafted[-1]
            at = last.recorded_at
            now = replace(now, as_of=max(now.as_of, at), position=last.position, recorded_at=at)
        return replace(now, effective_at=now.as_of)

    def _reader(self, cursor: duckdb.DuckDBPyConnection, viewpoint: Viewpoint, *, merged: bool) -> Reader:
        return Reader(cursor, self._families, viewpoint, merged=merged, subject_of=self._subject_of)

    def _subject_of(self, figure_id: UUID) -> str | None:
        """The subject that the first event on a figure names; None where no event was recorded on it."""
        first = self.ledger.log.stream(figure_id.bytes, limit=1)
        if not first:
            return None
        subject = first[0].body.get("subject")
        return subject if isinstance(subject, str) else None
