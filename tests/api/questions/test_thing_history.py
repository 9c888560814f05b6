"""How things that hold over time got where they are, worked out by hand: on both clocks, in every order of arrival."""

import itertools
import random
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from tests.api.helpers import BASICS, Api, country, organisation
from tests.api.questions.test_over_time import ID, Item, agreement, facility, link, policy, relation, said
from tests.shared_tables import engine_of

WORLD = (
    organisation("mp"),
    organisation("news"),
    {"type": "EntityRegistered", "entity": "ndpr", "kind": "material", "name": "NdPr"},
    *(
        {"type": "EntityRegistered", "entity": slug, "kind": "facility", "name": slug.title()}
        for slug in ("plant", "twin")
    ),
    country("malaysia"),
)
COMMISSIONED = "FacilityCommissioned"


@pytest.fixture
def world(api: Api) -> Api:
    api.post(*WORLD)
    return api


def told(api: Api, path: str, *names: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Some members of each item of a history."""
    return [tuple(item[name] for name in names) for item in api.items(f"{path}/history", **parameters)]


CAUSE = ("cause", "effective_from", "previous_effective_from", "shift_days")


def test_a_date_that_slipped_twice_is_a_revision_each_time(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-06-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2026-01-01", effective_from="2028-06-01"),
        facility(COMMISSIONED, "plant", "2026-06-01", effective_from="2028-01-01"),
    )
    assert told(world, "facilities/plant", *CAUSE) == [
        ("first_report", "2027-01-01", None, None),
        ("confirmation", "2027-01-01", "2027-01-01", 0),
        ("revision", "2028-06-01", "2027-01-01", 517),
        ("revision", "2028-01-01", "2028-06-01", -152),
    ]
    assert told(world, "facilities/plant", "cause", as_of="2025-12-31") == [("first_report",), ("confirmation",)]


def test_an_item_says_who_said_what_of_which_transition(world: Api) -> None:
    (opened,) = world.post(
        facility(COMMISSIONED, "plant", "2025-01", "news", effective_from="2027", stage="magnet", operator="mp")
    )
    assert world.only("facilities/plant/history") == {
        "transition": COMMISSIONED,
        "part": "magnet",
        "event_id": opened["event_id"],
        "position": opened["position"],
        "publisher": "news",
        "published_at": "2025-01",
        "recorded_at": opened["recorded_at"],
        "effective_from": "2027",
        "effective_to": None,
        "cause": "first_report",
        "previous_effective_from": None,
        "shift_days": None,
        "changed": None,
        "says": {"operator": "mp"},
    }


def test_a_coarser_or_finer_date_confirms_and_another_one_does_not(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027"),
        facility(COMMISSIONED, "plant", "2025-02-01", effective_from="2027-Q2"),
        facility(COMMISSIONED, "plant", "2025-03-01", effective_from="2027-05-10"),
        facility(COMMISSIONED, "plant", "2025-04-01", effective_from="2027-09"),
        facility(COMMISSIONED, "plant", "2025-05-01", effective_from="2028"),
    )
    assert told(world, "facilities/plant", *CAUSE) == [
        ("first_report", "2027", None, None),
        ("confirmation", "2027-Q2", "2027", None),
        ("confirmation", "2027-05-10", "2027-Q2", None),
        ("revision", "2027-09", "2027-05-10", 114),
        ("revision", "2028", "2027-09", 122),
    ]


def test_two_publishers_are_two_series(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", "news", effective_from="2028-01-01"),
        facility(COMMISSIONED, "plant", "2025-03-01", "news", effective_from="2028-01-31"),
    )
    assert told(world, "facilities/plant", "publisher", *CAUSE) == [
        ("lynas", "first_report", "2027-01-01", None, None),
        ("news", "first_report", "2028-01-01", None, None),
        ("news", "revision", "2028-01-31", "2028-01-01", 30),
    ]


def test_a_source_that_contradicts_itself_on_a_day_is_in_conflict(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-03-01"),
    )
    assert told(world, "facilities/plant", *CAUSE)[1] == ("conflict", "2027-03-01", "2027-01-01", 59)


def test_what_was_taken_back_lets_the_one_before_stand_again(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2026-01-01", event_id=ID(1)),
        facility(COMMISSIONED, "plant", "2025-02-01", effective_from="2027-01-01", event_id=ID(2)),
        {"type": "ReportWithdrawn", "withdraws": ID(2), **said("lynas", "2025-03-01"), "event_id": ID(3)},
        facility(COMMISSIONED, "plant", "2025-04-01", effective_from="2026-06-01"),
        facility(COMMISSIONED, "plant", "2025-05-01", effective_from="2026-06"),
    )
    assert told(world, "facilities/plant", *CAUSE) == [
        ("first_report", "2026-01-01", None, None),
        ("revision", "2027-01-01", "2026-01-01", 365),
        ("withdrawal", None, "2027-01-01", None),
        ("republication", "2026-06-01", "2026-01-01", 151),
        ("confirmation", "2026-06", "2026-06-01", None),
    ]
    withdrawal = world.items("facilities/plant/history")[2]
    assert (withdrawal["event_id"], withdrawal["transition"], withdrawal["says"]) == (ID(3), COMMISSIONED, None)


def test_an_ending_that_was_taken_back_parts_nothing(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2010-01-01", effective_from="2010-01-01"),
        facility("FacilityClosed", "plant", "2015-01-01", "news", effective_from="2015-01-01", event_id=ID(1)),
        {"type": "ReportWithdrawn", "withdraws": ID(1), **said("news", "2015-02-01")},
        facility(COMMISSIONED, "plant", "2020-01-01", effective_from="2020-01-01"),
    )
    assert told(world, "facilities/plant", "cause") == [
        ("first_report",),
        ("first_report",),
        ("withdrawal",),
        ("revision",),
    ]
    assert told(world, "facilities/plant", "cause", as_of="2015-01-31") == [("first_report",), ("first_report",)]


def test_of_what_is_left_out_the_date_before_still_counts(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", operator="mp"),
        facility(COMMISSIONED, "plant", "2025-03-01", effective_from="2027-03-01", operator="lynas"),
    )
    items = world.items("facilities/plant/history")
    assert [item["cause"] for item in items] == ["first_report", "confirmation", "revision"]
    assert sorted(items[2]["changed"]) == ["effective_from", "operator"]
    assert (items[2]["previous_effective_from"], items[2]["shift_days"]) == ("2027-01-01", 59)


def test_what_happens_twice_is_two_first_reports(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2020-01-01", effective_from="2020-01-01"),
        facility("FacilityIdled", "plant", "2021-01-05", effective_from="2021-01-01"),
        facility("FacilityRestarted", "plant", "2021-06-01", effective_from="2021-06-01"),
        facility("FacilityIdled", "plant", "2023-01-05", effective_from="2023"),
        facility("FacilityIdled", "plant", "2023-02-05", effective_from="2023-03-31"),
        facility("FacilityClosed", "plant", "2024-01-01"),
        facility(COMMISSIONED, "plant", "2026-01-01", effective_from="2026-01-01"),
    )
    assert told(world, "facilities/plant", "transition", "cause") == [
        (COMMISSIONED, "first_report"),
        ("FacilityIdled", "first_report"),
        ("FacilityRestarted", "first_report"),
        ("FacilityIdled", "first_report"),
        ("FacilityIdled", "confirmation"),
        ("FacilityClosed", "first_report"),
        (COMMISSIONED, "first_report"),
    ]


def test_what_says_another_anew_moves_what_may_happen_again(world: Api) -> None:
    idled = facility("FacilityIdled", "plant", "2021-01-05", effective_from="2021-01-01", event_id=ID(1))
    world.post(
        facility(COMMISSIONED, "plant", "2020-01-01"),
        idled,
        *(
            facility(
                "FacilityIdled",
                "plant",
                f"2021-0{place}-05",
                effective_from=f"2021-0{place}-01",
                event_id=ID(place),
                restates=ID(place - 1),
            )
            for place in range(2, 8)
        ),
    )
    assert told(world, "facilities/plant", "cause", "shift_days")[1:] == [
        ("first_report", None),
        *(("revision", days) for days in (31, 28, 31, 30, 31, 30)),
    ]


def test_parts_have_transitions_of_their_own(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2020-01-01", effective_from="2020-01-01", stage="mine"),
        facility("FacilityClosed", "plant", "2021-01-01", effective_from="2021-01-01", stage="magnet"),
        facility(COMMISSIONED, "plant", "2022-01-01", effective_from="2022-01-01", stage="mine"),
        facility(COMMISSIONED, "plant", "2022-01-01", effective_from="2022-01-01", stage="magnet"),
        facility("FacilityClosed", "plant", "2023-01-01", effective_from="2023-01-01"),
        facility(COMMISSIONED, "plant", "2024-01-01", effective_from="2024-01-01", stage="mine"),
    )
    assert told(world, "facilities/plant", "part", "cause") == [
        ("mine", "first_report"),
        ("magnet", "first_report"),
        ("mine", "revision"),
        ("magnet", "first_report"),
        (None, "first_report"),
        ("mine", "first_report"),
    ]


def test_an_amendment_is_compared_by_what_it_changes(world: Api) -> None:
    world.post(
        policy("PolicyEnacted", "ban", "2025-01-01", "usgs", effective_from="2025-02-01"),
        policy("PolicyAmended", "ban", "2025-03-01", "usgs", effective_from="2025-03", changes={"title": "A"}),
        policy(
            "PolicyAmended",
            "ban",
            "2025-04-01",
            "usgs",
            effective_from="2025-03-15",
            changes={"title": "B", "effective_to": "2026"},
        ),
    )
    items = world.items("policies/ban/history")
    assert [item["cause"] for item in items] == ["first_report", "first_report", "revision"]
    assert items[2]["changed"] == ["changes.title"]
    assert items[2]["says"] == {"changes": {"title": "B", "effective_to": "2026"}}


def test_a_correction_and_a_retraction_are_none_of_the_world(world: Api) -> None:
    first, second = world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2072-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", effective_from="2028-01-01"),
    )
    how = {"reason": "transcription", "explanation": "Digits."}
    corrected, retracted, back = world.post(
        {"type": "EventCorrected", "target": first["event_id"], "changes": {"effective_from": "2027-01-01"}, **how},
        {"type": "EventRetracted", "target": second["event_id"], **how},
        {"type": "EventReinstated", "target": second["event_id"], "explanation": "It was right."},
    )
    assert told(world, "facilities/plant", *CAUSE) == [
        ("first_report", "2027-01-01", None, None),
        ("revision", "2028-01-01", "2027-01-01", 365),
    ]
    at = f"position:{retracted['position']}"
    assert told(world, "facilities/plant", *CAUSE, recorded_as_of=at) == [("first_report", "2027-01-01", None, None)]
    ledger = told(world, "facilities/plant", "position", *CAUSE, "status", clock="ledger")
    assert ledger == [
        (first["position"], "recorded", "2072-01-01", None, None, "announced"),
        (second["position"], "recorded", "2028-01-01", "2072-01-01", -16071, "announced"),
        (retracted["position"], "retraction", "2027-01-01", "2028-01-01", -365, "announced"),
        (back["position"], "reinstatement", "2028-01-01", "2027-01-01", 365, "announced"),
    ]
    assert corrected["position"] not in [row[0] for row in ledger]


def test_the_ledger_clock_tells_what_was_answered_before_a_late_arrival(world: Api) -> None:
    signed, told_late = world.post(
        agreement("MoUSigned", "mou", "2025-10-30", "usgs", effective_from="2025-10-27"),
        agreement("MoUSigned", "mou", "2025-10-26", "usgs", effective_from="2025-10-26", title="Found later"),
    )
    assert told(world, "agreements/mou", "cause", "effective_from", "title", clock="ledger") == [
        ("recorded", "2025-10-27", None),
        ("late_arrival", "2025-10-27", "Found later"),
    ]
    items = world.items("agreements/mou/history", clock="ledger")
    assert [item["event_id"] for item in items] == [signed["event_id"], told_late["event_id"]]
    assert [item["decided_by"] for item in items] == [signed["event_id"]] * 2


def test_before_it_is_published_nothing_was_answered(world: Api) -> None:
    world.post(link("flow", "2026-01-01", effective_from="2027-01-01"))
    unknown = world.client.get("/v1/links/flow/history", params={"clock": "ledger", "as_of": "2025"})
    assert unknown.status_code == 404
    assert told(world, "links/flow", "status", clock="ledger", effective_at="2027-01-01") == [("open",)]
    assert told(world, "links/flow", "status", clock="ledger", effective_at="2026-12-31") == [("planned",)]


def test_each_stage_has_answers_of_its_own(world: Api) -> None:
    world.post(
        facility("FacilityAnnounced", "plant", "2024-01-01"),
        facility(COMMISSIONED, "plant", "2024-06-01", stage="mine"),
        facility("ConstructionStarted", "plant", "2024-07-01", stage="magnet"),
        facility("FacilityClosed", "plant", "2025-01-01"),
    )
    assert told(world, "facilities/plant", "part", "status", clock="ledger") == [
        (None, "announced"),
        (None, None),
        ("mine", "operating"),
        ("magnet", "under_construction"),
        ("magnet", "closed"),
        ("mine", "closed"),
    ]


def test_an_operator_that_a_relationship_names_is_a_change_of_the_answer(world: Api) -> None:
    world.post(facility(COMMISSIONED, "plant", "2020-01-01", effective_from="2020-01-01", operator="lynas"))
    (handed,) = world.post(relation("mp", "operates", "plant", "2024-01-10", effective_from="2024-01-01"))
    items = world.items("facilities/plant/history", clock="ledger")
    assert [(item["operator"], item["transition"]) for item in items] == [
        ("lynas", COMMISSIONED),
        ("mp", "RelationshipStated"),
    ]
    assert items[1]["event_id"] == handed["event_id"]
    assert told(world, "facilities/plant", "transition") == [(COMMISSIONED,)]


def test_a_relationship_is_named_by_its_ends(world: Api) -> None:
    world.post(
        relation("mp", "owns", "lynas", "2020-01-01", share="51", effective_from="2020-01-01"),
        relation("mp", "owns", "lynas", "2021-01-01", share="51.0", effective_from="2020"),
        relation("mp", "owns", "lynas", "2022-01-01", share="49", effective_from="2020-01-01"),
        relation("mp", "owns", "lynas", "2024-01-01", share="60", effective_from="2024-01-01"),
        relation("mp", "owns", "lynas", "2020-01-01", role="a / b", effective_from="2020-01-01"),
    )
    assert told(world, "relationships/mp:owns:lynas", "cause", "changed") == [
        ("first_report", None),
        ("confirmation", None),
        ("revision", ["share"]),
        ("first_report", None),
    ]
    assert told(world, "relationships/mp:owns:lynas", "share", "status", "effective_from", clock="ledger") == [
        ("51", "open", "2020-01-01"),
        ("51.0", "open", "2020"),
        ("49", "open", "2020-01-01"),
        ("49", "closed", "2020-01-01"),
        ("60", "open", "2024-01-01"),
    ]
    assert len(world.items("relationships/mp:owns:lynas:a / b/history")) == 1
    for name in ("mp:owns", "mp:owns:bgs", "mp owns lynas", "mp:owns:lynas:c"):
        assert world.client.get(f"/v1/relationships/{name}/history").status_code == 404


def test_an_interval_that_begins_otherwise_goes_on(world: Api) -> None:
    _, second = world.post(
        relation("mp", "owns", "lynas", "2020-01-01", effective_from="2020-01-01"),
        relation("mp", "owns", "lynas", "2024-01-01", effective_from="2024-01-01"),
    )
    world.post(
        {"type": "EventCorrected", "target": second["event_id"], "changes": {"effective_from": "2023-01-01"}}
        | {"reason": "date", "explanation": "Misread."}
    )
    last = world.items("relationships/mp:owns:lynas/history", clock="ledger")[-1]
    assert (last["cause"], last["effective_from"], last["previous_effective_from"], last["shift_days"]) == (
        *("correction", "2023-01-01", "2024-01-01"),
        -365,
    )


def test_a_merged_plant_answers_under_either_slug(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility("ConstructionStarted", "twin", "2025-02-01", effective_from="2025-02-01"),
    )
    (merged,) = world.post({"type": "EntitiesMerged", "kept": "plant", "merged": "twin", "reason": "One plant."})
    assert told(world, "facilities/twin", "transition") == told(world, "facilities/plant", "transition")
    names = ("cause", "facility", "status")
    assert told(world, "facilities/twin", *names, clock="ledger") == [
        ("recorded", "twin", "under_construction"),
        ("merge", "plant", "under_construction"),
    ]
    assert told(world, "facilities/plant", *names, clock="ledger") == [
        ("recorded", "plant", "announced"),
        ("merge", "plant", "under_construction"),
    ]
    assert world.items("facilities/plant/history", clock="ledger")[1]["event_id"] == merged["event_id"]


def test_a_commitment_met_in_part_is_told_apart_from_one_that_is_met(world: Api) -> None:
    met = {"type": "CommitmentMet", "commitment": "loan"}
    made = {"type": "CommitmentMade", "commitment": "loan", "kind": "loan", "by": "usgs", "to": "mp"}
    world.post(
        {**made, "amount": {"value": "150", "unit": "million USD"}, **said("mp", "2025-01-01")},
        {**made, "amount": {"value": "150.0", "unit": "million USD"}, **said("mp", "2025-02-01")},
        {**met, "amount": {"value": "50", "unit": "million USD"}, **said("mp", "2025-03-01")},
        {**met, "amount": {"value": "60", "unit": "million USD"}, **said("mp", "2025-06-01")},
        {**met, **said("mp", "2026-01-01")},
        {**met, "effective_from": "2025-12-31", **said("mp", "2026-02-01")},
    )
    assert told(world, "commitments/loan", "transition", "cause") == [
        ("CommitmentMade", "first_report"),
        ("CommitmentMade", "confirmation"),
        ("CommitmentMet", "first_report"),
        ("CommitmentMet", "first_report"),
        ("CommitmentMet", "first_report"),
        ("CommitmentMet", "confirmation"),
    ]
    assert [status for (status,) in told(world, "commitments/loan", "status", clock="ledger")][-1] == "met"


STORY = (
    facility("FacilityAnnounced", "plant", "2024-01-01", event_id=ID(1)),
    facility(COMMISSIONED, "plant", "2024-02-01", effective_from="2026-01-01", event_id=ID(2)),
    facility(COMMISSIONED, "plant", "2024-06", "news", effective_from="2026", event_id=ID(3)),
    facility(COMMISSIONED, "plant", "2025-02-01", effective_from="2027-01-01", event_id=ID(4)),
    facility("FacilityIdled", "plant", "2025-03-01", effective_from="2028-01", event_id=ID(5)),
    facility("FacilityIdled", "plant", "2025-04-01", effective_from="2028-01-20", event_id=ID(6)),
)


def test_any_order_of_arrival_tells_the_same_of_the_world() -> None:
    """What was opened must be known first, so the announcement comes first."""
    orders = list(itertools.permutations(STORY[1:]))
    histories = set()
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine, answers_bytes_max=0)))
        api.post(*BASICS, *WORLD)
        for place, order in enumerate(random.Random(1).sample(orders, 12)):
            slug = f"plant-{place}"
            numbered = [{**one, "facility": slug, "event_id": ID(100 * place + 100 + i)} for i, one in enumerate(order)]
            api.post({"type": "EntityRegistered", "entity": slug, "kind": "facility", "name": slug})
            api.post({**STORY[0], "facility": slug, "event_id": ID(100 * place + 99)}, *numbered)
            histories.add(tuple(told(api, f"facilities/{slug}", "transition", "publisher", "published_at", *CAUSE)))
            last = api.items(f"facilities/{slug}/history", clock="ledger")[-1]
            (state,) = api.items("facilities", facility=slug)
            assert {name: last[name] for name in ("status", "effective_from", "publisher")} == {
                name: state[name] for name in ("status", "effective_from", "publisher")
            }
    assert len(histories) == 1


def test_pages_of_both_clocks_fit_together(world: Api) -> None:
    world.post(
        facility("FacilityAnnounced", "plant", "2024-01-01"),
        facility(COMMISSIONED, "plant", "2024-06-01", stage="mine"),
        facility("ConstructionStarted", "plant", "2024-07-01", stage="magnet"),
        facility("FacilityClosed", "plant", "2025-01-01"),
    )
    for clock in ("publication", "ledger"):
        whole = world.items("facilities/plant/history", clock=clock)
        for limit in (1, 2, 3):
            found: list[Item] = []
            cursor: dict[str, str] = {}
            while True:
                page = world.get("facilities/plant/history", clock=clock, limit=limit, **cursor)
                assert len(page["items"]) <= limit
                found += page["items"]
                if page["next"] is None:
                    break
                cursor = {"cursor": page["next"]}
            assert found == whole


@pytest.mark.parametrize("clock", ["publication", "ledger"])
def test_a_history_comes_in_every_format(world: Api, clock: str) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027", operator="mp"),
        facility(COMMISSIONED, "plant", "2026-01-01", effective_from="2028-06-01", operator="lynas"),
    )
    for form in ("json", "jsonl", "csv", "parquet", "arrow", "xlsx"):
        answer = world.client.get(f"/v1/facilities/plant/history.{form}", params={"clock": clock})
        assert answer.status_code == 200, answer.text
        if form == "csv":
            header, first, second = answer.text.splitlines()
            assert "shift_days" in header.split(",")
            assert ("2027" in first, "2028-06-01" in second) == (True, True)


def test_an_unknown_clock_or_thing_is_refused(world: Api) -> None:
    assert world.client.get("/v1/policies/none/history").status_code == 404
    assert world.client.get("/v1/policies/No Slug/history").status_code == 404
    world.post(link("flow", "2026-01-01"))
    assert world.client.get("/v1/links/flow/history", params={"clock": "world"}).status_code == 422
    assert world.client.get("/v1/links/flow/history", params={"status": "open"}).status_code == 422


def test_a_history_of_one_publisher_is_told_as_if_nobody_else_had_spoken(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", "news", effective_from="2028-01-01"),
        facility("FacilityClosed", "plant", "2025-02-15", "news", effective_from="2027-06-01"),
        facility(COMMISSIONED, "plant", "2025-03-01", effective_from="2027-07-01"),
    )
    everybody = told(world, "facilities/plant", "publisher", *CAUSE)
    assert everybody[-1] == ("lynas", "first_report", "2027-07-01", None, None)
    assert told(world, "facilities/plant", "publisher", *CAUSE, publisher="lynas") == [
        ("lynas", "first_report", "2027-01-01", None, None),
        ("lynas", "revision", "2027-07-01", "2027-01-01", 181),
    ]
    assert [by for (by,) in told(world, "facilities/plant", "publisher", prefer="news")] == [
        "lynas",
        "news",
        "news",
        "lynas",
    ]


def test_what_was_answered_is_told_as_a_publisher_says_or_as_one_comes_first(world: Api) -> None:
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", "news", effective_from="2028-01-01"),
        facility(COMMISSIONED, "plant", "2025-03-01", effective_from="2027-07-01"),
    )
    asked = {"clock": "ledger", "effective_at": "2029-01-01"}
    assert told(world, "facilities/plant", "publisher", "effective_from", **asked, publisher="news") == [
        ("news", "2028-01-01")
    ]
    assert told(world, "facilities/plant", "publisher", "effective_from", **asked, prefer="news") == [
        ("lynas", "2027-01-01"),
        ("news", "2028-01-01"),
    ]
    assert told(world, "facilities/plant", "publisher", "effective_from", **asked) == [
        ("lynas", "2027-01-01"),
        ("news", "2028-01-01"),
        ("lynas", "2027-07-01"),
    ]


def test_publishers_in_a_history_mean_what_they_meant_at_each_position(world: Api) -> None:
    world.post(organisation("paper"))
    world.post(
        facility(COMMISSIONED, "plant", "2025-01-01", "news", effective_from="2027-01-01"),
        facility(COMMISSIONED, "plant", "2025-02-01", "paper", effective_from="2028-01-01"),
    )
    world.post({"type": "EntitiesMerged", "kept": "paper", "merged": "news", "reason": "One and the same."})
    asked = {"clock": "ledger", "effective_at": "2029-01-01", "publisher": "news"}
    assert told(world, "facilities/plant", "cause", "publisher", "effective_from", **asked) == [
        ("recorded", "news", "2027-01-01"),
        ("merge", "paper", "2028-01-01"),
    ]
    everything = told(world, "facilities/plant", "effective_from", publisher="news")
    assert everything == [("2027-01-01",), ("2028-01-01",)]


def test_a_name_of_nobody_leaves_a_history_empty_and_says_who_may_be_meant(world: Api) -> None:
    world.post(facility(COMMISSIONED, "plant", "2025-01-01", "news", effective_from="2027-01-01"))
    for clock in ("publication", "ledger"):
        answer = world.get("facilities/plant/history", clock=clock, publisher="newz")
        assert (answer["items"], answer["hints"][0]["value"]) == ([], "newz")


def test_an_amount_printed_in_another_unit_is_the_same_amount(world: Api) -> None:
    made = {"type": "CommitmentMade", "commitment": "offtake", "kind": "offtake", "by": "usgs", "to": "mp"}
    for published, value, unit in (
        ("2025-01-01", "2080", "t"),
        ("2025-02-01", "2.080", "kt"),
        ("2025-03-01", "2.1", "kt"),
    ):
        world.post({**made, "quantity": {"value": value, "unit": unit}, **said("mp", published)})
    assert told(world, "commitments/offtake", "cause", "changed") == [
        ("first_report", None),
        ("confirmation", None),
        ("revision", ["quantity"]),
    ]
    asked = {"resource": "commitments", "from_as_of": "2025-01-15"}
    assert world.items("diff", **asked, to_as_of="2025-02-15") == []
    (differing,) = world.items("diff", **asked, to_as_of="2025-03-15")
    (field,) = differing["fields"].items()
    assert (field[0], field[1]["before"]["value"], field[1]["after"]["value"]) == ("quantity", "2080", "2.1")
