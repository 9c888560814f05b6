"""Several programs that write one log in turn decide, and warn, as one alone would."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, Refused
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure, retraction
from tests.oracle.deep_histories import deep_history
from tests.oracle.histories import random_history

Row = dict[str, Any]
NOW = datetime(2025, 3, 1, tzinfo=UTC)
ONE, TWO = (f"{number:08}-0000-4000-8000-000000000000" for number in (1, 2))


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Sequence[Ledger]]:
    with ExitStack() as opened:
        yield [opened.enter_context(Ledger(tmp_path / "log.db", clock=lambda: NOW)) for _ in range(3)]


def warnings(items: Sequence[Any]) -> list[list[Any]]:
    return [list(item["warnings"]) for item in items]


def rules(ledger: Ledger, row: Row) -> list[str]:
    return [one["rule"] for one in ledger.append([row]).items[0]["warnings"]]


@pytest.mark.parametrize("seed", range(examples(10, deeply=300)))
def test_they_warn_as_one_alone_does(writers: Sequence[Ledger], seed: int) -> None:
    rng = random.Random(seed)
    events, odd = [], []
    with Ledger(":memory:", clock=lambda: NOW) as alone:
        for event in deep_history(rng, 40) if seed % 4 == 0 else random_history(rng, 60):
            try:
                (item,) = alone.append([event]).items
            except Refused:
                continue
            if item["status"] == "recorded":
                events.append(event)
                odd.append(item["warnings"])
    begin = 0
    while begin < len(events):
        size = rng.choice((1, 1, 2, 5))
        now, expected = events[begin : begin + size], odd[begin : begin + size]
        planned = rng.choice(writers).plan(now).items
        assert [list(one.warnings) for one in planned] == expected
        with pytest.raises(Refused):
            rng.choice(writers).append([*now, {"type": "Nothing"}])
        assert warnings(rng.choice(writers).append(now).items) == expected
        begin += size


def test_what_one_merges_or_moves_the_other_knows(writers: Sequence[Ledger]) -> None:
    one, other, third = writers
    one.append([*WORLD, {"type": "EntityRegistered", "entity": "earth", "kind": "region", "name": "Earth"}])
    other.append([figure("1", subject="earth"), figure("1", subject="china", period="2022", event_id=ONE)])
    third.append([figure("1", period="1999")])
    one.append([{"type": "EntitiesMerged", "kept": "world", "merged": "earth", "reason": "one and the same"}])
    assert rules(other, figure("2")) == ["contradicts"]
    one.append([correction(ONE, subject="world")])
    third.plan([figure("2", period="2022")])  # It forgets nothing of what it has found.
    for book in (third, other):
        assert [item.warnings[0]["rule"] for item in book.plan([figure("2", period="2022")]).items] == ["contradicts"]
        assert rules(book, figure("9", subject="china", period="2022")) in ([], ["contradicts"])


def test_a_metric_that_one_states_first_another_may_take_back(writers: Sequence[Ledger]) -> None:
    one, other, _ = writers
    one.append([*WORLD, figure("1")])
    one.append([figure("1", metric="refinery_output")])  # From now on it knows how metrics are named.
    other.append([figure("1", metric="smelter_output", event_id=ONE), figure("1", metric="lone_metric", event_id=TWO)])
    one.append([retraction(ONE), correction(TWO, metric="smelter_output")])
    assert rules(other, figure("1", metric="lone_metrik")) == []
    assert rules(one, figure("1", metric="smelter_outputs")) == ["near_metric"]


def test_a_form_that_one_corrects_to_the_other_knows(writers: Sequence[Ledger]) -> None:
    one, other, _ = writers
    one.append([*WORLD, figure("1", event_id=ONE), figure("1", subject="china", published_at="2023", event_id=TWO)])
    other.append([figure("1", metric="another")])
    one.append([correction(each, dimensions={"basis": "reo"}) for each in (ONE, TWO)])
    row = figure("1", period="2022", published_at="2025")
    found = [[warning["rule"] for warning in book.plan([row]).items[0].warnings] for book in (one, other)]
    assert found == [["near_series"], ["near_series"]]
