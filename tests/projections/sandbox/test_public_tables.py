"""What is handed to a statement is what the resources answer at the viewpoint, and nothing of the future."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ledger import Ledger
from ledger.values import parse_moment
from projections import CATALOGUE, Engine, Viewpoint
from projections.audit import derived_figures, vintages
from projections.queries.format import presented
from projections.sandbox import Sandbox, examples, public_tables
from tests.api.helpers import BASICS, mined
from tests.depth import seeds
from tests.oracle.histories import random_history, random_viewpoint
from tests.properties.test_promises import accepted, opened
from tests.properties.test_viewpoints import items, recorded, seen_from
from tests.sandboxes import shared_sandbox
from tests.shared_tables import engine_of

SEEDS = seeds(ordinarily=1, one_in=5)
SIZE = 30
EMPTY = [
    "derived",
]
"""Tables of which the shipped ledger has no rows."""


def handed_over(engine: Engine, viewpoint: Viewpoint) -> dict[str, list[dict[str, Any]]]:
    """Every row of every public table at a viewpoint, as a child of the sandbox gets it."""
    with engine.reader(viewpoint) as reader:
        tables = public_tables(reader)
        return {
            name: [row for rows in table.rows(engine.ledger, reader, list(table.columns)) for row in rows.to_pylist()]
            for name, table in tables.items()
        }


def of_resources(engine: Engine, viewpoint: Viewpoint) -> Iterator[tuple[str, list[dict[str, Any]], list[Any]]]:
    """(resource, its items over HTTP, its rows handed over) with values in the same form."""
    with engine.reader(viewpoint) as reader:
        tables = public_tables(reader)
        for name in CATALOGUE:
            columns = list(tables[name].columns)
            found = [
                row for rows in tables[name].rows(engine.ledger, reader, columns) for row in presented(rows).to_pylist()
            ]
            for row in found:
                for column in CATALOGUE[name].objects:
                    row[column] = row[column] and json.loads(row[column])
            yield name, found, columns


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_of_a_resource_are_its_items(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        for _ in range(2):
            viewpoint = seen_from(engine, random_viewpoint(rng, events))
            for name, found, columns in of_resources(engine, viewpoint):
                wanted = items(engine.read(name, viewpoint), name)
                assert found == wanted, name
                assert not wanted or list(wanted[0]) == columns


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_recorded_later_is_handed_over(seed: int) -> None:
    history = random_history(random.Random(seed), SIZE)
    with opened(history[: len(history) // 2]) as engine:
        at = {"recorded_as_of": f"position:{engine.ledger.head()}", "as_of": "2025-02-01"}
        before = handed_over(engine, engine.viewpoint(**at))
        for body in history[len(history) // 2 :]:
            engine.ledger.append_what_fits([body])
        after = handed_over(engine, engine.viewpoint(**at))
        for name, rows in before.items():
            assert after[name] == rows, name


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_published_later_can_be_told_from_what_is_handed_over(seed: int) -> None:
    rng = random.Random(seed)
    history = accepted(random_history(rng, SIZE))
    as_of = rng.choice(("2024-12-31", "2025-01-31T12:00:00Z", "2025-02-01"))
    known = parse_moment(as_of).end
    targets = {body["target"] for body in history if "target" in body}
    other = []
    for body in history:
        hidden = "published_at" in body and parse_moment(body["published_at"]).end > known
        if hidden and "value" in body and body["event_id"] not in targets:
            body = {**body, "value": "17", "note": "something else"}
        other.append(body)
    with opened(history) as engine, opened(other) as altered:
        at = {"as_of": as_of, "recorded_as_of": f"position:{engine.ledger.head()}", "effective_at": "2025-06-30"}
        one, two = (handed_over(each, each.viewpoint(**at)) for each in (engine, altered))
        for name, rows in one.items():
            assert two[name] == rows, name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_events_are_those_of_the_log_up_to_both_clocks(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        at = random_viewpoint(rng, events)
        by_id = {str(entry.event_id): entry for entry in engine.ledger.entries()}
        wanted = [
            one["position"]
            for one in events
            if one["position"] <= at.position
            and (
                by_id[str(one["event_id"])].cls.known_at_once
                or (
                    parse_moment(one["published_at"]).end
                    if "published_at" in one
                    else parse_moment(one["recorded_at"]).end
                )
                <= at.as_of
            )
        ]
        rows = handed_over(engine, seen_from(engine, at))["events"]
        assert [row["position"] for row in rows] == wanted
        bodies = {one["position"]: one for one in events}
        assert all(
            json.loads(row["content"]).items() <= {**bodies[row["position"]], **json.loads(row["content"])}.items()
            for row in rows
        )


def test_every_table_has_a_sentence_and_rows_of_its_columns(shipped: Engine) -> None:
    viewpoint = shipped.viewpoint()
    with shipped.reader(viewpoint) as reader:
        tables = public_tables(reader)
        for name, table in tables.items():
            assert table.name == name
            assert table.description.endswith("."), name
            columns = list(table.columns)
            parts = list(table.rows(shipped.ledger, reader, columns))
            assert parts, name
            assert all(part.column_names == columns for part in parts), name
            assert sum(map(len, parts)) > 0 or name in EMPTY, f"{name}: if nothing of it ships, name it in EMPTY"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return shared_sandbox()


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.says)
def test_an_example_gives_rows_and_the_same_ones_again(example: Any, shipped: Engine, sandbox: Sandbox) -> None:
    viewpoint = shipped.viewpoint(as_of="2026-06-01")
    first, again = (
        [row for rows in sandbox.answer(shipped, viewpoint, example.sql).rows for row in rows.to_pylist()]
        for _ in range(2)
    )
    assert first
    assert first == again


def test_every_table_and_column_can_be_read_by_a_statement(shipped: Engine, sandbox: Sandbox) -> None:
    viewpoint = shipped.viewpoint()
    with shipped.reader(viewpoint) as reader:
        tables = public_tables(reader)
    for name, table in tables.items():
        answer = sandbox.answer(shipped, viewpoint, f"SELECT * FROM {name}")
        assert [(one["name"], one["type"]) for one in answer.columns] == [
            (column, kind if not kind.startswith("STRUCT") else answer.columns[place]["type"])
            for place, (column, kind) in enumerate(table.columns.items())
        ], name
        assert sum(map(len, answer.rows)) > 0 or name in EMPTY, name


def test_the_derived_figures_are_those_of_the_audit_at_the_viewpoint(sandbox: Sandbox) -> None:
    share = "mine_production / mine_production[subject=world]"
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, mined("china", "240000", "2024-01-31"), mined("world", "350000", "2024-01-31")])
        ledger.append([mined("china", "255000", "2025-01-31"), mined("australia", "1", "2025-01-31", period="2022")])
        before = ledger.head()
        ledger.append([{"type": "MetricDefined", "metric": "world_share", "unit": "percent", "formula": share}])
        for asked in ({"as_of": "2024"}, {"as_of": "2025"}, {"recorded_as_of": f"position:{before}"}):
            viewpoint = engine.viewpoint(**asked)
            with engine.reader(viewpoint) as reader:
                wanted = derived_figures(reader, {}).items
            answer = sandbox.answer(engine, viewpoint, "SELECT * FROM derived")
            rows = [row for part in answer.rows for row in presented(part).to_pylist()]
            assert len(rows) == len(wanted) == (0 if "recorded_as_of" in asked else 2 + ("2025" in asked.values()))
            for row, item in zip(rows, wanted, strict=True):
                assert list(row) == list(item)
                read = {name: json.loads(row[name]) for name in ("reasons", "inputs", "said_by")}
                assert {**row, **read} == {
                    **item,
                    "value": None if item["value"] is None else item["value"].rstrip("0").rstrip("."),
                }


def test_the_vintages_are_those_of_the_audit(shipped: Engine) -> None:
    viewpoint = shipped.viewpoint(as_of="2025-06-30")
    with shipped.reader(viewpoint) as reader:
        wanted = vintages(reader).items
        table = public_tables(reader)["vintages"]
        parts = list(table.rows(shipped.ledger, reader, list(table.columns)))
    found = {row["event_id"]: row for part in parts for row in presented(part).to_pylist()}
    for item in wanted:
        row = found[item["event_id"]]
        same = {name: value for name, value in item.items() if name not in ("dimensions", "change_percent")}
        assert {name: row[name] for name in same} == same
    assert len(found) == len(wanted)
