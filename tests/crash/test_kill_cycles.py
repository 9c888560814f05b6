"""Kill cycles in short, and that they would see what they look for."""

import subprocess
import sys
from typing import Any

import pytest

from tests.crash.kill_cycles import Places, faults_of, no_places
from tests.crash.killed_writers import KINDS, TRANSACTION_ROWS, Sent, sent
from tests.depth import examples
from tests.places import ROOT


def test_writers_that_are_killed_leave_what_was_acknowledged_and_nothing_by_half() -> None:
    # In a process of its own, which has no threads when it forks.
    cycles = str(examples(15, deeply=500))
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--cycles", cycles, "--cuts", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{cycles} cycles of kills" in done.stdout
    assert all(kind in done.stdout for kind in ("single", "request"))


def placed(one: Sent, first: int, count: int) -> Places:
    return {one.mark: {place: [first + place - 1] for place in range(1, count + 1)}}


def said(places: Places, acknowledged: list[tuple[Sent, Any]], begun: list[Sent]) -> list[str]:
    """The kinds of faults."""
    made = no_places()
    for mark, by_place in places.items():
        made[mark].update(by_place)
    return [fault.partition(":")[0] for fault in faults_of(made, acknowledged, begun)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_is_seen_to_lose_double_halve_or_invent(kind: str) -> None:
    one = sent(kind, "0.0", 2)
    size = len(one.facts)
    told = size if kind == "import" else list(range(10, 10 + size))
    whole = placed(one, 10, size)
    assert said(whole, [(one, told)], []) == []
    assert said({}, [(one, told)], []) == ["lost"]
    assert said({}, [], [one]) == []
    assert said(whole, [], [one]) == []
    assert said({one.mark: {1: [10, 90], **{place: [9 + place] for place in range(2, size + 1)}}}, [], [one]) == [
        "doubled"
    ]
    assert said(whole, [], []) == [f"nobody sent {one.mark}"]
    if size > 1:
        assert said(placed(one, 10, size - 1), [], [one]) == ["half"]
    if one.whole_in > 1:
        assert said({one.mark: whole[one.mark] | {size: [99]}}, [], [one]) == ["half"]


def test_an_import_that_goes_on_may_be_there_in_whole_transactions() -> None:
    one = next(one for number in range(50) if (one := sent("import", "0.0", number)).is_in_parts)
    assert said(placed(one, 10, TRANSACTION_ROWS), [], [one]) == []
    assert said(placed(one, 10, TRANSACTION_ROWS + 1), [], [one]) == ["half"]
