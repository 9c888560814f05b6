"""Figures at a viewpoint: what is the answer, who disagrees, and by how much."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from projections import Engine, FilterError, UnknownFilter, Viewpoint
from tests.depth import some
from tests.projections.conftest import IDS, Book, Item, correction, figure, merge, reinstatement, retraction, withdrawal

SECONDARY = {"publisher": "wire", "kind": "secondary"}


def values(items: list[dict[str, Any]]) -> list[str | None]:
    return [item["value"] for item in items]


def test_a_late_report_and_its_revision_are_seen_from_their_publication_on(book: Book) -> None:
    book.record(figure("350000", on="2024-01-31"), figure("376000", on="2025-01-31"))
    assert book.ask("figures", as_of="2023-12-31") == []
    assert values(book.ask("figures", as_of="2024-06-30")) == ["350000"]
    assert book.ask("figures", as_of="2024-01-30") == []
    assert values(book.ask("figures", as_of="2024-01-31")) == ["350000"]
    latest = book.one("figures", as_of="2025-02-01")
    assert (latest["value"], latest["revisions"], latest["publishers"], latest["spread"]) == ("376000", 1, 1, None)


def test_a_partial_date_counts_from_its_end(book: Book) -> None:
    book.record(figure(on="2019"))
    assert book.ask("figures", as_of="2019-06-30") == []
    assert values(book.ask("figures", as_of="2019-12-31")) == ["350000"]
    assert values(book.ask("figures", as_of="2019")) == ["350000"]


def test_our_own_error_is_seen_only_on_the_ledger_clock(book: Book) -> None:
    before = book.record(figure("113000", on="2025-01-31", event_id=IDS[1]))
    after = book.record(correction(IDS[1], value="13000"))
    gone = book.record(retraction(IDS[1]))
    back = book.record(reinstatement(IDS[1]))
    seen = {at: values(book.ask("figures", recorded_as_of=f"position:{at}")) for at in (before, after, gone, back)}
    assert seen == {before: ["113000"], after: ["13000"], gone: [], back: ["13000"]}
    item = book.one("figures")
    assert (item["statements"], item["revisions"], item["corrected"]) == (1, 0, True)
    assert book.one("figures", recorded_as_of=f"position:{before}")["corrected"] is False
    assert book.one("figures")["position"] == before


def test_a_late_arrival_changes_no_answer_from_before_it(book: Book) -> None:
    first = book.record(figure("1", on="2024-01-31"))
    second = book.record(figure("3", on="2024-03-31"))
    late = book.record(figure("2", on="2024-02-29"))
    wanted = {
        first: {"2024-01": ("1", 0), "2024-02": ("1", 0), "2024-03": ("1", 0)},
        second: {"2024-01": ("1", 0), "2024-02": ("1", 0), "2024-03": ("3", 1)},
        late: {"2024-01": ("1", 0), "2024-02": ("2", 1), "2024-03": ("3", 2)},
    }
    figure_id = book.one("figures")["figure_id"]
    for position, answers in wanted.items():
        for month, answer in answers.items():
            for filters in ({}, {"figure_id": figure_id}, {"subject": "world"}):
                items = book.ask("figures", filters=filters, as_of=month, recorded_as_of=f"position:{position}")
                assert [(item["value"], item["revisions"]) for item in items] == [answer], (position, month, filters)


@pytest.mark.parametrize(
    "filters", [{}, {"resolve": "all"}, {"subject": "world"}, {"subject": "world", "period": "2023"}]
)
def test_statements_are_counted_and_those_that_change_something(book: Book, filters: dict[str, str]) -> None:
    said = (("1", "2020"), ("1", "2021"), ("1000", "2022"), ("1", "2023"), (None, "2024"), ("1", "2025"), ("2", "2025"))
    counts = ((1, 0), (2, 0), (3, 0), (4, 0), None, (6, 2), (7, 3))
    for number, (value, on) in enumerate(said):
        told = (
            withdrawal(on=on) if value is None else figure(value, on=on, **({"unit": "kg"} if value == "1000" else {}))
        )
        book.record(told)
        found = [(item["statements"], item["revisions"]) for item in book.ask("figures", filters=filters)]
        assert found == ([] if counts[number] is None else [counts[number]]), number
        assert not any(item["corrected"] for item in book.ask("figures", filters=filters))


def test_a_figure_that_reads_otherwise_for_another_reason_is_not_corrected(book: Book) -> None:
    book.record(
        figure("1", event_id=IDS[1], subject="prc"),
        figure("2", event_id=IDS[2], period="FY2024", subject="lynas"),
        retraction(IDS[1]),
        reinstatement(IDS[1]),
        merge(kept="china", merged="prc"),
    )
    registration = next(one for one in book.ledger.entries() if one.body.get("entity") == "lynas")
    book.record(correction(str(registration.event_id), fiscal_year_end="12-31"))
    assert [item["corrected"] for item in book.ask("figures")] == [False, False]
    book.record(correction(IDS[1], note="Misread."), retraction(IDS[1]), reinstatement(IDS[1]))
    assert [item["corrected"] for item in book.ask("figures")] == [True, False]
    corrected_last = correction(str(registration.event_id), fiscal_year_end="03-31")
    book.record(correction(IDS[2], note="Misread."), corrected_last)
    assert [item["corrected"] for item in book.ask("figures")] == [True, True]


def test_the_answers_to_one_figure_or_subject_are_those_among_all(book: Book) -> None:
    book.record(
        figure("190000", by="usgs", on="2020-01-31"),
        figure("190000.0", by="bgs", on="2020-06-30"),
        figure("1", by="usgs", on="2020-01-31", period="2020"),
        figure("0.0000000001", by="bgs", on="2020-06-30", period="2020"),
        figure("5", by="bgs", on="2020-06-30", subject="china"),
        figure(None, symbol="withheld", by="bgs", on="2020-06-30", period="2021"),
    )
    everything = book.ask("figures")
    assert {item["spread"] for item in everything} == {None, "0", "0.9999999999"}
    for item in everything:
        assert book.ask("figures", filters={"figure_id": item["figure_id"]}) == [item]
    for subject in ("world", "china"):
        about = [item for item in everything if item["subject"] == subject]
        assert book.ask("figures", filters={"subject": subject}) == about


def test_publishers_who_disagree_stand_beside_each_other(book: Book) -> None:
    book.record(figure("190000", by="usgs", on="2020-01-31"), figure("253777", by="bgs", on="2020-06-30"))
    answer = book.one("figures")
    assert (answer["publisher"], answer["value"]) == ("bgs", "253777")
    assert (answer["publishers"], answer["disputed"], answer["spread"]) == (2, True, "63777")
    by_usgs = book.one("figures", filters={"publisher": "usgs"})
    assert (by_usgs["value"], by_usgs["publishers"], by_usgs["spread"]) == ("190000", 2, "63777")
    assert values(book.ask("figures", filters={"resolve": "all"})) == ["253777", "190000"]
    assert values(book.ask("figures", filters={"prefer": "wire,usgs"})) == ["190000"]
    assert values(book.ask("figures", filters={"prefer": ["usgs", "bgs"]})) == ["190000"]
    assert values(book.ask("figures", filters={"disputed": "true"})) == ["253777"]
    assert book.ask("figures", filters={"disputed": "false"}) == []


def test_a_primary_source_outranks_one_that_repeats(book: Book) -> None:
    book.record(
        figure("255000", by="usgs", on="2023-09-25"),
        figure("240000", on="2024-03-01", source=SECONDARY),
    )
    assert (book.one("figures")["publisher"], book.one("figures")["disputed"]) == ("usgs", True)


def test_a_headline_and_a_body_that_contradict_each_other_are_disputed(book: Book) -> None:
    book.record(figure("192", on="2025-07-24"), figure("840", on="2025-07-24T23:59:59.999999Z"))
    answer = book.one("figures")
    assert (answer["value"], answer["publishers"], answer["disputed"], answer["spread"]) == ("840", 1, True, "648")


@pytest.mark.parametrize(
    ("one", "other", "disputed"),
    [
        ({"symbol": "withheld"}, {"symbol": "not_available"}, True),
        ({"symbol": "withheld"}, {"symbol": "withheld"}, False),
        ({"low": "85", "high": "95"}, {"low": "85"}, True),
        ({"low": "0.085", "high": "0.095", "unit": "kt"}, {"low": "85", "high": "95"}, False),
    ],
)
def test_ranges_and_symbols_are_compared_too(book: Book, one: Item, other: Item, disputed: bool) -> None:
    book.record(figure(None, **one), figure(None, by="bgs", **other))
    answer = book.one("figures")
    assert (answer["disputed"], answer["spread"], answer["publishers"]) == (disputed, None, 2)


def test_the_largest_spread_there_can_be_is_exact(book: Book) -> None:
    largest = "99999999999999999999.999999999999999999"
    book.record(figure(largest, by="usgs"), figure(f"-{largest}", by="bgs"))
    assert book.one("figures")["spread"] == "199999999999999999999.999999999999999998"


def test_another_unit_for_the_same_amount_is_no_dispute(book: Book) -> None:
    book.record(figure("2080", by="usgs"), figure("2.080", by="bgs", unit="kt"))
    answer = book.one("figures")
    assert (answer["disputed"], answer["spread"]) == (False, "0")
    assert (answer["value"], answer["unit"]) == ("2.080", "kt")
    assert (answer["canonical_value"], answer["canonical_unit"]) == ("2080", "t")


def test_what_is_withdrawn_or_withheld_does_not_come_back(book: Book) -> None:
    withheld = {"symbol": "withheld", "subject": "australia"}
    book.record(figure("1300"), withdrawal(on="2025-01-31"))
    book.record(figure("1300", subject="australia"), figure(None, on="2025-01-31", **withheld))
    answer = book.one("figures")
    assert (answer["subject"], answer["value"], answer["symbol"]) == ("australia", None, "withheld")
    assert len(book.ask("figures", as_of="2024-12-31")) == 2


WAYS: dict[str, Callable[[Engine, Viewpoint], pa.Table]] = {
    "of a few": lambda engine, at: engine.read("figures", at, filters={"subject": "world"}),
    "of all": lambda engine, at: engine.read("figures", at),
    "of each publisher": lambda engine, at: engine.read("figures", at, filters={"resolve": "all"}),
    "at many viewpoints": lambda engine, at: engine.read_many("figures", [at]),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_withdrawal_in_a_head_takes_back_only_what_came_before_it(book: Book, way: str) -> None:
    book.record(figure("1", on="2024"), withdrawal(on="2024-12-31"), figure("2", on="2024"), figure("3", on="2024"))
    (answer,) = WAYS[way](book.engine, book.engine.viewpoint()).to_pylist()
    assert (answer["value"], answer["disputed"], answer["spread"], answer["revisions"]) == ("3", True, "1", 3)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_said_twice_at_one_time_is_no_dispute(book: Book, way: str) -> None:
    withheld = {"symbol": "withheld", "on": "2024"}
    book.record(figure(None, **withheld), figure(None, **withheld), figure(None, **withheld, by="bgs"))
    viewpoint = book.engine.viewpoint()
    assert {answer["disputed"] for answer in WAYS[way](book.engine, viewpoint).to_pylist()} == {False}
    book.record(figure(None, symbol="not_available", on="2024", by="bgs"), figure(None, **withheld, by="bgs"))
    viewpoint = book.engine.viewpoint()
    assert {answer["disputed"] for answer in WAYS[way](book.engine, viewpoint).to_pylist()} == {True}


def test_a_fiscal_quarter_is_the_same_period_as_the_calendar_s(book: Book) -> None:
    book.record(figure("2080", by="lynas", subject="lynas", period="FY2025-Q4"))
    for period in ("2025-Q2", "2025-04-01/2025-06-30", "FY2025-Q4"):
        assert values(book.ask("figures", filters={"subject": "lynas", "period": period})) == ["2080"]
    assert book.ask("figures", filters={"period": "2025"}) == []
    inside = {"period_from": "2025-04", "period_to": "2025-06"}
    assert values(book.ask("figures", filters=inside)) == ["2080"]
    assert values(book.ask("figures", filters={"subject": "lynas", "period_from": "FY2025"})) == ["2080"]
    assert book.ask("figures", filters={"period_from": "2025-05"}) == []
    assert book.ask("figures", filters={"period_to": "2025-05"}) == []


@pytest.mark.parametrize(
    ("named", "period", "days"),
    [
        (None, "FY2023", ("2022-04-01", "2023-03-31")),
        ("end", "FY2023", ("2022-04-01", "2023-03-31")),
        ("start", "FY2023", ("2023-04-01", "2024-03-31")),
        ("start", "2023/24", ("2023-04-01", "2024-03-31")),
        ("end", "FY2023-24", ("2023-04-01", "2024-03-31")),
    ],
)
def test_how_fiscal_years_are_named_moves_the_days_of_a_period(
    book: Book, named: str | None, period: str, days: tuple[str, str]
) -> None:
    naming = {"fiscal_year_named": named} if named else {}
    japan = {"type": "EntityRegistered", "entity": "japan", "kind": "country", "name": "Japan", **naming}
    book.record({**japan, "fiscal_year_end": "03-31"}, figure("5", subject="japan", period=period))
    item = book.one("figures")
    assert (item["period"], item["period_start"], item["period_end"]) == (period, *days)
    assert book.one("figures", filters={"subject": "japan", "period": period})["value"] == "5"
    assert book.one("entities", filters={"entity": "japan"})["fiscal_year_named"] == named


def test_a_corrected_naming_of_fiscal_years_moves_the_keys_of_its_figures(book: Book) -> None:
    japan = {"type": "EntityRegistered", "entity": "japan", "kind": "country", "name": "Japan", "event_id": IDS[1]}
    book.record({**japan, "fiscal_year_end": "03-31"}, figure("5", subject="japan", period="FY2023"))
    before = book.one("figures")["figure_id"]
    book.record(correction(IDS[1], fiscal_year_named="start"))
    moved = book.one("figures")
    assert (moved["period_start"], moved["period_end"]) == ("2023-04-01", "2024-03-31")
    assert moved["figure_id"] != before


def test_what_was_published_in_a_quarter_or_week_is_known_from_its_end_on(book: Book) -> None:
    book.record(figure("1", on="2025-Q3"), figure("2", on="2025-W40"))
    assert book.ask("figures", as_of="2025-09-29") == []
    assert [book.one("figures", as_of=day)["value"] for day in ("2025-09-30", "2025-10-05")] == ["1", "2"]


def test_a_corrected_fiscal_year_moves_the_keys_of_its_figures(book: Book) -> None:
    registered = {
        "type": "EntityRegistered",
        "entity": "mp",
        "kind": "organisation",
        "name": "MP",
        "fiscal_year_end": "06-30",
    }
    book.record({**registered, "event_id": IDS[1]})
    before = book.record(
        figure(by="usgs", subject="mp", period="FY2025"), figure(by="usgs", subject="mp", period="2024")
    )
    first = book.ask("figures")
    book.record(correction(IDS[1], fiscal_year_end="12-31"))
    second = book.ask("figures")
    assert [item["period_end"] for item in first] == ["2024-12-31", "2025-06-30"]
    assert [item["period_end"] for item in second] == ["2024-12-31", "2025-12-31"]
    assert (first[0] == second[0], first[1]["figure_id"] == second[1]["figure_id"]) == (True, False)
    assert book.ask("figures", recorded_as_of=f"position:{before}") == first


def test_after_a_merge_either_slug_and_either_id_answer_with_the_kept_figure(book: Book) -> None:
    apart = book.record(figure("1", subject="china"), figure("2", subject="prc", by="bgs"))
    ids = {item["subject"]: item["figure_id"] for item in book.ask("figures")}
    book.record(merge(kept="china", merged="prc", event_id=IDS[1]))
    for filters in ({"subject": "prc"}, {"subject": "china"}, {"figure_id": ids["prc"]}, {"figure_id": ids["china"]}):
        answer = book.one("figures", filters=filters)
        assert (answer["subject"], answer["figure_id"], answer["publishers"]) == ("china", ids["china"], 2)
    assert len(book.ask("figures", recorded_as_of=f"position:{apart}")) == 2
    book.record(figure("3", subject="prc", by="wire"))
    assert book.one("figures")["publishers"] == 3
    book.record(retraction(IDS[1]))
    assert {item["subject"]: item["publishers"] for item in book.ask("figures")} == {"china": 1, "prc": 2}


def test_a_correction_and_merges_that_come_together_are_taken_in_turn(book: Book) -> None:
    book.record(figure(event_id=IDS[1], subject="world"))
    assert book.one("figures")["subject"] == "world"
    book.record(correction(IDS[1], subject="prc"), merge(kept="china", merged="prc"), correction(IDS[1], value="7"))
    answer = book.one("figures")
    assert (answer["subject"], answer["value"]) == ("china", "7")
    book.record(correction(IDS[1], subject="lynas"), merge(kept="lynas", merged="china"), retraction(IDS[1]))
    assert book.ask("figures") == []
    head = book.engine.ledger.head()
    asked = {position: book.ask("figures", recorded_as_of=f"position:{head - position}") for position in range(6)}
    assert [[item["subject"] for item in asked[position]] for position in range(6)] == [
        [],
        ["lynas"],
        ["lynas"],
        ["china"],
        ["china"],
        ["prc"],
    ]


def test_an_id_that_no_event_ever_had_answers_after_a_merge_too(book: Book) -> None:
    book.record(figure("1", subject="prc", period="2022"))
    of_prc = book.one("figures")["figure_id"]
    book.record(retraction(book.one("figures")["event_id"]), merge(kept="china", merged="prc"))
    book.record(figure("1", subject="china", period="2022"))
    assert book.one("figures", filters={"figure_id": of_prc})["subject"] == "china"


def test_dimensions_tell_figures_apart_whatever_their_order(book: Book) -> None:
    book.record(
        figure("1", dimensions={"basis": "reo", "batch": "first"}),
        figure("2", by="bgs", dimensions={"batch": "first", "basis": "reo"}),
        figure("3", dimensions={"basis": "metal"}),
    )
    assert [item["dimensions"] for item in book.ask("figures")] == [
        {"basis": "metal"},
        {"basis": "reo", "batch": "first"},
    ]
    assert values(book.ask("figures", filters={"dimension.basis": "reo"})) == ["2"]
    assert values(book.ask("figures", filters={"dimension.basis": "reo", "dimension.batch": "second"})) == []


def test_an_announced_capacity_is_a_plan(book: Book) -> None:
    told = {"type": "CapacityReported", "metric": "capacity", "unit": "t/yr"}
    book.record(figure("3000", **told, status="announced"), figure("2000", **told))
    assert values(book.ask("figures", filters={"nature": "plan"})) == ["3000"]
    assert values(book.ask("figures", filters={"nature": "observed"})) == ["2000"]


def test_numbers_come_back_as_printed_and_canonically(book: Book) -> None:
    said = ["2.080", "007", "1.3e3", "-0.50", "0." + "0" * 60, "0" * 60 + "5.5" + "0" * 60]
    book.record(*(figure(text, dimensions={"place": str(place)}) for place, text in enumerate(said)))
    items = book.ask("figures")
    assert values(items) == ["2.080", "007", "1300", "-0.50", *said[4:]]
    assert [item["canonical_value"] for item in items] == ["2.08", "7", "1300", "-0.5", "0", "5.5"]


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"subjects": "world"}, UnknownFilter),
        ({"dimension.": "reo"}, UnknownFilter),
        ({"dimension.*": "reo"}, UnknownFilter),
        ({"dimension.Basis": "reo"}, UnknownFilter),
        ({"period": "lately"}, FilterError),
        ({"period": "FY2025"}, FilterError),
        ({"period": "FY2025", "subject": "usgs"}, FilterError),
        ({"period_from": "2025-13"}, FilterError),
        ({"figure_id": "one"}, FilterError),
        ({"resolve": "some"}, FilterError),
        ({"disputed": "yes"}, FilterError),
        ({"subject": "wor\0ld"}, FilterError),
    ],
)
def test_a_filter_that_means_nothing_is_refused(book: Book, filters: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        book.ask("figures", filters=filters)


def test_an_unknown_slug_as_a_filter_finds_nothing(book: Book) -> None:
    book.record(figure())
    for name in ("subject", "material", "publisher", "metric", "nature"):
        assert book.ask("figures", filters={name: "nowhere"}) == []


def test_pages_together_are_the_whole(book: Book) -> None:
    for subject in ("world", "china", "lynas"):
        book.record(*(figure(str(year), period=str(year), subject=subject) for year in range(2000, 2004)))
    filtered: list[Item] = [{}, {"metric": "mine_production"}, {"period_from": "2002"}, {"disputed": "false"}]
    asked = [(filters, limit) for limit in (5, 3, 4, 1, 12, 13) for filters in filtered]
    for filters, limit in some(asked, one_in=5):  # each of the filters
        whole = book.engine.read("figures", book.engine.viewpoint(), filters=filters)
        assert len(whole) == (6 if "period_from" in filters else 12)
        pages = [
            book.engine.read("figures", book.engine.viewpoint(), filters=filters, limit=limit, offset=offset)
            for offset in range(0, 14, limit)
        ]
        assert [item for page in pages for item in page.to_pylist()] == whole.to_pylist()


def test_amounts_of_any_length_are_answered_exactly(book: Book) -> None:
    stated = ("1", "123456.654321", "0.1234567", "89999999999999999999.000000000000000001", "-5", "123456789012.5")
    for year, value in enumerate(stated, start=2001):
        book.record(figure(value, period=str(year)))
    book.record(figure(None, period="1999", low="3"))
    assert [item["canonical_value"] for item in book.ask("figures")] == [None, *stated]


def test_two_symbols_are_a_dispute_whichever_answers_are_asked_for(book: Book) -> None:
    book.record(figure(None, symbol="withheld"), figure(None, by="bgs", symbol="not_available"))
    for filters in ({}, {"resolve": "all"}, {"publisher": "usgs"}, {"prefer": "bgs"}):
        assert {item["disputed"] for item in book.ask("figures", filters=filters)} == {True}, filters
    book.record(figure(None, by="bgs", symbol="withheld", on="2024-02"))
    for filters in ({}, {"resolve": "all"}, {"publisher": "usgs"}, {"prefer": "bgs"}):
        assert {item["disputed"] for item in book.ask("figures", filters=filters)} == {False}, filters


def test_where_nobody_who_is_preferred_speaks_the_order_is_the_usual_one(book: Book) -> None:
    book.record(figure("1"), figure("2", by="bgs"), figure("3", on="2024-03-01", source=SECONDARY))
    for filters in ({}, {"prefer": "lynas"}, {"prefer": "lynas,js-link"}):
        assert book.one("figures", filters=filters)["publisher"] == "bgs", "primary, and recorded after the other"
    assert book.one("figures", filters={"prefer": "lynas,wire"})["publisher"] == "wire"
    book.record(figure("4", on="2024-02-29"))
    assert book.one("figures", filters={"prefer": "lynas"})["publisher"] == "usgs", "published last"
