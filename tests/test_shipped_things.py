"""What the shipped ledger holds over time, and that its conventions hold, asked through the HTTP API."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from projections import Engine
from tests.api.helpers import Api

TODAY = "2026-11-26"
BAN = "malaysia-raw-ree-export-ban"


@pytest.fixture(scope="module")
def api(shipped: Engine) -> Iterator[Api]:
    with TestClient(create_app(shipped)) as client:
        yield Api(client)


def test_one_export_ban_with_three_accounts_of_when_it_began(api: Api) -> None:
    assert [item["policy"] for item in api.items("policies", kind="export_ban", jurisdiction="malaysia")] == [BAN]
    policy = api.only("policies", policy=BAN, as_of=TODAY)
    assert (policy["status"], policy["publisher"]) == ("in_force", "malaysia-government")
    assert (policy["effective_from"], policy["effective_to"]) == ("2025", "2027")
    assert (policy["publishers"], policy["disputed"]) == (3, True)
    theirs = api.only("policies", policy=BAN, as_of=TODAY, publisher="rare-earth-exchanges")
    assert (theirs["status"], theirs["effective_from"]) == ("in_force", "2024-01-01")
    (phase,) = policy["provisions"]
    assert (phase["provision"], phase["status"], phase["effective_from"]) == ("further phase", "announced", "2027")


def test_the_announced_ban_was_to_add_income_and_jobs(api: Api) -> None:
    asked = {"subject": "malaysia", "dimension.of": "raw_rare_earth_export_ban", "as_of": "2023-12-31"}
    said = {(one["metric"], one["value"], one["unit"], one["nature"]) for one in api.items("figures", **asked)}
    assert said == {
        ("gdp_contribution", "9.5", "billion MYR", "forecast"),
        ("gdp_contribution", "2", "billion USD", "forecast"),
        ("jobs", "7000", "jobs", "forecast"),
    }


@pytest.mark.parametrize(
    ("at", "own", "part_3", "parts_1_and_2"),
    [
        ("2025-10-20", "announced", "in_force", "announced"),
        ("2025-12-15", "suspended", "suspended", "suspended"),
        ("2026-11-20", "in_force", "in_force", "in_force"),
    ],
)
def test_part_3_of_announcement_61_applied_at_once(
    api: Api, at: str, own: str, part_3: str, parts_1_and_2: str
) -> None:
    policy = api.only("policies", policy="china-announcement-61-2025", as_of=at)
    parts = {one["provision"]: one["status"] for one in policy["provisions"]}
    assert (policy["status"], parts) == (own, {"part 3": part_3, "parts 1 and 2": parts_1_and_2})


def test_ground_was_broken_by_the_day_on_which_it_was_said(api: Api) -> None:
    plant = {"facility": "mp-10x-plant", "stage": "magnet"}
    assert api.only("facilities", **plant, as_of="2026-05-06")["status"] == "announced"
    assert api.only("facilities", **plant, as_of="2026-05-07")["status"] == "under_construction"
    incentives = api.only("figures", subject="mp-10x-plant", metric="incentives", as_of="2026-02-26")
    assert (incentives["value"], incentives["unit"]) == ("200", "million USD")


def test_milestones_stand_as_they_were_printed(api: Api) -> None:
    plant = {"facility": "js-link-georgia-plant", "as_of": TODAY}
    assert api.only("facilities", **plant, effective_at="2027-08-31")["status"] == "announced"
    later = api.only("facilities", **plant, effective_at="2027-09-01")
    assert (later["status"], later["effective_from"], later["foreseen"]) == ("operating", "late 2027", True)
    made = api.items("relationships", subject="lynas-rare-earths", relation="produces", as_of=TODAY)
    starts = {one["object"]: one["effective_from"] for one in made if one["effective_from"] is not None}
    assert starts == {"dysprosium-oxide": "mid-2025", "terbium-oxide": "mid-2025"}


def test_who_is_committed_to_what_and_at_which_floor(api: Api) -> None:
    found = api.items("commitments", as_of=TODAY)
    amounts = {one["commitment"]: one["amount"] and (one["amount"]["value"], one["amount"]["unit"]) for one in found}
    assert {slug: amount for slug, amount in amounts.items() if amount} == {
        "banks-mp-10x-financing": ("1000", "million USD"),
        "dod-mp-preferred-stock": ("400", "million USD"),
        "dod-mp-samarium-loan": ("150", "million USD"),
    }
    floors = {one["commitment"]: one["price_floor"]["value"] for one in found if one["price_floor"]}
    assert floors == {"dod-mp-ndpr-price-floor": "110", "jare-lynas-ndpr-price-floor": "110"}
    floor = api.only("commitments", commitment="dod-mp-ndpr-price-floor", as_of=TODAY)
    assert (floor["effective_from"], floor["publisher"], floor["publishers"]) == ("2025-10-01", "mp-materials", 2)


@pytest.mark.parametrize("entity", ["js-link", "lynas-rare-earths", "malaysia"])
def test_who_brings_what_into_the_venture_is_planned(api: Api, entity: str) -> None:
    roles = api.items("relationships", subject=entity, object="js-link-lynas-venture", relation="party_to", as_of=TODAY)
    assert roles
    assert {(bool(one["role"]), one["status"]) for one in roles} == {(True, "planned")}


def test_what_is_between_the_region_and_the_plants_is_planned(api: Api) -> None:
    for slug in ("thailand", "singapore", "indonesia", "vietnam"):
        (one,) = api.items("relationships", subject=slug, relation="supports", as_of=TODAY)
        assert (one["object"], one["status"]) == ("malaysia-magnet-manufacturing", "planned")
    links = api.items("links", consumer="malaysia-magnet-manufacturing", as_of=TODAY)
    assert {(one["supplier"], one["material"], one["status"]) for one in links} == {
        ("indonesia", "nickel", "planned"),
        ("philippines", "rare-earths", "planned"),
        ("philippines", "processing-chemicals", "planned"),
    }


def test_the_articles_questions_about_the_venture_are_risks(api: Api) -> None:
    risks = {one["risk"] for one in api.items("risks", subject="js-link-lynas-venture", as_of=TODAY)}
    assert {"js-link-lynas-terms-not-binding", "js-link-lynas-scale-up"} <= risks
    article = api.only("agreements", agreement="js-link-lynas-mou", as_of=TODAY, publisher="rare-earth-exchanges")
    assert (article["status"], article["binding"]) == ("mou", None)
    priorities = api.only("policies", policy="us-critical-minerals-security-strategy", as_of=TODAY)["provisions"]
    assert [one["status"] for one in priorities] == ["announced"] * 4


def test_stages_are_named_as_those_of_plants_and_have_an_order(api: Api) -> None:
    stages = {"mine": "1", "separation": "2", "magnet": "3", "component": "4"}
    for metric in ("stage_order", "technology_intensity_rank", "export_revenue_rank"):
        found = api.items("figures", subject="magnet-value-chain", metric=metric, as_of=TODAY)
        assert {one["dimensions"]["stage"]: one["value"] for one in found} == stages
    found = api.items("figures", subject="magnet-value-chain", metric="value_per_kg", as_of=TODAY)
    assert {one["dimensions"]["stage"] for one in found} == set(stages)


def test_segments_have_one_whole_and_emissions_one_sign(api: Api) -> None:
    found = api.items("figures", subject="world", metric="market_share", material="ndfeb-magnets", as_of=TODAY)
    assert sum(int(one["value"]) for one in found) == 100
    assert {one["dimensions"]["of"] for one in found} == {"global_ndfeb_magnet_demand"}
    found = api.items("figures", metric="emissions_change", as_of=TODAY)
    assert {(one["subject"], one["value"]) for one in found} == {
        ("malaysia-magnet-manufacturing", "-30"),
        ("malaysia-rare-earth-processing", "-40"),
    }


def test_reserves_of_an_edition_are_those_of_the_year_before_it(api: Api) -> None:
    events = api.items("events", type="ReservesReported", limit="1000")
    editions = [event for event in events if event["source"].get("edition", "").startswith("MCS 20")]
    assert len(editions) == len(events) - 1
    assert all(int(event["period"]) == int(event["source"]["edition"][4:8]) - 1 for event in editions)
    brazil = api.only("figures", subject="brazil", metric="reserves", period="2025", as_of=TODAY)
    assert (brazil["value"], brazil["revisions"]) == ("11000000", 1)


def test_who_repeats_a_figure_of_others_does_so_in_the_whole_series(api: Api) -> None:
    """Lynas on market prices in China and USGS on quotas: what they produce themselves are other figures."""
    kinds: dict[tuple[str, ...], set[str]] = {}
    for event in api.items("events", limit="10000"):
        if "metric" in event and event["source"]["publisher"] in ("lynas-rare-earths", "usgs"):
            series = (event["source"]["publisher"], event["subject"], event["metric"])
            kinds.setdefault(series, set()).add(event["source"]["kind"])
    assert {series for series, found in kinds.items() if "secondary" in found} == {
        ("lynas-rare-earths", "china", "market_price"),
        ("usgs", "china", "mining_quota"),
        ("usgs", "china", "smelting_separation_quota"),
        ("usgs", "mountain-pass-mine", "mine_production"),
    }
    assert set(map(len, kinds.values())) == {1}
