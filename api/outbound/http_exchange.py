"""One request to another server, which may be slow, broken or hostile: its answer is bounded in time and in size.

Nothing is followed: a server that answers that it has moved has not answered. Certificates are checked.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from api.distribution import installed_version

TIME_LIMIT_S = 30.0
"""How long an exchange may take as a whole."""


class NoAnswer(Exception):
    """Another server could not be reached, or its answer is of no use; says why, and what to do."""


class Reply(NamedTuple):
    """What a server answered; `kind` is the media type without parameters."""

    status: int
    kind: str
    body: bytes


def checked_url(url: str) -> str:
    """An address that can be asked, without a slash at its end. Raises NoAnswer."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or any(mark in url for mark in " ?#@"):
        raise NoAnswer(
            f"{url!r} is no address of a server: it begins with https:// or http://, with no ? or # or @ in it"
        )
    return url.rstrip("/")


def post(url: str, body: bytes, *, kind: str, reply_bytes_max: int, time_limit_s: float = TIME_LIMIT_S) -> Reply:
    """Send a body, of a media type, to an address. Raises NoAnswer."""
    parts = urlsplit(checked_url(url))
    headers = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "User-Agent": f"supply-ledger/{installed_version()}",
        "Connection": "close",
    }
    make = _https if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=time_limit_s)
    ended = threading.Event()
    try:
        connection.connect()
        with _ended_after(connection.sock, time_limit_s, ended):
            connection.request("POST", parts.path or "/", body, headers)
            answer = connection.getresponse()
            content = answer.read(reply_bytes_max + 1)
            if answer.length and len(content) <= reply_bytes_max:
                raise http.client.IncompleteRead(content, answer.length)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _too_long(time_limit_s) if ended.is_set() else _reason(error)
        raise NoAnswer(f"{url} could not be asked: {reason}. Ask again later.") from None
    finally:
        connection.close()
    if ended.is_set():
        raise NoAnswer(f"{url} could not be asked: {_too_long(time_limit_s)}. Ask again later.")
    if len(content) > reply_bytes_max:
        raise NoAnswer(f"{url} answers with more than {reply_bytes_max} bytes, which is no answer to this.")
    return Reply(answer.status, answer.headers.get_content_type(), content)


def _https(host: str, port: int | None, *, timeout: float) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())


@contextmanager
def _ended_after(connected: socket.socket, seconds: float, ended: threading.Event) -> Iterator[None]:
    """Break a connection off after a while: a server that sends a byte now and then would hold it for ever."""

    def end() -> None:
        ended.set()
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
        # What has arrived by now could still be read, which may be much: nothing more is read from here.
        taken.append(connected.detach())

    taken: list[int] = []
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for descriptor in taken:
            socket.close(descriptor)


def _too_long(seconds: float) -> str:
    return f"it took more than {seconds:g} seconds"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
