"""Statements that want what is not theirs are refused, and reach nothing where nobody refuses them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import Ledger
from projections import Engine, OverLimit
from projections.sandbox import Sandbox, StatementRefused
from projections.sandbox.confined_database import ConfinedDatabase
from projections.sandbox.statement_check import Refusal
from tests.api.helpers import BASICS, mined
from tests.projections.sandbox.hostile_statements import BARRED, HOSTILE
from tests.sandboxes import shared_sandbox
from tests.shared_tables import engine_of

SECRET, FUTURE = "watermelon", "987654321"
KNOWN = {"as_of": "2024-06-30", "recorded_as_of": "position:7"}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return shared_sandbox()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A ledger that knows of one figure more, and of another value of it, than can be seen at `KNOWN`."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, mined("australia", "100", "2024-01")])
        ledger.append([mined("australia", FUTURE, "2024-02"), mined("china", FUTURE, "2030-01")])
        yield engine


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.csv"
    secret.write_text(f"a,b\n{SECRET},2\n")
    return {"{secret}": str(secret), "{folder}": str(folder)}


def written(statement: str, places: dict[str, str]) -> str:
    for mark, path in places.items():
        statement = statement.replace(mark, path)
    return statement


def shows(text: str, statement: str) -> list[str]:
    """What of this machine, of the file or of the future a text shows, that the statement did not say itself."""
    own = {
        str(Path.home()),
        str(Path.cwd()),
        os.sep + "nonexistent",
        ".venv",
        "site-packages",
        "python3",
        SECRET,
        FUTURE,
    }
    return [word for word in own if word in text and word not in statement]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_statement_is_refused_and_told_nothing(
    number: int, engine: Engine, sandbox: Sandbox, places: dict[str, str]
) -> None:
    statement = written(HOSTILE[number], places)
    told = ""
    try:
        answer = sandbox.answer(engine, engine.viewpoint(**KNOWN), statement)
        told = repr([rows.to_pylist() for rows in answer.rows])
        assert set(statement) <= set("SELECT (1)-"), f"{statement} was answered: {told[:200]}"
    except (StatementRefused, OverLimit) as refusal:
        told = str(refusal)
    assert shows(told, statement) == []
    assert [path.name for path in Path(places["{folder}"]).iterdir()] == ["secret.csv"]


def test_there_are_enough_of_them_and_each_is_one_of_its_own() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 150


@pytest.mark.parametrize("number", [place for place, text in enumerate(BARRED) if "sleep" not in text])
def test_the_database_gives_nothing_away_though_nobody_checks_the_statement(
    number: int, places: dict[str, str]
) -> None:
    statement = written(BARRED[number], places)
    database = ConfinedDatabase({"figures": {"subject": "VARCHAR", "value": "VARCHAR"}}, memory_bytes=64 * 1024**2)
    try:
        _, rows = database.run(statement)
        told = repr([batch.to_pylist() for batch in rows])
    except (Refusal, MemoryError) as refusal:
        told = str(refusal)
    database.close()
    assert SECRET not in told
    assert "root:" not in told
    assert [path.name for path in Path(places["{folder}"]).iterdir()] == ["secret.csv"]


def test_a_path_of_the_machine_in_a_message_is_left_out() -> None:
    database = ConfinedDatabase({}, memory_bytes=None)
    with pytest.raises(Refusal) as refusal:
        for _ in database.run("SELECT ERROR('no file /usr' || '/lib/secret.so, and not /a/b in 1/2')")[1]:
            pass
    database.close()
    assert refusal.value.detail == "no file (a path), and not /a/b in 1/2"
