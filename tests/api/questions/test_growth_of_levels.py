"""Whether stated growth fits the levels held, asked over HTTP of a ledger that holds both."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.helpers import Api, opened, organisation

LYNAS = {**organisation("lynas"), "fiscal_year_end": "06-30"}
LEVEL = {"type": "ProductionReported", "subject": "lynas", "unit": "t", "dimensions": {"basis": "reo"}}
RATE = {**LEVEL, "type": "FigureReported", "metric": "production_change", "unit": "percent", "period": "FY2025-Q4"}
ASKED = {"by": "growth", "subject": "lynas"}


def level(period: str, value: str, published: str) -> dict[str, Any]:
    return {**LEVEL, "period": period, "value": value, "published_at": published, "source": {"publisher": "lynas"}}


def rate(value: str, against: str, publisher: str) -> dict[str, Any]:
    source = {"publisher": publisher, "kind": "secondary"}
    return {**RATE, "value": value, "compared_with": against, "published_at": "2025-07-25", "source": source}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with opened(tmp_path_factory.mktemp("growth") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(LYNAS, organisation("wire"), organisation("paper"))
        api.post(
            level("FY2024-Q4", "1504", "2024-07-25"),
            level("FY2025-Q3", "1509", "2025-04-24"),
            level("FY2025-Q4", "2080", "2025-07-24"),
            rate("38", "FY2025-Q3", "wire"),
            rate("43", "2024-Q2", "paper"),
        )
        yield api


def test_38_percent_fits_2080_tonnes_after_1509_and_43_percent_does_not(api: Api) -> None:
    body = api.get("sums", **ASKED)
    told = {one["publisher"]: (one["total"], one["parts_sum"], one["gap"], one["verdict"]) for one in body["items"]}
    assert told == {
        "wire": ("38", "37.8396", "0.1604", "rounding"),
        "paper": ("43", "38.2979", "4.7021", "gap"),
    }
    assert body["summary"] == {"equal": 0, "rounding": 1, "perhaps_rounding": 0, "gap": 1, "incomplete": 0}
    (gap,) = api.items("sums", verdict="gap")
    assert [(part["part"], part["value"], part["publisher"]) for part in gap["parts"]] == [
        ("FY2025-Q4", "2080", "lynas"),
        ("2024-Q2", "1504", "lynas"),
    ]
    assert gap["finding"] is True


def test_before_the_levels_are_known_it_is_incomplete(api: Api) -> None:
    assert api.items("sums", **ASKED, as_of="2025-07-24") == []
    api.post({**rate("10", "FY2023-Q4", "wire"), "period": "FY2024-Q4"})
    item = api.only("sums", **ASKED, period="FY2024-Q4")
    assert (item["verdict"], item["parts_sum"], [one["part"] for one in item["missing"]]) == (
        "incomplete",
        None,
        ["FY2023-Q4"],
    )


def test_a_table_of_it_has_the_columns_of_sums(api: Api) -> None:
    header, *rows = api.client.get("/v1/sums.csv", params={**ASKED, "period": "FY2025-Q4"}).text.splitlines()
    assert {"total", "parts_sum", "gap", "verdict"} <= set(header.split(","))
    assert len(rows) == 2
