"""Quantities, money, prices, conditions and shares inside events: exact, in units that fit, and one statement each."""

from typing import Any

import pytest

from ledger import REGISTRY, InvalidEvent, parse_event
from tests.ledger.conftest import figure

OWED = REGISTRY["CommitmentMade"].example
MET = REGISTRY["CommitmentMet"].example
LINK = REGISTRY["SupplyLinkOpened"].example
OWNS = REGISTRY["RelationshipStated"].example
PERMIT = {
    **REGISTRY["PolicyEnacted"].example,
    "kind": "permit",
    "provision": "part 3",
    "applies_to": ["lynas-rare-earths"],
    "exempt": ["js-link"],
    "conditions": [{"metric": "production", "high": "20000", "unit": "t/yr", "by": "2027-Q1", "text": "of oxide"}],
}
LIMIT = {"metric": "p", "unit": "t"}
TONNES = {"value": "3000", "unit": "t/yr"}


@pytest.mark.parametrize(
    "event",
    [
        {**OWED, "quantity": TONNES},
        {**OWED, "quantity": {"low": "30", "high": "50", "unit": "percent"}},
        {**OWED, "quantity": {"low": "1000", "unit": "vehicles"}},
        {**OWED, "amount": {"value": "0.10", "unit": "million USD"}},
        {**OWED, "price": {"value": "60.20", "unit": "AUD/kg"}, "price_floor": {"low": "5", "unit": "USD/m3"}},
        {**MET, "quantity": {"value": "500.50", "unit": "kg"}},
        {**LINK, "nature": "planned", "quantity": TONNES},
        {**OWNS, "role": "lender", "share_low": "20", "share_high": "25.5", "nature": "planned"},
        {**OWNS, "share_high": "50"},
        PERMIT,
        {**PERMIT, "kind": "sanction", "conditions": [{"metric": "production", "unit": "t", "text": "none of it"}]},
        {**PERMIT, "kind": "stockpile"},
    ],
)
def test_what_fits_is_kept_as_printed(event: dict[str, Any]) -> None:
    assert parse_event(event).body() == {name: value for name, value in event.items() if name != "type"}


@pytest.mark.parametrize(
    ("event", "pointer", "rule"),
    [
        ({**OWED, "quantity": {"unit": "t"}}, "/quantity/value", "one_amount"),
        ({**OWED, "quantity": {"value": "1", "low": "1", "unit": "t"}}, "/quantity/value", "one_amount"),
        ({**OWED, "quantity": {"low": "2", "high": "1", "unit": "t"}}, "/quantity/low", "range_order"),
        ({**OWED, "quantity": {"value": "1", "unit": "USD"}}, "/quantity/unit", "unit"),
        ({**OWED, "quantity": {"value": "1", "unit": "USD/kg"}}, "/quantity/unit", "unit"),
        ({**OWED, "quantity": {"value": "1", "unit": "USD/m3"}}, "/quantity/unit", "unit"),
        ({**OWED, "quantity": {"value": "1", "unit": "cubits"}}, "/quantity/unit", "unit"),
        ({**OWED, "quantity": {"value": "1"}}, "/quantity/unit", "missing"),
        ({**OWED, "quantity": {"value": "1", "unit": "t", "per": "year"}}, "/quantity/per", "extra_forbidden"),
        ({**OWED, "quantity": "3000 t"}, "/quantity", "model_type"),
        ({**OWED, "quantity": {"value": "1,000", "unit": "t"}}, "/quantity/value", "decimal"),
        ({**OWED, "quantity": {"high": "12345678901234567890", "unit": "Mt"}}, "/quantity/high", "decimal"),
        ({**OWED, "amount": {"value": "1", "unit": "t"}}, "/amount/unit", "unit"),
        ({**OWED, "price": {"value": "1", "unit": "USD"}}, "/price/unit", "unit"),
        ({**OWED, "price_floor": {"value": "1", "unit": "t"}}, "/price_floor/unit", "unit"),
        ({**OWED, "kind": "wish"}, "/kind", "literal_error"),
        ({**OWED, "by": None}, "/by", "string_type"),
        ({**MET, "amount": TONNES}, "/amount/unit", "unit"),
        ({**LINK, "quantity": {"value": "1", "unit": "EUR"}}, "/quantity/unit", "unit"),
        ({**LINK, "nature": "forecast"}, "/nature", "literal_error"),
        ({**OWNS, "share": "51", "share_low": "50"}, "/share", "one_share"),
        ({**OWNS, "share": "51", "share_high": "52"}, "/share", "one_share"),
        ({**OWNS, "share_low": "51", "share_high": "50"}, "/share_low", "range_order"),
        ({**PERMIT, "conditions": [LIMIT]}, "/conditions/0/low", "one_demand"),
        ({**PERMIT, "conditions": [{**LIMIT, "low": "2", "high": "1"}]}, "/conditions/0/low", "range_order"),
        ({**PERMIT, "conditions": [{**LIMIT, "unit": "tons", "low": "2"}]}, "/conditions/0/unit", "unit"),
        ({**PERMIT, "conditions": [{**LIMIT, "by": "soon"}]}, "/conditions/0/by", "moment"),
        ({**PERMIT, "conditions": [{**LIMIT, "metric": "P"}]}, "/conditions/0/metric", "string_pattern_mismatch"),
        ({**PERMIT, "provision": ""}, "/provision", "string_too_short"),
        (figure(compared_with="2022-Q5"), "/compared_with", "period"),
    ],
)
def test_what_does_not_is_refused_where_it_is_wrong(event: dict[str, Any], pointer: str, rule: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        parse_event(event)
    assert [(one.pointer, one.rule) for one in refused.value.violations] == [(pointer, rule)]


def test_a_unit_of_another_kind_is_told_from_what_was_meant() -> None:
    with pytest.raises(InvalidEvent, match="kg is a unit of mass; here it is money, for example million USD"):
        parse_event({**MET, "amount": {"value": "1", "unit": "kg"}})


def test_a_printed_number_may_be_a_json_number() -> None:
    assert parse_event({**OWED, "quantity": {"value": 3000, "unit": "t"}}).body()["quantity"]["value"] == "3000"
