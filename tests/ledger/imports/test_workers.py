"""An import with worker processes ends as one without, whatever becomes of them."""

import json
import marshal
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger import REGISTRY, ImportReport, Ledger, import_file
from ledger.events.base import Event, Text
from ledger.imports import importer, rows
from ledger.imports.rows import Piece
from ledger.imports.verdicts import Way
from ledger.imports.workers import _IDLE, Workers
from tests.ledger.conftest import WORLD, correction, figure
from tests.ledger.imports.test_importer import jsonl, table
from tests.places import ROOT

ID = "0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00"
FACTS = [
    *WORLD,
    figure(event_id=ID),
    *(figure(period=str(1900 + number), value=str(number) if number % 9 else "x") for number in range(60)),
    figure(event_id=ID),
    figure("1", event_id=ID),
    correction(ID, value="7"),
    figure(subject="nowhere"),
    figure(expected_version=9),
    {"type": "EntityRegistered", "entity": "usgs", "kind": "other", "name": "Again"},
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "LARGE_BYTES", 0)
    monkeypatch.setattr(rows, "PIECE_ROWS", 7)
    monkeypatch.setattr("ledger.imports.parquet.BATCH_ROWS", 7)
    monkeypatch.setattr(importer, "TRANSACTION_PIECES", 2)


def flat(event: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in event.items():
        cells |= (
            {f"{name}.{part}": str(one) for part, one in value.items()}
            if isinstance(value, dict)
            else {name: str(value)}
        )
    return cells


def written(path: Path) -> Path:
    """The facts in the format that the path tells, with a row or two that cannot be read."""
    if path.suffix == ".jsonl":
        jsonl(path, *FACTS)
        path.write_bytes(path.read_bytes() + b"\n{nonsense\n[1]\n\xff\n")
    elif path.suffix == ".csv":
        table(path, [flat(event) for event in FACTS])
        path.write_bytes(path.read_bytes() + b"\n\xff\n")
    else:
        cells = [flat(event) for event in FACTS]
        names = dict.fromkeys(name for row in cells for name in row)
        pq.write_table(pa.table({name: [row.get(name) for row in cells] for name in names}), path)
    return path


def imported(directory: Path, path: Path, **settings: Any) -> tuple[ImportReport, list[Any]]:
    """The report of an import into an empty ledger, and what is in it then."""
    database = directory / "one.db"
    ledger = Ledger(database)
    report = import_file(ledger, path, **settings)
    entries = [
        (entry.position, entry.stream, entry.stream_version, entry.type, entry.body, entry.digest)
        for entry in ledger.entries()
    ]
    ledger.close()
    for file in directory.glob("one.db*"):
        file.unlink()
    return report, entries


@pytest.mark.parametrize("mode", ["proceed", "atomic"])
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_workers_change_nothing_about_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, mode: str
) -> None:
    path = written(tmp_path / f"facts.{ending}")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    with_workers = imported(tmp_path, path, mode=mode)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    without = imported(tmp_path, path, mode=mode)
    assert with_workers == without
    assert with_workers[0].rejected > 10
    assert (with_workers[0].recorded > 60) is (mode == "proceed")


def test_progress_is_told_in_order_and_up_to_the_end(tmp_path: Path) -> None:
    path = written(tmp_path / "facts.jsonl")
    seen: list[int] = []
    imported(tmp_path, path, mode="proceed", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == path.stat().st_size


def pieces(count: int) -> Iterator[Piece]:
    for number in range(count):
        yield Piece("jsonl", number + 1, [json.dumps(figure(period=str(1900 + number))).encode()], number)


def values(made: Iterable[tuple[bytes, int]]) -> list[tuple[Any, int]]:
    """What was made, as values: its bytes also say which objects were the same, as they happen to be in a process."""
    return [(marshal.loads(verdicts), done) for verdicts, done in made]


def test_what_a_lost_worker_had_to_do_is_done_all_the_same() -> None:
    expected = values(Workers(Way("x")).prepared(pieces(40)))
    lost = Workers(Way("x"))
    assert lost._processes
    made = lost.prepared(pieces(40))
    first = next(made)
    for process in lost._processes[:1]:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert values((first, *made)) == expected
    assert lost._processes == []


def test_without_an_interpreter_to_start_the_program_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = values(Workers(Way("x")).prepared(pieces(5)))
    for executable in ("/nowhere/python", ""):
        monkeypatch.setattr(sys, "executable", executable)
        alone = Workers(Way("x"))
        assert alone._processes == []
        assert values(alone.prepared(pieces(5))) == expected


def test_an_interpreter_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert Workers(Way("x"))._processes == []


def test_workers_that_do_not_know_a_type_are_done_without() -> None:
    class Known(Event):
        """Something that only this process knows."""

        family: ClassVar[str] = "statements"
        example: ClassVar[dict[str, Any]] = {"type": "Known", "text": "x"}
        text: Text

    try:
        assert Workers(Way("x"))._processes == []
    finally:
        del REGISTRY["Known"]


def test_of_two_files_the_second_is_done_by_the_workers_of_the_first() -> None:
    first = Workers(Way("x"))
    started = list(first._processes)
    made = values(first.prepared(pieces(9)))
    assert first._processes == []
    second = Workers(Way("y"))
    assert second._processes == started
    again = values(second.prepared(pieces(9)))
    assert len(again) == len(made) == 9
    assert again == made, "a fact is known by what it says, in whatever file"
    assert all(process.poll() is None for process in started)
    third, fourth = Workers(Way("x")), Workers(Way("x"))
    assert third._processes == started
    assert not set(fourth._processes) & set(started)
    assert values(fourth.prepared(pieces(9))) == values(third.prepared(pieces(9))) == made
    assert all(process.poll() is None for process in started), "the last that finish wait, and no others"
    _IDLE.end()
    assert all(process.poll() is not None for process in started)


def test_workers_that_wait_are_left_alone_where_another_interpreter_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Workers(Way("x"))
    started = list(first._processes)
    list(first.prepared(pieces(3)))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert Workers(Way("x"))._processes == []
    assert all(process.poll() is not None for process in started)


def test_an_import_that_is_given_up_leaves_no_worker_and_no_thread() -> None:
    given_up = Workers(Way("x"))
    processes = list(given_up._processes)
    made = given_up.prepared(pieces(1000))
    next(made)
    made.close()
    assert processes
    assert all(process.poll() is not None for process in processes)
    assert not [thread for thread in threading.enumerate() if thread.name == "import feeder"]


def test_a_file_that_cannot_be_read_any_more_is_an_error_of_the_import() -> None:
    def breaking() -> Iterator[Piece]:
        yield from pieces(3)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(Workers(Way("x")).prepared(breaking()))


def test_an_import_from_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    path = written(tmp_path / "facts.jsonl")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; from pathlib import Path\n"
        "from ledger import Ledger, import_file; from ledger.imports import importer\n"
        "importer.LARGE_BYTES = 0\n"
        "print(import_file(Ledger(sys.argv[1]), Path(sys.argv[2]), mode='proceed').recorded)\n"
    )
    told = subprocess.run(
        [sys.executable, script, tmp_path / "l.db", path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (told.stdout, told.stderr) == ("64\n", "")
