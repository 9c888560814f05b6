"""Differences are looked for where a page of them is likely to be found, and the page is the same wherever that is."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from projections.queries.touched_figures import Stretches, TouchedFigures
from tests.projections.conftest import IDS, Book, correction, figure, merge, retraction

PLACES = [f"place-{number:03}" for number in range(60)]
PERIODS = range(2001, 2011)
EARLY, LATE = "2024-06-30", "2025-06-30"


def registered(slugs: list[str]) -> list[dict[str, str]]:
    return [{"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in slugs]


def year(slug: str, period: int, value: int, *, on: str, **fields: Any) -> dict[str, Any]:
    return figure(str(value), subject=slug, period=str(period), on=on, **fields)


def said() -> Iterator[dict[str, Any]]:
    """Ten figures of each place, and what is said of them later: of the first third the same, then more and less."""
    for slug in PLACES:
        yield from (year(slug, period, 100, on="2024-01-31") for period in PERIODS)
    for slug in PLACES[:20]:
        yield from (year(slug, period, 100, on="2025-01-31") for period in PERIODS)
    for slug in PLACES[20:40]:
        yield from (year(slug, period, period, on="2025-01-31") for period in PERIODS)
        yield year(slug, 2020, 7, on="2025-02-01", by="bgs")
    for slug in PLACES[40:]:
        yield year(slug, 2001, 100, on="2025-01-31", status="restated")
        yield year(slug, 2002, 90, on="2025-01-31", by="bgs")
        yield figure(None, subject=slug, period="2003", on="2025-03-31", type="FigureWithdrawn")


@pytest.fixture(scope="module")
def places() -> Iterator[Book]:
    made = Book()
    made.record(*registered(PLACES), *said())
    yield made
    made.close()


def pages_are_the_whole(book: Book, *clocks: dict[str, str], **filters: str) -> list[dict[str, Any]]:
    """All differences, after a look at pages of several sizes."""
    views = [book.engine.viewpoint(**one) for one in clocks]
    every = book.engine.diff(*views, filters=filters)
    for limit, offset in ((1, 0), (1, len(every) // 2), (30, 0), (30, 30), (64, 100), (len(every), 0), (400, 180)):
        assert book.engine.diff(*views, filters=filters, limit=limit, offset=offset) == every[offset:][:limit]
    return every


@pytest.mark.parametrize("filters", [{}, {"publisher": "usgs"}, {"publisher": "bgs"}, {"prefer": "bgs"}], ids=str)
def test_a_page_is_the_same_where_the_first_subjects_are_touched_and_do_not_differ(
    places: Book, filters: dict[str, str]
) -> None:
    every = pages_are_the_whole(places, {"as_of": EARLY}, {"as_of": LATE}, **filters)
    by_bgs, by_usgs = {"added"}, {"changed", "removed", "restated"}
    kinds = {"bgs": by_bgs, "usgs": by_usgs}.get(filters.get("publisher", ""), by_bgs | by_usgs)
    assert {item["kind"] for item in every} == kinds
    assert every[0]["subject"] == PLACES[20]
    back = pages_are_the_whole(places, {"as_of": LATE}, {"as_of": EARLY}, **filters)
    assert [item["figure_id"] for item in back] == [item["figure_id"] for item in every]


def test_differences_that_are_wanted_and_rare_are_found_page_by_page(places: Book) -> None:
    before, after = (places.engine.viewpoint(as_of=day) for day in (EARLY, LATE))

    def wanted(earlier: Decimal, later: Decimal) -> bool:
        return earlier == 100 and later == 2010

    every = places.engine.diff(before, after, wanted=wanted)
    assert [item["subject"] for item in every] == PLACES[20:40]
    for offset in range(0, 20, 3):
        assert places.engine.diff(before, after, wanted=wanted, limit=3, offset=offset) == every[offset:][:3]


def test_a_preference_set_in_between_turns_figures_of_which_nothing_new_was_said(book: Book) -> None:
    book.record(*registered(PLACES[:4]))
    for slug in PLACES[:4]:
        book.record(*(year(slug, period, 100, on="2024-01-31") for period in PERIODS))
        book.record(*(year(slug, period, 90, on="2023-01-31", by="bgs") for period in PERIODS))
    before = book.ledger.head()
    book.record({"type": "PreferenceSet", "publishers": ["bgs"], "reason": "They are nearer."})
    after = book.record(year(PLACES[2], 2001, 80, on="2024-02-29", by="bgs"))
    clocks = [{"recorded_as_of": f"position:{position}"} for position in (before, after)]
    every = pages_are_the_whole(book, *clocks)
    assert [item["kind"] for item in every] == ["changed"] * 40
    assert [item["after"]["canonical_value"] for item in every].count("80") == 1
    (of_bgs,) = pages_are_the_whole(book, *clocks, publisher="bgs")
    assert (of_bgs["before"]["canonical_value"], of_bgs["after"]["canonical_value"]) == ("90", "80")


def test_merges_in_between_move_figures_and_publishers(book: Book) -> None:
    book.record(*registered(PLACES[:3]), *(year(slug, 2001, 100, on="2024-01-31") for slug in PLACES[:3]))
    book.record(year(PLACES[0], 2001, 70, on="2024-01-31", by="wire") | {"event_id": IDS[1]})
    book.record(year(PLACES[0], 2002, 71, on="2024-01-31", by="wire") | {"event_id": IDS[2]})
    before = book.ledger.head()
    book.record(retraction(IDS[2]), merge(kept=PLACES[2], merged=PLACES[1]), merge(kept="bgs", merged="wire"))
    after = book.record(correction(IDS[1], value="75"), year(PLACES[1], 2003, 72, on="2024-01-31", by="wire"))
    clocks = [{"recorded_as_of": f"position:{position}"} for position in (before, after)]
    assert [item["kind"] for item in pages_are_the_whole(book, *clocks)] == [
        *("changed", "removed", "removed", "added")
    ]
    changed, removed, added = pages_are_the_whole(book, *clocks, publisher="wire")
    assert [changed[side]["publisher"] for side in ("before", "after")] == ["wire", "bgs"]
    assert (changed["change"], removed["kind"], added["kind"]) == ("5", "removed", "added")


def test_the_end_of_a_range_is_a_difference_too(book: Book) -> None:
    book.record(figure(None, low="5", high="7"), figure(None, low="5", high="8", on="2025-01-31"))
    (item,) = pages_are_the_whole(book, {"as_of": EARLY}, {"as_of": LATE})
    assert (item["kind"], item["change"]) == ("changed", None)


def test_only_what_is_held_and_known_from_one_side_alone_is_touched(places: Book) -> None:
    days = ("2025-01-31", "2025-02-01", "2025-02-28")
    with ExitStack() as stack:
        first, second, third = (
            stack.enter_context(places.engine.reader(places.engine.viewpoint(as_of=day))) for day in days
        )
        for pair in ((first, second), (second, first), (first, third)):
            assert TouchedFigures(pair, {}).counted() == [(slug, 1) for slug in PLACES[20:40]]
            assert TouchedFigures(pair, {"publisher": "usgs"}).counted() == []
        assert TouchedFigures((second, third), {}).counted() == []
        two = TouchedFigures((first, third), {}).about(PLACES[20:22])
        assert two.ids is not None
        assert (len(two.ids), two.near.count("code_of")) == (2, 2)


def taken(counted: list[tuple[str, int]], *, enough: int, found: int) -> list[int]:
    """How many subjects come in each stretch, where so many differences are found in each."""
    stretches, sizes, so_far = Stretches(counted, enough=enough), [], 0
    while subjects := stretches.next(found=so_far, lacking=max(enough - so_far, 0)):
        sizes.append(len(subjects))
        so_far += found
    assert sum(sizes) == len(counted)
    return sizes


def test_a_stretch_is_as_long_as_what_is_lacking_takes_by_what_was_found() -> None:
    many = [(f"{number:05}", 5) for number in range(1000)]
    assert taken(many, enough=10, found=9) == [4, 32, 256, 708]
    assert taken(many, enough=50, found=50) == [20, 160, 820]
    assert taken(many, enough=50, found=0) == [20, 980]
    assert taken(many, enough=50, found=1) == [20, 980]
    assert taken(many, enough=50, found=5)[:2] == [20, 360]
    assert taken(many, enough=100, found=90)[0] == 25
    assert taken(many, enough=200, found=200)[0] == 80


def test_one_subject_comes_though_it_has_more_figures_than_are_wanted() -> None:
    assert taken([("a", 1000), ("b", 1), ("c", 1), ("d", 5000)], enough=1, found=0) == [1, 3]
    assert taken([("a", 1000), ("b", 1), ("c", 1), ("d", 5000)], enough=1, found=1) == [1, 2, 1]
    assert Stretches([], enough=5).next(found=0, lacking=5) == []
