"""Scorecards: how early, how often revised, how biased, and how far from the others a publisher is."""

from typing import Any

import pytest

from projections.audit import scorecards
from tests.projections.conftest import IDS, Book, correction, figure, merge, retraction, withdrawal

Item = dict[str, Any]


def cards(book: Book, *, filters: dict[str, Any] | None = None, **clocks: str) -> dict[str, Item]:
    with book.engine.reader(book.engine.viewpoint(**{"as_of": "2030", **clocks})) as reader:
        return {item["publisher"]: item for item in scorecards(reader, filters).items}


def test_who_was_first_and_by_how_many_days(book: Book) -> None:
    book.record(
        figure("5", on="2024-01-10"),
        figure("5", by="bgs", on="2024-01-31"),
        figure("5", subject="china", on="2023-12-21"),
        figure("5", subject="australia", by="bgs", on="2024-02-10", period=None),
    )
    usgs, bgs = cards(book)["usgs"], cards(book)["bgs"]
    assert (usgs["figures"], usgs["figures_shared"], usgs["first"], usgs["mean_days_after_first"]) == (2, 1, 1, 0.0)
    assert (bgs["figures"], bgs["figures_shared"], bgs["first"], bgs["mean_days_after_first"]) == (2, 1, 0, 21.0)
    assert (usgs["mean_lag_days"], usgs["median_lag_days"]) == (0.0, 0.0)
    assert (bgs["mean_lag_days"], bgs["figures_without_period"]) == (31.0, 1)
    assert (usgs["name"], usgs["statements"]) == ("Usgs", 2)


def test_who_publishes_at_the_same_instant_is_first_as_well(book: Book) -> None:
    book.record(figure("5", on="2024-01-10"), figure("5", by="bgs", on="2024-01-10T23:59:59.999999Z"))
    assert {slug: card["first"] for slug, card in cards(book).items()} == {"bgs": 1, "usgs": 1}


def test_who_publishes_earlier_on_the_same_day_is_first_by_no_days(book: Book) -> None:
    book.record(figure("5", on="2024-01-10T08:00:00Z"), figure("5", by="bgs", on="2024-01-10"))
    found = cards(book)
    assert {slug: card["first"] for slug, card in found.items()} == {"bgs": 0, "usgs": 1}
    assert found["bgs"]["mean_days_after_first"] == 0.0


def test_entries_are_counted_by_their_cause(book: Book) -> None:
    book.record(
        figure("5", on="2024-01"),
        figure("5", on="2024-02", source={"publisher": "usgs", "kind": "secondary"}),
        figure("6", on="2024-03"),
        figure("7", on="2024-03"),
        withdrawal(on="2024-04"),
        figure("8", on="2024-05"),
        figure("9", on="2024-06"),
        figure("5", subject="china", on="2024-01"),
    )
    card = cards(book)["usgs"]
    counted = ("revised", "revisions", "confirmations", "conflicts", "withdrawals", "republications", "statements")
    assert [card[name] for name in counted] == [1, 2, 1, 1, 1, 1, 7]
    assert (card["revisions_per_figure"], card["secondary_share"]) == (1.0, pytest.approx(1 / 7))


def test_bias_is_from_the_first_release_to_the_latest_of_figures_released_again(book: Book) -> None:
    book.record(
        figure("100", on="2024-01"),
        figure("90", on="2024-02"),
        figure("110", on="2024-03"),
        figure("-100", subject="china", on="2024-01"),
        figure("-130", subject="china", on="2024-02"),
        figure("100", subject="australia", on="2024-01"),
        figure("0", subject="prc", on="2024-01"),
        figure("9", subject="prc", on="2024-02"),
    )
    card = cards(book)["usgs"]
    assert (card["bias_figures"], card["bias_percent"], card["mean_absolute_revision_percent"]) == (2, -10.0, 20.0)
    book.record(withdrawal(subject="china", on="2024-03"))
    card = cards(book)["usgs"]
    assert (card["bias_figures"], card["bias_percent"], card["mean_absolute_revision_percent"]) == (1, 10.0, 10.0)


def test_what_is_said_last_at_one_instant_is_the_release(book: Book) -> None:
    book.record(figure("1", on="2024-01"), figure("100", on="2024-01"), figure("110", on="2024-02"))
    assert cards(book)["usgs"]["bias_percent"] == 10.0


def test_the_consensus_is_the_median_of_the_others(book: Book) -> None:
    book.record(
        figure("150", on="2024-01"),
        figure("100", by="bgs", on="2024-01"),
        figure("100", by="wire", on="2024-01"),
        figure("200", by="lynas", on="2024-01"),
    )
    found = cards(book)
    assert {slug: card["bias_from_consensus_percent"] for slug, card in found.items()} == {
        "bgs": pytest.approx(-100 / 3),
        "wire": pytest.approx(-100 / 3),
        "usgs": 50.0,
        "lynas": 100.0,
    }
    assert found["bgs"]["mean_absolute_from_consensus_percent"] == pytest.approx(100 / 3)
    assert {slug: card["outlier"] for slug, card in found.items()} == {"bgs": 0, "wire": 0, "usgs": 0, "lynas": 1}
    assert {card["outlier_figures"] for card in found.values()} == {1}


@pytest.mark.parametrize("values", [("0", "5", "10"), ("7", "7", "7")])
def test_where_none_is_alone_the_farthest_there_is_no_outlier(book: Book, values: tuple[str, ...]) -> None:
    book.record(*(figure(value, by=slug) for value, slug in zip(values, ("usgs", "bgs", "wire"), strict=True)))
    assert [card["outlier"] for card in cards(book).values()] == [0, 0, 0]


def test_two_publishers_have_a_consensus_and_no_outlier(book: Book) -> None:
    book.record(figure("100", on="2024-01"), figure("125", by="bgs", on="2024-01"))
    found = cards(book)
    assert (found["usgs"]["bias_from_consensus_percent"], found["bgs"]["bias_from_consensus_percent"]) == (-20.0, 25.0)
    assert found["usgs"]["outlier_figures"] == 0


def test_a_statistic_without_a_basis_is_null_with_a_reason(book: Book) -> None:
    book.record(withdrawal(on="2024-01"), figure(None, by="bgs", on="2024-01", symbol="withheld", period=None))
    found = cards(book)
    statistics = {name for name, value in found["usgs"].items() if value is None}
    assert statistics == set(found["usgs"]["reasons"])
    assert {"secondary_share", "revisions_per_figure", "mean_lag_days", "bias_percent"} <= statistics
    assert found["usgs"]["withdrawals"] == 1
    assert set(found["bgs"]["reasons"]) == {
        *("mean_days_after_first", "mean_lag_days", "median_lag_days", "bias_percent"),
        *("mean_absolute_revision_percent", "bias_from_consensus_percent", "mean_absolute_from_consensus_percent"),
    }


def test_a_consensus_of_zero_is_left_out(book: Book) -> None:
    book.record(figure("5"), figure("0", by="bgs"))
    found = cards(book)
    assert (found["usgs"]["consensus_figures"], found["bgs"]["bias_from_consensus_percent"]) == (0, -100.0)


def test_a_publisher_is_compared_with_all_though_only_its_card_is_asked_for(book: Book) -> None:
    book.record(figure("100", on="2024-02"), figure("125", by="bgs", on="2024-01"))
    asked = cards(book, filters={"publisher": "usgs"})
    assert asked == {"usgs": cards(book)["usgs"]}
    assert asked["usgs"]["mean_days_after_first"] == 29.0
    assert cards(book, filters={"publisher": "nobody"}) == {}


def test_our_own_errors_are_no_revisions_and_merged_publishers_share_a_card(book: Book) -> None:
    book.record(figure("113000", on="2024-01", event_id=IDS[0]))
    at = book.record(figure("1", by="wire", on="2024-02", event_id=IDS[1]))
    book.record(correction(IDS[0], value="13000"))
    assert cards(book)["usgs"]["revisions"] == 0
    book.record(merge(kept="usgs", merged="wire"))
    assert {slug: card["revisions"] for slug, card in cards(book).items()} == {"usgs": 1}
    assert list(cards(book, filters={"publisher": "wire"})) == ["usgs"]
    assert list(cards(book, recorded_as_of=f"position:{at}")) == ["usgs", "wire"]
    book.record(retraction(IDS[1]))
    assert cards(book)["usgs"]["statements"] == 1


def test_what_is_not_published_yet_does_not_count(book: Book) -> None:
    book.record(figure("100", on="2024-01"), figure("110", on="2025-01"), figure("1", by="bgs", on="2025-01"))
    found = cards(book, as_of="2024-06-30")
    assert list(found) == ["usgs"]
    assert found["usgs"]["revisions"] == 0


def test_a_publisher_goes_by_the_name_that_it_had_at_the_viewpoint(book: Book) -> None:
    book.record(
        figure("1", by="lynas", on="2024-01"),
        {"type": "EntityRenamed", "entity": "lynas", "name": "Lynas Rare Earths", "published_at": "2025-01"},
    )
    assert cards(book, as_of="2024-06")["lynas"]["name"] == "Lynas"
    assert cards(book)["lynas"]["name"] == "Lynas Rare Earths"
