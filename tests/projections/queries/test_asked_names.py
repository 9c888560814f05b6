"""What names cost: nothing where they name something, and a few questions however many and long they are."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from projections import FIGURES
from projections.queries.asked_names import HINTS_MAX, RESOLVED_MAX, NameSearch
from tests.projections.conftest import Book, figure, merge

ENTITIES = 300


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[NameSearch, list[int]]]:
    """A search over a ledger with some entities, and how many rows each question to the tables gave."""
    book = Book()
    book.record(
        *(
            {
                "type": "EntityRegistered",
                "entity": f"mine-{number}",
                "kind": "facility",
                "name": f"Mine {'x' * 300} {number}",
                "aliases": [f"Pit {number}"],
            }
            for number in range(ENTITIES)
        ),
        figure(),
    )
    book.record(merge(kept="china", merged="prc"))
    rows: list[int] = []
    with book.engine.reader(book.engine.viewpoint()) as reader:

        def ask(query: str, **params: Any) -> list[Any]:
            found = reader.ask(query, **params)
            rows.append(len(found))
            return found

        yield NameSearch(ask, reader.families, reader.names.kept), rows
    book.close()


def test_names_that_items_show_cost_no_question(asked: tuple[NameSearch, list[int]]) -> None:
    search, rows = asked
    rows.clear()
    items = pa.table({"subject": ["world", "china"], "metric": ["mine_production"] * 2})
    told = search.meant(FIGURES, {"subject": "world,china", "metric": "mine_production", "publisher": "usgs"}, items)
    assert (rows, told.members()) == ([], {})


def test_a_thousand_names_cost_a_few_questions_and_a_short_answer(asked: tuple[NameSearch, list[int]]) -> None:
    search, rows = asked
    rows.clear()
    names = [f"{'x' * 1000}{number}" for number in range(1000)]
    told = search.meant(FIGURES, {"subject": names, "metric": [f"m{number}" for number in range(1000)]}, None)
    assert len(told.hints) == HINTS_MAX
    assert len(rows) <= 5
    assert sum(rows) <= 20 * HINTS_MAX
    rows.clear()
    told = search.meant(FIGURES, {"subject": [f"pit {number}" for number in range(ENTITIES)]}, None)
    assert len(told.resolved) == RESOLVED_MAX
    assert told.filters["subject"] == [f"mine-{number}" for number in range(ENTITIES)]
    assert len(rows) == 2


def test_a_name_of_a_merged_slug_means_the_kept_one(asked: tuple[NameSearch, list[int]]) -> None:
    search, _ = asked
    told = search.meant(FIGURES, {"subject": "Prc", "material": "PRC "}, None)
    assert [one["taken_for"] for one in told.resolved] == ["china", "china"]
    assert search.meant(FIGURES, {"subject": "prc"}, None).members() == {}
