"""Questions whose answers are known, asked of the shipped ledger over HTTP."""

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from projections import Engine
from tests.api.helpers import Api


@pytest.fixture(scope="module")
def api(shipped: Engine) -> Api:
    return Api(TestClient(create_app(shipped)))


def mined(subject: str, period: str, **more: str) -> dict[str, str]:
    return {"subject": subject, "metric": "mine_production", "material": "rare-earths", "period": period, **more}


NDPR = {"subject": "lynas-rare-earths", "metric": "production", "material": "ndpr-oxide", "as_of": "2025-12-31"}
QUOTA = {"subject": "china", "metric": "mining_quota", "period": "2023", "dimension.batch": "full_year"}
PLANT = {"subject": "js-link-kuantan-plant", "metric": "investment"}


def test_lynas_ndpr_in_a_fiscal_quarter_and_in_the_calendar_quarter_that_it_is(api: Api) -> None:
    fiscal = api.only("figures", period="FY2025-Q4", **NDPR)
    assert (fiscal["value"], fiscal["unit"]) == ("2080", "t")
    assert api.only("figures", period="2025-Q2", **NDPR) == fiscal


def test_world_2023_was_revised_once(api: Api) -> None:
    question = mined("world", "2023", publisher="usgs")
    assert api.only("figures", as_of="2024-06-30", **question)["value"] == "350000"
    item = api.only("figures", as_of="2025-06-30", **question)
    assert (item["value"], item["revisions"]) == ("376000", 1)
    entries = api.items(f"figures/{item['figure_id']}/history", as_of="2025-06-30")
    (revision,) = [entry for entry in entries if entry["publisher"] == "usgs" and entry["cause"] == "revision"]
    assert (revision["change"], revision["change_percent"]) == ("26000", "7.4286")


@pytest.mark.parametrize(("place", "before", "after"), [("australia", "13000", "29000"), ("nigeria", "13000", "1500")])
def test_a_place_in_2024_before_and_after_the_next_edition(api: Api, place: str, before: str, after: str) -> None:
    question = mined(place, "2024", publisher="usgs")
    assert api.only("figures", as_of="2025-12-31", **question)["value"] == before
    assert api.only("figures", as_of="2026-03-01", **question)["value"] == after


def test_the_ministries_quota_stands_against_a_news_site(api: Api) -> None:
    before = api.only("figures", as_of="2023-12-31", **QUOTA)
    assert (before["value"], before["canonical_unit"]) == ("255000", "t")
    after = api.only("figures", as_of="2024-12-31", **QUOTA)
    assert (after["value"], after["publisher"], after["disputed"]) == ("255000", before["publisher"], True)
    said = {item["value"] for item in api.items("figures", as_of="2024-12-31", resolve="all", **QUOTA)}
    assert said == {"255000", "240000"}


def test_the_mou_is_known_from_the_day_it_was_published(api: Api) -> None:
    agreement = {"agreement": "js-link-lynas-mou"}
    assert api.items("agreements", as_of="2025-07-23", **agreement) == []
    item = api.only("agreements", as_of="2025-07-24", **agreement)
    assert (item["status"], item["binding"], len(item["parties"])) == ("mou", False, 2)


def test_announcement_61_was_expected_in_force_and_then_suspended(api: Api) -> None:
    policy = {"policy": "china-announcement-61-2025", "effective_at": "2025-12-15"}
    assert api.only("policies", as_of="2025-11-01", **policy)["status"] == "in_force"
    assert api.only("policies", as_of="2025-12-15", **policy)["status"] == "suspended"


def test_the_investment_in_kuantan_is_four_figures(api: Api) -> None:
    by_unit = {item["canonical_unit"]: item for item in api.items("figures", as_of="2025-12-31", **PLANT)}
    assert set(by_unit) == {"MYR", "USD", "SGD", "KRW"}
    assert (by_unit["MYR"]["value"], by_unit["MYR"]["unit"]) == ("600", "million MYR")
    assert {unit: item["disputed"] for unit, item in by_unit.items() if item["disputed"]} == {"KRW": True}
    assert by_unit["KRW"]["spread"] == "648000000000"


def test_the_investment_in_dollars_is_disputed(api: Api) -> None:
    items = api.items("figures", as_of="2026-11-21", resolve="all", **PLANT)
    dollars = {item["canonical_value"]: item for item in items if item["canonical_unit"] == "USD"}
    assert {"130000000", "142000000"} <= set(dollars)
    (shown,) = [i for i in api.items("figures", as_of="2026-11-21", **PLANT) if i["canonical_unit"] == "USD"]
    assert shown["disputed"] is True


def test_united_states_2018_was_revised_up_and_down(api: Api) -> None:
    question = mined("united-states", "2018", publisher="usgs")
    values = [api.only("figures", as_of=str(year), **question)["value"] for year in (2019, 2020, 2021)]
    assert values == ["15000", "18000", "14000"]


def test_world_2018_is_disputed_between_two_surveys(api: Api) -> None:
    item = api.only("figures", as_of="2026-10-31", **mined("world", "2018"))
    assert (item["disputed"], item["spread"]) == (True, "63777")
    said = {i["publisher"]: i["value"] for i in api.items("figures", resolve="all", **mined("world", "2018"))}
    assert (said["usgs"], said["bgs"]) == ("190000", "253777")
