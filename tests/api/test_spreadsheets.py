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
        head, *rows = sheet.iter_rows(values_only=True)
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
    assert book.sheetnames == ["items", "basis"]


def test_the_accept_header_asks_for_a_workbook(api: Api) -> None:
    accept = {"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    assert api.client.get("/v1/entities", headers=accept).content[:2] == b"PK"
