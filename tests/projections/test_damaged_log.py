"""A row of the log that this ledger cannot have written stops what would read it, and says where it is."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger, LedgerDamaged, LedgerError
from projections import Engine
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.projections.conftest import IDS, WORLD, correction, figure
from tests.shared_tables import engine_of

AT = len(WORLD) + 3
"""The position that is damaged: a figure, with others before and after it."""

DAMAGES = {
    "no JSON": "state = X'7B226D657472696322'",
    "JSON cut off": "state = SUBSTR(state, 1, LENGTH(state) - 5)",
    "no object": "state = CAST('[]' AS BLOB)",
    "a number": "state = 5",
    "nothing": "state = X''",
    "null": "state = CAST('null' AS BLOB)",
    "wrong UTF-8": "state = CAST(REPLACE(CAST(state AS TEXT), 'world', CAST(X'77FF6C64' AS TEXT)) AS BLOB)",
    "two lines": "state = CAST(state AS TEXT) || CHAR(10)",
    "an unknown type": "topic = 'BallotHeld'",
    "a type in two lines": "topic = 'Quota' || CHAR(10) || 'Set'",
    "a type that is no text": "topic = X'FFFE'",
    "a time that is none": "recorded_at = 'yesterday'",
    "a short id": "event_id = X'00'",
    "a short stream": "originator_id = X'0011'",
    "a later version": "state = CAST('{\"_version\":99}' AS BLOB)",
}
REMOVED = f"DELETE FROM stored_events WHERE position = {AT}"


def damaged(path: Path, statement: str) -> None:
    """Change the log as nobody may, in SQLite itself."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


class Whole(NamedTuple):
    """A log and its tables as they were made, and what they answer."""

    log: Path
    tables: Path
    figures: Any


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    log = tmp_path_factory.mktemp("whole") / "ledger.db"
    tables = log.with_name("projections.duckdb")
    with Ledger(log) as ledger:
        ledger.append([*WORLD, *(figure(str(year), period=str(year)) for year in range(2000, 2008))])
        with Engine.beside(ledger, tables) as engine:
            return Whole(log, tables, engine.read("figures", engine.viewpoint(as_of="2030")))


@pytest.fixture
def path(whole: Whole, tmp_path: Path) -> Path:
    """A log of its own for each test, and its key."""
    shutil.copy(whole.log.with_name("ledger.key"), tmp_path)
    return Path(shutil.copy(whole.log, tmp_path))


STATEMENTS = {
    **{name: f"UPDATE stored_events SET {change} WHERE position = {AT}" for name, change in DAMAGES.items()},
    "a missing row": REMOVED,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_damage_is_met_wherever_it_is_read_and_its_position_said(path: Path, name: str) -> None:
    damaged(path, STATEMENTS[name])
    with Ledger(path) as ledger, engine_of(ledger) as engine:
        for _ in range(2):
            with pytest.raises(LedgerDamaged, match=rf"position {AT}\b") as caught:
                engine.read("figures", engine.viewpoint(as_of="2030"))
            assert caught.value.position == AT
        with pytest.raises(LedgerDamaged, match=rf"position {AT}\b"):
            rebuild_in_parts(engine)
        answer = TestClient(create_app(engine)).get("/v1/figures")
        assert (answer.status_code, answer.json()["title"]) == (503, "Ledger damaged")
        assert f"position {AT}" in answer.json()["detail"]


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_log_itself_is_not_listed_beyond_it(whole: Whole, path: Path, name: str, tmp_path: Path) -> None:
    tables = Path(shutil.copy(whole.tables, tmp_path))
    damaged(path, STATEMENTS[name])
    with Ledger(path) as ledger, Engine.beside(ledger, tables) as engine:
        assert engine.read("figures", engine.viewpoint(as_of="2030")) == whole.figures, "made when the row was whole"
        client = TestClient(create_app(engine))
        for path_of_events in ("/v1/events?limit=100", f"/v1/events?after={AT - 1}"):
            answer = client.get(path_of_events)
            assert answer.status_code == 503
            assert f"position {AT}" in answer.json()["detail"]
        assert client.get(f"/v1/events?limit={AT - 2}").status_code == 200
        with pytest.raises(LedgerDamaged, match=rf"position {AT}\b"):
            [entry.body for entry in ledger.entries()]


def test_reads_go_on_once_the_row_is_as_it_was(path: Path) -> None:
    whole = path.read_bytes()
    with Ledger(path) as ledger, Engine(ledger) as engine:
        damaged(path, "UPDATE stored_events SET state = X'7B' || state WHERE position = 16")
        with pytest.raises(LedgerDamaged):
            engine.catch_up()
        damaged(path, "UPDATE stored_events SET state = SUBSTR(state, 2) WHERE position = 16")
        assert engine.read("figures", engine.viewpoint(as_of="2030")).num_rows == 8
    assert len(path.read_bytes()) == len(whole)


def test_nothing_is_appended_to_a_log_that_is_seen_to_be_damaged_when_it_is_opened(path: Path) -> None:
    with Ledger(path) as ledger:
        damaged(path, STATEMENTS["no JSON"])
        head = ledger.append([figure("1", period="1999")]).position
    assert head == len(WORLD) + 9, "the rules did not read it, and it was whole when the log was opened"
    with Ledger(path) as ledger:
        with pytest.raises(LedgerDamaged, match=rf"position {AT}: .*supply-ledger verify"):
            ledger.append([figure("2", period="1998")])
        assert ledger.head() == head


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE stored_events SET state = X'7B' WHERE position = 3", 3),
        (STATEMENTS["an unknown type"], AT),
    ],
)
def test_an_append_stops_where_they_would_read_it(path: Path, statement: str, position: int) -> None:
    damaged(path, statement)
    with Ledger(path) as ledger:
        for _ in range(2):
            with pytest.raises(LedgerDamaged, match=f"position {position}"):
                ledger.append([figure("1", period="1999")])
        assert ledger.head() == len(WORLD) + 8


def test_a_correction_of_what_is_not_there_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.append([*WORLD, figure(event_id=IDS[1]), correction(IDS[1], value="1")])
    damaged(path, f"UPDATE stored_events SET event_id = RANDOMBLOB(16) WHERE position = {len(WORLD) + 1}")
    damage = pytest.raises(LedgerDamaged, match=f"position {len(WORLD) + 2}")
    with Ledger(path) as ledger, Engine(ledger) as engine, damage:
        engine.catch_up()


def test_a_file_that_is_no_log_is_damage_and_not_a_bug(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))

    def ask() -> Any:
        with Ledger(path) as ledger, Engine(ledger) as engine:
            return engine.read("figures", engine.viewpoint())

    with pytest.raises(LedgerError):
        ask()
