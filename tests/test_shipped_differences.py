"""One call each on the shipped ledger: what differed, who disagrees about a date, how an answer came to be another."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from projections import Engine

MOU = "us-malaysia-critical-minerals-mou"


@pytest.fixture(scope="module")
def client(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


def items(client: TestClient, path: str, **params: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_what_differed_between_what_was_known_of_export_controls_of_china(client: TestClient) -> None:
    controls = {"resource": "policies", "jurisdiction": "china", "kind": "export_control"}
    found = items(client, "diff", **controls, from_as_of="2025-11-01", to_as_of="2025-12-15")
    moves = {item["policy"]: item["fields"]["status"] for item in found}
    assert moves["china-announcement-61-2025"] == {"before": "announced", "after": "suspended"}
    assert moves["china-announcement-62-2025"] == {"before": "in_force", "after": "suspended"}
    for item in found:
        ((kind, published_at),) = {(cause["type"], cause["published_at"]) for cause in item["causes"]}
        assert (kind, published_at) == ("PolicySuspended", "2025-11-07")


def test_who_disagrees_with_whom_about_a_date(client: TestClient) -> None:
    (item,) = [
        item for item in items(client, "disputes", resource="policies") if item["policy"].startswith("malaysia-raw-ree")
    ]
    assert (item["transition"], item["fields"]) == ("PolicyEnacted", ["effective_from"])
    stated = {one["publisher"]: one["effective_from"] for one in item["publishers"]}
    assert stated["malaysia-government"] == "2025"
    assert stated["rare-earth-exchanges"] == "2024-01-01"


def test_what_was_answered_for_a_memorandum_before_a_late_article_and_after(client: TestClient) -> None:
    told = [
        item
        for item in items(client, "events", type="MoUSigned", limit="1000")
        if item["agreement"] == MOU and item["source"]["publisher"] == "discovery-alert"
    ]
    asked = {"resource": "agreements", "agreement": MOU, "from_as_of": "2026-11-26", "to_as_of": "2026-11-26"}
    (item,) = items(client, "diff", **asked, from_recorded_as_of=f"position:{told[0]['position'] - 1}")
    assert item["kind"] == "changed"
    assert {cause["event_id"] for cause in item["causes"]} == {event["event_id"] for event in told}
    assert "effective_from" not in item["fields"]
    assert item["before"]["effective_from"] == item["after"]["effective_from"] == "2025-10-26"
    asked |= {"effective_at": "2025-10-10", "to_recorded_as_of": f"position:{told[-1]['position']}"}
    assert items(client, "diff", **asked, from_recorded_as_of=f"position:{told[0]['position'] - 1}") == []
