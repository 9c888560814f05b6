"""Things that hold over time, as people tell of them: slips, several publishers, twice idled plants, handovers.

All is in one ledger that the tests only read; each thing is a story of its own.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import CATALOGUE, THINGS
from tests.api.helpers import BASICS, Api, country, organisation
from tests.shared_tables import engine_of

Item = dict[str, Any]
ID = "00000000-0000-4000-8000-{:012d}".format


def said(by: str | None, on: str, *, kind: str | None = None) -> Item:
    source = {name: value for name, value in (("publisher", by), ("kind", kind)) if value is not None}
    return {"published_at": on, **({"source": source} if source else {})}


def facility(type_name: str, slug: str, on: str, by: str | None = "lynas", **fields: Any) -> Item:
    return {"type": type_name, "facility": slug, **said(by, on), **fields}


def policy(type_name: str, slug: str, on: str, by: str | None = None, **fields: Any) -> Item:
    opening = {"jurisdiction": "china", "kind": "export_ban"} if type_name.endswith(("Announced", "Enacted")) else {}
    return {"type": type_name, "policy": slug, **opening, **said(by, on), **fields}


def agreement(type_name: str, slug: str, on: str, by: str | None = None, **fields: Any) -> Item:
    kind = fields.pop("source_kind", None)
    parties = {"parties": [{"entity": "lynas"}, {"entity": "mp"}]} if type_name.endswith("Signed") else {}
    return {"type": type_name, "agreement": slug, **parties, **said(by, on, kind=kind), **fields}


def link(slug: str, on: str, by: str | None = "lynas", **fields: Any) -> Item:
    ends = {"supplier": "lynas", "consumer": "mp", "material": "ndpr"}
    return {"type": "SupplyLinkOpened", "link": slug, **ends, **said(by, on), **fields}


def relation(subject: str, name: str, target: str, on: str, by: str | None = "lynas", **fields: Any) -> Item:
    known = {"subject": subject, "relation": name, "object": target}
    return {"type": "RelationshipStated", **known, **said(by, on), **fields}


PLANTS = (
    "slipping",
    "expected",
    "confirmed",
    "twice",
    "handed",
    "staged",
    "cancelled",
    "back",
    "told-twice",
    "disputed",
)
REGISTRATIONS = (
    organisation("mp"),
    organisation("news"),
    organisation("jare"),
    {"type": "EntityRegistered", "entity": "ndpr", "kind": "material", "name": "NdPr"},
    *({"type": "EntityRegistered", "entity": slug, "kind": "facility", "name": slug.title()} for slug in PLANTS),
    country("malaysia"),
)
FACTS = (
    # A start that slipped.
    facility("FacilityAnnounced", "slipping", "2025-01-10"),
    facility("FacilityCommissioned", "slipping", "2025-02-01", effective_from="2027-01-01"),
    facility("FacilityCommissioned", "slipping", "2026-02-01", effective_from="2028-06-01"),
    link("slipping-link", "2025-02-01", effective_from="2027-01-01"),
    link("slipping-link", "2026-02-01", effective_from="2028-06-01"),
    # Expected, and confirmed.
    facility("FacilityCommissioned", "expected", "2024-01-01", effective_from="2025-01-01"),
    facility("FacilityCommissioned", "confirmed", "2024-01-01", effective_from="2025-01-01"),
    facility("FacilityCommissioned", "confirmed", "2025-02-01", "news", effective_from="2025-01"),
    # Twice idled; the first end is told later, by another.
    facility("FacilityCommissioned", "twice", "2020-01-01", effective_from="2020-01-01"),
    facility("FacilityIdled", "twice", "2021-01-05", effective_from="2021-01-01"),
    facility("FacilityRestarted", "twice", "2021-06-01", effective_from="2021-06-01"),
    facility("FacilityIdled", "twice", "2023-01-05", effective_from="2023-01-01", effective_to="2023-03-31"),
    # An operator who is another from 2024 on, told as a relationship.
    facility("FacilityCommissioned", "handed", "2020-01-01", effective_from="2020-01-01", operator="lynas"),
    relation("mp", "operates", "handed", "2024-01-10", effective_from="2024-01-01", effective_to="2025-12-31"),
    # Stages, and what names none.
    facility("FacilityAnnounced", "staged", "2024-01-01"),
    facility("FacilityCommissioned", "staged", "2024-06-01", stage="mine"),
    facility("ConstructionStarted", "staged", "2024-07-01", stage="magnet"),
    # Never built; and closed and commissioned again.
    facility("FacilityAnnounced", "cancelled", "2024-01-01"),
    facility("FacilityCancelled", "cancelled", "2025-01-01"),
    facility("FacilityCommissioned", "back", "2010-01-01", effective_from="2010-01-01"),
    facility("FacilityClosed", "back", "2015-01-01", effective_from="2015-01-01"),
    facility("FacilityCommissioned", "back", "2020-01-01", effective_from="2020-01-01"),
    # Taken back: what was said before stands again.
    facility("FacilityCommissioned", "told-twice", "2024-01-01", effective_from="2026-01-01", event_id=ID(1)),
    facility("FacilityCommissioned", "told-twice", "2024-06-01", effective_from="2027-01-01", event_id=ID(2)),
    {"type": "ReportWithdrawn", "withdraws": ID(2), **said("lynas", "2024-09-01")},
    # Two publishers who cannot both be right.
    facility("FacilityCommissioned", "disputed", "2025-03-01", "news", effective_from="2025-03-01", stage="magnet"),
    facility("FacilityCommissioned", "disputed", "2025-02-01", effective_from="2025-01-15", stage="magnet"),
    # Shares that add up.
    relation("mp", "owns", "lynas", "2020-01-01", share="51", effective_from="2020-01-01"),
    relation("mp", "owns", "lynas", "2024-01-01", share="51", effective_from="2020-01-01", effective_to="2023-12-31"),
    relation("jare", "owns", "lynas", "2024-01-01", share="60", effective_from="2024-01-01"),
    relation("jare", "owns", "mp", "2024-01-01", nature="planned", effective_from="2024-01-01", share_low="5"),
    relation("jare", "owns", "mp", "2020-01-01", share="3", effective_from="2020-01-01"),
    relation("news", "advises", "mp", "2020-01-01", effective_from="2020-01-01"),
    {"type": "RelationshipEnded", "subject": "news", "relation": "advises", "object": "mp"}
    | {"effective_from": "2022-01-01", **said("lynas", "2022-01-05")},
    # A newspaper's month beside a ministry's day.
    agreement("MoUSigned", "mou", "2025-10-26", "usgs", effective_from="2025-10-26"),
    agreement("MoUSigned", "mou", "2025-10-30", "news", source_kind="secondary", effective_from="2025-10"),
    # A memorandum that ends does not end what replaced it.
    agreement("MoUSigned", "pact", "2024-01-01", effective_from="2024-01-01", effective_to="2024-12-31", title="Pact"),
    agreement("AgreementSigned", "pact", "2024-06-01", effective_from="2024-07-01"),
    # Planned links.
    link("begins-later", "2025-01-01", effective_from="2027-01-01"),
    link("only-planned", "2025-01-01", effective_from="2025-02-01", nature="planned"),
    # Announced and never enacted; suspended across its own start.
    policy("PolicyAnnounced", "never", "2024-01-01", effective_from="2024-06-01", effective_to="2024-12-31"),
    policy("PolicyEnacted", "a61", "2025-10-09", effective_from="2025-12-01"),
    policy("PolicySuspended", "a61", "2025-11-07", effective_from="2025-11-07", effective_to="2026-11-10"),
    # Said anew by another name of the day.
    policy("PolicyEnacted", "anew", "2025-01-01", effective_from="2025-02-01"),
    policy("PolicySuspended", "anew", "2025-03-01", effective_from="2025-03-01", event_id=ID(3)),
    policy("PolicySuspended", "anew", "2025-03-10", effective_from="2025-05-01", restates=ID(3)),
    # Repealed, and enacted again: the second enactment is known early, and counts from its start on.
    policy("PolicyEnacted", "again", "2019-06-01", effective_from="2020-01-01"),
    policy("PolicyRepealed", "again", "2021-06-01", effective_from="2022-01-01"),
    policy("PolicyEnacted", "again", "2021-06-01", effective_from="2025-01-01", title="Anew"),
    # What is told of a provision alone.
    policy("PolicyEnacted", "parts", "2025-01-01", effective_from="2025-01-01"),
    policy("PolicySuspended", "parts", "2025-03-01", effective_from="2025-03-01", provision="article 3"),
)


@pytest.fixture(scope="module")
def told() -> Iterator[Api]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *REGISTRATIONS, *FACTS])
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


CASES: list[tuple[str, Item, Item]] = [
    ("facilities", {"facility": "slipping", "effective_at": "2027-06-01"}, {"status": "announced"}),
    ("facilities", {"facility": "slipping", "effective_at": "2028-06-01"}, {"status": "operating"}),
    (
        "facilities",
        {"facility": "slipping", "effective_at": "2027-06-01", "as_of": "2025-12-31"},
        {"status": "operating", "foreseen": True},
    ),
    ("links", {"link": "slipping-link", "effective_at": "2027-06-01"}, {"status": "planned", "foreseen": False}),
    ("links", {"link": "slipping-link", "effective_at": "2028-06-01"}, {"status": "open", "foreseen": True}),
    ("links", {"link": "begins-later", "effective_at": "2026-06-01"}, {"status": "planned"}),
    ("links", {"link": "only-planned", "effective_at": "2026-06-01"}, {"status": "planned", "nature": "planned"}),
    ("facilities", {"facility": "expected"}, {"status": "operating", "foreseen": True, "publishers": 1}),
    (
        "facilities",
        {"facility": "confirmed"},
        {"status": "operating", "foreseen": False, "publishers": 2, "disputed": False, "effective_from": "2025-01"},
    ),
    (
        "facilities",
        {"facility": "confirmed", "prefer": "lynas"},
        {"publisher": "lynas", "effective_from": "2025-01-01", "foreseen": False},
    ),
    ("facilities", {"facility": "twice", "effective_at": "2021-03-01"}, {"status": "idled", "interrupted_to": None}),
    ("facilities", {"facility": "twice", "effective_at": "2022-03-01"}, {"status": "operating"}),
    (
        "facilities",
        {"facility": "twice", "effective_at": "2023-02-01"},
        {"status": "idled", "interrupted_from": "2023-01-01", "interrupted_to": "2023-03-31"},
    ),
    ("facilities", {"facility": "twice", "effective_at": "2023-04-01"}, {"status": "operating"}),
    ("facilities", {"facility": "handed", "effective_at": "2023-12-31"}, {"operator": "lynas"}),
    ("facilities", {"facility": "handed", "effective_at": "2024-01-01"}, {"operator": "mp"}),
    ("facilities", {"facility": "handed", "effective_at": "2026-01-01"}, {"operator": None}),
    ("facilities", {"operator": "mp", "effective_at": "2024-06-01"}, {"facility": "handed"}),
    ("facilities", {"facility": "staged", "stage": "mine"}, {"status": "operating"}),
    ("facilities", {"facility": "staged", "stage": "magnet"}, {"status": "under_construction"}),
    ("facilities", {"facility": "cancelled"}, {"status": "cancelled"}),
    ("facilities", {"facility": "back", "effective_at": "2012"}, {"status": "operating"}),
    ("facilities", {"facility": "back", "effective_at": "2017"}, {"status": "closed"}),
    (
        "facilities",
        {"facility": "back", "effective_at": "2021"},
        {"status": "operating", "effective_from": "2020-01-01"},
    ),
    (
        "facilities",
        {"facility": "told-twice", "as_of": "2024-07-01", "effective_at": "2027-02"},
        {"effective_from": "2027-01-01"},
    ),
    (
        "facilities",
        {"facility": "told-twice", "as_of": "2024-09-01", "effective_at": "2027-02"},
        {"effective_from": "2026-01-01", "event_id": ID(1)},
    ),
    ("facilities", {"facility": "disputed"}, {"disputed": True, "publisher": "news", "publishers": 2}),
    ("facilities", {"facility": "disputed", "prefer": "lynas"}, {"disputed": True, "effective_from": "2025-01-15"}),
    ("facilities", {"facility": "disputed", "as_of": "2025-02-15"}, {"disputed": False, "publishers": 1}),
    ("agreements", {"agreement": "mou", "as_of": "2026-11-26"}, {"status": "mou", "effective_from": "2025-10-26"}),
    ("agreements", {"agreement": "mou"}, {"publisher": "usgs", "publishers": 2, "disputed": False, "binding": None}),
    ("agreements", {"agreement": "mou", "prefer": "news"}, {"effective_from": "2025-10", "publisher": "news"}),
    (
        "agreements",
        {"agreement": "pact", "effective_at": "2024-03-01"},
        {"status": "mou", "effective_to": "2024-12-31"},
    ),
    ("agreements", {"agreement": "pact", "effective_at": "2024-06-15"}, {"status": "signed", "title": "Pact"}),
    (
        "agreements",
        {"agreement": "pact", "effective_at": "2025-06-01"},
        {"status": "in_force", "effective_to": None, "binding": True},
    ),
    ("policies", {"policy": "never", "effective_at": "2024-07-01"}, {"status": "announced"}),
    ("policies", {"policy": "never", "effective_at": "2025-01-01"}, {"status": "lapsed"}),
    (
        "policies",
        {"policy": "a61", "effective_at": "2025-12-15"},
        {"status": "suspended", "interrupted_from": "2025-11-07", "interrupted_to": "2026-11-10"},
    ),
    ("policies", {"policy": "a61", "effective_at": "2026-11-11"}, {"status": "in_force", "foreseen": True}),
    ("policies", {"policy": "a61", "effective_at": "2025-11-01"}, {"status": "announced", "interrupted_to": None}),
    ("policies", {"policy": "anew", "effective_at": "2025-04-01"}, {"status": "in_force"}),
    ("policies", {"policy": "anew", "effective_at": "2025-05-01"}, {"status": "suspended"}),
    ("policies", {"policy": "anew", "effective_at": "2025-04-01", "as_of": "2025-03-05"}, {"status": "suspended"}),
    (
        "policies",
        {"policy": "again", "effective_at": "2021-12-31"},
        {"status": "in_force", "effective_from": "2020-01-01", "title": None},
    ),
    ("policies", {"policy": "again", "effective_at": "2024"}, {"status": "repealed"}),
    (
        "policies",
        {"policy": "again", "effective_at": "2025-01-01"},
        {"status": "in_force", "effective_from": "2025-01-01", "title": "Anew"},
    ),
    ("policies", {"policy": "parts", "effective_at": "2025-06-01"}, {"status": "in_force"}),
]


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{CASES[n][0]} {CASES[n][1]}")
def test_a_thing_is_what_a_careful_reader_would_say(told: Api, number: int) -> None:
    resource, asked, expected = CASES[number]
    item = told.only(resource, **asked)
    assert {name: item[name] for name in expected} == expected


def test_what_is_not_owned_any_more_is_closed_and_shares_add_up_to_no_more_than_all(told: Api) -> None:
    for at, owners in (("2021", [("mp", "51")]), ("2023-12-31", [("mp", "51")]), ("2026", [("jare", "60")])):
        found = told.items("relationships", relation="owns", object="lynas", status="open", effective_at=at)
        assert [(item["subject"], item["share"]) for item in found] == owners


def test_what_is_only_planned_ends_nothing_and_an_ending_ends_what_began_by_then(told: Api) -> None:
    held = told.items("relationships", subject="jare", object="mp", effective_at="2026")
    assert [(one["status"], one["share"], one["share_low"]) for one in held] == [
        ("open", "3", None),
        ("planned", None, "5"),
    ]
    (advised,) = told.items("relationships", relation="advises", effective_at="2023")
    assert advised["status"] == "closed"
    assert told.only("relationships", relation="advises", effective_at="2021-12-31")["status"] == "open"


@pytest.mark.parametrize("slug", ["slipping", "twice", "back", "disputed", "told-twice"])
def test_any_order_of_arrival_gives_the_same_answers(told: Api, slug: str) -> None:
    facts = [fact for fact in FACTS if fact.get("facility") == slug or fact["type"] == "ReportWithdrawn"]
    taken_back = [fact for fact in facts if fact["type"] == "ReportWithdrawn" and slug == "told-twice"]
    facts = [fact for fact in facts if fact["type"] != "ReportWithdrawn"]
    opening, *rest = facts
    orders = [*itertools.permutations(rest)][:: 1 if len(rest) < 3 else 2]
    asked = {"facility": slug, "effective_at": "2026-02-01"}
    left_out = {"position", "event_id"} if slug != "told-twice" else {"position"}
    expected = {name: value for name, value in told.only("facilities", **asked).items() if name not in left_out}
    for order in orders:
        with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
            ledger.append([*BASICS, *REGISTRATIONS, opening, *order, *taken_back])
            item = Api(TestClient(create_app(engine, answers_bytes_max=0))).only("facilities", **asked)
        assert {name: value for name, value in item.items() if name not in left_out} == expected


@pytest.mark.parametrize("resource", THINGS)
def test_a_thing_asked_for_by_name_is_the_one_in_the_list(told: Api, resource: str) -> None:
    slug = CATALOGUE[resource].slug or ""
    for asked in (
        {},
        {"effective_at": "2026-06-30"},
        {"as_of": "2025-12-31"},
        {"publisher": "news"},
        {"prefer": "news"},
    ):
        listed = told.items(resource, **asked)
        for item in listed:
            by_name = told.items(resource, **{slug: item[slug]}, **asked)
            assert by_name == [one for one in listed if one[slug] == item[slug]]


# Dry runs


def dry_run(api: Api, *events: Item) -> list[Item]:
    answer = api.client.post("/v1/events", json=list(events), params={"dry_run": "true"})
    assert answer.status_code == 200, answer.text
    effects: list[Item] = answer.json()["effects"]
    return effects


def test_a_dry_run_says_what_becomes_of_things(told: Api) -> None:
    (slip,) = dry_run(told, facility("FacilityCommissioned", "expected", "2026-02-01", effective_from="2031"))
    assert {name: slip[name] for name in ("resource", "facility", "stage")} == {
        "resource": "facilities",
        "facility": "expected",
        "stage": None,
    }
    assert (slip["before"]["status"], slip["after"]) == ("operating", {**slip["after"], "status": "announced"} | {})
    (suspended,) = dry_run(told, policy("PolicySuspended", "parts", "2026-01-01", effective_from="2026-01-01"))
    assert suspended["before"] == told.only("policies", policy="parts")
    assert (suspended["policy"], suspended["after"]["status"]) == ("parts", "suspended")
    (new,) = dry_run(told, policy("PolicyEnacted", "new", "2026-01-01"))
    assert (new["before"], new["after"]["status"]) == (None, "in_force")


def test_a_dry_run_of_a_handover_names_the_relationship_and_the_facility(told: Api) -> None:
    found = dry_run(told, relation("jare", "operates", "twice", "2026-01-01", effective_from="2026-01-01"))
    assert [(one["resource"], one.get("facility") or one["object"]) for one in found] == [
        ("facilities", "twice"),
        ("relationships", "twice"),
    ]
    assert (found[0]["before"]["operator"], found[0]["after"]["operator"]) == (None, "jare")


def test_a_dry_run_of_a_withdrawal_and_of_a_correction_names_the_thing(told: Api) -> None:
    (back,) = dry_run(told, {"type": "ReportWithdrawn", "withdraws": ID(1), **said("lynas", "2026-01-01")})
    assert (back["facility"], back["before"]["status"], back["after"]) == ("told-twice", "operating", None)
    correction = {"type": "EventCorrected", "target": ID(3), "changes": {"effective_from": "2025-02-15"}}
    effects = dry_run(told, {**correction, "reason": "date", "explanation": "Misread."})
    assert [one["policy"] for one in effects] in (["anew"], [])
    (retracted,) = dry_run(told, {"type": "EventRetracted", "target": ID(1), "reason": "other", "explanation": "No."})
    assert (retracted["facility"], retracted["after"]) == ("told-twice", None)
