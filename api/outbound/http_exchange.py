"""One request to another server, which may be slow, broken or hostile: its answer is bounded in time and in size.

Nothing is followed: a server that answers that it has moved has not answered. Certificates are checked.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from api.distribution import installed_version

GLOBAL_UNICAST = IPv6Network("2000::/3")
TIME_LIMIT_S = 30.0
"""How long an exchange may take as a whole."""


class NoAnswer(Exception):
    """Another server could not be reached, or its answer is of no use; says why, and what to do."""


class Reply(NamedTuple):
    """What a server answered; `kind` is the media type without parameters."""

    status: int
    kind: str
    body: bytes


def checked_url(url: str, *, with_query: bool = False) -> str:
    """An address that can be asked, without a slash at its end; one `with_query` as it is. Raises NoAnswer."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if (
        not usable
        or not url.isascii()
        or not url.isprintable()
        or any(mark in url for mark in (" #@" if with_query else " ?#@"))
    ):
        marks = "# or @" if with_query else "? or # or @"
        raise NoAnswer(f"{url!r} is no address of a server: it begins with https:// or http://, with no {marks} in it")
    return url if with_query else url.rstrip("/")


def post(
    url: str,
    body: bytes,
    *,
    kind: str,
    reply_bytes_max: int,
    time_limit_s: float = TIME_LIMIT_S,
    headers: Mapping[str, str] | None = None,
    public_only: bool = False,
) -> Reply:
    """Send a body, of a media type, to an address. Raises NoAnswer.

    Of a reply of which no byte is wanted (`reply_bytes_max=0`) the body is left unread. With `public_only` nothing is
    sent to an address of this machine or of a private network, whatever name it has.
    """
    parts = urlsplit(checked_url(url, with_query=True))
    host, reached = parts.hostname or "", [parts.hostname or ""]
    if public_only:
        reached = public_addresses(host, parts.port or (443 if parts.scheme == "https" else 80))
    headers = {
        **(headers or {}),
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "User-Agent": f"supply-ledger/{installed_version()}",
        "Connection": "close",
    }
    make = _Https if parts.scheme == "https" else _Http
    connection = make(host, parts.port, reached, timeout_s=time_limit_s)
    ended = threading.Event()
    try:
        connection.connect()
        with _ended_after(connection.sock, time_limit_s, ended):
            connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
            with closing(connection.getresponse()) as answer:
                content = answer.read(reply_bytes_max + 1) if reply_bytes_max else b""
                if reply_bytes_max and answer.length and len(content) <= reply_bytes_max:
                    raise http.client.IncompleteRead(content, answer.length)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _too_long(time_limit_s) if ended.is_set() else _reason(error)
        raise NoAnswer(f"{url} could not be asked: {reason}. Ask again later.") from None
    finally:
        connection.close()
    if ended.is_set():
        raise NoAnswer(f"{url} could not be asked: {_too_long(time_limit_s)}. Ask again later.")
    if reply_bytes_max and len(content) > reply_bytes_max:
        raise NoAnswer(f"{url} answers with more than {reply_bytes_max} bytes, which is no answer to this.")
    return Reply(answer.status, answer.headers.get_content_type(), content)


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, where all that it has are public; those of IPv4 first. Raises NoAnswer."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"{host} has no address: {error}. Ask again later.") from None
    for text in sorted(found):
        if not is_public(ip_address(text.partition("%")[0])):
            raise NoAnswer(f"{host} is {text}, no public address: nothing is sent there unless that is allowed")
    return sorted(found, key=lambda text: (":" in text, text))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public network, and stands for no other one that may be private."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    stands_for = address.sixtofour or address.teredo
    return address in GLOBAL_UNICAST and address.is_global and stands_for is None


class _Http(http.client.HTTPConnection):
    """A connection to a host, at the first of some addresses that can be reached."""

    def __init__(self, host: str, port: int | None, reached: Sequence[str], *, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._reached = reached
        self._timeout_s = timeout_s

    def connect(self) -> None:
        """Connect."""
        *others, last = self._reached
        for address in others:
            with suppress(OSError):
                self.sock = socket.create_connection((address, self.port), self._timeout_s / len(self._reached))
                return
        self.sock = socket.create_connection((last, self.port), self._timeout_s)


class _Https(_Http):
    """The same over TLS, with the certificate of the host."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        """Connect, and check the certificate."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


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
