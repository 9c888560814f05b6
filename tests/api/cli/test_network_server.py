"""A real server beyond the loopback: never without keys, over TLS, and shut to a key that was revoked a moment ago."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.cli.server import Service, access_of
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import ADMIN, APPEND, READ
from api.settings import ADDRESS_REQUESTS
from tests.api.cli.test_commands import Shell
from tests.patience import PATIENCE_S
from tests.places import ROOT

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    made = (folder / "certificate.pem", folder / "key.pem")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    files = ("-out", str(made[0]), "-keyout", str(made[1]))
    subprocess.run([*words.split(), *names, *files], check=True, capture_output=True)
    return made


def refusal(data: Path, *words: str) -> str:
    """What is said where no server starts, for which there need be no process."""
    done = Shell(data).run("serve", "--port", "0", *words)
    assert done.exit_code == 2, done.output
    assert not (data / "ledger.db").exists()
    return " ".join(done.stderr.split())


@contextmanager
def served(data: Path, *words: str, **settings: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """A server's port, and its process."""
    with subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", *words, "--data", str(data)],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("Serving the API on "), process.stderr and process.stderr.read()
            yield int(first.partition("://")[2].partition("/")[0].rpartition(":")[2]), process
        finally:
            process.kill()


def ask(
    port: int,
    path: str,
    text: str | None = None,
    *,
    tls: Path | None = None,
    body: object = None,
    sent: dict[str, str] | None = None,
) -> tuple[int, dict[str, str]]:
    """The status and headers of an answer."""
    context = None if tls is None else ssl.create_default_context(cafile=str(tls))
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        if context is None
        else http.client.HTTPSConnection("localhost", port, timeout=PATIENCE_S, context=context)
    )
    headers = {"Content-Type": "application/json", **(sent or {})}
    if text is not None:
        headers["Authorization"] = f"Bearer {text}"
    raw = None if body is None else json.dumps(body)
    connection.request("GET" if raw is None else "POST", path, raw, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders())


def test_beyond_the_loopback_there_is_no_server_without_a_key_in_force(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::"):
        if host == "::" and not socket.has_ipv6:
            continue
        said = refusal(tmp_path, "--host", host)
        assert f"Refusing to serve on {host}: other machines could reach it" in said
        assert "supply-ledger keys create NAME --scope read" in said
    keys = KeyFile(tmp_path / "keys.db")
    keys.create("reader", frozenset({READ}))
    keys.revoke("reader")
    assert "there is no key to ask them for" in refusal(tmp_path, "--host", "0.0.0.0")


def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    own, key = map(str, certificate)
    assert "TLS takes two files" in refusal(tmp_path, "--tls-certificate", own)
    assert "TLS takes two files" in refusal(tmp_path, "--tls-key", key)
    assert "cannot be used" in refusal(tmp_path, "--tls-certificate", key, "--tls-key", own)
    assert "cannot be used" in refusal(tmp_path, "--tls-certificate", own, "--tls-key", str(tmp_path / "none"))
    assert "--log-format is text or json" in refusal(tmp_path, "--log-format", "xml")


def test_a_server_on_all_addresses_over_tls_asks_for_keys(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    own, key = certificate
    keys = KeyFile(tmp_path / "keys.db")
    reader, feeder = keys.create("reader", frozenset({READ})), keys.create("feeder", frozenset({APPEND}))
    words = ("--host", "0.0.0.0", "--tls-certificate", str(own), "--tls-key", str(key), "--log-format", "json")
    with served(tmp_path, *words) as (port, process):
        assert ask(port, "/v1/events", tls=own)[0] == 401
        status, headers = ask(port, "/v1/events", reader, tls=own)
        assert (status, headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert ask(port, "/v1/events", reader, tls=own, sent={"Host": f"127.0.0.1:{port}"})[0] == 200
        assert ask(port, "/v1/events", reader, tls=own, sent={"Host": "evil.example"})[0] == 421
        event = {"type": "EntityRegistered", "entity": "japan", "kind": "country", "name": "Japan"}
        assert ask(port, "/v1/events", feeder, tls=own, body=event)[0] == 201
        assert ask(port, "/v1/events", feeder, tls=own, body=event, sent={"Origin": "https://evil.example"})[0] == 403
        keys.revoke("feeder")
        assert ask(port, "/v1/events", feeder, tls=own, body=event)[0] == 401
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(port, "/healthz")  # no answer without TLS
        process.terminate()
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    actions = [line["action"] for line in lines if line["log"] == "supply_ledger.audit"]
    assert actions[0] == "served"
    assert ("appended" in actions, "refused" in actions) == (True, True)
    assert not [text for text in (reader, feeder) if text in str(lines)]


def test_where_a_request_came_from_is_believed_of_a_proxy_alone(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.db")
    keys.create("operator", frozenset({ADMIN}))
    for proxies, addresses in (("", {"127.0.0.1"}), ("192.0.2.1", {"127.0.0.1"}), ("127.0.0.0/8", {"203.0.113.7"})):
        settings = {"SUPPLY_LEDGER_PROXIES": proxies, "FORWARDED_ALLOW_IPS": "*"}
        with served(tmp_path, "--log-format", "json", **settings) as (port, process):
            assert ask(port, "/v1/events", sent={"X-Forwarded-For": "203.0.113.7"})[0] == 401
            process.terminate()
            assert process.stderr is not None
            lines = [json.loads(line) for line in process.stderr.read().splitlines()]
        assert {line["address"] for line in lines if "address" in line} == addresses, proxies


def test_without_a_key_an_address_is_limited_where_keys_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, check = Service("127.0.0.1", tmp_path), KeyCheck(tmp_path / "keys.db")
    limits = {}
    for said in ("", "0", "50"):
        monkeypatch.setenv(ADDRESS_REQUESTS.variable, said)
        access = access_of(service, "127.0.0.1", check)
        limits[said] = (access.address_requests_a_minute, access.open_requests_a_minute)
        assert (access.is_open, access_of(service, "192.0.2.1", check).is_open) == (True, False)
    assert limits == {"": (600, None), "0": (None, None), "50": (50, 50)}
