"""What a page of another site makes a browser send is refused, and what a page may read it is told by the answer."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.access import Access
from api.problems import MEDIA_TYPE
from api.settings import CORS_ORIGINS, PROXIES, served_hosts
from api.settings_file import BadSetting
from projections import Engine
from tests.api.helpers import BASICS, country

SITE = "https://charts.example.org"
LOCAL = "http://localhost:8000"


def client_of(engine: Engine, *origins: str) -> TestClient:
    hosts = served_hosts("127.0.0.1", "127.0.0.1", environment={})
    return TestClient(create_app(engine, hosts=hosts, access=Access(origins=origins)), base_url=LOCAL)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/imports", "/v1/figures", "/nowhere"])
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Origin": "http://evil.example/http://localhost:8000"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_records_nothing(engine: Engine, path: str, sent: dict[str, str]) -> None:
    client = client_of(engine)
    for content_type in ("application/json", "text/plain", "text/csv"):
        answer = client.post(path, json=country("japan"), headers={**sent, "Content-Type": content_type})
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, MEDIA_TYPE)
        assert answer.json()["type"] == "urn:supply-ledger:problem:foreign-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert engine.ledger.head() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": LOCAL},
        {"Origin": "HTTP://LOCALHOST:8000"},
        {"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_programs_and_the_servers_own_pages_record(engine: Engine, sent: dict[str, str]) -> None:
    assert client_of(engine).post("/v1/events", json=country("japan"), headers=sent).status_code == 201


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://localhost", "localhost", 201),
        ("https://localhost:443", "localhost", 201),
        ("http://localhost:80", "localhost", 201),
        ("http://[::1]:8000", "[::1]:8000", 201),
        ("http://127.0.0.1:8000", "localhost:8000", 403),
    ],
)
def test_a_page_is_the_servers_own_where_its_address_is_the_host(
    engine: Engine, origin: str, host: str, status: int
) -> None:
    headers = {"Origin": origin, "Host": host}
    assert client_of(engine).post("/v1/events", json=country("japan"), headers=headers).status_code == status


def test_no_site_may_read_unless_it_is_named(engine: Engine) -> None:
    for client in (client_of(engine), client_of(engine, SITE)):
        answer = client.get("/v1/figures", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in answer.headers
        asked = client.options(
            "/v1/figures", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        )
        assert (asked.status_code, "Access-Control-Allow-Origin" in asked.headers) == (405, False)


def test_a_site_that_is_named_reads_and_records(engine: Engine) -> None:
    client = client_of(engine, SITE)
    origin = {"Origin": SITE}
    asked = client.options("/v1/events", headers={**origin, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, SITE)
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert asked.headers["Vary"] == "Origin"
    done = client.post("/v1/events", json=list(BASICS), headers={**origin, "Sec-Fetch-Site": "cross-site"})
    assert (done.status_code, done.headers["Access-Control-Allow-Origin"]) == (201, SITE)
    for path, status in (("/v1/entities", 200), ("/v1/entities?asof=2024", 422), ("/nowhere", 404)):
        answer = client.get(path, headers=origin)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, SITE)
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_site_that_is_named_may_read_every_header_of_the_ledger(engine: Engine) -> None:
    sources = Path(str(files("api"))).rglob("*.py")
    sent = {name for source in sources for name in re.findall(r"Ledger-[A-Z]\w+", source.read_text(encoding="utf-8"))}
    answer = client_of(engine, SITE).get("/v1/entities", headers={"Origin": SITE})
    told = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {name for name in told if name.startswith("Ledger-")} == sent >= {"Ledger-Basis", "Ledger-Names"}


def test_a_site_that_is_named_may_go_on_with_a_stream_and_send_what_is_packed(engine: Engine) -> None:
    asked = {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    told = client_of(engine, SITE).options("/v1/imports", headers=asked).headers["Access-Control-Allow-Headers"]
    assert {"Last-Event-ID", "Content-Encoding", "Idempotency-Key"} <= set(told.split(", "))


def test_a_named_site_is_told_too_that_the_host_is_not_served(engine: Engine) -> None:
    client = client_of(engine, SITE)
    headers = {"Origin": SITE, "Host": "evil.example", "Access-Control-Request-Method": "POST"}
    assert client.options("/v1/events", headers=headers).status_code == 421


@pytest.mark.parametrize("path", ["/v1/figures", "/v1/figures?x=1", "/nowhere", "/healthz", "/metrics", "/v1/report"])
def test_every_answer_says_what_a_browser_may_not_do(engine: Engine, path: str) -> None:
    headers = client_of(engine).get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'; form-action 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert len(headers.get_list("content-security-policy")) == 1


def test_a_bug_is_answered_with_them_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("a bug")

    app = create_app(engine)
    monkeypatch.setattr(app.state.metrics, "text", broken)
    answer = TestClient(app, raise_server_exceptions=False).get("/metrics")
    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (500, "nosniff")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_over_tls_the_browser_is_told_to_stay_there(engine: Engine) -> None:
    client = TestClient(create_app(engine, access=Access(over_tls=True)))
    assert client.get("/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "text", ["*", "charts.example.org", "https://", "https://a/b", "https://a b", "ftp://a", "null", "https://a:port"]
)
def test_a_site_is_named_by_its_origin(text: str) -> None:
    with pytest.raises(BadSetting, match="a list of origins such as"):
        CORS_ORIGINS.value({CORS_ORIGINS.variable: text})
    assert CORS_ORIGINS.value({CORS_ORIGINS.variable: f"{SITE}, http://Localhost:3000"}) == (
        SITE,
        "http://localhost:3000",
    )


@pytest.mark.parametrize("text", ["*", "proxy", "10.0.0.0/33", "10.0.0.1/8"])
def test_a_proxy_is_named_by_its_address(text: str) -> None:
    with pytest.raises(BadSetting, match="a list of addresses or networks"):
        PROXIES.value({PROXIES.variable: text})
    assert PROXIES.value({PROXIES.variable: "10.0.0.5, 10.1.0.0/16,::1"}) == ("10.0.0.5/32", "10.1.0.0/16", "::1/128")
