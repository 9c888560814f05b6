"""Totals beside the sums of their parts: what is compared with what, and what the verdict is."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from projections.audit import Findings, sums
from projections.audit.tilings import Piece, name_of, tiling
from tests.projections.conftest import IDS, Book, Item, figure, merge, retraction, withdrawal

BATCH = {"type": "QuotaSet", "metric": "quota", "subject": "china"}


def part_of(part: str, whole: str, **fields: Any) -> Item:
    stated = {"type": "RelationshipStated", "subject": part, "relation": "part_of", "object": whole}
    return {**stated, "published_at": "2024-01-01", **fields}


def batch(value: Any, name: str, *, period: str = "2024", **fields: Any) -> Item:
    return figure(value, **{**BATCH, "period": period, "dimensions": {"batch": name}, **fields})


def sold(value: Any, period: str, **fields: Any) -> Item:
    return figure(value, **{"type": "SalesReported", "metric": "sales", "subject": "lynas", "period": period, **fields})


ROUNDED = {
    ("351", "t", "200", "150"): ("1.5", "1.5", "rounding"),
    ("355", "t", "200", "150"): ("1.5", "1.5", "gap"),
    ("360", "t", "200", "150"): ("1.5", "15", "perhaps_rounding"),
    ("370", "t", "200", "150"): ("1.5", "15", "gap"),
    ("400", "t", "200", "150"): ("1.5", "15", "gap"),
    ("400", "t", "200", "188"): ("1.5", "6", "gap"),
    ("1490", "t", "1000", "0"): ("1.5", "15", "gap"),
    ("1000", "t", "745", "745"): ("1.5", "51", "gap"),
    ("376000", "t", "376090", "0"): ("1.5", "510", "perhaps_rounding"),
    ("0.35", "kt", "200", "150"): ("6", "15", "equal"),
    ("0.356", "kt", "200.0", "150.0"): ("0.6", "0.6", "gap"),
    ("0", "t", "0", "-1"): ("1.5", "1.5", "rounding"),
}
"""(total, its unit, two parts in tonnes): (rounding, rounding_at_most, verdict)"""


def metric_of(case: tuple[str, ...]) -> str:
    return f"rounded_{[*map(str, ROUNDED)].index(str(case))}"


def rounded(case: tuple[str, ...]) -> list[Item]:
    total, unit, china, australia = case
    return [
        figure(total, subject="world", metric=metric_of(case), unit=unit),
        figure(china, subject="china", metric=metric_of(case)),
        figure(australia, subject="australia", metric=metric_of(case)),
    ]


@pytest.fixture(scope="module")
def world() -> Iterator[Book]:
    """One ledger for all that is asked here; each metric and year is a story of its own."""
    book = Book()
    book.record(
        part_of("china", "world"),
        part_of("australia", "world"),
        # Production of 2023: equal; of 2022: australia is not available; of 2021: the world is a range.
        figure("350", subject="world"),
        figure("240", subject="china"),
        figure("110", subject="australia"),
        figure("999", subject="australia", by="bgs"),
        figure("300", subject="world", period="2022"),
        figure("200", subject="china", period="2022"),
        figure(None, subject="australia", period="2022", symbol="not_available"),
        figure(None, subject="world", period="2021", low="10", high="20"),
        figure("0", subject="china", period="2021"),
        figure("0", subject="australia", period="2021"),
        # Of 2020, the total has no parts that anyone speaks of; of 2019 it was withdrawn; of 2018, a part was.
        figure("200", subject="world", period="2020"),
        *(figure(value, subject=subject, period="2019") for subject, value in (("world", "9"), ("china", "9"))),
        withdrawal(on="2024-03-01", period="2019"),
        *(figure(value, subject=subject, period="2018") for subject, value in (("world", "9"), ("china", "4"))),
        figure("5", subject="australia", period="2018"),
        withdrawal(on="2024-03-01", subject="australia", period="2018"),
        # Prices are no parts of each other.
        *(
            figure("5", type="PriceReported", metric="price", unit="USD/kg", subject=subject)
            for subject in ("world", "china", "australia")
        ),
        # A fiscal year in halves, one of them also in quarters; a year of which one quarter is missing.
        sold("100", "FY2024"),
        sold("40", "FY2024-H1"),
        sold("60.5", "FY2024-H2"),
        sold("30", "FY2024-Q3"),
        sold("30.5", "FY2024-Q4"),
        sold("80", "2022"),
        sold("30", "2022-H1"),
        sold("30", "2022-Q4"),
        # The same in percent, and as a stock, does not add up over time.
        *(sold("5", period, metric="margin", unit="percent") for period in ("2022", "2022-H1", "2022-H2")),
        *(
            figure("5", type="FigureReported", metric="stock", subject="lynas", period=period)
            for period in ("2022", "2022-H1", "2022-H2")
        ),
        # Batches of a quota.
        batch("270", "full_year"),
        batch("135", "first"),
        batch("135", "second"),
        batch("255", "full_year", period="2023"),
        batch("120", "first", period="2023"),
        batch("15", "third", period="2023"),
        batch("66", "first", period="2022"),
        batch("140", "full_year", period="2022"),
        *(event for case in ROUNDED for event in rounded(case)),
    )
    yield book
    book.close()


def found(book: Book, *, by: Any = ("subject", "period", "dimension"), verdicts: Any = None, **asked: Any) -> Findings:
    clocks = {name: asked.pop(name) for name in ("as_of", "recorded_as_of", "effective_at") if name in asked}
    with book.engine.reader(book.engine.viewpoint(**clocks)) as reader:
        return sums(reader, asked, by=by, **({} if verdicts is None else {"verdicts": verdicts}))


def only(book: Book, **asked: Any) -> Item:
    (item,) = found(book, **asked).items
    return item


def names(parts: list[Item]) -> list[str]:
    return [part["part"] for part in parts]


def test_a_total_equals_what_its_publisher_says_of_the_parts(world: Book) -> None:
    item = only(world, subject="world", metric="mine_production", period="2023")
    assert (item["total"], item["parts_sum"], item["gap"], item["gap_percent"]) == ("350", "350", "0", "0.0000")
    assert (item["verdict"], item["finding"], item["by"], item["publisher"]) == ("equal", False, "subject", "usgs")
    assert [(part["part"], part["value"]) for part in item["parts"]] == [("australia", "110"), ("china", "240")]
    assert item["missing"] == []


def test_a_part_that_is_no_number_is_missing_with_what_is_said_of_it(world: Book) -> None:
    item = only(world, subject="world", metric="mine_production", period="2022")
    assert (item["verdict"], item["parts_sum"], item["gap"]) == ("incomplete", "200", "100")
    (missing,) = item["missing"]
    assert (missing["part"], missing["says"], missing["published_at"]) == ("australia", "not_available", "2024-01-31")


def test_a_total_that_is_a_range_has_no_gap_and_zero_is_a_number(world: Book) -> None:
    item = only(world, subject="world", metric="mine_production", period="2021")
    assert (item["total"], item["parts_sum"], item["gap"], item["rounding"]) == (None, "0", None, None)
    assert (item["verdict"], names(item["parts"])) == ("incomplete", ["australia", "china"])
    assert [(part["part"], part["says"]) for part in item["missing"]] == [("world", "10..20")]


def test_a_withdrawn_total_is_none_and_a_withdrawn_part_is_missing(world: Book) -> None:
    assert only(world, period="2019", metric="mine_production", as_of="2024-02-28")["missing"][0]["part"] == "australia"
    assert found(world, period="2019", metric="mine_production").items == []
    before = only(world, period="2018", metric="mine_production", as_of="2024-02-28")
    after = only(world, period="2018", metric="mine_production")
    assert (before["verdict"], before["gap"]) == ("equal", "0")
    assert (after["verdict"], after["gap"], after["missing"][0]["says"]) == ("incomplete", "5", None)


def test_where_no_part_is_spoken_of_or_nothing_adds_up_there_is_no_finding(world: Book) -> None:
    assert found(world, metric="mine_production", period="2020").items == []
    for metric in ("price", "margin", "stock"):
        assert found(world, metric=metric).items == []


def test_the_fewest_periods_that_tile_a_year_are_its_parts(world: Book) -> None:
    year, half = found(world, metric="sales", period_from="2023-07-01").items
    assert (year["tiled_by"], names(year["parts"])) == ("halves", ["FY2024-H1", "FY2024-H2"])
    assert (year["gap"], year["gap_percent"]) == ("-0.5", "-0.5000")
    assert (half["tiled_by"], half["verdict"], names(half["parts"])) == (
        "quarters",
        "equal",
        ["FY2024-Q3", "FY2024-Q4"],
    )


def test_days_without_a_figure_make_a_year_incomplete(world: Book) -> None:
    item = only(world, metric="sales", period="2022")
    assert (item["verdict"], item["tiled_by"], item["gap"]) == ("incomplete", "mixed", "20")
    assert names(item["missing"]) == ["2022-07-01/2022-09-30"]


def test_a_full_year_is_compared_with_its_batches(world: Book) -> None:
    equal, holed, single = (only(world, metric="quota", period=period) for period in ("2024", "2023", "2022"))
    assert (equal["verdict"], equal["dimension"], names(equal["parts"])) == ("equal", "batch", ["first", "second"])
    assert (holed["verdict"], names(holed["parts"]), names(holed["missing"])) == (
        "incomplete",
        ["first", "third"],
        ["second"],
    )
    assert (single["verdict"], names(single["missing"])) == ("incomplete", ["second"])


def test_the_summary_counts_what_is_selected_whichever_verdicts_are_shown(world: Book) -> None:
    answer = found(world, metric="quota", verdicts=("equal",))
    assert [item["period"] for item in answer.items] == ["2024"]
    assert answer.members["summary"] == {"equal": 1, "rounding": 0, "perhaps_rounding": 0, "gap": 0, "incomplete": 2}
    assert found(world, metric="quota", by=("subject",)).items == []


@pytest.mark.parametrize(("case", "expected"), ROUNDED.items())
def test_how_much_rounding_can_explain(world: Book, case: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    item = only(world, metric=metric_of(case))
    assert (item["rounding"], item["rounding_at_most"], item["verdict"]) == expected
    assert item["finding"] is (expected[2] == "gap")


@pytest.mark.parametrize(
    ("finer", "at_most"),
    [
        ({"on": "2024-01-31"}, "55"),
        ({"on": "2024-02-29"}, "55"),
        ({"on": "2024-03-31"}, "100"),
        ({"on": "2024-02-29", "by": "bgs"}, "100"),
        ({"on": "2024-02-29", "metric": "refined_production"}, "100"),
    ],
)
def test_the_finest_digit_is_that_of_the_editions_of_the_total_and_of_its_parts(
    book: Book, finer: Item, at_most: str
) -> None:
    """The total is of February and its parts of January; what was printed more finely is recorded last."""
    book.record(
        part_of("china", "world", published_at="2024-01-01"),
        figure("3600", subject="world", on="2024-02-29"),
        figure("1500", subject="china", on="2024-01-31"),
        figure("120", subject="australia", **finer),
    )
    assert only(book)["rounding_at_most"] == at_most


def test_parts_are_those_of_the_relationships_that_are_open_at_the_viewpoint(book: Book) -> None:
    book.record(
        part_of("china", "world", published_at="2024-02-01", effective_to="2024-06-30", event_id=IDS[1]),
        part_of("prc", "world", published_at="2024-02-01"),
        figure("9", subject="world"),
        figure("4", subject="china"),
        figure("5", subject="prc"),
    )
    assert found(book, as_of="2024-01-31").items == []
    assert only(book, as_of="2024-05-01")["parts_sum"] == "9"
    assert only(book, as_of="2024-07-01")["parts_sum"] == "5"
    assert only(book, as_of="2024-07-01", effective_at="2024-06-01")["parts_sum"] == "9"
    held = book.record(merge(kept="china", merged="prc"))
    assert only(book, as_of="2024-05-01")["parts_sum"] == "5"
    assert only(book, as_of="2024-05-01", recorded_as_of=f"position:{held - 1}")["parts_sum"] == "9"
    book.record(retraction(IDS[1]))
    assert names(only(book, as_of="2024-05-01")["parts"]) == ["china"]


def test_a_tiling_is_the_best_there_is() -> None:
    def piece(start: str, end: str, *, is_point: bool = True) -> Piece[str]:
        return Piece(date.fromisoformat(start), date.fromisoformat(end), f"{start}/{end}", is_point)

    def tiled(*pieces: Piece[str]) -> list[str | None]:
        return [one.said for one in tiling(date(2024, 1, 1), date(2024, 12, 31), pieces)]

    halves = [piece("2024-01-01", "2024-06-30"), piece("2024-07-01", "2024-12-31")]
    quarters = [piece("2024-01-01", "2024-03-31"), piece("2024-04-01", "2024-06-30")]
    assert tiled(*quarters, *halves) == ["2024-01-01/2024-06-30", "2024-07-01/2024-12-31"]
    assert tiled(*quarters, halves[1]) == [*(one.said for one in quarters), "2024-07-01/2024-12-31"]
    assert tiled(halves[0]._replace(is_point=False), *quarters) == [*(one.said for one in quarters), None]
    assert tiled(halves[0]._replace(is_point=False), quarters[1]) == [None, "2024-04-01/2024-06-30", None]
    later = [piece("2024-07-01", "2024-09-30"), piece("2024-10-01", "2024-12-31")]
    nine_months = piece("2024-04-01", "2024-12-31")
    assert tiled(halves[0], *later, quarters[0], nine_months) == [quarters[0].said, nine_months.said]
    assert tiled(quarters[0], nine_months, *halves) == [one.said for one in halves]
    overlapping = piece("2024-03-01", "2024-12-31")
    assert tiled(halves[0], overlapping) == [None, "2024-03-01/2024-12-31"]
    assert name_of(halves) == "halves"
    assert name_of([*quarters, halves[1]]) == "mixed"
    whole: list[Piece[str]] = tiling(date.min, date.max, [])
    assert [(one.start, one.end) for one in whole] == [(date.min, date.max)]
