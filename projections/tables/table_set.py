"""A table set: the typed tables of one log in one DuckDB database, from opening to closing.

The tables are made from the log by one path. They are thrown away and made again where they were made from another log,
or by another version of the SQL (its fingerprint). One thread at a time may change them; any number may read, each
through a cursor of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import pyarrow as pa

from ledger import Entry, Ledger
from projections.sql_text import quoted
from projections.tables import answer_intervals
from projections.tables.arrow_rows import drafted as as_table
from projections.tables.database import columns_of, connected, drop_tables, is_about_rows, use_all_cores
from projections.tables.families import Family
from projections.tables.ingest import Ingest, TextsErased
from projections.tables.log_batches import batches, check_rows
from projections.tables.planned_statements import FEW
from projections.tables.spill_folder import remove_abandoned, spill_folder
from projections.tables.table_shapes import ORDERS, fingerprint

WHOLE_MIN = 20_000
"""A log of at least this many events is made into tables in one go, which sorts them too."""

CORES_MIN = 50_000
"""From a log of this many events on every core answers. Of a shorter one a question is planned and run by one in two
thirds of the time that two take: most of it is many small steps, and to hand one over costs more than to do it."""

KEPT_EVERY = 5_000
"""After this many new events the file is brought up to date (a checkpoint). Until then each event that came alone takes
some 20 KB of memory."""

READING = "reading the log"
ORDERING = "putting rows in order"
"""The phases in which a long log is made into tables."""

BRINGING = "bringing tables"
"""The phase in which other tables are brought, which will take the place of these."""

PROGRESS = ("identity", "fingerprint", "position", "event_id")
"""The columns of the table that says what the others were made from. No other program's file has such a table."""


class Progress(NamedTuple):
    """How far tables are that are being made."""

    seen: int = 0
    """The position up to which the log was read."""
    phase: str | None = None
    """What is done now, where a long log is made into tables."""
    ordered: float | None = None
    """The share of the rows that were put in order, in the phase in which they are."""

    @property
    def is_brought(self) -> bool:
        """Whether tables are brought from elsewhere, and not made."""
        return self.phase == BRINGING


_COLUMNS: dict[str, dict[str, str]] = {}
"""The columns of the families' tables, as they are written where a table is made, by the fingerprint of the tables. To
find them out takes a fifth of a second; a server that erases makes tables again and again."""


def family_columns(families: Mapping[str, Family]) -> Mapping[str, str]:
    """The columns of the families' tables, as they are written where a table is made."""
    mark = fingerprint(families)
    if mark not in _COLUMNS:
        with Ledger(":memory:") as nothing:
            TableSet(nothing, families, path=":memory:").close()
    return _COLUMNS[mark]


class ForeignTables(Exception):
    """A DuckDB file holds something else than the tables of a log."""


class TableSet:
    """The tables of one log. `path` is a DuckDB file, or `:memory:`.

    Raises duckdb.Error where it cannot be opened, and ForeignTables.
    """

    def __init__(self, ledger: Ledger, families: Mapping[str, Family], *, path: str) -> None:
        self._ledger = ledger
        self._families = families
        self._in_memory = path.startswith(":memory:")
        remove_abandoned(ledger.directory)
        self._spill = spill_folder(ledger.directory) if path == ":memory:" else None
        self.connection = connected(path, spill=None if self._spill is None else self._spill.path)
        self._writer = self.connection.cursor()
        self._ingest = Ingest(self._writer, ledger.log, families)
        self.position = 0
        """The position of the log up to which the tables are made."""
        self.progress = Progress()
        """How far the tables are, where they are being made."""
        self.prefers = False
        """Whether any row says whom the ledger asks first, or did."""
        self.written = True
        """Whether what is new is put into the file."""
        self._kept = 0
        """The position up to which the tables in the file are written."""
        self._uses_all_cores = False
        self._stopped = False
        self._is_broken = False
        """Whether something could not be undone."""
        try:
            self._open()
            self._use_cores_for(self.position)
        except BaseException:
            self.close()  # a file that cannot be read could not be made anew while it is open
            raise

    @property
    def merged(self) -> bool:
        """Whether any slug ever resolved to another than itself."""
        return self._ingest.aliases.ever

    @property
    def names(self) -> list[str]:
        """The names of the typed tables."""
        return [*self._families, *ORDERS]

    def close(self) -> None:
        """Close the tables. A file keeps them for the next time."""
        if self.position > self._kept:
            with suppress(duckdb.Error):
                self._checkpoint()
        self._writer.close()
        self.connection.close()
        if self._spill is not None:
            self._spill.close()
            self._spill = None

    def stop(self) -> None:
        """Let another thread that changes the tables end with an error as soon as it can."""
        self._stopped = True
        self._writer.interrupt()

    def note_brought(self, position: int | None) -> None:
        """Note that other tables are brought, and up to which position; None: they are no more.

        Raises duckdb.InterruptException where these are being closed: then nobody needs the others.
        """
        if position is None:
            self.progress = Progress(self.position)
            return
        if self._stopped:
            raise duckdb.InterruptException("the tables are being closed")
        self.progress = Progress(position, BRINGING)

    def write(self) -> None:
        """Put what is new into the file, and from now on too."""
        self.written = True
        self._checkpoint()

    def are_open(self) -> bool:
        """Whether DuckDB still takes statements."""
        try:
            with self.connection.cursor() as cursor:
                return bool(cursor.execute("SELECT 1 FROM log.progress").fetchall())
        except duckdb.Error:
            return False

    def read_through(self) -> None:
        """Read every block of the tables. Raises duckdb.Error where one is not as it was written."""
        for name in (*self.names, "progress"):
            self._writer.execute(f"SELECT BIT_XOR(HASH(one)) FROM log.{quoted(name)} AS one").fetchall()

    def take_in(self, head: int) -> None:
        """Bring the tables up to a position of the log. Raises LedgerDamaged, duckdb.Error; and TextsErased where there
        are rows of what was erased since, which nothing but a new file is certain to be without.
        """
        if self.position and self._ledger.log.erased.unseen(self.position, limit=0)[0]:
            raise TextsErased
        if self._is_broken:
            raise duckdb.FatalException("what was begun could not be undone")
        self._use_cores_for(head)
        if self.position == 0 and head >= WHOLE_MIN:
            self._take_in_all(head)
        else:
            self._take_in_batches(head)

    def _use_cores_for(self, events: int) -> None:
        if events >= CORES_MIN and not self._uses_all_cores:
            use_all_cores(self.connection)
            self._uses_all_cores = True

    def empty(self) -> None:
        """Leave the tables with nothing in them but which log they are of."""
        self._writer.execute("; ".join(f"TRUNCATE log.{quoted(name)}" for name in (*self.names, "progress")))
        self._writer.execute(
            "INSERT INTO log.progress VALUES ($log, $text, 0, NULL)",
            {"log": self._ledger.identity, "text": self._fingerprint},
        )
        self._ingest.recall()
        self.position = self._kept = 0
        self.progress = Progress()

    @contextmanager
    def preview(self, drafted: Sequence[Entry]) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor to the tables as they would be if the entries were recorded next. On exit everything is undone."""
        try:
            with self._ingest.planned.lasting(when=len(drafted) <= FEW):
                self._writer.execute("BEGIN TRANSACTION")
                if drafted:
                    self._ingest.follows = True
                    self._ingest.take(as_table(drafted), drafted={entry.event_key: entry for entry in drafted})
                    self._note_preferences()
                    self._bring_answer_intervals_up()
            yield self._writer
        finally:
            self._roll_back()

    def _take_in_batches(self, head: int) -> None:
        self._ingest.follows = True
        for batch in self._batches(head):
            with self._ingest.planned.lasting(when=len(batch) <= FEW), self._transaction():
                self._take(batch)
                self._bring_answer_intervals_up()
                position = self._note_progress(_last_of(batch))
            self.position = position
            self._note_preferences()
            if position - self._kept >= KEPT_EVERY:
                self._checkpoint()

    def _take_in_all(self, head: int) -> None:
        """Fill empty tables from the whole log: batches into sorted runs, then all runs into their place.

        Each statement is a transaction of its own; tables that are not whole say that they hold nothing.
        """
        self.empty()
        self.progress = Progress(phase=READING)
        self._writer.execute("CREATE OR REPLACE TABLE runs AS FROM log.figures LIMIT 0")
        self._ingest.figures, self._ingest.follows = "runs", False
        try:
            for batch in self._batches(head):
                self._take(batch)
            last = _last_of(batch)
            del batch
            self._note_ordered(0.0)
            answer_intervals.make_all(self._writer, "runs", seen=self._note_ordered)
            self.position = self._note_progress(last)
            self._note_preferences()
        except BaseException:
            try:
                self._ingest.recall()
                self._writer.execute("DROP TABLE runs")
            except duckdb.Error:
                self._is_broken = True
            raise
        finally:
            self._ingest.figures = "log.figures"
            self.progress = Progress(self.progress.seen)
        self._writer.execute("DROP TABLE runs")
        self._checkpoint()

    def _batches(self, head: int) -> Iterator[pa.Table]:
        """What the log says after the tables' position, batch by batch."""
        for batch in batches(self._ledger.log, after=self.position, until=head, seen=self._note_seen):
            if self._stopped:
                raise duckdb.InterruptException("the tables are being closed")
            yield batch

    def _note_seen(self, position: int) -> None:
        self.progress = self.progress._replace(seen=position)

    def _note_ordered(self, share: float) -> None:
        self.progress = self.progress._replace(phase=ORDERING, ordered=share)

    def _take(self, batch: pa.Table) -> None:
        """Take in some rows of the log. Raises LedgerDamaged where one of them is the reason that it fails."""
        try:
            self._ingest.take(batch)
        except Exception as error:
            if not isinstance(error, duckdb.Error) or is_about_rows(error):
                check_rows(self._ledger.log, batch)
            raise

    def _checkpoint(self) -> None:
        """Put what is new into the file, unless somebody else is writing to it at this moment.

        Tables in memory are left as they are: to write them anew takes seconds, and saves nothing.
        """
        if not self.written or self._in_memory:
            return
        with suppress(duckdb.TransactionException):
            self._writer.execute("CHECKPOINT log")
            self._kept = self.position

    def _bring_answer_intervals_up(self) -> None:
        touched, planned = self._ingest.touched, self._ingest.planned
        answer_intervals.bring_up_to_date(self._writer, planned, touched, after=self.position)
        self._ingest.touched.clear()

    def _note_progress(self, last: Mapping[str, Any]) -> int:
        self._writer.execute("UPDATE log.progress SET position = $position, event_id = $event_id", last)
        return int(last["position"])

    def _note_preferences(self) -> None:
        """To ask after each batch takes a tenth of a millisecond; once there are any it is not asked again."""
        if not self.prefers:
            self.prefers = bool(self._writer.execute("SELECT 1 FROM log.preferences LIMIT 1").fetchall())

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
        try:
            self._writer.execute("ROLLBACK")
            self._ingest.recall()
        except duckdb.Error:
            self._is_broken = True  # What went wrong is to be heard, and not what follows from it.

    def _open(self) -> None:
        """Take the tables that are there, or make them anew where they are of another log or made by other SQL."""
        progress = self._progress()
        if progress is None or progress[1] != self._fingerprint:
            drop_tables(self._writer)
            self._create()
        elif progress[2] and progress[0] == self._ledger.identity and self._holds(progress[2], event_id=progress[3]):
            self._ingest.recall()
            self._note_preferences()
            self.position = self._kept = int(progress[2])
            self.progress = Progress(self.position)
            return
        self.empty()

    def _create(self) -> None:
        """Make the tables, empty; the columns of their families as this process found them to be the first time."""
        known = _COLUMNS.get(self._fingerprint)
        self._ingest.create_tables(known)
        if known is None:
            _COLUMNS[self._fingerprint] = {name: columns_of(self._writer, f"log.{name}") for name in self._families}

    def _progress(self) -> tuple[str, str, int, UUID | None] | None:
        """The row that says what the tables were made from; None where there are none. Raises ForeignTables.

        DuckDB's lists of tables and columns cost ten times as much as to ask a table, so they are read only where it
        is not there.
        """
        try:
            rows = self._writer.execute("FROM log.progress")
        except (duckdb.CatalogException, duckdb.BinderException):
            if self._holds_anything():
                raise ForeignTables from None
            return None
        if [column[0] for column in rows.description or ()] != [*PROGRESS]:
            raise ForeignTables
        row: tuple[str, str, int, UUID | None] | None = rows.fetchone()
        return row if self._all_are_there() else None

    def _holds_anything(self) -> bool:
        """Whether there are tables or views in the database, of whatever name."""
        there = self._writer.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = 'log' UNION ALL "
            "SELECT 1 FROM duckdb_views() WHERE database_name = 'log' AND NOT internal LIMIT 1"
        )
        return bool(there.fetchall())

    def _all_are_there(self) -> bool:
        """Whether nobody has taken some of the tables away."""
        looks = " UNION ALL ".join(f"(SELECT 1 FROM log.{quoted(name)} LIMIT 0)" for name in self.names)
        try:
            self._writer.execute(looks)
        except duckdb.CatalogException:
            return False
        return True

    def _holds(self, position: int, *, event_id: UUID | None) -> bool:
        """Whether the log has this event at this position."""
        entries = self._ledger.log.at_positions([position])
        return bool(entries) and entries[0].event_id == event_id

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._families)


def _last_of(batch: pa.Table) -> dict[str, Any]:
    """The position and the event_id of the last row of a batch."""
    (last,) = batch.slice(len(batch) - 1).select(["position", "event_id"]).to_pylist()
    return dict(last)
