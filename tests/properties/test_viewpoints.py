"""Every answer at every viewpoint is the one that the naive model gives.

Histories are drawn, recorded through the ledger, and read back at random viewpoints on all three clocks; the answers of
the projections are compared item for item with those of `tests/oracle/model.py`. How many, and
from which seed on: `tests/depth.py`.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ledger import Ledger, Refused
from ledger.values import instant_text
from projections import CATALOGUE, FIGURES, Engine
from projections import Viewpoint as EngineViewpoint
from tests.depth import seeds
from tests.oracle.histories import Viewpoint, random_history, random_selection, random_viewpoint
from tests.oracle.model import Model, sorted_items
from tests.oracle.model_catalogue import catalogue
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.shared_tables import engine_of

VIEWPOINTS = 10


Item = dict[str, Any]


def ticking() -> Any:
    """A clock that moves a second each time it is looked at."""
    instants = (datetime(2025, 3, 1, tzinfo=UTC) + timedelta(seconds=step) for step in range(10**9))
    return lambda: next(instants)


def recorded(
    rng: random.Random, history: Callable[[random.Random, int], list[Item]] = random_history
) -> Iterator[tuple[Engine, list[Item]]]:
    """The engine of a history of up to 40 events, caught up in random steps, and the events as the API gives them."""
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        bodies = history(rng, rng.randint(1, 40))
        while bodies:
            size = rng.choice((1, 1, 2, 5, 20, len(bodies)))
            ledger.append_what_fits(bodies[:size])
            bodies = bodies[size:]
            if rng.randrange(8) == 0:
                erase_any(ledger, rng)
            if rng.randrange(2):
                engine.catch_up()
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


def erase_any(ledger: Ledger, rng: random.Random) -> None:
    """Erase an event, whatever it is; nothing where a rule forbids it, or it is erased already."""
    (entry,) = ledger.log.at_positions([rng.randint(1, ledger.head())])
    with suppress(Refused):
        ledger.erase(entry.event_id, reason="other", explanation="-")


def items(table: pa.Table, name: str = "") -> list[Item]:
    """The items as the API gives them."""
    objects = CATALOGUE[name].objects if name in CATALOGUE else ()
    found: list[Item] = table.to_pylist()
    for item in found:
        for column in objects:
            item[column] = item[column] and json.loads(item[column])
    return found


def paged(
    engine: Engine,
    name: str,
    viewpoint: EngineViewpoint,
    filters: dict[str, str],
    limit: int,
    *,
    sort: str | None = None,
) -> list[Item]:
    """The items as page after page gives them."""
    found: list[Item] = []
    while page := items(engine.read(name, viewpoint, filters=filters, sort=sort, limit=limit, offset=len(found)), name):
        found.extend(page)
    return found


def differences(expected: list[Item], found: list[Item]) -> str | None:
    """The first difference in what the model knows of, readable."""
    for place, (left, right) in enumerate(zip(expected, found, strict=False)):
        wrong = {key: (value, right.get(key)) for key, value in left.items() if right.get(key) != value}
        if wrong:
            return f"item {place} (model, projection): {wrong}\n  model: {left}\n  projection: {right}"
    if len(expected) != len(found):
        return f"{len(expected)} items in the model, {len(found)} in the projection\n  {expected}\n  {found}"
    return None


def seen_from(engine: Engine, at: Viewpoint) -> EngineViewpoint:
    """A viewpoint as the engine has it."""
    return engine.viewpoint(
        as_of=instant_text(at.as_of),
        recorded_as_of=f"position:{at.position}",
        effective_at=instant_text(at.effective_at),
    )


def everything(model: Model, at: Viewpoint) -> Iterator[tuple[str, dict[str, str], list[Item]]]:
    """(projection, filters, items) of every resource at a viewpoint, as the model has them."""
    yield "figures", {}, model.figures(at.as_of, at.position)
    yield "figures", {"resolve": "all"}, model.figures(at.as_of, at.position, resolve="all")
    yield "policies", {}, model.policies(*at)
    yield "policies", {"provision": "part 1"}, model.policies(*at, provision="part 1")
    yield "agreements", {}, model.agreements(*at)
    yield "facilities", {}, model.facilities(*at)
    yield "links", {}, model.links(*at)
    yield "risks", {}, model.risks(*at)
    yield "relationships", {}, model.relationships(*at)
    yield "commitments", {}, model.commitments(*at)
    yield "statements", {}, model.statements(at.as_of, at.position)
    yield "entities", {}, model.entities(*at)


def everything_alone(model: Model, at: Viewpoint) -> Iterator[tuple[str, dict[str, str], list[Item]]]:
    """The same, and what is counted over all figures of a ledger, so that the model must be of all of it."""
    yield from everything(model, at)
    yield "catalogue", {}, catalogue(model, *at)


_ARGUMENTS = {"publisher": "publishers", "prefer": "prefer"}
THINGS = ("policies", "agreements", "facilities", "links", "risks", "relationships", "commitments")


def wrong_reading(
    model: Model,
    engine: Engine,
    at: Viewpoint,
    rng: random.Random,
    events: Sequence[Item],
    name: str,
    *,
    parameters: Sequence[str] = ("publisher", "prefer"),
) -> Iterator[str]:
    """What differs in things of a resource as some publishers say alone, and as others are preferred."""
    speakers = sorted(
        {event["source"]["publisher"] for event in events if (event.get("source") or {}).get("publisher")}
    )
    if not speakers:
        return
    chosen = rng.sample(speakers, min(len(speakers), rng.randint(1, 2)))
    kept = [model.names(at.position).resolve(slug) for slug in chosen]
    for parameter in parameters:
        filters, reading = {parameter: ",".join(chosen)}, {_ARGUMENTS[parameter]: kept}
        found = items(engine.read(name, seen_from(engine, at), filters=filters), name)
        if wrong := differences(getattr(model, name)(*at, **reading), found):
            yield f"{name} {filters}: {wrong}"


def compare_states(model: Model, engine: Engine, viewpoints: list[Viewpoint]) -> Iterator[str]:
    """What differs in any resource at any of the viewpoints, asked all at once."""
    expected: dict[tuple[str, str], list[Item]] = {}
    for place, at in enumerate(viewpoints):
        for name, filters, wanted in everything_alone(model, at):
            tagged = [{"viewpoint": place, **item} for item in wanted]
            expected.setdefault((name, json.dumps(filters)), []).extend(tagged)
    asked = [seen_from(engine, at) for at in viewpoints]
    for (name, asked_for), wanted in expected.items():
        found = items(engine.read_many(name, asked, filters=json.loads(asked_for)), name)
        if wrong := differences(wanted, found):
            yield f"{name} {asked_for} at {viewpoints}: {wrong}"


def compare_questions(
    model: Model, engine: Engine, at: Viewpoint, rng: random.Random, events: list[Item]
) -> Iterator[str]:
    """What differs at one viewpoint: figures with filters, every resource, and histories on both clocks."""
    viewpoint = seen_from(engine, at)
    limit = rng.choice((1, 2, 5, 100))
    for _ in range(3):
        selection = random_selection(rng, events)
        filters = {
            name: ",".join(value) if name == "prefer" else "true" if value is True else value
            for name, value in selection.items()
        }
        found = paged(engine, "figures", viewpoint, filters, limit)
        expected = model.figures(at.as_of, at.position, **selection)
        if wrong := differences(expected, found):
            yield f"figures {selection}: {wrong}"
        sort = rng.choice(("", "-")) + rng.choice(tuple(FIGURES.sorts))
        found = paged(engine, "figures", viewpoint, filters, limit, sort=sort)
        if wrong := differences(sorted_items(expected, sort), found):
            yield f"figures {selection} by {sort}: {wrong}"
    for name, filters, wanted in everything_alone(model, at):
        if wrong := differences(wanted, items(engine.read(name, viewpoint, filters=filters), name)):
            yield f"{name} {filters}: {wrong}"
        if wrong := differences(wanted, paged(engine, name, viewpoint, filters, limit)):
            yield f"{name} {filters}: {wrong}"
    for name in rng.sample(THINGS, 2):
        yield from wrong_reading(model, engine, at, rng, events, name)
    ever = sorted({one for position in range(len(events) + 1) for one in model.statements_on(position)})
    for figure_id in rng.sample(ever, min(2, len(ever))):
        for clock in ("publication", "ledger"):
            found = items(engine.history(figure_id, viewpoint, clock=clock))
            if wrong := differences(model.history(figure_id, clock, at.as_of, at.position), found):
                yield f"{clock} history of {figure_id}: {wrong}"
        found = items(engine.read("figures", viewpoint, filters={"figure_id": figure_id}), "figures")
        if wrong := differences(model.figures(at.as_of, at.position, figure_id=figure_id), found):
            yield f"figure {figure_id}: {wrong}"


@pytest.mark.parametrize("seed", seeds(ordinarily=2))
def test_every_answer_is_the_one_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        viewpoints = [random_viewpoint(rng, events) for _ in range(VIEWPOINTS)]
        for wrong in compare_states(model, engine, viewpoints):
            pytest.fail(f"seed {seed}\n{wrong}")
        for wrong in compare_questions(model, engine, viewpoints[0], rng, events):
            pytest.fail(f"seed {seed} at {viewpoints[0]}\n{wrong}")
        caught_up = {name: engine.table(name) for name in engine.tables()}
        rebuild_in_parts(engine)
        for name, rows in caught_up.items():
            assert rows.equals(engine.table(name)), f"seed {seed}: {name}"
