"""Checks over HTTP: every kind of document in, every format out, refusals, and what is marked."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import CHECK_MB
from projections import Engine

TEXT = "China mined 240,000 t of rare earths in 2023, the United States 41,600 t."
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def client(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


def check(client: TestClient, body: str | bytes, kind: str = "text/plain", status: int = 200, **params: Any) -> Any:
    answer = client.post("/v1/check", content=body, headers={"Content-Type": kind}, params=params)
    assert answer.status_code == status, answer.text
    return answer


def items(client: TestClient, body: str | bytes, kind: str = "text/plain", **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = check(client, body, kind, **params).json()["items"]
    return found


def test_each_number_says_where_it_stands_and_what_is_so(client: TestClient) -> None:
    answer = check(client, f"A title\n\n{TEXT}", as_of="2026-11-27").json()
    first, second = answer["items"]
    assert (first["verdict"], first["since"], first["value"], first["publisher"]) == (
        "superseded",
        "2025-01-31",
        "255000",
        "usgs",
    )
    assert (first["line"], first["column"], first["offset"], first["length"]) == (3, 13, 21, 9)
    assert second["verdict"] == "current"
    assert answer["counts"] == {"current": 1, "superseded": 1, "unread": 0}
    assert answer["basis"]["as_of"].startswith("2026-11-27")
    event = client.get(f"/v1/events/{first['by']['event_id']}").json()["items"][0]
    assert event["value"] == "255000"


def test_a_number_that_names_no_figure_leads_to_those_of_which_exactly_this_is_said(client: TestClient) -> None:
    text = "The plant will cost RM600 million. Growth was 38%, and something weighs 1,234,567 t."
    plant, growth, nothing = check(client, text).json()["unread"]
    assert plant["reason"] == "no_metric"
    assert [(one["metric"], one["subject"]) for one in plant["said_of"]] == [("investment", "js-link-kuantan-plant")]
    figure = client.get(f"/v1/figures/{plant['said_of'][0]['figure_id']}/history").json()["items"][-1]
    assert (figure["value"], figure["unit"]) == (plant["said_of"][0]["value"], plant["said_of"][0]["unit"])
    assert growth["said_of"][0]["metric"] == "production_change"
    assert nothing["said_of"] == []
    (fall,) = check(client, "Heat and power together cut it by 30%.").json()["unread"]
    assert "-30" in [one["value"] for one in fall["said_of"]], "what fell may be held below zero"
    before = check(client, text, as_of="2020").json()["unread"]
    assert [one["said_of"] for one in before] == [[], [], []]
    marked = check(client, text, "text/markdown", format="document").text
    assert "RM600 million[^check-1]" in marked
    assert (
        "[^check-1]: not read: nothing says what is measured; exactly this is said of investment of js-link" in marked
    )
    assert "1,234,567 t." in marked
    page = check(client, f"<p>{text}</p>", "text/html", format="document").text
    assert page.count('<mark class="check-unread"') == 3


def test_what_the_ledger_calls_a_metric_is_read(client: TestClient) -> None:
    asked = {"subject": "australia", "metric": "mine_production", "period": "2024,2023,2022", "as_of": "2026-11-27"}
    exported = client.get("/v1/figures.csv", params=asked).text
    names = ("subject", "metric", "material", "dimensions", "period", "value", "unit")
    rows = list(csv.DictReader(io.StringIO(exported)))
    table = "\n".join(
        [
            ",".join(names[:3] + names[4:]),
            *(",".join(row[name] for name in names if name != "dimensions") for row in rows),
        ]
    )
    assert [one["verdict"] for one in items(client, table, "text/csv", as_of="2026-11-27")] == ["current"] * len(rows)
    assert items(client, "australia mine_production of rare_earths in 2024 was 29,000 t.")[0]["verdict"] == "current"


@pytest.mark.parametrize(
    "wrong",
    [{"value": one} for one in ("NaN", "abc", "1e400", "", None, {"a": 1}, [1], True)]
    + [{"unit": "foo"}, {"unit": None}],
)
def test_a_claim_that_says_no_amount_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    claim = {"subject": "australia", "metric": "mine_production", "material": "rare-earths", "period": "2024"}
    sound = {**claim, "value": "29000", "unit": "t"}
    answer = check(client, json.dumps([sound, {**sound, **wrong}]), "application/json", 422).json()
    assert "claim 2 says no amount" in answer["detail"]


def test_a_claim_may_be_below_zero(client: TestClient) -> None:
    claim = {"subject": "australia", "metric": "mine_production", "material": "rare-earths", "period": "2024"}
    (one,) = items(client, json.dumps([{**claim, "value": "-29000", "unit": "t"}]), "application/json")
    assert (one["quoted"], one["verdict"]) == ("-29000", "never_said")


def test_a_document_comes_back_with_its_marks(client: TestClient) -> None:
    plain = check(client, TEXT, format="document").text
    assert plain.startswith("China mined 240,000 t [1: superseded since 2025-01-31: usgs says 255000 t (event ")
    marked = check(client, f"*{TEXT}*\n", "text/markdown", format="document").text
    assert "240,000 t[^check-1]" in marked
    assert "\n[^check-1]: superseded since" in marked
    page = check(client, f"<p title='a'>{TEXT} <b>&amp; &lt;i&gt;</b></p>", "text/html", format="document")
    assert '<mark class="check-superseded" title="superseded since' in page.text
    assert page.text.endswith("<b>&amp; &lt;i&gt;</b></p>")
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert page.headers["Content-Disposition"].startswith("attachment")


def test_entities_of_html_are_the_characters_that_they_stand_for(client: TestClient) -> None:
    (item,) = items(client, "<p>China mined <b>240&#8239;000&nbsp;t</b> of rare&nbsp;earths in 2023.</p>", "text/html")
    assert (item["verdict"], item["quoted"]) == ("superseded", "240\u202f000\xa0t")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_table_comes_back_with_columns_added(client: TestClient, form: str) -> None:
    rows: list[list[Any]] = [
        ["Country", "Mine production of rare earths 2023 (t)"],
        ["China", 240000],
        ["United States", 41600],
    ]
    if form == "csv":
        body, kind = "\n".join(",".join(map(str, row)) for row in rows).encode(), "text/csv"
    else:
        book, sink = openpyxl.Workbook(), io.BytesIO()
        for row in rows:
            book.active.append(row)
        book.save(sink)
        body, kind = sink.getvalue(), XLSX
    assert [(one["cell"], one["verdict"]) for one in items(client, body, kind)] == [
        ("B2", "superseded"),
        ("B3", "current"),
    ]
    marked = check(client, body, kind, format="document")
    if form == "csv":
        lines = marked.text.splitlines()
        assert lines[0] == "Country,Mine production of rare earths 2023 (t),check,check_said"
        assert lines[1].startswith("China,240000,superseded,B2: superseded since 2025-01-31")
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(marked.content)).worksheets[0]
        assert [cell.value for cell in sheet[2]][:3] == ["China", 240000, "superseded"]


def test_claims_are_stated_in_fields_or_as_sentences(client: TestClient) -> None:
    fields = {
        "subject": "China",
        "metric": "mine_production",
        "material": "rare-earths",
        "period": "2023",
        "unit": "kt",
    }
    (item,) = items(client, json.dumps([{**fields, "value": 240}]), "application/json")
    assert (item["verdict"], item["row"], item["read_unit"]) == ("superseded", 1, "kt")
    sentences = json.dumps([{"text": TEXT}, {"text": "Nothing."}])
    assert [one["verdict"] for one in items(client, sentences, "application/json")] == ["superseded", "current"]


def test_what_is_ambiguous_is_listed_and_not_guessed(client: TestClient) -> None:
    (item,) = items(client, "Lynas produced 2,080 t of NdPr in Q2 2025.")
    assert item["verdict"] == "ambiguous"
    days = ["2024-10-01/2024-12-31", "2025-04-01/2025-06-30"]
    assert sorted(one["days"] for one in item["candidates"]) == days
    assert sorted(item["said"].removeprefix("may be one of 2 figures: ").split(" or ")) == days


def test_a_day_of_writing_gives_a_second_verdict_and_tells_last_year(client: TestClient) -> None:
    (item,) = items(client, "China mined 240,000 t of rare earths last year.", written="2024-06-30")
    assert (item["written_verdict"], item["verdict"], item["period"]) == ("current", "superseded", "2023")
    written = check(client, TEXT, written="2026-07-15", format="document").text
    assert written.count("; when it was written: the same") == 1
    refused = check(client, TEXT, status=422, written="soon").json()
    assert refused["errors"][0]["parameter"] == "written"
    assert check(client, "China mined 240,000 t of rare earths last year.").json()["unread"][0]["reason"] == "no_period"


@pytest.mark.parametrize(
    ("body", "kind", "params", "status", "rule"),
    [
        (b"x", "image/png", {}, 415, None),
        (b"\xff\xff\xff", "text/plain", {}, 422, "encoding"),
        (b"{}", "application/json", {}, 422, "array"),
        (b"[1]", "application/json", {}, 422, "object"),
        (b'[{"sujet": "x"}]', "application/json", {}, 422, "unknown_field"),
        (b'[{"text": "x", "unit": "t"}]', "application/json", {}, 422, "text"),
        (b"no workbook", XLSX, {}, 422, "table"),
        (b"x", "text/plain", {"type": "pdf"}, 422, "unknown_type"),
        (b"x", "text/plain", {"mapping": "nothing"}, 422, "mapping"),
        (b"x", "text/plain", {"written": "yesterday"}, 422, None),
        (b"x", "text/plain", {"format": "parquet"}, 422, "unknown_format"),
        (b"x", "text/plain", {"set.year": "2024"}, 422, "mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_refused(
    client: TestClient, body: bytes, kind: str, params: dict[str, str], status: int, rule: str | None
) -> None:
    problem = check(client, body, kind, status, **params).json()
    if rule is not None:
        assert [one["rule"] for one in problem["errors"]] == [rule]


def test_a_document_is_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECK_MB.variable, "1")
    check(client, b"x" * (1024 * 1024 + 1), status=413)


def test_a_long_document_takes_no_longer_than_its_length(client: TestClient) -> None:
    text = "\n\n".join([TEXT] * 2500)
    answer = check(client, text).json()
    assert answer["counts"] == {"current": 2500, "superseded": 2500, "unread": 0}


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "#" * 5000 + "x",
        "| a |\n|---|\n",
        "|" * 3000,
        "." * 9000,
        "1,000 t " * 3000,
        "<" * 3000,
        "[" * 3000,
        "*" * 3000,
        "[a](" * 9000,
        "<!--" * 9000,
        "a:\n" * 2000,
    ],
)
@pytest.mark.parametrize("kind", ["text/markdown", "text/html", "text/csv"])
def test_strange_documents_are_read_all_the_same(client: TestClient, body: str, kind: str) -> None:
    answer = client.post("/v1/check", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (200, 422)
