"""What the ledger promises its readers, over generated histories and through the HTTP API."""

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.questions.effects import effects
from ledger import REGISTRY, Ledger, Refused
from ledger.events.figures import Figure
from ledger.values import instant_text, parse_moment
from projections import CATALOGUE, Engine
from projections.queries.touched_things import THINGS
from tests.depth import seeds
from tests.oracle.histories import Body, random_history
from tests.oracle.model_thing_diff import SAID_AGAIN, compared
from tests.properties.test_viewpoints import items, ticking
from tests.shared_tables import engine_of

SEEDS = seeds(ordinarily=1, first=0, one_in=5)
SIZE = 30
BY_ARRIVAL = ("position", "recorded_at")


@contextmanager
def opened(bodies: list[Body]) -> Iterator[Engine]:
    """An engine over a ledger that holds what it accepted of a history."""
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        for body in bodies:
            ledger.append_what_fits([body])
        yield engine


def accepted(history: list[Body]) -> list[Body]:
    with opened(history) as engine:
        ids = {str(entry.event_id) for entry in engine.ledger.entries()}
    return [body for body in history if body["event_id"] in ids]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_answer_at_a_position_never_changes_as_the_log_grows(seed: int) -> None:
    rng = random.Random(seed)
    history = random_history(rng, SIZE)
    with opened(history[: len(history) // 2]) as engine:
        at = {"recorded_as_of": f"position:{engine.ledger.head()}", "as_of": "2025-02-01"}
        client = TestClient(create_app(engine, answers_bytes_max=0))
        before = {path: client.get(f"/v1/{path}", params=at).text for path in CATALOGUE}
        for body in history[len(history) // 2 :]:
            engine.ledger.append_what_fits([body])
        assert {path: client.get(f"/v1/{path}", params=at).text for path in CATALOGUE} == before


@pytest.mark.parametrize("seed", SEEDS)
def test_asking_again_with_the_receipt_of_an_answer_gives_the_same_items(seed: int) -> None:
    with opened(random_history(random.Random(seed), SIZE)) as engine:
        client = TestClient(create_app(engine, answers_bytes_max=0))
        for path in CATALOGUE:
            first = client.get(f"/v1/{path}").json()
            clocks = ("as_of", "recorded_as_of", "effective_at")
            again = client.get(f"/v1/{path}", params={name: first["basis"][name] for name in clocks}).json()
            assert again["items"] == first["items"]
            assert again["basis"] == first["basis"]


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_published_after_as_of_can_be_told_from_an_answer(seed: int) -> None:
    rng = random.Random(seed)
    history = accepted(random_history(rng, SIZE))
    as_of = rng.choice(("2024-12-31", "2025-01-31T12:00:00Z", "2025-02-01"))
    known = parse_moment(as_of).end
    targets = {body["target"] for body in history if "target" in body}
    changed = 0
    other = []
    for body in history:
        hidden = "published_at" in body and parse_moment(body["published_at"]).end > known
        if hidden and "value" in body and body["event_id"] not in targets:
            body, changed = {**body, "value": "17", "note": "something else"}, changed + 1
        elif hidden and body["type"] in ("StatementRecorded", "RiskRaised") and body["event_id"] not in targets:
            body, changed = {**body, "note": "something else"}, changed + 1
        other.append(body)
    with opened(history) as engine, opened(other) as altered:
        assert altered.ledger.head() == engine.ledger.head()
        at = {"as_of": as_of, "recorded_as_of": f"position:{engine.ledger.head()}", "effective_at": "2025-06-30"}
        plain = {name: value for name, value in at.items() if name != "effective_at"}
        clients = [TestClient(create_app(one)) for one in (engine, altered)]
        for params in (at, plain):
            for path in CATALOGUE:
                one, two = (client.get(f"/v1/{path}", params=params).json()["items"] for client in clients)
                assert one == two, path


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_arrival_gives_the_same_answers_now(seed: int) -> None:
    rng = random.Random(seed)
    history = accepted(random_history(rng, 2 * SIZE))
    registered = [body for body in history if body["type"] == "EntityRegistered"]
    figures = [body for body in history if issubclass(REGISTRY[body["type"]], Figure)]
    first = datetime(2025, 1, 1, tzinfo=UTC)
    dated = [{**body, "published_at": instant_text(first + timedelta(hours=n))} for n, body in enumerate(figures)]
    shuffled = list(dated)
    rng.shuffle(shuffled)
    found = []
    for order in (dated, shuffled):
        with opened([*registered, *order]) as engine:
            assert engine.ledger.head() == len(registered) + len(dated)
            viewpoint = engine.viewpoint()
            figure_ids = {str(entry.stream) for entry in engine.ledger.entries() if "unit" in entry.body}
            tables = [engine.read("figures", viewpoint, filters={"resolve": "all"})]
            tables += [engine.history(figure_id, viewpoint) for figure_id in sorted(figure_ids)]
            found.append([table.drop([name for name in BY_ARRIVAL if name in table.column_names]) for table in tables])
    assert all(one.equals(two) for one, two in zip(*found, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dry_run_predicts_what_the_append_then_does(seed: int) -> None:
    def figures(engine: Engine) -> dict[str, dict[str, Any]]:
        items = engine.read("figures", engine.viewpoint()).to_pylist()
        return {
            item["figure_id"]: {k: v for k, v in item.items() if k not in ("recorded_at", "dimensions")}
            for item in items
        }

    def things(engine: Engine) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        viewpoint, found = engine.viewpoint(), defaultdict[tuple[str, ...], list[dict[str, Any]]](list)
        for name, key in THINGS.items():
            for item in items(engine.read(name, viewpoint), name):
                told = {column: compared(column, value) for column, value in item.items() if column not in SAID_AGAIN}
                found[(name, *(item[column] for column in key))].append(told)
        return dict(found)

    rng = random.Random(seed)
    history = random_history(rng, SIZE)
    with opened([]) as engine:
        while history:
            size = rng.choice((1, 1, 2, 7))
            batch, history = history[:size], history[size:]
            try:
                plan = engine.ledger.plan(batch)
            except Refused:
                engine.ledger.append_what_fits(batch)
                continue
            before, looks = figures(engine), rng.randrange(6) == 0
            things_before = things(engine) if looks else {}
            listed = effects(engine, plan.entries, engine.viewpoint()).listed
            predicted = {item["figure_id"]: item["after"] for item in listed if "figure_id" in item}
            named = {
                (one["resource"], *(one[column] for column in THINGS[one["resource"]]))
                for one in listed
                if "resource" in one
            }
            engine.ledger.append(batch)
            things_after = things(engine) if looks else {}
            either = things_before.keys() | things_after.keys()
            changed_things = {one for one in either if things_before.get(one) != things_after.get(one)}
            assert changed_things <= named
            assert not looks or {one for one in named if one[0] != "relationships"} <= changed_things
            after = figures(engine)
            changed = {one for one in {**before, **after} if before.get(one) != after.get(one)}
            assert set(predicted) >= changed
            for figure_id, item in predicted.items():
                actual = after.get(figure_id)
                assert (item is None) == (actual is None)
                if (
                    item is not None
                    and actual is not None
                    and item["published_at"] in {b.get("published_at") for b in batch}
                ):
                    assert {name: item[name] for name in actual} == actual
