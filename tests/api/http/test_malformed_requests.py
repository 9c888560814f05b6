"""What cannot be read as HTTP is answered with a problem document by a real server, and nothing is recorded."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from api.cli import server_protocol
from api.cli.server_protocol import HEAD_BYTES_MAX, ProblemProtocol
from tests.api.http.endless_server import Server, endless_server
from tests.patience import PATIENCE_S

POST = b"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with endless_server(tmp_path_factory.mktemp("malformed")) as server:
        yield server


def answered(server: Server, sent: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer to some bytes, up to where the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Idempotency-Key: a\x01b\r\n\r\n[]",
        POST + b"Idempotency-Key: a\x7fb\r\n\r\n[]",
        POST + b"Idempotency-Key: a\x00b\r\n\r\n[]",
        b"GET /v1/figures HTTP/1.1\r\nno header\r\n\r\n",
        b"hello\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_with_a_problem(server: Server, sent: bytes) -> None:
    head, body = answered(server, sent)
    status, *headers = head.decode().split("\r\n")
    assert status == "HTTP/1.1 400 Bad Request"
    named = {name.lower(): value for name, value in (header.split(": ", 1) for header in headers)}
    assert named["content-type"] == "application/problem+json"
    assert named["content-length"] == str(len(body))
    assert named["connection"] == "close"
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("urn:supply-ledger:problem:bad-request", 400)
    assert problem["title"] == "Bad Request"
    assert "Idempotency-Key" in problem["detail"]


GET = b"GET /v1/figures HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = POST.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked")
LONG = b"a" * (4 * HEAD_BYTES_MAX)


@pytest.mark.parametrize(
    "sent",
    [
        GET + b"X-Long: " + LONG,
        GET + b"X-Many: 1\r\n" * (4 * HEAD_BYTES_MAX // 10),
        b"GET /v1/figures?" + LONG,
        LONG.upper(),
        CHUNKED + b"\r\n2;" + LONG,
        CHUNKED + b"\r\n2\r\n[]\r\n0\r\nX-Long: " + LONG,
        CHUNKED + b"\r\n2\r\n[]\r\n0\r\n" + b"X-Many: 1\r\n" * (4 * HEAD_BYTES_MAX // 10),
    ],
    ids=["header", "headers", "address", "method", "chunk", "trailer", "trailers"],
)
def test_a_request_that_does_not_end_is_refused_before_it_fills_the_memory(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        with suppress(ConnectionError):  # it is closed before it has taken all of it
            for start in range(0, len(sent), 10_000):
                connection.sendall(sent[start : start + 10_000])
        with suppress(ConnectionError):
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
            assert answer.split(b" ")[1] in (b"431", b"400")


@pytest.mark.parametrize(
    "sent",
    [
        GET + b"X-Long: " + LONG[: HEAD_BYTES_MAX + 10],
        GET + b"X-Long: " + LONG[: 2 * HEAD_BYTES_MAX],
        GET + (b"X-Many: " + LONG[:1000] + b"\r\n") * 66,
        GET.replace(b"figures", b"figures?subject=" + LONG[: HEAD_BYTES_MAX + 10]),
        GET.replace(b"figures", LONG[: HEAD_BYTES_MAX + 10]),
        POST + b"X-Long: " + LONG[: HEAD_BYTES_MAX + 10],
    ],
    ids=["header", "longer header", "headers", "query", "path", "with a body"],
)
def test_a_head_that_comes_whole_and_is_too_long_is_refused(server: Server, sent: bytes) -> None:
    body_too = b"[]" if sent.startswith(b"POST") else b""
    head, body = answered(server, sent.rstrip(b"\r\n") + b"\r\n\r\n" + body_too)
    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["type"] == "urn:supply-ledger:problem:head-too-large"
    assert b"connection: close" in head


def test_a_head_of_many_headers_that_is_not_too_long_is_taken(server: Server) -> None:
    head, _ = answered(server, GET + b"X-Many: 1\r\n" * 3000 + b"Connection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")


def test_requests_one_after_the_other_each_count_for_themselves(server: Server) -> None:
    head = b"X-Long: " + b"a" * (HEAD_BYTES_MAX // 2) + b"\r\n"
    last = GET + head + b"Connection: close\r\n\r\n"
    _, body = answered(server, (GET + head + b"\r\n") * 5 + last)
    assert body.count(b"HTTP/1.1 200") == 5


def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_protocol, "HEAD_S", 0.05)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("there is no request")

    async def connect(sent: bytes) -> bytes:
        config = uvicorn.Config(app, http=ProblemProtocol, log_config=None)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(
            lambda: ProblemProtocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        async with listening:
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
            writer.write(sent)
            async with asyncio.timeout(PATIENCE_S):
                rest = await reader.read()
            writer.close()
            return rest

    for sent in (b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "):
        assert asyncio.run(connect(sent)) == b""
