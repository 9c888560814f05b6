"""What differs between two viewpoints in policies, agreements, plants and so on, with the events that made it so."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.api.helpers import Api, organisation

Item = dict[str, Any]
BAN = {"policy": "ban", "jurisdiction": "china", "kind": "export_control"}
PLANTS = ("kuantan", "kalgoorlie")
REGISTRATIONS = (
    organisation("mp"),
    organisation("news"),
    *({"type": "EntityRegistered", "entity": slug, "kind": "facility", "name": slug.title()} for slug in PLANTS),
)


def said(by: str | None, on: str, **fields: Any) -> Item:
    return {"published_at": on, **({"source": {"publisher": by}} if by else {}), **fields}


def enacted(on: str, by: str | None = "usgs", **fields: Any) -> Item:
    return {"type": "PolicyEnacted", **BAN, **said(by, on), **fields}


def plant(kind: str, on: str, by: str = "lynas", facility: str = "kuantan", **fields: Any) -> Item:
    return {"type": kind, "facility": facility, **said(by, on), **fields}


def owns(share: str | None, on: str, by: str = "lynas", **fields: Any) -> Item:
    ends = {"subject": "lynas", "relation": "owns", "object": "mp"}
    return {"type": "RelationshipStated", **ends, **said(by, on), **({"share": share} if share else {}), **fields}


def act(kind: str, target: Item, **fields: Any) -> Item:
    return {"type": kind, "target": target["event_id"], "explanation": "looked again", **fields}


@pytest.fixture
def api(api: Api) -> Api:
    api.post(*REGISTRATIONS)
    return api


def diff(api: Api, resource: str = "policies", **parameters: str) -> list[Item]:
    return api.items("diff", resource=resource, **parameters)


def events(item: Item) -> list[tuple[str, str]]:
    return [(cause["type"], cause["cause"]) for cause in item["causes"]]


def test_a_policy_that_was_suspended_meanwhile_differs_with_the_events(api: Api) -> None:
    (law,) = api.post(enacted("2025-10-09", effective_from="2025-12-01"))
    (pause,) = api.post(
        {
            "type": "PolicySuspended",
            "policy": "ban",
            **said("usgs", "2025-11-07"),
            "effective_from": "2025-11-07",
            "effective_to": "2026-11-10",
        }
    )
    answer = api.get("diff", resource="policies", from_as_of="2025-11-01", to_as_of="2025-12-15")
    (item,) = answer["items"]
    assert list(item) == ["policy", "provision", "before", "after", "kind", "fields", "causes"]
    assert (item["policy"], item["kind"]) == ("ban", "changed")
    assert (item["before"]["status"], item["after"]["status"]) == ("announced", "suspended")
    assert item["fields"] == {
        "status": {"before": "announced", "after": "suspended"},
        "interrupted_from": {"before": None, "after": "2025-11-07"},
        "interrupted_to": {"before": None, "after": "2026-11-10"},
    }
    (cause,) = item["causes"]
    assert cause["event_id"] == pause["event_id"]
    assert set(cause) == {"event_id", "type", "cause", "position", "published_at", "recorded_at"}
    assert (cause["type"], cause["cause"], cause["published_at"]) == ("PolicySuspended", "statement", "2025-11-07")
    assert answer["basis"]["from"]["effective_at"] == "2025-11-01T23:59:59.999999Z"
    assert answer["basis"]["to"]["effective_at"] == "2025-12-15T23:59:59.999999Z"
    (item,) = diff(api, from_as_of="2025-10-01", to_as_of="2025-12-15")
    assert (item["kind"], item["before"], item["fields"]) == ("added", None, {})
    assert [cause["event_id"] for cause in item["causes"]] == [law["event_id"], pause["event_id"]]
    (item,) = diff(api, from_as_of="2025-12-15", to_as_of="2025-10-01")
    assert (item["kind"], item["after"]) == ("removed", None)


def test_the_world_may_move_on_by_itself_and_then_nothing_that_was_said_is_the_cause(api: Api) -> None:
    api.post(enacted("2025-10-09", effective_from="2025-12-01"))
    (item,) = diff(api, from_as_of="2025-11-01", to_as_of="2025-12-15")
    assert item["fields"] == {"status": {"before": "announced", "after": "in_force"}}
    assert item["causes"] == []
    assert diff(api, from_as_of="2025-11-01", to_as_of="2025-12-15", effective_at="2025-12-15") == []
    assert diff(api, from_as_of="2025-11-01", to_as_of="2025-11-30") == []


def test_an_end_that_passes_is_a_difference_and_so_is_a_date_that_an_amendment_set_before(api: Api) -> None:
    api.post(enacted("2025-01-09", effective_from="2025-02-01", effective_to="2025-06-30"))
    (item,) = diff(api, from_as_of="2025-06-30", to_as_of="2025-07-01")
    assert item["fields"] == {"status": {"before": "in_force", "after": "expired"}}
    later = {"policy": "later", "effective_from": "2025-02-01"}
    api.post({**enacted("2025-01-09"), **later})
    moved = {"effective_from": "2025-09-01", "effective_to": "2025-11-30"}
    api.post({"type": "PolicyAmended", "policy": "later", **said("usgs", "2025-03-01"), "changes": moved})
    for day, status in (("2025-09-01", "in_force"), ("2025-12-01", "expired")):
        (item,) = diff(api, policy="later", from_as_of="2025-08-31", to_as_of=day)
        assert (item["after"]["status"], item["causes"]) == (status, [])


def test_at_one_instant_of_the_world_only_what_is_known_of_it_differs(api: Api) -> None:
    api.post(enacted("2025-10-09", effective_from="2025-12-01"))
    api.post(enacted("2025-11-20", effective_from="2026-06-01"))
    (item,) = diff(api, from_as_of="2025-11-01", to_as_of="2025-12-01", effective_at="2026-01-15")
    assert item["fields"] == {
        "status": {"before": "in_force", "after": "announced"},
        "effective_from": {"before": "2025-12-01", "after": "2026-06-01"},
    }
    assert events(item) == [("PolicyEnacted", "statement")]


def test_what_is_only_said_again_is_no_difference(api: Api) -> None:
    api.post(enacted("2025-01-09", effective_from="2025-02-01"))
    api.post(enacted("2025-03-09", effective_from="2025-02-01"), enacted("2025-04-09", "bgs"))
    api.post(enacted("2025-05-09", "news", effective_from="2025-02-02"))
    assert diff(api, from_as_of="2025-02-28", to_as_of="2025-12-31", prefer="usgs") == []


def test_what_this_ledger_answered_before_a_correction_and_after(api: Api) -> None:
    parties = {"agreement": "mou", "parties": [{"entity": "lynas"}, {"entity": "mp"}]}
    (signed,) = api.post({"type": "MoUSigned", **parties, **said("lynas", "2025-10-26", effective_from="2025-10-16")})
    reason = {"reason": "date"}
    api.post(act("EventCorrected", signed, changes={"effective_from": "2025-10-26"}, **reason))
    clocks = {"from_as_of": "2026-11-26", "to_as_of": "2026-11-26", "effective_at": "2025-10-20"}
    before = f"position:{signed['position']}"
    (item,) = diff(api, "agreements", from_recorded_as_of=before, **clocks)
    assert (item["kind"], item["before"]["status"], item["after"]) == ("removed", "mou", None)
    assert events(item) == [("EventCorrected", "correction")]
    clocks["effective_at"] = "2025-10-27"
    (item,) = diff(api, "agreements", from_recorded_as_of=before, agreement="mou", **clocks)
    assert item["fields"] == {"effective_from": {"before": "2025-10-16", "after": "2025-10-26"}}
    (hit,) = api.items("impact", resource="agreements", recorded_from=before, as_of="2026-11-26")
    assert (hit["fields"], events(hit)) == (item["fields"], events(item))


def test_retracted_and_reinstated_in_between_cancels_out(api: Api) -> None:
    (law,) = api.post(enacted("2025-01-09"))
    before = f"position:{law['position']}"
    api.post(act("EventRetracted", law, reason="other"))
    (item,) = diff(api, from_recorded_as_of=before)
    assert (item["kind"], events(item)) == ("removed", [("EventRetracted", "retraction")])
    api.post(act("EventReinstated", law))
    assert diff(api, from_recorded_as_of=before) == []


def test_a_withdrawal_of_the_publisher_is_a_cause_and_what_it_takes_back_is_none(api: Api) -> None:
    api.post(plant("FacilityAnnounced", "2025-01-01"))
    (built,) = api.post(plant("FacilityCommissioned", "2025-02-01", effective_from="2025-02-01"))
    api.post({"type": "ReportWithdrawn", "withdraws": built["event_id"], **said("lynas", "2025-06-01")})
    (item,) = diff(api, "facilities", from_as_of="2025-03-01", to_as_of="2025-12-31")
    assert item["fields"]["status"] == {"before": "operating", "after": "announced"}
    assert events(item) == [("ReportWithdrawn", "withdrawal")]
    (item,) = diff(api, "facilities", from_as_of="2024-03-01", to_as_of="2025-12-31")
    assert events(item) == [("FacilityAnnounced", "statement")]
    (item,) = diff(api, "facilities", from_recorded_as_of=f"position:{built['position']}", to_as_of="2025-12-31")
    assert events(item) == [("ReportWithdrawn", "withdrawal")]


def test_who_operates_a_plant_is_told_by_relationships_too(api: Api) -> None:
    api.post(plant("FacilityCommissioned", "2024-01-01", operator="lynas", stage="mine"))
    handover = {"type": "RelationshipStated", "subject": "mp", "relation": "operates", "object": "kuantan"}
    api.post({**handover, **said("mp", "2025-01-01")})
    (item,) = diff(api, "facilities", from_as_of="2024-06-30", to_as_of="2025-06-30")
    assert (item["facility"], item["stage"]) == ("kuantan", "mine")
    assert item["fields"] == {"operator": {"before": "lynas", "after": "mp"}}
    assert events(item) == [("RelationshipStated", "statement")]


def test_stages_differ_each_for_itself(api: Api) -> None:
    api.post(plant("FacilityAnnounced", "2024-01-01", stage="mine"), plant("FacilityAnnounced", "2024-01-01"))
    api.post(plant("FacilityCommissioned", "2025-01-01", stage="mine"))
    api.post(plant("FacilityCommissioned", "2025-01-01", stage="separation"))
    items = diff(api, "facilities", from_as_of="2024-06-30", to_as_of="2025-06-30")
    assert [(item["stage"], item["kind"]) for item in items] == [("mine", "changed"), ("separation", "added")]
    assert [len(item["causes"]) for item in items] == [1, 1]
    first, *rest = pages(api, resource="facilities", from_as_of="2024-06-30", to_as_of="2025-06-30", limit="1")
    assert [item["stage"] for page in (first, *rest) for item in page["items"]] == ["mine", "separation"]


def test_an_interval_is_matched_by_its_start_and_else_by_its_place(api: Api) -> None:
    api.post(owns("51", "2020-01-10", effective_from="2020-01-01"))
    api.post(owns("60", "2025-01-10", effective_from="2012-01-01", effective_to="2014-12-31"))
    (item,) = diff(api, "relationships", from_as_of="2024", to_as_of="2025")
    assert (item["kind"], item["after"]["share"], item["subject"], item["role"]) == ("added", "60", "lynas", None)
    api.post(owns("51.0", "2026-01-10", effective_from="2020"))
    (item,) = diff(api, "relationships", from_as_of="2025", to_as_of="2026-06-30")
    assert item["fields"] == {"effective_from": {"before": "2020-01-01", "after": "2020"}}
    (first,) = api.post(owns("5", "2026-08-01", effective_from="2026-07-01", subject="usgs"))
    api.post(act("EventCorrected", first, changes={"effective_from": "2026-07-15"}, reason="date"))
    before = f"position:{first['position']}"
    (item,) = diff(api, "relationships", subject="usgs", from_recorded_as_of=before)
    assert (item["kind"], list(item["fields"])) == ("changed", ["effective_from"])


def test_a_merge_that_moves_a_name_is_a_cause(api: Api) -> None:
    (law,) = api.post(enacted("2025-01-09"), {**enacted("2025-01-09"), "policy": "z", "jurisdiction": "australia"})[:1]
    (merge,) = api.post({"type": "EntitiesMerged", "kept": "world", "merged": "china", "reason": "One and the same."})
    before = f"position:{merge['position'] - 1}"
    (item,) = diff(api, from_recorded_as_of=before)
    assert item["fields"] == {"jurisdiction": {"before": "china", "after": "world"}}
    assert events(item) == [("EntitiesMerged", "merge")]
    assert law["event_id"] == item["before"]["event_id"]
    for slug in ("china", "world"):
        assert [one["policy"] for one in diff(api, from_recorded_as_of=before, jurisdiction=slug)] == ["ban"]


def test_filters_select_by_the_item_at_either_viewpoint(api: Api) -> None:
    api.post(enacted("2025-10-09", effective_from="2025-12-01"), {**enacted("2025-01-09"), "policy": "other"})
    clocks = {"from_as_of": "2025-11-01", "to_as_of": "2025-12-15"}
    for status in ("announced", "in_force", "announced,repealed"):
        assert [item["policy"] for item in diff(api, status=status, **clocks)] == ["ban"]
    assert diff(api, status="repealed", **clocks) == []
    assert diff(api, kind="tariff", **clocks) == []
    assert [item["policy"] for item in diff(api, policy="ban,other", **clocks)] == ["ban"]


def pages(api: Api, **parameters: str) -> list[Item]:
    found = [api.get("diff", **parameters)]
    while found[-1]["next"]:
        found.append(api.get("diff", **parameters, cursor=found[-1]["next"]))
    return found


def test_pages_fit_together_while_the_log_grows_and_are_the_whole_answer(api: Api) -> None:
    slugs = [f"ban-{number}" for number in range(7)]
    api.post(*({**enacted("2025-01-09"), "policy": slug} for slug in slugs))
    clocks = {"resource": "policies", "from_as_of": "2024"}
    first = api.get("diff", **clocks, limit="3")
    api.post({**enacted("2025-01-09"), "policy": "aaa"})
    second = api.get("diff", **clocks, limit="3", cursor=first["next"])
    third = api.get("diff", **clocks, limit="3", cursor=second["next"])
    found = [item["policy"] for page in (first, second, third) for item in page["items"]]
    assert found == slugs
    assert third["next"] is None
    assert third["basis"] == first["basis"]


def test_differences_of_things_come_in_every_format(api: Api) -> None:
    api.post(enacted("2025-10-09", effective_from="2025-12-01"), {**enacted("2025-10-09"), "policy": "other"})
    asked = {"resource": "policies", "from_as_of": "2025-01-01", "to_as_of": "2025-12-15"}
    wanted = api.items("diff", **asked)
    assert len(wanted) == 2
    found = {
        form: api.client.get("/v1/diff", params={**asked, "format": form}) for form in ("jsonl", "csv", "xlsx", "arrow")
    }
    assert {answer.status_code for answer in found.values()} == {200}
    assert [json.loads(line) for line in found["jsonl"].text.splitlines()] == wanted
    rows = list(csv.DictReader(io.StringIO(found["csv"].text)))
    assert [json.loads(row["after"]) for row in rows] == [item["after"] for item in wanted]
    assert pa.ipc.open_stream(found["arrow"].content).read_all()["policy"].to_pylist() == ["ban", "other"]
    table = parquet.read_table(io.BytesIO(api.client.get("/v1/diff.parquet", params=asked).content))
    assert [json.loads(causes) for causes in table["causes"].to_pylist()] == [item["causes"] for item in wanted]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"jurisdiction": "china"}, "unknown parameter 'jurisdiction'"),
        ({"effective_at": "2025"}, "unknown parameter 'effective_at'"),
        ({"resource": "policies", "metric": "production"}, "unknown parameter 'metric'"),
        ({"resource": "policies", "changed_by_more_than": "5"}, "unknown parameter 'changed_by_more_than'"),
        ({"resource": "policies", "effective_at": "soon"}, "effective_at: 'soon'"),
        ({"resource": "policies", "status": "dead"}, "'dead' is none of"),
        ({"resource": "entities"}, "resource is one of figures, policies"),
        ({"resource": "policies", "cursor": "WzEsMl0"}, "this is no cursor"),
    ],
)
def test_what_a_resource_does_not_take_is_refused(api: Api, parameters: dict[str, str], why: str) -> None:
    for path, more in (("diff", {}), ("impact", {"recorded_from": "2025"})):
        answer = api.client.get(f"/v1/{path}", params={**parameters, **more})
        assert answer.status_code == 422
        assert why in answer.text


def test_figures_are_the_default(api: Api) -> None:
    assert api.get("diff", from_as_of="2024", to_as_of="2025") == api.get(
        "diff", resource="figures", from_as_of="2024", to_as_of="2025"
    )


def test_the_impact_on_things_calls_what_came_late_so(api: Api) -> None:
    (first,) = api.post(enacted("2025-01-09", effective_from="2025-02-01"))
    api.post({"type": "PolicyRepealed", "policy": "ban", **said("usgs", "2025-06-01"), "effective_from": "2025-06-01"})
    asked = {"resource": "policies", "recorded_from": f"position:{first['position']}", "as_of": "2025-12-31"}
    (item,) = api.items("impact", **asked)
    assert item["fields"] == {"status": {"before": "in_force", "after": "repealed"}}
    assert events(item) == [("PolicyRepealed", "late_arrival")]
    lines = api.client.get("/v1/impact", params={**asked, "format": "jsonl"}).text.splitlines()
    assert [json.loads(line) for line in lines] == [item]
    assert api.items("impact", **asked, effective_at="2025-05-31") == []


def test_a_dry_run_lists_what_a_diff_would_list(api: Api) -> None:
    api.post(enacted("2025-01-01", effective_from="2025-06-01"))

    def effects(*sent: Item) -> list[Item]:
        answer = api.client.post("/v1/events", json=list(sent), params={"dry_run": "true"})
        found: list[Item] = answer.json()["effects"]
        return found

    again = enacted("2025-03-01", effective_from="2025-06-01")
    assert effects(again) == [], "what is only said again is no difference"
    moved = enacted("2025-03-01", effective_from="2025-07-01", event_id="aaaaaaaa-0000-4000-8000-000000000001")
    (effect,) = effects(moved)
    before = api.get("policies")["basis"]["recorded_as_of"]
    api.post(moved)
    (item,) = diff(api, from_recorded_as_of=before)
    assert effect == {"resource": "policies", **{name: item[name] for name in ("policy", "provision")}} | {
        side: item[side] for side in ("before", "after")
    }
