"""What answer intervals cost where one subject has very many figures, counted in rows that SQL handles."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from projections.sql_text import sections
from projections.tables.families import FOREVER
from tests.depth import examples
from tests.projections.conftest import WORLD, Item, correction, merge

STATEMENTS = {
    "near": "touched",
    "moved_versions": "moved_series",
    "forget": "moved_versions",
    "add": "swept_add",
    "change": "swept_change",
}
"""The statements that make and change intervals, and the rows that each is given."""
PAIRS = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT", "PIECEWISE_MERGE_JOIN", "IE_JOIN")
"""Joins that may compare each row of one side with each of the other."""
FIGURES = examples(100, deeply=300)
"""How many the subject has, and twice as many."""


def event_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def on_figure(number: int, *, subject: str = "world", **fields: Any) -> Item:
    """A statement on a figure of its own, of a subject that has many."""
    return {
        "type": "ProductionReported",
        "subject": subject,
        "metric": "mine_production",
        "dimensions": {"grade": f"g{number}"},
        "period": "2023",
        "value": "1",
        "unit": "t",
        "published_at": "2024-01-31",
        "source": {"publisher": "usgs"},
        **fields,
    }


def later(number: int) -> Item:
    return on_figure(number, published_at="2024-06-30", value="2")


def operators(plan: dict[str, Any]) -> Iterator[tuple[str, int, list[int]]]:
    """Of each operator of a plan that ran: what it is, how many rows it gave, and how many those beneath it gave."""
    beneath = plan.get("children", [])
    yield kind_of(plan), rows_of(plan), [rows_of(one) for one in beneath]
    for one in beneath:
        yield from operators(one)


def kind_of(operator: dict[str, Any]) -> str:
    return str(operator.get("operator_type", operator.get("type")))


def rows_of(operator: dict[str, Any]) -> int:
    return int(operator.get("operator_cardinality", operator.get("intermediate_rows", 0)))


def handled(plan: dict[str, Any]) -> int:
    """How many rows the operators of a plan gave, beside scans, how many a join kept to be compared with, and how many
    pairs of rows were compared one by one.
    """
    count = 0
    for kind, rows, beneath in operators(plan):
        if kind in PAIRS:
            left, right = beneath
            count += left * right
        elif not kind.endswith("SCAN"):
            count += rows
        if kind == "HASH_JOIN":
            count += beneath[1]
    return count


def plans_of(engine: Engine, events: Sequence[Item]) -> list[dict[str, Any]]:
    """How the statements that make and change intervals ran for these events, as DuckDB tells of it."""
    plans = []
    with engine.preview(engine.ledger.plan(events).entries) as reader:
        given = {name for (name,) in reader.ask("SELECT view_name FROM duckdb_views() WHERE NOT internal")}
        for name in (name for name, rows in STATEMENTS.items() if rows in given):
            statement = sections("tables/sql/answer_intervals.sql")[name].replace("{forever}", str(FOREVER))
            ((_, text),) = reader.ask(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
            plan = json.loads(text)
            plans += plan.get("operator", [plan])
    return plans


FEW: dict[str, Callable[[int], list[Item]]] = {
    "a statement more": lambda _: [later(7)],
    "a statement that comes late": lambda _: [on_figure(7, published_at="2023-06-30", value="2")],
    "a figure more": lambda count: [on_figure(count)],
    "a statement goes to another figure": lambda _: [correction(event_id(7), dimensions={"grade": "g8"})],
}
MANY: dict[str, Callable[[int], list[Item]]] = {
    "a statement more on each figure": lambda count: [later(number) for number in range(count)],
    "as many figures more": lambda count: [on_figure(number) for number in range(count, 2 * count)],
    "statements go to another figure": lambda count: [
        correction(event_id(number), dimensions={"grade": f"g{number + 1}"}) for number in range(0, count, 2)
    ],
    "a merge of two such subjects": lambda _: [merge(kept="china", merged="world")],
}


@pytest.mark.parametrize(
    ("events", "most"),
    [*((one, 1.1) for one in FEW.values()), *((one, 2.2) for one in MANY.values())],
    ids=[*FEW, *MANY],
)
def test_intervals_of_a_subject_with_many_figures_cost_what_changes(
    events: Callable[[int], list[Item]], most: float
) -> None:
    counts = []
    for count in (FIGURES, 2 * FIGURES):
        with Ledger(":memory:") as ledger, Engine(ledger) as engine:
            ledger.append([*WORLD, *(on_figure(number, event_id=event_id(number)) for number in range(count))])
            ledger.append([on_figure(number, subject="china") for number in range(count)])
            counts.append(sum(map(handled, plans_of(engine, events(count)))))
    assert 0 < counts[1] <= most * counts[0]
