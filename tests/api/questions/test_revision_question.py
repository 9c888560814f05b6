"""`/v1/revisions` over HTTP: members, formats, pages, and what is refused."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.helpers import BASICS, Api, mined, opened
from tests.places import ROOT

ASKED = {"metric": "mine_production", "as_of": "2030-01-01"}
MEMBERS = ("summary", "statistics", "error_by_age", "efficiency", "news_noise", "settling")


FACTS = (
    mined("australia", "13000", "2024-01-31"),
    mined("australia", "29000", "2026-02-06", note="Revised."),
    mined("china", "240000", "2024-01-31"),
    mined("china", "240", "2025-01-31", unit="tonnes"),
    mined("china", "250", "2026-02-06"),
    mined("world", "350000", "2024-01-31", publisher="bgs"),
)


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A ledger that the tests only read."""
    with opened(tmp_path_factory.mktemp("revised") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASICS, *FACTS)
        yield api


def statistics(body: dict[str, Any], target: str, measure: str) -> dict[str, Any]:
    (row,) = [row for row in body["statistics"] if (row["target"], row["measure"]) == (target, measure)]
    found: dict[str, Any] = row
    return found


def test_every_series_is_an_item_and_all_of_them_are_measured(revised: Api) -> None:
    body = revised.get("revisions", **ASKED)
    assert [(item["subject"], item["publisher"], item["kinds"]) for item in body["items"]] == [
        ("australia", "usgs", {"substantial": 1}),
        ("china", "usgs", {"unit_relabel": 1, "substantial": 1}),
        ("world", "bgs", {}),
    ]
    australia = body["items"][0]
    assert (australia["total_change"], australia["total_change_percent"]) == ("16000", "123.0769")
    assert (australia["announced"], australia["silent"]) == (1, 0)
    assert australia["steps"][0]["announced_by"] == australia["steps"][0]["event_id"]
    assert [name for name in body if name not in ("items", "next", "basis")] == list(MEMBERS)
    assert statistics(body, "latest", "absolute")["mean"] == (16_000 - 239_750) / 2
    assert body["summary"]["series"] == 3


def test_kinds_that_are_left_out_do_not_count(revised: Api) -> None:
    body = revised.get("revisions", **ASKED, kinds="substantial")
    assert body["summary"]["kinds"] == ["substantial"]
    assert statistics(body, "latest", "absolute")["mean"] == (16_000 + 10) / 2
    assert body["items"][1]["first_comparable"] == "240"


def test_targets_horizons_and_groups_are_those_asked_for(revised: Api) -> None:
    body = revised.get("revisions", **ASKED, release="3,2,2", horizons="24,6", by="publisher,subject")
    targets = ["latest", "release_2", "release_3", "6m", "24m"]
    assert [row["target"] for row in body["statistics"][::2]] == targets
    assert [row["target"] for row in body["efficiency"]] == targets
    assert [row["horizon"] for row in body["error_by_age"][::2]] == ["6m", "24m"]
    assert [(group["publisher"], group["subject"]) for group in body["groups"]] == [
        ("bgs", "world"),
        ("usgs", "australia"),
        ("usgs", "china"),
    ]
    assert all(set(MEMBERS) <= set(group) for group in body["groups"])


def test_settling_takes_a_tolerance_and_an_age(revised: Api) -> None:
    for tolerance, days in (("1", 737), ("200", 0), ("1e2", 0), ("4.1", 737)):
        (item,) = revised.items("revisions", **ASKED, subject="australia", tolerance=tolerance)
        assert item["settled_after_days"] == days
    body = revised.get("revisions", **ASKED, young="3650")
    assert (body["settling"]["censored"], body["settling"]["young_days"]) == (3, 3650)


def test_the_members_are_about_the_whole_selection_and_pages_fit_together(revised: Api) -> None:
    whole = revised.get("revisions", **ASKED)
    first = revised.get("revisions", **ASKED, limit=2)
    rest = revised.get("revisions", **ASKED, limit=2, cursor=first["next"])
    assert first["items"] + rest["items"] == whole["items"]
    assert all(first[name] == rest[name] == whole[name] for name in MEMBERS)


def test_the_same_question_at_a_fixed_viewpoint_is_answered_the_same_for_ever(api: Api) -> None:
    api.post(*FACTS)
    fixed = {**ASKED, "as_of": "2026-02-28", "recorded_as_of": f"position:{api.head()}"}
    before = api.client.get("/v1/revisions", params=fixed)
    api.post(mined("australia", "14000", "2025-01-31"))
    after = api.client.get("/v1/revisions", params=fixed)
    assert before.content == after.content
    assert before.headers["cache-control"].endswith("immutable")


def test_every_format_holds_the_items(revised: Api) -> None:
    def body(form: str) -> bytes:
        answer = revised.client.get("/v1/revisions", params={**ASKED, "format": form})
        assert answer.status_code == 200
        return answer.content

    rows = list(csv.DictReader(io.StringIO(body("csv").decode())))
    assert [row["total_change"] for row in rows] == ["16000", "-239750", "0"]
    assert json.loads(rows[1]["steps"])[0]["rule"] == "power_of_ten"
    assert len(body("jsonl").splitlines()) == 3
    assert body("parquet")[:4] == b"PAR1"
    assert body("arrow")
    book = openpyxl.load_workbook(io.BytesIO(body("xlsx")))
    assert book.sheetnames == ["items", *MEMBERS, "basis"]
    assert [row[0].value for row in book["statistics"].iter_rows(min_row=2, max_row=3)] == ["latest", "latest"]


def test_what_cannot_be_meant_is_a_problem_that_names_its_parameter(revised: Api) -> None:
    many = ",".join(map(str, range(2, 40)))
    wrong = {
        "kinds": ["big", ",", "substantial,Rounding"],
        "release": ["1", "latest", "1001", many],
        "horizons": ["0", "12m", "601", many],
        "tolerance": ["-1", "x", "NaN", "1" * 21],
        "young": ["-1", "365.5", "36526"],
        "by": ["colour", ","],
        "figure_id": ["7"],
        "period": ["FY2025"],
        "resolve": ["all"],
    }
    for name, values in wrong.items():
        for value in values:
            answer = revised.client.get("/v1/revisions", params={name: value})
            assert (answer.status_code, value) == (422, value)
            assert [error["parameter"] for error in answer.json()["errors"]] == [name]


@pytest.mark.parametrize("filters", [{"subject": "nowhere"}, {"publisher": "nobody"}, {"as_of": "0001-01-01"}])
def test_nothing_to_measure_is_an_answer(revised: Api, filters: dict[str, str]) -> None:
    body = revised.get("revisions", **filters, by="subject")
    assert (body["items"], body["groups"], body["summary"]["series"]) == ([], [], 0)
    assert statistics(body, "latest", "percent")["mean"] is None


def test_extremes_of_dates_values_and_horizons_are_answered(api: Api) -> None:
    api.post(
        mined("world", "99999999999999999999", "0001-01-01", period="0001-01-01"),
        mined("world", "-99999999999999999999.999999999999999999", "9999", period="0001-01-01"),
        mined("world", "0.000000000000000001", "2024-01-31", period="9999-12-31"),
        mined("world", "99999999999999999999", "2025-01-31", period="9999-12-31"),
        mined("world", "0", "2025-02-28", period="9999-12-31"),
    )
    for kinds in ("substantial", "rounding", "definition,rescale"):
        for as_of in ("2026-12-31", "9999-12-31"):
            asked = {"kinds": kinds, "as_of": as_of, "horizons": "1,600", "young": "0", "tolerance": "1e19"}
            answer = api.client.get("/v1/revisions", params=asked)
            assert answer.status_code == 200, answer.text
            assert "NaN" not in answer.text
            assert "Infinity" not in answer.text


def test_no_other_question_pays_for_the_statistics() -> None:
    program = (
        "import sys; import api.cli.main; print([name for name in ('scipy', 'statsmodels') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
