"""Disputes: when a figure is disputed, since when, who began it and who ended it."""

from typing import Any

import pytest

from projections import FilterError, UnknownFilter
from projections.audit import Findings, disputes
from tests.projections.conftest import IDS, Book, correction, figure, merge, retraction, withdrawal

Item = dict[str, Any]


def find(book: Book, *, status: str = "all", filters: dict[str, Any] | None = None, **clocks: str) -> Findings:
    with book.engine.reader(book.engine.viewpoint(**{"as_of": "2030", **clocks})) as reader:
        return disputes(reader, filters, status=status)


def only(book: Book, **asked: Any) -> Item:
    (item,) = find(book, **asked).items
    return item


def test_two_publishers_with_two_values_dispute_from_the_day_of_the_second(book: Book) -> None:
    book.record(
        figure("190000", on="2020-01-31", event_id=IDS[0]), figure("253777", by="bgs", on="2021-06", event_id=IDS[1])
    )
    item = only(book, as_of="2021-07-10")
    assert (item["status"], item["kind"], item["since"], item["since_date"]) == (
        *("open", "between"),
        *("2021-06", "2021-06-30"),
    )
    assert item["began_by"] == {"event_id": IDS[1], "publisher": "bgs", "cause": "first_report", "position": 14}
    assert (item["until"], item["until_date"], item["ended_by"], item["days"]) == (None, None, None, 10)
    assert (item["spread"], item["spread_percent"]) == ("63777", "28.7428")
    assert (item["highest"], item["highest_by"], item["lowest"], item["lowest_by"]) == (
        *("253777", "bgs"),
        *("190000", "usgs"),
    )
    assert [(said["publisher"], said["value"], said["published_at"]) for said in item["publishers"]] == [
        ("bgs", "253777", "2021-06"),
        ("usgs", "190000", "2020-01-31"),
    ]
    assert item["reasons"] == {}
    assert find(book, as_of="2021-06-29").items == []


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (figure("5", by="bgs", on="2025-03"), "revision"),
        (figure("5000", by="bgs", on="2025-03", unit="kg"), "revision"),
        (withdrawal(by="bgs", on="2025-03"), "withdrawal"),
    ],
)
def test_a_dispute_ends_by_a_revision_or_a_withdrawal_and_shows_what_was_said_last(
    book: Book, ending: Item, cause: str
) -> None:
    book.record(figure("5", on="2025-01-01"), figure("7", by="bgs", on="2025-02-01"), {**ending, "event_id": IDS[2]})
    item = only(book)
    assert (item["status"], item["until"], item["until_date"], item["days"]) == ("ended", "2025-03", "2025-03-31", 58)
    assert item["ended_by"] == {"event_id": IDS[2], "publisher": "bgs", "cause": cause, "position": 15}
    assert [said["value"] for said in item["publishers"]] == ["7", "5"]
    assert item["spread"] == "2"
    assert find(book, status="open").items == []
    assert find(book, status="ended").items == [item]
    assert only(book, as_of="2025-03-30")["status"] == "open"


def test_a_publisher_that_contradicts_itself_disputes_with_itself_until_it_confirms_one_of_the_two(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("7", on="2025-01"), figure("7", on="2025-02"))
    item = only(book, as_of="2025-01-31")
    assert (item["kind"], item["began_by"]["cause"], item["spread"]) == ("within", "conflict", "2")
    assert [said["position"] for said in item["publishers"]] == [13, 14]
    ended = only(book)
    assert (ended["status"], ended["ended_by"]["cause"]) == ("ended", "confirmation")


def test_a_contradiction_beside_another_publisher_is_both(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("7", on="2025-01"), figure("7", by="bgs", on="2025-01"))
    item = only(book)
    assert item["kind"] == "both"
    assert (item["highest"], item["highest_by"]) == ("7", "bgs")


def test_what_begins_and_ends_again_is_two_disputes_in_order(book: Book) -> None:
    book.record(
        figure("5", on="2025-01"),
        figure("7", by="bgs", on="2025-02"),
        figure("5", by="bgs", on="2025-03"),
        figure("6", on="2025-04"),
    )
    found = find(book).items
    assert [(item["since"], item["until"], item["status"]) for item in found] == [
        ("2025-02", "2025-03", "ended"),
        ("2025-04", None, "open"),
    ]


def test_a_revision_of_one_side_does_not_begin_a_dispute_anew(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("7", by="bgs", on="2025-02"), figure("8", by="bgs", on="2025-03"))
    item = only(book)
    assert (item["since"], item["spread"]) == ("2025-02", "3")


def test_what_is_settled_within_one_instant_is_no_dispute_and_interrupts_none(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("7", by="bgs", on="2025-02"), withdrawal(by="bgs", on="2025-02"))
    assert find(book).items == []
    book.record(
        figure("8", by="bgs", on="2025-03"), withdrawal(by="bgs", on="2025-04"), figure("9", by="bgs", on="2025-04")
    )
    item = only(book)
    assert (item["since"], item["status"]) == ("2025-03", "open")


def test_of_several_events_at_one_instant_the_one_that_turned_the_figure_began_the_dispute(book: Book) -> None:
    book.record(
        figure("5", on="2025-01"),
        figure("7", by="bgs", on="2025-02", event_id=IDS[1]),
        figure("5", by="wire", on="2025-02"),
    )
    assert only(book)["began_by"]["event_id"] == IDS[1]


def test_an_ended_dispute_names_the_event_that_made_them_agree_not_one_that_repeats(book: Book) -> None:
    book.record(
        figure("5", on="2025-01"),
        figure("7", by="bgs", on="2025-02"),
        figure("5", by="bgs", on="2025-03", event_id=IDS[3]),
        figure("5", on="2025-03"),
    )
    assert only(book)["ended_by"]["event_id"] == IDS[3]


def test_ranges_and_symbols_are_disputed_without_a_spread(book: Book) -> None:
    book.record(
        figure("5", on="2025-01"),
        figure(None, by="bgs", on="2025-02", low="4", high="6"),
        figure(None, by="wire", on="2025-02", symbol="withheld"),
    )
    item = only(book)
    assert (item["spread"], item["spread_percent"], item["highest"], item["lowest_by"]) == (None, None, None, None)
    assert set(item["reasons"]) == {"spread", "spread_percent"}
    assert [(said["canonical_low"], said["symbol"]) for said in item["publishers"]] == [
        ("4", None),
        (None, None),
        (None, "withheld"),
    ]


def test_a_spread_about_zero_has_no_percentage(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("-5", by="bgs", on="2025-02"))
    item = only(book)
    assert (item["spread"], item["spread_percent"]) == ("10", None)
    assert list(item["reasons"]) == ["spread_percent"]


def test_the_largest_numbers_are_told_apart_exactly(book: Book) -> None:
    largest = "99999999999999999999.999999999999999999"
    book.record(figure(largest, on="2025-01"), figure(f"-{largest}", by="bgs", on="2025-02"))
    assert only(book)["spread"] == "199999999999999999999.999999999999999998"


def test_our_own_error_is_no_dispute_once_corrected_and_still_one_at_the_earlier_position(book: Book) -> None:
    book.record(figure("13000", on="2025-01"))
    at = book.record(figure("113000", by="bgs", on="2025-01", event_id=IDS[1]))
    book.record(correction(IDS[1], value="13000"))
    assert find(book).items == []
    assert only(book, recorded_as_of=f"position:{at}")["spread"] == "100000"
    book.record(figure("1", by="wire", on="2025-01", event_id=IDS[2]), retraction(IDS[2]))
    assert find(book).items == []


def test_two_publishers_that_turn_out_to_be_one_revise_and_do_not_dispute(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure("7", by="wire", on="2025-02"))
    at = book.record(figure("9", by="bgs", on="2025-03"))
    book.record(merge(kept="usgs", merged="wire"))
    assert [pair["publishers"] for pair in find(book).members["pairs"]] == [["bgs", "usgs"]]
    assert only(book)["since"] == "2025-03"
    assert only(book, filters={"publisher": "wire"})["since"] == "2025-03"
    assert only(book, recorded_as_of=f"position:{at}")["since"] == "2025-02"


def test_a_publisher_selects_the_disputes_in_which_it_has_a_say(book: Book) -> None:
    book.record(
        figure("5", on="2025-01"),
        figure("7", by="bgs", on="2025-02"),
        figure("1", subject="china", on="2025-01"),
        figure("2", subject="china", by="wire", on="2025-02"),
    )
    assert [item["subject"] for item in find(book).items] == ["china", "world"]
    found = find(book, filters={"publisher": "bgs"})
    assert [item["subject"] for item in found.items] == ["world"]
    assert [said["publisher"] for said in found.items[0]["publishers"]] == ["bgs", "usgs"]
    assert [pair["publishers"] for pair in found.members["pairs"]] == [["bgs", "usgs"]]
    assert find(book, filters={"publisher": "nobody"}) == Findings([], {"pairs": []})
    assert [item["subject"] for item in find(book, filters={"subject": "china"}).items] == ["china"]


def test_a_pair_is_compared_on_the_figures_of_which_both_say_something(book: Book) -> None:
    book.record(
        *(figure("100", subject=place, on="2025-01") for place in ("world", "china", "australia", "prc")),
        figure("300", by="bgs", on="2025-02"),
        figure("100", by="bgs", subject="china", on="2025-02"),
        figure(None, by="bgs", subject="australia", on="2025-02", low="90"),
        figure("1", by="bgs", subject="prc", on="2025-02"),
        withdrawal(by="bgs", subject="prc", on="2025-03"),
    )
    (pair,) = find(book).members["pairs"]
    assert pair == {
        "publishers": ["bgs", "usgs"],
        "figures": 3,
        "agreeing": 1,
        "differing": 2,
        "comparable": 2,
        "higher": 1,
        "lower": 0,
        "mean_difference_percent": 50.0,
        "median_difference_percent": 50.0,
        "mean_absolute_difference_percent": 50.0,
        "reasons": {},
    }


def test_a_pair_without_points_says_why_it_has_no_statistics(book: Book) -> None:
    book.record(figure("5", on="2025-01"), figure(None, by="bgs", on="2025-01", symbol="withheld"))
    (pair,) = find(book).members["pairs"]
    assert (pair["comparable"], pair["mean_difference_percent"]) == (0, None)
    assert set(pair["reasons"]) == {name for name in pair if name.endswith("percent")}


def test_numbers_of_opposite_sign_differ_by_twice_the_mean_of_their_sizes(book: Book) -> None:
    book.record(figure("100", on="2025-01"), figure("-100", by="bgs", on="2025-01"))
    book.record(figure("-30", subject="china", on="2025-01"), figure("-10", by="bgs", subject="china", on="2025-01"))
    (pair,) = find(book).members["pairs"]
    assert (pair["higher"], pair["lower"]) == (1, 1)
    assert (pair["mean_difference_percent"], pair["mean_absolute_difference_percent"]) == (-50.0, 150.0)


def test_ranges_and_symbols_agree_where_they_are_the_same(book: Book) -> None:
    book.record(
        figure(None, low="4", high="6", on="2025-01"),
        figure(None, by="bgs", low="4", high="7", on="2025-01"),
        figure(None, subject="china", symbol="withheld", on="2025-01"),
        figure(None, subject="china", by="bgs", symbol="withheld", on="2025-01"),
    )
    (pair,) = find(book).members["pairs"]
    assert (pair["figures"], pair["agreeing"], pair["differing"], pair["comparable"]) == (2, 1, 1, 0)


def test_two_zeros_do_not_differ(book: Book) -> None:
    book.record(figure("0", on="2025-01"), figure("0.0", by="bgs", on="2025-01"))
    found = find(book)
    assert found.items == []
    assert found.members["pairs"][0]["mean_difference_percent"] == 0.0


def test_a_filter_that_means_nothing_is_an_error(book: Book) -> None:
    with pytest.raises(UnknownFilter):
        find(book, filters={"resolve": "all"})
    with pytest.raises(FilterError):
        find(book, filters={"publisher": "us\0gs"})
