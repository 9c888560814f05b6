"""Who disagrees with whom about a date of something that holds over time, and what each stated when."""

import csv
import io
from typing import Any

import pytest

from tests.api.helpers import Api, organisation
from tests.api.questions.test_thing_diff import act, enacted, owns, plant, said

Item = dict[str, Any]


@pytest.fixture
def api(api: Api) -> Api:
    kuantan = {"type": "EntityRegistered", "entity": "kuantan", "kind": "facility", "name": "Kuantan"}
    api.post(organisation("mp"), organisation("news"), kuantan)
    return api


def disputes(api: Api, resource: str = "facilities", **parameters: str) -> list[Item]:
    return api.items("disputes", resource=resource, **parameters)


def vintages(api: Api, resource: str = "facilities", **parameters: str) -> list[Item]:
    return api.items("vintages", resource=resource, **parameters)


def built(on: str, start: str, by: str = "lynas", **fields: Any) -> Item:
    return plant("FacilityCommissioned", on, by, effective_from=start, **fields)


def test_two_dates_that_cannot_both_be_so_are_a_dispute_since_the_later_was_stated(api: Api) -> None:
    first, second, _ = api.post(
        built("2025-02-01", "2027", operator="lynas"),
        built("2025-03-01", "2028-06", by="news", operator="mp"),
        plant("FacilityAnnounced", "2025-01-01", "news"),
    )
    (item,) = disputes(api, as_of="2025-12-31")
    assert (item["facility"], item["part"], item["transition"]) == ("kuantan", None, "FacilityCommissioned")
    assert (item["status"], item["since"], item["since_date"]) == ("open", "2025-03-01", "2025-03-01")
    assert item["fields"] == ["effective_from", "operator"]
    assert (item["days"], item["days_apart"], item["until"], item["ended_by"]) == (305, 517, None, None)
    assert item["began_by"] == {
        "event_id": second["event_id"],
        "publisher": "news",
        "cause": "statement",
        "position": second["position"],
    }
    assert [(one["publisher"], one["effective_from"], one["operator"]) for one in item["publishers"]] == [
        ("lynas", "2027", "lynas"),
        ("news", "2028-06", "mp"),
    ]
    assert item["publishers"][0]["event_id"] == first["event_id"]
    assert disputes(api, as_of="2025-02-28") == []
    assert disputes(api, as_of="2025-12-31", status="ended") == []


@pytest.mark.parametrize(
    ("mine", "theirs", "is_disputed"),
    [
        ("2028", "2028-06", False),
        ("2028-06", "2028-06-30", False),
        ("2028-06-30", "2028-07", True),
        ("2028-Q2", "2028-06-30", False),
        ("2028-06-01", "2028-06-01", False),
        ("2028-06-01T12:00:00Z", "2028-06-01T12:00:00Z", False),
        ("2028-06-01", "2028-06-02", True),
    ],
)
def test_dates_are_intervals_that_overlap_or_do_not(api: Api, mine: str, theirs: str, is_disputed: bool) -> None:
    api.post(built("2025-02-01", mine), built("2025-03-01", theirs, by="news"))
    assert bool(disputes(api)) is is_disputed


def test_a_dispute_ends_with_a_revision_or_a_withdrawal_and_may_begin_again(api: Api) -> None:
    api.post(built("2025-01-01", "2027"), built("2025-02-01", "2028", by="news"))
    (ending,) = api.post(built("2025-03-01", "2027-05", by="news"))
    (again,) = api.post(built("2025-04-01", "2029", by="news"))
    (taken,) = api.post({"type": "ReportWithdrawn", "withdraws": again["event_id"], **said("news", "2025-05-01")})
    first, second = disputes(api, status="all")
    assert (first["since"], first["until"], first["days"], first["ended_by"]["event_id"]) == (
        "2025-02-01",
        "2025-03-01",
        28,
        ending["event_id"],
    )
    assert [one["effective_from"] for one in first["publishers"]] == ["2027", "2028"]
    assert second["ended_by"] == {
        "event_id": taken["event_id"],
        "publisher": "news",
        "cause": "withdrawal",
        "position": taken["position"],
    }
    assert disputes(api) == []
    assert [item["since"] for item in disputes(api, status="ended")] == ["2025-02-01", "2025-04-01"]
    assert [item["status"] for item in disputes(api, as_of="2025-02-15")] == ["open"]


def test_what_a_statement_leaves_out_its_publisher_still_says(api: Api) -> None:
    api.post(built("2025-01-01", "2027"), plant("FacilityCommissioned", "2025-06-01"))
    api.post(built("2025-02-01", "2028", by="news"))
    (item,) = disputes(api)
    assert [(one["publisher"], one["effective_from"], one["published_at"]) for one in item["publishers"]] == [
        ("lynas", "2027", "2025-06-01"),
        ("news", "2028", "2025-02-01"),
    ]


def test_disputes_are_asked_of_every_resource_and_by_publisher(api: Api) -> None:
    api.post(owns("51", "2025-01-01", effective_from="2020"), owns("49", "2025-02-01", "mp", effective_from="2020"))
    api.post(owns("51.0", "2025-02-01", "news", effective_from="2020"))
    api.post(enacted("2025-01-01", effective_from="2025-06-01"), enacted("2025-02-01", "bgs", kind="tariff"))
    (item,) = disputes(api, "relationships")
    assert (item["subject"], item["role"], item["fields"]) == ("lynas", None, ["share"])
    (item,) = disputes(api, "policies", publisher="bgs")
    assert (item["policy"], item["fields"], item["days_apart"]) == ("ban", ["kind"], None)
    assert disputes(api, "policies", publisher="news") == []
    assert disputes(api, "policies", policy="other") == []
    assert disputes(api, "agreements") == []


def test_stages_are_disputed_each_for_itself_and_filters_select_things(api: Api) -> None:
    for stage in ("mine", "separation"):
        api.post(built("2025-01-01", "2027", stage=stage), built("2025-02-01", "2028", by="news", stage=stage))
    assert [item["part"] for item in disputes(api)] == ["mine", "separation"]
    assert [item["part"] for item in disputes(api, stage="mine")] == ["mine"]
    assert disputes(api, operator="mp") == []


def test_pages_and_files_of_disputes(api: Api) -> None:
    for number in range(5):
        law = {"policy": f"ban-{number}"}
        api.post({**enacted("2025-01-01", effective_from="2026"), **law})
        api.post({**enacted("2025-02-01", "bgs", effective_from="2027"), **law})
    first = api.get("disputes", resource="policies", limit="3")
    second = api.get("disputes", resource="policies", limit="3", cursor=first["next"])
    named = [item["policy"] for page in (first, second) for item in page["items"]]
    assert named == [f"ban-{number}" for number in range(5)]
    text = api.client.get("/v1/disputes.csv", params={"resource": "policies"}).text
    assert [row["policy"] for row in csv.DictReader(io.StringIO(text))] == named


def test_the_vintages_of_a_date_that_slipped(api: Api) -> None:
    first, _, third = api.post(
        built("2025-02-01", "2027-01-01"),
        built("2025-08-01", "2027"),
        built("2026-02-01", "2028-06-01"),
    )
    items = vintages(api)
    assert [(item["vintage"], item["effective_from"], item["shift_days"]) for item in items] == [
        ("2025-02-01", "2027-01-01", None),
        ("2025-08-01", "2027", None),
        ("2026-02-01", "2028-06-01", 517),
    ]
    assert [item["superseded_on"] for item in items] == ["2025-08-01", "2026-02-01", None]
    assert [items[0]["event_id"], items[2]["event_id"]] == [first["event_id"], third["event_id"]]
    assert items[2]["previous_effective_from"] == "2027"
    assert list(items[0])[:7] == [
        *("facility", "part", "transition", "publisher", "vintage", "vintage_date", "superseded_on")
    ]


def test_vintages_at_dates_and_across(api: Api) -> None:
    api.post(built("2025-02-01", "2027-01-01"), built("2026-02-01", "2028-06-01"))
    api.post(built("2025-05-01", "2029", by="news"))
    asked = {"dates": "2025-01-31,2025-12-31,2026-06-30"}
    assert [(one["publisher"], one["vintage"], one["effective_from"]) for one in vintages(api, **asked)] == [
        ("lynas", "2025-12-31", "2027-01-01"),
        ("lynas", "2026-06-30", "2028-06-01"),
        ("news", "2025-12-31", "2029"),
        ("news", "2026-06-30", "2029"),
    ]
    wide = vintages(api, layout="wide", **asked)
    assert [list(row.values())[-3:] for row in wide] == [
        [None, "2027-01-01", "2028-06-01"],
        [None, "2029", "2029"],
    ]
    first, second = vintages(api, layout="wide")
    assert [first[day] for day in ("2025-02-01", "2025-05-01", "2026-02-01")] == [
        *("2027-01-01", "2027-01-01", "2028-06-01")
    ]
    assert [second[day] for day in ("2025-02-01", "2025-05-01", "2026-02-01")] == [None, "2029", "2029"]
    assert [row["publisher"] for row in vintages(api, layout="wide", publisher="news")] == ["news"]


def test_a_date_that_was_taken_back_leaves_the_one_before(api: Api) -> None:
    (first,) = api.post(built("2025-01-01", "2027-01-01"))
    (second,) = api.post(built("2025-02-01", "2028-01-01"))
    api.post({"type": "ReportWithdrawn", "withdraws": second["event_id"], **said("lynas", "2025-03-01")})
    assert [(one["vintage"], one["effective_from"]) for one in vintages(api)] == [
        ("2025-01-01", "2027-01-01"),
        ("2025-02-01", "2028-01-01"),
        ("2025-03-01", "2027-01-01"),
    ]
    api.post({"type": "ReportWithdrawn", "withdraws": first["event_id"], **said("lynas", "2025-04-01")})
    assert vintages(api)[-1]["superseded_on"] == "2025-04-01"
    assert len(vintages(api)) == 3
    assert vintages(api, dates="2025-04-01") == []


def test_our_own_correction_is_no_vintage(api: Api) -> None:
    (first,) = api.post(built("2025-01-01", "2027-01-01"))
    api.post(act("EventCorrected", first, changes={"effective_from": "2027-02-01"}, reason="date"))
    assert [one["effective_from"] for one in vintages(api)] == ["2027-02-01"]
    (item,) = vintages(api, recorded_as_of=f"position:{first['position']}")
    assert item["effective_from"] == "2027-01-01"


@pytest.mark.parametrize(
    ("path", "parameters", "why"),
    [
        ("vintages", {"resource": "policies", "horizons": "3"}, "unknown parameter 'horizons'"),
        ("vintages", {"resource": "policies", "dates": "2999"}, "2999 is after as_of"),
        ("vintages", {"operator": "mp"}, "unknown parameter 'operator'"),
        ("disputes", {"resource": "policies", "metric": "production"}, "unknown parameter 'metric'"),
        ("disputes", {"resource": "policies", "status": "repealed"}, "status is one of open, ended, all"),
        ("disputes", {"party": "mp"}, "unknown parameter 'party'"),
    ],
)
def test_what_these_questions_do_not_take_is_refused(api: Api, path: str, parameters: dict[str, str], why: str) -> None:
    answer = api.client.get(f"/v1/{path}", params=parameters)
    assert answer.status_code == 422
    assert why in answer.text


def test_a_name_is_taken_for_the_entity_that_it_means(api: Api) -> None:
    api.post(built("2025-01-01", "2023", operator="mp"), built("2025-02-01", "2024", by="news"))
    answer = api.get("disputes", resource="facilities", operator="Mp", publisher="news")
    assert [item["facility"] for item in answer["items"]] == ["kuantan"]
    assert answer["resolved"] == [{"parameter": "operator", "value": "Mp", "taken_for": "mp"}]
    answer = api.get("disputes", resource="facilities", operator="nobody")
    assert [hint["parameter"] for hint in answer["hints"]] == ["operator"]
