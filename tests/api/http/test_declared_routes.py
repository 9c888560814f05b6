"""Every route says which scope a key needs for it, and is found by a request as the router finds it."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from api.app import DOCS, create_app
from api.http.declared_routes import DeclaredRoutes, UndeclaredScope
from api.http.openapi import operation
from api.http.routes import routers
from api.keys.scopes import ADMIN, APPEND, OPEN, READ, Scope, implied, scopes_in
from projections import Engine


@pytest.fixture
def declared(engine: Engine) -> DeclaredRoutes:
    routes = DeclaredRoutes()
    routes.declare(create_app(engine).routes, others=DOCS)
    return routes


@pytest.mark.parametrize(
    ("method", "path", "template", "scope"),
    [
        ("GET", "/v1/events", "/v1/events", READ),
        ("POST", "/v1/events", "/v1/events", APPEND),
        ("POST", "/v1/imports", "/v1/imports", APPEND),
        ("GET", "/v1/policies/x", "/v1/policies/{slug}", READ),
        ("GET", "/v1/policies/x/history", "/v1/policies/{slug}/history", READ),
        ("GET", "/v1/relationships/a/b/history", "/v1/relationships/{relationship:path}/history", READ),
        ("GET", "/healthz", "/healthz", OPEN),
        ("GET", "/", "/", OPEN),
        ("GET", "/docs", "/docs", OPEN),
        ("GET", "/static-offline-docs/a/b", "/static-offline-docs/{path:path}", OPEN),
    ],
)
def test_a_request_finds_its_route(
    declared: DeclaredRoutes, method: str, path: str, template: str, scope: Scope | None
) -> None:
    assert declared.find(method, path) == (template, scope)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/events"), ("GET", "/v1/imports"), ("POST", "/healthz")])
def test_a_path_may_be_there_for_another_method(declared: DeclaredRoutes, method: str, path: str) -> None:
    assert declared.find(method, path) is None
    assert declared.is_there(path)


@pytest.mark.parametrize(
    "path", ["", "/v1", "/v1/figures/", "//v1/figures", "/V1/figures", "/v1/policies/a/b", "/{slug}"]
)
def test_what_no_route_takes_is_not_found(declared: DeclaredRoutes, path: str) -> None:
    assert declared.find("GET", path) is None
    assert not declared.is_there(path)


def test_a_route_is_found_in_the_routers_order() -> None:
    app = FastAPI(openapi_url=None)

    def answer(word: str) -> Callable[[], dict[str, str]]:
        return lambda: {"route": word}

    templates = ("/{a}/{b}", "/x/fixed", "/x/{b}", "/x/{b:path}", "/{a:path}")
    for template, scope in zip(templates, (OPEN, READ, APPEND, ADMIN, READ), strict=True):
        app.add_api_route(template, answer(template), openapi_extra=operation(scope))
    declared = DeclaredRoutes()
    declared.declare(app.routes, others={})
    client = TestClient(app)
    for path in ("/x/fixed", "/x/y", "/x/y/z", "/x", "/a/b/c/d", "/x/"):
        found = declared.find("GET", path)
        assert found is not None
        assert found.template == client.get(path).json()["route"], path


def test_a_route_that_says_nothing_keeps_a_server_from_being_made(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = APIRouter()

    @silent.get("/v1/silent")
    def read_nothing() -> dict[str, str]:
        return {}

    monkeypatch.setattr("api.app.routers", lambda engine: [*routers(engine), silent])
    with pytest.raises(UndeclaredScope, match=r"^/v1/silent says nothing of the scope"):
        create_app(engine)


def test_admin_includes_all_and_the_others_nothing_else() -> None:
    assert implied({ADMIN}) == {READ, APPEND, ADMIN}
    assert implied({READ}) == {READ}
    assert implied({APPEND}) == {APPEND}
    assert implied({READ, APPEND}) == {READ, APPEND}


def test_scopes_are_read_from_a_text() -> None:
    assert scopes_in("read, append") == {READ, APPEND}
    assert scopes_in("ADMIN") == {ADMIN}
    for text in ("", ",", "write", "read,write", "read append"):
        with pytest.raises(ValueError, match="one or several of read, append, admin"):
            scopes_in(text)
