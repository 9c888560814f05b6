"""Appending: one or many, exactly once, or not at all."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.http import json_body
from api.questions import effects
from ledger import Plan
from projections import Engine
from tests.api.helpers import Api, mined, organisation
from tests.logged_statements import logged_statements


def test_a_single_event_is_answered_with_its_place(client: TestClient) -> None:
    response = client.post("/v1/events", json=organisation("usgs"))
    assert response.status_code == 201
    item = response.json()["items"][0]
    assert (item["position"], item["type"], item["status"]) == (1, "EntityRegistered", "recorded")
    basis = response.json()["basis"]
    assert (basis["position"], basis["recorded_as_of"]) == (1, "position:1")
    assert basis["recorded_at"] == item["recorded_at"]


def test_a_batch_is_answered_in_its_order(api: Api) -> None:
    items = api.post(mined("australia", "1", "2024"), mined("china", "2", "2024"))
    assert [item["position"] for item in items] == [7, 8]
    assert items[0]["figure_id"] != items[1]["figure_id"]


def test_one_bad_event_of_a_batch_records_nothing(api: Api) -> None:
    batch = [mined("australia", "1", "2024"), mined("nowhere", "2", "2024"), mined("china", "x", "2024")]
    response = api.client.post("/v1/events", json=batch)
    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {"/1/subject", "/2/value"}
    assert api.head() == 6


def test_an_event_sent_twice_is_a_duplicate_at_its_first_place(api: Api) -> None:
    event = {**mined("australia", "1.50", "2024"), "event_id": str(uuid4())}
    assert api.post(event)[0]["status"] == "recorded"
    again = api.client.post("/v1/events", json={**event, "value": 1.5})
    assert again.status_code == 409
    same = api.client.post("/v1/events", json=event)
    assert same.status_code == 200
    assert (same.json()["items"][0]["status"], same.json()["items"][0]["position"]) == ("duplicate", 7)
    assert api.head() == 7


def test_a_stream_that_moved_on_is_a_conflict(api: Api) -> None:
    api.post({**mined("australia", "1", "2024"), "expected_version": 0})
    response = api.client.post("/v1/events", json={**mined("australia", "2", "2025"), "expected_version": 0})
    assert response.status_code == 409
    assert response.json()["errors"][0]["pointer"] == "/expected_version"
    assert "1" in response.json()["detail"]


def test_a_request_with_a_known_key_is_answered_as_the_first_time(api: Api) -> None:
    headers = {"Idempotency-Key": "report-2024"}
    first = api.client.post("/v1/events", json=[mined("australia", "1", "2024")], headers=headers)
    api.post(mined("china", "2", "2024"))
    again = api.client.post("/v1/events", json=[mined("australia", "1", "2024")], headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert api.head() == 8


def test_a_known_key_with_another_body_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "report-2024"}
    api.client.post("/v1/events", json=mined("australia", "1", "2024"), headers=headers)
    other = api.client.post("/v1/events", json=mined("australia", "2", "2024"), headers=headers)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


def test_a_refused_request_does_not_use_its_key_up(api: Api) -> None:
    headers = {"Idempotency-Key": "report-2024"}
    bad = api.client.post("/v1/events", json=mined("nowhere", "1", "2024"), headers=headers)
    good = api.client.post("/v1/events", json=mined("australia", "1", "2024"), headers=headers)
    assert (bad.status_code, good.status_code) == (422, 201)


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_no_key_is_refused(api: Api, key: str) -> None:
    response = api.client.post("/v1/events", json=mined("australia", "1", "2024"), headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert api.head() == 6


def test_a_dry_run_says_what_would_change_and_records_nothing(api: Api) -> None:
    api.post(mined("australia", "13000", "2024-01-31"))
    response = api.client.post("/v1/events?dry_run=true", json=mined("australia", "29000", "2025-01-31"))
    assert response.status_code == 200
    body = response.json()
    (effect,) = body["effects"]
    (item,) = body["items"]
    assert effect["figure_id"] == item["figure_id"]
    assert (item["status"], "position" in item) == ("would_record", False)
    assert (effect["before"]["value"], effect["after"]["value"]) == ("13000", "29000")
    assert api.head() == 7
    assert api.only("figures", subject="australia")["value"] == "13000"


@pytest.mark.parametrize(("between", "status"), [(1, 200), (3, 200), (10, 503)])
def test_a_dry_run_beside_appends_is_planned_again(
    api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch, between: int, status: int
) -> None:
    """Others append something between the plan and the look at its effects, so many times."""
    plan, years = engine.ledger.plan, iter(range(2000, 2000 + between))

    def plan_beside_appends(sent: Sequence[Any]) -> Plan:
        planned = plan(sent)
        for year in years:
            engine.ledger.append([mined("australia", "1", "2024", period=str(year))])
            break
        return planned

    monkeypatch.setattr(engine.ledger, "plan", plan_beside_appends)
    response = api.client.post("/v1/events?dry_run=true", json=mined("australia", "29000", "2025-01-31"))
    assert response.status_code == status
    assert api.head() == 6 + between
    if status == 200:
        (effect,) = response.json()["effects"]
        assert (effect["before"], effect["after"]["value"]) == (None, "29000")
        assert response.json()["basis"]["position"] == 6 + between


def test_a_dry_run_says_where_what_is_sent_again_is(api: Api) -> None:
    known = {**mined("australia", "13000", "2024-01-31"), "event_id": "01990000-0000-7000-8000-000000000001"}
    (recorded,) = api.post(known)
    again, new = api.client.post(
        "/v1/events?dry_run=true", json=[known, mined("australia", "29000", "2025-01-31")]
    ).json()["items"]
    assert (again["status"], again["position"]) == ("duplicate", recorded["position"])
    assert (new["status"], "position" in new) == ("would_record", False)


def test_a_dry_run_of_a_first_statement_has_nothing_before(api: Api) -> None:
    response = api.client.post("/v1/events?dry_run=true", json=mined("australia", "29000", "2025-01-31"))
    (effect,) = response.json()["effects"]
    assert effect["before"] is None
    assert effect["after"]["value"] == "29000"


def test_a_dry_run_of_a_correction_shows_the_figure_before_and_after(api: Api) -> None:
    (item,) = api.post(mined("australia", "113000", "2024-01-31"))
    correction = {
        "type": "EventCorrected",
        "target": item["event_id"],
        "changes": {"value": "13000"},
        "reason": "transcription",
        "explanation": "A footnote mark was read as a digit.",
    }
    (effect,) = api.client.post("/v1/events?dry_run=true", json=correction).json()["effects"]
    assert (effect["before"]["value"], effect["after"]["value"]) == ("113000", "13000")


def test_a_dry_run_of_what_changes_no_figure_has_no_effects(api: Api) -> None:
    response = api.client.post("/v1/events?dry_run=true", json=organisation("lynas-corporation"))
    assert response.json()["effects"] == []


def moved_by_a_merge(engine: Engine, count: int) -> dict[str, Any]:
    """So many statements about a country, and a merge that moves them all."""
    mine = {"type": "EntityRegistered", "entity": f"land-{count}", "kind": "country", "name": f"Land {count}"}
    stated = [mined(f"land-{count}", "1", "2024", period=str(year)) for year in range(1000, 1000 + count)]
    engine.ledger.append([mine, *stated])
    return {"type": "EntitiesMerged", "kept": "china", "merged": f"land-{count}", "reason": "One and the same."}


def test_of_many_effects_the_first_are_listed_and_all_are_counted(
    api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = moved_by_a_merge(engine, 5)
    url = "/v1/events?dry_run=true"
    everything = api.client.post(url, json=merge).json()
    assert len(everything["effects"]) == 10  # each figure goes, and another one comes
    assert "effects_more" not in everything
    monkeypatch.setattr(effects, "EFFECTS_LISTED_MAX", 4)
    monkeypatch.setattr(effects, "COMPARED_AT_ONCE", 3)
    some = api.client.post(url, json=merge).json()
    assert some["effects"] == everything["effects"][:4]
    assert some["effects_more"] == 6


@pytest.mark.usefixtures("api")
def test_a_dry_run_asks_as_much_whatever_it_moves(engine: Engine) -> None:
    counts = []
    for count in (150, 600):
        merge = moved_by_a_merge(engine, count)
        plan = engine.ledger.plan([merge])
        viewpoint = engine.viewpoint()
        with engine.reader(viewpoint) as reader, logged_statements(reader) as statements:
            effects.effects(engine, plan.entries, viewpoint)
            counts.append(len(statements()))
    assert counts[1] <= counts[0], "few are looked up otherwise than many, and take a few statements more"


def test_a_dry_run_checks_everything(api: Api) -> None:
    response = api.client.post("/v1/events?dry_run=true", json=mined("nowhere", "1", "2024"))
    assert response.status_code == 422


def test_a_dimension_that_is_left_out_this_year_is_pointed_out_with_the_event_that_has_it(api: Api) -> None:
    (first,) = api.post({**mined("australia", "13000", "2024"), "dimensions": {"basis": "reo"}})
    later = mined("australia", "14000", "2025")
    (tried,) = api.client.post("/v1/events?dry_run=true", json=later).json()["items"]
    (item,) = api.post(later)
    assert tried["warnings"] == item["warnings"]
    assert [(one["pointer"], one["rule"]) for one in item["warnings"]] == [("/dimensions", "near_series")]
    assert first["event_id"] in item["warnings"][0]["detail"]
    assert api.post(mined("china", "15000", "2026"))[0]["warnings"] == []


def test_what_is_legal_and_odd_is_recorded_with_a_warning(api: Api) -> None:
    api.post(mined("australia", "13000", "2024"))
    (item,) = api.post(mined("australia", "13000000", "2025"))
    assert [(warning["pointer"], bool(warning["detail"])) for warning in item["warnings"]] == [("/value", True)]
    assert api.only("figures", subject="australia")["value"] == "13000000"


def test_numbers_are_read_from_their_text(api: Api) -> None:
    raw = b'{"type": "ProductionReported", "subject": "china", "value": 12345678901234567890.123456789012345678, '
    raw += b'"unit": "t", "published_at": "2024", "source": {"publisher": "usgs"}}'
    response = api.client.post("/v1/events", content=raw, headers={"Content-Type": "application/json; charset=utf-8"})
    assert response.status_code == 201
    assert api.only("figures", subject="china")["value"] == "12345678901234567890.123456789012345678"


def test_a_body_may_be_of_any_json_type(api: Api) -> None:
    headers = {"Content-Type": "application/vnd.facts+json"}
    response = api.client.post("/v1/events", content=b"[]", headers=headers)
    assert response.status_code == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_type_is_refused(api: Api, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = api.client.post("/v1/events", content=b"{}", headers=headers)
    assert response.status_code == 415
    assert response.headers["content-type"] == "application/problem+json"


def test_a_compressed_body_is_refused(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert api.client.post("/v1/events", content=b"{}", headers=headers).status_code == 415


def test_a_body_that_is_too_large_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "BODY_BYTES_MAX", 1000)

    def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100

    headers = {"Content-Type": "application/json"}
    announced = api.client.post("/v1/events", content=b" " * 1001, headers=headers)
    streamed = api.client.post("/v1/events", content=chunks(), headers=headers)
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert streamed.headers["content-type"] == "application/problem+json"


def test_more_events_than_a_batch_holds_are_refused(api: Api) -> None:
    response = api.client.post("/v1/events", json=[{}] * 10_001)
    assert response.status_code == 422
    assert response.json()["errors"][0]["rule"] == "batch_too_large"


def test_an_empty_batch_is_refused(api: Api) -> None:
    response = api.client.post("/v1/events", json=[])
    assert response.status_code == 422
    assert response.json()["errors"][0]["rule"] == "empty_batch"


def test_an_append_is_answered_in_json_only(api: Api) -> None:
    response = api.client.post("/v1/events", json=organisation("x"), headers={"Accept": "text/csv"})
    assert response.status_code == 406
    assert api.head() == 6
