"""The ledger's preference over HTTP: who answers, since when and why, and that it can be taken back."""

import csv
import io
import json
from typing import Any

import pytest

from api.questions import answer_preferences
from tests.api.helpers import Api

Item = dict[str, Any]
WORLD = (
    *(
        {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug}
        for slug in ("survey", "ministry", "consultancy")
    ),
    {"type": "EntityRegistered", "entity": "erewhon", "kind": "country", "name": "Erewhon"},
)


def told(publisher: str, value: str, published_at: str, **fields: Any) -> Item:
    return {
        "type": "ProductionReported",
        "subject": "erewhon",
        "metric": "mine_production",
        "period": "2024",
        "value": value,
        "unit": "t",
        "published_at": published_at,
        "source": {"publisher": publisher},
        **fields,
    }


SAID = (told("survey", "100", "2025-01-31"), told("ministry", "110", "2025-03-31"))
NEWCOMER = told("consultancy", "900", "2025-06-30")


def prefer(*publishers: str, **fields: Any) -> Item:
    return {"type": "PreferenceSet", "publishers": list(publishers), **fields}


def policy(publisher: str, effective_from: str, published_at: str) -> Item:
    return {
        "type": "PolicyEnacted",
        "policy": "ban",
        "jurisdiction": "erewhon",
        "kind": "export_ban",
        "effective_from": effective_from,
        "published_at": published_at,
        "source": {"publisher": publisher},
    }


def answer(api: Api, **asked: str) -> tuple[str, str]:
    item = api.only("figures", subject="erewhon", metric="mine_production", **asked)
    return item["publisher"], item["value"]


def test_a_newcomer_that_calls_itself_primary_is_not_everybodys_answer_where_the_ledger_prefers_others(
    api: Api,
) -> None:
    api.post(*WORLD, *SAID, NEWCOMER)
    assert answer(api) == ("consultancy", "900")
    api.post(prefer("ministry", "survey", reason="They say how they count."))
    assert answer(api) == ("ministry", "110")
    assert answer(api, prefer="survey") == ("survey", "100")
    assert answer(api, as_of="2025-02-28") == ("survey", "100")
    assert answer(api, recorded_as_of=f"position:{api.head() - 1}") == ("consultancy", "900")
    everybody = api.items("figures", resolve="all")
    assert {item["publisher"] for item in everybody} == {"survey", "ministry", "consultancy"}
    assert {(item["publishers"], item["disputed"], item["spread"]) for item in everybody} == {(3, True, "800")}


def test_a_metric_has_a_preference_of_its_own_and_an_empty_one_takes_it_back(api: Api) -> None:
    other = [{**one, "metric": "exports", "type": "TradeReported"} for one in (*SAID, NEWCOMER)]
    api.post(*WORLD, *SAID, NEWCOMER, *other, prefer("ministry"), prefer("survey", metric="mine_production"))

    def answers() -> dict[str, str]:
        found = {item["metric"]: item["publisher"] for item in api.items("figures")}
        rows = csv.DictReader(io.StringIO(api.client.get("/v1/figures.csv").text))
        assert {row["metric"]: row["publisher"] for row in rows} == found  # all are folded in SQL, a few one by one
        return found

    assert answers() == {"mine_production": "survey", "exports": "ministry"}
    api.post(prefer(metric="mine_production"))
    assert answers() == {"mine_production": "ministry", "exports": "ministry"}
    api.post(prefer())
    assert answers() == {"mine_production": "consultancy", "exports": "consultancy"}


def test_what_is_done_to_a_preference_counts_from_then_on(api: Api) -> None:
    api.post(*WORLD, *SAID, NEWCOMER)
    (first,) = api.post(prefer("survey"))
    (second,) = api.post(prefer("ministry"))
    why = {"explanation": "Misread.", "reason": "other"}
    api.post(
        {"type": "EventCorrected", "target": second["event_id"], "changes": {"publishers": ["consultancy"]}, **why}
    )
    assert answer(api)[0] == "consultancy"
    api.post({"type": "EventRetracted", "target": second["event_id"], **why})
    assert answer(api)[0] == "survey"
    history = api.items(f"figures/{api.only('figures')['figure_id']}/history", clock="ledger")
    assert [(one["cause"], one["publisher"]) for one in history[2:]] == [
        ("recorded", "consultancy"),
        ("preference", "survey"),
        ("preference", "ministry"),
        ("correction", "consultancy"),
        ("retraction", "survey"),
    ]
    assert history[3]["event_id"] == first["event_id"]


def test_a_difference_names_the_preference_that_made_it_and_no_other(api: Api) -> None:
    api.post(*WORLD, *SAID, NEWCOMER, told("survey", "5", "2025-01-31", metric="exports", type="TradeReported"))
    before = api.head()
    (setting,) = api.post(prefer("survey"))
    api.post(told("survey", "6", "2025-02-28", metric="exports", type="TradeReported"))
    items = api.items("diff", from_recorded_as_of=f"position:{before}")
    assert {item["metric"]: [cause["cause"] for cause in item["causes"]] for item in items} == {
        "exports": ["statement"],
        "mine_production": ["preference"],
    }
    of_mines = next(item for item in items if item["metric"] == "mine_production")
    assert (of_mines["change"], of_mines["causes"][0]["event_id"]) == ("-800", setting["event_id"])
    (impact,) = api.items("impact", recorded_from=f"position:{before}", metric="mine_production")
    assert [cause["cause"] for cause in impact["causes"]] == ["preference"]


def test_a_dry_run_shows_what_a_preference_would_change(api: Api) -> None:
    api.post(
        *WORLD,
        *SAID,
        NEWCOMER,
        policy("ministry", "2025-04-01", "2025-03-01"),
        policy("survey", "2025-05-01", "2025-03-02"),
    )
    response = api.client.post("/v1/events?dry_run=true", json=prefer("ministry"))
    assert response.status_code == 200, response.text
    effects = response.json()["effects"]
    assert [(one.get("resource"), (one["after"] or {})["publisher"]) for one in effects] == [
        (None, "ministry"),
        ("policies", "ministry"),
    ]
    assert answer(api)[0] == "consultancy"


def test_things_that_hold_over_time_follow_the_preference_for_everything_alone(api: Api) -> None:
    api.post(*WORLD, policy("ministry", "2025-04-01", "2025-03-01"), policy("survey", "2025-05-01", "2025-03-02"))
    api.post(prefer("ministry", metric="mine_production"))
    assert api.only("policies")["effective_from"] == "2025-05-01"
    before = api.head()
    (setting,) = api.post(prefer("ministry"))
    assert api.only("policies")["effective_from"] == "2025-04-01"
    assert api.only("policies", prefer="survey")["effective_from"] == "2025-05-01"
    history = api.items("policies/ban/history", clock="ledger")
    assert [(one["cause"], one["effective_from"]) for one in history] == [
        ("recorded", "2025-04-01"),
        ("recorded", "2025-05-01"),
        ("preference", "2025-04-01"),
    ]
    (item,) = api.items("diff", resource="policies", from_recorded_as_of=f"position:{before}")
    assert [(cause["cause"], cause["event_id"]) for cause in item["causes"]] == [("preference", setting["event_id"])]


@pytest.mark.parametrize("few", [answer_preferences.FEW_ITEMS, 0])
def test_an_answer_says_which_preference_put_its_publisher_first(
    api: Api, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_preferences, "FEW_ITEMS", few)
    api.post(*WORLD, *SAID, NEWCOMER)
    assert "preferences" not in api.get("figures", subject="erewhon")
    (setting,) = api.post(prefer("ministry", reason="It counts."))
    (said,) = api.get("figures", subject="erewhon")["preferences"]
    assert (said["metric"], said["preferred"], said["reason"]) == (None, ["ministry"], "It counts.")
    assert (said["event_id"], said["position"]) == (setting["event_id"], setting["position"])
    assert "preferences" not in api.get("figures", subject="erewhon", prefer="survey")
    assert "preferences" not in api.get("figures", subject="erewhon", as_of="2025-02-28")
    receipt = api.get("figures", subject="erewhon", receipt="full")["receipt"]
    assert setting["position"] in [json.loads(json.dumps(one["leaf"]))["position"] for one in receipt["events"]]


def test_the_preferences_in_force_are_listed_with_who_set_them(api: Api) -> None:
    api.post(*WORLD, *SAID)
    assert api.items("preferences") == []
    api.post(prefer("survey"), prefer("ministry"), prefer("survey", "ministry", metric="mine_production"))
    everything, of_mines = api.items("preferences")
    assert (everything["metric"], everything["preferred"]) == (None, ["ministry"])
    assert (of_mines["metric"], of_mines["preferred"]) == ("mine_production", ["survey", "ministry"])
    assert everything["set_by"] == of_mines["set_by"] == api.items("events", type="PreferenceSet")[0]["recorded_by"]
    assert api.items("preferences", metric="mine_production") == [of_mines]
    assert api.items("preferences", metric="exports") == [everything]
    assert api.items("preferences", recorded_as_of=f"position:{api.head() - 2}")[0]["preferred"] == ["survey"]
    api.post({"type": "EntitiesMerged", "kept": "survey", "merged": "ministry", "reason": "One."})
    assert [one["preferred"] for one in api.items("preferences")] == [["survey"], ["survey"]]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"publishers": ["erewhon"]}, "publisher_is_organisation"),
        ({"publishers": ["nobody"]}, "unregistered"),
        ({"publishers": "survey"}, "list_type"),
        ({"publishers": ["survey"] * 101}, "too_long"),
        ({"publishers": ["survey"], "metric": "Mine production"}, "string_pattern_mismatch"),
        ({}, "missing"),
    ],
)
def test_what_is_no_preference_is_refused(api: Api, fields: Item, rule: str) -> None:
    api.post(*WORLD)
    before = api.head()
    response = api.client.post("/v1/events", json={"type": "PreferenceSet", **fields})
    assert response.status_code == 422, response.text
    assert rule in response.text
    assert api.head() == before


def test_who_is_preferred_stays_an_organisation(api: Api) -> None:
    (first, *_), _ = api.post(*WORLD), api.post(prefer("survey"))
    change = {"target": first["event_id"], "changes": {"kind": "country"}, "reason": "entity", "explanation": "-"}
    response = api.client.post("/v1/events", json={"type": "EventCorrected", **change})
    assert response.status_code == 422
    assert "others_depend_on_it" in response.text


def test_the_chart_of_a_series_draws_what_is_answered_and_says_where_publishers_change(api: Api) -> None:
    earlier = [{**told(publisher, value, "2024-01-31"), "period": "2023"} for publisher, value in (("survey", "90"),)]
    api.post(*WORLD, *earlier, *SAID, told("survey", "101", "2025-05-31"))

    def drawn() -> Item:
        spec = api.client.get("/v1/charts/series?subject=erewhon&metric=mine_production&format=json").json()
        (series,) = spec["usermeta"]["series"]
        return {name: series[name] for name in ("mixed", "publishers")}

    assert drawn() == {"mixed": False, "publishers": ["survey"]}
    api.post(prefer("ministry"))
    assert drawn() == {"mixed": True, "publishers": ["survey", "ministry"]}


def operated(publisher: str, stage: str) -> Item:
    facility = {"type": "FacilityCommissioned", "facility": "works", "stage": stage}
    return {**facility, "published_at": "2025-01-31", "source": {"publisher": publisher}}


@pytest.mark.parametrize("path", ["figures", "facilities", "facilities/works"])
def test_a_page_tells_the_preferences_of_its_own_items_alone(api: Api, path: str) -> None:
    works = {"type": "EntityRegistered", "entity": "works", "kind": "facility", "name": "Works"}
    api.post(*WORLD, works)
    api.post(told("survey", "1", "2025-01-31", period="2023"), *SAID, told("survey", "2", "2025-01-31", period="2025"))
    api.post(*(operated("survey", stage) for stage in ("alloy", "magnet", "mine")), operated("ministry", "magnet"))
    api.post(prefer("survey"))
    pages, cursor = list[Item](), dict[str, str]()
    while not pages or pages[-1]["next"]:
        pages.append(api.get(path, limit=1, **cursor))
        cursor = {"cursor": pages[-1]["next"]}
    assert [len(page["items"]) for page in pages] == [1, 1, 1]
    assert [page["items"][0]["publishers"] for page in pages] == [1, 2, 1]
    assert ["preferences" in page for page in pages] == [False, True, False]
