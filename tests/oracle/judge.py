"""Thousands of generated histories against the naive model: `make judge HISTORIES=20000`.

Asking a question costs more than answering it for a short history, so many histories are judged together: each gets
names of its own, they are recorded event by event in turn into one ledger, and every resource is asked for all of them
at once, at each of the viewpoints. The model sees each history alone. Figures drawn at random are asked for one by one,
with filters and on both clocks; and a rebuild of the tables must equal what catching up made. Single questions take
most of the time: with `--singly-one-in 4` one history in four is asked them, and four times as many can be judged.

One history in twenty is a deep one (`tests/oracle/deep_histories.py`), which costs as much as a few others;
`--deep-one-in 1` makes all of them deep. One in five is a story of things that hold over time alone
(`tests/oracle/thing_stories.py`), told by two or three publishers; `--story-one-in 1` makes all others such stories.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from unittest.mock import patch

from ledger import Ledger
from projections import Engine
from projections.tables import answer_intervals
from projections.tables.planned_statements import FEW
from tests.oracle.deep_histories import deep_history
from tests.oracle.histories import Viewpoint, random_history, random_selection, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_thing_diff import KEYS, known_to, thing_diff
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.oracle.thing_stories import thing_story
from tests.oracle.wrong_histories import wrong_histories, wrong_names, wrong_slips
from tests.properties.test_viewpoints import (
    THINGS,
    Item,
    differences,
    erase_any,
    everything,
    items,
    paged,
    seen_from,
    ticking,
    wrong_reading,
)

SIZE_MAX = 30
DEEP_SIZE = 300
TURNS = (1, 1, 1, 1, 3, 10, 100)
"""How many events of each history are recorded together."""
REBUILT_ONE_IN = 4
ERASED_ONE_IN = 8
"""After one turn in so many an event is erased."""
DIFFS = 10
HISTORIES_OF_THINGS = 2
"""Of so many things of each history both histories are judged, and the slips of all at one viewpoint."""
NAMED_THINGS = 2
"""So many things of each history are asked for by name at each viewpoint."""
SLUGS = frozenset(
    "entity merged kept subject object material materials facility operator policy agreement link risk jurisdiction "
    "supplier consumer parent publisher commitment by to applies_to exempt".split()
)
IDS = frozenset(("event_id", "target", "withdraws", "restates"))


def renamed(value: Any, number: int, field: str = "") -> Any:
    """A body with the history's number in every slug and event id."""
    if isinstance(value, dict):
        return {key: renamed(part, number, key.rpartition(".")[2]) for key, part in value.items()}
    if isinstance(value, list):
        return [renamed(part, number, field) for part in value]
    if isinstance(value, str) and field in SLUGS:
        return f"h{number:07}-{value}"
    if isinstance(value, str) and field in IDS:
        return f"{number:08x}{value[8:]}"
    return value


def recorded(engine: Engine, histories: Sequence[Sequence[Item]], rng: random.Random) -> list[Item]:
    """Record the histories in turn, catching up now and then; the log as the API gives it."""
    turns = itertools.zip_longest(*histories)
    while together := list(itertools.islice(turns, rng.choice(TURNS))):
        engine.ledger.append_what_fits([body for turn in together for body in turn if body is not None])
        if rng.randrange(ERASED_ONE_IN) == 0:
            erase_any(engine.ledger, rng)
        if rng.randrange(3) == 0:
            with patch.object(answer_intervals, "FEW", rng.choice((0, FEW))):
                engine.catch_up()
    return [{**entry.envelope(), **entry.body} for entry in engine.ledger.entries()]


def wrong_states(engine: Engine, models: Sequence[Model], viewpoints: Sequence[Viewpoint]) -> Iterator[str]:
    """What differs in any resource at any of the viewpoints."""
    expected: dict[tuple[str, str], list[Item]] = {}
    for place, at in enumerate(viewpoints):
        for model in models:
            for name, filters, wanted in everything(model, at):
                found = expected.setdefault((name, json.dumps(filters)), [])
                found.extend({"viewpoint": place, **item} for item in wanted)
    asked = [seen_from(engine, at) for at in viewpoints]
    for (name, as_text), wanted in expected.items():
        table = engine.read_many(name, asked, filters=json.loads(as_text))
        if wrong := differences(wanted, items(table, name)):
            yield f"{name} {as_text}: {wrong}"


def wrong_pages(engine: Engine, models: Sequence[Model], at: Viewpoint, limit: int) -> Iterator[str]:
    """What differs in the figures of all histories, page by page."""
    wanted = [item for model in models for item in model.figures(at.as_of, at.position)]
    if wrong := differences(wanted, paged(engine, "figures", seen_from(engine, at), {}, limit)):
        yield f"figures, {limit} a page: {wrong}"


def wrong_questions(
    engine: Engine, model: Model, at: Viewpoint, rng: random.Random, events: Sequence[Item]
) -> Iterator[str]:
    """What differs in one selection of figures, in both histories of one figure, and in what changed for it."""
    viewpoint = seen_from(engine, at)
    selection = random_selection(rng, list(events))
    if "subject" in selection or "figure_id" in selection:
        filters = {
            name: ",".join(value) if name == "prefer" else "true" if value is True else value
            for name, value in selection.items()
        }
        found = items(engine.read("figures", viewpoint, filters=filters), "figures")
        if wrong := differences(model.figures(at.as_of, at.position, **selection), found):
            yield f"figures {selection}: {wrong}"
    yield from wrong_reading(model, engine, at, rng, events, rng.choice(THINGS), parameters=("publisher",))
    ever = sorted({one for event in events for one in model.statements_on(event["position"])})
    for figure_id in rng.sample(ever, min(1, len(ever))):
        for clock in ("publication", "ledger"):
            found = items(engine.history(figure_id, viewpoint, clock=clock))
            if wrong := differences(model.history(figure_id, clock, at.as_of, at.position), found):
                yield f"{clock} history of {figure_id}: {wrong}"


def wrong_diff(engine: Engine, models: Sequence[Model], one: Viewpoint, other: Viewpoint) -> Iterator[str]:
    """What differs in what changed between two viewpoints, whole and in pages, and in the events that made it so."""
    wanted = [item for model in models for item in model.diff(one.as_of, one.position, other.as_of, other.position)]
    views = seen_from(engine, one), seen_from(engine, other)
    found = engine.diff(*views)
    half = len(found) // 2
    for offset, limit in ((0, half + 1), (half, half + 2)):
        if found[offset:][:limit] != engine.diff(*views, limit=limit, offset=offset):
            yield f"diff of {one} and {other}: from {offset}, {limit} of them are no page of the whole"
    for item in found:
        for side in (item, item["before"], item["after"]):
            if side is not None:
                side["dimensions"] = side["dimensions"] and json.loads(side["dimensions"])
    if wrong := differences(wanted, found):
        yield f"diff of {one} and {other}: {wrong}"


def wrong_thing_diffs(engine: Engine, models: Sequence[Model], one: Viewpoint, other: Viewpoint) -> Iterator[str]:
    """The same for things that hold over time, of every resource."""
    for resource, keys in KEYS.items():
        wanted = [item for model in models for item in thing_diff(model, resource, one, other)]
        wanted.sort(key=lambda item: [(item[name] is not None, item[name]) for name in keys])
        found, _ = engine.thing_diff(seen_from(engine, one), seen_from(engine, other), resource, limit=len(wanted) + 1)
        if wrong := differences(wanted, known_to(wanted, found)):
            yield f"{resource} that differ from {one} to {other}: {wrong}"


def history(number: int, *, deep: bool, story: bool) -> list[Item]:
    """The history of a seed, with names of its own."""
    rng = random.Random(number)
    size = random.Random(-number).randint(1, SIZE_MAX)
    drawn = thing_story if story else random_history
    return [renamed(body, number) for body in (deep_history(rng, DEEP_SIZE) if deep else drawn(rng, size))]


def judge(
    first: int, count: int, viewpoints_wanted: int, deep_one_in: int, story_one_in: int, singly_one_in: int
) -> tuple[int, list[str]]:
    """Judge the histories with seeds first, first + 1, …; (events recorded, what is wrong)."""
    rng = random.Random(first)
    numbers = range(first, first + count)
    histories = [
        history(number, deep=number % deep_one_in == 0, story=(number + 1) % story_one_in == 0) for number in numbers
    ]
    ledger = Ledger(":memory:", clock=ticking())
    engine = Engine(ledger)
    log = recorded(engine, histories, rng)
    erasings = [event for event in log if event["type"] == "EventErased"]
    own = {
        number: [*(event for event in log if event["event_id"].startswith(f"{number:08x}")), *erasings]
        for number in numbers
    }
    models = [Model(own[number]) for number in numbers]
    viewpoints = [random_viewpoint(rng, log) for _ in range(viewpoints_wanted)]
    found = [f"{wrong}\nat {viewpoints}" for wrong in wrong_states(engine, models, viewpoints)]
    for at in viewpoints[:DIFFS]:
        found += wrong_pages(engine, models, at, rng.choice((1, 3, 10, 100)))
    for one, other in itertools.pairwise(viewpoints[:DIFFS]):
        found += wrong_diff(engine, models, one, other)
        found += wrong_thing_diffs(engine, models, one, other)
    for number, model in zip(numbers, models, strict=True):
        if number % singly_one_in:
            continue
        at = rng.choice(viewpoints)
        wrong = itertools.chain(
            wrong_questions(engine, model, at, rng, own[number]),
            wrong_histories(engine, model, at, rng=rng, count=HISTORIES_OF_THINGS),
            *(wrong_names(engine, model, one, rng=rng, count=NAMED_THINGS) for one in viewpoints),
        )
        found.extend(f"history {number} at {at}: {one}" for one in wrong)
    at = rng.choice(viewpoints)
    found += [f"{wrong} at {at}" for wrong in wrong_slips(engine, models, at)]
    if rng.randrange(REBUILT_ONE_IN) == 0:
        caught_up = {name: engine.table(name) for name in engine.tables()}
        rebuild_in_parts(engine)
        found += [
            f"{name} is not as rebuilt" for name, rows in caught_up.items() if not rows.equals(engine.table(name))
        ]
    engine.close()
    ledger.close()
    return len(log), found


def main() -> None:
    """Judge, saying how far it is; exits with 1 where anything differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--histories", type=int, default=1000)
    options.add_argument("--viewpoints", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--deep-one-in", type=int, default=20, help="how many histories there are for each deep one")
    options.add_argument(
        "--story-one-in", type=int, default=5, help="how many there are for each that tells of things over time alone"
    )
    options.add_argument(
        "--singly-one-in",
        type=int,
        default=1,
        help="of how many histories one is asked singly too, which takes longest",
    )
    options.add_argument("--together", type=int, default=50, help="histories in one ledger")
    options.add_argument("--processes", type=int, default=2)
    chosen = options.parse_args()
    started, done, events, wrong = time.monotonic(), 0, 0, 0
    firsts = range(chosen.seed, chosen.seed + chosen.histories, chosen.together)
    drawn = (chosen.viewpoints, chosen.deep_one_in, chosen.story_one_in, chosen.singly_one_in)
    sizes = [min(chosen.together, chosen.seed + chosen.histories - first) for first in firsts]
    with ProcessPoolExecutor(chosen.processes) as pool:
        for size, (recorded_events, found) in zip(
            sizes,
            pool.map(judge, firsts, sizes, *map(itertools.repeat, drawn)),
            strict=True,
        ):
            done, events, wrong = done + size, events + recorded_events, wrong + len(found)
            for difference in found:
                print(difference, flush=True)
            if done % 1000 < size or done == chosen.histories:
                print(
                    f"{done} histories, {events} events, {done * chosen.viewpoints} viewpoints: {wrong} differences "
                    f"({time.monotonic() - started:.0f} s)",
                    flush=True,
                )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
