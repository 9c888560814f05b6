"""Files over HTTP: whole or row by row, once, and whatever is in them."""

import asyncio
import csv
import gzip
import io
import json
import resource
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.formats.negotiation import XLSX
from api.http import json_body
from ledger.imports import rows
from projections import Engine
from tests.api.helpers import BASICS, Api, mined, opened, organisation
from tests.depth import examples
from tests.ledger.imports.mappings.epcis_document import document

NDJSON = "application/x-ndjson"
CSV = "text/csv"
ZIP = "application/zip"
PARQUET = "application/vnd.apache.parquet"
NOTHING = {"recorded": 0, "duplicate": 0, "rejected": 0}


def lines(*facts: Any) -> bytes:
    return "".join(json.dumps(fact) + "\n" for fact in facts).encode()


def table(*facts: dict[str, Any]) -> bytes:
    """Facts as CSV, their sources flattened."""
    flat = [
        {**fact, **{f"source.{name}": text for name, text in fact.get("source", {}).items()}, "source": None}
        for fact in facts
    ]
    names = [name for name in dict.fromkeys(name for row in flat for name in row) if name != "source"]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def mined_columns(values: list[Any], **more: Any) -> dict[str, Any]:
    count = len(values)
    return {
        "type": ["ProductionReported"] * count,
        "subject": ["china"] * count,
        "period": pa.array([2000 + index for index in range(count)], pa.int16()),
        "value": pa.array(values, pa.decimal128(12, 2)),
        "unit": pa.array(["t"] * count).dictionary_encode(),
        "published_at": [date(2024, 1, 31)] * count,
        "source": [{"publisher": "usgs", "title": None}] * count,
        **more,
    }


def send(api: Api, body: Any, content_type: str = NDJSON, query: str = "") -> Any:
    return api.client.post(f"/v1/imports{query}", content=body, headers={"Content-Type": content_type})


def counts(answer: Any) -> tuple[int, int, int]:
    body = answer.json()
    return body["recorded"], body["duplicate"], body["rejected"]


def test_a_file_is_recorded_and_sent_again_adds_nothing(api: Api) -> None:
    body = lines(mined("china", "1", "2024"), mined("australia", "2", "2024"))
    first, again = send(api, body), send(api, body)
    assert (first.status_code, counts(first)) == (200, (2, 0, 0))
    assert (again.status_code, counts(again)) == (200, (0, 2, 0))
    counted = {"recorded", "corrected", "duplicate", "repeated", "rejected", "since"}
    assert set(first.json()) == {*counted, "changed", "missing", "warnings", "errors", "basis"}
    assert first.json()["basis"] == again.json()["basis"]
    assert (first.json()["basis"]["position"], first.json()["basis"]["recorded_as_of"]) == (8, "position:8")
    assert api.only("figures", subject="china")["value"] == "1"


def test_one_rejected_row_means_that_nothing_is_recorded(api: Api) -> None:
    answer = send(api, lines(mined("china", "1", "2024"), mined("atlantis", "x", "2024")) + b"{nonsense\n")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert counts(answer) == (0, 0, 2)
    assert [(error["row"], error["pointer"]) for error in problem["errors"]] == [(2, "/value"), (3, "")]
    assert problem["errors"][0]["detail"] in problem["detail"]
    assert problem["basis"]["position"] == api.head() == 6


def test_when_told_to_proceed_the_other_rows_are_recorded(api: Api) -> None:
    body = lines(mined("china", "1", "2024"), mined("atlantis", "1", "2024"), mined("australia", "2", "2024"))
    answer = send(api, body, query="?mode=proceed")
    assert (answer.status_code, counts(answer)) == (200, (2, 0, 1))
    assert [(error["row"], error["pointer"]) for error in answer.json()["errors"]] == [(2, "/subject")]
    assert send(api, body, query="?mode=proceed").json()["duplicate"] == 2


@pytest.mark.parametrize("mode", ["atomic", "proceed"])
def test_all_rejected_rows_are_counted_and_the_first_thousand_errors_listed(api: Api, mode: str) -> None:
    good, bad = [mined("china", "1", "2024")], [mined("atlantis", "1", "2024")]
    answer = send(api, lines(*good, *bad * 700, *[7] * 700, *good) + b"}\n" * 1700, query=f"?mode={mode}")
    assert counts(answer) == ((0, 0, 3100) if mode == "atomic" else (1, 0, 3100))
    assert answer.json()["repeated"] == (mode == "proceed")
    assert [error["row"] for error in answer.json()["errors"]] == list(range(2, 1002))


def test_an_event_id_that_names_another_event_is_a_rejected_row(api: Api) -> None:
    event = mined("china", "1", "2024", event_id=str(uuid4()))
    api.post(event)
    answer = send(api, lines(event, {**event, "value": "2"}), query="?mode=proceed")
    assert counts(answer) == (0, 1, 1)
    assert answer.json()["errors"][0]["pointer"] == "/event_id"


def test_a_csv_has_a_column_per_field_and_its_header_is_no_row(api: Api) -> None:
    answer = send(api, table(mined("china", "1.50", "2024"), mined("atlantis", "1", "2024")), CSV, "?mode=proceed")
    assert counts(answer) == (1, 0, 1)
    assert answer.json()["errors"][0]["row"] == 2
    assert api.only("figures", subject="china")["value"] == "1.50"


def test_a_parquet_file_keeps_its_numbers_exactly(api: Api) -> None:
    answer = send(api, parquet(mined_columns([Decimal("1234567890.10"), None, Decimal("2")])), PARQUET, "?mode=proceed")
    assert counts(answer) == (2, 0, 1)
    values = {item["period"]: item["value"] for item in api.items("figures", subject="china")}
    assert values == {"2000": "1234567890.10", "2002": "2.00"}


def test_a_floating_point_number_is_refused_in_its_cell(api: Api) -> None:
    answer = send(api, parquet(mined_columns([Decimal(1)], value=[0.1])), PARQUET)
    (error,) = answer.json()["errors"]
    assert (error["row"], error["pointer"]) == (1, "/value")
    assert "not exact" in error["detail"]


@pytest.mark.parametrize("content_type", [NDJSON, CSV, PARQUET])
def test_an_empty_file_records_nothing(api: Api, content_type: str) -> None:
    answer = send(api, b"", content_type)
    assert answer.status_code == 200
    assert answer.json() | NOTHING == answer.json()
    assert answer.json()["basis"]["position"] == 6


def test_an_empty_file_into_an_empty_ledger_is_answered_too(client: TestClient) -> None:
    basis = client.post("/v1/imports", content=b"\n\n", headers={"Content-Type": NDJSON}).json()["basis"]
    assert (basis["position"], basis["recorded_at"]) == (0, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "text/csv; charset=latin-1"},
        {"Content-Type": NDJSON, "Content-Encoding": "br"},
        {},
    ],
)
def test_a_file_of_another_type_is_refused(api: Api, headers: dict[str, str]) -> None:
    answer = api.client.post("/v1/imports", content=lines(mined("china", "1", "2024")), headers=headers)
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert api.head() == 6


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?mode=lenient", "mode"),
        ("?mode=", "mode"),
        ("?mode=atomic&mode=proceed", "mode"),
        ("?mod=proceed", "mod"),
        ("?dry_run=perhaps", "dry_run"),
        ("?on_conflict=guess", "on_conflict"),
        ("?on_missing=forget", "on_missing"),
        ("?on_missing=retract", "on_missing"),
        ("?scope=usgs", "scope"),
        ("?published_at=soon", "published_at"),
        ("?floats=some", "floats"),
        ("?format=csv", "format"),
    ],
)
def test_a_bad_parameter_of_an_import_records_nothing(api: Api, query: str, parameter: str) -> None:
    answer = send(api, lines(mined("china", "1", "2024")), query=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter
    assert api.head() == 6


def test_the_type_may_say_that_it_is_utf_8(api: Api) -> None:
    assert send(api, table(mined("china", "1", "2024")), 'text/csv; header=present; charset="UTF-8"').status_code == 200


GOOD_TABLE = table(mined("china", "1", "2024"))
GOOD_PARQUET = parquet(mined_columns([Decimal(1)] * 5))
MALFORMED: dict[str, tuple[str, bytes, str]] = {
    "not UTF-8": (NDJSON, lines(mined("china", "1", "2024")).replace(b"china", b"\xff"), "malformed_json"),
    "compressed": (NDJSON, gzip.compress(lines(mined("china", "1", "2024"))), "malformed_json"),
    "an array": (NDJSON, b"[]", "object_expected"),
    "nested too deep": (NDJSON, b"[" * 100_000, "malformed_json"),
    "lone surrogate": (NDJSON, b'{"type": "\\ud800"}', "malformed_json"),
    "a table that is not UTF-8": (CSV, GOOD_TABLE.replace(b"china", b"\xff"), "malformed_cell"),
    "a header that is not UTF-8": (CSV, GOOD_TABLE.replace(b"subject", b"\xff"), "malformed_cell"),
    "a table in UTF-16": (CSV, GOOD_TABLE.decode().encode("utf-16"), "malformed_csv"),
    "a quote that is never closed": (CSV, GOOD_TABLE.replace(b"china", b'"china'), "malformed_csv"),
    "text after a quote": (CSV, GOOD_TABLE.replace(b"china", b'"china"a'), "malformed_csv"),
    "a cell without a column": (CSV, GOOD_TABLE.rstrip() + b",x\n", "malformed_csv"),
    "two columns of one name": (CSV, b"type,unit,unit\nProductionReported,t,kt\n", "malformed_cell"),
    "a column and its parts": (CSV, b"type,source,source.publisher\nProductionReported,{},usgs\n", "malformed_cell"),
    "parts and their column": (CSV, b"type,source.publisher,source\nProductionReported,usgs,{}\n", "malformed_cell"),
    "a column twice, dotted": (CSV, b"type,source.url,source.url\nProductionReported,a,b\n", "malformed_cell"),
    "an unknown column": (CSV, b"type,colour\nProductionReported,red\n", "extra_forbidden"),
    "a column without a name": (CSV, b"type,\nProductionReported,red\n", "extra_forbidden"),
    "a giant whole number": (CSV, b"type,expected_version\nMoUSigned," + b"9" * 5000 + b"\n", "malformed_cell"),
    "a truncated Parquet file": (PARQUET, GOOD_PARQUET[:-20], "malformed_parquet"),
    "no Parquet file": (PARQUET, GOOD_TABLE, "malformed_parquet"),
    "a Parquet file as lines": (NDJSON, GOOD_PARQUET, "malformed_json"),
}


@pytest.mark.parametrize(("content_type", "body", "rule"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_cannot_be_read_is_rejected(api: Api, content_type: str, body: bytes, rule: str) -> None:
    answer = send(api, body, content_type)
    assert answer.status_code == 422, answer.text
    assert rule in {error["rule"] for error in answer.json()["errors"]}
    assert send(api, body, content_type, "?mode=proceed").status_code == 200
    assert send(api, lines(mined("china", "1", "2024"))).status_code == 200


def test_an_unknown_column_without_a_cell_is_of_no_account(api: Api) -> None:
    body = GOOD_TABLE.replace(b"\r\n", b",colour\r\n", 1).rstrip() + b",\r\n"
    assert counts(send(api, body, CSV)) == (1, 0, 0)


def test_a_blank_row_is_skipped_and_counted(api: Api) -> None:
    bad = mined("atlantis", "1", "2024")
    assert send(api, b"\n \r\n" + lines(bad)).json()["errors"][0]["row"] == 3
    header, row = table(bad).splitlines(keepends=True)
    assert send(api, header + b",,\r\n\r\n" + row, CSV).json()["errors"][0]["row"] == 3


def test_a_file_may_be_larger_than_any_other_body(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "BODY_BYTES_MAX", 1000)
    facts = [mined("china", str(index), "2024", period=str(1000 + index)) for index in range(100)]
    assert counts(send(api, lines(*facts))) == (100, 0, 0)


def test_a_file_that_comes_in_pieces_is_the_same_file(api: Api) -> None:
    body = lines(*(mined("china", "1", "2024", note="x" * 15_000, period=str(1900 + index)) for index in range(100)))

    def pieces() -> Any:
        for start in range(0, len(body), 70_001):
            yield body[start : start + 70_001]

    assert counts(send(api, pieces())) == (100, 0, 0)
    assert counts(send(api, body)) == (0, 100, 0)


@pytest.mark.parametrize("content_type", [NDJSON, CSV])
def test_a_row_of_any_length_is_never_read_whole(api: Api, monkeypatch: pytest.MonkeyPatch, content_type: str) -> None:
    monkeypatch.setattr(rows, "ROW_BYTES_MAX", 1000)
    long = mined("china", "1", "2024", note="x" * 3000)
    body = lines(long, mined("china", "1", "2024")) if content_type == NDJSON else table(long)
    answer = send(api, body, content_type, "?mode=proceed")
    assert counts(answer) == ((1, 0, 1) if content_type == NDJSON else (0, 0, 1))
    assert "longer than 1000" in answer.json()["errors"][0]["detail"]


def test_an_upload_that_breaks_off_records_nothing_and_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    seen: list[list[Path]] = []
    messages = [
        {"type": "http.request", "body": lines(organisation("usgs")), "more_body": True},
        {"type": "http.request", "body": b" " * 3_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        seen.append(sorted(tmp_path.iterdir()))
        return messages.pop(0)

    async def answer(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/imports",
        "raw_path": b"/v1/imports",
        "query_string": b"",
        "headers": [(b"content-type", NDJSON.encode())],
    }
    asyncio.run(create_app(engine)(scope, receive, answer))
    assert engine.ledger.head() == 0
    assert sent[0]["status"] == 400
    assert not messages
    assert [*seen, sorted(tmp_path.iterdir())] == [before] * 4


def test_a_file_for_which_the_disk_has_no_room_is_refused(api: Api) -> None:
    _, most = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (3_000_000, 1_500):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 3, most))
        try:
            answer = send(api, b" " * size)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert answer.status_code == 507
        assert "nothing was recorded" in answer.json()["detail"]


def test_an_import_is_answered_in_json_only(api: Api) -> None:
    headers = {"Content-Type": NDJSON, "Accept": "text/csv"}
    assert api.client.post("/v1/imports", content=b"", headers=headers).status_code == 406


def grown(api: Api, query: str = "", **facts: str) -> Any:
    """The answer to a file of what was mined in a country, all published on one day."""
    return send(api, table(*(mined(name, value, "2025-01-31") for name, value in facts.items())), CSV, query)


def test_a_file_that_has_grown_leaves_what_was_mended_as_it_is(api: Api) -> None:
    grown(api, china="1", australia="113000", world="9")
    first, second = (item["event_id"] for item in api.client.get("/v1/events?after=6&limit=2").json()["items"])
    acts = {"reason": "transcription", "explanation": "misread"}
    api.post({"type": "EventCorrected", "target": second, "changes": {"value": "13000"}, **acts})
    api.post({"type": "EventRetracted", "target": first, **acts})
    answer = grown(api, china="1", australia="113000", world="9", lynas="3").json()
    assert (answer["recorded"], answer["duplicate"], answer["since"]) == (1, 3, {"corrected": 1, "retracted": 1})
    assert api.only("figures", subject="australia")["value"] == "13000"
    assert api.items("figures", subject="china") == []


def test_a_cell_that_was_changed_in_place_has_three_ways_on(api: Api) -> None:
    grown(api, china="1")
    asked = grown(api, china="2")
    assert (asked.status_code, asked.json()["errors"][0]["rule"]) == (422, "conflict")
    assert asked.json()["changed"][0] | {"event_id": "", "position": 0} == {
        "row": 1,
        "event_id": "",
        "position": 0,
        "before": "1 t",
        "after": "2 t",
    }
    planned = grown(api, "?dry_run=true&on_conflict=correct", china="2").json()
    assert (planned["dry_run"], planned["recorded"], planned["corrected"]) == (True, 1, 1)
    ((before, after),) = ((effect["before"], effect["after"]) for effect in planned["effects"])
    assert (before["value"], after["value"]) == ("1", "2")
    assert api.only("figures", subject="china")["value"] == "1"
    assert grown(api, "?on_conflict=correct", china="2").json()["corrected"] == 1
    figure = api.only("figures", subject="china")
    assert (figure["value"], figure["revisions"]) == ("2", 0)
    assert grown(api, "?on_conflict=record", china="3").json()["recorded"] == 1
    figure = api.only("figures", subject="china")
    assert (figure["value"], figure["revisions"]) == ("3", 1)
    assert [grown(api, china=value).json()["duplicate"] for value in ("1", "2", "3")] == [1, 1, 1]


def test_rows_without_a_date_are_published_when_the_import_says(api: Api) -> None:
    undated = [{name: value for name, value in mined("china", "1", "").items() if name != "published_at"}]
    refused = send(api, lines(*undated))
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "undated")
    assert send(api, lines(*undated), query="?published_at=2025-01-31").json()["recorded"] == 1
    assert api.only("figures", subject="china")["published_at"] == "2025-01-31"


def test_a_whole_edition_tells_what_it_leaves_out(api: Api) -> None:
    grown(api, china="1", australia="2")
    answer = grown(api, "?scope=usgs:2025-01-31&on_missing=retract", china="1").json()
    assert [(one["subject"], one["where"], one["became"]) for one in answer["missing"]] == [
        ("australia", "in_scope", "retracted")
    ]
    assert api.items("figures", subject="australia") == []


@pytest.mark.parametrize("query", ["mode=proceed", "mode=proceed&dry_run=true", "dry_run=true"])
def test_what_was_rejected_is_not_retracted_as_left_out(api: Api, query: str) -> None:
    grown(api, china="1", australia="2")
    answer = grown(api, f"?{query}&scope=usgs:2025-01-31&on_missing=retract", china="1", australia="bad").json()
    assert [(one["subject"], one["became"]) for one in answer["missing"]] == [("australia", "listed")]
    assert "on_missing=retract did nothing" in answer["notes"][0]
    assert api.only("figures", subject="australia")["value"] == "2"


def test_a_file_is_warned_of_like_an_append(api: Api) -> None:
    grown(api, china="12500")
    answer = send(api, lines(mined("china", "12.5", "2026-01-31"))).json()
    assert [(one["row"], one["pointer"], one["rule"]) for one in answer["warnings"]] == [(1, "/value", "unit_slip")]


TABLE = b'subject,metric,unit,2023,2024\r\nChina,mine_production,t,"240,000",W\r\nNarnia,mine_production,t,1,2\r\n'
SAID = "mapping=wide-years&set.publisher=usgs&set.published_at=2025-01-31"


def test_a_table_becomes_events_through_a_mapping(api: Api) -> None:
    refused = send(api, TABLE, CSV, f"?{SAID}")
    assert (refused.status_code, refused.json()["rejected"]) == (422, 2)
    assert "no registered entity is called 'Narnia'" in refused.json()["detail"]
    answer = send(api, TABLE, CSV, f"?{SAID}&register=country")
    assert counts(answer) == (5, 0, 0)
    values = [item["value"] or item["symbol"] for item in api.items("figures", subject="china")]
    assert sorted(values) == ["240000", "withheld"]
    assert counts(send(api, TABLE, CSV, f"?{SAID}&register=country")) == (0, 4, 0)
    other = send(api, TABLE.replace(b"2024", b"later"), CSV, f"?{SAID}&register=country").json()
    assert other["notes"] == ["The mapping wide-years takes nothing from the columns later"]


def test_a_fault_of_many_rows_is_told_once_with_its_rows_and_its_cure(api: Api) -> None:
    facts = [mined("narnia", str(year), "2025", publisher="ghost", period=str(year)) for year in range(1990, 2030)]
    body = lines(*facts[:30], mined("china", "1", "2024"), *facts[30:])
    refused = send(api, body).json()
    assert len(refused["errors"]) == 80
    told = [(one["rows"], one["count"], one["pointer"], one["rule"]) for one in refused["faults"]]
    rows = "1-30, 32-41", 40
    assert told == [(*rows, "/source/publisher", "unregistered"), (*rows, "/subject", "unregistered")]
    assert "register=organisation" in refused["detail"]
    assert "register=organisation" in refused["faults"][0]["cure"]
    planned = send(api, body, query="?register=country&dry_run=true").json()
    assert (planned["recorded"], api.head()) == (43, 6)
    taken = send(api, body, query="?register=country").json()
    registered = [(one["row"], one["entity"], one["kind"]) for one in taken["registered"]]
    assert planned["registered"] == taken["registered"]
    assert registered == [(1, "ghost", "organisation"), (1, "narnia", "country")]
    again = send(api, body, query="?register=country").json()
    assert (again["recorded"], again["duplicate"], "registered" in again) == (0, 41, False)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_packed_files_are_read_as_what_is_in_them(api: Api) -> None:
    fact = lines(mined("china", "1", "2024"))
    gzipped = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
    assert counts(api.client.post("/v1/imports", content=gzip.compress(fact), headers=gzipped)) == (1, 0, 0)
    both = zipped(**{"a/one.jsonl": fact, "two.csv": table(mined("china", "2", "2025"))})
    assert counts(send(api, zipped(**{"one.jsonl": fact}), ZIP)) == (0, 1, 0)
    assert counts(send(api, both, ZIP, "?member=two.csv")) == (1, 0, 0)
    assert counts(send(api, zipped(**{"t.csv": TABLE}), ZIP, f"?{SAID}&register=country")) == (5, 0, 0)
    head = api.head()
    refused = {
        "member=": send(api, both, ZIP),
        "has no file": send(api, both, ZIP, "?member=three.csv"),
        "is not what its name says": send(api, fact, ZIP),
        "gzip": api.client.post("/v1/imports", content=fact, headers=gzipped),
        "cannot be unpacked": api.client.post("/v1/imports", content=gzip.compress(fact * 99)[:-9], headers=gzipped),
        "member names a table in a zip": send(api, fact, query="?member=x"),
    }
    for said, answer in refused.items():
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:supply-ledger:problem:import-refused")
        assert said in answer.json()["detail"]
    bomb = gzip.compress(b"\n" * (80 * 2**20))
    assert api.client.post("/v1/imports", content=bomb, headers=gzipped).status_code == 413
    assert api.head() == head


def test_a_parquet_table_becomes_events_through_a_mapping(api: Api) -> None:
    columns = {"subject": ["China"], "metric": ["mine_production"], "unit": ["t"], "2023": [0.1], "2024": [Decimal(3)]}
    refused = send(api, parquet(columns), PARQUET, f"?{SAID}").json()
    assert [(one["row"], one["pointer"]) for one in refused["errors"]] == [(1, "/2023")]
    assert "floats=shortest" in refused["detail"]
    taken = send(api, parquet(columns), PARQUET, f"?{SAID}&floats=shortest")
    assert counts(taken) == (2, 0, 0)
    assert "shortest decimals, in 2023 (double)" in taken.json()["notes"][0]
    assert sorted(item["value"] for item in api.items("figures", subject="china")) == ["0.1", "3"]
    assert (
        send(api, parquet(mined_columns([Decimal(1)], value=pa.array([1.5]))), PARQUET, "?floats=shortest").json()[
            "recorded"
        ]
        == 1
    )


@pytest.mark.parametrize("content_type", ["application/json", "application/ld+json"])
def test_events_of_epcis_become_figures_and_the_rest_is_told(api: Api, content_type: str) -> None:
    body = json.dumps(document()).encode()
    said = "?mapping=epcis&set.publisher=usgs"
    assert "nobody has registered GLN" in send(api, body, content_type, said).json()["detail"]
    taken = send(api, body, content_type, f"{said}&register=region").json()
    assert (taken["recorded"], len(taken["registered"])) == (51, 8)
    assert any("AggregationEvent (packing)" in note for note in taken["notes"])
    assert len(api.items("figures", metric="production")) == 16
    assert len(api.items("links")) == 2
    unmapped = send(api, body, content_type)
    assert unmapped.status_code == 415
    assert "mapping=epcis" in unmapped.json()["detail"]


def test_a_template_is_made_and_taken(api: Api) -> None:
    made = api.client.get("/v1/templates/figures.xlsx")
    assert (made.status_code, made.headers["content-type"]) == (200, XLSX.media_type)
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    sheet = book["events"]
    titles = [cell.value for cell in sheet[1]]
    fact = table_row(mined("China", "12.50", "2025-01-31", publisher="USGS"))
    for name, value in fact.items():
        sheet.cell(2, titles.index(name) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    assert counts(send(api, out.getvalue(), XLSX.media_type)) == (1, 0, 0)
    assert api.client.get("/v1/templates/ProductionReported").status_code == 200
    assert api.client.get("/v1/templates/dragons.xlsx").status_code == 404
    assert api.client.get("/v1/templates/figures.csv").status_code == 422
    assert api.client.get("/v1/templates/figures?limit=1").status_code == 422


def table_row(fact: dict[str, Any]) -> dict[str, str]:
    """A fact as the cells of a sheet."""
    return {**{n: text for n, text in fact.items() if n != "source"}, "source.publisher": fact["source"]["publisher"]}


def test_a_table_without_a_type_is_told_once(api: Api) -> None:
    for body in (TABLE, TABLE.replace(b",", b";")):
        refused = send(api, body, CSV).json()
        (error,) = refused["errors"]
        assert "mapping suggest" in error["detail"]
        assert "QuotaSet" not in json.dumps(refused)


def test_a_sheet_becomes_events_through_a_mapping(api: Api) -> None:
    book = openpyxl.Workbook()
    for row in (["subject", "metric", "unit", 2023], ["China", "mine_production", "t", 240000]):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    answer = send(api, out.getvalue(), XLSX.media_type, f"?{SAID}")
    assert counts(answer) == (1, 0, 0)
    assert send(api, TABLE, XLSX.media_type, f"?{SAID}").status_code == 422
    assert send(api, TABLE, NDJSON, f"?{SAID}").status_code == 415
    assert "no column `type`" in send(api, out.getvalue(), XLSX.media_type).json()["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("mapping=nobodys", "there is no mapping 'nobodys'"),
        ("mapping=wide-years", "--set publisher"),
        (f"{SAID}&set.colour=red", "no parameter 'colour'"),
        ("set.publisher=usgs", "name one with mapping="),
        (f"{SAID}&register=dragon", "register is a kind"),
        ("register=country", "give a mapping"),
        ("mapping=sdmx-csv&set.publisher=usgs&set.metric=m&set.published_at=2025", "there is no column 'REF_AREA'"),
    ],
)
def test_a_mapping_that_cannot_be_or_does_not_fit_is_told(api: Api, query: str, said: str) -> None:
    answer = send(api, TABLE, CSV, f"?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert api.head() == 6


def test_reading_imports_is_not_allowed(api: Api) -> None:
    answer = api.client.get("/v1/imports")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_every_example_of_the_docs_runs_on_an_empty_ledger(tmp_path: Path) -> None:
    with opened(tmp_path / "docs.db") as engine:
        document = TestClient(create_app(engine)).get("/openapi.json").json()
    operation = document["paths"]["/v1/imports"]["post"]
    assert [parameter["name"] for parameter in operation["parameters"]] == [
        *("mode", "dry_run", "on_conflict", "published_at", "scope", "on_missing"),
        *("mapping", "set.NAME", "register", "floats", "member"),
    ]
    content = operation["requestBody"]["content"]
    assert set(content) == {NDJSON, CSV, PARQUET, XLSX.media_type, ZIP, "application/json", "application/ld+json"}
    for content_type, described in content.items():
        for number, example in enumerate(described.get("examples", {}).values()):
            with opened(tmp_path / f"{content_type.replace('/', '-')}-{number}.db") as engine:
                api = Api(TestClient(create_app(engine)))
                answer = send(api, example["value"].encode(), content_type)
                assert (answer.status_code, counts(answer)) == (200, (3, 0, 0)), answer.text
                described_members = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
                assert set(described_members) == {
                    *answer.json(),
                    "effects",
                    "faults",
                    "registered",
                    "notes",
                    "changed_since",
                }
                assert api.items("figures")[0]["value"] == "13000"


@given(body=st.binary(max_size=200), content_type=st.sampled_from([NDJSON, CSV, PARQUET]), cut=st.booleans())
@settings(
    max_examples=examples(40, deeply=1500),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_bytes_are_ever_an_internal_error(api: Api, body: bytes, content_type: str, cut: bool) -> None:
    start = {NDJSON: lines(*BASICS)[:40], CSV: GOOD_TABLE, PARQUET: GOOD_PARQUET[:-200]}[content_type]
    answer = send(api, start + body if cut else body, content_type, "?mode=proceed")
    assert answer.status_code == 200, answer.text
