"""Whatever comes in pages is, all pages together, the whole answer: every list, over histories of several worlds.

The first page is asked for while half of the history is recorded, and the others behind it once all of it is.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from api.problems import Problem
from api.questions import log_stream
from api.questions.asked_paths import AskedQuestion, question_at
from api.questions.audit import AUDIT_QUESTIONS
from api.questions.log_stream import next_batch
from api.questions.page import Page
from ledger import Ledger
from projections import CATALOGUE, THINGS, Engine
from tests.depth import seeds, some
from tests.oracle.histories import Body
from tests.oracle.wide_histories import wide_history
from tests.properties.test_viewpoints import ticking
from tests.shared_tables import engine_of

WORLDS, SIZE = 6, 40
SEEDS = seeds(ordinarily=1, first=3, one_in=20)
PAGES_MOST = 5
THINGS_MOST = 2
"""Of each resource the histories of so many things are read: of those that have most items."""
CORRECTED_MOST = "FigureReported"
BOTH_CLOCKS = ("publication", "ledger")
OF_QUESTIONS: dict[str, tuple[dict[str, str], ...]] = {
    "search": ({"q": "lynas"}, {"q": "production"}),
    "vintages": ({}, {"layout": "wide"}, {"releases": "first,latest"}, {"resource": "relationships"}),
    "slips": ({}, {"resource": "commitments"}),
    "disputes": ({"status": "all"}, {"status": "all", "resource": "facilities"}),
    "freshness": ({}, {"resource": "relationships"}),
    "trace": ({"entity": "lynas-1", "direction": "downstream"}, {"entity": "mt-weld-1"}),
    "concentration": (),
    "diff": ({"from_as_of": "2024-12-31"}, {"from_as_of": "2024-12-31", "resource": "relationships"}),
    "impact": (
        {"recorded_from": "position:40", "as_of": "2025"},
        {"recorded_from": "position:40", "resource": "commitments"},
        {"recorded_from": "position:40", "resource": "relationships"},
    ),
}
"""Parameters of the questions of the audit; the others are asked without any. Shares are refused in such a world."""
OF_THE_LOG: tuple[dict[str, str], ...] = (
    {},
    {"type": "ProductionReported"},
    {"type": "RelationshipStated"},
    {"type": "FigureReported,EventCorrected,EntityRegistered"},
    {"publisher": "usgs"},
    {"entity": "china-1"},
    {"publisher": "usgs,bgs", "type": "FigureReported,ProductionReported"},
    {"as_of": "2025-01-31"},
    {"after": "17"},
)


class List(NamedTuple):
    """A list that is asked for: its path, its parameters, and the question."""

    path: str
    parameters: dict[str, str]
    question: AskedQuestion

    def page(self, engine: Engine, **more: str) -> Page:
        """A page of it."""
        return self.question.ask(engine, {**self.parameters, **more})

    def whole(self, engine: Engine, page: Page) -> list[dict[str, Any]]:
        """All its items at the viewpoint of a page."""
        pinned = self.question.pinned(self.parameters, page)
        whole = self.question.ask(engine, {**pinned, "format": "jsonl"})
        return [row for rows in whole.groups(50) for row in rows]


def lists(engine: Engine, rng: random.Random) -> Iterator[List]:
    """All lists that there are, those of things and figures for some of them."""
    asked: list[tuple[str, dict[str, str]]] = []
    for name, projection in CATALOGUE.items():
        sorts = [f"{sign}{sort}" for sort in projection.sorts for sign in ("", "-")]
        asked += [(name, {}), *((name, {"sort": sort}) for sort in sorts)]
        asked += [(name, {"sort": rng.choice(sorts), "resolve": "all"})] if sorts else []
        items = engine.read(name, engine.viewpoint()).to_pylist()
        if name in THINGS:
            of = "relationship" if projection.known_by else str(projection.slug)
            things = [thing for thing, _ in Counter(item[of] for item in items).most_common(THINGS_MOST)]
            asked += [(f"{name}/{one}/history", {"clock": clock}) for one in things for clock in BOTH_CLOCKS]
        elif name == "figures":
            said = sorted(items, key=lambda item: -item["statements"])[:THINGS_MOST]
            asked += [
                (f"figures/{one['figure_id']}/history", {"clock": clock}) for one in said for clock in BOTH_CLOCKS
            ]
    asked += [("events", filters) for filters in OF_THE_LOG]
    asked += [(one.name, given) for one in AUDIT_QUESTIONS for given in OF_QUESTIONS.get(one.name, ({},))]
    for path, parameters in asked:
        question = question_at(f"/v1/{path}")
        assert question is not None
        yield List(path, parameters, question)


@pytest.fixture(scope="module", params=SEEDS)
def drawn(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, random.Random, list[Body]]]:
    """An engine over the first half of a history, and what is to be recorded later."""
    rng = random.Random(request.param)
    history = wide_history(rng, worlds=WORLDS, size=SIZE)
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        for body in history[: len(history) // 2]:
            ledger.append_what_fits([body])
        yield engine, rng, history[len(history) // 2 :]


def test_the_pages_of_every_list_are_the_whole_of_it_though_the_log_grows(
    drawn: tuple[Engine, random.Random, list[Body]],
) -> None:
    engine, rng, later = drawn
    begun = []
    for one in lists(engine, rng):
        first = one.page(engine, limit="1")
        if first.next is not None:
            begun.append((one, first))
    assert len({one.path.partition("/")[0] for one, _ in begun}) > len(CATALOGUE)
    for body in later:
        engine.ledger.append_what_fits([body])
    before = None
    for one, first in begun:
        whole = one.whole(engine, first)
        size = max(rng.choice((1, 2, 3, 7)), -(-len(whole) // PAGES_MOST))
        found, page = first.rows(), first
        while page.next is not None:
            page = one.page(engine, limit=str(size), cursor=page.next)
            assert page.basis == first.basis
            assert len(page.rows()) == size or page.next is None
            assert page.rows()
            found += page.rows()
        assert found == whole, (one.path, one.parameters, size)
        if before is not None:
            with pytest.raises(Problem, match="cursor"):
                one.page(engine, cursor=before)
        before = first.next


@pytest.mark.parametrize("size", [1, 7])
def test_a_stream_gives_every_event_once_wherever_it_begins(
    drawn: tuple[Engine, random.Random, list[Body]], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    engine, rng, _ = drawn
    monkeypatch.setattr(log_stream, "BATCH_EVENTS", size)
    entries = list(engine.ledger.entries())
    recorded = sorted({one.type for one in entries})
    for types in [*some([[name] for name in recorded], one_in=3), rng.sample(recorded, 3), [CORRECTED_MOST]]:
        after = rng.randrange(len(entries))
        told, seen, more = [], after, True
        while more:
            batch = next_batch(engine, {"type": ",".join(types), "after": str(seen)})
            told += [item["position"] for item in batch.events]
            seen, more = batch.seen, batch.has_more
        assert told == [one.position for one in entries if one.position > after and one.type in types], types
        assert seen == len(entries)
