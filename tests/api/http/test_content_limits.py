"""What a body or a file may hold over HTTP: each breach names the limit and what to do, and records nothing."""

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http import append_requests
from api.http.routes.file_imports import REPORT
from api.settings import IMPORT_ATOMIC_MB, IMPORT_MB, import_limits
from api.settings_file import BadSetting
from projections import Engine
from tests.api.helpers import BASICS, Api, mined

NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def refused(answer: Any, status: int, kind: str, *words: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["type"].rpartition(":")[2]) == (status, kind), problem
    for word in words:
        assert word in problem["detail"]
    assert len(answer.content) < 300_000
    return problem


@pytest.mark.parametrize(
    "body",
    [b"[" + b"{}," * 20 + b"{}]", b'{"type": [' + b"0," * 30 + b"0]}", b'{"a": {' + b'"b": 1,' * 20 + b'"c": 2}}'],
    ids=["objects", "numbers", "keys"],
)
def test_a_body_of_too_many_values_is_refused(api: Api, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_requests, "BODY_VALUES_MAX", 20)
    head = api.head()
    for query in ("", "?dry_run=true"):
        answer = api.client.post(f"/v1/events{query}", content=body, headers=JSON)
        refused(answer, 413, "content-too-large", "20 values", "several parts")
    assert api.head() == head


def test_commas_in_texts_are_no_values(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_requests, "BODY_VALUES_MAX", 30)
    api.post(mined("china", "1", "2024", note=',:{"' * 500))


def test_of_many_faults_a_hundred_are_listed_and_all_are_counted(api: Api) -> None:
    bad = {"type": "MoUSigned", "agreement": "a", "parties": [1] * 99, "x": 1}
    answer = api.client.post("/v1/events", json=[bad] * 2_000)
    problem = refused(answer, 422, "event-refused", "200000 faults, of which 100 are listed")
    assert (len(problem["errors"]), problem["errors_more"]) == (100, 200_000 - 100)


def test_an_event_of_a_million_unknown_fields_is_one_fault(api: Api) -> None:
    answer = api.client.post("/v1/events", json={"type": "QuotaSet", **{f"k{number}": 1 for number in range(400_000)}})
    (error,) = refused(answer, 422, "event-refused")["errors"]
    assert error["rule"] == "too_many_faults"


def test_few_faults_are_all_listed_and_nothing_is_said_of_more(api: Api) -> None:
    assert "errors_more" not in api.client.post("/v1/events", json={"type": "QuotaSet", "x": 1}).json()
    answer = api.client.post("/v1/imports?mode=proceed", content=b"7\n", headers=NDJSON)
    assert {*answer.json(), "effects", "registered", "notes", "changed_since"} == set(REPORT["properties"])


@pytest.mark.parametrize("mode", ["atomic", "proceed"])
def test_the_errors_of_a_file_are_listed_up_to_a_thousand_and_counted(api: Api, mode: str) -> None:
    body = b"7\n" * 1100
    answer = api.client.post(f"/v1/imports?mode={mode}", content=body, headers=NDJSON).json()
    assert (len(answer["errors"]), answer["errors_more"], answer["rejected"]) == (1000, 100, 1100)


@pytest.fixture
def small(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A server whose files have a megabyte at most."""
    monkeypatch.setenv(IMPORT_MB.variable, "1")
    api = Api(TestClient(create_app(engine)))
    api.post(*BASICS)
    return api


def test_a_file_beyond_the_setting_is_refused_when_it_is_announced_and_when_it_comes(small: Api) -> None:
    line = json.dumps(mined("china", "1", "2024")).encode() + b"\n"
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield line + b" " * 100_000 + b"\n"

    for body in (line + b" " * 2_000_000, pieces()):
        answer = small.client.post("/v1/imports?mode=proceed", content=body, headers=NDJSON)
        refused(answer, 413, "content-too-large", "1048576 bytes", IMPORT_MB.variable)
    assert small.head() == len(BASICS)
    assert small.client.post("/v1/imports", content=line, headers=NDJSON).json()["recorded"] == 1


def test_a_parquet_file_that_unpacks_beyond_it_is_refused_and_nothing_is_recorded(small: Api) -> None:
    count = 300
    sink = io.BytesIO()
    note = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * 20_000]))
    columns = {
        **{name: [text] * count for name, text in mined("china", "1", "2024").items() if isinstance(text, str)},
        "source.publisher": ["usgs"] * count,
        "period": [str(1000 + number) for number in range(count)],
        "note": note,
    }
    pq.write_table(pa.table(columns), sink)
    headers = {"Content-Type": "application/vnd.apache.parquet"}
    answer = small.client.post("/v1/imports", content=sink.getvalue(), headers=headers)
    assert refused(answer, 422, "import-refused")["errors"][-1]["rule"] == "too_large"
    assert small.head() == len(BASICS)


def test_rows_that_would_wait_beyond_the_setting_are_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMPORT_ATOMIC_MB.variable, "0")
    api = Api(TestClient(create_app(engine)))
    api.post(*BASICS)
    body = json.dumps(mined("china", "1", "2024")).encode()
    answer = api.client.post("/v1/imports", content=body, headers=NDJSON)
    refused(answer, 413, "content-too-large", "Nothing was recorded", "`proceed`")
    assert api.client.post("/v1/imports?mode=proceed", content=body, headers=NDJSON).json()["recorded"] == 1


def test_what_is_compressed_is_never_unpacked_but_for_files_in_gzip(api: Api) -> None:
    packed = gzip.compress(b" " * 10_000_000)
    for path, content_type in (("events", JSON), ("imports", NDJSON)):
        for encoding in ("gzip", "br", "zstd", "deflate", "gzip, identity", "x"):
            if (path, encoding) == ("imports", "gzip"):
                continue
            answer = api.client.post(
                f"/v1/{path}", content=packed, headers={**content_type, "Content-Encoding": encoding}
            )
            refused(answer, 415, "unsupported-media-type")


def test_the_settings_are_megabytes() -> None:
    limits = import_limits({IMPORT_MB.variable: "2", IMPORT_ATOMIC_MB.variable: "1"})
    assert (limits.file_bytes, limits.held_bytes) == (2 * 1024**2, 1024**2)
    with pytest.raises(BadSetting):
        import_limits({IMPORT_MB.variable: "much"})
