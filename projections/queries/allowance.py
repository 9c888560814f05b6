"""The allowance of a question: how long it may take, how much it may hold in memory, and whether anybody still waits
for its answer.

Whoever computes looks at it as it goes (`check`, `each`, `rows_of`), and DuckDB is interrupted from outside
(`projections.queries.watchdog`). A question that has used it up ends with an error that says of what there was not
enough. For example one of 30 seconds, whose client goes away after two, ends after two.

Time counts from when the question was asked, so also while it waits for its turn, or for the tables to catch up.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import duckdb
import pyarrow as pa

T = TypeVar("T")

ROWS_BETWEEN_LOOKS = 1000
"""So many rows are made into Python objects before the next look at the time, and before other threads get theirs."""

CELL_BYTES = 150
"""What a value of a row takes as a Python object, with its place in the row and what is made of it: about, by how much
the process grew for each question of the audit over 72,000 events (80 to 260)."""

WAIT_S = 0.1
"""How long a question waits for a lock before it looks whether it is over."""


class Lock(Protocol):
    """A lock of `threading`."""

    def acquire(self, *, timeout: float) -> bool:
        """Whether it is held now."""

    def release(self) -> None:
        """Hold it no longer."""


class Unanswered(Exception):
    """A question was given up before it was answered."""


class OutOfTime(Unanswered):
    """A question took longer than `seconds`. `waited`: it had not begun to be answered, for others were before it."""

    def __init__(self, seconds: float, *, waited: bool = False) -> None:
        super().__init__(
            f"the question {'waited' if waited else 'took'} longer than the {seconds:g} seconds that it may take"
        )
        self.seconds = seconds
        self.waited = waited


class OutOfMemory(Unanswered):
    """A question needs more memory than there is for it."""


class Abandoned(Unanswered):
    """Whoever asked has gone, so nobody waits for the answer."""


class OverLimit(Unanswered):
    """A statement was stopped at a limit of the sandbox: `limit` is `time`, `memory` or `answer`."""

    def __init__(self, detail: str, *, limit: str) -> None:
        super().__init__(detail)
        self.limit = limit


class SandboxUnavailable(Unanswered):
    """No child of the sandbox can be started here."""


class Allowance:
    """What one question may use: `seconds` and `bytes_max`, no end of what is not given. Several threads may use it.

    `asked_at` is when it was asked, by `time.monotonic`; by default now. `holds_all` says that whoever asks holds the
    whole answer, however long, so that nothing is won by making it in parts.
    """

    def __init__(
        self,
        *,
        seconds: float | None = None,
        bytes_max: int | None = None,
        asked_at: float | None = None,
        holds_all: bool = False,
    ) -> None:
        self.seconds = seconds
        self.bytes_max = bytes_max
        self.holds_all = holds_all
        self.ends_at = math.inf if seconds is None else (time.monotonic() if asked_at is None else asked_at) + seconds
        """When its time is used up, by `time.monotonic`."""
        self._bytes = 0
        self._abandoned = threading.Event()
        self.on_abandoned: Callable[[], None] = _nothing

    @property
    def left_s(self) -> float:
        """The seconds that are left, 0 where none are; infinite where there is no end of them."""
        return max(self.ends_at - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        """Whether the time is used up, or nobody waits any more."""
        return self._abandoned.is_set() or time.monotonic() >= self.ends_at

    def abandon(self) -> None:
        """Whoever asked has gone: what is being computed ends as soon as it can."""
        self._abandoned.set()
        self.on_abandoned()

    def check(self, *, waited: bool = False) -> None:
        """Raises OutOfTime or Abandoned where the question is over."""
        if self._abandoned.is_set():
            raise Abandoned("whoever asked has gone")
        if self.seconds is not None and time.monotonic() >= self.ends_at:
            raise OutOfTime(self.seconds, waited=waited)

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, with a look at the time before each."""
        for item in items:
            self.check()
            yield item

    def hold(self, size: int) -> None:
        """The question holds so many bytes more. Raises OutOfMemory where that is too much."""
        self._bytes += size
        if self.bytes_max is not None and self._bytes > self.bytes_max:
            raise OutOfMemory(f"the question holds more than the {self.bytes_max // 1024**2} MB that it may hold")

    def rows_of(self, table: pa.Table) -> Iterator[dict[str, Any]]:
        """The rows of a table as Python objects, made a few at a time."""
        for batch in table.to_batches(max_chunksize=ROWS_BETWEEN_LOOKS):
            self._make(batch.num_rows * table.num_columns)
            yield from batch.to_pylist()

    def tuples_of(self, table: pa.Table) -> Iterator[tuple[Any, ...]]:
        """The rows of a table as tuples, made a few at a time."""
        for batch in table.to_batches(max_chunksize=ROWS_BETWEEN_LOOKS):
            self._make(batch.num_rows * table.num_columns)
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def values_of(self, column: pa.ChunkedArray) -> list[Any]:
        """The values of a column as Python objects, made a few at a time."""
        values: list[Any] = []
        for start in range(0, len(column), ROWS_BETWEEN_LOOKS):
            some = column.slice(start, ROWS_BETWEEN_LOOKS)
            self._make(len(some))
            values += some.to_pylist()
        return values

    @contextmanager
    def holding(self, lock: Lock, *, unless: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Hold a lock, for which the question waits no longer than it may; or no longer than `unless` is false.

        Gives whether it is held. Raises OutOfTime and Abandoned.
        """
        held = False
        while not held and not unless():
            self.check(waited=True)
            held = lock.acquire(timeout=min(self.left_s, WAIT_S))
        try:
            yield held
        finally:
            if held:
                lock.release()

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Says of a statement that DuckDB gave up what the question did not have enough of.

        Of an interrupt while rows are fetched, DuckDB 1.5 says that the statement was unsuccessful, and no more; errors
        of DuckDB 2 have no kind where Arrow is asked for.
        """
        try:
            yield
        except duckdb.Error as error:
            if isinstance(error, duckdb.OutOfMemoryException) or str(error).startswith("Out of Memory"):
                raise OutOfMemory("the question needs more memory than the tables may take") from error
            if type(error) in (duckdb.Error, duckdb.InterruptException, duckdb.InvalidInputException):
                self.check()
            raise

    def _make(self, cells: int) -> None:
        self.check()
        self.hold(cells * CELL_BYTES)


def _nothing() -> None:
    """Nobody wants to know."""


ENDLESS = Allowance()
"""The allowance of whoever may take all the time and memory that there is."""
