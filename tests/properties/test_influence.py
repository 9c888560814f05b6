"""What an answer hangs on is found by leaving it out: from the log, and from the filter of publishers."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from projections.audit import influence
from projections.audit.influence import Entry, turns
from tests.depth import seeds
from tests.oracle.facts import Item
from tests.properties.test_viewpoints import ticking
from tests.shared_tables import engine_of

PUBLISHERS = ("bgs", "usgs", "wire")
DAYS = ("2024-01-31", "2024-06-30", "2025-01-31", None)
SAYINGS: tuple[dict[str, str], ...] = (
    {"value": "10"},
    {"value": "10"},
    {"value": "12"},
    {"low": "9"},
    {"symbol": "withheld"},
)


def told(rng: random.Random) -> list[Item]:
    """What a few publishers said of a figure or two, and took back, some of it at one time."""
    bodies: list[Item] = []
    for number in range(rng.randint(1, 9)):
        withdrawn = rng.random() < 0.15
        body: Item = {
            "type": "FigureWithdrawn" if withdrawn else "ProductionReported",
            "event_id": f"00000000-0000-4000-8000-{number:012}",
            "subject": "china",
            "metric": "mine_production",
            "period": rng.choice(["2023", "2023", "2022"]),
            "unit": "t",
            "published_at": rng.choice(DAYS),
            "source": {"publisher": rng.choice(PUBLISHERS), "kind": rng.choice(["primary", "primary", "secondary"])},
            **({} if withdrawn else rng.choice(SAYINGS)),
        }
        bodies.append({name: value for name, value in body.items() if value is not None})
    return bodies


def preferred(rng: random.Random) -> list[Item]:
    """Whom the ledger asks first, if anybody: for everything, for the metric, or first so and then otherwise."""
    scopes: tuple[dict[str, str], ...] = ({}, {"metric": "mine_production"}, {"metric": "production"})
    return [
        {"type": "PreferenceSet", "publishers": rng.sample(PUBLISHERS, rng.choice([0, 1, 1, 2])), **rng.choice(scopes)}
        for _ in range(rng.choice([0, 0, 1, 2, 3]))
    ]


def ledger_of(bodies: list[Item], preferences: list[Item]) -> Ledger:
    ledger = Ledger(":memory:", clock=ticking())
    ledger.append(
        [
            *(
                {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug}
                for slug in PUBLISHERS
            ),
            {"type": "EntityRegistered", "entity": "china", "kind": "country", "name": "China"},
            *preferences,
        ]
    )
    if bodies:
        ledger.append(bodies)
    return ledger


def answers(engine: Engine, **filters: Any) -> dict[str, tuple[Any, ...]]:
    """By period: what is answered, by whom, and whether it is disputed."""
    names = ("value", "low", "high", "symbol", "publisher", "disputed")
    rows = engine.read("figures", engine.viewpoint(as_of="2100"), filters=filters).to_pylist()
    return {row["period"]: tuple(row[name] for name in names) for row in rows}


def turn_of(now: tuple[Any, ...] | None, then: tuple[Any, ...] | None) -> str | None:
    if now == then:
        return None
    if then is None:
        return "gone"
    if now is None or now[:4] != then[:4]:
        return "value"
    return "publisher" if now[4] != then[4] else "disputed"


@pytest.mark.parametrize("seed", seeds(ordinarily=4))
def test_an_answer_hangs_on_what_turns_it_when_it_is_left_out(seed: int) -> None:
    rng = random.Random(seed)
    bodies, preferences = told(rng), preferred(rng)
    prefer = rng.sample(PUBLISHERS, rng.choice([0, 0, 1, 2]))
    asked = {"prefer": ",".join(prefer)} if prefer else {}
    with ledger_of(bodies, preferences) as ledger, engine_of(ledger) as engine:
        now = answers(engine, **asked)
        with engine.reader(engine.viewpoint(as_of="2100")) as reader:
            found = influence(reader, {}, prefer=prefer).items
        expected = set()
        for slug in PUBLISHERS:
            others = [one for one in PUBLISHERS if one != slug]
            then = answers(engine, **asked, publisher=others)
            said_by = {body["period"] for body in bodies if body["source"]["publisher"] == slug}
            for period in said_by & now.keys():
                left = then.get(period)
                if left is not None:  # `disputed` is of all publishers, whoever is asked
                    with (
                        ledger_of([b for b in bodies if b["source"]["publisher"] != slug], preferences) as less,
                        engine_of(less) as e,
                    ):
                        left = answers(e, **asked)[period]
                if turn := turn_of(now[period], left):
                    expected.add((period, "publisher", slug, None, turn, *(left or (None,) * 6)))
    for left_out in bodies:
        rest = [body for body in bodies if body is not left_out]
        with ledger_of(rest, preferences) as ledger, engine_of(ledger) as engine:
            then = answers(engine, **asked)
        period = left_out["period"]
        if turn := turn_of(now.get(period), then.get(period)):
            slug = left_out["source"]["publisher"]
            expected.add((period, "event", slug, left_out["event_id"], turn, *(then.get(period) or (None,) * 6)))
    shown = {
        (
            *(item["period"], item["left_out"], item["publisher"], item["event_id"], item["turns"]),
            *(item["value_without"], item["answered_by_without"], item["disputed_without"]),
        )
        for item in found
    }
    assert shown == {
        (*one[:5], one[5] or (f"{one[6]}.." if one[6] else one[8]), one[9], bool(one[10])) for one in expected
    }
    for item in found:
        answer = now.get(item["period"])
        assert item["answered_by"] == (answer and answer[4])


@pytest.mark.parametrize("seed", seeds(ordinarily=4))
def test_what_one_publisher_says_hangs_on_the_others_where_it_is_disputed(seed: int) -> None:
    rng = random.Random(seed)
    bodies, preferences = told(rng), preferred(rng)
    one, other = rng.sample(PUBLISHERS, 2)

    def answered(some: list[Item]) -> dict[str, tuple[Any, ...]]:
        with ledger_of(some, preferences) as ledger, engine_of(ledger) as engine:
            return answers(engine, publisher=one)

    with ledger_of(bodies, preferences) as ledger, engine_of(ledger) as engine:
        now = answers(engine, publisher=one)
        with engine.reader(engine.viewpoint(as_of="2100")) as reader:
            found = influence(reader, {"publisher": one}).items
            of_other = influence(reader, {"publisher": other}).items
            of_both = influence(reader, {"publisher": [other, one]}).items
    assert sorted(map(str, of_both)) == sorted(map(str, found + of_other)), "of several, what each says"
    expected = set()
    for slug in PUBLISHERS:
        then = answered([body for body in bodies if body["source"]["publisher"] != slug])
        for period in {body["period"] for body in bodies if body["source"]["publisher"] == slug}:
            if period in now and (turn := turn_of(now[period], then.get(period))):
                expected.add((period, "publisher", slug, None, turn, bool((then.get(period) or (False,))[-1])))
    for left_out in bodies:
        then, period = answered([body for body in bodies if body is not left_out]), left_out["period"]
        if turn := turn_of(now.get(period), then.get(period)):
            disputed = bool((then.get(period) or (False,))[-1])
            slug = left_out["source"]["publisher"]
            expected.add((period, "event", slug, left_out["event_id"], turn, disputed))
    names = ("period", "left_out", "publisher", "event_id", "turns", "disputed_without")
    assert {tuple(item[name] for name in names) for item in found} == expected
    for item in found:
        answer = now.get(item["period"])
        assert (item["answered_by"], item["disputed"]) == ((answer[4], answer[5]) if answer else (None, False))


def test_to_ask_for_each_of_many_publishers_looks_at_each_thing_a_few_times() -> None:
    many, seen = 200, 0

    def each(things: Iterable[Any]) -> Iterator[Any]:
        nonlocal seen
        for one in things:
            seen += 1
            yield one

    slugs = [f"publisher-{number}" for number in range(many)]
    said = [Entry(slug, slug, datetime(2024, 1, 1), number, True, (number,) * 4) for number, slug in enumerate(slugs)]
    found = list(turns(said, {}, publishers=slugs, each=each))
    assert {(item["answered_by"], item["publisher"]) for item in found} == {(slug, slug) for slug in slugs}
    assert seen <= 4 * many
