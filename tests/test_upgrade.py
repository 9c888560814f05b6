"""A data directory of an earlier release, opened by this one: the same answers, and what it lacks is made."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from tests.places import DATA
from tests.released_ledger import EVENTS, answers, appended

RELEASES = sorted((DATA / "releases").glob("*.tar.xz"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.partition(".")[0])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The log of a release, and what it answered."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    said: dict[str, Any] = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    return tmp_path / "ledger.db", said


def test_a_release_is_kept() -> None:
    assert [path.name for path in RELEASES] == ["before-merkle-tree.tar.xz"]


def test_every_answer_is_the_one_that_the_release_gave(released: tuple[Path, dict[str, Any]]) -> None:
    path, said = released
    with Ledger(path) as ledger, Engine(ledger) as engine:
        assert (ledger.head(), ledger.identity) == (said["head"], said["identity"])
        found = answers(engine, head=said["head"])
        assert sum(map(len, found.values())) > 150
        for question, items in said["answers"].items():
            assert found[question] == items, question


def test_a_request_of_that_time_is_still_known(released: tuple[Path, dict[str, Any]]) -> None:
    path, said = released
    with Ledger(path) as ledger, Engine(ledger) as engine:
        found, kept = appended(engine), said["appended"]
        assert found["items"] == kept["items"]
        assert found["basis"] == {**kept["basis"], "root": found["basis"]["root"]}  # which that release did not know
        assert ledger.head() == said["head"]


def test_a_text_of_that_time_can_be_erased(released: tuple[Path, dict[str, Any]]) -> None:
    path, said = released
    with Ledger(path) as ledger:
        figures = [one for one in ledger.entries() if one.type == "ProductionReported"]
        ledger.erase(figures[-1].event_id, reason="other", explanation="-")
        assert figures[-1].state not in path.read_bytes()
        found = ledger.verify()
        assert (found.size, found.faults) == (said["head"] + 1, ())


def test_it_has_a_tree_from_then_on_and_is_whole(released: tuple[Path, dict[str, Any]]) -> None:
    path, said = released
    with Ledger(path) as ledger:
        assert len(list(ledger.log.leaves(after=0, until=said["head"]))) == said["head"]
        found = ledger.verify()
        assert (found.size, found.faults) == (said["head"], ())
        ledger.append([{**EVENTS[0], "entity": "another-institute"}])
        assert ledger.recorded_at(said["head"] + 1) is not None
    with Ledger(path) as ledger:  # which looks at the seal
        assert ledger.verify().faults == ()
        assert ledger.log.root(said["head"]) == found.root
