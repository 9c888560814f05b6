"""Pages of figures and of their differences are cut from the whole answer, though only their own items are read."""

from decimal import Decimal
from typing import Any

import pytest

from projections import FIGURES, Engine
from projections.queries.sort_orders import sort_names

SIZE = 90
ORDER = ("subject", "metric", "material", "nature", "period_start", "period_end", "canonical_unit", "dimensions")


def place(item: dict[str, Any]) -> tuple[str, ...]:
    """Where a difference stands: by what its figure is, then by who answers."""
    shown = item["after"] or item["before"]
    return (*(item[name] or "" for name in ORDER), shown["publisher"], item["figure_id"])


@pytest.mark.parametrize("sort", sort_names(FIGURES))
@pytest.mark.parametrize("filters", [{}, {"metric": "mine_production"}])
def test_pages_of_a_sorted_list_are_the_whole_of_it(shipped: Engine, sort: str, filters: dict[str, str]) -> None:
    at = shipped.viewpoint(as_of="2026-03-01")
    every = shipped.read("figures", at, filters=filters, sort=sort).to_pylist()
    starts = range(0, len(every) + 1, SIZE)
    pages = [shipped.read("figures", at, filters=filters, sort=sort, limit=SIZE, offset=start) for start in starts]
    assert [item for page in pages for item in page.to_pylist()] == every
    assert len(every) > SIZE


@pytest.mark.parametrize("size", [3, 40, SIZE, 700])
@pytest.mark.parametrize("filters", [{}, {"publisher": "usgs"}, {"prefer": "usgs"}, {"subject": "australia"}])
def test_pages_of_differences_are_the_whole_of_them_in_order(
    shipped: Engine, filters: dict[str, str], size: int
) -> None:
    before, after = (shipped.viewpoint(as_of=day) for day in ("2024-06-30", "2026-03-01"))
    every = shipped.diff(before, after, filters=filters)
    assert every == sorted(every, key=place)
    assert {item["kind"] for item in every} >= {"added", "changed"}
    starts = range(0, len(every) + 1, max(size, len(every) // 5))
    for start in starts:
        page = shipped.diff(before, after, filters=filters, limit=size, offset=start)
        assert page == every[start : start + size]


def test_pages_of_differences_from_later_to_earlier_remove_what_was_added(shipped: Engine) -> None:
    before, after = (shipped.viewpoint(as_of=day) for day in ("2026-03-01", "2024-06-30"))
    every = shipped.diff(before, after)
    assert "removed" in {item["kind"] for item in every[:SIZE]}
    assert shipped.diff(before, after, limit=SIZE) == every[:SIZE]


def test_of_differences_those_that_are_wanted_come_in_pages_too(shipped: Engine) -> None:
    before, after = (shipped.viewpoint(as_of=day) for day in ("2024-06-30", "2026-03-01"))

    def fell(earlier: Decimal, later: Decimal) -> bool:
        return later < earlier

    every = shipped.diff(before, after, wanted=fell)
    assert every
    assert every == [one for one in shipped.diff(before, after) if one["change"] and Decimal(one["change"]) < 0]
    assert [shipped.diff(before, after, wanted=fell, limit=1, offset=at)[0] for at in range(len(every))] == every
