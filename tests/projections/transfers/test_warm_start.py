"""A start from exported tables: taken up where they save work, said why not where they are not, never by half."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from ledger import Ledger
from projections import Engine, TablesUnavailable
from projections.tables.table_place import draft_of
from projections.tables.table_set import BRINGING
from projections.transfers import TableSupply, warm_start
from projections.upkeep import Upkeep
from tests.places import ROOT
from tests.projections.conftest import IDS, WORLD
from tests.projections.transfers.test_table_transfers import mined
from tests.shared_tables import engine_of
from tests.table_transfers import all_rows, tables_put, unseen

SECRET = "A name that nobody is to read again"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A log that counts as long, whose tables are in a place."""
    monkeypatch.setattr(warm_start, "WHOLE_MIN", 10)
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append([*WORLD, *(mined(year, event_id=IDS[year - 2000]) for year in range(2000, 2010))])
        ledger.append([mined(2010, note=SECRET, event_id=IDS[10])])
        tables_put(ledger, tmp_path / "place")
        yield ledger


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "place")


def positions_brought(caplog: pytest.LogCaptureFixture) -> list[object]:
    return [record.args for record in caplog.records if record.message.startswith("the tables up to position")]


def test_an_empty_file_is_filled_from_the_place_and_then_from_the_log(
    ledger: Ledger, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    exported_at = ledger.head()
    ledger.append([mined(2011), mined(2012)])
    file = tmp_path / "tables.duckdb"
    with engine_of(ledger) as rebuilt, Engine.beside(ledger, file, warm_from=place) as engine:
        assert all_rows(engine) == all_rows(rebuilt)
        assert positions_brought(caplog) == [(exported_at,)]
        assert engine.progress.phase is None
        ledger.append([mined(2013)])
        assert all_rows(engine) == all_rows(rebuilt)
    with Engine.beside(ledger, file, warm_from=place) as engine:
        engine.catch_up()
    assert len(positions_brought(caplog)) == 1, "its own are better now"
    assert not draft_of(file).exists()


def test_where_serving_it_is_said_how_far_they_are_brought(ledger: Ledger, place: str, tmp_path: Path) -> None:
    seen: list[tuple[int, str | None]] = []
    with Engine.beside(ledger, tmp_path / "tables.duckdb", warm_from=place) as engine:
        tables = engine._upkeep._tables
        assert tables is not None
        tables.note_brought(7)
        with pytest.raises(TablesUnavailable, match="position 7 of 23, bringing tables"):
            raise engine._upkeep._unavailable("the tables are being made")
        seen.append((engine.progress.seen, engine.progress.phase))
        engine.catch_up()
    assert seen == [(7, BRINGING)]


def test_tables_that_save_little_are_not_brought(
    ledger: Ledger, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    with Engine.beside(ledger, tmp_path / "tables.duckdb") as engine:
        engine.catch_up()
    ledger.append([mined(year) for year in range(2020, 2040)])
    with Engine.beside(ledger, tmp_path / "tables.duckdb", warm_from=place) as engine:
        engine.catch_up()
    tables_put(ledger, tmp_path / "place")
    ledger.append([mined(2040), mined(2041)])
    with Engine.beside(ledger, tmp_path / "behind.duckdb") as engine:
        engine.catch_up()
    ledger.append([mined(year) for year in range(2050, 2054)])
    tables_put(ledger, tmp_path / "place")
    monkeypatch.setattr(warm_start, "WHOLE_MIN", 4)
    with Engine.beside(ledger, tmp_path / "behind.duckdb", warm_from=place) as engine:
        engine.catch_up()
    monkeypatch.setattr(warm_start, "WHOLE_MIN", 1000)
    with Engine.beside(ledger, tmp_path / "other.duckdb", warm_from=place) as engine:
        engine.catch_up()
        assert engine.position == ledger.head()
    assert positions_brought(caplog) == []


def test_tables_that_are_far_behind_are_exchanged(
    ledger: Ledger, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "tables.duckdb"
    with Engine.beside(ledger, file) as engine:
        engine.catch_up()
    ledger.append([mined(year) for year in range(2020, 2040)])
    tables_put(ledger, tmp_path / "place")
    exported_at = ledger.head()
    ledger.append([mined(2050)])
    with engine_of(ledger) as rebuilt, Engine.beside(ledger, file, warm_from=place) as engine:
        assert all_rows(engine) == all_rows(rebuilt)
    assert positions_brought(caplog) == [(exported_at,)]


@pytest.mark.parametrize("said", ["there are none", "a text was erased", "no place that is known", "is missing in"])
def test_where_they_are_not_taken_up_it_is_said_why_and_they_are_made_from_the_log(
    said: str, ledger: Ledger, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if said == "there are none":
        place = str(tmp_path / "nowhere")
    elif said == "a text was erased":
        ledger.erase(UUID(IDS[10]), reason="personal_data", explanation="Asked for")
    elif said == "no place that is known":
        place = "http://example.org/tables"
    else:
        next((tmp_path / "place" / "tables").glob("*.zst")).unlink()
    file = tmp_path / "tables.duckdb"
    with engine_of(ledger) as rebuilt, Engine.beside(ledger, file, warm_from=place) as engine:
        assert all_rows(engine) == all_rows(rebuilt)
    (line,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert "but made from the log" in line
    assert said in line
    assert not draft_of(file).exists()
    assert (SECRET.encode() in file.read_bytes()) == (said != "a text was erased")


def test_what_is_erased_while_tables_are_brought_is_in_no_file(ledger: Ledger, place: str, tmp_path: Path) -> None:
    file = tmp_path / "tables.duckdb"
    TableSupply(place).bring(ledger, draft_of(file), seen=unseen)
    ledger.erase(UUID(IDS[10]), reason="personal_data", explanation="Asked for")
    draft_of(file).replace(file)
    with engine_of(ledger) as rebuilt, Engine.beside(ledger, file, warm_from=place) as engine:
        assert all_rows(engine) == all_rows(rebuilt)
        assert SECRET.encode() not in file.read_bytes()


def test_a_rebuild_is_one_from_the_log(
    ledger: Ledger, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Engine.beside(ledger, tmp_path / "tables.duckdb", warm_from=place) as engine:
        engine.rebuild()
        assert engine.position == ledger.head()
    assert positions_brought(caplog) == []


def test_an_engine_is_closed_while_tables_are_brought(ledger: Ledger, place: str, tmp_path: Path) -> None:
    file = tmp_path / "tables.duckdb"
    engine = Engine.beside(ledger, file, warm_from=place)
    tables = engine._upkeep._tables
    assert isinstance(engine._upkeep, Upkeep)
    assert tables is not None
    tables.stop()
    engine._upkeep._closed = True
    with pytest.raises(TablesUnavailable, match="closed"):
        engine._upkeep._bring_up()
    engine.close()
    assert not draft_of(file).exists()


_KILLED = """
import os, signal, sys
from pathlib import Path
from ledger import Ledger
from projections import Engine
from projections.tables.table_set import TableSet
from projections.transfers import warm_start
from projections.tables import table_place
from projections import upkeep

warm_start.WHOLE_MIN = 10
moment, data, place = sys.argv[1], Path(sys.argv[2]), sys.argv[3]

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "bringing":
    TableSet.note_brought = lambda tables, position: end() if position else None
else:
    upkeep.draft_of = lambda path: end()
with Ledger(data / "ledger.db") as ledger:
    Engine.beside(ledger, data / "tables.duckdb", warm_from=place).catch_up()
"""


@pytest.mark.parametrize("moment", ["bringing", "brought"])
def test_a_start_that_is_killed_leaves_nothing_by_half(moment: str, ledger: Ledger, place: str, tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, moment, str(tmp_path), place], cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}
    )
    assert killed.returncode == -signal.SIGKILL
    file = tmp_path / "tables.duckdb"
    assert draft_of(file).exists()
    with engine_of(ledger) as rebuilt, Engine.beside(ledger, file) as engine:
        assert engine.position == 0
        assert not draft_of(file).exists()
        assert all_rows(engine) == all_rows(rebuilt)


def test_a_ledger_without_events_is_told_that_tables_are_no_log(
    place: str, tmp_path: Path, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    own, start = tmp_path / "own.duckdb", warm_start.WarmStart(place)
    with Ledger(tmp_path / "empty.db") as empty, Engine.beside(empty, own) as engine:
        tables = engine._upkeep._tables
        assert tables is not None
        assert [start.brings(empty, tables, own) for _ in range(2)] == [False, False]
    (told,) = (record.message for record in caplog.records if record.name == "supply_ledger")
    assert "this ledger has no events" in told
    assert "supply-ledger restore" in told
