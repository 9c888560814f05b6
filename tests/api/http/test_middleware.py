"""One way to every answer: what is refused at the door is refused for every route, and errors are problem documents."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.app import create_app
from api.http.cached_answers import BYTES_MAX
from api.http.middleware.entrance import Entrance
from api.http.middleware.limits import host_name
from api.problems import MEDIA_TYPE, Problem
from api.settings import HOSTS, served_hosts
from api.settings_file import BadSetting
from ledger import StoreBusy
from projections import Engine
from tests.api.helpers import BASICS, Api, country, mined, readiness

PAST = {"as_of": "2025-01-01", "recorded_as_of": "position:7"}
SAMPLES = {
    "family": "figures",
    "slug": "china",
    "relationship": "js-link:operates:lamp",
    "event_id": "0" * 36,
    "figure_id": "0" * 36,
    "type": "QuotaSet",
    "original": "v1/policies/china",
    "path": "swagger-ui.css",
    "level": "0",
    "number": "000.p/1",
    "resource": "policies",
    "release_name": "0123456789abcdef",
    "name": "app.js",
    "data_path": "FIGURES",
    "structure_path": "dataflow",
}
"""A value for every parameter of a path."""
KEY = {"X-Key": "open sesame"}


class Door:
    """A guard that asks for a key while it is shut, and remembers what it was asked."""

    def __init__(self) -> None:
        self.shut = True
        self.asked: list[str] = []

    def __call__(self, connection: HTTPConnection) -> None:
        self.asked.append(connection.url.path)
        if self.shut and connection.headers.get("x-key") != KEY["X-Key"]:
            raise Problem(401, "unauthorized", "Send a key.", headers={"WWW-Authenticate": "Key"})


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def app(engine: Engine, door: Door) -> FastAPI:
    return create_app(engine, answers_bytes_max=BYTES_MAX, guards=[door])


@pytest.fixture
def client(app: FastAPI, engine: Engine) -> Iterator[TestClient]:
    engine.ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
    with TestClient(app) as client:
        yield client


def every_request(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path) of every route of the app, with something in place of the path's parameters."""
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"\{(\w+)(:path)?\}", lambda match: SAMPLES[match[1]], str(route.path))
        if isinstance(route.original_route, Mount):
            path += f"/{SAMPLES['path']}"
        methods = set(route.methods or ("GET",))
        for method in sorted(methods | ({"HEAD"} if "GET" in methods else set())):
            yield method, path
    yield from (("GET", "/no/such/path"), ("DELETE", "/v1/figures"), ("OPTIONS", "/v1/figures"), ("TRACE", "/"))


def send(client: TestClient, method: str, path: str, **headers: str) -> Any:
    body = json.dumps(country("japan")) if method == "POST" else None
    params = PAST if path.startswith("/v1") and method in ("GET", "HEAD") else {}
    return client.request(
        method,
        path,
        content=body,
        params={"subject": "nobody", **params} if path == "/v1/report" else params,
        headers={"Content-Type": "application/json", **headers},
        follow_redirects=False,
    )


def test_a_guard_holds_for_every_route_asked_before_or_never(
    app: FastAPI, engine: Engine, client: TestClient, door: Door
) -> None:
    requests = list(every_request(app))
    assert {"/healthz", "/docs", "/openapi.json", "/v1/events", "/v1/imports", "/v1/report"} <= {p for _, p in requests}
    head = engine.ledger.head()

    def all_are_refused() -> None:
        for method, path in requests:
            answer = send(client, method, path)
            assert (answer.status_code, answer.headers["Content-Type"]) == (401, MEDIA_TYPE), (method, path)
            assert answer.headers["WWW-Authenticate"] == "Key"
            assert answer.content == b"" if method == "HEAD" else answer.json()["detail"] == "Send a key."
        assert engine.ledger.head() == head

    all_are_refused()
    door.shut = False
    for method, path in requests:
        if method == "GET":
            send(client, method, path)
    assert app.state.cached_answers.bytes > 0
    door.shut = True
    all_are_refused()


def test_whoever_satisfies_the_guard_is_answered_as_if_there_were_none(
    app: FastAPI, engine: Engine, client: TestClient, door: Door
) -> None:
    unguarded = TestClient(create_app(engine, answers_bytes_max=0))
    for method, path in every_request(app):
        # That it is guarded is what a guarded server's readiness says, and its metrics count each request.
        if method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE") and path not in ("/readyz", "/metrics"):
            expected = send(unguarded, method, path)
            for _ in range(2):  # the second may be a cached answer
                answer = send(client, method, path, **KEY)
                assert (answer.status_code, answer.content) == (expected.status_code, expected.content), (method, path)
    assert send(client, "POST", "/v1/events", **KEY).status_code == 201
    assert engine.ledger.head() == 8


def test_a_guard_is_asked_once_for_each_request(client: TestClient, door: Door) -> None:
    door.shut = False
    for method, path in (("GET", "/v1/figures"), ("HEAD", "/v1/figures"), ("POST", "/v1/events"), ("GET", "/none")):
        send(client, method, path)
    assert door.asked == ["/v1/figures", "/v1/figures", "/v1/events", "/none"]


def test_guards_are_asked_in_turn_and_may_wait_or_raise_as_the_framework_does(engine: Engine) -> None:
    asked: list[str] = []

    async def first(connection: HTTPConnection) -> None:
        asked.append("first")

    def second(connection: HTTPConnection) -> None:
        asked.append("second")
        raise HTTPException(403, "Not you.", headers={"X-Why": "second"})

    client = TestClient(create_app(engine, guards=[first, second, first]))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.headers["X-Why"], answer.json()["detail"]) == (403, "second", "Not you.")
    assert asked == ["first", "second"]


def returns_false(connection: HTTPConnection) -> Any:
    return False


def yields(connection: HTTPConnection) -> Any:
    yield


async def returns_true(connection: HTTPConnection) -> Any:
    return True


@pytest.mark.parametrize("guard", [returns_false, yields, returns_true])
def test_a_guard_that_does_not_refuse_by_raising_lets_nobody_in(engine: Engine, guard: Any) -> None:
    client = TestClient(create_app(engine, guards=[guard]), raise_server_exceptions=False)
    assert client.get("/healthz").status_code == 500
    assert client.post("/v1/events", json=BASICS).status_code == 500
    assert engine.ledger.head() == 0


def test_a_guarded_server_says_that_it_is_guarded(client: TestClient, engine: Engine) -> None:
    assert readiness(TestClient(client.app, headers=KEY))["mode"] == "guarded"
    assert readiness(TestClient(create_app(engine)))["mode"] == "open"


def test_a_websocket_is_guarded_too(app: FastAPI, client: TestClient, door: Door) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app.add_api_websocket_route("/talk", talk)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/talk"):
        pass
    with client.websocket_connect("/talk", headers=KEY):
        assert door.asked == ["/talk", "/talk"]


# Errors of the layers


@pytest.mark.parametrize(
    ("error", "status"), [(StoreBusy("busy"), 503), (Problem(418, "teapot", "x"), 418), (RuntimeError("secret"), 500)]
)
def test_an_error_in_a_layer_is_a_problem_document(engine: Engine, error: Exception, status: int) -> None:
    def guard(connection: HTTPConnection) -> None:
        raise error

    client = TestClient(create_app(engine, guards=[guard]), raise_server_exceptions=False)
    for method, path in (("GET", "/v1/figures"), ("POST", "/v1/events"), ("GET", "/none")):
        answer = send(client, method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
        assert answer.json()["status"] == status
        assert "secret" not in answer.text


def test_an_error_after_an_answer_has_begun_is_no_second_answer() -> None:
    sent: list[str] = []

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise StoreBusy("busy")

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    with pytest.raises(StoreBusy):
        asyncio.run(Entrance(broken)({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send))
    assert sent == ["http.response.start"]


# Hosts


@pytest.fixture
def local(engine: Engine) -> TestClient:
    engine.ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
    return TestClient(create_app(engine, hosts=served_hosts("127.0.0.2", "127.0.0.2", environment={})))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]", "127.0.0.2:80"])
def test_a_server_answers_to_its_own_names_on_any_port(local: TestClient, host: str) -> None:
    assert local.get("/v1/figures", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "::1", "localhost:x", ""],
)
def test_another_host_is_refused_and_records_nothing(local: TestClient, engine: Engine, host: str) -> None:
    for method, path in (("GET", "/v1/figures"), ("POST", "/v1/events"), ("GET", "/docs"), ("GET", "/healthz")):
        answer = send(local, method, path, Host=host)
        assert (answer.status_code, answer.headers["Content-Type"]) == (421, MEDIA_TYPE)
        assert "localhost" in answer.json()["detail"]
    assert engine.ledger.head() == 7


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("192.0.2.9", "192.0.2.9", 200),
        ("192.0.2.9", "192.0.2.9:8000", 200),
        ("192.0.2.9", "192.0.2.10", 421),
        ("192.0.2.9", "evil.example", 421),
        ("[2001:db8::9]", "[2001:db8:0::9]:8000", 200),
        ("[2001:db8::9]", "[2001:db8::a]", 421),
        ("evil.example", "evil.example", 421),
    ],
)
def test_the_address_that_a_request_came_to_is_served_and_no_other(
    engine: Engine, address: str, host: str, status: int
) -> None:
    app = create_app(engine, hosts=served_hosts("0.0.0.0", "0.0.0.0", environment={}))
    client = TestClient(app, base_url=f"http://{address}:8000")
    assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_a_cached_answer_is_not_given_to_another_host(local: TestClient) -> None:
    assert local.get("/v1/figures", params=PAST, headers={"Host": "localhost"}).status_code == 200
    assert local.get("/v1/figures", params=PAST, headers={"Host": "evil.example"}).status_code == 421


def test_two_hosts_or_none_are_refused(local: TestClient) -> None:
    two = local.get("/healthz", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert two.status_code == 421


def test_without_hosts_any_is_served(engine: Engine) -> None:
    assert TestClient(create_app(engine)).get("/healthz", headers={"Host": "evil.example"}).status_code == 200


def test_the_names_of_a_server_are_the_loopback_ones_its_own_and_those_that_were_set() -> None:
    assert served_hosts("localhost", "127.0.0.1", environment={}) == {"localhost", "127.0.0.1", "[::1]"}
    set_too = {HOSTS.variable: "Ledger.example.org, ledger"}
    assert served_hosts("::1", "::1", environment=set_too) >= {"[::1]", "ledger.example.org", "ledger"}
    for text in ("ledger:8000", "https://ledger", "a b", "*"):
        with pytest.raises(BadSetting, match=HOSTS.variable):
            HOSTS.value({HOSTS.variable: text})


@pytest.mark.parametrize(
    ("header", "name"),
    [("a.b:80", "a.b"), ("A.B", "a.b"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a:b", "a:b"), (" a ", "a")],
)
def test_a_host_is_told_from_its_port(header: str, name: str) -> None:
    assert host_name(header) == name


def test_head_is_cached_with_get(engine: Engine) -> None:
    app = create_app(engine, answers_bytes_max=BYTES_MAX)
    api = Api(TestClient(app))
    api.post(*BASICS, mined("china", "1", "2024-01-31"))
    head = api.client.head("/v1/figures", params=PAST)
    size = app.state.cached_answers.bytes
    assert size > 0
    got = api.client.get("/v1/figures", params=PAST)
    assert (app.state.cached_answers.bytes, head.content, dict(head.headers)) == (size, b"", dict(got.headers))
