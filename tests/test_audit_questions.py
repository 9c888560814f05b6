"""What an auditor asks of the shipped ledger and of five editions of the USGS summaries: each in one call."""

import csv
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from statsmodels.regression.linear_model import OLS

from api.app import create_app
from api.cli.demo import sample_path
from ledger import Ledger, import_file
from projections import Engine
from tests import places
from tests.shared_tables import engine_of

SHARED = places.SHARED / "vintages"
EDITIONS = SHARED / "usgs_rare_earths_editions_2022_2026.csv"
AS_OF = "2026-06-30"
FIRST_ESTIMATES = {"subject_kind": "country", "metric": "mine_production", "publisher": "usgs", "as_of": AS_OF}
REGIONS = ("World total (rounded)", "Other countries")

Item = dict[str, Any]
Vintages = dict[Any, list[tuple[str, float]]]
"""(subject, period) -> (published on, value) in order"""


@contextmanager
def served(file: Path, directory: Path) -> Iterator[TestClient]:
    """A client of a ledger that holds the events of a file."""
    with Ledger(directory / "ledger.db") as ledger, engine_of(ledger) as engine:
        report = import_file(ledger, file)
        assert (report.rejected, report.errors) == (0, [])
        with TestClient(create_app(engine)) as client:
            yield client


@pytest.fixture(scope="module")
def rare_earths(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    if not EDITIONS.is_file():
        pytest.skip("the five editions are not beside the project")
    directory = tmp_path_factory.mktemp("editions")
    file = directory / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events_of(rows())), encoding="utf-8")
    with served(file, directory) as client:
        yield client


def ask(client: TestClient, path: str, **params: str) -> Item:
    answer = client.get(f"/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    body: Item = answer.json()
    return body


# The five editions as events


def rows() -> list[dict[str, str]]:
    with EDITIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def events_of(found: list[dict[str, str]]) -> Iterator[Item]:
    """The rows as events; what was printed (`raw`) decides."""
    places = {row["series"].rpartition("/")[2] for row in found if row["series"].startswith("world/")}
    materials = {row["series"].rpartition("/")[2] for row in found if row["series"].startswith("price/")}
    yield {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"}
    for place in sorted(places):
        kind = "region" if place in REGIONS else "country"
        yield {"type": "EntityRegistered", "entity": slug(place), "kind": kind, "name": place}
    for material in sorted(materials):
        yield {"type": "EntityRegistered", "entity": slug(material), "kind": "material", "name": material}
    for row in found:
        first, *rest = row["series"].split("/")
        about: Item = {"subject": "united-states", "metric": "_".join(rest), "unit": "t"}
        if first == "world":
            about = {"subject": slug(rest[1]), "metric": rest[0], "unit": "t"}
        elif first == "price":
            about = {"subject": "united-states", "metric": "price", "material": slug(rest[0]), "unit": "USD/kg"}
        elif rest[0] in ("employment", "nir"):
            about["unit"] = {"employment": "persons", "nir": "percent"}[rest[0]]
        yield {
            "type": "FigureReported",
            **about,
            **said(row["raw"]),
            "period": row["reference_date"][:4],
            "published_at": row["recorded_date"],
            "source": {"publisher": "usgs", "edition": f"MCS {row['recorded_date'][:4]}"},
        }


def said(raw: str) -> Item:
    text = raw.replace(",", "").strip()
    if text.startswith(">"):
        return {"low": text[1:]}
    if text == "NA":
        return {"symbol": "not_available"}
    return {"value": "0" if text in ("—", "-", "") else text}


# How far off is a first USGS country estimate, on average, in which direction, with what p-value?


def measured(vintages: Vintages) -> tuple[list[float], list[float]]:
    """Revisions from first to latest, and in percent of the first, of what was said more than once."""
    revised = [[value for _, value in vintages[key]] for key in sorted(vintages) if len(vintages[key]) > 1]
    pairs = [(said_then[0], said_then[-1]) for said_then in revised]
    return [last - first for first, last in pairs], [
        100 * (last - first) / abs(first) for first, last in pairs if first
    ]


def check_against_statsmodels(body: Item, vintages: Vintages) -> None:
    for row, revisions in zip(body["statistics"][:2], measured(vintages), strict=True):
        assert row["target"] == "latest"
        n = len(revisions)
        lags = math.floor(4 * (n / 100) ** (2 / 9))
        fitted = OLS(np.array(revisions), np.ones(n)).fit(cov_type="HAC", cov_kwds={"maxlags": lags}, use_t=True)
        assert row["n"] == n > 20
        assert row["mean"] == pytest.approx(fitted.params[0], rel=1e-9)
        assert row["standard_error"] == pytest.approx(fitted.bse[0], rel=1e-9)
        assert row["p_value"] == pytest.approx(fitted.pvalues[0], rel=1e-9)
        assert row["median"] == pytest.approx(np.median(revisions), rel=1e-9)
        assert row["mean_absolute"] == pytest.approx(np.mean(np.abs(revisions)), rel=1e-9)
        assert row["share_upward"] == pytest.approx(np.mean(np.array(revisions) > 0), rel=1e-9)


def vintages_of_shipped() -> Vintages:
    """USGS country figures as the sample's lines have them, corrections made; a year counts from its end."""
    lines = [json.loads(line) for line in sample_path().read_text(encoding="utf-8").splitlines()]
    kinds = {event["entity"]: event["kind"] for event in lines if event["type"] == "EntityRegistered"}
    by_id = {event["event_id"]: event for event in lines}
    for event in lines:
        if event["type"] == "EventCorrected":
            by_id[event["target"]].update(event["changes"])
    said_at: dict[Any, dict[str, float]] = defaultdict(dict)
    for event in lines:
        if event.get("metric") == "mine_production" and event["source"]["publisher"] == "usgs" and "value" in event:
            published = event["published_at"] + {4: "-12-31", 7: "-31"}.get(len(event["published_at"]), "")
            key = (event["subject"], event.get("material"), event["period"], json.dumps(event.get("dimensions")))
            if kinds[event["subject"]] == "country" and published <= AS_OF:
                said_at[key][published] = float(event["value"])
    return {key: sorted(values.items()) for key, values in said_at.items()}


def test_how_far_off_is_a_first_usgs_country_estimate(rare_earths: TestClient) -> None:
    body = ask(rare_earths, "revisions", **FIRST_ESTIMATES)
    check_against_statsmodels(body, vintages_of_shipped())
    absolute = body["statistics"][0]
    # Up, by some 400 t; but a mean as far from zero as this is nothing out of the ordinary.
    assert absolute["mean"] > 0
    assert absolute["p_value"] > 0.05


def test_how_far_off_is_a_first_usgs_country_estimate_of_five_editions(editions: TestClient) -> None:
    vintages: Vintages = defaultdict(list)
    for row in sorted(rows(), key=lambda row: row["recorded_date"]):
        first, metric, *place = row["series"].split("/")
        number = said(row["raw"]).get("value")
        if (first, metric) == ("world", "mine_production") and place[0] not in REGIONS and number is not None:
            vintages[slug(place[0]), row["reference_date"]].append((row["recorded_date"], float(number)))
    check_against_statsmodels(ask(editions, "revisions", **FIRST_ESTIMATES), vintages)


# Which country figures of 2024 changed by more than 10 % between the editions of 2025 and 2026?

BETWEEN_EDITIONS = {
    "from_as_of": "2025-12-31",
    "to_as_of": "2026-03-01",
    "metric": "mine_production",
    "publisher": "usgs",
    "period": "2024",
    "subject_kind": "country",
    "changed_by_more_than": "10",
}
CHANGED = {
    "australia": ("13000", "29000", "123.0769"),
    "brazil": ("20", "560", "2700.0000"),
    "madagascar": ("2000", "1400", "-30.0000"),
    "nigeria": ("13000", "1500", "-88.4615"),
    "thailand": ("13000", "2100", "-83.8462"),
}


def changed(client: TestClient) -> dict[str, tuple[str, str, str]]:
    items = ask(client, "diff", **BETWEEN_EDITIONS)["items"]
    return {
        item["subject"]: (item["before"]["value"], item["after"]["value"], item["change_percent"]) for item in items
    }


def test_which_country_figures_changed_by_more_than_ten_percent_between_two_editions(rare_earths: TestClient) -> None:
    assert changed(rare_earths) == {**CHANGED, "myanmar": ("31000", "27000", "-12.9032")}


def test_the_same_figures_changed_in_the_five_editions(editions: TestClient) -> None:
    assert changed(editions) == {**CHANGED, "burma": ("31000", "27000", "-12.9032")}


# In which edition did the price of neodymium oxide in 2021 go from 49 to 98?


def test_in_which_edition_the_price_of_neodymium_oxide_doubled(editions: TestClient) -> None:
    items = ask(editions, "vintages", metric="price", material="nd2o3", period="2021", as_of=AS_OF)["items"]
    assert [(item["edition"], item["value"], item["cause"], item["change_percent"]) for item in items] == [
        ("MCS 2022", "49", "first_report", None),
        ("MCS 2023", "49", "confirmation", "0.0000"),
        ("MCS 2024", "98", "revision", "100.0000"),
        ("MCS 2025", "98", "confirmation", "0.0000"),
        ("MCS 2026", "98", "confirmation", "0.0000"),
    ]
    (item,) = ask(editions, "revisions", metric="price", material="nd2o3", period="2021", as_of=AS_OF)["items"]
    doubled = next(step for step in item["steps"] if step["change"] == "49")
    assert (doubled["edition"], doubled["kind"], doubled["announced"]) == ("MCS 2024", "substantial", False)


def test_the_first_estimate_of_a_price_was_rounded_when_editions_began_to_print_cents(editions: TestClient) -> None:
    body = ask(editions, "revisions", metric="price", as_of=AS_OF, limit="1000")
    steps = [step for item in body["items"] for step in item["steps"] if step["edition"] == "MCS 2026"]
    rounded = [step for step in steps if step["kind"] == "rounding"]
    assert rounded
    assert all(abs(float(step["change"])) <= 0.5 and "." in step["value"] for step in rounded)
