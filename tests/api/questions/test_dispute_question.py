"""Disputes and scorecards over HTTP; two transcriptions of one page; the shipped ledger."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from projections import Engine
from tests.api.helpers import Api, country, mined, organisation
from tests.places import SHARED

Item = dict[str, Any]
Row = dict[str, str]

SHARED = SHARED / "vintages" / "usgs_mcs2025_two_transcriptions.csv"
MADE_UP = """\
series,reference_date,recorded_date,value,source
US/exports/ores,2023-12-31,2025-01-31,42500,someone:data/marker/page.md
US/exports/ores,2023-12-31,2025-01-31,45900,someone:data/llm-ocr/page.md
US/exports/ores,2024-12-31,2025-01-31,41600,someone:data/marker/page.md
US/exports/ores,2024-12-31,2025-01-31,41600,someone:data/llm-ocr/page.md
world/mine_production/Canada,2023-12-31,2025-01-31,0,someone:data/marker/page.md
world/mine_production/Canada,2023-12-31,2025-01-31,255000,someone:data/llm-ocr/page.md
world/mine_production/Brazil,2023-12-31,2025-01-31,140,someone:data/marker/page.md
world/mine_production/Brazil,2023-12-31,2025-01-31,140.0,someone:data/llm-ocr/page.md
"""


@pytest.fixture(params=["made up", "of the edition of 2025"])
def transcriptions(request: pytest.FixtureRequest) -> tuple[list[Row], int]:
    """Two transcriptions of one printed page, and on how many figures they differ."""
    if request.param == "made up":
        return list(csv.DictReader(MADE_UP.splitlines())), 2
    if not SHARED.is_file():
        pytest.skip("the two transcriptions are not beside the project")
    with SHARED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), 18


def slug_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def fact_of(row: Row) -> Item:
    """A row as an event: the last part of a world series is the place."""
    first, *rest = row["series"].split("/")
    place, metric = (rest[1], rest[0]) if first == "world" else (first, "_".join(rest))
    return {
        "type": "FigureReported",
        "subject": f"place-{slug_of(place)}",
        "metric": metric,
        "period": row["reference_date"][:4],
        "value": row["value"],
        "unit": "t",
        "published_at": row["recorded_date"],
        "source": {"publisher": "usgs", "via": row["source"]},
    }


def places(rows: list[Row]) -> list[Item]:
    slugs = sorted({fact_of(row)["subject"] for row in rows})
    return [{"type": "EntityRegistered", "entity": slug, "kind": "region", "name": slug} for slug in slugs]


def cell(row: Row) -> tuple[str, str]:
    return row["series"], row["reference_date"]


def test_one_call_lists_where_two_transcriptions_of_one_edition_differ(
    api: Api, transcriptions: tuple[list[Row], int]
) -> None:
    rows, differing = transcriptions
    api.post(*places(rows), *map(fact_of, rows))
    items = api.items("disputes", as_of="2025-12-31")
    assert len(items) == differing
    assert {(item["kind"], item["status"], item["since"]) for item in items} == {("within", "open", "2025-01-31")}
    expected: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        fact = fact_of(row)
        key = (fact["subject"], fact["metric"], fact["period"])
        expected.setdefault(key, {})[row["source"]] = row["value"]
    expected = {key: said for key, said in expected.items() if len({float(value) for value in said.values()}) > 1}
    assert {
        (item["subject"], item["metric"], item["period"]): {said["via"]: said["value"] for said in item["publishers"]}
        for item in items
    } == expected


def test_one_call_lists_which_figures_were_transcribed_wrongly(api: Api, transcriptions: tuple[list[Row], int]) -> None:
    rows, differing = transcriptions
    misread = {cell(row): row for row in rows if "llm-ocr" in row["source"]}
    right = {cell(row): row for row in rows if "marker" in row["source"]}
    assert misread.keys() == right.keys()
    api.post(*places(rows))
    posted = api.post(*map(fact_of, misread.values()))
    before = api.head()
    api.post(
        *(
            {
                "type": "EventCorrected",
                "target": fact["event_id"],
                "changes": {"value": right[key]["value"], "source.via": right[key]["source"]},
                "reason": "transcription",
                "explanation": "The page says so.",
            }
            for key, fact in zip(misread, posted, strict=True)
        )
    )
    items = api.items("impact", recorded_from=f"position:{before}", as_of="2025-12-31")
    assert len(items) == differing
    assert {item["kind"] for item in items} == {"changed"}
    assert {cause["cause"] for item in items for cause in item["causes"]} == {"correction"}
    wrong = [key for key in misread if float(misread[key]["value"]) != float(right[key]["value"])]
    assert sorted((item["before"]["value"], item["after"]["value"]) for item in items) == sorted(
        (misread[key]["value"], right[key]["value"]) for key in wrong
    )
    assert api.items("disputes", as_of="2025-12-31") == []
    assert api.only("scorecards", as_of="2025-12-31")["revisions"] == 0


@pytest.fixture(scope="module")
def agencies(shipped: Engine) -> Iterator[Api]:
    """The shipped ledger."""
    with TestClient(create_app(shipped)) as client:
        yield Api(client)


def test_two_agencies_dispute_the_world_of_2018(agencies: Api) -> None:
    item = agencies.only("disputes", subject="world", metric="mine_production", period="2018", as_of="2026-10-31")
    assert (item["status"], item["kind"], item["spread"]) == ("open", "between", "63777")
    assert {said["publisher"]: said["canonical_value"] for said in item["publishers"]} == {
        "usgs": "190000",
        "bgs": "253777",
    }
    assert (item["highest_by"], item["lowest_by"], item["began_by"]["publisher"]) == ("bgs", "usgs", "bgs")


def test_the_british_and_the_american_survey_are_a_pair_with_a_card_each(agencies: Api) -> None:
    asked = {"metric": "mine_production", "as_of": "2026-10-31"}
    pairs = agencies.get("disputes", **asked)["pairs"]
    (pair,) = (one for one in pairs if one["publishers"] == ["bgs", "usgs"])
    assert pair["figures"] == pair["agreeing"] + pair["differing"] >= 10
    assert 0 < pair["mean_difference_percent"] < pair["mean_absolute_difference_percent"] < 200
    cards = {item["publisher"]: item for item in agencies.items("scorecards", **asked)}
    assert cards["usgs"]["name"] == "U.S. Geological Survey"
    assert cards["usgs"]["revisions"] > 0 == cards["bgs"]["revisions"]


def test_the_same_viewpoint_gives_the_same_bytes(agencies: Api) -> None:
    for path in ("disputes", "scorecards"):
        asked = {"as_of": "2025-06-30", "recorded_as_of": f"position:{agencies.head()}"}
        first, second = (agencies.client.get(f"/v1/{path}", params=asked) for _ in range(2))
        assert first.json()["items"]
        assert first.content == second.content
        assert "immutable" in first.headers["cache-control"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "arrow", "xlsx"])
@pytest.mark.parametrize("path", ["disputes", "scorecards"])
def test_they_come_in_every_format(agencies: Api, path: str, form: str) -> None:
    answer = agencies.client.get(f"/v1/{path}", params={"format": form, "as_of": "2026-10-31"})
    assert answer.status_code == 200, answer.text
    assert answer.content


def test_statistics_are_numbers_in_a_table_and_so_are_decimals(agencies: Api) -> None:
    def schema(path: str) -> pa.Schema:
        answer = agencies.client.get(f"/v1/{path}", params={"format": "parquet", "as_of": "2026-10-31"})
        return pq.read_schema(io.BytesIO(answer.content))

    assert schema("scorecards").field("mean_lag_days").type == pa.float64()
    assert schema("scorecards").field("figures").type == pa.int64()
    assert schema("disputes").field("spread").type == pa.decimal128(38, 18)


def test_a_page_goes_on_where_the_one_before_ended(agencies: Api) -> None:
    for path in ("disputes", "scorecards"):
        whole = agencies.items(path, as_of="2026-10-31")
        first = agencies.get(path, as_of="2026-10-31", limit=7)
        second = agencies.get(path, as_of="2026-10-31", limit=10_000, cursor=first["next"])
        assert len(first["items"]) == 7
        assert first["items"] + second["items"] == whole
        assert second["next"] is None
        assert second.get("pairs") == first.get("pairs")


def test_a_dispute_is_listed_by_its_status(api: Api) -> None:
    api.post(
        mined("world", "5", "2025-01-31"),
        mined("world", "7", "2025-02-28", publisher="bgs"),
        mined("world", "5", "2025-03-31", publisher="bgs"),
        mined("china", "5", "2025-01-31"),
        mined("china", "7", "2025-02-28", publisher="bgs"),
    )

    def subjects(**asked: str) -> list[str]:
        return [item["subject"] for item in api.items("disputes", as_of="2025-04-10", **asked)]

    assert subjects() == subjects(status="open") == ["china"]
    assert subjects(status="ended") == ["world"]
    assert subjects(status="all", publisher="bgs") == ["china", "world"]
    assert subjects(publisher="nobody") == []
    item = api.only("disputes", as_of="2025-04-10", status="ended")
    assert (item["ended_by"]["cause"], item["until"], item["days"]) == ("revision", "2025-03-31", 31)
    assert api.only("disputes", as_of="2025-03-10", subject="world")["days"] == 10


def test_an_empty_ledger_has_no_disputes_and_no_scorecards(client: TestClient) -> None:
    answer = client.get("/v1/disputes").json()
    assert (answer["items"], answer["pairs"]) == ([], [])
    assert client.get("/v1/scorecards").json()["items"] == []
    for form in ("csv", "parquet", "arrow", "xlsx"):
        assert client.get("/v1/disputes", params={"format": form}).status_code == 200


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("disputes", {"status": "closed"}),
        ("disputes", {"status": "open,ended"}),
        ("disputes", {"disputed": "true"}),
        ("disputes", {"resolve": "all"}),
        ("disputes", {"as_of": "soon"}),
        ("disputes", {"period": "2023-13"}),
        ("disputes", {"figure_id": "1"}),
        ("disputes", {"recorded_as_of": "position:999999"}),
        ("disputes", {"limit": "0"}),
        ("disputes", {"cursor": "x"}),
        ("scorecards", {"status": "open"}),
        ("scorecards", {"prefer": "usgs"}),
        ("scorecards", {"period_from": "FY2024"}),
        ("scorecards", {"dimension.": "x"}),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(agencies: Api, path: str, params: dict[str, str]) -> None:
    answer = agencies.client.get(f"/v1/{path}", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert next(iter(params)) in answer.text


def test_merged_publishers_and_places_answer_under_either_slug(api: Api) -> None:
    api.post(organisation("survey"), country("prc"))
    api.post(
        mined("china", "5", "2025-01-31"),
        mined("prc", "7", "2025-02-28", publisher="survey"),
        {"type": "EntitiesMerged", "kept": "china", "merged": "prc", "reason": "One country."},
    )
    by_either = [api.only("disputes", subject=slug, as_of="2025-03-31") for slug in ("china", "prc")]
    assert by_either[0] == by_either[1]
    api.post({"type": "EntitiesMerged", "kept": "bgs", "merged": "survey", "reason": "One publisher."})
    assert api.only("disputes", publisher="survey", as_of="2025-03-31")["highest_by"] == "bgs"
    assert [item["publisher"] for item in api.items("scorecards", publisher="survey")] == ["bgs"]
