"""Things asked for by name: few statements are folded one by one, many by the view, and both give the same."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from ledger import Ledger
from projections import Engine
from projections.queries.viewpoint_cursor import NEAR_ROWS_MAX
from tests.logged_statements import logged_statements
from tests.shared_tables import engine_of

REGISTRATIONS = (
    {"type": "EntityRegistered", "entity": "here", "kind": "country", "name": "Here"},
    *({"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug} for slug in ("one", "other")),
    {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "Plant"},
)


def enacted(policy: str, number: int, **fields: Any) -> dict[str, Any]:
    own = {"type": "PolicyEnacted", "policy": policy, "jurisdiction": "here", "kind": "tariff"}
    dated = {"published_at": f"{2000 + number % 20}-01-{1 + number % 28:02}", "effective_from": str(1990 + number % 30)}
    return {**own, **dated, "source": {"publisher": ("one", "other")[number % 2]}, **fields}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as made:
        ledger.append([*REGISTRATIONS])
        yield made


def asked(engine: Engine, name: str, **filters: str) -> tuple[pa.Table, list[str]]:
    """The items, and the queries that it took to find them."""
    viewpoint = engine.viewpoint()
    engine.read(name, viewpoint, filters=filters)
    with engine.reader(viewpoint) as reader, logged_statements(reader) as statements:
        found = reader.read(name, filters=filters)
        return found, statements()


def uses_the_view(queries: list[str]) -> bool:
    return any("transitions_" in text for text in queries)


def test_of_few_statements_no_view_is_planned(engine: Engine) -> None:
    engine.ledger.append([enacted(f"law-{number % 3}", number) for number in range(30)])
    found, queries = asked(engine, "policies", policy="law-1")
    assert not uses_the_view(queries)
    assert len(queries) == 2, "the statements, and what takes them back"
    listed = engine.read("policies", engine.viewpoint())
    assert found.equals(listed.slice(1, 1))
    assert found.schema == listed.schema


def test_of_many_statements_the_view_answers(engine: Engine) -> None:
    engine.ledger.append([enacted("law", number) for number in range(NEAR_ROWS_MAX + 1)])
    found, queries = asked(engine, "policies", policy="law")
    assert uses_the_view(queries)
    assert found.equals(engine.read("policies", engine.viewpoint()))


def test_where_statements_bear_on_many_parts_the_view_answers(engine: Engine) -> None:
    said = [enacted("law", number) for number in range(100)]
    said += [enacted("law", number, provision=f"part {number}") for number in range(50)]
    engine.ledger.append(said)
    found, queries = asked(engine, "policies", policy="law")
    assert uses_the_view(queries)
    assert found.equals(engine.read("policies", engine.viewpoint()))


@pytest.mark.parametrize("filters", [{"status": "in_force"}, {"policy": "law", "status": "in_force"}, {}])
def test_what_is_filtered_by_what_it_is_the_view_answers(engine: Engine, filters: dict[str, str]) -> None:
    engine.ledger.append([enacted("law", number) for number in range(3)])
    _, queries = asked(engine, "policies", **filters)
    assert uses_the_view(queries)


def test_a_page_of_things_asked_for_by_name_is_a_part_of_them(engine: Engine) -> None:
    engine.ledger.append([enacted(f"law-{number}", number) for number in range(5)])
    names = ["law-4", "law-0", "law-2"]
    viewpoint = engine.viewpoint()
    pages = [engine.read("policies", viewpoint, filters={"policy": names}, limit=1, offset=at) for at in range(4)]
    assert [page["policy"].to_pylist() for page in pages] == [["law-0"], ["law-2"], ["law-4"], []]


def test_nobody_in_particular_comes_after_a_secondary_source(engine: Engine) -> None:
    secondary = {"publisher": "one", "kind": "secondary"}
    told = [enacted("law", 0, published_at="2020-01-01", effective_from="2021", source=secondary)]
    told.append({**enacted("law", 0, published_at="2022-01-01", effective_from="2023"), "source": {}})
    engine.ledger.append(told)
    found, queries = asked(engine, "policies", policy="law")
    assert not uses_the_view(queries)
    assert found.select(["publisher", "effective_from", "publishers", "disputed"]).to_pylist() == [
        {"publisher": "one", "effective_from": "2021", "publishers": 1, "disputed": True}
    ]
