"""Erasure watch: a server lets go of what was erased, also where nobody asks it anything, and whoever erased it.

Each question sees by itself whether an event was erased since. But what a server has made of the text before stays
where it is until somebody asks: in the file of its tables, in answers that it keeps. So it looks every few seconds.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from ledger import Ledger, LedgerError, StoreError
from projections import Engine, TablesUnavailable

EVERY_S = 2.0
LAST_LOOK_S = 5.0
logger = logging.getLogger("supply_ledger")


class ErasureWatch:
    """Looks whether something was erased, in a thread of its own. `let_go` are called when it was."""

    def __init__(self, engine: Engine, let_go: Sequence[Callable[[], object]]) -> None:
        self._engine = engine
        self._let_go = let_go
        self._seen = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="erasures", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(LAST_LOOK_S)

    def look(self) -> None:
        """Let go of what was erased since the last look."""
        last = self._engine.ledger.log.erased.last()
        if last != self._seen:
            for one in self._let_go:
                one()
            with suppress(TablesUnavailable):  # Then they are being made.
                self._engine.catch_up()
            self._seen = last
        scrub(self._engine.ledger)

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            with suppress(LedgerError):
                self.look()


def scrub(ledger: Ledger) -> str | None:
    """Let no byte of an erased text be left in the files of the log; why some may be, where that cannot be now."""
    try:
        ledger.scrub()
    except StoreError as error:
        return str(error)
    return None
