"""Revisions of small series, worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from projections import FilterError
from projections.audit import revisions
from projections.audit.revisions.accuracy import Options, months_after
from tests.projections.conftest import IDS, Book, Item, correction, figure, merge, retraction, withdrawal

AS_OF = "2026-12-31"


def ask(book: Book, *, as_of: str = AS_OF, filters: Any = None, **options: Any) -> tuple[list[Item], Item]:
    """The items and members."""
    with book.engine.reader(book.engine.viewpoint(as_of=as_of)) as reader:
        found = revisions(reader, filters, options=Options(**options))
    return found.items, found.members


def one(book: Book, **asked: Any) -> Item:
    """The only item."""
    (item,), _ = ask(book, **asked)
    return item


def statistics(book: Book, target: str = "latest", measure: str = "absolute", **asked: Any) -> Item:
    """One row of the statistics."""
    _, members = ask(book, **asked)
    (row,) = [row for row in members["statistics"] if (row["target"], row["measure"]) == (target, measure)]
    found: Item = row
    return found


def of(item: Item, *names: str) -> tuple[Any, ...]:
    return tuple(item[name] for name in names)


TOTALS = ("first", "latest", "total_change", "total_change_percent", "range")
SETTLED = ("settled", "censored", "settled_after_days", "settled_age_days")


def test_a_series_from_first_to_latest(book: Book) -> None:
    book.record(figure("350000", on="2024-01-31"), figure("376000", on="2025-01-31", status="estimated"))
    book.record(figure("376000", on="2026-01-31", status="reported"), figure("370000", on="2026-02-06"))
    item = one(book)
    assert of(item, *TOTALS) == ("350000", "370000", "20000", "5.7143", "26000")
    assert of(item, "first_comparable", "first_published_at", "latest_published_at") == (
        "350000",
        "2024-01-31",
        "2026-02-06",
    )
    assert of(item, "statements", "releases", "confirmations", "revisions", "withdrawals") == (4, 4, 1, 2, 0)
    assert item["kinds"] == {"status": 1, "substantial": 2}
    assert [of(step, "cause", "kind", "previous_value", "value", "change_percent") for step in item["steps"]] == [
        ("revision", "substantial", "350000", "376000", "7.4286"),
        ("confirmation", "status", "376000", "376000", "0.0000"),
        ("revision", "substantial", "376000", "370000", "-1.5957"),
    ]
    assert item["reasons"] == {}


def test_a_series_said_once_has_no_revision_to_its_latest_value(book: Book) -> None:
    book.record(figure("350000", on="2024-01-31"))
    assert of(one(book), *TOTALS) == ("350000", "350000", "0", "0.0000", "0")
    assert of(statistics(book), "n", "without", "mean", "p_value") == (0, 1, None, None)
    assert "no revision" in statistics(book)["reasons"]["mean"]
    # Two years after the end of 2023 nobody had touched it: until then it was revised by 0.
    assert of(statistics(book, "24m"), "n", "mean") == (1, 0)
    _, members = ask(book)
    assert members["summary"]["published_once"] == 1


def test_from_zero_there_is_a_change_and_no_percentage(book: Book) -> None:
    book.record(figure("0", on="2024-01-31"), figure("50", on="2025-01-31"))
    item = one(book)
    assert of(item, *TOTALS) == ("0", "50", "50", None, "50")
    assert item["reasons"] == {"total_change_percent": "the first is zero"}
    assert of(statistics(book), "n", "mean", "without") == (1, 50, 0)
    assert of(statistics(book, measure="percent"), "n", "mean", "without") == (0, None, 1)


def test_percentages_of_negative_figures_are_of_their_size(book: Book) -> None:
    book.record(figure("-50", on="2024-01-31"), figure("-40", on="2025-01-31"))
    assert of(one(book), *TOTALS) == ("-50", "-40", "10", "20.0000", "10")
    assert statistics(book)["share_upward"] == 1
    assert statistics(book, measure="percent")["mean"] == 20


def test_a_series_that_was_withdrawn_stands_at_nothing(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("130", on="2025-01-31"), withdrawal(on="2026-01-31"))
    item = one(book)
    assert of(item, *TOTALS) == ("100", None, None, None, "30")
    assert of(item, "statements", "withdrawals", "settled", "censored") == (2, 1, None, False)
    assert item["reasons"]["latest"] == "withdrawn"
    assert item["reasons"]["total_change"] == "latest: withdrawn"
    assert set(item["reasons"]) == {name for name in item if item[name] is None} - {"material", "dimensions"}
    assert statistics(book)["n"] == 0
    # What was known before the withdrawal stays comparable.
    assert of(statistics(book, "release_2"), "n", "mean") == (1, 30)
    _, members = ask(book)
    assert of(members["summary"], "series", "withdrawn") == (1, 1)
    assert members["settling"]["without_value"] == 1


def test_a_series_of_which_everything_was_withdrawn_at_once_never_said_anything(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), withdrawal(on="2024-01-31"))
    item = one(book)
    assert of(item, "releases", *TOTALS) == (0, None, None, None, None, None)
    assert "not withdrawn that day" in item["reasons"]["first"]
    assert "no release" in item["reasons"]["range"]


def test_a_republication_counts_as_revision_whatever_kinds_do(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), withdrawal(on="2025-01-31"), figure("130", on="2026-01-31"))
    for kinds in (("substantial",), ("rescale",)):
        assert of(one(book, kinds=kinds), "republications", "total_change") == (1, "30")


def test_a_tie_is_a_conflict_of_which_the_last_stands(book: Book) -> None:
    book.record(figure("192", on="2024-01-31"), figure("840", on="2024-01-31"), figure("850", on="2025-01-31"))
    item = one(book)
    assert of(item, "conflicts", "revisions", "releases") == (1, 1, 2)
    assert of(item, *TOTALS) == ("840", "850", "10", "1.1905", "10")


def test_ranges_and_symbols_are_no_points(book: Book) -> None:
    book.record(figure(None, on="2024-01-31", low="85", high="95"), figure("90", on="2025-01-31"))
    item = one(book)
    assert of(item, *TOTALS) == (None, "90", None, None, "0")
    assert item["reasons"]["first"] == "not a single value: 85..95"
    assert [of(step, "kind", "value", "change", "said") for step in item["steps"]] == [
        ("substantial", "90", None, "90")
    ]
    book.record(figure(None, on="2026-01-31", symbol="withheld"))
    item = one(book)
    assert item["reasons"]["latest"] == "not a single value: withheld"
    assert item["steps"][-1]["said"] == "withheld"


def test_our_own_errors_are_no_revisions(book: Book) -> None:
    book.record(figure("113000", on="2024-01-31", event_id=IDS[1]), figure("13000", on="2025-01-31", event_id=IDS[2]))
    book.record(correction(IDS[1], value="13000"))
    assert of(one(book), "revisions", "confirmations", "total_change") == (0, 1, "0")
    book.record(figure("29000", on="2026-01-31", event_id=IDS[3]))
    book.record(retraction(IDS[3]))
    assert of(one(book), "statements", "latest") == (2, "13000")


def test_a_late_event_takes_its_place_and_what_is_not_published_yet_has_none(book: Book) -> None:
    book.record(figure("376", on="2025-01-31"), figure("350", on="2024-01-31"), figure("400", on="2027-01-31"))
    assert of(one(book), *TOTALS) == ("350", "376", "26", "7.4286", "26")


def test_publishers_that_were_merged_are_one_series(book: Book) -> None:
    book.record(figure("100", on="2024-01-31", by="wire"), figure("110", on="2025-01-31"))
    assert len(ask(book)[0]) == 2
    book.record(merge(kept="usgs", merged="wire"))
    assert of(one(book), "publisher", "total_change") == ("usgs", "10")


# Kinds that do not count


def test_a_relabel_in_the_midst_is_carried_over(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("110", on="2025-01-31"))
    book.record(figure("110000", on="2026-01-31", unit="tonnes"), figure("115500", on="2026-06-30"))
    assert of(one(book), "first_comparable", "total_change") == ("100", "115400")
    item = one(book, kinds=("substantial",))
    # 100 -> 110 counts 10 on its scale, 10,000 on that of the latest value; then 5,500 more.
    assert of(item, "first", "first_comparable", "total_change", "total_change_percent", "range") == (
        "100",
        "100000",
        "15500",
        "15.5000",
        "15500",
    )
    assert statistics(book, "release_2", "percent", kinds=("substantial",))["mean"] == 10
    assert statistics(book, "release_2", kinds=("substantial",))["mean"] == 10_000
    assert of(one(book, kinds=("unit_relabel",)), "first_comparable", "total_change") == ("5610", "109890")


def test_a_difference_that_does_not_count_is_taken_off(book: Book) -> None:
    book.record(figure("49", on="2024-01-31"), figure("49.4", on="2025-01-31"), figure("52.4", on="2026-01-31"))
    assert of(one(book), "total_change") == ("3.4",)
    assert of(one(book, kinds=("substantial",)), "first_comparable", "total_change") == ("49.4", "3")
    assert of(one(book, kinds=("rounding",)), "first_comparable", "total_change") == ("52", "0.4")


def test_a_factor_that_no_decimal_holds_is_shown_to_eighteen_and_counts_exactly(book: Book) -> None:
    book.record(figure("300", on="2024-01-31"), figure("330", on="2025-01-31"))
    book.record(figure("100", on="2026-01-31", note="Another definition: changed."))
    item = one(book, kinds=("substantial",))
    assert of(item, "first_comparable", "total_change", "total_change_percent") == (
        "90.909090909090909091",
        "9.090909090909090909",
        "10.0000",
    )
    assert statistics(book, measure="percent", kinds=("substantial",))["mean"] == 10


def test_a_change_over_a_range_counts_where_one_of_its_parts_does(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure(None, on="2025-01-31", low="90"), figure("120", on="2026-01-31"))
    assert of(one(book, kinds=("substantial",)), "total_change") == ("20",)
    assert of(one(book, kinds=("rescale",)), "total_change") == ("0",)


def test_a_conflict_that_was_put_right_within_the_vintage_counts_for_nothing(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("100000", on="2025-01-31"), figure("105", on="2025-01-31"))
    assert of(one(book, kinds=("substantial",)), "first_comparable", "total_change") == ("100", "5")


def test_a_change_of_sign_has_no_factor_to_be_carried_over_by(book: Book) -> None:
    book.record(figure("90", on="2024-01-31"), figure("100", on="2025-01-31"))
    book.record(figure("-5", on="2026-01-31", note="Net of imports: the definition changed."))
    item = one(book, kinds=("substantial",))
    assert of(item, "kinds", "first_comparable", "total_change") == ({"definition": 1, "substantial": 1}, "-15", "10")


def test_what_a_vintage_repeats_changes_nothing(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"))
    book.record(figure("130", on="2025-01-31", note="The definition changed."), figure("130", on="2025-01-31"))
    assert one(book)["kinds"] == {"unchanged": 1, "definition": 1}
    assert one(book, kinds=("substantial",))["total_change"] == "0"


def test_the_answer_says_which_kinds_counted(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"))
    _, members = ask(book, kinds=("rounding", "substantial"))
    assert members["summary"]["kinds"] == ["rounding", "substantial"]


# Settling


def settled(book: Book, **asked: Any) -> tuple[Any, ...]:
    return of(one(book, **asked), *SETTLED)


def test_a_figure_settles_when_it_stays_near_its_latest_value_for_good(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("120", on="2024-06-30"), figure("100", on="2025-01-31"))
    book.record(figure("101", on="2025-06-30"))
    # It was there at first, and left: what counts is its return on 2025-01-31, 366 days later.
    assert settled(book) == (True, False, 366, 397)
    assert settled(book, tolerance=Decimal("0.99")) == (True, False, 516, 547)
    assert settled(book, tolerance=Decimal(20)) == (True, False, 0, 31)


def test_the_edge_of_the_tolerance_belongs_to_it(book: Book) -> None:
    book.record(figure("99", on="2024-01-31"), figure("100", on="2025-01-31"))
    assert settled(book)[2] == 0
    assert settled(book, tolerance=Decimal("0.999999999999"))[2] == 366


def test_negative_figures_settle_by_their_size(book: Book) -> None:
    book.record(figure("-99.5", on="2024-01-31"), figure("-100", on="2025-01-31"))
    assert settled(book)[2] == 0
    assert settled(book, tolerance=Decimal("0.1"))[2] == 366


def test_only_zero_is_near_zero(book: Book) -> None:
    book.record(figure("0.001", on="2024-01-31"), figure("0", on="2025-01-31"), figure("0", on="2025-06-30"))
    assert settled(book, tolerance=Decimal(50)) == (True, False, 366, 397)


def test_a_withdrawal_or_a_symbol_is_never_near(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), withdrawal(on="2024-03-31"), figure("100", on="2024-06-30"))
    assert settled(book)[2] == 151
    book.record(figure(None, on="2025-01-31", symbol="withheld"), figure("100", on="2025-06-30"))
    assert settled(book)[2] == 516


def test_young_figures_are_censored_and_those_that_moved_lately_are_not_settled(book: Book) -> None:
    book.record(figure("100", on="2025-06-30"), figure("130", on="2026-06-30"))
    item = one(book, as_of="2026-06-29")
    assert of(item, *SETTLED) == (None, True, None, None)
    assert "less than 365 days" in item["reasons"]["settled"]
    assert settled(book, as_of="2026-06-30") == (False, False, 365, 912)
    assert settled(book, as_of="2027-06-29") == (False, False, 365, 912)
    assert settled(book, as_of="2027-06-30") == (True, False, 365, 912)
    assert settled(book, as_of="2026-06-30", young=0) == (True, False, 365, 912)
    counts = [ask(book, as_of=day)[1]["settling"] for day in ("2026-06-29", "2026-06-30", "2027-06-30")]
    assert [of(one, "settled", "unsettled", "censored") for one in counts] == [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    assert [one["after_days"]["q50"] for one in counts] == [None, None, 365]


def test_settling_may_leave_a_rebase_out(book: Book) -> None:
    for year, first, then in (("2021", "100.0", "50.1"), ("2022", "208.0", "104.2"), ("2023", "300.0", "150.3")):
        book.record(figure(first, on="2024-01-31", period=year), figure(then, on="2025-01-31", period=year))
    assert [item["settled_after_days"] for item in ask(book)[0]] == [366] * 3
    assert [item["settled_after_days"] for item in ask(book, kinds=("substantial",))[0]] == [0] * 3


# Horizons and the selection


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2023-12-31", 3, "2024-03-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-02-28", 12, "2024-02-29"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2024-01-15", 1, "2024-02-15"),
        ("2023-06-30", 6, "2023-12-31"),
        ("9999-11-30", 1, "9999-12-31"),
        ("9999-12-31", 1, None),
    ],
)
def test_months_after_a_last_day_of_a_month_end_on_a_last_day(day: str, months: int, expected: str | None) -> None:
    found = months_after(date.fromisoformat(day), months)
    assert (found and found.date().isoformat()) == expected


def test_a_horizon_shows_what_was_known_then_and_counts_once_it_is_reached(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("110", on="2024-12-31"), figure("130", on="2025-06-30"))
    means = {months: statistics(book, f"{months}m", horizons=(months,))["mean"] for months in (1, 3, 11, 12, 18, 24)}
    assert means == {1: 0, 3: 0, 11: 0, 12: 10, 18: 30, 24: 30}
    assert statistics(book, "12m", as_of="2024-12-30")["n"] == 0
    assert statistics(book, "12m", as_of="2024-12-31")["n"] == 1
    _, members = ask(book, horizons=(3, 12, 24))
    errors = {row["horizon"]: row["q50"] for row in members["error_by_age"] if row["measure"] == "absolute"}
    assert errors == {"3m": -30, "12m": -20, "24m": 0}


def test_a_figure_published_after_the_horizon_or_without_a_period_has_no_value_there(book: Book) -> None:
    book.record(figure("100", on="2024-05-31"), figure("90", on="2025-05-31"))
    assert statistics(book, "3m")["n"] == 0
    book.record(figure("5", on="2024-01-31", period=None), figure("6", on="2025-01-31", period=None))
    _, members = ask(book)
    assert [row["n"] for row in members["statistics"] if row["measure"] == "absolute"] == [2, 2, 0, 1, 1, 1]
    assert one(book, filters={"period": "2023"})["settled_age_days"] is not None
    (without, _), _ = ask(book)
    assert without["reasons"]["settled_age_days"] == "the figure has no period"


def several(book: Book) -> None:
    """First and latest of six years: 100 -> 110, 200 -> 190, 300 -> 330, 400 -> 400, 500 -> 560, 0 -> 5."""
    for year, (first, latest) in enumerate(
        [("100", "110"), ("200", "190"), ("300", "330"), ("400", "400"), ("500", "560"), ("0", "5")], start=2015
    ):
        book.record(figure(first, on="2024-01-31", period=str(year)))
        book.record(figure(latest, on="2025-01-31", period=str(year)))


def test_the_statistics_of_a_selection(book: Book) -> None:
    several(book)
    absolute, percent = statistics(book), statistics(book, measure="percent")
    assert of(absolute, "n", "mean", "median", "minimum", "maximum", "range") == (
        6,
        pytest.approx(95 / 6),
        7.5,
        -10,
        60,
        70,
    )
    assert of(absolute, "mean_absolute", "share_upward", "share_downward", "share_unchanged") == (
        pytest.approx(115 / 6),
        pytest.approx(4 / 6),
        pytest.approx(1 / 6),
        pytest.approx(1 / 6),
    )
    assert absolute["relative_mean_absolute"] == pytest.approx(115 / 1595)
    assert of(percent, "n", "mean", "median", "mean_absolute") == (5, pytest.approx(5.4), 10, pytest.approx(7.4))
    _, members = ask(book)
    assert members["efficiency"][0]["n"] == members["news_noise"][0]["n"] == 6
    assert of(members["summary"], "series", "releases", "revisions", "silent") == (6, 12, 5, 5)


def test_values_in_several_units_are_never_mixed(book: Book) -> None:
    for unit in ("USD", "MYR"):
        book.record(
            figure("100", on="2024-01-31", type="InvestmentReported", metric="investment", unit=unit),
            figure("110", on="2025-01-31", type="InvestmentReported", metric="investment", unit=unit),
        )
    absolute = statistics(book)
    assert of(absolute, "n", "mean", "p_value", "relative_mean_absolute") == (2, None, None, None)
    assert "2 units" in absolute["reasons"]["mean"]
    assert of(statistics(book, measure="percent"), "n", "mean") == (2, 10)
    _, members = ask(book)
    assert members["summary"]["canonical_units"] == ["MYR", "USD"]
    assert members["efficiency"][0]["slope"] is None
    assert members["error_by_age"][0]["q50"] is None


def test_groups_are_measured_like_the_whole(book: Book) -> None:
    several(book)
    book.record(figure("10", on="2024-01-31", subject="china"), figure("30", on="2025-01-31", subject="china"))
    _, members = ask(book, by=("subject_kind", "subject"))
    groups = members["groups"]
    assert [of(group, "subject_kind", "subject") for group in groups] == [("country", "china"), ("region", "world")]
    alone = ask(book, filters={"subject": "world"})[1]
    assert {name: value for name, value in groups[1].items() if name in alone} == alone
    assert groups[0]["statistics"][0]["mean"] == 20
    _, members = ask(book, by=("material", "period_start", "dimensions"))
    assert [of(group, "material", "period_start") for group in members["groups"]][:2] == [
        (None, "2015-01-01"),
        (None, "2016-01-01"),
    ]


def test_too_many_groups_are_refused(book: Book) -> None:
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(1001)]
    book.record(*(figure("1", on="2024-01-31", period=day.isoformat()) for day in days))
    with pytest.raises(FilterError, match="1001 groups are too many"):
        ask(book, by=("period_start",))


def test_nothing_selected_is_an_answer_with_a_reason_for_every_null(book: Book) -> None:
    items, members = ask(book, filters={"subject": "nowhere"})
    assert items == []
    for name in ("statistics", "error_by_age", "efficiency", "news_noise"):
        for row in members[name]:
            assert {key for key, value in row.items() if value is None} == set(row["reasons"])


def test_a_chain_of_factors_beyond_floating_point_is_left_out_of_the_statistics(book: Book) -> None:
    about = {"type": "FigureReported", "metric": "m", "unit": "USD"}
    for year in range(2010, 2022, 2):
        book.record(figure("3e-18", on=f"{year}-01-31", **about))
        note = f"The definition changed in {year + 1}."
        book.record(figure("7e18", on=f"{year + 1}-01-31", **about, note=note))
    item = one(book, kinds=("substantial",))
    assert len(item["first_comparable"]) > 150
    assert of(statistics(book, kinds=("substantial",)), "n", "without", "mean") == (0, 1, None)
    assert statistics(book, kinds=("definition", "substantial"))["mean"] == 7e18
