"""One request to another server, whatever that is like."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import pytest

from api.outbound.http_exchange import NoAnswer, Reply, checked_url, is_public, post
from tests.api.outbound.other_servers import Answer, served


def asked(url: str, *, time_limit_s: float = 30) -> Reply:
    return post(url, b"body", kind="text/plain", reply_bytes_max=100, time_limit_s=time_limit_s)


@contextmanager
def raw_server(*parts: bytes, endless: bytes = b"") -> Iterator[str]:
    """A server that sends these bytes whatever is asked, and then others for as long as somebody reads."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                while endless:
                    connection.sendall(endless)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):  # to close on what was not read would reset the connection
                    pass

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join()


def test_an_answer_comes_with_its_status_and_type() -> None:
    with served(lambda path, body: Answer(418, "text/plain; charset=utf-8", path.encode() + b" " + body)) as url:
        assert asked(url + "/some/path") == Reply(418, "text/plain", b"/some/path body")
        assert asked(url) == Reply(418, "text/plain", b"/ body")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "witness.example",
        "ftp://witness.example",
        "file:///etc/passwd",
        "https://",
        "http://a:99999/",
        "http://a b/",
        "https://user@witness.example",
        "https://a/?x",
        "https://a/#x",
        "https://a/\r\nX: y",
        "http://[::1",
        "http://ä/",
    ],
)
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with pytest.raises(NoAnswer, match="no address"):
        checked_url(url)


def test_nothing_is_followed() -> None:
    paths = []

    def moved(path: str, _: bytes) -> Answer:
        paths.append(path)
        return Answer(302, "text/plain", b"", (("Location", "/elsewhere"),))

    with served(moved) as url:
        assert asked(url + "/here").status == 302
    assert paths == ["/here"]


def test_more_than_was_asked_for_is_no_answer() -> None:
    with (
        served(lambda *_: Answer(200, "text/plain", b"x" * 101)) as url,
        pytest.raises(NoAnswer, match="more than 100"),
    ):
        asked(url)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with raw_server(head, endless=b"x" * 1000) as url, pytest.raises(NoAnswer, match="more than 100"):
        asked(url)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\0",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_answer_is_said_so(said: bytes) -> None:
    with raw_server(said) as url, pytest.raises(NoAnswer, match="could not be asked"):
        asked(url)


def test_nobody_holds_us_for_ever() -> None:
    # Headers without end: each read gives something, so that no single one of them takes too long.
    head = b"HTTP/1.1 100 Continue\r\n\r\n"
    with raw_server(endless=head) as url, pytest.raises(NoAnswer, match=r"more than 0\.2 seconds"):
        asked(url, time_limit_s=0.2)
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n", b"a") as url:
        assert asked(url).body == b"a"


def test_a_server_that_is_not_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NoAnswer, match="refused"):
        asked(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2600:1f18::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:0:127.0.0.1", False),
        ("ff02::1", False),
    ],
)
def test_an_address_is_public_where_it_stands_for_no_other_one(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected
