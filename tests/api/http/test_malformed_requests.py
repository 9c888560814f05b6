"""What cannot be read as HTTP is answered with a problem document by a real server, and nothing is recorded."""

import json
import socket
from collections.abc import Iterator

import pytest

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
