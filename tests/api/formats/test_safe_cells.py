"""A CSV for spreadsheets has no cell that one would run, and its numbers are still numbers."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from api.formats.negotiation import CSV, Format
from api.formats.render import page_file
from api.formats.safe_cells import harmless
from api.questions.page import Page
from api.settings import data_directory
from ledger import Ledger
from tests.api.helpers import BASICS, Api, mined, organisation
from tests.shared_tables import engine_of

RUN = [
    "=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx", "\nx", "=", "-", "-1+1", "+1-cmd|' /C calc'!A0", "-0.5e", "--1",
    "\uff1d1+1", "\uff0bA1", "\uff0dA1", "\uff20A1", "\ufe66A1", "\u2212A1",
    " =1", "\u00a0=1", "\u3000=1", '"=1', "'=1", " ' \"=1", "\u200b=1", "\ufeff=1", "\x00=1", "\u201c=1",
]  # fmt: skip
NAMES = [cell for cell in RUN if cell.strip("\0\t\r\n") and "\0" not in cell]
LEFT = ["", "0", "-1", "+5", "-0.25", "1e5", "-1.5E-3", "a=1", "2024-01-31", "a-b", "{}", '[{"a":"=1"}]', "'", " ", "é"]


@pytest.mark.parametrize("cell", RUN)
def test_a_cell_that_would_be_run_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", LEFT)
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.text(st.sampled_from("=+-@ \t\r\n\"'1a.\uff1d\u200b")))
def test_no_cell_begins_with_a_sign_after_what_a_spreadsheet_skips(text: str) -> None:
    cell = harmless(text)
    assert cell in (text, f"'{text}")
    if cell == text and text:
        shown = text.lstrip(" \"'\u200b")
        try:
            float(text)
        except ValueError:
            assert not shown or shown[0] not in "=+-@\uff1d"
            assert text[0] not in "\t\r\n"


def written(page: Page, form: Format, *, safe: bool = False) -> bytes:
    return b"".join(page_file(page, form, safe=safe).blocks())


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_it_is_asked_for_and_off_by_default(api: Api) -> None:
    api.post(organisation("acme", name='=HYPERLINK("http://127.0.0.1")', aliases=["=1"]))
    asked = {"entity": "acme", "format": "csv"}
    plain, off, safe = (
        api.client.get("/v1/entities", params={**asked, **more}) for more in ({}, {"safe": "false"}, {"safe": "true"})
    )
    assert plain.content == off.content
    (before,), (after,) = rows(plain.content), rows(safe.content)
    assert before["name"] == '=HYPERLINK("http://127.0.0.1")'
    assert after == {**before, "name": f"'{before['name']}"}
    assert plain.headers["ETag"] != safe.headers["ETag"]


def test_numbers_stay_numbers(api: Api) -> None:
    api.post(mined("china", "-13000.50", "2024"), mined("australia", "-7", "2024"))
    plain, safe = (api.client.get(f"/v1/figures?format=csv{more}").content for more in ("", "&safe=true"))
    assert rows(plain) == rows(safe)
    assert "-13000.5" in {row["canonical_value"] for row in rows(safe)}


def test_a_header_is_made_harmless_too() -> None:
    page = Page([{"=1": "@x", "n": -5}, {"=1": None, "n": 2.5}], {})
    assert written(page, CSV, safe=True) == b"'=1,n\r\n'@x,-5\r\n,2.5\r\n"
    assert written(page, CSV) == b"=1,n\r\n@x,-5\r\n,2.5\r\n"


QUESTIONS = {
    "figures": {}, "entities": {}, "policies": {}, "events": {}, "vintages": {}, "revisions": {}, "diff": {},
    "uncertainty": {}, "freshness": {}, "preferences": {}, "reliance": {}, "influence": {},
    "definitions": {}, "derived": {}, "derived-vintages": {},
    "disputes": {}, "scorecards": {}, "sums": {}, "impact": {"recorded_from": "position:1"},
    "trace": {"entity": "china"}, "concentration": {"metric": "mine_production", "period": "2023"}, "event-types": {},
    "event-types/QuotaSet": {}, "entities/china": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def named() -> Iterator[Api]:
    """A ledger with names that would be run, of `acme-0` and so on, and two figures: it is only read."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, mined("china", "1", "2024"), mined("australia", "2", "2024")])
        ledger.append([organisation(f"acme-{number}", name=cell) for number, cell in enumerate(NAMES)])
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


@pytest.mark.parametrize("path", QUESTIONS)
def test_every_question_takes_it_for_csv_and_for_nothing_else(named: Api, path: str) -> None:
    api = named
    asked: dict[str, Any] = {**QUESTIONS[path], "safe": "true"}
    if "/" not in path or path.startswith("event-types"):
        assert api.client.get(f"/v1/{path}", params={**asked, "format": "csv"}).status_code == 200
    for form in ("json", "jsonl", "xlsx", "parquet", "arrow"):
        answer = api.client.get(f"/v1/{path}", params={**asked, "format": form})
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "safe"), form
    answer = api.client.get(f"/v1/{path}", params={**asked, "safe": "perhaps", "format": "csv"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "safe")


def test_the_next_page_is_safe_as_well(api: Api) -> None:
    link = api.client.get("/v1/entities?format=csv&safe=true&limit=2").headers["Link"]
    following = link.partition(">")[0].lstrip("<")
    assert "safe=true" in following
    assert api.client.get(following).status_code == 200


def test_the_command_line_has_it_too(tmp_path: Path) -> None:
    with Ledger(data_directory(tmp_path).ledger_path) as ledger:
        ledger.append([organisation("acme", name="=1+1")])

    def shown(*words: str) -> Any:
        return CliRunner().invoke(app, ["entities", *words, "--data", str(tmp_path)])

    assert "'=1+1" in shown("--format", "csv", "--safe").stdout
    assert "'=1+1" not in shown("--format", "csv").stdout
    refused = shown("--safe")
    assert refused.exit_code == 2
    assert "--format csv" in refused.stderr


@pytest.mark.parametrize("cell", NAMES)
def test_excel_has_every_text_that_an_event_may_have_as_a_text(named: Api, cell: str) -> None:
    answer = named.client.get(f"/v1/entities?entity=acme-{NAMES.index(cell)}&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["items"]
    (column,) = (one.column_letter for one in sheet[1] if one.value == "name")
    assert sheet[f"{column}2"].data_type == "s"
    assert str(sheet[f"{column}2"].value).replace("_x000D_", "\r").strip() == cell.strip()
