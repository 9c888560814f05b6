"""The shipped rare-earth ledger, asked through the HTTP API."""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli.demo import sample_path
from ledger import REGISTRY, Ledger, import_file
from ledger.events.figures import Figure
from projections import Engine
from tests.depth import some
from tests.places import DATA

FACTS = DATA / "facts.csv"
USGS_MINING = {"metric": "mine_production", "publisher": "usgs"}
LYNAS_NDPR = {"subject": "lynas-rare-earths", "metric": "production", "material": "ndpr-oxide"}
CHINA_QUOTA = {"subject": "china", "metric": "mining_quota", "dimension.batch": "full_year", "period": "2023"}
KUANTAN = {"subject": "js-link-kuantan-plant", "metric": "investment"}


@pytest.fixture(scope="module")
def client(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


def items(client: TestClient, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/{path}", params={name.replace("__", "."): value for name, value in params.items()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def figures(client: TestClient, params: dict[str, str], **more: str) -> list[dict[str, Any]]:
    return items(client, "figures", **{**params, **more})


def value(client: TestClient, params: dict[str, str], **more: str) -> tuple[str, str]:
    (figure,) = figures(client, params, **more)
    return figure["value"], figure["unit"]


def test_lynas_ndpr_oxide_answers_under_the_fiscal_and_the_calendar_quarter(client: TestClient) -> None:
    (fiscal,) = figures(client, LYNAS_NDPR, period="FY2025-Q4", as_of="2025-12-31")
    (calendar,) = figures(client, LYNAS_NDPR, period="2025-Q2", as_of="2025-12-31")
    assert (fiscal["value"], fiscal["unit"]) == ("2080", "t")
    assert fiscal == calendar
    assert (fiscal["period_start"], fiscal["period_end"]) == ("2025-04-01", "2025-06-30")


def test_world_mine_production_of_2023_was_revised_once(client: TestClient) -> None:
    question = {"subject": "world", "period": "2023", **USGS_MINING}
    assert value(client, question, as_of="2024-06-30") == ("350000", "t")
    (figure,) = figures(client, question, as_of="2025-06-30")
    assert figure["value"] == "376000"
    history = items(client, f"figures/{figure['figure_id']}/history", as_of="2025-06-30")
    said = [(item["cause"], item["change"], item["change_percent"]) for item in history if item["publisher"] == "usgs"]
    assert said == [("first_report", None, None), ("revision", "26000", "7.4286")]


@pytest.mark.parametrize(
    ("subject", "period", "as_of", "expected"),
    [
        ("australia", "2024", "2025-12-31", "13000"),
        ("australia", "2024", "2026-03-01", "29000"),
        ("nigeria", "2024", "2025-12-31", "13000"),
        ("nigeria", "2024", "2026-03-01", "1500"),
        ("united-states", "2018", "2019-12-31", "15000"),
        ("united-states", "2018", "2020-12-31", "18000"),
        ("united-states", "2018", "2021-12-31", "14000"),
    ],
)
def test_what_usgs_said_of_a_country(client: TestClient, subject: str, period: str, as_of: str, expected: str) -> None:
    assert value(client, {"subject": subject, "period": period, **USGS_MINING}, as_of=as_of) == (expected, "t")


def test_a_misread_australian_figure_was_ours_and_no_revision_of_the_source(client: TestClient) -> None:
    question = {"subject": "australia", "period": "2024", **USGS_MINING, "as_of": "2025-12-31"}
    (figure,) = figures(client, question)
    head = client.get("/v1/figures", params={**question}).json()["basis"]["position"]
    misread = [
        item
        for item in items(client, f"figures/{figure['figure_id']}/history", clock="ledger", as_of="2025-12-31")
        if item["cause"] == "correction"
    ]
    assert misread
    before = figures(client, question, recorded_as_of=f"position:{misread[0]['position'] - 1}")
    assert before[0]["value"] == "113000"
    assert misread[0]["position"] <= head
    published = items(client, f"figures/{figure['figure_id']}/history", as_of="2025-12-31")
    assert {item["cause"] for item in published} == {"first_report", "confirmation"}


def test_the_ministries_outrank_a_news_site_that_prints_last_years_quota(client: TestClient) -> None:
    (then,) = figures(client, CHINA_QUOTA, as_of="2023-12-31")
    (later,) = figures(client, CHINA_QUOTA, as_of="2024-12-31")
    assert (then["value"], then["disputed"]) == ("255000", False)
    assert (later["value"], later["disputed"], later["publisher"]) == ("255000", True, then["publisher"])
    others = figures(client, CHINA_QUOTA, as_of="2024-12-31", resolve="all")
    assert {item["value"] for item in others} == {"255000", "240000"}


def test_the_js_link_lynas_mou_is_known_from_the_day_of_its_signing(client: TestClient) -> None:
    path = "agreements/js-link-lynas-mou"
    before = client.get(f"/v1/{path}", params={"as_of": "2025-07-23"})
    assert before.status_code == 404 or before.json()["items"] == []
    assert items(client, "agreements", agreement="js-link-lynas-mou", as_of="2025-07-23") == []
    (mou,) = items(client, path, as_of="2025-07-24")
    assert (mou["status"], mou["binding"]) == ("mou", False)
    assert {party["entity"] for party in mou["parties"]} == {"js-link", "lynas-rare-earths"}


@pytest.mark.parametrize(("as_of", "status"), [("2025-11-01", "in_force"), ("2025-12-15", "suspended")])
def test_announcement_61_was_expected_and_then_suspended(client: TestClient, as_of: str, status: str) -> None:
    (policy,) = items(client, "policies/china-announcement-61-2025", as_of=as_of, effective_at="2025-12-15")
    assert policy["status"] == status


def test_the_kuantan_plants_investment_is_one_figure_per_currency(client: TestClient) -> None:
    found = {item["canonical_unit"]: item for item in figures(client, KUANTAN, as_of="2025-12-31")}
    assert set(found) == {"MYR", "USD", "SGD", "KRW"}
    assert (found["MYR"]["value"], found["MYR"]["unit"]) == ("600", "million MYR")
    assert {unit for unit, item in found.items() if item["disputed"]} == {"KRW"}
    assert found["KRW"]["publishers"] == 1
    history = items(client, f"figures/{found['KRW']['figure_id']}/history", as_of="2025-12-31")
    assert sorted(Decimal(item["value"]) for item in history) == [192000, 840000]
    assert [item["cause"] for item in history] == ["first_report", "conflict"]


def test_in_dollars_the_press_and_the_article_disagree_on_it(client: TestClient) -> None:
    dollars = [
        item for item in figures(client, KUANTAN, as_of="2026-11-21", resolve="all") if item["canonical_unit"] == "USD"
    ]
    assert {item["value"] for item in dollars} == {"142", "130"}
    assert {item["spread"] for item in dollars} == {"12000000"}
    assert all(item["disputed"] for item in dollars)


def test_two_agencies_disagree_on_the_world_of_2018(client: TestClient) -> None:
    world = {"subject": "world", "metric": "mine_production", "period": "2018", "as_of": "2026-10-31"}
    (answer,) = figures(client, world)
    assert (answer["disputed"], answer["spread"], answer["publishers"]) == (True, "63777", 2)
    assert {(item["publisher"], item["value"]) for item in figures(client, world, resolve="all")} == {
        ("usgs", "190000"),
        ("bgs", "253777"),
    }


def facts() -> list[dict[str, str]]:
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stated(event: dict[str, Any]) -> str:
    """What a figure event states, as the table of facts writes it."""
    if "value" in event:
        return str(event["value"])
    if "symbol" in event:
        return str(event["symbol"])
    low, high = event.get("low"), event.get("high")
    return f"{low}..{high}" if low and high else f">={low}" if low else f"<={high}"


def same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return Decimal(one) == Decimal(other)
    except ArithmeticError:
        return False


def test_every_fact_is_found_by_its_reference_with_its_number(client: TestClient) -> None:
    numeric = 0
    all_facts = facts()
    by_reference: dict[str | None, list[dict[str, Any]]] = {}
    for event in items(client, "events", limit=10_000):
        by_reference.setdefault((event.get("source") or {}).get("reference"), []).append(event)
    for fact in some(all_facts, one_in=20):
        assert items(client, "events", reference=fact["fact_id"]) == by_reference[fact["fact_id"]]
    for fact in all_facts:
        found = by_reference.get(fact["fact_id"], [])
        assert found, f"no event refers to {fact['fact_id']}"
        says = [stated(event) for event in found if issubclass(REGISTRY[event["type"]], Figure)]
        for number in filter(None, fact["expected"].split(";")):
            numeric += 1
            assert any(same(number, said) for said in says), f"{fact['fact_id']}: {number} is not among {says}"
    assert len(all_facts) == 1075
    assert numeric >= 959


def test_no_number_is_kept_as_a_statement(client: TestClient) -> None:
    numbers = {fact["fact_id"] for fact in facts() if fact["expected"]}
    texts = items(client, "events", type="StatementRecorded", limit=10_000)
    assert texts
    assert {event["source"]["reference"] for event in texts} & numbers == set()


def test_a_second_load_adds_nothing(client: TestClient, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    first, second = (import_file(ledger, sample_path()) for _ in range(2))
    assert (second.recorded, second.duplicate, second.position) == (0, first.recorded, first.position)
    ledger.close()


EXAMPLE_REQUEST = re.compile(r"`GET (/v1/[^`]*)`")
NOTHING_SHIPPED = ("/v1/definitions", "/v1/derived", "/v1/derived-vintages", "/v1/preferences", "/v1/reliance")
"""Nobody relies yet on an answer of the shipped ledger; it defines no metric, and asks nobody first."""


def test_every_read_has_an_example_in_the_docs_that_finds_something_here(client: TestClient) -> None:
    client.app.state.streams.end()  # type: ignore[attr-defined]  # for a stream would go on
    paths = client.get("/openapi.json").json()["paths"]
    reads = {path: operations["get"] for path, operations in paths.items() if "get" in operations}
    described = {path: read["description"] for path, read in reads.items() if path.startswith("/v1/")}
    assert len(described) > 20
    for path, description in described.items():
        examples = EXAMPLE_REQUEST.findall(description)
        assert examples, path
        for example in examples:
            answer = client.get(example)
            assert answer.status_code == 200, (example, answer.text)
            found = answer.headers["content-type"] != "application/json" or answer.json().get("items", True)
            assert found or path in NOTHING_SHIPPED, example
