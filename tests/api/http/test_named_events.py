"""What is restated and taken back, through the door: recorded, refused with its place, and shown."""

from typing import Any

from tests.api.helpers import Api

PLANT = {"type": "EntityRegistered", "entity": "kuantan", "kind": "facility", "name": "Kuantan"}
FIRST = {
    "type": "FacilityCommissioned",
    "facility": "kuantan",
    "stage": "separation",
    "effective_from": "2027-01-01",
    "published_at": "2025-01-31",
    "source": {"publisher": "lynas"},
    "event_id": "00000000-0000-4000-8000-000000000001",
}
AGAIN = {
    **FIRST,
    "effective_from": "2028-06-01",
    "published_at": "2026-01-31",
    "restates": FIRST["event_id"],
    "event_id": "00000000-0000-4000-8000-000000000002",
}
BACK = {
    "type": "ReportWithdrawn",
    "withdraws": AGAIN["event_id"],
    "published_at": "2026-02-28",
    "source": {"publisher": "lynas"},
    "event_id": "00000000-0000-4000-8000-000000000003",
}


def refused(api: Api, event: dict[str, Any]) -> dict[str, Any]:
    response = api.client.post("/v1/events", json=event)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert isinstance(error, dict)
    return error


def test_a_restatement_and_a_withdrawal_are_events_of_the_thing(api: Api) -> None:
    api.post(PLANT, FIRST, AGAIN, BACK)
    events = api.get("facilities/kuantan", as_of="2026-03-31")["events"]
    assert [one["event_id"] for one in events] == [FIRST["event_id"], AGAIN["event_id"], BACK["event_id"]]
    assert (events[1]["restates"], events[2]["withdraws"]) == (FIRST["event_id"], AGAIN["event_id"])
    before = api.get("facilities/kuantan", as_of="2026-02-27")["events"]
    assert [one["event_id"] for one in before] == [FIRST["event_id"], AGAIN["event_id"]]
    assert [one["type"] for one in api.items("events", type="ReportWithdrawn")] == ["ReportWithdrawn"]
    assert {"position": 10, **BACK}.items() <= api.items("events", publisher="lynas")[-1].items()


def test_what_is_wrong_is_said_with_what_to_do(api: Api) -> None:
    api.post(PLANT, FIRST)
    error = refused(api, {**AGAIN, "type": "FacilityIdled"})
    assert (error["pointer"], error["rule"]) == ("/restates", "restates_the_same")
    assert error["detail"].endswith("name the earlier event that this one says anew, or leave restates out")
    error = refused(api, {**BACK, "withdraws": FIRST["event_id"], "source": {"publisher": "usgs"}})
    assert (error["pointer"], error["rule"]) == ("/withdraws", "withdraws_own_report")
    assert error["detail"].endswith("is said by lynas; a publisher takes back its own reports only")


def test_a_correction_goes_through_the_rule(api: Api) -> None:
    api.post(PLANT, FIRST, AGAIN, BACK)
    wrong = {"reason": "other", "explanation": "x", "type": "EventCorrected", "target": BACK["event_id"]}
    assert refused(api, {**wrong, "changes": {"withdraws": BACK["event_id"]}})["rule"] == "withdraws_own_report"
    api.post({**wrong, "changes": {"withdraws": FIRST["event_id"]}})
    (_, _, back) = api.get("facilities/kuantan", as_of="2026-03-31")["events"]
    assert back["withdraws"] == FIRST["event_id"]


def test_what_a_dry_run_warns_about_is_what_takes_effect_after_the_end(api: Api) -> None:
    closed = {
        "type": "FacilityClosed",
        "facility": "kuantan",
        "published_at": "2026-04-30",
        "effective_from": "2026-05",
    }
    api.post(PLANT, FIRST, closed)
    response = api.client.post("/v1/events", json=AGAIN, params={"dry_run": "true"})
    (item,) = response.json()["items"]
    assert [(one["pointer"], one["rule"]) for one in item["warnings"]] == [("/effective_from", "after_end")]
    api.post(AGAIN)
