"""`/v1/vintages` over HTTP: layouts, columns, and what is refused."""

import csv
import io

import pytest
from fastapi.testclient import TestClient

from tests.api.helpers import Api, mined

ASKED = {"subject": "australia", "as_of": "2030-01-01"}


@pytest.fixture
def revised(api: Api) -> Api:
    api.post(mined("australia", "13000", "2024-01-31"), mined("australia", "29000", "2026-02-06"))
    api.post(mined("australia", "15000", "2025-06-30", publisher="bgs"))
    return api


def test_every_vintage_is_listed_with_its_cause(revised: Api) -> None:
    items = revised.items("vintages", **ASKED)
    assert [(one["publisher"], one["vintage"], one["value"], one["cause"]) for one in items] == [
        ("bgs", "2025-06-30", "15000", "first_report"),
        ("usgs", "2024-01-31", "13000", "first_report"),
        ("usgs", "2026-02-06", "29000", "revision"),
    ]
    assert items[-1]["change_percent"] == "123.0769"


def test_wide_has_periods_down_and_vintages_across(revised: Api) -> None:
    answer = revised.client.get("/v1/vintages", params={**ASKED, "layout": "wide", "format": "csv"})
    (bgs, usgs) = csv.DictReader(io.StringIO(answer.text))
    assert [usgs[day] for day in ("2024-01-31", "2025-06-30", "2026-02-06")] == ["13000", "13000", "29000"]
    assert [bgs[day] for day in ("2024-01-31", "2025-06-30", "2026-02-06")] == ["", "15000", "15000"]


def test_columns_are_days_releases_and_ages_in_the_order_of_asking(revised: Api) -> None:
    asked = {**ASKED, "publisher": "usgs", "layout": "wide"}
    row = revised.only("vintages", **asked, dates="2024,2026-12-31", releases="latest,first,3", horizons="12,1,36")
    columns = ["2024", "2026-12-31", "latest", "first", "3", "12m", "1m", "36m"]
    assert list(row)[-8:] == columns
    assert [row[one] for one in columns] == ["13000", "29000", "29000", "13000", None, "13000", "13000", "29000"]


def test_pages_fit_together(revised: Api) -> None:
    whole = revised.items("vintages", **ASKED)
    first = revised.get("vintages", **ASKED, limit=2)
    rest = revised.get("vintages", **ASKED, limit=2, cursor=first["next"])
    assert first["items"] + rest["items"] == whole
    assert rest["next"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"layout": "long"},
        {"dates": "yesterday"},
        {"dates": "2031-01-01"},
        {"releases": "0"},
        {"releases": "last"},
        {"horizons": "0"},
        {"horizons": "-3"},
        {"horizons": "1.5"},
        {"horizons": "601"},
        {"horizons": "٣"},
        {"release": "first"},
        {"resolve": "all"},
        {"dates": ",".join(str(year) for year in range(1000, 2001))},
    ],
)
def test_what_cannot_be_meant_is_refused(revised: Api, wrong: dict[str, str]) -> None:
    answer = revised.client.get("/v1/vintages", params={**ASKED, **wrong})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_many_vintages_across_are_refused_with_a_way_out(api: Api) -> None:
    api.post(*(mined("china", str(day), f"2020-01-01T00:{day // 60:02}:{day % 60:02}Z") for day in range(1001)))
    api.post(
        *(
            mined("china", str(day), f"{2021 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}")
            for day in range(1001)
        )
    )
    answer = api.client.get("/v1/vintages", params={"subject": "china", "layout": "wide"})
    assert answer.status_code == 422
    assert "dates" in answer.json()["detail"]


def test_an_unknown_subject_has_no_vintages(client: TestClient) -> None:
    assert client.get("/v1/vintages?subject=nowhere&layout=wide").json()["items"] == []
