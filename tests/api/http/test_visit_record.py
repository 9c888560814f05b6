"""Every request is counted and logged: whose key, which route, how it went; and no key is in any line."""

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.server_log import JsonFormatter, log_config
from api.http.access import Access
from api.http.visit_log import ACCESS, AUDIT
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import ADMIN, APPEND
from projections import Engine
from tests.api.helpers import BASICS, country


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What is logged as JSON."""
    sink = StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(JsonFormatter())
    for log in (ACCESS, AUDIT):
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    yield sink
    for log in (ACCESS, AUDIT):
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.db")


@pytest.fixture
def client(engine: Engine, keys: KeyFile) -> TestClient:
    return TestClient(create_app(engine, access=Access(keys=KeyCheck(keys.path))))


def logged(lines: StringIO, log: str) -> list[dict[str, Any]]:
    """The records of a log since this was last asked, without what differs from run to run."""
    records = [json.loads(line) for line in lines.getvalue().splitlines()]
    for record in records:
        assert record.pop("at").endswith("Z")
        assert record.pop("level") == "info"
        assert record.get("seconds", 0) >= 0
    return [
        {name: value for name, value in record.items() if name not in ("log", "seconds", "us")}
        for record in records
        if record["log"] == f"supply_ledger.{log}"
    ]


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_request_is_logged_with_who_what_and_how(client: TestClient, keys: KeyFile, lines: StringIO) -> None:
    text = keys.create("feeder", frozenset({ADMIN}))
    client.post("/v1/events", json=list(BASICS), headers=bearer(text))
    path = "/v1/entities/china?as_of=2024-12-31&recorded_as_of=position:6"
    client.get(path, headers=bearer(text))
    client.get(path, headers=bearer(text))  # from the cache
    client.head("/v1/entities.csv", headers=bearer(text))
    client.get("/nowhere", headers=bearer(text))
    client.get("/v1/entities")
    common = {"key": "feeder", "address": "testclient"}
    one = {
        **common,
        "method": "GET",
        "route": "/v1/entities/{slug}",
        "path": "/v1/entities/china",
        "status": 404,
        "position": None,
        "refusal": "not-found",
    }
    records = logged(lines, "access")
    assert records[0] == {
        **common,
        "method": "POST",
        "route": "/v1/events",
        "path": "/v1/events",
        "status": 201,
        "position": 6,
    }
    assert records[1]["route"] == one["route"]
    assert [record["position"] for record in records[:4]] == [6, 6, 6, 6]
    assert (records[3]["method"], records[3]["route"], records[3]["path"]) == (
        "HEAD",
        "/v1/entities",
        "/v1/entities.csv",
    )
    assert (records[4]["route"], records[4]["refusal"]) == (None, "not-found")
    assert (records[5]["key"], records[5]["refusal"]) == (None, "unauthorized")
    assert "as_of" not in lines.getvalue(), "a query may say more than a log should keep"


def test_what_is_recorded_and_refused_and_done_to_keys_is_in_the_audit_log(
    client: TestClient, keys: KeyFile, lines: StringIO
) -> None:
    feeder, operator = keys.create("feeder", frozenset({APPEND})), keys.create("operator", frozenset({ADMIN}))
    client.get("/healthz", headers=bearer(operator))
    client.post("/v1/events", json=list(BASICS), headers=bearer(feeder))
    client.post("/v1/events", json=[{**BASICS[0], "kind": "x"}], headers=bearer(feeder))
    csv = "type,entity,kind,name\nEntityRegistered,korea,country,Korea\n"
    for _ in range(2):
        client.post("/v1/imports", content=csv, headers={**bearer(feeder), "Content-Type": "text/csv"})
    client.post("/v1/events?dry_run=true", json=country("peru"), headers=bearer(operator))
    client.get("/v1/figures", headers=bearer(feeder))
    keys.revoke("feeder")
    client.get("/v1/figures", headers=bearer(feeder))
    client.get("/v1/figures", headers=bearer("slk_" + "x" * 43))
    who = {"key": "feeder", "address": "testclient"}
    events, imports, figures = ({"route": f"/v1/{name}"} for name in ("events", "imports", "figures"))
    nobody = {**who, "key": None}
    assert logged(lines, "audit") == [
        {"action": "appended", **who, **events, "recorded": 6, "duplicate": 0, "position": 6},
        {"action": "refused", **who, **events, "status": 422, "reason": "event-refused"},
        {"action": "appended", **who, **imports, "recorded": 1, "duplicate": 0, "position": 7},
        {"action": "appended", **who, **imports, "recorded": 0, "duplicate": 1, "position": 7},
        {"action": "refused", **who, **figures, "status": 403, "reason": "forbidden"},
        {"action": "key_revoke", "key": "feeder", "detail": ""},
        {"action": "refused", **nobody, "tried": "feeder", **figures, "status": 401, "reason": "unauthorized"},
        {"action": "refused", **nobody, **figures, "status": 401, "reason": "unauthorized"},
    ]


def test_no_line_holds_a_key_wherever_it_was_put(client: TestClient, keys: KeyFile, lines: StringIO) -> None:
    text = keys.create("operator", frozenset({ADMIN}))
    for path in (f"/{text}", f"/v1/entities/{text}", f"/v1/figures?key={text}", f"/v1/figures?subject={text}"):
        for headers in (bearer(text), {}):
            client.get(path, headers=headers)
    client.post("/v1/events", json=country("japan"), headers={**bearer(text), "Idempotency-Key": text})
    client.request(text, "/v1/figures", headers=bearer(text))
    assert len(lines.getvalue().splitlines()) > 8
    assert text not in lines.getvalue()
    assert "slk_…" in json.loads(lines.getvalue().splitlines()[0])["path"]


def test_a_line_cannot_be_forged(client: TestClient, lines: StringIO) -> None:
    client.get("/v1/a%0A%7B%22log%22:%22supply_ledger.audit%22%7D%1B%5B31m")
    (line,) = lines.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == '/v1/a\n{"log":"supply_ledger.audit"}\x1b[31m'


def test_by_default_nothing_of_requests_is_logged() -> None:
    assert "loggers" not in log_config()
    logs = log_config("json")["loggers"]
    assert logs == {"supply_ledger.access": {"level": "INFO"}, "supply_ledger.audit": {"level": "INFO"}}
    assert not ACCESS.isEnabledFor(logging.INFO)


# Metrics


def series(client: TestClient, text: str | None = None) -> dict[str, float]:
    answer = client.get("/metrics", headers={} if text is None else bearer(text))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    pairs = (line.rpartition(" ") for line in answer.text.splitlines() if line.startswith("supply_ledger_"))
    return {name: float(value) for name, _, value in pairs}


def test_metrics_count_requests_by_route_and_status(client: TestClient, engine: Engine) -> None:
    client.post("/v1/events", json=[*BASICS, country("japan")])
    client.post("/v1/events", json={**country("peru"), "event_id": "01990000-0000-7000-8000-000000000001"})
    client.post("/v1/events", json={**country("peru"), "event_id": "01990000-0000-7000-8000-000000000001"})
    client.post("/v1/events", json={"type": "Nonsense"})
    for slug in ("china", "japan", "atlantis"):
        client.get(f"/v1/entities/{slug}")
    client.get("/nowhere")
    client.request("BREW", "/v1/entities")
    told = series(client)
    requests = {name.partition("{")[2]: value for name, value in told.items() if "_requests_total" in name}
    assert requests == {
        'method="POST",route="/v1/events",status="201"}': 2,
        'method="POST",route="/v1/events",status="200"}': 1,
        'method="POST",route="/v1/events",status="422"}': 1,
        'method="GET",route="/v1/entities/{slug}",status="200"}': 2,
        'method="GET",route="/v1/entities/{slug}",status="404"}': 1,
        'method="GET",route="unmatched",status="404"}': 1,
        'method="other",route="unmatched",status="405"}': 1,
    }
    assert told["supply_ledger_appends_total"] == 3
    assert told['supply_ledger_events_total{outcome="recorded"}'] == 8
    assert told['supply_ledger_events_total{outcome="duplicate"}'] == 1
    assert told['supply_ledger_refused_total{reason="event-refused"}'] == 1
    assert told['supply_ledger_request_seconds_count{route="/v1/entities/{slug}"}'] == 3
    assert told["supply_ledger_log_position"] == engine.ledger.head() == 8
    assert told["supply_ledger_tables_position"] + told["supply_ledger_tables_lag_events"] == 8
    assert told['supply_ledger_waiting{queue="appends"}'] == 0


def test_whatever_is_sent_there_are_only_so_many_series(client: TestClient, keys: KeyFile) -> None:
    def ask(number: int) -> None:
        client.get(f"/v1/entities/nobody-{number}", headers={"X-Any": str(number)})
        client.get(f"/nowhere/{number}?{number}={number}", headers=bearer(f"slk_{number:043}"))
        client.request(f"M{number}", f"/v1/{number}", headers={"Host": f"host-{number}"})

    ask(0)
    series(client)
    before = set(series(client))
    for number in range(1, 40):
        ask(number)
    assert set(series(client)) == before
    text = keys.create("secret-name", frozenset({ADMIN}))
    assert "secret-name" not in str(series(client, text))
