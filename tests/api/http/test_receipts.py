"""Receipts over HTTP: where they can be had, their bounds, caches, and what hostile bodies get."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.access import Access
from api.http.routes.receipt_checks import RECEIPT_BYTES_MAX
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import APPEND, READ
from ledger.proof import RECEIPT_EVENTS_MAX
from projections import Engine
from tests.api.helpers import BASICS, Api, mined

VERIFY = "/v1/receipts/verify"


def refused(client: TestClient, path: str, **parameters: str) -> dict[str, Any]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 422, answer.text
    return dict(answer.json()["errors"][0])


def test_where_no_receipt_can_be_had_it_is_said(api: Api) -> None:
    api.post(mined("china", "100", "2024-01-31"))
    for form in ("csv", "jsonl", "parquet", "arrow", "xlsx"):
        assert refused(api.client, "/v1/figures", receipt="full", format=form)["rule"] == "not_json"
        assert refused(api.client, f"/v1/figures.{form}", receipt="full")["rule"] == "not_json"
    assert api.client.get("/v1/figures.json", params={"receipt": "full"}).json()["receipt"]["question"]["path"] == (
        "/v1/figures"
    )
    for other in ("yes", "FULL", "true"):
        assert refused(api.client, "/v1/figures", receipt=other)["rule"] == "choice"
    for path in ("/v1/event-types", "/v1/event-types/QuotaSet"):
        assert refused(api.client, path, receipt="full")["rule"] == "no_receipt"
    assert refused(api.client, "/v1/report", receipt="full", subject="china")["parameter"] == "receipt"


def test_a_receipt_holds_a_thousand_events_and_more_is_refused(api: Api) -> None:
    for start in range(0, RECEIPT_EVENTS_MAX, 100):
        api.post(*(mined("china", str(start + number), "2024-01-31") for number in range(100)))
    whole = api.client.get("/v1/figures", params={"subject": "china", "receipt": "full"})
    assert whole.status_code == 200
    assert len(whole.json()["receipt"]["events"]) == RECEIPT_EVENTS_MAX
    assert api.client.post(VERIFY, json=whole.json()).json()["verdict"] == "same"
    api.post(mined("china", "1", "2024-02-29"), mined("australia", "5", "2024-02-29"))
    (figure,) = api.client.get("/v1/figures", params={"subject": "china"}).json()["items"]
    of_one = f"/v1/figures/{figure['figure_id']}/history"
    for path, parameters in (
        ("/v1/figures", {"subject": "china"}),
        ("/v1/figures", {"figure_id": figure["figure_id"]}),
        (of_one, {"limit": "1"}),
        (of_one, {"recorded_as_of": "position:20"}),
        ("/v1/events", {"limit": "5000"}),
    ):
        found = refused(api.client, path, receipt="full", **parameters)
        assert found["rule"] == "too_many_events"
        assert "1,000 events" in found["detail"]
    assert "receipt" in api.client.get("/v1/events", params={"limit": "1000", "receipt": "full"}).json()
    assert "receipt" in api.client.get("/v1/figures", params={"subject": "australia", "receipt": "full"}).json()


def test_caches_hold_a_receipt_as_long_as_the_log_is_the_same(engine: Engine) -> None:
    client = TestClient(create_app(engine))
    api = Api(client)
    api.post(*BASICS, mined("china", "100", "2024-01-31"))
    past = {"as_of": "2025", "recorded_as_of": "position:7", "receipt": "full"}
    first = client.get("/v1/figures", params=past)
    assert first.headers["Cache-Control"] == "no-cache"
    assert client.get("/v1/figures", params={**past, "receipt": "full"}).content == first.content
    etag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/v1/figures", params=past, headers=etag).status_code == 304
    head = client.head("/v1/figures", params=past)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]
    # The answer without it is another one, and final.
    plain = client.get("/v1/figures", params={name: past[name] for name in ("as_of", "recorded_as_of")})
    assert "immutable" in plain.headers["Cache-Control"]
    assert "receipt" not in plain.json()
    api.post(mined("china", "101", "2024-02-29"))
    second = client.get("/v1/figures", params=past, headers=etag)
    assert second.status_code == 200  # The checkpoint is over the log as it is now.
    sizes = [answer.json()["receipt"]["checkpoint"].split("\n")[1] for answer in (first, second)]
    assert sizes == ["7", "8"]
    assert first.json()["items"] == second.json()["items"] == plain.json()["items"]
    for answer in (first, second):
        assert client.post(VERIFY, json=answer.json()).json()["verdict"] == "same"
    assert client.post(VERIFY, json=first.json()).headers["Cache-Control"] == "no-store"


def test_whoever_may_read_gets_receipts_and_has_them_verified(engine: Engine, tmp_path: Path) -> None:
    Api(TestClient(create_app(engine))).post(*BASICS, mined("china", "100", "2024-01-31"))
    keys = KeyFile(tmp_path / "keys.db")
    texts = {"reader": keys.create("reader", frozenset({READ})), "feeder": keys.create("feeder", frozenset({APPEND}))}
    client = TestClient(create_app(engine, access=Access(keys=KeyCheck(tmp_path / "keys.db"))))
    path, past = "/v1/figures", {"as_of": "2025", "recorded_as_of": "position:7", "receipt": "full"}
    answer = client.get(path, params=past, headers={"Authorization": f"Bearer {texts['reader']}"})
    assert answer.status_code == 200
    for name, expected in (("reader", 200), ("feeder", 403), (None, 401)):
        headers = {} if name is None else {"Authorization": f"Bearer {texts[name]}"}
        assert client.get(path, params=past, headers=headers).status_code == expected
        assert client.post(VERIFY, json=answer.json(), headers=headers).status_code == expected


def hostile(receipt: dict[str, Any]) -> list[bytes]:
    deep = b"[" * 40 + b"]" * 40
    text = json.dumps(receipt)
    wrong: list[Any] = [
        *(None, True, 1, "x", [], {}, [receipt], {"receipt": None}, {"receipt": []}, {"receipt": {}}),
        {"receipt": receipt},
        {"receipt": receipt, "items": {}},
        {"receipt": receipt, "items": None},
        {**receipt, "document": "other"},
        {**receipt, "version": 2},
        {**receipt, "version": "1"},
        {**receipt, "events": [{}]},
        {**receipt, "events": {"0": 1}},
        {**receipt, "events": receipt["events"] * 1001},
        {**receipt, "question": {"path": 1, "parameters": {}}},
        {**receipt, "question": {"path": "/v1/figures", "parameters": {"limit": 3}}},
        {**receipt, "answer": {**receipt["answer"], "count": -1}},
        {**receipt, "answer": {**receipt["answer"], "count": 10**30}},
        {**receipt, "answer": {**receipt["answer"], "items": "0" * 63 + "\n"}},
        {**receipt, "answer": {**receipt["answer"], "items": "G" * 64}},
        {**receipt, "basis": []},
        {**receipt, "signature": None},
        {**receipt, "streams": [{**one, "length": 1001} for one in receipt["streams"]]},
        {name: value for name, value in receipt.items() if name != "checkpoint"},
    ]
    return [
        *(b"", b"{", b"\xff", b"nul", deep, b'{"a":' + deep + b"}"),
        text[:-1].encode(),
        text.replace('"version": 1', '"version": 1, "version": 1').encode(),
        text.replace('"version": 1', '"version": NaN').encode(),
        text.replace('"count": 1', '"count": 1e400').encode(),
        text.replace('"count": 1', '"count": 1.5').encode(),
        text.replace('"path": "/v1/figures"', '"path": "\\ud800"').encode(),
        *(json.dumps(one).encode() for one in wrong),
    ]


def test_what_is_no_receipt_is_refused(api: Api) -> None:
    api.post(mined("china", "100", "2024-01-31"))
    receipt = api.client.get("/v1/figures", params={"receipt": "full"}).json()["receipt"]
    assert api.client.post(VERIFY, json=receipt).json()["verdict"] == "same"
    for raw in hostile(receipt):
        answer = api.client.post(VERIFY, content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, (raw[:200], answer.text)
        assert answer.json()["detail"]
    assert api.client.post(VERIFY, content=b"{}").status_code == 415
    large = b'{"document":"' + b"x" * RECEIPT_BYTES_MAX + b'"}'
    answer = api.client.post(VERIFY, content=large, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (413, "The body is larger than 16 MiB; send less at once.")
    many = b'{"document":[' + b"1," * 500_000 + b"1]}"
    assert api.client.post(VERIFY, content=many, headers={"Content-Type": "application/json"}).status_code == 413
    for parameters in ({"key": "x"}, {"key": ""}, {"kee": "x"}):
        assert api.client.post(VERIFY, json=receipt, params=parameters).status_code == 422


@pytest.mark.parametrize("member", ["checkpoint", "signature", "origin"])
def test_notes_that_are_none_make_a_receipt_invalid(api: Api, member: str) -> None:
    api.post(mined("china", "100", "2024-01-31"))
    receipt = api.client.get("/v1/figures", params={"receipt": "full"}).json()["receipt"]
    for text in ("", "\n\n", "x", "\0", "—", receipt["signature"], receipt["checkpoint"], "x" * 900):
        if text == receipt[member]:
            continue
        answer = api.client.post(VERIFY, json={**receipt, member: text})
        assert (answer.status_code, answer.json()["verdict"]) == (200, "invalid")
