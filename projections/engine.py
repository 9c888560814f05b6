"""The engine: the read side as one object. It catches up with the log before each read, and answers at any viewpoint.

The tables are made from the log by one path. They are thrown away and made again where they were made from another log,
or by another version of the SQL (its fingerprint). Each read has a cursor of its own, so reads run at the same time as
other reads and as appends; only one thread at a time catches up.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
from projections.sql_text import quoted, sql
from projections.tables import answer_intervals
from projections.tables.arrow_rows import drafted as as_table
from projections.tables.arrow_rows import recorded
from projections.tables.database import ARROW_ROWS, connected, drop_tables, is_in_use
from projections.tables.families import families
from projections.tables.ingest import Ingest
from projections.viewpoint import Viewpoint, viewpoint

__all__ = ["Engine", "Viewpoint"]

BATCH_ROWS = 250_000
"""Events that are taken in together: two row groups of DuckDB at its default size (122,880)."""

WHOLE_MIN = 20_000
"""A log of at least this many events is made into tables in one go, which sorts them too."""

KEPT_EVERY = 5_000
"""After this many new events the file is brought up to date (a checkpoint). Until then each event that came alone takes
some 20 KB of memory."""

_ORDERS = {"slugs": "slug, since", "answer_intervals": "subject_code, figure_code, since, shown_from, position"}
"""The tables that hold something else than versions of events, and the order of their rows."""


class Engine:
    """The projections of one ledger. `path` is a DuckDB file for them, or `:memory:`."""

    def __init__(self, ledger: Ledger, *, path: str = ":memory:") -> None:
        self.ledger = ledger
        self._families = families()
        self._lock = threading.RLock()
        self._connection = connected(path)
        self._writer = self._connection.cursor()
        self._ingest = Ingest(self._writer, ledger.log, self._families)
        self._position = 0
        self._kept = 0
        """The position up to which the tables in the file are written."""
        try:
            self._open()
        except BaseException:
            self.close()  # a file that cannot be read could not be made anew while it is open
            raise

    @classmethod
    def beside(cls, ledger: Ledger, path: Path) -> "Engine":
        """An engine whose tables are kept in a file, so that the next start goes on from there.

        Where another process has the file open, the tables are made in memory. A file that cannot be read is made anew.
        """
        try:
            return cls(ledger, path=str(path))
        except duckdb.Error as error:
            if is_in_use(error):
                return cls(ledger)
            for name in (path.name, f"{path.name}.wal"):
                path.with_name(name).unlink(missing_ok=True)
            return cls(ledger, path=str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tables. A file keeps them for the next time."""
        with self._lock:
            self._writer.close()
            self._connection.close()

    @property
    def position(self) -> int:
        """The position of the log up to which the tables are made."""
        return self._position

    def catch_up(self) -> None:
        """Take in what was recorded since the last time. On return, everything recorded before the call counts."""
        head = self.ledger.head()
        if self._position >= head:
            return
        with self._lock:
            head = self.ledger.head()
            if self._position == 0 and head >= WHOLE_MIN:
                self._take_in_all(head)
            else:
                self._take_in(head)

    def rebuild(self) -> None:
        """Throw the tables away and make them again from the log. A read at the same time may find them half made."""
        with self._lock:
            self._writer.execute("UPDATE log.progress SET identity = 'of no log'")
            self._open()
        self.catch_up()

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
        self.catch_up()
        with self._connection.cursor() as cursor:
            yield self._reader(cursor, viewpoint)

    def table(self, name: str) -> pa.Table:
        """Every row of a typed table, in order, including the versions that no longer stand.

        Typed tables are the families of events, `slugs`, and `answer_intervals`: see `tables`.
        """
        self.catch_up()
        order = _ORDERS.get(name, "position, since")
        with self._connection.cursor() as cursor:
            return cursor.sql(f"SELECT * FROM log.{quoted(name)} ORDER BY {order}").to_arrow_table(ARROW_ROWS)

    def tables(self) -> list[str]:
        """The names of the typed tables."""
        return [*self._families, *_ORDERS]

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
        with self._lock:
            self.catch_up()
            if drafted and drafted[0].position != self._position + 1:
                raise StoreBusy("the log has grown since this was planned; try again")
            self._writer.execute("BEGIN TRANSACTION")
            try:
                if drafted:
                    self._ingest.follows = True
                    self._ingest.take(as_table(drafted), drafted={entry.event_key: entry for entry in drafted})
                    self._remake_answer_intervals()
                yield self._preview_reader(drafted)
            finally:
                self._roll_back()

    def _take_in(self, head: int) -> None:
        """Bring the tables up to a position, batch by batch."""
        self._ingest.follows = True
        for batch in self._batches(after=self._position, until=head):
            with self._transaction():
                self._ingest.take(batch)
                self._remake_answer_intervals()
                position = self._note_progress(batch)
            self._position = position
        if head - self._kept >= KEPT_EVERY:
            self._checkpoint()

    def _take_in_all(self, head: int) -> None:
        """Fill empty tables from the whole log: batches into sorted runs, then all runs into their place.

        Each statement is a transaction of its own; tables that are not whole say that they hold nothing.
        """
        self._empty()
        self._writer.execute("CREATE OR REPLACE TABLE runs AS FROM log.figures LIMIT 0")
        self._ingest.figures, self._ingest.follows = "runs", False
        try:
            for batch in self._batches(after=0, until=head):
                self._ingest.take(batch)
            answer_intervals.make_all(self._writer, "runs")
            self._position = self._note_progress(batch)
        except BaseException:
            self._ingest.recall()
            raise
        finally:
            self._ingest.figures = "log.figures"
            self._writer.execute("DROP TABLE runs")
        self._checkpoint()

    def _checkpoint(self) -> None:
        """Put what is new into the file, unless somebody else is writing to it at this moment."""
        with suppress(duckdb.TransactionException):
            self._writer.execute("CHECKPOINT log")
            self._kept = self._position

    def _remake_answer_intervals(self) -> None:
        answer_intervals.make_again(self._writer, self._ingest.planned, self._ingest.touched)
        self._ingest.touched.clear()

    def _note_progress(self, batch: pa.Table) -> int:
        (last,) = batch.slice(len(batch) - 1).select(["position", "event_id"]).to_pylist()
        self._writer.execute("UPDATE log.progress SET position = $position, event_id = $event_id", last)
        return int(last["position"])

    def _batches(self, *, after: int, until: int) -> Iterator[pa.Table]:
        """The log in order, in tables of about BATCH_ROWS rows. The next one is read while one is worked on."""
        tables = self._tables_of_rows(after=after, until=until)
        table = next(tables, None)
        with ThreadPoolExecutor(max_workers=1) as ahead:
            while table is not None:
                is_last = table["position"][-1].as_py() >= until
                following = None if is_last else ahead.submit(next, tables, None)
                yield table
                table = following.result() if following is not None else None

    def _tables_of_rows(self, *, after: int, until: int) -> Iterator[pa.Table]:
        held: list[pa.RecordBatch] = []
        for block in self.ledger.log.blocks(after=after, until=until, rows_max=min(BATCH_ROWS, 20_000)):
            held.append(recorded(block))
            if sum(map(len, held)) >= BATCH_ROWS:
                yield pa.Table.from_batches(held)
                held = []
        if held:
            yield pa.Table.from_batches(held)

    def _preview_reader(self, drafted: list[Entry]) -> Reader:
        now = viewpoint(self.ledger)
        if drafted:
            last = drafted[-1]
            at = last.recorded_at
            now = replace(now, as_of=max(now.as_of, at), position=last.position, recorded_at=at)
        return self._reader(self._writer, replace(now, effective_at=now.as_of))

    def _reader(self, cursor: duckdb.DuckDBPyConnection, viewpoint: Viewpoint) -> Reader:
        merged = self._ingest.aliases.ever
        return Reader(cursor, self._families, viewpoint, merged=merged, subject_of=self._subject_of)

    def _subject_of(self, figure_id: UUID) -> str | None:
        """The subject that the first event on a figure names; None where no event was recorded on it."""
        first = self.ledger.log.stream(figure_id.bytes, limit=1)
        if not first:
            return None
        subject = first[0].body.get("subject")
        return subject if isinstance(subject, str) else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self._writer.execute("COMMIT")

    def _roll_back(self) -> None:
        self._writer.execute("ROLLBACK")
        self._ingest.recall()

    def _open(self) -> None:
        """Take the tables that are there, or make them anew where they are of another log or made by other SQL."""
        fingerprint = self._fingerprint()
        progress = None
        if self._writer.execute("SELECT 1 FROM duckdb_tables() WHERE database_name = 'log'").fetchall():
            query = "SELECT identity, fingerprint, position, event_id FROM log.progress"
            progress = self._writer.execute(query).fetchone()
        if progress is None or progress[1] != fingerprint:
            drop_tables(self._writer)
            self._ingest.create_tables()
        elif progress[2] and progress[0] == self.ledger.identity and self._holds(progress[2], event_id=progress[3]):
            self._ingest.recall()
            self._position = self._kept = int(progress[2])
            return
        self._empty()

    def _empty(self) -> None:
        """Leave the tables with nothing in them but which log they are of."""
        for name in (*self.tables(), "progress"):
            self._writer.execute(f"TRUNCATE log.{quoted(name)}")
        self._writer.execute(
            "INSERT INTO log.progress VALUES ($log, $text, 0, NULL)",
            {"log": self.ledger.identity, "text": self._fingerprint()},
        )
        self._ingest.recall()
        self._position = self._kept = 0

    def _holds(self, position: int, *, event_id: UUID | None) -> bool:
        """Whether the log has this event at this position."""
        entries = self.ledger.at_positions([position])
        return bool(entries) and entries[0].event_id == event_id

    def _fingerprint(self) -> str:
        """A digest of the SQL that makes the tables: another one means that the tables must be made again."""
        texts = [
            sql(f"tables/sql/{name}.sql")
            for name in ("macros", "bookkeeping", "fiscal", "figures", "exact", "answer_intervals")
        ]
        texts += [family.select(merged=True) for family in self._families.values()]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()
