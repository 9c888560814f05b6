"""Commitments, provisions, ranges of shares and their ends through the door: described, recorded, refused, returned."""

from typing import Any

import pytest

from ledger import REGISTRY
from tests.api.helpers import Api

OFFTAKE = {
    "type": "CommitmentMade",
    "commitment": "offtake",
    "kind": "offtake",
    "by": "usgs",
    "to": "lynas",
    "tranche": "first",
    "quantity": {"low": "2500", "high": "3000", "unit": "t/yr"},
    "price_floor": {"value": "110.00", "unit": "USD/kg"},
    "formula": "The index of the month before, less 3 %.",
    "effective_from": "2028",
    "published_at": "2025-07-24",
}
PERMIT = {
    "type": "PolicyEnacted",
    "policy": "permit",
    "jurisdiction": "australia",
    "kind": "permit",
    "provision": "part 3",
    "applies_to": ["lynas"],
    "exempt": ["usgs"],
    "conditions": [{"metric": "production", "high": "20000", "unit": "t/yr", "by": "2027-Q1"}],
    "published_at": "2025-07-24",
}
OWNS = {
    "type": "RelationshipStated",
    "subject": "usgs",
    "relation": "owns",
    "object": "lynas",
    "role": "lender",
    "share_low": "20",
    "share_high": "25",
    "nature": "planned",
    "published_at": "2025-07-24",
}
ENDED = {"type": "RelationshipEnded", "subject": "usgs", "relation": "owns", "object": "lynas", "published_at": "2026"}
MET = {"type": "CommitmentMet", "commitment": "offtake", "published_at": "2028-02-01"}
GROWTH = {
    "type": "FigureReported",
    "subject": "lynas",
    "metric": "production_growth",
    "period": "FY2025-Q4",
    "compared_with": "FY2025-Q3",
    "value": "38",
    "unit": "percent",
    "published_at": "2025-07-24",
    "source": {"publisher": "lynas"},
}


@pytest.mark.parametrize("event", [OFFTAKE, PERMIT, OWNS, ENDED, GROWTH], ids=lambda one: str(one["type"]))
def test_what_is_sent_comes_back(api: Api, event: dict[str, Any]) -> None:
    api.post(event)
    recorded = api.only("events", type=event["type"])
    assert {name: value for name, value in recorded.items() if name in event} == event


@pytest.mark.parametrize(
    ("event", "pointer", "rule"),
    [
        ({**OFFTAKE, "amount": {"value": "1", "unit": "t"}}, "/amount/unit", "unit"),
        ({**OFFTAKE, "to": "atlantis"}, "/to", "unregistered"),
        (MET, "/commitment", "opened_first"),
        ({**PERMIT, "exempt": ["atlantis"]}, "/exempt/0", "unregistered"),
        ({**OWNS, "share": "20"}, "/share", "one_share"),
        ({**GROWTH, "subject": "china"}, "/period", "period"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(api: Api, event: dict[str, Any], pointer: str, rule: str) -> None:
    response = api.client.post("/v1/events", json=event)
    assert response.status_code == 422
    error = response.json()["errors"][0]
    assert (error["pointer"], error["rule"]) == (pointer, rule)


@pytest.mark.parametrize(
    "name",
    [
        "CommitmentMade",
        "CommitmentMet",
        "CommitmentReleased",
        "FacilityCancelled",
        "RelationshipEnded",
        "ReportWithdrawn",
    ],
)
def test_the_types_are_described(api: Api, name: str) -> None:
    item = api.only(f"event-types/{name}")
    assert (item["example"], item["fields"]) == (REGISTRY[name].example, list(REGISTRY[name].model_fields))
    assert item["schema"]["properties"]["type"] == {"const": name, "type": "string"}


def test_of_a_body_that_is_met_in_part_the_rest_goes_on(api: Api) -> None:
    api.post(OFFTAKE, {**MET, "quantity": {"value": "100", "unit": "t"}})
    (item,) = api.post({**MET, "published_at": "2028-03-01"})
    assert item["warnings"] == []
    (item,) = api.post({**MET, "published_at": "2028-04-01"})
    assert [one["rule"] for one in item["warnings"]] == ["after_end"]
    assert [one["type"] for one in api.items("events", entity="lynas") if "Commitment" in one["type"]] == [
        "CommitmentMade"
    ]


def test_commitments_are_asked_for_like_any_resource(api: Api) -> None:
    api.post(OFFTAKE, {**MET, "quantity": {"value": "100", "unit": "t"}})
    item = api.only("commitments", as_of="2028-02-01", by="usgs", status="open")
    assert (item["commitment"], item["tranche"], item["to"]) == ("offtake", "first", "lynas")
    assert item["quantity"] == {"value": None, "low": "2500", "high": "3000", "unit": "t/yr"}
    assert item["price_floor"]["value"] == "110.00"
    assert item["met_quantity"] == [{"value": "100", "low": None, "high": None, "unit": "t"}]
    assert api.items("commitments", as_of="2028-02-01", by="lynas") == []
    assert api.only("commitments", as_of="2026", status="planned")["met_quantity"] is None
    shown = api.get("commitments/offtake", as_of="2028-02-01")
    assert [one["type"] for one in shown["events"]] == ["CommitmentMade", "CommitmentMet"]
    text = api.client.get("/v1/commitments", params={"as_of": "2028-02-01", "format": "csv"}).text
    assert '""low"": ""2500""' in text or '""low"":""2500""' in text
