"""`/v1/sums` over HTTP; and what the shipped ledger says of its totals, its chains and its concentration."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from projections import Engine
from tests.api.helpers import Api, mined

WORLD = {"subject": "world", "metric": "mine_production", "publisher": "usgs", "by": "subject"}

# What the table of the Mineral Commodity Summaries 2025 prints for 2023, in tonnes of rare-earth oxide: the facts
# USGS-W-055 to USGS-W-106 of tests/data/facts.csv. Dashes are zeros.
USGS_2023 = {
    "australia": 16000,
    "brazil": 140,
    "canada": 0,
    "china": 255000,
    "greenland": 0,
    "india": 2900,
    "madagascar": 2100,
    "malaysia": 310,
    "myanmar": 43000,
    "nigeria": 7200,
    "other-countries": 1440,
    "russia": 2500,
    "south-africa": 0,
    "tanzania": 0,
    "thailand": 3600,
    "united-states": 41600,
    "vietnam": 300,
}


@pytest.fixture(scope="module")
def world(shipped: Engine) -> Api:
    return Api(TestClient(create_app(shipped)))


def test_one_call_says_whether_the_world_of_2023_equals_its_countries(world: Api) -> None:
    item = world.only("sums", **WORLD, period="2023", as_of="2025-06-30")
    assert {part["part"]: int(part["value"]) for part in item["parts"]} == USGS_2023
    assert sum(USGS_2023.values()) == 376_090
    assert (item["total"], item["parts_sum"], item["gap"], item["gap_percent"]) == (
        "376000",
        "376090",
        "-90",
        "-0.0239",
    )
    # 18 whole numbers, half a tonne each: 9 t. The zeros of the world's 376,000 may hide 500 t; each of its 17 parts
    # may be off by half of 10, the finest digit of the edition (1,300, 960, 130 ...).
    assert (item["rounding"], item["rounding_at_most"]) == ("9", "585")
    assert (item["verdict"], item["finding"], item["missing"]) == ("perhaps_rounding", False, [])


def test_an_edition_that_the_ledger_holds_in_part_is_incomplete(world: Api) -> None:
    item = world.only("sums", **WORLD, period="2023", as_of="2024-06-30")
    assert [(part["part"], part["value"]) for part in item["parts"]] == [
        ("china", "240000"),
        ("myanmar", "38000"),
        ("united-states", "43000"),
    ]
    assert (item["total"], item["parts_sum"], item["verdict"]) == ("350000", "321000", "incomplete")
    assert [part["part"] for part in item["missing"]] == [
        *("australia", "brazil", "india", "madagascar", "russia", "thailand", "vietnam")
    ]


def test_earlier_years_are_compared_with_the_rows_of_the_yearbook(world: Api) -> None:
    yearbook = world.items("sums", **WORLD, period_from="2018", as_of="2026-01-31", effective_at="2024-12-31")
    assert [(item["period"], item["gap"], item["verdict"]) for item in yearbook[:5]] == [
        ("2018", "-330", "perhaps_rounding"),
        ("2019", "224", "perhaps_rounding"),
        ("2020", "-290", "perhaps_rounding"),
        ("2021", "120", "perhaps_rounding"),
        ("2022", "2580", "perhaps_rounding"),
    ]
    assert all("burundi" in [part["part"] for part in item["parts"]] for item in yearbook[:5])


@pytest.mark.parametrize("as_of", ["2023-12-31", "2024-12-31", "2026-12-01"])
def test_one_sum_of_the_shipped_ledger_has_a_gap_that_rounding_does_not_explain(world: Api, as_of: str) -> None:
    """A half year of Lynas, and the two quarters as its quarterly reports had them."""
    body = world.get("sums", as_of=as_of, verdict="gap")
    found = [(one["subject"], one["period"], one["total"], one["parts_sum"], one["gap"]) for one in body["items"]]
    assert found == [("lynas-rare-earths", "FY2019-H2", "3096", "3105", "-9")]
    assert body["summary"]["gap"] == 1
    assert sum(body["summary"].values()) > 10


def test_reserves_of_which_the_world_is_a_bound_are_incomplete(world: Api) -> None:
    found = world.items("sums", subject="world", metric="reserves", as_of="2025-06-30")
    assert [(one["period"], one["verdict"]) for one in found] == [
        ("2009", "incomplete"),
        ("2010", "incomplete"),
        ("2024", "incomplete"),
    ]
    item = found[-1]
    assert item["missing"][0] == {**item["missing"][0], "part": "world", "says": "90000000.."}
    assert {part["says"] for part in item["missing"][1:]} == {"not_available"}


def test_the_batches_of_chinas_quotas_make_up_the_year_where_all_were_published(world: Api) -> None:
    asked = {"subject": "china", "publisher": "china-miit-mnr", "by": "dimension"}
    found = world.items("sums", **asked, metric="mining_quota", as_of="2025-06-30")
    told = [
        (one["period"], one["total"], one["gap"], one["verdict"], [p["part"] for p in one["missing"]]) for one in found
    ]
    assert told == [
        ("2020", "140000", "74000", "incomplete", ["second"]),
        ("2021", "168000", "84000", "incomplete", ["second"]),
        ("2023", "255000", "120000", "incomplete", ["second"]),
        ("2024", "270000", "0", "equal", []),
    ]


def test_the_chain_and_the_concentration_of_the_shipped_ledger(world: Api) -> None:
    chain = world.items("trace", entity="jare", as_of="2026-12-01")
    assert [(item["depth"], item["to"]) for item in chain] == [
        (1, "lynas-rare-earths"),
        (2, "lamp"),
        (2, "mount-weld-mine"),
    ]
    announced = world.items("trace", entity="js-link-kuantan-plant", as_of="2026-12-01")
    assert {item["to"] for item in announced} == {"js-link", "js-link-america", "js-link-georgia-plant"}
    link = world.only("links", link="lynas-js-link-kuantan-oxides", as_of="2026-12-01")
    assert link["status"] == "planned"
    asked = {"metric": "mine_production", "period": "2023", "publisher": "usgs"}
    body = world.get("concentration", **asked, as_of="2025-06-30", compare_as_of="2024-06-30")
    assert [one["subject"] for one in body["left_out"]] == ["world"]
    assert body["summary"]["total"] == "376090"
    assert body["summary"]["n"] == len(USGS_2023)
    hhi = sum((100 * value / 376_090) ** 2 for value in USGS_2023.values())
    assert float(body["summary"]["hhi"]) == pytest.approx(hhi, abs=5e-5)
    assert body["items"][0]["previous_share"] == "74.7664"
    assert body["compared_with"]["as_of"].startswith("2024-06-30")


def test_a_page_of_sums_goes_on_where_it_ended_and_the_summary_is_over_all(world: Api) -> None:
    first = world.get("sums", **{**WORLD, "limit": 3}, as_of="2025-06-30")
    second = world.get("sums", **{**WORLD, "limit": 3}, as_of="2025-06-30", cursor=first["next"])
    whole = world.get("sums", **WORLD, as_of="2025-06-30")
    assert first["items"] + second["items"] == whole["items"][:6]
    assert first["summary"] == second["summary"] == whole["summary"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "arrow", "xlsx"])
def test_sums_come_in_every_format(world: Api, form: str) -> None:
    answer = world.client.get("/v1/sums", params={**WORLD, "period": "2023", "format": form})
    assert (answer.status_code, bool(answer.content)) == (200, True)


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"by": "country"}, "by"),
        ({"by": ","}, "by"),
        ({"by": "subject,colour"}, "by"),
        ({"verdict": "equals"}, "verdict"),
        ({"verdict": "gap,"}, None),
        ({"period": "lately"}, "period"),
        ({"period": "FY2024"}, "period"),
        ({"prefer": "usgs"}, "prefer"),
        ({"as_of": "2024-13-01"}, "as_of"),
    ],
)
def test_a_wrong_parameter_is_named(world: Api, parameters: dict[str, str], parameter: str | None) -> None:
    answer = world.client.get("/v1/sums", params=parameters)
    assert answer.status_code == (200 if parameter is None else 422), answer.text
    assert parameter is None or answer.json()["errors"][0]["parameter"] == parameter


def test_what_is_posted_counts_at_once(engine: Engine) -> None:
    api = Api(TestClient(create_app(engine)))
    places = (
        {"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in ("world", "china")
    )
    api.post(*places, {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"})
    part: dict[str, Any] = {"type": "RelationshipStated", "subject": "china", "relation": "part_of", "object": "world"}
    api.post(
        {**part, "published_at": "2024-01-31"}, mined("world", "9", "2024-01-31"), mined("china", "5", "2024-01-31")
    )
    assert api.only("sums", metric="mine_production")["verdict"] == "gap"
    assert api.items("sums", metric="unheard_of") == api.items("sums", subject="nowhere") == []
