"""What is legal and odd is said, and refused nothing."""

import difflib
import io
import json
from typing import Any

import pytest

from ledger import Append, Ledger, import_stream
from ledger.rules.registered_names import LIKENESS_MIN, NEIGHBOURS_MAX, RegisteredNames
from ledger.rules.state import State
from tests.ledger.conftest import correction, figure, record_together, retraction


def warned(ledger: Ledger, event: dict[str, Any]) -> list[str]:
    return [warning["rule"] for warning in ledger.append([event]).items[0]["warnings"]]


def registered(slug: str, name: str) -> dict[str, Any]:
    return {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": name}


@pytest.mark.parametrize(
    "name", ["LYNAS RARE EARTHS", "Lynas Rare Earths Ltd.", "Lynas Rare Earth", "Lýnas Rare-Earths"]
)
def test_a_name_that_looks_like_a_registered_one_is_pointed_out(ledger: Ledger, name: str) -> None:
    (item,) = ledger.append([registered("lynas-2", name)]).items
    assert [(warning["pointer"], warning["rule"]) for warning in item["warnings"]] == [("/name", "look_alike")]
    assert "'lynas'" in item["warnings"][0]["detail"]


def test_of_several_names_that_look_alike_the_nearest_is_pointed_out() -> None:
    names = [f"the place {number:06}" for number in range(9)]
    known = RegisteredNames()
    for name in names:
        known.add({"entity": name.replace(" ", "-"), "name": name})
    for name in ("the place 000009", "the place 000003b", "the plaice 000005", "teh place 00000", "another place"):
        near = difflib.get_close_matches(name, names, n=1, cutoff=LIKENESS_MIN)
        assert known.look_alike(name, "new") == next(((one, one.replace(" ", "-")) for one in near), None)


@pytest.mark.parametrize("name", ["MP Materials", "Arafura Rare Earths", "Iluka"])
def test_another_name_is_not(ledger: Ledger, name: str) -> None:
    assert warned(ledger, registered("another", name)) == []


@pytest.mark.parametrize(
    ("value", "unit", "rules"),
    [
        ("360000", "t", []),
        ("350", "kt", []),
        ("350", "t", ["unit_slip"]),
        ("376000", "kt", ["unit_slip"]),
        ("35000", "t", ["far_off"]),
        ("3500000", "t", ["far_off"]),
        ("34999", "t", ["far_off"]),
        ("0", "t", ["zero_or_negative"]),
        ("-5", "t", ["zero_or_negative"]),
    ],
)
def test_a_value_far_off_its_own_series_is_pointed_out(ledger: Ledger, value: str, unit: str, rules: list[str]) -> None:
    ledger.append([figure("350000")])
    assert warned(ledger, figure(value, unit=unit, published_at="2025-01-31")) == rules


def test_only_the_publishers_own_standing_earlier_statement_is_compared(ledger: Ledger) -> None:
    first = ledger.append([figure("350000")]).items[0]["event_id"]
    assert warned(ledger, figure("1", source={"publisher": "bgs"})) == []
    assert warned(ledger, figure("1", published_at="2023")) == []
    ledger.append([correction(first, value="2")])
    assert warned(ledger, figure("3", published_at="2025")) == []
    ledger.append([retraction(first)])


def test_a_large_import_is_not_slowed_by_warnings(ledger: Ledger) -> None:
    ledger.append([figure("350000")])
    assert ledger.append([figure("1")], warn=False).items[0]["warnings"] == []


def test_values_at_the_ends_of_what_a_number_may_be_are_compared_too(ledger: Ledger) -> None:
    ledger.append([figure("0.000000000000000001")])
    assert warned(ledger, figure("99999999999999999999", published_at="2025")) == ["far_off"]


def test_within_a_batch_each_statement_is_compared_with_those_before_it(ledger: Ledger) -> None:
    first = "00000000-0000-4000-8000-000000000001"
    batch = [
        figure("350000", published_at="2024", event_id=first),
        figure("35", published_at="2026"),
        figure("36", published_at="2025"),
        correction(first, value="30"),
        figure("31", published_at="2024"),
        retraction(first),
        figure("350", published_at="2023"),
        figure("40", published_at="2027"),
    ]
    warnings = [[one["rule"] for one in item["warnings"]] for item in ledger.append(batch).items]
    assert warnings == [[], ["far_off"], ["far_off"], [], ["contradicts"], [], [], []]


def test_what_is_corrected_to_be_by_another_belongs_to_that_ones_series(ledger: Ledger) -> None:
    first = ledger.append([figure("350000")]).items[0]["event_id"]
    ledger.append([correction(first, **{"source.publisher": "bgs"})])
    assert warned(ledger, figure("3", published_at="2025")) == []
    assert warned(ledger, figure("3", published_at="2025", source={"publisher": "bgs"})) == ["far_off"]


def test_a_figure_that_another_append_made_silently_in_the_same_transaction_is_compared_with(ledger: Ledger) -> None:
    silent = Append.of([figure("5", period="1999", published_at="2025")], warn=False)
    loud = Append.of([figure("5000", period="1999", published_at="2026")])
    record_together(ledger, [silent, loud])
    assert [warning["rule"] for warning in loud.unwrap().items[0]["warnings"]] == ["unit_slip"]


def test_what_was_said_silently_between_two_appends_of_one_transaction_is_compared_with(ledger: Ledger) -> None:
    said = (("5", "2025-01", True), ("5000", "2025-06", False), ("5", "2026", True))
    appends = [Append.of([figure(value, period="1999", published_at=at)], warn=warn) for value, at, warn in said]
    record_together(ledger, appends)
    assert [warning["rule"] for warning in appends[2].unwrap().items[0]["warnings"]] == ["unit_slip"]


def test_what_others_appended_without_warnings_in_the_same_transaction_is_compared_with(ledger: Ledger) -> None:
    ledger.append([figure("350000")])
    silent, loud = Append.of([figure("3", published_at="2025")]), Append.of([figure("4", published_at="2026")])
    silent.warn = False
    record_together(ledger, [silent, loud])
    assert [append.unwrap().items[0]["warnings"] for append in (silent, loud)] == [[], []]


@pytest.mark.parametrize(
    ("other", "rules"),
    [
        ({"value": "376000"}, ["contradicts"]),
        ({"value": "0.35", "unit": "Mt"}, []),
        ({"value": None, "low": "350000"}, ["contradicts"]),
        ({"value": None, "symbol": "withheld"}, ["contradicts"]),
        ({"value": "376000", "published_at": "2024-02-01"}, []),
        ({"value": "376000", "source": {"publisher": "bgs"}}, []),
    ],
)
def test_another_value_of_the_same_date_is_pointed_out(ledger: Ledger, other: dict[str, Any], rules: list[str]) -> None:
    ledger.append([figure("350000")])
    event = {name: value for name, value in figure(**other).items() if value is not None}
    assert warned(ledger, event) == rules


def test_a_series_that_had_a_zero_may_have_another(ledger: Ledger) -> None:
    ledger.append([figure("5", published_at="2021"), figure("0", published_at="2022")])
    assert warned(ledger, figure("-3", published_at="2023")) == []
    assert warned(ledger, figure("0", period="2019")) == []


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (figure("1", published_at=None), ["undated"]),
        (figure("1", published_at="2022-06-30"), ["period_not_over"]),
        (figure("1", published_at="2023"), []),
        (figure("1", published_at="2022", nature="forecast"), []),
        (figure("1", published_at="2022", type="QuotaSet"), []),
        (figure("1", period="2024-W22", published_at="2024-06-01"), ["period_not_over"]),
        (figure("100.1", type="ShareReported", metric="share", unit="percent"), ["share_over_100"]),
        (figure("1.01", type="FigureReported", metric="market_share", unit="ratio"), ["share_over_100"]),
        (figure("100", type="ShareReported", metric="share", unit="percent"), []),
        (figure("250", type="FigureReported", metric="growth", unit="percent"), []),
        (figure("1", subject="lynas", period="2010-11"), ["maybe_fiscal_year"]),
        (figure("1", subject="lynas", period="2010-12"), []),
        (figure("1", subject="lynas", period="FY2010-11"), []),
        (figure("1", period="2010-11"), []),
        (figure("1", subject="lynas", period="FY2024", published_at="2024-01-31"), ["period_not_over"]),
        ({"type": "RiskRaised", "risk": "r", "category": "c", "subject": "world", "description": "d"}, ["undated"]),
        ({"type": "EntityAliasAdded", "entity": "lynas", "alias": "LYC"}, []),
    ],
)
def test_what_is_odd_by_itself_is_pointed_out(ledger: Ledger, event: dict[str, Any], rules: list[str]) -> None:
    assert warned(ledger, {name: value for name, value in event.items() if value is not None}) == rules
    assert ledger.append([figure("350000"), figure("1")], warn=False).items[0]["warnings"] == []


def test_a_subject_whose_fiscal_year_is_the_calendar_s_has_months(ledger: Ledger) -> None:
    plain = {"type": "EntityRegistered", "entity": "plain", "kind": "country", "name": "Plainland"}
    ledger.append([{**plain, "fiscal_year_end": "12-31"}])
    assert warned(ledger, figure("1", subject="plain", period="2011-12")) == []


def test_an_identifier_that_another_entity_has_is_pointed_out(ledger: Ledger) -> None:
    one = {**registered("one", "Quartz Hill"), "identifiers": {"LEI": "529900ABC", "ticker/main": "QH"}}
    (item,) = ledger.append([one]).items
    assert item["warnings"] == []
    other = {**registered("two", "Feldspar"), "identifiers": {"lei": "529900abc", "isin": "X"}}
    (item,) = ledger.append([other]).items
    assert [(warning["pointer"], warning["rule"]) for warning in item["warnings"]] == [
        ("/identifiers/lei", "shared_identifier")
    ]
    ledger.append([retraction(item["event_id"])])
    third = {**registered("three", "Basalt"), "identifiers": {"isin": "X"}}
    assert warned(ledger, third) == []
    fourth = {**registered("four", "Granite"), "identifiers": {"ticker/main": "QH"}}
    assert ledger.append([fourth]).items[0]["warnings"][0]["pointer"] == "/identifiers/ticker~1main"


@pytest.mark.parametrize(
    ("metric", "rules"),
    [
        ("mine_producton", ["near_metric"]),
        ("mine_productions", ["near_metric"]),
        ("mineproduction", ["near_metric"]),
        ("mine_output", []),
        ("mine_production", []),
    ],
)
def test_a_new_metric_that_looks_like_another_is_pointed_out(ledger: Ledger, metric: str, rules: list[str]) -> None:
    ledger.append([figure("350000", metric="mine_production")])
    assert warned(ledger, figure("350000", metric=metric, published_at="2025")) == rules
    assert warned(ledger, figure("350000", metric=metric, published_at="2026")) == [], "it is no new one any more"


def test_a_metric_is_new_as_long_as_no_event_of_it_was_kept(ledger: Ledger) -> None:
    ledger.append([figure("1", metric="mine_production")])
    typo = figure("1", metric="mine_producton", published_at="2025")
    assert [one["rule"] for one in ledger.plan([typo]).items[0].warnings] == ["near_metric"]
    first = ledger.append([typo])
    assert [one["rule"] for one in first.items[0]["warnings"]] == ["near_metric"]
    ledger.append([retraction(first.items[0]["event_id"])])
    assert warned(ledger, figure("2", metric="mine_producton", published_at="2026")) == ["near_metric"]


def test_a_file_is_told_of_a_new_metric_once(ledger: Ledger) -> None:
    rows = [
        figure("1", metric="mine_production"),
        *(figure("1", metric="mine_producton", period=str(year)) for year in (2020, 2021)),
    ]
    text = "\n".join(json.dumps(row) for row in rows).encode()
    report = import_stream(ledger, io.BytesIO(text), "jsonl")
    assert [(one["row"], one["rule"]) for one in report.warnings] == [(2, "near_metric")]


def test_of_ten_thousand_metrics_a_new_one_is_compared_with_a_few() -> None:
    state = State()
    for number in range(10_000):
        state.fix_metric(f"metric_{number:05}_of_its_own", ("mass", number + 1))
    assert state.metric_like("metric_00001_of_its_owm") is not None
    names = state._metric_names
    assert names is not None
    compared = len(names._near("metric 00001 of its owm"))
    assert 0 < compared <= 4 * NEIGHBOURS_MAX
    mark = state.mark()
    state.fix_metric("tonnage", ("mass", 10_001))
    assert state.metric_like("tonnages") == "tonnage"
    state.revert(mark)
    assert state.metric_like("tonnages") is None


def test_a_reliance_that_can_never_be_answered_is_pointed_out(ledger: Ledger) -> None:
    registered = {"type": "RelianceRegistered", "reliance": "page-4", "question": "/v1/figures"}
    ended = {"type": "RelianceEnded", "reliance": "page-4"}
    (odd,) = ledger.append([{**ended, "reliance": "page-5"}]).items[0]["warnings"]
    assert (odd["pointer"], odd["rule"]) == ("/reliance", "nothing_ends")
    (unasked,) = ledger.append([{**registered, "question": "/v1/sums?by=growth"}]).items[0]["warnings"]
    assert (unasked["pointer"], unasked["rule"]) == ("/question", "not_compared")
    head = ledger.head()
    assert ledger.append([{**registered, "basis": {"recorded_as_of": f"position:{head}"}}]).items[0]["warnings"] == []
    (ahead,) = ledger.append([{**registered, "basis": {"recorded_as_of": "position:999"}}]).items[0]["warnings"]
    assert (ahead["pointer"], ahead["rule"]) == ("/basis/recorded_as_of", "beyond_head")
    assert [item["warnings"] for item in ledger.append([registered, ended]).items] == [[], []]


def test_a_preference_for_a_metric_that_nobody_speaks_of_is_pointed_out(ledger: Ledger) -> None:
    preference = {"type": "PreferenceSet", "publishers": ["usgs"]}
    (odd,) = ledger.append([{**preference, "metric": "no_metric"}]).items[0]["warnings"]
    assert (odd["pointer"], odd["rule"]) == ("/metric", "nothing_said")
    said = ledger.append([figure("1"), preference, {**preference, "metric": "mine_production"}]).items
    assert [one["warnings"] for one in said[1:]] == [[], []]
