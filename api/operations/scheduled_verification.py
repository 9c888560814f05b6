"""Scheduled verification: a server verifies its whole log again and again, in a child process that stands back.

When it is due is told by the record of the last one, whoever made it, so several servers over one log and an operator's
own timer do not all do the same work; of the processes over one data directory, one verifies at a time, and the others
look again later. A child that ends without a record (killed, out of memory) is tried again later too.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from api.operations.care_records import VerificationRecord, at_of, last_verification
from api.operations.lock_file import locked
from api.settings import DataDirectory, child_environment

FIRST_S = 120.0
"""How long a server that has just started lets its clients go first."""
AGAIN_S = 3600.0
"""How long after a verification that came to no end it is tried again."""
END_S = 5.0
TURN_LOOK_S = 10.0
"""How long after another process was found verifying it is looked again."""
LOCK_FILE = "verification.lock"
logger = logging.getLogger("supply_ledger")
COMMAND = (sys.executable, "-m", "api.operations.verification_run")


def due_in_s(last: VerificationRecord | None, now: datetime, every: timedelta) -> float:
    """After how many seconds the next verification is due; at once where there was none."""
    return 0.0 if last is None else max(0.0, (at_of(last) + every - now).total_seconds())


class ScheduledVerification:
    """Verifies a ledger every so many hours. `tell` is told what each verification found."""

    def __init__(self, data: DataDirectory, *, hours: int, tell: Callable[[VerificationRecord], None]) -> None:
        self._directory = data.path
        self._environment = child_environment(data)
        self._every = timedelta(hours=hours)
        self._tell = tell
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="verification", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End, and end the child, which loses nothing but its time."""
        self._ended.set()
        with self._lock:
            if self._child is not None:
                self._child.terminate()
        if self._thread.is_alive():
            self._thread.join(END_S)

    def verify(self) -> VerificationRecord | None:
        """Verify now; None where it came to no end."""
        before = last_verification(self._directory)
        with self._lock:
            if self._ended.is_set():
                return None
            self._child = subprocess.Popen(COMMAND, stderr=subprocess.PIPE, env=self._environment)  # noqa: S603 - a command of our own
        _, said = self._child.communicate()
        code = self._child.returncode
        with self._lock:
            self._child = None
        record = last_verification(self._directory)
        if code or record is None or record == before:
            if not self._ended.is_set():
                last = said.decode(errors="replace").strip().rpartition("\n")[2]
                logger.warning("the log could not be verified (exit code %s): %s", code, last)
            return None
        self._tell(record)
        return record

    def _run(self) -> None:
        wait_s = FIRST_S
        while not self._ended.wait(max(wait_s, due_in_s(last_verification(self._directory), _now(), self._every))):
            if due_in_s(last_verification(self._directory), _now(), self._every):
                wait_s = 0.0  # somebody else has verified it meanwhile
                continue
            wait_s = self._verify_alone()

    def _verify_alone(self) -> float:
        """Verify, unless another process does; after how many seconds to go on at the earliest."""
        lock = locked(self._directory / LOCK_FILE)
        if lock is None:
            return TURN_LOOK_S
        try:
            return 0.0 if self.verify() is not None else AGAIN_S
        finally:
            os.close(lock)


def _now() -> datetime:
    return datetime.now(UTC)
