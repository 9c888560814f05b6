"""SQL over HTTP: formats, viewpoints, refusals, limits, and what goes on beside a statement that does not end."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

from api.app import create_app
from ledger import Ledger
from projections import Engine
from projections.sandbox import Sandbox, SandboxLimits
from tests.api.helpers import BASICS, mined
from tests.sandboxes import shared_sandbox
from tests.shared_tables import engine_of

ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t"
ALL_SORTS = """
SELECT
  figure_id, canonical_value, period_start, recorded_at, dimensions,
  SUM(position) OVER () AS total,
  1.5::DOUBLE AS ratio,
  [1.10::DECIMAL(5, 2)] AS list,
  {'day': DATE '2024-01-31', 'at': TIMESTAMP '2024-01-31 09:30:00'} AS parts,
  MAP {'a': 1} AS map,
  INTERVAL 90 MINUTE AS span,
  'ab'::BLOB AS bytes,
  TIME '09:30:00' AS hour,
  'x' AS twice,
  'y' AS twice,
  NULL AS nothing
FROM figures
ORDER BY position
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, mined("australia", "100.50", "2024-01", dimensions={"basis": "reo"})])
        ledger.append(
            [mined("australia", "110", "2024-03", dimensions={"basis": "reo"}), mined("china", "7", "2024-05")]
        )
        yield engine


@pytest.fixture(scope="module")
def client(engine: Engine) -> TestClient:
    return TestClient(create_app(engine, sandbox=shared_sandbox()))


def ask(client: TestClient, sql: str, *, params: Any = None, **viewpoint: str) -> Any:
    return client.post("/v1/sql", params=params, json={"sql": sql, **viewpoint})


def answered(client: TestClient, sql: str, **viewpoint: str) -> dict[str, Any]:
    response = ask(client, sql, **viewpoint)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def refused(client: TestClient, sql: str, *, status: int = 422) -> dict[str, Any]:
    response = ask(client, sql)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    return problem


def test_the_body_has_items_the_basis_and_the_columns(client: TestClient) -> None:
    sql = "SELECT subject, canonical_value AS tonnes FROM figures ORDER BY subject"
    body = answered(client, sql, as_of="2024-04-30", recorded_as_of="position:9", effective_at="2024")
    assert body["items"] == [{"subject": "australia", "tonnes": "110"}]
    assert body["next"] is None
    assert body["columns"] == [
        {"name": "subject", "type": "VARCHAR"},
        {"name": "tonnes", "type": "DECIMAL(38,18)"},
    ]
    assert body["basis"]["sql"] == sql
    assert body["basis"]["as_of"] == "2024-04-30T23:59:59.999999Z"
    assert body["basis"]["recorded_as_of"] == "position:9"
    assert body["basis"]["effective_at"] == "2024-12-31T23:59:59.999999Z"
    assert "cut" not in body


def test_a_statement_sees_what_is_public_at_its_viewpoint(client: TestClient) -> None:
    sql = "SELECT canonical_value AS value FROM figures WHERE subject = 'australia'"
    assert answered(client, sql, as_of="2024-02-01")["items"] == [{"value": "100.5"}]
    assert answered(client, sql, as_of="2024-04-01")["items"] == [{"value": "110"}]
    assert answered(client, sql, as_of="2024-04-01", recorded_as_of="position:7")["items"] == [{"value": "100.5"}]
    assert answered(client, sql, as_of="2023")["items"] == []
    counted = "SELECT COUNT(*) AS events, MAX(position) AS last FROM events"
    assert answered(client, counted, as_of="2024-04-01")["items"] == [{"events": 8, "last": 8}]
    assert answered(client, counted, recorded_as_of="position:3")["items"] == [{"events": 3, "last": 3}]


def test_the_same_statement_at_the_receipt_of_an_answer_gives_the_same(client: TestClient) -> None:
    sql = "SELECT type, COUNT(*) AS events, LIST(position) AS positions FROM events GROUP BY type"
    first = answered(client, sql)
    clocks = {name: first["basis"][name] for name in ("as_of", "recorded_as_of", "effective_at")}
    assert answered(client, sql, **clocks) == first


def test_every_type_has_a_form_in_json(client: TestClient) -> None:
    (first, second) = answered(client, ALL_SORTS)["items"]
    assert first["canonical_value"] == "110"
    assert first["period_start"] == "2023-01-01"
    assert first["recorded_at"].endswith("Z")
    assert first["dimensions"] == {"basis": "reo"}
    assert second["dimensions"] is None
    assert {name: first[name] for name in list(first)[5:]} == {
        "total": 17,
        "ratio": 1.5,
        "list": ["1.1"],
        "parts": {"day": "2024-01-31", "at": "2024-01-31T09:30:00.000000Z"},
        "map": {"a": 1},
        "span": "PT5400S",
        "bytes": "6162",
        "hour": "09:30:00.000000",
        "twice": "x",
        "twice_1": "y",
        "nothing": None,
    }


def test_json_lines_and_csv_say_the_same(client: TestClient) -> None:
    items = answered(client, ALL_SORTS)["items"]
    lines = ask(client, ALL_SORTS, params={"format": "jsonl"})
    assert [json.loads(line) for line in lines.text.splitlines()] == items
    response = ask(client, ALL_SORTS, params={"format": "csv"})
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert list(rows[0]) == list(items[0])
    assert rows[0]["canonical_value"] == "110"
    assert json.loads(rows[0]["dimensions"]) == {"basis": "reo"}
    assert json.loads(rows[0]["list"]) == ["1.1"]
    assert rows[0]["total"] == "17"


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_files_of_columns_are_typed(client: TestClient, form: str) -> None:
    response = ask(client, ALL_SORTS, params={"format": form})
    assert response.status_code == 200, response.text
    assert json.loads(response.headers["Ledger-Basis"])["sql"] == ALL_SORTS
    content = io.BytesIO(response.content)
    table = parquet.read_table(content) if form == "parquet" else pa.ipc.open_stream(content).read_all()
    assert table.schema.field("canonical_value").type == pa.decimal128(38, 18)
    assert table.schema.field("period_start").type == pa.date32()
    assert table.schema.field("recorded_at").type == pa.timestamp("us", "UTC")
    assert table["list"].to_pylist()[0] is not None
    assert len(table) == 2


def test_accept_chooses_a_format_and_what_is_not_offered_is_said(client: TestClient) -> None:
    body = {"sql": "SELECT 1 AS one"}
    assert client.post("/v1/sql", json=body, headers={"Accept": "text/csv"}).text == "one\r\n1\r\n"
    assert client.post("/v1/sql", json=body, headers={"Accept": "image/png"}).status_code == 406
    assert client.post("/v1/sql", json=body, params={"format": "xlsx"}).status_code == 422
    assert client.post("/v1/sql", json=body, params={"as_of": "2024"}).status_code == 422
    assert client.post("/v1/sql", json=body, params={"safe": "true"}).status_code == 422


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(client: TestClient) -> None:
    answer = ask(client, "SELECT '=1+1' AS cell", params={"format": "csv", "safe": "true"})
    assert answer.text == "cell\r\n'=1+1\r\n"


def test_rows_that_are_left_out_are_told(client: TestClient) -> None:
    sql = "SELECT range AS n FROM range(10001)"
    body = answered(client, sql)
    assert len(body["items"]) == body["cut"]["rows"] == 10_000
    assert "there are more" in body["cut"]["detail"]
    assert "cut" not in answered(client, "SELECT range AS n FROM range(10000)")
    limited = ask(client, sql, params={"limit": 3}).json()
    assert (limited["items"], limited["cut"]["rows"]) == ([{"n": 0}, {"n": 1}, {"n": 2}], 3)
    of_file = ask(client, sql, params={"limit": 3, "format": "csv"})
    assert of_file.text == "n\r\n0\r\n1\r\n2\r\n"
    assert "there are more" in of_file.headers["Ledger-Cut"]
    stream = ask(client, sql, params={"limit": 3, "format": "arrow"}).content
    assert b"first 3 items" in pa.ipc.open_stream(stream).schema.metadata[b"ledger-cut"]
    assert len(ask(client, sql, params={"format": "csv"}).text.splitlines()) == 10_002


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT SUM(n) AS v FROM (VALUES (9223372036854775807), (1)) AS t(n)", "9223372036854775808"),
        ("SELECT SUM(n) AS v FROM (VALUES (1), (2)) AS t(n)", 3),
        ("SELECT 'NaN'::DOUBLE AS v", None),
        ("SELECT 0.000000000000000001::DECIMAL(38,18) AS v", "0.000000000000000001"),
        ("SELECT CHR(10) || '\"' AS v", '\n"'),
        ("SELECT [NULL, {'a': [DATE '2024-01-01']}] AS v", [None, {"a": ["2024-01-01"]}]),
        ("SELECT MAP {1: 'a'} AS v", [[1, "a"]]),
        ("SELECT '{\"a\": [1, null]}'::JSON AS v", {"a": [1, None]}),
        ("SELECT 'a'::ENUM('a', 'b') AS v", "a"),
        ("SELECT TIMESTAMPTZ '2024-01-01 02:00:00+02' AS v", "2024-01-01T00:00:00.000000Z"),
    ],
)
def test_values_at_the_edges(client: TestClient, sql: str, value: Any) -> None:
    assert answered(client, sql)["items"] == [{"v": value}]


def test_what_is_wrong_is_said_with_its_place_and_what_there_is(client: TestClient) -> None:
    problem = refused(client, "SELECT\n  tonnes FROM figures")
    (error,) = problem["errors"]
    assert (error["pointer"], error["rule"], error["position"], error["line"], error["column"]) == (
        *("/sql", "name"),
        *(9, 2, 3),
    )
    assert "canonical_value" in problem["detail"]
    problem = refused(client, "SELECT * FROM figurs")
    assert problem["errors"][0]["rule"] == "unknown_table"
    assert "did you mean figures?" in problem["detail"]
    assert "history" in problem["detail"]
    problem = refused(client, "SELECT 'ß', tonnes FROM figures")
    assert problem["errors"][0]["position"] == 12
    assert refused(client, "SELEC 1")["errors"][0]["rule"] == "syntax"
    assert refused(client, "SELECT CAST('x' AS INTEGER)")["errors"][0]["rule"] == "conversion"
    assert refused(client, "SELECT UNION_VALUE(a := 1) AS u")["errors"][0]["rule"] == "type"
    assert refused(client, "SELECT DATE 'infinity' AS d, [DATE 'infinity'] AS e")["errors"][0]["rule"] == "does_not_fit"


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"{", 400, "malformed-json"),
        (b'{"sql": "SELECT 1", "sql": "SELECT 2"}', 400, "malformed-json"),
        (b"[]", 422, "sql-refused"),
        (b"{}", 422, "sql-refused"),
        (b'{"sql": 1}', 422, "sql-refused"),
        (b'{"sql": ""}', 422, "sql-refused"),
        (b'{"sql": "SELECT 1", "as_off": "2024"}', 422, "sql-refused"),
        (b'{"sql": "SELECT 1", "as_of": "soon"}', 422, "bad-parameter"),
        (b'{"sql": "SELECT 1", "recorded_as_of": "position:999"}', 422, "bad-parameter"),
    ],
)
def test_a_body_that_is_no_statement_is_refused(client: TestClient, content: bytes, status: int, kind: str) -> None:
    response = client.post("/v1/sql", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert response.json()["type"] == f"urn:supply-ledger:problem:{kind}"
    assert client.post("/v1/sql", content=b"SELECT 1", headers={"Content-Type": "text/plain"}).status_code == 415


def test_the_schema_names_tables_with_their_types_examples_and_limits(client: TestClient) -> None:
    body = client.get("/v1/sql/schema").json()
    tables = {one["name"]: one for one in body["items"]}
    assert {"figures", "history", "vintages", "events", "policies", "revisions", "viewpoint"} <= set(tables)
    for name, table in tables.items():
        columns = {one["name"]: one["type"] for one in table["columns"]}
        assert answered(client, f"SELECT * FROM {name} LIMIT 0")["columns"] == table["columns"], name
        assert columns
    assert {"name": "canonical_value", "type": "DECIMAL(38,18)"} in tables["figures"]["columns"]
    assert all(answered(client, one["sql"]) for one in body["examples"])
    assert body["limits"]["rows_in_json"] == 10_000
    assert "sum" in body["functions"]
    assert "read_text" not in body["functions"]


@pytest.fixture
def narrow(engine: Engine) -> Iterator[TestClient]:
    """Of a server whose statements may take a second, little memory, and give little."""
    limits = SandboxLimits(seconds=1, memory_bytes=256 * 1024**2, answer_bytes=1024**2, children=2)
    with Sandbox(limits) as sandbox:
        yield TestClient(create_app(engine, sandbox=sandbox))
        assert sandbox.processes.running == []


@pytest.mark.parametrize(
    ("sql", "status", "kind", "setting"),
    [
        (ENDLESS, 503, "time-limit", "SUPPLY_LEDGER_SQL_SECONDS"),
        ("SELECT LENGTH(REPEAT('x', 1000000000))", 503, "memory-limit", "SUPPLY_LEDGER_SQL_MEMORY"),
        ("SELECT REPEAT('x', 1000) AS x FROM range(100000)", 422, "answer-limit", "SUPPLY_LEDGER_SQL_ANSWER_MB"),
    ],
)
def test_a_statement_is_stopped_at_a_limit_that_is_named(
    narrow: TestClient, sql: str, status: int, kind: str, setting: str
) -> None:
    for params in ({"format": "csv"}, {}):
        response = ask(narrow, sql, params=params)
        assert response.status_code == status, response.text
        problem = response.json()
        assert problem["type"] == f"urn:supply-ledger:problem:{kind}"
        assert problem["limit"]["setting"] == setting
        assert setting in problem["detail"]
        assert "columns that you need" in problem["detail"]
    assert answered(narrow, "SELECT 1 AS one")["items"] == [{"one": 1}]


def test_other_requests_are_answered_beside_statements_that_do_not_end(engine: Engine) -> None:
    with Sandbox(SandboxLimits(seconds=None, children=2)) as sandbox, ThreadPoolExecutor(4) as threads:
        app = create_app(engine, sandbox=sandbox)
        with TestClient(app) as client:
            endless = [threads.submit(ask, client, ENDLESS) for _ in range(2)]
            while not sandbox.processes.running:
                client.get("/healthz")
            # Of one client there is one fewer at once than there could be.
            assert client.get("/v1/figures").status_code == 200
            assert client.post("/v1/events?dry_run=true", json=mined("china", "8", "2024-06")).status_code == 200
            assert len(sandbox.processes.running) == 1
            sandbox.close()
            assert {one.result().status_code for one in endless} == {503}
