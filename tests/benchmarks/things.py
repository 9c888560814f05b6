"""Things that hold over time: one of them, all of a sort, and what became of them in a year.

A log of its own: a tenth as many things as events, a fifth of them policies, whose dates move from statement to
statement. Beside them is the same fold written by hand over a typed table of the same statements: what each policy's
last statement says.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tests.benchmarks import ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import (
    Measurement,
    Reference,
    Timed,
    check_equal,
    in_ms,
    median,
    timed,
    unchecked,
)
from tests.benchmarks.place import Place

PATH = "things over time"
SAID_OF_EACH = 10
SORTS = 5
"""Of so many things one is a policy."""
EVENTS_AT_ONCE = 10_000
PUBLISHERS = 10
BEFORE, AFTER = "2021-06-30", "2022-06-30"
ASKED_FOR = 20
BY_HAND = """
SELECT status, COUNT(*) FROM (
  SELECT policy, CASE WHEN ARG_MAX(starts, ROW(published, number)) <= CAST($world AS DATE) THEN 'in_force'
    ELSE 'announced' END AS status
  FROM statements WHERE published <= CAST($world AS DATE) GROUP BY policy
) GROUP BY status
"""


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """A log of as many events as the other ones have."""
    found, _ = apart(_of_things, place)
    place.drop(place.fresh("things"))
    return list(found)


def _of_things(place: Place) -> list[Measurement]:
    data = place.fresh("things")
    count = max(place.size // SAID_OF_EACH, SORTS * ASKED_FOR)
    with ours.ledger(data) as log:
        ours.append_all(log, list(registrations()))
        batch: list[dict[str, Any]] = []
        for event in statements(count):
            batch.append(event)
            if len(batch) == EVENTS_AT_ONCE:
                ours.append_all(log, batch)
                batch = []
        if batch:
            ours.append_all(log, batch)
    tables = by_hand(data / "by_hand.duckdb", count)
    with ours.engine(data) as engine:
        before, after = ours.viewpoint(engine, BEFORE), ours.viewpoint(engine, AFTER)
        expected = dict(tables.execute(BY_HAND, {"world": AFTER}).fetchall())
        policies = range(0, count, SORTS * max(count // SORTS // ASKED_FOR, 1))
        one = timed(
            Timed(partial(engine.read, "policies", after, filters={"policy": f"thing-{number}"}), unchecked)
            for number in policies
        )
        everything = timed([Timed(partial(engine.read, "policies", after), partial(_check_state, expected))] * 3)
        hand = timed([Timed(lambda: tables.execute(BY_HAND, {"world": AFTER}).fetchall(), unchecked)] * 3)
        first = timed([Timed(partial(engine.thing_diff, before, after, "policies", limit=100), unchecked)] * 3)
    reference = Reference("the same fold by hand in DuckDB", median(in_ms(hand)))
    note = f"{count:,} things, {count // SORTS:,} policies, {SAID_OF_EACH} statements of each"
    return [
        Measurement(PATH, "one policy", "ms", median(in_ms(one)), at_most=10, note=note),
        Measurement(PATH, "all policies", "ms", median(in_ms(everything)), (reference,), at_most=300),
        Measurement(PATH, "diff of policies, a year apart, first page", "ms", median(in_ms(first)), at_most=1000),
    ]


def _check_state(expected: dict[str, int], found: Any) -> None:
    check_equal(dict(Counter(found["status"].to_pylist())), expected, "statuses of all policies")


def registrations() -> Iterator[dict[str, str]]:
    """What the statements name."""
    for number in range(PUBLISHERS):
        yield {
            "type": "EntityRegistered",
            "entity": f"said-by-{number}",
            "kind": "organisation",
            "name": f"By {number}",
        }
    yield {"type": "EntityRegistered", "entity": "somewhere", "kind": "country", "name": "Somewhere"}
    yield {"type": "EntityRegistered", "entity": "something", "kind": "material", "name": "Something"}


def statements(count: int) -> Iterator[dict[str, Any]]:
    """Ten statements of each thing, in the order of the things."""
    for number in range(count):
        for published, starts, publisher in dates(number):
            common = {
                "published_at": published.isoformat(),
                "effective_from": starts.isoformat(),
                "source": {"publisher": f"said-by-{publisher}", "kind": "primary"},
            }
            if number % SORTS == 0:
                own = {
                    "type": "PolicyEnacted",
                    "policy": f"thing-{number}",
                    "jurisdiction": "somewhere",
                    "kind": "tariff",
                }
            elif number % SORTS == 1:
                own = {
                    "type": "RiskRaised",
                    "risk": f"thing-{number}",
                    "category": "other",
                    "description": "It may be.",
                }
                own["subject"] = "somewhere"
            else:
                own = {"type": "SupplyLinkOpened", "link": f"thing-{number}", "supplier": "said-by-1"}
                own |= {"consumer": "said-by-2", "material": "something"}
            yield {**own, **common}


def dates(number: int) -> Iterator[tuple[date, date, int]]:
    """When each statement of a thing is published, the start that it states, and by which publisher."""
    rng = random.Random(number)
    for _ in range(SAID_OF_EACH):
        published = date(rng.randint(2015, 2025), rng.randint(1, 12), rng.randint(1, 28))
        yield published, date(rng.randint(2016, 2028), rng.randint(1, 12), 1), rng.randrange(PUBLISHERS)


def by_hand(path: Path, count: int) -> duckdb.DuckDBPyConnection:
    """A typed table of the statements about policies."""
    tables = duckdb.connect(str(path))
    rows = [
        (f"thing-{number}", place, *dated)
        for number in range(0, count, SORTS)
        for place, dated in enumerate(dates(number))
    ]
    columns = {
        name: [row[at] for row in rows]
        for at, name in enumerate(("policy", "number", "published", "starts", "publisher"))
    }
    tables.register("rows", pa.table(columns))
    tables.execute("CREATE TABLE statements AS SELECT * FROM rows")
    return tables
