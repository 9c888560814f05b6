"""Tables of questions over HTTP: every format in and out, refusals with their rows, limits, no leak of the future."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from api.app import create_app
from api.http.question_queue import Limits
from api.settings import ASOF_MB, ASOF_ROWS
from ledger import Ledger
from projections import ANSWER_COLUMNS, Engine
from tests.api.helpers import BASICS, mined
from tests.shared_tables import engine_of

WORDS = {"subject": "china", "metric": "mine_production", "period": "2023"}
ROWS = [
    {**WORDS, "as_of": "2024-01-31", "mine": "first"},
    {**WORDS, "as_of": "2024-01-30", "mine": "too soon"},
    {**WORDS, "as_of": "2025", "mine": 'a "third", of all'},
]
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, mined("china", "240000", "2024-01-31"), mined("china", "250.50", "2025-01-31")])
        ledger.append([mined("china", "99", "2024-06-30", publisher="bgs")])
        yield engine


@pytest.fixture(scope="module")
def client(engine: Engine) -> TestClient:
    return TestClient(create_app(engine))


def ask(client: TestClient, rows: Any, **params: str) -> Any:
    return client.post("/v1/asof", json=rows, params=params)


def arrow(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, **options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def packed(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def as_csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    arrow_csv.write_csv(table, sink)
    return sink.getvalue()


def test_a_row_is_answered_by_what_was_published_by_its_day(client: TestClient) -> None:
    body = ask(client, ROWS).json()
    assert [one["value"] for one in body["items"]] == ["240000", None, "250.50"]
    assert [one["reason"] for one in body["items"]] == [None, "nothing_known", None]
    assert [one["revisions"] for one in body["items"]] == [0, None, 1]
    assert list(body["items"][0]) == [*ROWS[0], *ANSWER_COLUMNS]
    assert body["basis"]["position"] == 9
    assert len(body["basis"]["root"]) == 64


@pytest.mark.parametrize("sent", ["json", "jsonl", "csv", "parquet", "arrow"])
@pytest.mark.parametrize("wanted", ["json", "jsonl", "csv", "parquet", "arrow"])
def test_every_format_goes_in_and_comes_out_in_its_order_with_its_columns(
    client: TestClient, sent: str, wanted: str
) -> None:
    table = pa.Table.from_pylist(ROWS)
    bodies = {
        "json": ("application/json", json.dumps(ROWS).encode()),
        "jsonl": ("application/x-ndjson", "\n".join(map(json.dumps, ROWS)).encode()),
        "csv": ("text/csv; charset=utf-8", as_csv(table)),
        "parquet": (PARQUET, packed(table)),
        "arrow": (ARROW, arrow(table)),
    }
    media_type, content = bodies[sent]
    answer = client.post("/v1/asof", content=content, headers={"Content-Type": media_type}, params={"format": wanted})
    assert answer.status_code == 200, answer.text
    read: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {
        "json": lambda raw: json.loads(raw)["items"],
        "jsonl": lambda raw: list(map(json.loads, raw.splitlines())),
        "csv": lambda raw: list(csv.DictReader(io.StringIO(raw.decode(), newline=""))),
        "parquet": lambda raw: parquet.read_table(io.BytesIO(raw)).to_pylist(),
        "arrow": lambda raw: pa.ipc.open_stream(raw).read_all().to_pylist(),
    }
    rows = read[wanted](answer.content)
    assert [{name: row[name] for name in ROWS[0]} for row in rows] == ROWS
    assert [row["value"] or None for row in rows] == ["240000", None, "250.50"]
    assert answer.headers["cache-control"] == "no-store"
    if wanted != "json":
        assert json.loads(answer.headers["ledger-basis"])["position"] == 9


@pytest.mark.parametrize(
    "days",
    [
        pa.array([date(2024, 1, 31), date(2024, 1, 30), date(2025, 12, 31)]),
        pa.array([datetime(2024, 1, 31), datetime(2024, 1, 30), datetime(2025, 12, 31)], pa.timestamp("ns")),
        pa.array([datetime(2024, 1, 31, 23, 59, 59, 999999, UTC), datetime(2024, 1, 31, 23, 59, 59, 999998, UTC),
                  datetime(2025, 12, 31, tzinfo=UTC)], pa.timestamp("us", "Asia/Shanghai")),
        pa.array(["2024-01-31", "2024-01-30", "2025"]).dictionary_encode(),
    ],
)  # fmt: skip
def test_days_and_instants_are_taken_in_the_types_of_a_data_frame(client: TestClient, days: pa.Array) -> None:
    table = pa.table({"as_of": days, "period": pa.array([2023.0, 2023, None]), **{
        name: pa.array([WORDS[name]] * 3) for name in ("subject", "metric")}})  # fmt: skip
    answer = client.post("/v1/asof", content=arrow(table), headers={"Content-Type": ARROW}, params={"format": "arrow"})
    assert answer.status_code == 200, answer.text
    found = pa.ipc.open_stream(answer.content).read_all()
    assert found["value"].to_pylist() == ["240000", None, "250.50"]
    assert found["canonical_value"].type == pa.decimal128(38, 18)
    assert found["period"].type == pa.float64()


def test_an_instant_without_a_zone_is_refused(client: TestClient) -> None:
    table = pa.table({"as_of": pa.array([datetime(2024, 1, 31, 9)]), "subject": ["china"], "metric": ["m"]})
    answer = client.post("/v1/asof", content=arrow(table), headers={"Content-Type": ARROW})
    assert answer.status_code == 422
    assert "time zone" in answer.json()["detail"]


def test_what_one_publisher_says_is_asked_for_and_the_answer_is_beside_it(client: TestClient) -> None:
    (row,) = ask(client, [{**WORDS, "publisher": "BGS", "as_of": "2024", "value": "mine"}]).json()["items"]
    assert (row["publisher"], row["answer_publisher"]) == ("BGS", "bgs")
    assert (row["value"], row["answer_value"]) == ("mine", "99")


def test_the_ledger_clock_is_each_rows_own_and_none_sees_more_than_the_question_does(client: TestClient) -> None:
    rows: list[Any] = [
        {**WORDS, "as_of": "2025", "recorded_as_of": one} for one in ("position:7", "position:8", None, "2020")
    ]
    values = [one["value"] for one in ask(client, rows).json()["items"]]
    assert values == ["240000", "250.50", "250.50", None]
    values = [one["value"] for one in ask(client, rows[2:], recorded_as_of="position:7").json()["items"]]
    assert values == ["240000", None]
    assert ask(client, rows, recorded_as_of="position:7").status_code == 422


def test_values_come_in_another_unit(client: TestClient) -> None:
    row = ask(client, ROWS[:1], unit="kt").json()["items"][0]
    assert (row["value"], row["unit"], row["converted"]) == ("240", "kt", True)
    assert ask(client, ROWS[:1], unit="USD/kg").status_code == 422


def test_what_is_wrong_is_said_row_by_row_and_nothing_is_answered(client: TestClient) -> None:
    rows: list[Any] = [*ROWS, {**WORDS, "as_of": "2024-02-30"}, {**WORDS, "as_of": "2024", "period": "FY2025"}]
    document = ask(client, rows).json()
    assert document["type"].endswith("questions-refused")
    assert [(one["row"], one["pointer"]) for one in document["errors"]] == [(4, "/as_of")]
    document = ask(client, [*rows[:3], rows[4]]).json()
    assert [(one["row"], one["pointer"], one["rule"]) for one in document["errors"]] == [(4, "/period", "period")]
    rows = [{"metric": "x", "as_of": "2024"}, {**WORDS, "as_of": None}, {"figure_id": "x", "as_of": "2024"}]
    document = ask(client, rows).json()
    assert [(one["row"], one["rule"]) for one in document["errors"]] == [(1, "missing"), (2, "missing"), (3, "uuid")]
    document = ask(client, [{**WORDS, "as_of": "never"}] * 150).json()
    assert (len(document["errors"]), document["errors_more"]) == (100, 50)


@pytest.mark.parametrize(
    "row",
    [
        {**WORDS, "as_off": "2024"},
        {**WORDS, "as_of": "2024", "recorded as of": "position:1"},
        {**WORDS, "as_of": "2024", "Subject ": "china"},
        {**WORDS, "as_of": "2024", "dimension.": "reo"},
        {**WORDS, "as_of": ["2024"]},
        {**WORDS, "as_of": "2024\0"},
        {**WORDS, "as_of": True},
        {**WORDS},
    ],
)
def test_a_column_that_would_be_passed_over_is_refused(client: TestClient, row: dict[str, Any]) -> None:
    document = ask(client, [row]).json()
    assert document["status"] == 422
    assert document["errors"]


def with_batches(number: str, published: str, **dimensions: str) -> dict[str, Any]:
    quota: dict[str, Any] = {"metric": "rare_earth_mining_quota", "period": "2023", "value": number, "unit": "t"}
    source = {"publisher": "usgs", "title": f"Notice of {published}"}
    quota = {"type": "FigureReported", "subject": "china", **quota, "published_at": published, "source": source}
    return {**quota, "dimensions": dimensions} if dimensions else quota


@pytest.fixture(scope="module")
def quotas() -> Iterator[TestClient]:
    """Two batches of a quota, the second published later."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, with_batches("120000", "2023-03-24", basis="reo", batch="first")])
        ledger.append([with_batches("120001", "2023-09-25", basis="reo", batch="second")])
        yield TestClient(create_app(engine))


QUOTA = {"subject": "china", "metric": "rare_earth_mining_quota", "period": "2023"}


@pytest.mark.parametrize("form", ["object", "json text", "columns", "csv"])
def test_dimensions_as_items_have_them_ask_what_columns_of_dimensions_ask(quotas: TestClient, form: str) -> None:
    asked = [
        ("first", "2023-06-30"),
        ("second", "2023-06-30"),
        ("second", "2024"),
        (None, "2023-06-30"),
        (None, "2024"),
    ]
    rows: list[dict[str, Any]] = []
    for batch, as_of in asked:
        said = {"basis": "reo", "batch": batch} if batch else {}
        if form == "object":
            rows.append({**QUOTA, "as_of": as_of, "dimensions": said})
        elif form == "columns":
            rows.append({**QUOTA, "as_of": as_of, **{f"dimension.{name}": value for name, value in said.items()}})
        else:
            rows.append({**QUOTA, "as_of": as_of, "dimensions": json.dumps(said) if said else ""})
    if form == "csv":
        content, headers = as_csv(pa.Table.from_pylist(rows)), {"Content-Type": "text/csv"}
        answer = quotas.post("/v1/asof", content=content, headers=headers)
    else:
        answer = ask(quotas, rows)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [one["value"] for one in items] == ["120000", None, "120001", "120000", None]
    assert [one["reason"] for one in items] == [None, "nothing_known", None, None, "several_figures"]


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("reo", "is no JSON"),
        ({"basis": 1}, "names of dimensions, each with a text"),
        ({"basis": ""}, "names of dimensions, each with a text"),
        ({"No name": "reo"}, "names of dimensions, each with a text"),
        ({f"name_{number}": "x" for number in range(51)}, "51 dimensions; 50 at most"),
    ],
)
def test_dimensions_that_name_nothing_are_refused(quotas: TestClient, said: Any, detail: str) -> None:
    answer = ask(quotas, [{**QUOTA, "as_of": "2024", "dimensions": said}])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/dimensions")
    assert detail in answer.text


def test_a_dimension_is_asked_once(quotas: TestClient) -> None:
    rows = [{**QUOTA, "as_of": "2024", "dimensions": {"batch": "first"}, "dimension.batch": "second"}]
    answer = ask(quotas, rows)
    assert answer.status_code == 422
    assert "dimension.batch is asked in dimensions too" in answer.text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dimensions.batch", "call it dimension.batch"),
        ("Dimension.batch", "call it dimension.batch"),
        ("dimension", "call it dimension.NAME"),
        ("effective_at", "as it does in /v1/figures"),
        ("prefer", "as it does in /v1/figures"),
        ("resolve", "as it does in /v1/figures"),
        ("period_from", "as it does in /v1/figures"),
        ("period_to", "as it does in /v1/figures"),
        ("publishers", "call it publisher"),
    ],
)
def test_a_column_that_would_ask_elsewhere_is_not_passed_over(quotas: TestClient, name: str, told: str) -> None:
    answer = ask(quotas, [{**QUOTA, "as_of": "2024", name: "second"}])
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, "unknown_column")
    assert told in answer.text


def test_a_list_of_figures_can_be_asked_again_at_another_moment(quotas: TestClient) -> None:
    listed = quotas.get("/v1/figures", params=QUOTA).json()["items"]
    keys = ("figure_id", "subject", "metric", "material", "period", "dimensions", "publishers", "status", "unit")
    rows = [{**{name: one[name] for name in keys}, "as_of": "2023-06-30"} for one in listed]
    answer = ask(quotas, rows)
    assert answer.status_code == 200, answer.text
    assert [one["answer_figure_id"] for one in answer.json()["items"]] == [listed[0]["figure_id"], None]


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        ("text/plain", b"x", 415),
        ("application/json", b"{}", 422),
        ("application/json", b"[1]", 422),
        ("application/json", b"[", 400),
        ("text/csv", b"as_of,as_of\n2024,2024\n", 422),
        ("text/csv", b"as_of,subject\n2024\n", 422),
        ("text/csv", b"as_of\n\xff\xff\n", 422),
        ("text/csv", b"", 422),
        (PARQUET, b"PAR1 and no more", 422),
        (ARROW, b"\xff\xff\xff\xff\x10\x00\x00\x00no stream at all", 422),
        (ARROW, arrow(pa.table({"as_of": ["2024"]}), options=pa.ipc.IpcWriteOptions(compression="zstd")), 422),
        (ARROW, arrow(pa.table({"as_of": ["2024"], "more": [[1]]})), 422),
    ],
)
def test_what_is_no_table_is_refused(client: TestClient, media_type: str, content: bytes, status: int) -> None:
    answer = client.post("/v1/asof", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_table_without_rows_comes_back_with_the_columns(client: TestClient) -> None:
    content = b"as_of,subject,metric\n"
    answer = client.post("/v1/asof?format=csv", content=content, headers={"Content-Type": "text/csv"})
    assert answer.text == ",".join(("as_of", "subject", "metric", *ANSWER_COLUMNS)) + "\r\n"


def test_rows_and_bytes_have_limits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ASOF_ROWS.variable, "2")
    for content in (json.dumps(ROWS).encode(), json.dumps(ROWS[:2]).encode()):
        answer = client.post("/v1/asof", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == (422 if len(content) > 300 else 200), answer.text
    monkeypatch.setenv(ASOF_MB.variable, "0")
    assert ask(client, ROWS[:1]).status_code == 413


def test_texts_that_unpack_into_very_many_bytes_are_not_made(engine: Engine) -> None:
    client = TestClient(create_app(engine, limits=Limits(bytes_max=50_000_000)))
    table = pa.table({**{name: [WORDS[name]] * 1000 for name in WORDS}, "as_of": ["x" * 1_000_000] * 1000})
    content = packed(table)
    assert len(content) < 1_000_000
    answer = client.post("/v1/asof", content=content, headers={"Content-Type": PARQUET})
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("memory-limit")


@pytest.mark.parametrize("form", ["json", "mixed", "arrow", "floats"])
def test_a_number_on_the_ledger_clock_is_a_position_and_no_year(client: TestClient, form: str) -> None:
    written: dict[str, list[Any]] = {"mixed": [7, "position:7", 8], "floats": [7.0, 7.0, 8.0]}
    clocks = written.get(form, [7, 7, 8])
    rows = [{**WORDS, "as_of": "2026", "recorded_as_of": clock} for clock in clocks]
    if form in ("json", "mixed"):
        answer = ask(client, rows)
    else:
        body = arrow(pa.Table.from_pylist(rows))
        answer = client.post("/v1/asof?format=json", content=body, headers={"Content-Type": ARROW})
    assert answer.status_code == 200, answer.text
    assert [item["value"] for item in answer.json()["items"]] == ["240000", "240000", "250.50"]


def test_a_number_that_is_no_position_is_refused(client: TestClient) -> None:
    answer = ask(client, [{**WORDS, "as_of": "2026", "recorded_as_of": 7.5}])
    assert answer.status_code == 422
    assert "recorded_as_of" in answer.text
