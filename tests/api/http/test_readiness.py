"""What `/readyz` says while tables are made: whether reads are answered, how far the tables are, and in which phase."""

import threading
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from projections.tables import answer_intervals, table_set
from tests.api.helpers import BASICS, mined

WAIT_S = 60


class Gate:
    """Where the thread that makes tables waits until it may go on."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self._open.wait(WAIT_S)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A log that counts as long, and is put in order in parts."""
    monkeypatch.setattr(table_set, "WHOLE_MIN", 10)
    monkeypatch.setattr("projections.upkeep.WHOLE_MIN", 10)
    monkeypatch.setattr(answer_intervals, "ROWS_AT_ONCE", 5)
    with Ledger(":memory:") as ledger:
        ledger.append([*BASICS, *(mined("china", "1", "2024", period=str(year)) for year in range(2000, 2020))])
        yield ledger


def test_it_is_said_that_rows_are_put_in_order(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, shares, note = Gate(), [], table_set.TableSet._note_ordered

    def note_slowly(tables: table_set.TableSet, share: float) -> None:
        note(tables, share)
        shares.append(share)
        gate.pass_through()

    monkeypatch.setattr(table_set.TableSet, "_note_ordered", note_slowly)
    with Engine(ledger) as engine:
        engine.serve()
        assert gate.reached.wait(WAIT_S)
        answer = TestClient(create_app(engine)).get("/readyz")
        gate.open()
        assert answer.status_code == 503
        assert answer.json()["phase"] == "putting rows in order"
        assert (answer.json()["position"], answer.json()["head"]) == (ledger.head(), ledger.head())
        ready = {"head": 0}
        while "head" in ready:
            ready = TestClient(create_app(engine)).get("/readyz").json()
        assert ready["position"] == ledger.head()
        assert engine.progress.phase is None
    assert shares[0] == 0.0
    assert len(shares) > 4
    assert shares == sorted(shares)


@pytest.mark.parametrize(("patience_s", "status"), [(WAIT_S, 200), (0, 503)])
def test_tables_that_are_behind_are_ready_as_long_as_reads_wait_for_them(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, patience_s: float, status: int
) -> None:
    monkeypatch.setattr("projections.upkeep.PATIENCE_S", patience_s)
    monkeypatch.setattr("api.http.routes.service.LOOK_S", 0.05)
    gate, blocks = Gate(), ledger.log.blocks
    with Engine(ledger) as engine:
        engine.catch_up()
        engine._upkeep.serving = True
        before = engine.position
        ledger.append([mined("australia", "1", "2024", period=str(year)) for year in range(2000, 2020)])

        def read_slowly(**asked: int) -> Iterator[object]:
            gate.pass_through()
            yield from blocks(**asked)

        monkeypatch.setattr(ledger.log, "blocks", read_slowly)
        answer = TestClient(create_app(engine)).get("/readyz")
        gate.open()
        assert answer.status_code == status
        assert (answer.json()["position"], answer.json()["head"]) == (before, ledger.head())
