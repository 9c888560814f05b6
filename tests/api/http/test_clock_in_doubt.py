"""While the clock cannot be right appends are refused with what to do, and reads go on and promise nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from api.settings import CLOCK_CONFIRMED, data_directory
from api.settings_file import BadSetting
from ledger import Ledger
from tests.api.helpers import BASICS, Api, mined, readiness
from tests.ledger.test_clock import LATE, NOON, Machine
from tests.shared_tables import engine_of


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def api(machine: Machine) -> Iterator[Api]:
    with machine.opened() as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASICS, mined("china", "1", "2024-01-31"), mined("china", "2", "2050-01-31"))
        yield api


def refused(answer: Any) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (503, "urn:supply-ledger:problem:clock-in-doubt")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Nothing is recorded" in problem["detail"]
    assert "confirm" in problem["detail"]


@pytest.mark.parametrize(
    "at", [LATE, NOON + timedelta(hours=3), NOON - timedelta(hours=3), NOON - timedelta(days=9000)]
)
def test_appends_wait_and_reads_go_on(api: Api, machine: Machine, at: datetime) -> None:
    fact = mined("china", "3", "2024-02-28")
    machine.at = at
    large = [{**fact, "note": "x" * 20_000}] * 5
    refused(api.client.post("/v1/events", json=fact))
    refused(api.client.post("/v1/events", json=large))
    refused(api.client.post("/v1/events?dry_run=true", json=fact))
    refused(api.client.post("/v1/imports", content=b"{}", headers={"Content-Type": "application/x-ndjson"}))
    assert api.only("figures", subject="china")["value"] == "1"
    assert readiness(api.client)["status"] == "ready"
    machine.at = NOON
    api.post(fact)
    assert api.only("figures", subject="china")["value"] == "3"


def test_no_answer_is_final_by_a_clock_of_the_future(api: Api, machine: Machine) -> None:
    asked = {"as_of": "2049-01-01", "recorded_as_of": "position:7"}
    for at in (NOON, LATE, NOON + timedelta(days=9000)):
        machine.at = at
        assert api.client.get("/v1/figures", params=asked).headers["Cache-Control"] == "no-cache"


def test_a_log_of_the_year_9999_does_not_take_that_for_now(tmp_path: Path) -> None:
    future = Machine(LATE)
    with future.opened(tmp_path / "a.db", confirmed=LATE) as ledger:
        ledger.append([*BASICS, mined("china", "1", "2024-01-31"), mined("china", "2", "2050-01-31")])
    with Machine().opened(tmp_path / "a.db") as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine)))
        assert api.only("figures", subject="china")["value"] == "1"
        refused(api.client.post("/v1/events", json=mined("china", "3", "2024")))
    with Machine().opened(tmp_path / "a.db", confirmed=NOON) as ledger:
        ledger.append([mined("china", "3", "2024")])


def test_the_setting_is_an_instant_and_opens_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Machine(LATE).opened(data_directory(tmp_path).ledger_path, confirmed=LATE) as ledger:
        ledger.append(list(BASICS))
    words = ["append", "--data", str(tmp_path)]
    fact = '{"type": "EntityRegistered", "entity": "x", "kind": "other", "name": "X"}'
    result = CliRunner().invoke(app, words, input=fact)
    assert result.exit_code == 1
    assert "one of them is wrong" in result.stderr
    monkeypatch.setenv(CLOCK_CONFIRMED.variable, datetime.now(UTC).isoformat())
    assert CliRunner().invoke(app, words, input=fact).exit_code == 0
    monkeypatch.setenv(CLOCK_CONFIRMED.variable, "today")
    assert "an instant with an offset" in CliRunner().invoke(app, words, input=fact).stderr


def test_the_setting_without_a_value_confirms_nothing() -> None:
    assert CLOCK_CONFIRMED.value({}) is None
    assert CLOCK_CONFIRMED.value({CLOCK_CONFIRMED.variable: "2026-11-21T09:30:00Z"}) == datetime(
        2026, 11, 21, 9, 30, tzinfo=UTC
    )
    with pytest.raises(BadSetting):
        CLOCK_CONFIRMED.value({CLOCK_CONFIRMED.variable: "2026-11-21T09:30:00"})


def test_a_ledger_of_this_machine_records(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger:
        assert ledger.append(list(BASICS)).position == len(BASICS)
