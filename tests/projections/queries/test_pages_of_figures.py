"""Pages of figures and of their differences are cut from the whole answer, though only their own items are read."""

from decimal import Decimal
from typing import Any

import pytest

from projections import FIGURES, Engine
from projections.queries.sort_orders import sort_names
from tests.api.helpers import BASICS, mined, opened

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
@pytest.mark.parametrize(
    "filters",
    [{}, {"publisher": "usgs"}, {"publisher": "usgs,china-miit"}, {"prefer": "usgs"}, {"subject": "australia"}],
)
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


@pytest.mark.parametrize("more", [{}, {"metric": "mine_production"}])
def test_differences_of_several_publishers_are_those_of_each(more: dict[str, str]) -> None:
    """Both say something of each figure, at other times; so that each could be taken for the other."""
    said = [
        mined(subject, str(1000 * year + 10 * number + step), f"2024-0{step + 1}-0{number + 1}", publisher=publisher,
              period=str(year))
        for subject in ("china", "australia")
        for year in (2020, 2021)
        for step in range(3)
        for number, publisher in enumerate(("usgs", "bgs"))
        if (subject, year, publisher) != ("china", 2021, "bgs") or step
    ]  # fmt: skip
    with opened(":memory:") as engine:
        engine.ledger.append([*BASICS, *said])
        for days in (("2024-01-15", "2024-03-15"), ("2024-03-01", "2024-02-15"), ("2024-02-01", "2024-02-02")):
            before, after = (engine.viewpoint(as_of=day) for day in days)
            each = [engine.diff(before, after, filters={"publisher": one, **more}) for one in ("usgs", "bgs")]
            both = engine.diff(before, after, filters={"publisher": "usgs,bgs", **more})
            assert both == sorted([one for some in each for one in some], key=place)
            assert len(both) > 1
            sides = [(one["before"] or one["after"], one["after"] or one["before"]) for one in both]
            assert all(then["publisher"] == now["publisher"] for then, now in sides)
            pages = [engine.diff(before, after, filters={"publisher": "usgs,bgs", **more}, limit=1, offset=at)
                     for at in range(len(both))]  # fmt: skip
            assert [one for page in pages for one in page] == both


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
