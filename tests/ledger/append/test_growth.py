"""Four times as much of one thing costs about four times as much, however it is put: counted, never timed.

What is counted are the steps of SQLite's machine (each row that is looked at takes some) and the calls of functions in
Python. An append that went over everything again for each of its events would take sixteen times as many.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from ledger import Ledger
from ledger.proof.merkle import root_of
from tests.ledger.conftest import WORLD, correction, figure, reinstatement, retraction, sqlite_of

FEW, TIMES = 60, 4
GROWTH_MAX = 1.4
"""How much more than in proportion it may take: what is looked for in an index takes a little more in a larger one."""
STEPS_AT_ONCE = 20
Event = dict[str, Any]
Events = list[Event]


def event_id(number: int) -> str:
    return str(UUID(int=number + 1))


def slug(number: int) -> str:
    return f"slug-{number:05}"


def registered(number: int, kind: str = "country", **fields: Any) -> Event:
    name = f"{number * 7919 % 100_003:05} {slug(number)}"
    return {"type": "EntityRegistered", "entity": slug(number), "kind": kind, "name": name, **fields}


def merge(kept: str, merged: str) -> Event:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "one and the same"}


def pairs(count: int) -> Events:
    return [registered(number) for number in range(2 * count)]


POLICY = {"type": "PolicyEnacted", "policy": "p", "jurisdiction": "china", "kind": "quota_system"}
SUSPENDED = {"type": "PolicySuspended", "policy": "p", "effective_from": "2020"}
FACILITY = {"type": "FacilityCommissioned", "facility": "kuantan-plant", "published_at": "2024", "stage": "alloy"}
IDLED = {"type": "FacilityIdled", "published_at": "2025", "stage": "alloy", "effective_from": "2025"}
ONE = figure(event_id=event_id(0))
TOLD = figure(event_id=event_id(0), metric="lone_metric")


def plant(number: int) -> Event:
    return registered(number, kind="facility")


def acts_in_turn(count: int) -> Events:
    """An event is retracted, and reinstated, and so on."""
    acts = (retraction, reinstatement)
    return [acts[number % 2](event_id(0)) for number in range(count)]


OWNED = {"type": "RelationshipStated", "subject": "lynas", "relation": "owns", "object": "kuantan-plant"}
BACK = {"type": "ReportWithdrawn", "withdraws": event_id(0)}


IN_ONE_BATCH: dict[str, Callable[[int], tuple[Events, Events]]] = {
    "corrections of one statement": lambda n: ([ONE], [correction(event_id(0), value=str(i)) for i in range(n)]),
    "restatements of one that is recorded, corrected as often": lambda n: (
        [{**OWNED, "event_id": event_id(0)}, *(correction(event_id(0), share=str(i % 100)) for i in range(n))],
        [{**OWNED, "restates": event_id(0)} for _ in range(n)],
    ),
    "restatements of the one before each": lambda n: (
        [{**FACILITY, "event_id": event_id(0)}],
        [{**FACILITY, "event_id": event_id(i), "restates": event_id(i - 1)} for i in range(1, n)],
    ),
    "withdrawals of one report": lambda n: ([{**OWNED, "event_id": event_id(0)}], [BACK for _ in range(n)]),
    "corrections of one registration": lambda n: (
        [{**registered(1), "event_id": event_id(0)}],
        [correction(event_id(0), name=f"Name {i}") for i in range(n)],
    ),
    "retractions and reinstatements of one statement": lambda n: ([ONE, figure("1")], acts_in_turn(n)),
    "retractions and reinstatements of a metric's only statement": lambda n: ([TOLD], acts_in_turn(n)),
    "retractions and reinstatements of one merge": lambda n: (
        [*pairs(1), {**merge(slug(0), slug(1)), "event_id": event_id(0)}],
        acts_in_turn(n),
    ),
    "corrections of many statements on one figure": lambda n: (
        [figure(str(i), event_id=event_id(i)) for i in range(n)],
        [correction(event_id(i), value=str(i + 1)) for i in range(n)],
    ),
    "second corrections of many statements on one figure": lambda n: (
        [
            *(figure(str(i), event_id=event_id(i)) for i in range(n)),
            *(correction(event_id(i), value=str(i + 1)) for i in range(n)),
        ],
        [correction(event_id(i), value=str(i + 2)) for i in range(n)],
    ),
    "retractions of all statements of a metric, first to last": lambda n: (
        [figure(str(i), event_id=event_id(i), period=str(1000 + i)) for i in range(n)],
        [retraction(event_id(i)) for i in range(n)],
    ),
    "retractions of all statements of a metric that is the default": lambda n: (
        [figure(str(i), event_id=event_id(i), metric="production", period=str(1000 + i)) for i in range(n)],
        [retraction(event_id(i)) for i in range(n)],
    ),
    "corrections to another metric": lambda n: (
        [figure(str(i), event_id=event_id(i)) for i in range(n)],
        [correction(event_id(i), metric="refinery_production") for i in range(n)],
    ),
    "tied statements on one figure": lambda n: ([], [figure(str(i)) for i in range(n)]),
    "statements on one figure, the newest first": lambda n: (
        [],
        [figure(str(i), published_at=str(3000 - i)) for i in range(n)],
    ),
    "statements and corrections in turn": lambda n: (
        [ONE],
        [one for i in range(n) for one in (correction(event_id(0), value=str(i)), figure(str(i)))],
    ),
    "amendments of one policy": lambda n: (
        [POLICY],
        [{"type": "PolicyAmended", "policy": "p", "changes": {"title": str(i)}} for i in range(n)],
    ),
    "suspensions of one policy that has ended": lambda n: (
        [POLICY, {"type": "PolicyRepealed", "policy": "p", "effective_from": "2024"}],
        [SUSPENDED for i in range(n)],
    ),
    "endings of one policy": lambda n: (
        [POLICY],
        [{"type": "PolicyRepealed", "policy": "p", "effective_from": "2024"} for i in range(n)],
    ),
    "corrections of an opening with many amendments": lambda n: (
        [{**POLICY, "event_id": event_id(0)}, *[SUSPENDED] * n],
        [correction(event_id(0), title=str(i)) for i in range(n)],
    ),
    "merges of pairs": lambda n: (pairs(n), [merge(slug(2 * i), slug(2 * i + 1)) for i in range(n)]),
    "a chain of merges": lambda n: (pairs(n), [merge(slug(i + 1), slug(i)) for i in range(n)]),
    "a chain of merges from its end": lambda n: (pairs(n), [merge(slug(n - i), slug(n - i - 1)) for i in range(n)]),
    "merges into one": lambda n: (pairs(n), [merge(slug(0), slug(i + 1)) for i in range(n)]),
    "statements on the end of a chain of merges": lambda n: (
        [*pairs(n), *(merge(slug(i + 1), slug(i)) for i in range(n))],
        [figure(str(i), subject=slug(0)) for i in range(n)],
    ),
    "statements on figures of what many were merged into": lambda n: (
        [*pairs(n), *(merge(slug(0), slug(i + 1)) for i in range(n))],
        [figure(str(i), subject=slug(0), period=str(1000 + i)) for i in range(n)],
    ),
    "merges and statements on one figure in turn": lambda n: (
        pairs(n),
        [one for i in range(n) for one in (merge(slug(2 * i), slug(2 * i + 1)), figure(str(i)))],
    ),
    "statements and corrections that move them to one figure in turn": lambda n: (
        [figure(str(i), event_id=event_id(i)) for i in range(n)],
        [one for i in range(n) for one in (correction(event_id(i), subject="china"), figure(str(i), subject="china"))],
    ),
    "events of merged facilities": lambda n: (
        [
            *(plant(i) for i in range(n + 1)),
            *({**FACILITY, "facility": slug(i)} for i in range(n + 1)),
            *(merge(slug(i + 1), slug(i)) for i in range(n)),
        ],
        [{**IDLED, "facility": slug(i)} for i in range(n)],
    ),
    "registrations": lambda n: ([], [registered(i) for i in range(n)]),
    "retractions of registrations": lambda n: (
        [
            *({**registered(i), "event_id": event_id(i)} for i in range(n)),
            *(figure(subject=slug(i), event_id=event_id(n + i)) for i in range(n)),
            *(retraction(event_id(n + i)) for i in range(n)),
        ],
        [retraction(event_id(i)) for i in range(n)],
    ),
    "retractions of what names an entity, and of its registration": lambda n: (
        [
            *({**registered(i), "event_id": event_id(i)} for i in range(n)),
            *(figure(subject=slug(i), event_id=event_id(n + i)) for i in range(n)),
        ],
        [retraction(event_id(one)) for i in range(n) for one in (n + i, i)],
    ),
    "aliases of one entity": lambda n: (
        [],
        [{"type": "EntityAliasAdded", "entity": "lynas", "alias": f"Alias {i}"} for i in range(n)],
    ),
    "one stream with versions expected": lambda n: ([], [figure(str(i), expected_version=i) for i in range(n)]),
    "figures that lack what another of their metric has": lambda n: (
        [figure(str(i), metric=f"metric_{i}", dimensions={"basis": "reo"}) for i in range(n)],
        [figure(str(i), metric=f"metric_{i}", published_at="2025") for i in range(n)],
    ),
    "figures that have one dimension more than one, each another": lambda n: (
        [ONE],
        [figure(str(i), dimensions={f"dimension_{i}": "x"}, published_at="2025") for i in range(n)],
    ),
    "figures that differ from one in the value of a dimension": lambda n: (
        [],
        [figure(str(i), dimensions={"mine": f"mine {i:05}"}) for i in range(n)],
    ),
    "corrections of figures to another form": lambda n: (
        [figure(str(i), event_id=event_id(i), metric=f"metric_{i}") for i in range(n)],
        [correction(event_id(i), dimensions={"basis": "reo"}) for i in range(n)],
    ),
    "events that are there already": lambda n: (
        [figure(str(i), event_id=event_id(i)) for i in range(n)],
        [figure(str(i), event_id=event_id(i)) for i in range(n)],
    ),
}

ONE_BY_ONE: dict[str, Callable[[int], tuple[Events, Event]]] = {
    "a correction of one statement": lambda n: (
        [ONE, *(correction(event_id(0), value=str(i)) for i in range(n))],
        correction(event_id(0), value="7"),
    ),
    "a correction of one registration": lambda n: (
        [{**registered(1), "event_id": event_id(0)}, *(correction(event_id(0), name=str(i)) for i in range(n))],
        correction(event_id(0), name="Name"),
    ),
    "a first correction on a figure with many": lambda n: (
        [ONE, *(figure(str(i), event_id=event_id(i + 1)) for i in range(n))]
        + [correction(event_id(i + 1), value="5") for i in range(n)],
        correction(event_id(0), value="7"),
    ),
    "a statement on a figure": lambda n: ([figure(str(i)) for i in range(n)], figure("7")),
    "a figure of a new form beside many": lambda n: (
        [figure(str(i), dimensions={f"dimension_{i}": "x"}) for i in range(n)],
        figure("7", published_at="2025"),
    ),
    "a statement on a figure to which many were corrected": lambda n: (
        [figure(str(i), event_id=event_id(i)) for i in range(n)]
        + [correction(event_id(i), subject="china") for i in range(n)],
        figure("7", subject="china"),
    ),
    "a statement with a version expected": lambda n: (
        [figure(str(i)) for i in range(n)],
        figure("7", expected_version=n),
    ),
    "an amendment": lambda n: ([POLICY, *[SUSPENDED] * n], SUSPENDED),
    "a registration": lambda n: ([registered(i) for i in range(n)], registered(99_999)),
    "a merge": lambda n: ([*pairs(n + 1), *(merge(slug(i + 1), slug(i)) for i in range(n))], merge("china", "world")),
}


class Work:
    """What was done."""

    steps = 0
    calls = 0


@contextmanager
def counted(ledger: Ledger) -> Iterator[Work]:
    """Count the steps of SQLite and the calls in Python."""
    work = Work()

    def step() -> None:
        work.steps += STEPS_AT_ONCE

    def call(frame: Any, event: str, argument: Any) -> None:
        work.calls += event in ("call", "c_call")

    connection: sqlite3.Connection
    with sqlite_of(ledger).writing() as cursor:
        connection = cursor.connection
    before = sys.getprofile()
    connection.set_progress_handler(step, STEPS_AT_ONCE)
    sys.setprofile(call)
    try:
        yield work
    finally:
        sys.setprofile(before)
        connection.set_progress_handler(None, 0)


def appended(tmp_path: Any, before: Events, events: Events) -> Work:
    """The work of appending a batch to a ledger in which others were recorded."""
    ledger = Ledger(tmp_path / f"{len(before)}-{len(events)}.db")
    ledger.append([*WORLD, *before], warn=False)
    ledger.append([registered(88_888)])  # What is made when it is first asked for is there from now on.
    with counted(ledger) as work:
        ledger.append(events)
    ledger.close()
    return work


@pytest.mark.parametrize("name", IN_ONE_BATCH)
def test_a_batch_costs_in_proportion_to_its_events(name: str, tmp_path: Any) -> None:
    few = appended(tmp_path, *IN_ONE_BATCH[name](FEW))
    many = appended(tmp_path, *IN_ONE_BATCH[name](TIMES * FEW))
    assert many.calls <= GROWTH_MAX * TIMES * few.calls
    assert many.steps <= GROWTH_MAX * TIMES * few.steps


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_one_more_costs_the_same_after_many(name: str, tmp_path: Any) -> None:
    after_few, after_many = (ONE_BY_ONE[name](count) for count in (FEW, TIMES * FEW))
    few = appended(tmp_path, after_few[0], [after_few[1]])
    many = appended(tmp_path, after_many[0], [after_many[1]])
    assert many.calls <= GROWTH_MAX * few.calls
    assert many.steps <= GROWTH_MAX * few.steps


def restated_after_reopening(tmp_path: Any, count: int) -> Work:
    """The work of restating an event as often as it was corrected, in a ledger that has just been opened."""
    path = tmp_path / f"{count}.db"
    ledger = Ledger(path)
    corrections = [correction(event_id(0), share=str(number % 100)) for number in range(count)]
    ledger.append([*WORLD, {**OWNED, "event_id": event_id(0)}, *corrections], warn=False)
    ledger.close()
    ledger = Ledger(path)
    ledger.append([registered(88_888)])
    with counted(ledger) as work:
        ledger.append([{**OWNED, "restates": event_id(0)} for _ in range(count)])
    ledger.close()
    return work


def test_what_was_corrected_often_is_read_once_for_all_that_restate_it(tmp_path: Any) -> None:
    few, many = restated_after_reopening(tmp_path, FEW), restated_after_reopening(tmp_path, TIMES * FEW)
    assert many.calls <= GROWTH_MAX * TIMES * few.calls
    assert many.steps <= GROWTH_MAX * TIMES * few.steps


def roots_of_a_group(tmp_path: Any, count: int) -> Work:
    """The work of reading the root at each event of one transaction, as appends over HTTP are answered with."""
    ledger = Ledger(tmp_path / f"{count}.db")
    ledger.append([*WORLD, *(registered(number) for number in range(3 * 256))], warn=False)
    before = ledger.head()
    ledger.log.root(before)
    ledger.append([figure(str(number)) for number in range(count)])
    with counted(ledger) as work:
        roots = [ledger.log.root(position) for position in range(before + 1, ledger.head() + 1)]
    assert len({*roots}) == count
    leaves = [leaf.hash for leaf in ledger.log.leaves(after=0, until=ledger.head())]
    assert roots == [root_of(leaves[:size]) for size in range(before + 1, ledger.head() + 1)]
    ledger.close()
    return work


def test_the_root_at_each_event_of_a_transaction_goes_on_from_the_one_before(tmp_path: Any) -> None:
    few, many = roots_of_a_group(tmp_path, FEW), roots_of_a_group(tmp_path, TIMES * FEW)
    assert many.calls <= GROWTH_MAX * TIMES * few.calls
