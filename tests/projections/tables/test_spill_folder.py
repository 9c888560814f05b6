"""What does not fit in memory goes to a folder that is gone afterwards, however the process ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Ledger
from projections import Engine
from projections.tables.spill_folder import SpillFolder, remove_abandoned, spill_folder
from tests.ledger.conftest import WORLD, figure
from tests.places import ROOT

KILLED = """
import os, signal, sys
from pathlib import Path
from projections.tables.spill_folder import SpillFolder
folder = SpillFolder(Path(sys.argv[1]))
(folder.path / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"left")
os.kill(os.getpid(), signal.SIGKILL)
"""


def spills_in(folder: Path) -> list[Path]:
    return list(folder.glob(".supply-ledger-spill-*"))


def test_tables_in_memory_spill_into_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger(tmp_path / "ledger.db") as ledger, Engine(ledger) as engine:
        ledger.append([*WORLD, figure()])
        (folder,) = spills_in(tmp_path)
        tables = engine._upkeep._tables
        assert tables is not None
        tables.connection.execute("SET memory_limit = '60MB'")
        with engine.reader(engine.viewpoint()) as reader:
            reader._cursor.execute(
                "CREATE TEMP TABLE many AS SELECT one, hash(one) AS other FROM range(9000000) AS rows(one)"
            )
            assert reader.ask("SELECT COUNT(*), SUM(one) FROM many") == [(9_000_000, sum(range(9_000_000)))]
            assert any(path.name.startswith("duckdb_temp") for path in folder.iterdir())
            assert len(reader.read("figures")) == 1
    assert spills_in(tmp_path) == []
    assert not (tmp_path / ".tmp").exists()


def test_memory_has_a_limit_also_without_a_file() -> None:
    with Ledger(":memory:") as ledger, Engine(ledger) as engine, engine.reader(engine.viewpoint()) as reader:
        ((limit, folder),) = reader.ask("SELECT current_setting('memory_limit'), current_setting('temp_directory')")
        assert Path(folder).is_dir()
    assert not Path(folder).exists()
    assert limit


def test_without_room_beside_the_ledger_the_folder_is_elsewhere(tmp_path: Path) -> None:
    folder = spill_folder(tmp_path / "not there")
    assert folder is not None
    assert folder.path.is_dir()
    folder.close()
    assert not folder.path.exists()


def test_what_a_killed_process_left_is_removed_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    mine = SpillFolder(tmp_path)
    script = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(script, cwd=ROOT, check=False).returncode < 0
    assert len(spills_in(tmp_path)) == 2
    remove_abandoned(tmp_path)
    other = SpillFolder(tmp_path)
    assert sorted(spills_in(tmp_path)) == sorted([mine.path, other.path])
    mine.close()
    other.close()
    assert spills_in(tmp_path) == []


def test_tables_in_a_file_remove_what_tables_in_memory_left(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False).returncode < 0
    assert len(spills_in(tmp_path)) == 1
    with Ledger(tmp_path / "ledger.db") as ledger, Engine.beside(ledger, tmp_path / "projections.duckdb"):
        assert spills_in(tmp_path) == []
