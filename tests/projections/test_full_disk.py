"""Where there is no room, answers go on, and what they come from is written again once there is room."""

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, StoreError, StoreFull
from projections import Engine, TablesUnavailable
from projections.tables import table_set
from tests.places import ROOT
from tests.projections.conftest import WORLD, figure

TRIES_MAX = 4
ROOM_BYTES = 16 * 1024 * 1024


def years_in(engine: Engine) -> list[str]:
    """The years of which there is a figure, asked for again where the tables were given up."""
    for _ in range(TRIES_MAX):
        try:
            years: list[str] = engine.read("figures", engine.viewpoint(as_of="2030"))["period"].to_pylist()
            return years
        except TablesUnavailable:
            continue
    raise AssertionError("no answer")


def figures(years: range, **fields: Any) -> list[dict[str, Any]]:
    return [figure(str(year), period=str(year), **fields) for year in years]


def until_full(ledger: Ledger) -> Iterator[str]:
    """Record figures until there is no room for another; gives their years."""
    for year in range(2000, 9000):
        try:
            ledger.append(figures(range(year, year + 1), note="n" * 4000))
        except StoreFull:
            return
        yield str(year)
    raise AssertionError("there is room for all")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield disk
    gc.collect()  # the error that a full disk gave holds the database that gave it
    subprocess.run(["umount", str(disk)], check=True)


def test_answers_go_on_on_a_full_disk_and_the_file_is_taken_up_again(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.tables.table_set.KEPT_EVERY", 1)
    path, filler = small_disk / "projections.duckdb", small_disk / "filler"
    with Ledger(small_disk / "ledger.db") as ledger:
        ledger.append([*WORLD, *figures(range(1900, 2000))])
        recorded = [str(year) for year in range(1900, 2000)]
        with Engine.beside(ledger, path) as engine:
            assert years_in(engine) == recorded
            free = os.statvfs(small_disk).f_bavail * 4096
            filler.write_bytes(bytes(free - 300_000))
            recorded += until_full(ledger)
            assert len(recorded) > 100, "there was room for some"
            assert years_in(engine) == recorded
            assert years_in(engine) == recorded
            assert engine.warning is not None
        with Engine.beside(ledger, path) as engine:
            assert years_in(engine) == recorded
            assert engine.warning
            filler.unlink()
            ledger.append(figures(range(9000, 9100)))
            recorded += [str(year) for year in range(9000, 9100)]
            assert years_in(engine) == recorded
            engine.use_file()
            assert not engine.warning
            assert years_in(engine) == recorded
        with Engine.beside(ledger, path) as engine:
            assert engine.position == ledger.head()
            assert years_in(engine) == recorded


SCRIPT = """
import signal, sys
from pathlib import Path
from tests.projections import test_full_disk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
test_full_disk.{name}(Path(sys.argv[1]))
"""


def limit(size: int) -> None:
    """No file may grow beyond this size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def in_which_no_table_may_be_made(folder: Path) -> None:
    with Ledger(folder / "ledger.db") as ledger:
        ledger.append([*WORLD, *figures(range(1900, 2000))])
        limit(100_000)
        table_set.KEPT_EVERY = 1
        with Engine.beside(ledger, folder / "projections.duckdb") as engine:
            assert years_in(engine) == [str(year) for year in range(1900, 2000)]
            assert engine.warning is not None
            with pytest.raises(StoreError):
                ledger.append(figures(range(2000, 4000)))
            assert years_in(engine) == [str(year) for year in range(1900, 2000)]
        limit(resource.RLIM_INFINITY)
        ledger.append(figures(range(2000, 4000)))
        with Engine.beside(ledger, folder / "projections.duckdb") as engine:
            assert years_in(engine) == [str(year) for year in range(1900, 4000)]
            assert engine.warning is None


@pytest.mark.parametrize("story", [in_which_no_table_may_be_made])
def test_answers_go_on_where_no_file_may_grow(tmp_path: Path, story: Callable[[Path], None]) -> None:
    script = SCRIPT.format(name=story.__name__)
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
