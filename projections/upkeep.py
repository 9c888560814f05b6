"""Upkeep: there are always tables to answer from, or it is said why not, and how far they are.

The tables are made from the log and can be made again. So whatever happens to them is mended in one way: nobody uses
them any more, and others take their place (`projections.tables.remedies` says which). Every use of tables goes through
here (`lend`, `catch_up`), so every sign that something is wrong with them is seen here.

Who asks meanwhile waits, or is told how far the tables are (TablesUnavailable), where `serving`: then tables that take
long to make are made in a thread of their own. No answer comes from tables that are not whole.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ledger import Ledger, LedgerDamaged
from projections.queries.allowance import ENDLESS, Allowance
from projections.tables.database import is_damage, is_fatal, is_full, line_of
from projections.tables.families import Family
from projections.tables.ingest import TextsErased
from projections.tables.log_batches import check_row
from projections.tables.remedies import Remedy
from projections.tables.table_place import PlaceUnusable, close, draft_of, has_room, tables_made_at
from projections.tables.table_set import WHOLE_MIN, Progress, TableSet
from projections.tables.table_users import TableUsers
from projections.tables.tables_unavailable import TablesUnavailable

if TYPE_CHECKING:
    from projections.transfers import WarmStart

logger = logging.getLogger("supply_ledger")

LOOK_EVERY_S = 30.0
"""How often it is looked whether tables that are not kept in their file can be kept there again."""

LEAVE_S = 10.0
"""How long those who still read from tables that are given up are waited for, before others take their place."""

PATIENCE_S = 5.0
"""How long a question waits, where serving, for tables that only lack what was recorded lately."""


class Upkeep:
    """Keeps the tables of one ledger fit for use. `path` is a DuckDB file for them, or `:memory:`; a `warm_start`
    brings tables to that file from elsewhere.
    """

    def __init__(
        self, ledger: Ledger, families: Mapping[str, Family], *, path: str, warm_start: "WarmStart | None" = None
    ) -> None:
        self._ledger = ledger
        self._families = families
        self.path = None if path.startswith(":memory:") else Path(path)
        self._memory = path if self.path is None else ":memory:"
        self.serving = False
        """Whether tables that take long to make are made in a thread of their own, while questions are refused."""
        self.warning: str | None = None
        """Why the tables are not kept in their file."""
        self._writing = threading.RLock()
        """Held by the thread that changes tables."""
        self._change = threading.Condition()
        """Held for a moment by whoever changes what follows; notified when it has changed."""
        self._tables: TableSet | None = None
        """Those in use; None while there are none that may be used."""
        self._making: TableSet | None = None
        """Those that will be in use when they are made."""
        self._users = TableUsers(self._change)
        self._warm_start = warm_start
        self._remedy = Remedy.NONE
        self._anew = False
        """Whether the next tables must not be those that there are."""
        self._proven = False
        """Whether the tables have caught up since they were opened."""
        self._may_return, self._look_at = False, 0.0
        self._damage: LedgerDamaged | None = None
        self._thread: threading.Thread | None = None
        self._began_at = 0.0
        """When the thread began."""
        self._failure: Exception | None = None
        self._despair: str | None = None
        """Why no remedy has helped; nothing is tried again before `_hope_at`."""
        self._hope_at, self._closed = 0.0, False
        self._tables = self._open()

    @property
    def position(self) -> int:
        """The position of the log up to which the tables are made."""
        tables = self._tables
        return 0 if tables is None else tables.position

    @property
    def answers(self) -> bool:
        """Whether questions are answered, though they may have to wait for what was recorded lately."""
        return bool(self.position) and (self._thread is None or time.monotonic() < self._began_at + PATIENCE_S)

    @property
    def progress(self) -> Progress:
        """How far tables are that are being made, or that are made."""
        tables = self._tables or self._making
        return Progress() if tables is None else tables.progress

    def close(self) -> None:
        """Close the tables. A file keeps them for the next time."""
        with self._change:
            self._closed = True
            thread, there = self._thread, [one for one in (self._tables, self._making) if one is not None]
        for tables in there:
            tables.stop()
        if thread is not None:
            thread.join()
        with self._writing:
            for tables in {*there, *self._users.leaving}:
                close(tables)

    @contextmanager
    def lend(self, allowance: Allowance = ENDLESS) -> Iterator[TableSet]:
        """The tables, caught up; nobody closes or empties them until the block ends.

        Whatever DuckDB raises in the block is looked at. Raises TablesUnavailable, LedgerDamaged; and OutOfTime and
        Abandoned where others are before the question for longer than its allowance lets it wait.
        """
        tables = self._borrow(allowance)
        try:
            yield tables
        except duckdb.Error as error:
            if tables is self._tables and is_full(error) and not is_fatal(error):
                reason = "the disk is full, and this question needs room on it; narrow it, or make room"
                raise self._unavailable(reason) from error
            if is_fatal(error) or is_damage(error) or not tables.are_open():
                self._lose(tables, error)
            if tables is not self._tables:
                if self.serving:
                    self._start(self._bring_up)
                raise self._unavailable("the tables were damaged, and are being made again") from error
            raise
        finally:
            self._users.give_back(tables)

    @contextmanager
    def lend_alone(self, allowance: Allowance) -> Iterator[TableSet]:
        """The same, and nobody changes them until the block ends."""
        with allowance.holding(self._writing), self.lend(allowance) as tables:
            yield tables

    def catch_up(self, allowance: Allowance = ENDLESS) -> None:
        """Take in what was recorded. On return, everything recorded before the call counts.

        Raises TablesUnavailable, LedgerDamaged, OutOfTime and Abandoned.
        """
        head = self._ledger.head()
        if self._has(head):
            return
        if not (self.serving and self._is_long(head)):
            with allowance.holding(self._writing, unless=lambda: self._has(head)) as held:
                if held:
                    self._bring_up()
            return
        self._start(self._bring_up)
        with self._change:
            if self.position:
                patience_s = min(PATIENCE_S, allowance.left_s)
                self._change.wait_for(lambda: self.position >= head or self._thread is None, patience_s)
            if self._has(head):
                return
            if self._thread is None and self._failure is not None:
                raise self._failure
        raise self._unavailable("the tables are being made")

    def serve(self) -> None:
        """From now on tables that take long to make are made in a thread of their own, beginning now."""
        self.serving = True
        self._start(self._bring_up)

    def rebuild(self) -> None:
        """Throw the tables away and make them again from the log."""
        with self._writing:
            self._despair = self._warm_start = None
            with self._change:
                tables, self._tables = self._tables or self._making, None
                self._making = tables
                self._change.wait_for(lambda: not self._users.are_read(tables), LEAVE_S)
            if tables is not None:
                try:
                    tables.empty()
                except duckdb.Error as error:
                    self._lose(tables, error)
            self._bring_up()

    def take_up(self) -> None:
        """Keep tables that are not kept in their file there again, where that has become possible."""
        tables = self._tables
        if self.path is None or tables is None or not has_room(self.path, events=self._ledger.head()):
            return
        if self._remedy is Remedy.UNWRITTEN:
            with self._writing:
                try:
                    tables.write()
                except duckdb.Error as error:
                    self._lose(tables, error)
                else:
                    self._remedy, self.warning = Remedy.NONE, None
            return
        others = None
        try:
            others = tables_made_at(self._ledger, self._families, self.path)
            with self._writing:
                others.take_in(self._ledger.head())
                self._install(others)
                self._remedy, self.warning = Remedy.NONE, None
        except PlaceUnusable as error:
            self._note(error)
        except (duckdb.Error, LedgerDamaged, TextsErased) as error:
            if others is not None:
                close(others)
            logger.warning("the tables stay in memory: %s", line_of(error))

    # Making

    def _bring_up(self) -> None:
        with self._writing:
            self._check_damage()
            if self._despair and time.monotonic() < self._hope_at:
                raise self._unavailable(self._despair)
            while True:
                tables = self._tables or self._making
                try:
                    if tables is None:
                        tables = self._making = self._open()
                    tables = self._warmed(tables)
                    tables.take_in(self._ledger.head())
                except duckdb.Error as error:
                    if self._closed:
                        raise self._unavailable("the tables are closed") from error
                    self._lose(tables, error)
                except TextsErased:
                    self._begin_anew(tables)
                except LedgerDamaged as error:
                    self._damage = error
                    raise
                else:
                    self._install(tables)
                    return

    def _warmed(self, tables: TableSet) -> TableSet:
        """These tables; or those that a warm start brings, in their place."""
        if self._warm_start is None or self.path is None or self._proven or self.warning:
            return tables
        if not self._warm_start.brings(self._ledger, tables, self.path):
            return tables
        with self._change:
            self._tables = self._making = None
        close(tables)
        draft_of(self.path).replace(self.path)
        self._making = others = self._open()
        if self._closed:
            close(others)
            raise self._unavailable("the tables are closed")
        return others

    def _begin_anew(self, tables: TableSet | None) -> None:
        """Let tables go that hold what was erased. Raises TablesUnavailable where serving, if others take long."""
        with self._change:
            self._tables = self._making = None
            self._proven, self._anew = False, True
            if tables is not None:
                self._users.retire(tables)
        if self.serving and self._is_long(self._ledger.head()) and threading.current_thread() is not self._thread:
            self._start(self._bring_up)
            raise self._unavailable("the tables are made anew without what was erased")

    def _open(self) -> TableSet:
        if not self._users.wait_for_leaving(LEAVE_S):
            raise self._unavailable("the tables were damaged, and are being made again")
        if self.path is None:
            return self._in_memory()
        if self._remedy is not Remedy.IN_MEMORY:
            try:
                remedy = Remedy.ANEW if self._anew else self._remedy
                tables = remedy.tables(self._ledger, self._families, self.path)
                self._anew = False
                return tables
            except PlaceUnusable as error:
                self._note(error)
                self._remedy = Remedy.IN_MEMORY
        return self._in_memory()

    def _in_memory(self) -> TableSet:
        tables = TableSet(self._ledger, self._families, path=self._memory)
        if self._anew:
            tables.empty()  # Those of a name stay as long as somebody reads from them.
        self._anew = False
        return tables

    def _install(self, tables: TableSet) -> None:
        """Let these tables be used from now on."""
        with self._change:
            before, self._tables, self._making, self._proven = self._tables, tables, None, True
            self._despair = None
            if before is not None and before is not tables:
                self._users.retire(before)
            self._change.notify_all()

    def _lose(self, tables: TableSet | None, error: duckdb.Error) -> None:
        """Give up tables, and choose how they are opened next. Raises TablesUnavailable where no way is left."""
        with self._change:
            if self._closed or tables not in (self._tables, self._making):
                return
            self._tables = self._making = None
            if tables is not None:
                self._users.retire(tables)
            remedy = self._next_remedy(error)
            self._remedy, self._proven = remedy or Remedy.NONE, False
        logger.warning("the tables are given up (%s), and opened again: %s", line_of(error), self._remedy.value)
        if remedy is None:
            self._despair, self._hope_at = (
                f"the tables cannot be made ({line_of(error)})",
                time.monotonic() + LOOK_EVERY_S,
            )
            raise self._unavailable(self._despair) from error

    def _next_remedy(self, error: duckdb.Error) -> Remedy | None:
        if self.path is None:
            return self._remedy if self._proven else None
        if is_full(error):
            self._note(PlaceUnusable("the disk is full", passing=True))
        return self._remedy.after(error, proven=self._proven)

    def _check_damage(self) -> None:
        """Raises LedgerDamaged again, as long as the row of the log is as it was: nothing else need be read."""
        if self._damage is not None and self._damage.position is not None:
            check_row(self._ledger.log, self._damage.position)
        self._damage = None

    def _note(self, error: PlaceUnusable) -> None:
        self.warning, self._may_return, self._look_at = str(error), error.passing, time.monotonic() + LOOK_EVERY_S
        if self.serving or not error.passing:  # a command beside a server has tables in memory, as it must
            logger.warning("the tables are not kept in their file: %s", error)

    # Use

    def _borrow(self, allowance: Allowance) -> TableSet:
        head = self._ledger.head()
        while True:
            self.catch_up(allowance)
            with self._change:
                tables = self._tables
                if tables is not None and tables.position >= head:
                    self._users.take(tables)
                    break
        if self.serving and self._may_return and self.warning and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._start(self.take_up)
        return tables

    def _has(self, head: int) -> bool:
        """Whether there are tables that are made up to there."""
        tables = self._tables
        return tables is not None and tables.position >= head

    def _is_long(self, head: int) -> bool:
        made = self._tables or self._making
        return head - (made.position if made else 0) >= WHOLE_MIN

    def _unavailable(self, reason: str) -> TablesUnavailable:
        progress = self.progress
        return TablesUnavailable(reason, position=progress.seen, head=self._ledger.head(), phase=progress.phase)

    def _start(self, work: Callable[[], None]) -> None:
        """Do this in a thread of its own, unless there is one."""
        with self._change:
            if self._thread is None and not self._closed:
                self._failure, self._began_at = None, time.monotonic()
                self._thread = threading.Thread(target=self._run, args=(work,), name="upkeep", daemon=True)
                self._thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        failure: Exception | None = None
        try:
            work()
        except Exception as error:
            if not self._closed:
                logger.warning("the tables are not made: %s", line_of(error))
            failure = error
        with self._change:
            self._thread, self._failure = None, failure
            self._change.notify_all()
