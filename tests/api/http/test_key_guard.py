"""Who may do what: every route, with every kind of key and with none, whether or not the answer is in the cache."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.app import DOCS, create_app
from api.http.access import Access
from api.http.cached_answers import BYTES_MAX
from api.http.declared_routes import DeclaredRoutes
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile, now_us
from api.keys.key_text import new_key_text
from api.keys.scopes import ADMIN, APPEND, READ, Scope
from api.problems import MEDIA_TYPE
from projections import Engine
from tests.api.helpers import BASICS, country, mined, readiness
from tests.api.http.test_middleware import PAST, every_request, send
from tests.depth import some

KINDS = {
    "reader": frozenset({READ}),
    "feeder": frozenset({APPEND}),
    "editor": frozenset({READ, APPEND}),
    "operator": frozenset({ADMIN}),
}
ALLOWED = {
    READ: {"reader", "editor", "operator"},
    APPEND: {"feeder", "editor", "operator"},
    ADMIN: {"operator"},
}
UNKNOWN = ("nobody", "wrong", "revoked", "expired", "replaced", "basic", "twice")
"""Who sends nothing that opens anything."""


class Visitors:
    """Keys of every kind, and clients that send them."""

    def __init__(self, app: FastAPI, keys: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.keys = app, keys
        self.texts = {name: keys.create(name, scopes) for name, scopes in KINDS.items()}
        self.texts["revoked"] = keys.create("revoked", frozenset({ADMIN}))
        keys.revoke("revoked")
        self.texts["replaced"] = keys.create("replaced", frozenset({ADMIN}))
        keys.rotate("replaced")
        with monkeypatch.context() as patch:
            patch.setattr("api.keys.key_file.now_us", lambda: now_us() - 10_000_000)
            self.texts["expired"] = keys.create("expired", frozenset({ADMIN}), expires_at=now_us() - 1_000_000)
        self.texts["wrong"] = new_key_text()

    def headers(self, name: str) -> dict[str, str]:
        if name == "nobody":
            return {}
        if name == "basic":
            return {"Authorization": f"Basic {self.texts['operator']}"}
        if name == "twice":
            return {"Authorization": f"Bearer {self.texts['operator']}, Bearer {self.texts['operator']}"}
        return {"Authorization": f"Bearer {self.texts[name]}"}

    def client(self, name: str) -> TestClient:
        return TestClient(self.app, headers=self.headers(name))


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.db")


@pytest.fixture
def app(engine: Engine, keys: KeyFile) -> Iterator[FastAPI]:
    engine.ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
    check = KeyCheck(keys.path)
    yield create_app(engine, answers_bytes_max=BYTES_MAX, access=Access(keys=check))
    check.close()


@pytest.fixture
def visitors(app: FastAPI, keys: KeyFile, monkeypatch: pytest.MonkeyPatch) -> Visitors:
    return Visitors(app, keys, monkeypatch)


def declared_of(app: FastAPI) -> DeclaredRoutes:
    declared = DeclaredRoutes()
    declared.declare(app.routes, others=DOCS)
    return declared


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_every_route_with_every_kind_of_key_cold_and_cached(
    app: FastAPI, engine: Engine, visitors: Visitors, client: TestClient
) -> None:
    declared = declared_of(app)
    requests = list(every_request(app))
    head = engine.ledger.head()

    def expect(name: str, method: str, path: str) -> None:
        answer = send(client, method, path, **visitors.headers(name))
        route = declared.find("GET" if method == "HEAD" else method, path)
        case = (name, method, path, answer.status_code)
        if name in UNKNOWN:
            if route is not None and route.scope is None:
                assert answer.status_code not in (401, 403), case
                return
            assert answer.status_code == 401, case
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="supply-ledger"')
        elif route is None:
            assert answer.status_code in (404, 405), case
        elif route.scope is None or name in ALLOWED[route.scope]:
            assert answer.status_code not in (401, 403), case
            return
        else:
            assert answer.status_code == 403, case
            assert f'scope="{route.scope}"' in answer.headers["WWW-Authenticate"]
            if method != "HEAD":
                assert (answer.json()["scope"], route.scope in answer.json()["detail"]) == (route.scope, True)
        assert answer.headers["Content-Type"] == MEDIA_TYPE
        assert answer.headers["Cache-Control"] == "no-store"

    refused = (*UNKNOWN, "feeder", "reader")
    cold = [(name, method, path) for method, path in requests for name in refused]
    for name, method, path in cold:
        if not (method == "POST" and name == "feeder") and not (method != "POST" and name == "reader"):
            expect(name, method, path)
    assert app.state.cached_answers.bytes == 0, "nobody who is refused makes an answer"
    assert engine.ledger.head() == head, "nor records anything"
    for method, path in requests:
        if method in ("GET", "HEAD"):
            expect("reader", method, path)
    assert app.state.cached_answers.bytes > 0
    for number, (method, path) in enumerate(requests):
        turn = number % len(UNKNOWN)  # ordinarily three of the seven ask, and other three the next time
        for name in (*some((*UNKNOWN[turn:], *UNKNOWN[:turn]), one_in=3), *KINDS):
            expect(name, method, path)


def test_the_kinds_of_keys_meet_each_scope_in_some_route(app: FastAPI) -> None:
    scopes = {declared.scope for declared, _ in declared_of(app)}
    assert {None, READ, APPEND} <= scopes


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(visitors: Visitors, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {visitors.texts['reader']}"}
    assert TestClient(visitors.app, headers=headers).get("/v1/figures").status_code == 200


def test_a_key_in_the_address_or_sent_twice_opens_nothing(visitors: Visitors) -> None:
    client, text = TestClient(visitors.app), visitors.texts["operator"]
    assert client.get(f"/v1/figures?key={text}").status_code == 401
    assert client.get(f"/v1/figures?access_token={text}").status_code == 401
    header = ("Authorization", f"Bearer {text}")
    assert client.get("/v1/figures", headers=[header, header]).status_code == 401
    assert client.get("/v1/figures", headers=[header]).status_code == 200


def test_a_revocation_holds_for_the_next_request_also_for_cached_answers_and_appends(visitors: Visitors) -> None:
    client = visitors.client("editor")
    for _ in range(2):
        assert client.get("/v1/figures", params=PAST).status_code == 200
    assert client.post("/v1/events", json=country("japan")).status_code == 201
    visitors.keys.revoke("editor")
    assert client.get("/v1/figures", params=PAST).status_code == 401
    assert client.post("/v1/events", json=country("korea")).status_code == 401
    assert client.post("/v1/events", json=country("japan")).json()["detail"] == "This key was revoked."


def test_the_first_key_shuts_a_server_that_was_open(app: FastAPI, keys: KeyFile, engine: Engine) -> None:
    client = TestClient(app)
    assert client.get("/v1/figures", params=PAST).status_code == 200
    assert client.get("/readyz").json()["mode"] == "open"
    text = keys.create("reader", frozenset({READ}))
    assert client.get("/v1/figures", params=PAST).status_code == 401
    assert client.post("/v1/events", json=country("japan")).status_code == 401
    keys.revoke("reader")
    assert client.get("/v1/figures", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    assert engine.ledger.head() == len(BASICS) + 1


def test_where_other_machines_can_come_nobody_is_let_in_without_keys(engine: Engine, keys: KeyFile) -> None:
    client = TestClient(create_app(engine, access=Access(keys=KeyCheck(keys.path), is_open=False)))
    assert client.get("/v1/figures").status_code == 401
    assert client.post("/v1/events", json=BASICS).status_code == 401
    assert client.get("/healthz").status_code == 200
    text = keys.create("feeder", frozenset({APPEND}))
    headers = {"Authorization": f"Bearer {text}"}
    assert client.post("/v1/events", json=list(BASICS), headers=headers).status_code == 201


def test_keys_that_cannot_be_read_let_nobody_in(visitors: Visitors) -> None:
    client = visitors.client("operator")
    assert client.get("/v1/figures").status_code == 200
    for file in visitors.keys.path.parent.glob("keys.db*"):
        file.unlink()
    answer = client.get("/v1/figures")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:supply-ledger:problem:keys-unavailable")
    assert str(visitors.keys.path) not in answer.text
    assert client.get("/healthz").status_code == 200
    assert TestClient(visitors.app).get("/v1/figures").status_code == 401


def test_readiness_says_little_to_those_who_may_not_read(visitors: Visitors) -> None:
    said = readiness(visitors.client("reader"))
    assert said == {"status": "ready", "position": 7, "mode": "guarded", "verified": None, "backed_up": None}
    for name in (*UNKNOWN, "feeder"):
        assert visitors.client(name).get("/readyz").json() == {"status": "ready"}


def test_that_it_is_not_ready_says_no_more_to_those_who_may_not_read(visitors: Visitors, engine: Engine) -> None:
    engine.ledger.close()
    for name in ("nobody", "feeder"):
        answer = visitors.client(name).get("/readyz")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json()["type"] == "urn:supply-ledger:problem:not-ready"
        assert answer.json().keys() == {"type", "title", "status", "detail"}
    assert visitors.client("reader").get("/readyz").json()["type"] != "urn:supply-ledger:problem:not-ready"


def test_an_answer_to_a_key_is_not_kept_for_others_by_a_cache_between(visitors: Visitors, engine: Engine) -> None:
    def kept(client: TestClient) -> str:
        return str(client.get("/v1/figures", params=PAST).headers["Cache-Control"])

    for _ in range(2):
        assert kept(visitors.client("reader")) == "private, max-age=31536000, immutable"
    assert kept(TestClient(create_app(engine))) == "public, max-age=31536000, immutable"


def test_a_websocket_comes_to_nothing(visitors: Visitors) -> None:
    for name in ("nobody", "operator"):
        with pytest.raises(WebSocketDisconnect), visitors.client(name).websocket_connect("/v1/events"):
            pass


# Who recorded what


def recorders(engine: Engine) -> list[str]:
    return [entry.recorded_by for entry in engine.ledger.log.at_positions(range(8, engine.ledger.head() + 1))]


def test_the_name_of_the_key_is_recorded_by(visitors: Visitors, engine: Engine) -> None:
    feeder, operator = visitors.client("feeder"), visitors.client("operator")
    assert feeder.post("/v1/events", json=country("japan")).status_code == 201
    large = [organisation_in(number) for number in range(600)]  # one that is read in a thread of its own
    assert len(str(large)) > 64 * 1024
    assert operator.post("/v1/events", json=large).status_code == 201
    csv = "type,entity,kind,name\nEntityRegistered,korea,country,Korea\n"
    answer = feeder.post("/v1/imports", content=csv, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["recorded"]) == (200, 1)
    assert recorders(engine) == ["feeder", *["operator"] * 600, "feeder"]
    items = visitors.client("reader").get("/v1/events?after=7&limit=1000").json()["items"]
    assert [item["recorded_by"] for item in items] == recorders(engine)


def organisation_in(number: int) -> dict[str, Any]:
    name = f"company-{number}"
    return {"type": "EntityRegistered", "entity": name, "kind": "organisation", "name": name * 5}


def test_a_dry_run_shows_what_is_recorded_so_it_takes_read_too(visitors: Visitors, engine: Engine) -> None:
    csv = "type,entity,kind,name\nEntityRegistered,korea,country,Korea\n"
    typed = {"Content-Type": "text/csv"}
    for name, status in (("feeder", 403), ("editor", 200)):
        client = visitors.client(name)
        answers = [
            client.post("/v1/events?dry_run=true", json=mined("china", "2", "2024-02-01")),
            client.post("/v1/imports?dry_run=true", headers=typed, content=csv),
        ]
        assert [answer.status_code for answer in answers] == [status] * 2
    assert visitors.client("feeder").post("/v1/imports?scope=usgs:2024", headers=typed, content=csv).status_code == 403
    assert engine.ledger.head() == 7


def test_idempotency_keys_are_each_keys_own(visitors: Visitors, engine: Engine) -> None:
    feeder, editor = visitors.client("feeder"), visitors.client("editor")
    key = {"Idempotency-Key": "monday"}
    first = feeder.post("/v1/events", json=country("japan"), headers=key)
    assert (first.status_code, "Idempotency-Replayed" in first.headers) == (201, False)
    again = feeder.post("/v1/events", json=country("japan"), headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    another = editor.post("/v1/events", json=country("korea"), headers=key)
    assert (another.status_code, "Idempotency-Replayed" in another.headers) == (201, False)
    assert another.json()["items"][0]["position"] == 9
    refused = editor.post("/v1/events", json=country("peru"), headers=key)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:supply-ledger:problem:idempotency-key-reused")
    assert "'monday'" in refused.json()["detail"]
    assert recorders(engine) == ["feeder", "editor"]
    visitors.texts["feeder"] = visitors.keys.rotate("feeder")
    renewed = visitors.client("feeder").post("/v1/events", json=country("japan"), headers=key)
    assert renewed.headers["Idempotency-Replayed"] == "true", "a new secret is the same key"


def test_an_idempotency_key_from_before_there_were_keys_is_nobodys(app: FastAPI, keys: KeyFile, engine: Engine) -> None:
    key = {"Idempotency-Key": "monday"}
    TestClient(app).post("/v1/events", json=country("japan"), headers=key)
    text = keys.create("feeder", frozenset({APPEND}))
    client = TestClient(app, headers={"Authorization": f"Bearer {text}"})
    answer = client.post("/v1/events", json=country("peru"), headers=key)
    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (201, False)
    assert recorders(engine) == ["local", "feeder"]


def test_scopes_are_what_the_description_of_the_api_says(app: FastAPI) -> None:
    described = app.openapi()
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    declared = declared_of(app)
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            route = declared.find(method.upper(), path.replace("{", "").replace("}", ""))
            assert route is not None
            expected: list[dict[str, list[Scope]]] = [] if route.scope is None else [{"key": [route.scope]}]
            assert said["security"] == expected, path
