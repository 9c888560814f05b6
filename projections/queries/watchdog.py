"""The watchdog: interrupts what DuckDB computes for a question that is over.

One thread watches all questions that have an end. It sleeps until the first of them is over, or until one is abandoned.
A statement that begins just when it is interrupted does not notice, so it is interrupted again until the question has
let go of its cursor.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from projections.queries.allowance import Allowance

AGAIN_S = 0.02
"""After this time a cursor that is still in use is interrupted again."""


class Watchdog:
    """Watches cursors, each as long as a question uses it. Its thread begins with the first one."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[DuckDBPyConnection, Allowance]] = {}
        self._change = threading.Condition()
        self._looks_at = math.inf
        """When the thread will look next, unless it is told to before."""
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def watching(self, cursor: DuckDBPyConnection, allowance: Allowance) -> Iterator[None]:
        """Interrupt whatever the cursor computes once the allowance is over, until the block ends."""
        allowance.on_abandoned = self._look_now
        with self._change:
            self._watched[id(cursor)] = cursor, allowance
            if allowance.is_over or allowance.ends_at < self._looks_at:
                self._look_now()
        try:
            yield
        finally:
            with self._change:
                del self._watched[id(cursor)]

    def close(self) -> None:
        """Watch no longer."""
        with self._change:
            self._closed = True
            self._look_now()
        if self._thread is not None:
            self._thread.join()

    def _look_now(self) -> None:
        with self._change:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            self._change.notify()

    def _watch(self) -> None:
        with self._change:
            while not self._closed:
                over = [cursor for cursor, allowance in self._watched.values() if allowance.is_over]
                for cursor in over:
                    cursor.interrupt()
                ends = (allowance.ends_at for _, allowance in self._watched.values())
                now = time.monotonic()
                self._looks_at = now + AGAIN_S if over else min(ends, default=math.inf)
                self._change.wait(None if self._looks_at == math.inf else max(self._looks_at - now, 0))
