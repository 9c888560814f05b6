"""An event is erased over HTTP, and every answer says that it was, and nothing of what it said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, Api, mined

SECRET = "314159"
EVENT = mined("china", SECRET, "2024-01-31", note="a secret note")
ENVELOPE = {"type", "event_id", "position", "recorded_at", "recorded_by", "erased"}


@pytest.fixture
def api(engine: Engine) -> Iterator[Api]:
    """A client of an app that keeps answers."""
    engine.ledger.append(BASICS)
    with TestClient(create_app(engine)) as client:
        yield Api(client)


@pytest.fixture
def api_on_disk(tmp_path: Path) -> Iterator[Api]:
    """The same over tables in a file, as a server has them: an erasure makes them anew."""
    with Ledger(tmp_path / "ledger.db") as ledger, Engine.beside(ledger, tmp_path / "projections.duckdb") as engine:
        ledger.append(BASICS)
        with TestClient(create_app(engine)) as client:
            yield Api(client)


def erase(api: Api, event_id: str, **fields: Any) -> Any:
    body = {"target": event_id, "reason": "personal_data", "explanation": "They asked for it.", **fields}
    return api.client.post("/v1/erasures", json={name: value for name, value in body.items() if value is not None})


def erased(api: Api, event_id: str) -> dict[str, Any]:
    """What is said of the erasure."""
    answer = erase(api, event_id)
    assert answer.status_code == 201, answer.text
    assert answer.json()["pending"] == []
    (item,) = answer.json()["items"]
    return {
        "by": "local",
        "at": item["recorded_at"],
        "position": item["position"],
        "reason": "personal_data",
        "explanation": "They asked for it.",
    }


def test_the_event_says_that_it_was_erased_and_keeps_its_envelope(api: Api) -> None:
    (item,) = api.post(EVENT)
    told = erased(api, item["event_id"])
    event = api.only(f"events/{item['event_id']}")
    assert event["erased"] == told
    assert event["content"] is None
    assert [act["type"] for act in event["acts"]] == ["EventErased"]
    assert event.keys() == ENVELOPE | {"figure_id", "content", "acts"}
    (listed, act) = api.items("events", after=item["position"] - 1)
    assert listed == {name: event[name] for name in (*ENVELOPE, "figure_id")}
    assert (act["type"], act["target"], act["reason"]) == ("EventErased", item["event_id"], "personal_data")


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "parquet", "arrow", "xlsx"])
def test_no_form_of_an_answer_fails_or_holds_it(api_on_disk: Api, form: str) -> None:
    api = api_on_disk
    (item,) = api.post(EVENT)
    api.post(mined("china", "5", "2025-01-31"))
    erased(api, item["event_id"])
    for path in ("events", "figures", f"figures/{item['figure_id']}/history"):
        answer = api.client.get(f"/v1/{path}", params={"format": form})
        assert answer.status_code == 200, answer.text
        assert SECRET.encode() not in answer.content


def test_it_is_found_by_what_is_known_of_it(api: Api) -> None:
    (item,) = api.post(EVENT)
    erased(api, item["event_id"])
    place = item["position"]
    for asked in ({"type": "ProductionReported"}, {"figure_id": item["figure_id"]}):
        assert place in [one["position"] for one in api.items("events", **asked)]
    assert place + 1 in [one["position"] for one in api.items("events", figure_id=item["figure_id"])]
    for other in ({"publisher": "usgs"}, {"entity": "china"}, {"type": "QuotaSet"}):
        assert place not in [one["position"] for one in api.items("events", **other)]
    assert [one["position"] for one in api.items("events", type="ProductionReported", limit=1)] == [place]


def test_no_viewpoint_tells_what_it_said_and_the_basis_says_which_event_it_was(api: Api) -> None:
    (item,) = api.post(EVENT)
    (later,) = api.post(mined("australia", "7", "2024-01-31"))
    before = api.get("figures", recorded_as_of=f"position:{item['position']}")
    assert before["items"][0]["value"] == SECRET
    assert "erased" not in before["basis"]
    told = erased(api, item["event_id"])
    for position in (item["position"], later["position"]):
        seen = api.get("figures", recorded_as_of=f"position:{position}")
        assert SECRET not in str(seen)
        assert seen["basis"]["erased"] == [
            {
                "type": "ProductionReported",
                "event_id": item["event_id"],
                "position": item["position"],
                "figure_id": item["figure_id"],
                "erased_at": told["position"],
            }
        ]
    for position in (item["position"] - 1, told["position"]):
        assert "erased" not in api.get("figures", recorded_as_of=f"position:{position}")["basis"]
    history = api.get(f"figures/{item['figure_id']}/history")
    assert history["items"] == []
    assert [one["erased"] for one in history["erased"]] == [told]


def test_many_erased_events_are_counted(api: Api) -> None:
    items = api.post(*(mined("china", "1", "2024-01-31", period=str(1900 + number)) for number in range(23)))
    for item in items:
        api_answer = erase(api, item["event_id"])
        assert api_answer.status_code == 201
    basis = api.get("figures", recorded_as_of=f"position:{items[-1]['position']}")["basis"]
    assert (len(basis["erased"]), basis["erased_more"]) == (20, 3)


def test_a_thing_says_what_was_erased_of_it(api: Api) -> None:
    policy = {
        "type": "PolicyEnacted",
        "policy": "quota-2024",
        "title": "A secret title",
        "jurisdiction": "china",
        "kind": "quota_system",
        "effective_from": "2024",
        "published_at": "2024-01-01",
        "source": {"publisher": "usgs"},
    }
    (item,) = api.post(policy)
    told = erased(api, item["event_id"])
    for path in ("policies/quota-2024", "policies/quota-2024/history"):
        page = api.get(path)
        assert page["items"] == []
        assert [one["erased"] for one in page["erased"]] == [told]
    assert api.client.get("/v1/policies/quota-2025").status_code == 404


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_answer_that_was_to_hold_for_ever_ends(api_on_disk: Api, form: str) -> None:
    api = api_on_disk
    (item,) = api.post(EVENT)
    asked = {"as_of": "2024-12-31", "recorded_as_of": f"position:{item['position']}", "format": form}
    first = api.client.get("/v1/figures", params=asked)
    assert SECRET in first.text
    again = api.client.get("/v1/figures", params=asked, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    erased(api, item["event_id"])
    after = api.client.get("/v1/figures", params=asked, headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert SECRET not in after.text
    assert after.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_cached_answers_end_when_another_process_erases(api_on_disk: Api, tmp_path: Path, form: str) -> None:
    api = api_on_disk
    (item,) = api.post(EVENT)
    asked = {"as_of": "2024-12-31", "recorded_as_of": f"position:{item['position']}", "format": form}
    for _ in range(2):
        assert SECRET in api.client.get("/v1/figures", params=asked).text
    with Ledger(tmp_path / "ledger.db") as other:
        other.erase(item["event_id"], reason="licence", explanation="-")
    assert SECRET not in api.client.get("/v1/figures", params=asked).text


def test_an_answer_whose_items_stay_says_in_its_mark_that_the_basis_is_another(api: Api) -> None:
    (item,) = api.post(EVENT)
    asked = {"recorded_as_of": f"position:{item['position']}", "subject": "australia"}
    first = api.client.get("/v1/figures", params=asked)
    erased(api, item["event_id"])
    after = api.client.get("/v1/figures", params=asked, headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["basis"]["erased"]


def test_its_proof_stays(api: Api) -> None:
    (item,) = api.post(EVENT)
    before = api.get("proofs/inclusion", event_id=item["event_id"])
    told = erased(api, item["event_id"])
    after = api.get("proofs/inclusion", event_id=item["event_id"])
    assert (after["leaf"], after["leaf_hash"]) == (before["leaf"], before["leaf_hash"])
    hashed = before["content"]["sha256"]
    assert after["content"] == {"sha256": hashed, "salt": None, "digest": None, "state": None, "erased": told}
    assert api.client.get("/tile/entries/000.p/3").status_code == 200


def test_a_statement_of_sql_sees_that_it_was_erased(api: Api) -> None:
    (item,) = api.post(EVENT)
    api.post(mined("china", "5", "2025-01-31"))
    erased(api, item["event_id"])
    sql = "SELECT position, figure_id, publisher, content FROM events ORDER BY position"
    answer = api.client.post("/v1/sql", json={"sql": sql})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["items"]
    assert [row["position"] for row in rows] == list(range(1, item["position"] + 3))
    row = rows[item["position"] - 1]
    assert (row["figure_id"], row["publisher"]) == (item["figure_id"], None)
    assert "They asked for it." in str(row["content"])
    assert SECRET not in answer.text


def test_it_is_not_taken_again(api: Api) -> None:
    (item,) = api.post(EVENT)
    erased(api, item["event_id"])
    again = api.client.post("/v1/events", json={**EVENT, "event_id": item["event_id"]})
    assert again.status_code == 409
    assert "was erased" in again.json()["detail"]
    assert erase(api, item["event_id"]).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({"reason": None}, "/reason", "missing"),
        ({"reason": "shame"}, "/reason", "literal_error"),
        ({"explanation": 3}, "/explanation", "string_type"),
        ({"target": "x"}, "/target", "uuid_parsing"),
        ({"target": ["x"]}, "/target", "uuid_parsing"),
        ({"acts": [1]}, "/acts", "unknown_field"),
        ({"target": "00000000-0000-4000-8000-000000000009"}, "/target", "target_exists"),
    ],
)
def test_a_body_that_is_none_is_refused_with_the_place(api: Api, body: dict[str, Any], pointer: str, rule: str) -> None:
    (item,) = api.post(EVENT)
    answer = erase(api, item["event_id"], **body)
    assert answer.status_code == 422, answer.text
    assert [(one["pointer"], one["rule"]) for one in answer.json()["errors"]] == [(pointer, rule)]
    for raw in (b"[]", b"3", b"{", b""):
        refused = api.client.post("/v1/erasures", content=raw, headers={"Content-Type": "application/json"})
        assert refused.status_code in (400, 422)


def test_an_event_that_says_it_erases_is_refused(api: Api) -> None:
    (item,) = api.post(EVENT)
    event = {"type": "EventErased", "target": item["event_id"], "reason": "other", "explanation": "-"}
    for parameters in ({}, {"dry_run": "true"}):
        answer = api.client.post("/v1/events", json=event, params=parameters)
        assert answer.status_code == 422
        assert "supply-ledger erase" in answer.json()["detail"]


@pytest.mark.parametrize("resource", ["figures", "report"])
def test_reports_and_audits_say_it_in_their_basis(api: Api, resource: str) -> None:
    (item,) = api.post(EVENT)
    api.post(mined("china", "5", "2025-01-31"))
    position = item["position"] + 1
    erased(api, item["event_id"])
    asked = {"subject": "china", "recorded_as_of": f"position:{position}"}
    answer = api.client.get(f"/v1/{resource}", params=asked)
    assert answer.status_code == 200, answer.text
    assert item["event_id"] in (answer.headers.get("Ledger-Basis") or answer.text)
    assert SECRET not in answer.text


def test_two_viewpoints_differ_by_nothing_that_was_erased(api: Api) -> None:
    (item,) = api.post(EVENT)
    told = erased(api, item["event_id"])
    asked = {
        "from_recorded_as_of": f"position:{item['position'] - 1}",
        "to_recorded_as_of": f"position:{item['position']}",
    }
    page = api.get("diff", **asked)
    assert page["items"] == []
    assert page["basis"]["to"]["erased"][0]["erased_at"] == told["position"]
