"""Charts over HTTP: specifications and drawings, at a point in time."""

import json
import struct
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.reports.charts.series_chart import BARS_MAX, SERIES_MAX
from projections import Engine
from tests.api.helpers import Api, mined


@pytest.fixture
def on_shipped(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


def stated(api: Api) -> str:
    first, *_ = api.post(
        mined("australia", "13000", "2025-01-31", period="2024"),
        mined("australia", "29000", "2026-02-06", period="2024"),
        mined("australia", "12000", "2025-01-31", period="2023"),
        {**mined("australia", "11000", "2025-06-30", period="2023"), "source": {"publisher": "bgs"}},
    )
    return str(first["figure_id"])


def levels(spec: dict[str, Any], mark: str) -> list[float]:
    return [row["level"] for layer in spec["layer"] if layer["mark"]["type"] == mark for row in layer["data"]["values"]]


def test_the_chart_of_vintages_is_of_its_point_in_time(api: Api) -> None:
    figure_id = stated(api)
    spec = api.client.get("/v1/charts/vintages", params={"figure_id": figure_id}).json()
    assert set(levels(spec, "point")) == {13000, 29000}
    before = api.client.get("/v1/charts/vintages", params={"figure_id": figure_id, "as_of": "2025-12-31"})
    assert "Fewer than two things" in before.text, "one statement is no chart, and it says so"
    assert before.headers["cache-control"] == "no-cache"


def test_a_chart_says_why_a_band_is_missing(on_shipped: TestClient) -> None:
    asked = {"limit": "1000", "level": "99"}
    items = on_shipped.get("/v1/uncertainty", params=asked).json()["items"]
    item = next(one for one in items if one["no_band"] and "too short" in one["no_band"])
    of_figure = {"figure_id": item["figure_id"]}
    spec = on_shipped.get("/v1/charts/vintages", params={**of_figure, "band": "99"}).json()
    said = " ".join(spec["title"]["subtitle"])
    assert f": {item['no_band']}" in said
    assert said.startswith("No band for ")
    drawn = on_shipped.get("/v1/charts/vintages", params={**of_figure, "band": "99", "format": "svg"}).text
    assert "No band for " in drawn
    assert "subtitle" not in on_shipped.get("/v1/charts/vintages", params=of_figure).json().get("title", {})


def test_the_chart_of_vintages_has_the_band_of_the_publisher(on_shipped: TestClient) -> None:
    asked = {"metric": "mine_production", "publisher": "usgs", "as_of": "2026-11-01"}
    bands = on_shipped.get("/v1/uncertainty", params=asked).json()["items"]
    item = next(one for one in bands if one["low"] is not None and Decimal(one["low"]) < Decimal(one["high"]))
    of_figure = {"figure_id": item["figure_id"], "as_of": "2026-11-01"}
    spec = on_shipped.get("/v1/charts/vintages", params={**of_figure, "band": "80"}).json()
    (band,) = (row for layer in spec["layer"] if layer["mark"]["type"] == "rect" for row in layer["data"]["values"])
    assert (band["low"], band["high"]) == (float(item["low"]), float(item["high"]))
    assert on_shipped.get("/v1/charts/vintages", params=of_figure).json() != spec
    for refused in ("49", "100", "x", ""):
        assert on_shipped.get("/v1/charts/vintages", params={**of_figure, "band": refused}).status_code == 422


def test_a_chart_is_drawn(api: Api) -> None:
    asked = {"figure_id": stated(api)}
    picture = api.client.get("/v1/charts/vintages", params={**asked, "format": "png"}).content
    width, height = struct.unpack(">II", picture[16:24])
    assert picture.startswith(b"\x89PNG")
    assert width > 1000 < 3 * height
    drawn = api.client.get("/v1/charts/vintages", params=asked, headers={"Accept": "image/svg+xml"})
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert drawn.text.startswith("<svg")


def test_the_chart_of_series_says_how_far_publishers_differ(api: Api) -> None:
    stated(api)
    spec = api.client.get("/v1/charts/series", params={"subject": "australia"}).json()
    rows = {row["period"]: row for row in spec["data"]["values"]}
    assert (rows["2023"]["low"], rows["2023"]["high"]) == (11000, 12000)
    assert (rows["2024"]["value"], rows["2024"]["low"]) == (29000, 29000)
    assert "Source: " in spec["title"]["subtitle"][0]
    assert spec["title"]["subtitle"][1].startswith("As published by ")


def test_a_series_of_several_publishers_says_so(api: Api) -> None:
    stated(api)
    api.post({**mined("australia", "28000", "2026-03-01", period="2025"), "source": {"publisher": "bgs"}})
    spec = api.client.get("/v1/charts/series", params={"subject": "australia"}).json()
    assert spec["usermeta"] == {"series": [{"name": "Australia", "mixed": True, "publishers": ["bgs", "usgs"]}]}
    assert {row["period"]: (row["publisher"], row["hop"]) for row in spec["data"]["values"]} == {
        "2023": ("bgs", False),
        "2024": ("usgs", True),
        "2025": ("bgs", True),
    }
    assert spec["title"]["subtitle"][2].startswith("Mixed publishers: Australia (")
    assert spec["data"]["values"][1]["told"].startswith("Australia, 2024: 29,000 t, ")
    alone = api.client.get("/v1/charts/series", params={"subject": "australia", "publisher": "usgs"}).json()
    assert not alone["usermeta"]["series"][0]["mixed"]
    assert not any("Mixed" in line for line in alone["title"]["subtitle"])


def test_a_chart_says_what_it_does_not_draw_and_what_it_is_of(api: Api) -> None:
    stated(api)
    api.post(mined("australia", "5", "2026-03-01", period="2025", metric="employment", unit="persons"))
    asked = {"subject": "australia"}
    lines = api.client.get("/v1/charts/series", params=asked).json()["title"]["subtitle"]
    assert lines[-1].startswith("Not drawn: 1 of 4 answers")
    drawn = api.client.get("/v1/charts/series", params={**asked, "format": "svg"}).text
    assert '<title id="chart-title">Australia' in drawn or '<title id="chart-title">australia' in drawn
    assert "Vintages" not in drawn


def test_figures_of_one_period_are_bars_the_greatest_first(api: Api) -> None:
    api.post(
        mined("australia", "13000", "2025-01-31", period="2024"),
        mined("china", "270000", "2025-01-31", period="2024"),
    )
    spec = api.client.get("/v1/charts/series", params={"period": "2024"}).json()
    bars, labels = spec["layer"]
    assert (bars["mark"]["type"], labels["mark"]["type"]) == ("bar", "text")
    assert [(row["value"], row["label"]) for row in spec["data"]["values"]] == [(270000, "270,000"), (13000, "13,000")]


def test_of_one_period_more_bars_are_drawn_than_there_are_colours(api: Api) -> None:
    subjects = [f"mine-{number}" for number in range(BARS_MAX + 2)]
    api.post(*({"type": "EntityRegistered", "entity": one, "kind": "organisation", "name": one} for one in subjects))
    api.post(*(mined(subject, "5", "2025-01-31", period="2024") for subject in subjects))
    spec = api.client.get("/v1/charts/series", params={"period": "2024"}).json()
    assert len(spec["data"]["values"]) == BARS_MAX > SERIES_MAX
    assert spec["title"]["subtitle"][-1].startswith(f"Not drawn: 2 of {len(subjects)} answers")


def test_nothing_is_no_failure(api: Api) -> None:
    answer = api.client.get("/v1/charts/series", params={"subject": "nobody"})
    assert answer.status_code == 200
    assert "No figure" in json.dumps(answer.json())


def test_a_chart_of_no_figure_is_refused(api: Api) -> None:
    assert api.client.get("/v1/charts/vintages").status_code == 422
    assert api.client.get("/v1/charts/vintages", params={"figure_id": "x"}).status_code == 422
    assert api.client.get("/v1/charts/series", params={"nonsense": "1"}).status_code == 422


def test_a_point_says_the_range_or_the_bound_that_was_said(api: Api) -> None:
    def said(period: str, **amount: str) -> dict[str, Any]:
        stated = mined("australia", "0", "2025-01-31", period=period)
        return {**{name: value for name, value in stated.items() if name != "value"}, **amount}

    api.post(said("2021", low="4", high="6"), said("2022", low="520"), said("2023", high="7"), said("2024", value="5"))
    rows = api.client.get("/v1/charts/series", params={"subject": "australia"}).json()["data"]["values"]
    assert [(row["label"], row["low"], row["value"], row["high"]) for row in rows] == [
        ("4 to 6", 4, 5, 6),
        ("at least 520", 520, 520, 520),
        ("at most 7", 7, 7, 7),
        ("5", 5, 5, 5),
    ]
    assert rows[0]["told"].startswith("Australia, 2021: 4 to 6 t, ")


@pytest.mark.parametrize("symbol", ["withheld", "not_available"])
def test_a_figure_whose_answer_is_no_number_has_no_point(api: Api, symbol: str) -> None:
    withheld = {**mined("australia", "0", "2024-01-31"), "symbol": symbol}
    del withheld["value"]
    repeated = mined("australia", "7", "2025-01-31", source={"publisher": "bgs", "kind": "secondary"})
    api.post(withheld, repeated, mined("australia", "9", "2025-01-31", period="2024"))
    assert api.items("figures", period="2023")[0]["symbol"] == symbol
    spec = api.client.get("/v1/charts/series", params={"subject": "australia"}).json()
    assert [row["period"] for row in spec["data"]["values"]] == ["2024"]
    assert spec["title"]["subtitle"][-1].startswith("Not drawn: 2 of 3 answers")


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ("2024", "2024-04-01/2024-12-31"),
        ("2024-Q1", "2024-02-01/2024-03-31"),
        ("2024-W10", "2024-03-10"),
        ("2024-03-01/2024-03-10", "2024-03-10"),
    ],
)
def test_periods_that_end_together_are_figures_of_their_own(api: Api, longer: str, shorter: str) -> None:
    api.post(
        mined("australia", "12", "2025-01-31", period=longer), mined("australia", "9", "2025-01-31", period=shorter)
    )
    rows = api.client.get("/v1/charts/series", params={"subject": "australia"}).json()["data"]["values"]
    assert {row["period"]: (row["low"], row["high"]) for row in rows} == {longer: (12, 12), shorter: (9, 9)}
    assert len({row["name"] for row in rows}) == 2
