"""Commands and a server over tables that are damaged, misplaced, or not made yet."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import table_progress
from api.cli.main import app
from api.settings import DataDirectory, data_directory
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, mined, readiness

TRIES_MAX = 5


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """A data directory with the tables of some facts, to be copied."""
    data = data_directory(tmp_path_factory.mktemp("made"))
    with Ledger(data.ledger_path) as ledger:
        ledger.append([*BASICS, *(mined("china", str(year), "2024", period=str(year)) for year in range(1900, 2000))])
    assert figures_of(data)
    return data


@pytest.fixture(scope="module")
def expected(made: DataDirectory) -> str:
    return figures_of(made)


@pytest.fixture
def data(made: DataDirectory, tmp_path: Path) -> DataDirectory:
    """A copy of its own for each test."""
    return data_directory(shutil.copytree(made.path, tmp_path / "data"))


def figures_of(data: DataDirectory) -> str:
    run = CliRunner().invoke(app, ["figures", "--format", "jsonl", "--as-of", "2030", "--data", str(data.path)])
    assert run.exit_code == 0, run.output
    return run.stdout


@pytest.mark.parametrize("part", [0, 1, 2, 3, 4, 5, 6, 7])
def test_a_command_answers_over_damaged_tables(data: DataDirectory, part: int, expected: str) -> None:
    whole = data.projections_path.read_bytes()
    start = part * len(whole) // 8
    data.projections_path.write_bytes(whole[:start] + random.Random(part).randbytes(999) + whole[start + 999 :])
    assert figures_of(data) == expected


def test_a_bar_says_how_far_the_tables_are(data: DataDirectory, monkeypatch: pytest.MonkeyPatch, expected: str) -> None:
    data.projections_path.unlink()
    monkeypatch.setattr(table_progress, "SHOWN_FROM", 10)
    assert figures_of(data) == expected


@pytest.fixture
def engine(data: DataDirectory) -> Iterator[Engine]:
    with Ledger(data.ledger_path) as ledger, Engine.beside(ledger, data.projections_path) as engine:
        yield engine


def test_a_server_over_damaged_tables_answers_right_or_says_when_to_ask_again(
    data: DataDirectory, engine: Engine
) -> None:
    client = TestClient(create_app(engine, answers_bytes_max=0))
    question = "/v1/figures?as_of=2030&limit=1000"
    expected = client.get(question).json()["items"]
    whole = data.projections_path.read_bytes()
    data.projections_path.write_bytes(whole[:12288] + bytes(len(whole) - 12288))
    told = 0
    for _ in range(TRIES_MAX):
        for path in ("/v1/entities", question, "/readyz"):
            answer = client.get(path)
            assert answer.status_code in (200, 503)
            if answer.status_code == 503:
                told += path != "/readyz"  # which says so as well where they take half a second to be made
                assert answer.headers["Retry-After"]
                assert answer.json()["type"] == "urn:supply-ledger:problem:tables-unavailable"
                assert answer.json()["head"] == engine.ledger.head()
            elif path == question:
                assert answer.json()["items"] == expected
    assert readiness(client)["status"] == "ready"
    assert client.get(question).json()["items"] == expected
    assert told <= 1


def test_a_server_says_why_its_tables_are_not_in_their_file(tmp_path: Path) -> None:
    data = data_directory(tmp_path)
    data.projections_path.mkdir()
    with Ledger(data.ledger_path) as ledger, Engine.beside(ledger, data.projections_path) as engine:
        ledger.append(BASICS)
        client = TestClient(create_app(engine))
        assert readiness(client)["tables"] == "In memory, or not written: projections.duckdb is a folder."
        assert client.get("/v1/entities").json()["items"]
