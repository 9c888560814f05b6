"""Answers as Excel workbooks: numbers as numbers where nothing is lost, all else as text, nothing as a formula."""

import io
from typing import Any

import openpyxl
import pytest

from tests.api.helpers import Api, mined, organisation


def sheets(api: Api, path: str, **asked: str) -> dict[str, list[dict[str, Any]]]:
    answer = api.client.get(f"/v1/{path}", params={**asked, "format": "xlsx"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    found = {}
    for sheet in book:
        head, *rows = list(sheet.iter_rows(values_only=True)) or [()]
        found[sheet.title] = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    return found


def test_the_items_and_their_basis_are_sheets(api: Api) -> None:
    api.post(mined("australia", "13000.50", "2024-01-31"))
    found = sheets(api, "figures", as_of="2025-01-01")
    (item,), (basis,) = found["items"], found["basis"]
    assert (item["subject"], item["canonical_value"], item["period"], item["disputed"]) == (
        "australia",
        13000.5,
        "2023",
        False,
    )
    assert basis["as_of"] == "2025-01-01T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("printed", "cell"),
    [
        ("13000", 13000),
        ("-0.25", -0.25),
        ("123456789012345", 123456789012345),
        ("1234567890123456", "1234567890123456"),
        ("0.1234567890123456", "0.1234567890123456"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_a_number_is_one_only_where_excel_gives_it_back(api: Api, printed: str, cell: object) -> None:
    api.post(mined("australia", printed, "2024-01-31"))
    assert sheets(api, "figures")["items"][0]["canonical_value"] == cell


def test_texts_that_look_like_formulas_or_links_stay_texts(api: Api) -> None:
    api.post(organisation("acme", name="=1+1"), organisation("bcme", name="http://127.0.0.1/x"))
    names = [row["name"] for row in sheets(api, "entities")["items"]]
    assert {"=1+1", "http://127.0.0.1/x"} <= set(names)


def test_nested_values_are_json_and_members_have_sheets(api: Api) -> None:
    api.post({**mined("australia", "1", "2024"), "dimensions": {"basis": "reo"}})
    assert sheets(api, "figures")["items"][0]["dimensions"] == '{"basis":"reo"}'
    found = sheets(api, "diff", from_as_of="2020", to_as_of="2025")
    assert [row["side"] for row in found["basis"]] == ["from", "to"]


def test_an_empty_answer_is_a_workbook_too(api: Api) -> None:
    book = openpyxl.load_workbook(io.BytesIO(api.client.get("/v1/figures?subject=nobody&format=xlsx").content))
    assert book.sheetnames == ["items", "hints", "basis"]


def test_the_accept_header_asks_for_a_workbook(api: Api) -> None:
    accept = {"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    assert api.client.get("/v1/entities", headers=accept).content[:2] == b"PK"


def test_decimals_of_every_question_are_numbers_and_years_stay_texts(api: Api) -> None:
    api.post(mined("australia", "13000", "2024-01-31"), mined("australia", "29000", "2026"))
    api.post(mined("australia", "21000", "2025", publisher="bgs"))
    (dispute,) = sheets(api, "disputes", as_of="2030")["items"]
    assert (dispute["spread"], dispute["highest"], dispute["period"], dispute["since"]) == (8000, 29000, "2023", "2025")
    wide = sheets(api, "vintages", as_of="2030", layout="wide", releases="first,latest", horizons="12", dates="2024")
    assert [(row["first"], row["latest"], row["12m"], row["2024"]) for row in wide["items"]] == [
        (21000, 21000, None, None),
        (13000, 29000, 13000, 13000),
    ]
    shares = sheets(api, "concentration", metric="mine_production", period="2023", as_of="2030")
    assert shares["summary"][0]["hhi"] == 10000


def test_a_text_that_no_cell_holds_is_refused_and_not_cut(api: Api) -> None:
    api.post(*(mined("australia", str(day), f"2024-01-01T00:{day // 60:02}:{day % 60:02}Z") for day in range(200)))
    assert len(api.only("revisions")["steps"]) == 199
    answer = api.client.get("/v1/revisions?format=xlsx")
    problem = answer.json()
    assert answer.status_code == 422
    assert (problem["errors"][0]["parameter"], "32767" in problem["detail"]) == ("format", True)


def test_a_slug_that_looks_like_a_number_stays_a_text(api: Api) -> None:
    api.post(organisation("2024", name="1984"))
    assert ("2024", "1984") in [(row["entity"], row["name"]) for row in sheets(api, "entities")["items"]]
