"""The engine: the read side as one object. It catches up with the log before each read, and answers at any viewpoint.

Each read has a cursor of its own, so reads run at the same time as other reads and as appends; only one thread at a
time catches up. What happens to tables that cannot be read is in `projections.upkeep`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import UUID

import duckdb
import pyarrow as pa

from ledger import Entry, Ledger, StoreBusy
from projections.queries.allowance import Allowance
from projections.queries.inquiry import BoundedInquiry, Inquiry
from projections.queries.reader import Reader
from projections.queries.watchdog import Watchdog
from projections.sql_text import quoted
from projections.tables.database import ARROW_ROWS
from projections.tables.families import families
from projections.tables.table_set import Progress, TableSet
from projections.tables.table_shapes import ORDERS, VERSIONS_ORDER
from projections.upkeep import Upkeep
from projections.viewpoint import Viewpoint, viewpoint

if TYPE_CHECKING:
    from projections.transfers import WarmStart

__all__ = ["Engine", "Viewpoint"]


class Engine(Inquiry):
    """The projections of one ledger. `path` is a DuckDB file for them, or `:memory:`; `warm_from` is the place to which
    tables were exported, from which a file is filled that lacks much of the log.
    """

    def __init__(self, ledger: Ledger, *, path: str = ":memory:", warm_from: str | None = None) -> None:
        self.ledger = ledger
        self._families = families()
        self._watchdog = Watchdog()
        self._upkeep = Upkeep(ledger, self._families, path=path, warm_start=_warm_start(warm_from))

    @classmethod
    def beside(cls, ledger: Ledger, path: Path, *, warm_from: str | None = None) -> "Engine":
        """An engine whose tables are kept in a file, so that the next start goes on from there.

        Where they cannot be kept there they are made in memory, and `warning` says why.
        """
        return cls(ledger, path=str(path), warm_from=warm_from)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tables. A file keeps them for the next time."""
        self._watchdog.close()
        self._upkeep.close()

    @property
    def path(self) -> Path | None:
        """The file that the tables are kept in; None where they are in memory by choice."""
        return self._upkeep.path

    @property
    def position(self) -> int:
        """The position of the log up to which the tables are made."""
        return self._upkeep.position

    @property
    def progress(self) -> Progress:
        """How far the tables are, where they are being made from a long log."""
        return self._upkeep.progress

    @property
    def answers(self) -> bool:
        """Whether questions are answered, though they may have to wait for what was recorded lately."""
        return self._upkeep.answers

    @property
    def warning(self) -> str | None:
        """Why the tables are not kept in their file; None where they are."""
        return self._upkeep.warning

    def catch_up(self, allowance: Allowance | None = None) -> None:
        """Take in what was recorded since the last time. On return, everything recorded before the call counts.

        While another thread does it this one waits, as long as its allowance lets it. Raises TablesUnavailable,
        LedgerDamaged, OutOfTime and Abandoned.
        """
        self._upkeep.catch_up(allowance or Allowance())

    def serve(self) -> None:
        """From now on nobody waits for tables that take long to make: they are made in a thread, beginning now.

        Meanwhile every read raises TablesUnavailable, which says how far they are.
        """
        self._upkeep.serve()

    def use_file(self) -> None:
        """Keep tables that are not in their file there again, if that is possible now: serving, this is tried often."""
        self._upkeep.take_up()

    def rebuild(self) -> None:
        """Throw the tables away and make them again from the log."""
        self._upkeep.rebuild()

    @contextmanager
    def reader(self, viewpoint: Viewpoint, allowance: Allowance | None = None) -> Iterator[Reader]:
        """A reader at a viewpoint, for questions of several parts: see `projections.audit`.

        With an allowance, whatever it is asked ends when that is used up. Raises OutOfTime, OutOfMemory, Abandoned.
        """
        allowance = allowance or Allowance()
        allowance.check()
        with (
            self._upkeep.lend(allowance) as tables,
            tables.connection.cursor() as cursor,
            self._watchdog.watching(cursor, allowance),
            allowance.spent(),
        ):
            yield self._reader(cursor, viewpoint, allowance, tables)

    def within(self, allowance: Allowance) -> Inquiry:
        """The same questions, which together may use no more than the allowance."""
        return BoundedInquiry(self.ledger, self.reader, allowance)

    def table(self, name: str) -> pa.Table:
        """Every row of a typed table, in order, including the versions that no longer stand.

        Typed tables are the families of events, `slugs` and `slug_groups`, and `answer_intervals`: see `tables`.
        """
        order = ORDERS.get(name, VERSIONS_ORDER)
        with self._upkeep.lend() as tables, tables.connection.cursor() as cursor:
            return cursor.sql(f"SELECT * FROM log.{quoted(name)} ORDER BY {order}").to_arrow_table(ARROW_ROWS)

    def tables(self) -> list[str]:
        """The names of the typed tables."""
        return [*self._families, *ORDERS]

    @contextmanager
    def tables_at_rest(self) -> Iterator[TableSet]:
        """The typed tables, caught up; nobody changes them until the block ends."""
        with self._upkeep.lend_alone(Allowance()) as tables:
            yield tables

    @contextmanager
    def preview(self, entries: Iterable[Entry], allowance: Allowance | None = None) -> Iterator[Reader]:
        """A reader of the tables as they would be if the entries were recorded next, at the viewpoint now.

        On exit everything is undone.

        Raises StoreBusy where the log has grown since the entries were planned; with an allowance, also what `reader`
        raises.
        """
        drafted = list(entries)
        allowance = allowance or Allowance()
        with self._upkeep.lend_alone(allowance) as tables, allowance.spent():
            if drafted and drafted[0].position != tables.position + 1:
                raise StoreBusy("the log has grown since this was planned; try again")
            with tables.preview(drafted) as cursor, self._watchdog.watching(cursor, allowance):
                yield self._reader(cursor, self._preview_viewpoint(drafted), allowance, tables)

    def _preview_viewpoint(self, drafted: Sequence[Entry]) -> Viewpoint:
        now = viewpoint(self.ledger)
        if drafted:
            last = drafted[-1]
            at = last.recorded_at
            now = replace(now, as_of=max(now.as_of, at), position=last.position, recorded_at=at)
        return replace(now, effective_at=now.as_of)

    def _reader(
        self, cursor: duckdb.DuckDBPyConnection, viewpoint: Viewpoint, allowance: Allowance, tables: TableSet
    ) -> Reader:
        return Reader(
            cursor,
            self._families,
            viewpoint,
            merged=tables.merged,
            prefers=tables.prefers,
            subject_of=self._subject_of,
            allowance=allowance,
        )

    def _subject_of(self, figure_id: UUID) -> str | None:
        """The subject that the first event on a figure names; None where no event was recorded on it, or all that
        were are erased.
        """
        log = self.ledger.log
        first = log.stream(figure_id.bytes, limit=1)
        if first and first[0].is_erased:
            first = [one for one in log.stream(figure_id.bytes) if "subject" in one.body][:1]
        if not first:
            return None
        subject = first[0].body.get("subject")
        return subject if isinstance(subject, str) else None


def _warm_start(place: str | None) -> "WarmStart | None":
    """What brings tables from a place; it takes long to import, so that is done where there is one."""
    if not place:
        return None
    from projections.transfers import WarmStart

    return WarmStart(place)
