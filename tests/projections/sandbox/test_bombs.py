"""Statements without end or measure are stopped, and what they leave behind is nothing."""

from collections.abc import Iterator

import pytest

from ledger import Ledger
from projections import Engine, OverLimit
from projections.sandbox import Sandbox, SandboxLimits, StatementRefused
from tests.api.helpers import BASICS, mined
from tests.depth import some
from tests.projections.sandbox.bombs import BOMBS
from tests.shared_tables import engine_of

LIMITS = SandboxLimits(seconds=1, memory_bytes=256 * 1024**2, answer_bytes=8 * 1024**2, children=1)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *(mined("australia", str(n), "2024", period=str(n)) for n in range(1900, 2000))])
        yield engine


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as sandbox:
        yield sandbox


@pytest.mark.parametrize("bomb", some(BOMBS, one_in=3))
def test_a_bomb_is_stopped_and_the_next_statement_is_answered(bomb: str, engine: Engine, sandbox: Sandbox) -> None:
    with pytest.raises((OverLimit, StatementRefused)) as stopped:
        for _ in sandbox.answer(engine, engine.viewpoint(), bomb).rows:
            pass
    if isinstance(stopped.value, OverLimit):
        assert stopped.value.limit in ("time", "memory", "answer")
    assert sandbox.processes.running == []
    (rows,) = [rows for rows in sandbox.answer(engine, engine.viewpoint(), "SELECT 1 AS one").rows if len(rows)]
    assert rows.to_pylist() == [{"one": 1}]


def test_there_are_enough_of_them_and_each_is_one_of_its_own() -> None:
    assert len(set(BOMBS)) == len(BOMBS) >= 30
