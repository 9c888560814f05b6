"""The benchmark works: on a small log, with every check of what it times, and without a word about speed."""

import os
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import phases, tables
from tests.benchmarks.apart import Failed, apart, here, peak_bytes
from tests.benchmarks.measurements import Measurement, Reference, median, once, p99
from tests.benchmarks.place import Place

SIZE = 500
WITHOUT_A_SERVER = [name for name in phases.NAMES if not name.startswith("http")]


def test_it_runs_and_every_answer_that_it_times_is_right(tmp_path: Path) -> None:
    found = phases.run(Place(tmp_path, SIZE), WITHOUT_A_SERVER, here, Console(quiet=True))
    assert found["failures"] == []
    measured = {one["path"] for one in found["measurements"]}
    assert measured == {
        *("import", "rebuild", "bytes on disk", "full state", "selective read", "changes"),
        *("single append", "catch-up", "order of arrival", "mixed import", "appended lists"),
        "log in PostgreSQL",
        *("segments", "proof"),
        *("corrections of one event", "things over time", "points in time"),
    }
    table = tables.markdown(found, found)
    assert f"| to {SIZE:,} events |" in table
    assert all(f"| {path} |" in table for path in measured)


def test_the_table_says_whether_marks_are_reached() -> None:
    reached = Measurement("one", "a", "ms", median([1, 2, 9]), at_most=3, grows_at_most=1.5)
    missed = Measurement("two", "b", "events/s", once(10), (Reference("alone", once(40), ratio_at_least=0.5),))
    run = {
        "size": 5,
        "machine": {},
        "measurements": [reached.as_dict(), missed.as_dict()],
        "failures": [{"phase": "three", "error": "wrong"}],
    }
    before = {**run, "measurements": [{**reached.as_dict(), "sample": vars(once(1))}]}
    lines = tables.lines(run, before)
    assert "| one | a | 2 ms (1 – 9, 3) |  |  | ≤ 3 ms | yes | 2 × (≤ 1.5: **no**) |" in lines
    assert "| two | b | 10 events/s | alone: 40 events/s | 0.25 × | ≥ 0.5 × | **no** |  |" in lines
    assert "FAILED: three: wrong" in lines


def test_of_many_runs_99_in_100_are_not_above_p99() -> None:
    assert p99([float(run) for run in range(1, 201)]).value == 198
    assert p99([3.0]).value == 3


def test_work_apart_has_memory_of_its_own() -> None:
    own_pid, peak = apart(os.getpid)
    assert own_pid != os.getpid()
    assert 0 < peak < 10 * max(peak_bytes(os.getpid()), 1)
    with pytest.raises(Failed, match="ZeroDivisionError"):
        apart(divmod, 1, 0)
