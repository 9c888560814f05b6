"""Stated rates of change beside those that the levels make: which levels, and what the verdict is."""

from typing import Any

import pytest

from projections.audit import sums
from tests.projections.conftest import IDS, Book, Item, correction, figure, merge, retraction


def level(value: Any, period: str, *, by: str = "lynas", **fields: Any) -> Item:
    return figure(value, **{"by": by, "metric": "production", "subject": "lynas", "period": period, **fields})


def rate(value: Any, against: str | None, *, period: str = "FY2025-Q4", by: str = "wire", **fields: Any) -> Item:
    stated = {"type": "FigureReported", "metric": "production_change", "subject": "lynas", "unit": "percent"}
    compared = {} if against is None else {"compared_with": against}
    return figure(value, **{**stated, "by": by, "period": period, **compared, **fields})


LEVELS = [level("2080", "FY2025-Q4"), level("1509", "FY2025-Q3"), level("1504", "FY2024-Q4")]


def found(*events: Item) -> list[Item]:
    book = Book()
    book.record(*events)
    with book.engine.reader(book.engine.viewpoint()) as reader:
        items = sums(reader, {}, by=("growth",)).items
    book.close()
    return list(items)


def only(*events: Item) -> Item:
    (item,) = found(*events)
    return item


@pytest.mark.parametrize(
    ("stated", "against", "made", "gap", "verdict"),
    [
        ("38", "FY2025-Q3", "37.8396", "0.1604", "rounding"),
        ("38", "2025-Q1", "37.8396", "0.1604", "rounding"),
        ("38", "FY2024-Q4", "38.2979", "-0.2979", "rounding"),
        ("43", "FY2024-Q4", "38.2979", "4.7021", "gap"),
        ("37.84", "FY2025-Q3", "37.8396", "0.0004", "rounding"),
        ("37.0", "FY2025-Q3", "37.8396", "-0.8396", "gap"),
        ("38.2", "FY2025-Q3", "37.8396", "0.3604", "perhaps_rounding"),
        ("-38", "FY2025-Q3", "37.8396", "-75.8396", "gap"),
    ],
)
def test_a_rate_is_checked_against_the_levels_of_both_periods(
    stated: str, against: str, made: str, gap: str, verdict: str
) -> None:
    item = only(*LEVELS, rate(stated, against))
    assert (item["total"], item["parts_sum"], item["gap"], item["verdict"]) == (
        stated.removesuffix(".0"),
        made,
        gap,
        verdict,
    )
    assert (item["by"], item["unit"], item["finding"]) == ("growth", "percent", verdict == "gap")
    assert [(part["part"], part["value"], part["publisher"]) for part in item["parts"]] == [
        ("FY2025-Q4", "2080", "lynas"),
        (against, "1504" if against == "FY2024-Q4" else "1509", "lynas"),
    ]


def test_how_far_rounding_may_put_them_apart() -> None:
    # 2,080 may be 2,079.5 to 2,080.5 and 1,509 half a tonne off too: 2,080.5 / 1,508.5 - 1 = 37.9185 %, 0.0788 more
    # than 37.8396 %; 38 may be half a point off. The zero at the end of 2,080 may hide five tonnes.
    item = only(*LEVELS, rate("38", "FY2025-Q3"))
    assert (item["rounding"], item["rounding_at_most"]) == ("0.5788", "0.8771")


def test_an_exact_rate_is_equal() -> None:
    item = only(level("150", "2025"), level("100", "2024"), rate("50", "2024", period="2025"))
    assert (item["parts_sum"], item["gap"], item["verdict"]) == ("50.0000", "0.0000", "equal")
    fell = only(
        level("75", "2025"), level("100", "2024"), rate("-25.0", "2024", period="2025", metric="production_growth")
    )
    assert (fell["parts_sum"], fell["verdict"]) == ("-25.0000", "equal")


def test_its_own_levels_come_first_then_those_of_who_produces_them() -> None:
    own = [level("200", "2025", by="wire"), level("100", "2024", by="wire")]
    others = [level("150", "2025"), level("100", "2024")]
    assert only(*own, *others, rate("100", "2024", period="2025"))["verdict"] == "equal"
    half = only(*own[:1], *others, rate("50", "2024", period="2025"))
    assert (half["verdict"], {part["publisher"] for part in half["parts"]}) == ("equal", {"lynas"})
    repeated = {**level("999", "2025", on="2026-01-01"), "source": {"publisher": "bgs", "kind": "secondary"}}
    later = only(*others, repeated, rate("50", "2024", period="2025"))
    assert later["verdict"] == "equal"


@pytest.mark.parametrize(
    ("events", "parts", "missing"),
    [
        ([], [], [("2025", None), ("2024", None)]),
        ([level("150", "2025")], ["2025"], [("2024", None)]),
        ([level("150", "2025"), level("0", "2024")], ["2025"], [("2024", "0")]),
        ([level("150", "2025"), level(None, "2024", low="90", high="110")], ["2025"], [("2024", "90..110")]),
        ([level("150", "2025"), level("100", "2024", dimensions={"basis": "reo"})], ["2025"], [("2024", None)]),
        ([level("150", "2025"), level("100", "2024", material="ndpr-oxide")], ["2025"], [("2024", None)]),
    ],
)
def test_without_both_levels_it_is_incomplete(
    events: list[Item], parts: list[str], missing: list[tuple[str, str | None]]
) -> None:
    item = only(*events, rate("50", "2024", period="2025"))
    assert (item["verdict"], item["gap"], item["parts_sum"]) == ("incomplete", None, None)
    assert [part["part"] for part in item["parts"]] == parts
    assert [(part["part"], part["says"]) for part in item["missing"]] == missing


def test_what_is_not_said_to_be_against_anything_is_no_finding() -> None:
    assert found(*LEVELS, rate("38", None)) == []
    assert found(*LEVELS, rate("38", "FY2025-Q3", metric="production_index")) == []
    assert found(*LEVELS, {**rate("38", "FY2025-Q3"), "unit": "t"}) == []


def test_a_correction_moves_what_it_is_against_and_a_retraction_takes_it_away() -> None:
    events = [*LEVELS, {**rate("38.2", "FY2025-Q3"), "event_id": IDS[1]}]
    assert only(*events)["verdict"] == "perhaps_rounding"
    assert only(*events, correction(IDS[1], compared_with="FY2024-Q4"))["verdict"] == "rounding"
    assert found(*events, retraction(IDS[1])) == []
    moved = {"changes": {"fiscal_year_end": "12-31"}, "target": IDS[2]}
    registered = {"type": "EntityRegistered", "entity": "mp", "kind": "organisation", "name": "MP", "event_id": IDS[2]}
    of_mp = [{**event, "subject": "mp"} for event in events]
    december = only({**registered, "fiscal_year_end": "06-30"}, *of_mp, {**correction(IDS[2]), **moved})
    assert (december["verdict"], december["period_start"]) == ("perhaps_rounding", "2025-10-01")


@pytest.mark.parametrize(
    "own", [{"fiscal_year_end": "12-31"}, {"fiscal_year_end": "06-30", "fiscal_year_named": "start"}, {}]
)
@pytest.mark.parametrize("against", ["FY2025-Q3", "FY2024-Q4"])
def test_a_fiscal_period_to_compare_with_is_that_of_the_subject_as_it_was_named(
    own: dict[str, str], against: str
) -> None:
    other = {"type": "EntityRegistered", "entity": "kept-one", "kind": "organisation", "name": "Kept", **own}
    before = only(*LEVELS, rate("38", against))
    after = only(*LEVELS, rate("38", against), other, merge(kept="kept-one", merged="lynas"))
    assert (after["parts_sum"], after["verdict"], after["missing"]) == (before["parts_sum"], "rounding", [])
    assert after["subject"] == "kept-one"
