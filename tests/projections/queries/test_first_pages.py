"""A page of things is what all of them have at its place, and only the events of things up to its end are folded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from projections import CATALOGUE, Engine
from tests.depth import some
from tests.ledger.conftest import WORLD
from tests.shared_tables import engine_of

COUNT = 60
SOURCE = {"publisher": "usgs"}


def opened(number: int) -> list[dict[str, Any]]:
    """A risk and a policy that are known from days in no order; some things have two events, which come later."""
    day = f"2024-{number * 7 % 12 + 1:02}-{number % 28 + 1:02}"
    about = {"published_at": day, "source": SOURCE}
    facts: list[dict[str, Any]] = [
        {
            "type": "RiskRaised",
            "risk": f"risk-{number:03}",
            "category": "regulatory",
            "subject": "china",
            "description": "x",
            **about,
        },
        {
            "type": "PolicyAnnounced",
            "policy": f"policy-{number:03}",
            "jurisdiction": "china",
            "kind": "tariff",
            "title": f"Policy {number}",
            **about,
        },
    ]
    subject = ("china", "usgs")[number % 2]
    facts.append({"type": "StatementRecorded", "subject": subject, "attribute": "role", "text": str(number), **about})
    if number % 3 == 0:
        facts.append(
            {
                "type": "RiskResolved",
                "risk": f"risk-{number:03}",
                "effective_from": day,
                **about,
                "published_at": "2024-12-31",
            }
        )
    return facts


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("pages")
    with Ledger(path / "ledger.db") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *(fact for number in reversed(range(COUNT)) for fact in opened(number))])
        yield engine


@pytest.mark.parametrize("as_of", ["2024-01-31", "2024-06-30", "2025"])
@pytest.mark.parametrize("name", ["risks", "policies", "facilities", "entities", "statements"])
def test_pages_together_are_all_items(engine: Engine, name: str, as_of: str) -> None:
    at = engine.viewpoint(as_of=as_of)
    items = engine.read(name, at).to_pylist()
    pages = [
        (limit, max(offset, 0))
        for limit in (1, 7, COUNT - 1, COUNT, COUNT + 1)
        for offset in (0, 1, 20, len(items) - limit, len(items) - 1, len(items))
    ]
    for limit, offset in some(pages, one_in=5):  # each of the limits, and each of the offsets
        page = engine.read(name, at, limit=limit, offset=offset).to_pylist()
        assert page == items[offset:][:limit]


def test_a_thing_that_nothing_opened_does_not_shorten_a_page(engine: Engine) -> None:
    at = engine.viewpoint(as_of="2024-12-31")
    with engine.reader(at) as reader:
        reader._cursor.execute("BEGIN TRANSACTION")
        reader._cursor.execute("DELETE FROM log.risks WHERE risk < 'risk-005' AND type = 'RiskRaised'")
        items = reader.read("risks").to_pylist()
        pages = [reader.read("risks", limit=limit).to_pylist() for limit in (1, 5, 10)]
        reader._cursor.execute("ROLLBACK")
    assert len(items) == COUNT - 5
    assert pages == [items[:limit] for limit in (1, 5, 10)]


def test_a_page_is_folded_from_the_events_up_to_its_end(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    at = engine.viewpoint(as_of="2025")
    with engine.reader(at) as reader:
        reader._cursor.execute("BEGIN TRANSACTION")
        reader._cursor.execute("DELETE FROM log.risks WHERE risk > 'risk-010'")
        without_the_rest = reader.read("risks", limit=10).to_pylist()
        reader._cursor.execute("ROLLBACK")
        asked: list[str] = []
        ask = reader._ask

        def noting(text: str, *rest: Any, **more: Any) -> Any:
            asked.append(text)
            return ask(text, *rest, **more)

        monkeypatch.setattr(reader, "_ask", noting)
        assert reader.read("risks", limit=10).to_pylist() == without_the_rest
    (text,) = asked
    assert 'versions."risk" <= $p0' in text


def test_things_of_their_own_events_are_these() -> None:
    those = {projection.name for projection in CATALOGUE.values() if projection.of_own_events}
    assert those == {"policies", "agreements", "links", "risks", "commitments", "statements"}
