"""What a process that answers a statement is, looked at from outside while it answers one that does not end."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest

from ledger import Ledger
from projections import Allowance, Engine, SandboxUnavailable, Unanswered
from projections.sandbox import Sandbox, SandboxLimits
from tests.shared_tables import engine_of

ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t"
MEGABYTE = 1024**2
STARTED_SECONDS = 0.3
"""Who has computed so long has begun with its statement: a database starts in a tenth of it."""
ON_LINUX = sys.platform.startswith("linux")
on_linux = pytest.mark.skipif(not ON_LINUX, reason="/proc says what a process may do")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        yield engine


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxLimits(seconds=None, memory_bytes=512 * MEGABYTE, children=1)) as sandbox:
        yield sandbox


class Endless:
    """A statement that does not end, until whoever asked it goes away."""

    def __init__(self, sandbox: Sandbox, engine: Engine) -> None:
        self.allowance = Allowance()
        self.ended: list[Exception] = []
        self._thread = Thread(target=self._ask, args=(sandbox, engine))
        self._thread.start()
        while not sandbox.processes.running and self._thread.is_alive():
            self._thread.join(0.01)
        (self.process,) = sandbox.processes.running
        while ON_LINUX and computed(self.process) < STARTED_SECONDS and self._thread.is_alive():
            self._thread.join(0.01)  # while it starts, DuckDB reads what the system says of memory

    def _ask(self, sandbox: Sandbox, engine: Engine) -> None:
        try:
            sandbox.answer(engine.within(self.allowance), engine.viewpoint(), ENDLESS)
        except Unanswered as error:
            self.ended.append(error)

    def leave(self) -> None:
        self.allowance.abandon()
        self._thread.join()

    def __enter__(self) -> "Endless":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


def told(process: int, what: str) -> str:
    return Path(f"/proc/{process}/{what}").read_text(encoding="utf-8", errors="replace")


def computed(process: int) -> float:
    """How many seconds it has computed."""
    user_ticks, system_ticks = told(process, "stat").rpartition(")")[2].split()[11:13]
    return (int(user_ticks) + int(system_ticks)) / os.sysconf("SC_CLK_TCK")


def limits_of(process: int) -> dict[str, list[str]]:
    return {line[:26].strip(): line[26:].split()[:2] for line in told(process, "limits").splitlines()}


@on_linux
def test_a_process_has_no_secrets_no_folder_of_ours_and_a_group_of_its_own(
    sandbox: Sandbox, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_LEDGER_PASSWORD", "watermelon")
    with Endless(sandbox, engine) as endless:
        environment = told(endless.process, "environ")
        assert "watermelon" not in environment
        assert not any(name in environment for name in ("PATH=", "SUPPLY_LEDGER", "PYTHONPATH", str(Path.home())))
        folder = Path(f"/proc/{endless.process}/cwd").readlink()
        assert list(folder.iterdir()) == []
        assert folder not in (Path.cwd(), Path.home())
        assert os.getpgid(endless.process) == endless.process != os.getpgid(0)
        open_files = {str(one.readlink()) for one in Path(f"/proc/{endless.process}/fd").iterdir()}
        assert not any(one.startswith("/") and one != os.devnull for one in open_files)
    assert not folder.exists() or list(folder.iterdir()) == []


@on_linux
def test_a_process_may_write_nothing_open_little_and_hold_so_much(sandbox: Sandbox, engine: Engine) -> None:
    with Endless(sandbox, engine) as endless:
        limits = limits_of(endless.process)
        assert limits["Max file size"] == ["0", "0"]
        assert limits["Max core file size"] == ["0", "0"]
        assert limits["Max open files"] == ["16", "16"]
        assert int(limits["Max address space"][1]) < 2048 * MEGABYTE


def test_a_process_ends_when_whoever_asked_goes_away(sandbox: Sandbox, engine: Engine) -> None:
    with Endless(sandbox, engine) as endless:
        process = endless.process
    assert [type(one).__name__ for one in endless.ended] == ["Abandoned"]
    assert sandbox.processes.running == []
    assert next(iter(sandbox.answer(engine, engine.viewpoint(), "SELECT 1").rows)) is not None
    assert process not in sandbox.processes.running


def test_rows_that_nobody_takes_end_their_process(sandbox: Sandbox, engine: Engine) -> None:
    answer = sandbox.answer(engine, engine.viewpoint(), "SELECT * FROM range(1000000)")
    assert len(sandbox.processes.running) == 1
    del answer
    assert sandbox.processes.running == []


def test_no_process_is_left_when_a_sandbox_is_closed(engine: Engine) -> None:
    sandbox = Sandbox(SandboxLimits(seconds=None, children=1))
    endless = Endless(sandbox, engine)
    sandbox.close()
    endless.leave()
    assert [type(one).__name__ for one in endless.ended] == ["OverLimit"]
    with pytest.raises(SandboxUnavailable):
        sandbox.answer(engine, engine.viewpoint(), "SELECT 1")


@on_linux
def test_another_nursery_takes_the_place_of_one_that_was_killed(sandbox: Sandbox, engine: Engine) -> None:
    with Endless(sandbox, engine) as endless:
        nursery = int(next(line for line in told(endless.process, "status").splitlines() if "PPid" in line).split()[1])
    os.kill(nursery, 9)
    answers: list[pa.Table] = []
    while not answers:
        try:
            answers = list(sandbox.answer(engine, engine.viewpoint(), "SELECT 1 AS one").rows)
        except SandboxUnavailable:
            continue
    assert [row for rows in answers for row in rows.to_pylist()] == [{"one": 1}]
