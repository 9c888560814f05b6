"""`make sandbox`: every bomb with the limits that a server has by default, its time and its memory.

Beside each, how long another question to the same engine took meanwhile, at most. Exits with 1 where a bomb took longer
than 4 seconds or more than 3 GiB.
"""

import sys
import threading
import time
from pathlib import Path

from api.cli.demo import sample_path
from api.questions.sql_question import sandbox_limits
from ledger import Ledger, import_file
from projections import Engine, OverLimit
from projections.sandbox import Sandbox, StatementRefused
from tests.projections.sandbox.bombs import BOMBS

SECONDS_MAX, BYTES_MAX = 4.0, 3 * 1024**3


class Watch:
    """Looks at the processes of a sandbox, and asks the engine something, until it is stopped."""

    def __init__(self, sandbox: Sandbox, engine: Engine) -> None:
        self.bytes_max = 0
        self.other_s = 0.0
        self._stopped = threading.Event()
        self._sandbox, self._engine = sandbox, engine
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(0.02):
            for process in self._sandbox.processes.running:
                self.bytes_max = max(self.bytes_max, resident(process))
            began = time.monotonic()
            self._engine.read("figures", self._engine.viewpoint(), filters={"subject": "china"}, limit=10)
            self.other_s = max(self.other_s, time.monotonic() - began)


def resident(process: int) -> int:
    """How many bytes of memory a process has; 0 where it is gone, or nothing says so."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


def outcome(sandbox: Sandbox, engine: Engine, bomb: str) -> str:
    """What became of a bomb."""
    try:
        rows = sum(len(rows) for rows in sandbox.answer(engine, engine.viewpoint(), bomb).rows)
    except OverLimit as over:
        return f"limit of {over.limit}"
    except StatementRefused as refusal:
        return f"refused: {refusal.rule}"
    return f"{rows} rows"


def main() -> None:
    """Run them one after the other."""
    print("| seconds | MB | another question, s | what became of it | statement |\n|---|---|---|---|---|")
    worst_s, worst_bytes = 0.0, 0
    with Ledger(":memory:") as ledger, Engine(ledger) as engine, Sandbox(sandbox_limits()) as sandbox:
        import_file(ledger, sample_path())
        outcome(sandbox, engine, "SELECT 1")
        for bomb in BOMBS:
            watch = Watch(sandbox, engine)
            began = time.monotonic()
            what = outcome(sandbox, engine, bomb)
            took = time.monotonic() - began
            watch.stop()
            print(f"| {took:.2f} | {watch.bytes_max // 1024**2} | {watch.other_s:.2f} | {what} | `{bomb[:70]}` |")
            worst_s, worst_bytes = max(worst_s, took), max(worst_bytes, watch.bytes_max)
    print(f"\n{len(BOMBS)} bombs: {worst_s:.2f} s and {worst_bytes // 1024**2} MB at most.")
    sys.exit(worst_s > SECONDS_MAX or worst_bytes > BYTES_MAX)


if __name__ == "__main__":
    main()
