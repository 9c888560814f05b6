"""Provisions of a policy, and things as some publishers say alone: told once, and asked in many ways."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from tests.api.helpers import BASICS, Api, country, organisation
from tests.shared_tables import engine_of

Item = dict[str, Any]


def said(by: str, on: str) -> Item:
    return {"published_at": on, "source": {"publisher": by, "kind": "secondary" if by == "news" else "primary"}}


def policy(type_name: str, slug: str, on: str, by: str = "ministry", **fields: Any) -> Item:
    opening = (
        {"jurisdiction": "china", "kind": "export_control"} if type_name.endswith(("Announced", "Enacted")) else {}
    )
    return {"type": type_name, "policy": slug, **opening, **said(by, on), **fields}


EVENTS = (
    organisation("ministry"),
    organisation("news"),
    organisation("mp"),
    organisation("apple"),
    country("malaysia"),
    {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "Plant"},
    # Due in December, one part at once; all suspended before that.
    policy("PolicyEnacted", "order-61", "2025-10-09", effective_from="2025-12-01", applies_to=["mp"]),
    policy("PolicyEnacted", "order-61", "2025-10-09", provision="part 3", effective_from="2025-10-09"),
    policy("PolicySuspended", "order-61", "2025-11-07", effective_from="2025-11-07", effective_to="2026-11-10"),
    policy("PolicyReinstated", "order-61", "2026-02-01", provision="part 3", effective_from="2026-03-01"),
    # Two parts, and nothing that is about all of it but the repeal.
    policy("PolicyEnacted", "two-parts", "2024-01-10", provision="exports", effective_from="2024-02-01"),
    policy("PolicyAnnounced", "two-parts", "2024-01-10", provision="stocks", effective_from="2026-01-01"),
    policy("PolicyRepealed", "two-parts", "2025-06-01", provision="exports", effective_from="2025-07-01"),
    # Two amendments, of which the one that is published later takes effect earlier.
    policy("PolicyEnacted", "moved", "2024-01-01", title="As enacted"),
    policy("PolicyAmended", "moved", "2024-05-01", effective_from="2024-10-01", changes={"title": "From October"}),
    policy("PolicyAmended", "moved", "2024-06-01", effective_from="2024-07-01", changes={"title": "From July"}),
    # Enacted without a date, as the news had it months before the ministry.
    policy("PolicyEnacted", "undated", "2024-03-01", by="news"),
    policy("PolicyEnacted", "undated", "2024-06-01"),
    # A date that the news has otherwise, and earlier.
    policy("PolicyEnacted", "quota", "2024-03-01", effective_from="2024-04-01"),
    policy("PolicyEnacted", "quota", "2024-03-02", by="news", effective_from="2024-03-15"),
    policy("PolicyRepealed", "quota", "2024-09-01", by="news", effective_from="2024-09-01"),
    {
        "type": "FacilityCommissioned",
        "facility": "plant",
        "stage": "magnet",
        "effective_from": "2024",
        **said("news", "2024-05-01"),
    },
    {"type": "FacilityAnnounced", "facility": "plant", "effective_from": "2023", **said("mp", "2023-05-01")},
    {
        "type": "RelationshipStated",
        "subject": "mp",
        "relation": "partner",
        "object": "apple",
        "role": "supplier: magnets",
        "effective_from": "2027",
        **said("mp", "2025-07-15"),
    },
    {
        "type": "RelationshipStated",
        "subject": "mp",
        "relation": "operates",
        "object": "plant",
        **said("mp", "2024-01-01"),
    },
    {
        "type": "RelationshipEnded",
        "subject": "mp",
        "relation": "operates",
        "object": "plant",
        **said("news", "2025-01-01"),
    },
)


@pytest.fixture(scope="module")
def told() -> Iterator[Api]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *EVENTS])
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


def items(api: Api, path: str, **asked: str) -> list[Item]:
    answer = api.client.get(f"/v1/{path}", params={"as_of": "2026-12-31", **asked})
    assert answer.status_code == 200, answer.text
    found: list[Item] = answer.json()["items"]
    return found


def only(api: Api, path: str, **asked: str) -> Item:
    (item,) = items(api, path, **asked)
    return item


@pytest.mark.parametrize(
    ("day", "whole", "part"),
    [
        ("2025-10-08", "announced", None),
        ("2025-10-09", "announced", "in_force"),
        ("2025-11-07", "suspended", "suspended"),
        ("2025-12-15", "suspended", "suspended"),
        ("2026-03-01", "suspended", "in_force"),
        ("2026-11-11", "in_force", "in_force"),
    ],
)
def test_a_provision_has_dates_of_its_own_and_what_is_about_all_bears_on_it(
    told: Api, day: str, whole: str, part: str | None
) -> None:
    if day == "2025-10-08":
        assert items(told, "policies", policy="order-61", effective_at=day) == []
        return
    item = only(told, "policies", policy="order-61", effective_at=day)
    (provision,) = item["provisions"]
    assert (item["status"], item["provision"], item["effective_from"]) == (whole, None, "2025-12-01")
    assert (provision["provision"], provision["status"], provision["effective_from"]) == ("part 3", part, "2025-10-09")
    alone = only(told, "policies", policy="order-61", provision="part 3", effective_at=day)
    assert {name: alone[name] for name in provision} == provision
    assert (alone["provisions"], alone["applies_to"], item["applies_to"]) == (None, ["mp"], ["mp"])


def test_a_policy_that_is_told_by_parts_only_is_as_its_parts_are_together(told: Api) -> None:
    statuses = []
    for day in ("2024-02-01", "2025-06-30", "2025-07-01"):
        item = only(told, "policies", policy="two-parts", effective_at=day)
        statuses.append((item["status"], *(one["status"] for one in item["provisions"])))
    assert statuses == [
        ("in_force", "in_force", "announced"),
        ("in_force", "in_force", "announced"),
        ("repealed", "repealed", "announced"),
    ]


@pytest.mark.parametrize(
    ("publisher", "day", "expected"),
    [
        (None, "2024-03-20", ("announced", "ministry", "2024-04-01")),
        ("ministry", "2024-10-01", ("in_force", "ministry", "2024-04-01")),
        ("news", "2024-03-20", ("in_force", "news", "2024-03-15")),
        ("news", "2024-10-01", ("repealed", "news", "2024-03-15")),
        ("news,ministry", "2024-10-01", ("repealed", "news", "2024-04-01")),
        (None, "2024-10-01", ("repealed", "news", "2024-04-01")),
    ],
)
def test_what_one_publisher_says_alone_is_folded_alone(
    told: Api, publisher: str | None, day: str, expected: tuple[str, str, str]
) -> None:
    asked = {"publisher": publisher} if publisher else {}
    item = only(told, "policies", policy="quota", effective_at=day, **asked)
    assert (item["status"], item["publisher"], item["effective_from"]) == expected
    assert (item["publishers"], item["disputed"]) == (2, True)


def test_amendments_count_in_order_of_taking_effect(told: Api) -> None:
    days = ("2024-06-30", "2024-07-01", "2024-10-01")
    titles = [only(told, "policies", policy="moved", effective_at=day)["title"] for day in days]
    assert titles == ["As enacted", "From July", "From October"]


def test_what_has_no_date_begins_when_anybody_first_said_so(told: Api) -> None:
    statuses = [
        only(told, "policies", policy="undated", effective_at=day)["status"] for day in ("2024-03-01", "2024-05")
    ]
    assert statuses == ["in_force", "in_force"]
    item = only(told, "policies", policy="undated", publisher="ministry", effective_at="2024-06-01")
    assert (item["status"], item["publisher"]) == ("in_force", "ministry")
    assert items(told, "policies", policy="undated", publisher="ministry", effective_at="2024-05") == []


def test_a_publisher_that_said_nothing_of_a_thing_has_no_answer(told: Api) -> None:
    assert items(told, "policies", policy="quota", publisher="apple") == []
    asked = told.client.get("/v1/policies", params={"publisher": "minstry"}).json()
    assert asked["items"] == []
    assert asked["hints"] == [{"parameter": "publisher", "value": "minstry", "meant": ["ministry"]}]


def test_the_parts_of_a_plant_are_those_that_the_publishers_name(told: Api) -> None:
    assert [(one["stage"], one["status"]) for one in items(told, "facilities")] == [("magnet", "operating")]
    alone = only(told, "facilities", publisher="mp")
    assert (alone["stage"], alone["status"], alone["operator"], alone["publishers"]) == (None, "announced", "mp", 1)
    assert only(told, "facilities", publisher="news")["operator"] is None
    assert only(told, "facilities")["operator"] is None


def test_a_relationship_has_an_id(told: Api) -> None:
    ids = [one["relationship"] for one in items(told, "relationships")]
    assert ids == ["mp:operates:plant", "mp:partner:apple:supplier: magnets"]
    for known_as in ids:
        answer = told.client.get(f"/v1/relationships/{known_as}", params={"as_of": "2026-12-31"}).json()
        assert [one["relationship"] for one in answer["items"]] == [known_as]
        assert {event["type"] for event in answer["events"]} <= {"RelationshipStated", "RelationshipEnded"}
        assert only(told, "relationships", relationship=known_as) == answer["items"][0]
    assert len(told.client.get("/v1/relationships/mp:operates:plant").json()["events"]) == 2


@pytest.mark.parametrize(
    "known_as", ["mp", "mp:operates", "mp::plant", ":::", "mp:operates:apple", "MP:operates:plant"]
)
def test_what_names_no_relationship_is_404_in_a_path(told: Api, known_as: str) -> None:
    answer = told.client.get(f"/v1/relationships/{known_as}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_filter_that_is_no_relationship_is_refused_and_one_that_is_unknown_selects_nothing(told: Api) -> None:
    assert told.client.get("/v1/relationships", params={"relationship": "mp:operates"}).status_code == 422
    assert items(told, "relationships", relationship="mp:operates:apple") == []
