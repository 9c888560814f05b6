"""Whatever a client sends: a problem that names the field, nothing recorded, and the next good request works."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from tests.api.helpers import BASICS, Api, country, mined, opened, organisation
from tests.depth import examples

UNKNOWN_ID = "9de41759-a5b1-4ccb-a278-de257c14db82"

POLICY = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "export_ban"}
DEEP = "[" * 40 + "]" * 40

MALFORMED = {
    "not JSON": b"{",
    "empty": b"",
    "two values": b"{} {}",
    "duplicate keys": b'{"type": "EntityRegistered", "type": "EntityRenamed"}',
    "NaN": b'{"value": NaN}',
    "infinity": b'{"value": -Infinity}',
    "lone surrogate": b'{"note": "\\ud800"}',
    "nested too deep": DEEP.encode(),
    "nested far too deep": b"[" * 100_000,
    "not UTF-8": b'{"note": "\xff"}',
    "control character": b'{"note": "\x01"}',
}

# What is wrong -> (event, pointer, a word of the detail)
REFUSED: dict[str, tuple[Any, str, str]] = {
    "no object": (7, "", "object"),
    "no type": ({}, "/type", "type"),
    "unknown type": ({**mined("china", "1", "2024"), "type": "ProductionGuessed"}, "/type", "ProductionReported"),
    "type that is no text": ({"type": ["x"]}, "/type", "type"),
    "unknown field": ({**mined("china", "1", "2024"), "valu": "1"}, "/valu", "unknown field"),
    "unknown field of the source": (mined("china", "1", "2024", source={"publisher": "usgs", "x": 1}), "/source/x", ""),
    "field set by the ledger": ({**mined("china", "1", "2024"), "position": 1}, "/position", "ledger"),
    "unregistered subject": (mined("atlantis", "1", "2024"), "/subject", "atlantis"),
    "unregistered publisher": (mined("china", "1", "2024", publisher="nobody"), "/source/publisher", "nobody"),
    "no publisher": (mined("china", "1", "2024", source={}), "/source/publisher", "publisher"),
    "unknown unit": (mined("china", "1", "2024", unit="tonnnes"), "/unit", "Mt (1000000 t)"),
    "naive timestamp": (mined("china", "1", "2024-01-31T10:00:00"), "/published_at", "offset"),
    "no date at all": (mined("china", "1", "soon"), "/published_at", "moment"),
    "day that is none": (mined("china", "1", "2024-02-30"), "/published_at", "calendar"),
    "21 digits before the point": (mined("china", "9" * 21, "2024"), "/value", "20"),
    "19 digits after the point": (mined("china", "0." + "1" * 19, "2024"), "/value", "18"),
    "NaN as text": (mined("china", "NaN", "2024"), "/value", "number"),
    "true as a value": ({**mined("china", "1", "2024"), "value": True}, "/value", "boolean"),
    "value and symbol": (mined("china", "1", "2024", symbol="withheld"), "/value", "exactly one"),
    "low above high": ({**mined("china", "1", "2024"), "value": None, "low": "2", "high": "1"}, "/low", "above"),
    "fiscal period without a fiscal year": (mined("china", "1", "2024", period="FY2024"), "/period", "fiscal"),
    "period that ends before it starts": (
        mined("china", "1", "2024", period="2024-02-01/2024-01-01"),
        "/period",
        "ends",
    ),
    "interval that ends before it starts": (
        {**POLICY, "effective_from": "2024", "effective_to": "2023"},
        "/effective_to",
        "before",
    ),
    "second registration": (country("china"), "/entity", "china"),
    "slug with capitals": (country("China"), "/entity", ""),
    "termination of nothing": ({"type": "AgreementTerminated", "agreement": "none"}, "/agreement", "none"),
    "repeal of nothing": ({"type": "PolicyRepealed", "policy": "none", "effective_from": "2024"}, "/policy", "none"),
    "merge with itself": (
        {"type": "EntitiesMerged", "kept": "china", "merged": "china", "reason": "?"},
        "/merged",
        "itself",
    ),
    "correction of nothing": (
        {
            "type": "EventCorrected",
            "target": str(uuid4()),
            "changes": {"value": "1"},
            "reason": "unit",
            "explanation": "?",
        },
        "/target",
        "",
    ),
    "event_id that is no UUID": ({**mined("china", "1", "2024"), "event_id": "7"}, "/event_id", "UUID"),
}


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"]
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One ledger for all of them: whatever was sent before, the next good request works."""
    with opened(tmp_path_factory.mktemp("bad") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine), raise_server_exceptions=False))
        api.post(*BASICS)
        yield api


@contextmanager
def nothing_recorded(api: Api) -> Iterator[None]:
    """Holds that nothing is recorded, and that the next good request is."""
    head = api.head()
    yield
    assert api.head() == head
    api.post(mined("china", "1", "2024"))
    assert api.head() == head + 1


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json_is_malformed(api: Api, body: bytes) -> None:
    with nothing_recorded(api):
        response = api.client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
        assert_problem(response, 400)


@pytest.mark.parametrize(("event", "pointer", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_event_is_refused_with_a_pointer_to_the_field(api: Api, event: Any, pointer: str, word: str) -> None:
    with nothing_recorded(api):
        problem = assert_problem(api.client.post("/v1/events", json=event), 422)
    faults = {error["pointer"]: error for error in problem["errors"]}
    assert pointer in faults
    assert faults[pointer]["rule"]
    assert word in faults[pointer]["detail"]


def test_in_a_batch_the_pointer_begins_with_the_place(api: Api) -> None:
    batch = [organisation("a"), organisation("b"), organisation("c"), mined("china", "x", "2024")]
    with nothing_recorded(api):
        problem = assert_problem(api.client.post("/v1/events", json=batch), 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/3/value"]


def test_a_correction_of_a_correction_is_refused(api: Api) -> None:
    (item,) = api.post(mined("china", "1", "2024"))
    correction = {"type": "EventCorrected", "changes": {"value": "2"}, "reason": "unit", "explanation": "?"}
    (corrected,) = api.post({**correction, "target": item["event_id"]})
    response = api.client.post("/v1/events", json={**correction, "target": corrected["event_id"]})
    assert assert_problem(response, 422)["errors"][0]["pointer"] == "/target"


def test_an_unknown_unit_names_the_nearest(api: Api) -> None:
    response = api.client.post("/v1/events", json=mined("china", "1", "2024", unit="milion USD"))
    assert "million USD" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/figures/", "/v1", "/v2/events", "/v1/policies/ban/x", "/%00"])
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert_problem(api.client.get(path), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/policies/none",
        "/v1/agreements/none",
        "/v1/entities/none",
        "/v1/facilities/none",
        "/v1/entities/%00",
        "/v1/entities/'; DROP TABLE x",
        "/v1/entities/" + "x" * 5000,
        "/v1/events/none",
        f"/v1/events/{UNKNOWN_ID}",
        f"/v1/figures/{UNKNOWN_ID}/history",
        "/v1/figures/none/history",
        "/v1/event-types/None",
    ],
)
def test_a_path_that_names_nothing_here_is_not_found(api: Api, path: str) -> None:
    assert_problem(api.client.get(path), 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_is_not_allowed_says_which_are(api: Api, method: str) -> None:
    response = api.client.request(method, "/v1/events")
    assert_problem(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0.9", "application/json;q=0", "text/csv;q=0, image/*"])
def test_an_accept_header_that_nothing_fits_is_not_acceptable(api: Api, accept: str) -> None:
    assert_problem(api.client.get("/v1/figures", headers={"Accept": accept}), 406)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("as_off=2024", "as_off"),
        ("As_of=2024", "As_of"),
        ("as_of=2024&as_of=2025", "as_of"),
        ("as_of=", "as_of"),
        ("as_of=yesterday", "as_of"),
        ("as_of=2024-01-31T10:00:00", "as_of"),
        ("as_of=0000", "as_of"),
        ("as_of=2024-01-31T10:00:00+08:00", "as_of"),
        ("effective_at=2024-13", "effective_at"),
        ("recorded_as_of=position:-1", "recorded_as_of"),
        ("recorded_as_of=position:999999", "recorded_as_of"),
        ("recorded_as_of=position:99999999999999999999", "recorded_as_of"),
        ("recorded_as_of=soon", "recorded_as_of"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("limit=ten", "limit"),
        ("limit=²", "limit"),
        ("limit=1e3", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=!!", "cursor"),
        ("cursor=" + "A" * 5000, "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("format=xml", "format"),
        ("disputed=maybe", "disputed"),
        ("resolve=first", "resolve"),
        ("period_from=whenever", "period_from"),
        ("dimension.=x", "dimension."),
        ("subject=%00", "subject"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str) -> None:
    problem = assert_problem(api.client.get(f"/v1/figures?{query}"), 422)
    assert problem["errors"][0]["parameter"] == parameter


def test_a_mistyped_parameter_names_the_nearest(api: Api) -> None:
    assert "as_of" in api.client.get("/v1/figures?as_off=2024").json()["detail"]
    assert "effective_at" in api.client.get("/v1/policies?efective_at=2024").json()["detail"]
    for mistyped, meant in (("SUBJECT", "subject"), ("As_Of", "as_of"), ("LIMIT", "limit")):
        detail = api.client.get(f"/v1/figures?{mistyped}=2024").json()["detail"]
        assert detail.startswith(f"unknown parameter '{mistyped}'; did you mean {meant}"), detail
    detail = api.client.get("/sdmx/data/FIGURES/A?ASOF=2024").json()["detail"]
    assert detail == "unknown parameter 'ASOF'; did you mean asOf?"
    assert "c[NAME]" in api.client.get("/sdmx/data/FIGURES/A?zzzzzz=2024").json()["detail"]


@pytest.mark.parametrize(
    "asked", ["asOf=yesterday", "recordedAsOf=soon", "recordedAsOf=position:-1", "updatedAfter=yesterday"]
)
def test_a_bad_parameter_is_named_as_it_was_sent(api: Api, asked: str) -> None:
    problem = assert_problem(api.client.get(f"/sdmx/data/FIGURES/A?{asked}"), 422)
    name = asked.partition("=")[0]
    assert problem["errors"][0]["parameter"] == name
    assert problem["detail"].startswith(name)


def test_an_offset_whose_plus_was_not_escaped_says_so(api: Api) -> None:
    detail = api.client.get("/v1/figures?as_of=2024-01-31T10:00:00+08:00").json()["detail"]
    assert "%2B" in detail


@pytest.mark.parametrize("query", ["after=-1", "after=x", "type=Nothing", "figure_id=7", "kind=x"])
def test_a_bad_filter_of_the_log_is_refused(api: Api, query: str) -> None:
    assert_problem(api.client.get(f"/v1/events?{query}"), 422)


def test_a_mistyped_type_of_event_names_the_nearest(api: Api) -> None:
    for typed in ("ProductionReport", "productionreported", "EntityRenamed,ProductionReportet"):
        detail = assert_problem(api.client.get(f"/v1/events?type={typed}"), 422)["detail"]
        assert "did you mean ProductionReported" in detail
    assert "ProductionReported" in assert_problem(api.client.get("/v1/events?type=zzz"), 422)["detail"]


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", '"ISO-8859-1"', "x"])
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("events", "application/json"),
        ("imports", "text/csv"),
        ("sql", "application/json"),
        ("asof", "application/json"),
        ("asof", "text/csv"),
        ("check", "text/plain"),
        ("check", "text/html"),
        ("receipts/verify", "application/json"),
        ("erasures", "application/json"),
    ],
)
def test_a_body_in_another_charset_is_refused(api: Api, path: str, media_type: str, charset: str) -> None:
    with nothing_recorded(api):
        headers = {"Content-Type": f"{media_type}; charset={charset}"}
        problem = assert_problem(api.client.post(f"/v1/{path}", content=b"[]", headers=headers), 415)
    assert "UTF-8" in problem["detail"]


@pytest.mark.parametrize("query", ["dry_run=yes", "dry=true", "dry_run=true&dry_run=true"])
def test_a_bad_parameter_of_an_append_records_nothing(api: Api, query: str) -> None:
    with nothing_recorded(api):
        assert_problem(api.client.post(f"/v1/events?{query}", json=country("japan")), 422)


@pytest.mark.parametrize("path", ["figures", "policies", "agreements", "facilities", "links", "risks", "statements"])
def test_an_unknown_slug_as_a_filter_selects_nothing(api: Api, path: str) -> None:
    name = {"figures": "subject", "statements": "subject"}.get(path)
    singular = {"policies": "policy", "facilities": "facility"}.get(path, path[:-1])
    assert api.items(path, **{name or singular: "atlantis"}) == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    field=st.sampled_from([*mined("china", "1", "2024"), "dimensions", "note", "event_id", "expected_version", "low"]),
    value=JSON_VALUES,
)
@settings(max_examples=examples(50, deeply=1500))
def test_no_value_of_any_field_is_ever_an_internal_error(api: Api, field: str, value: Any) -> None:
    event = {**mined("china", "1", "2024"), field: value}
    raw = json.dumps(event, ensure_ascii=True).encode()
    response = api.client.post("/v1/events", content=raw, headers={"Content-Type": "application/json"})
    assert response.status_code in (201, 200, 400, 409, 422), response.text


@given(
    query=st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3),
    path=st.sampled_from(["figures", "events"]),
)
@settings(max_examples=examples(30, deeply=1000))
def test_no_query_is_ever_an_internal_error(api: Api, query: dict[str, str], path: str) -> None:
    encodable = {name: value for name, value in query.items() if (name + value).isprintable()}
    response = api.client.get(f"/v1/{path}", params=encodable)
    assert response.status_code in (200, 422), response.text
