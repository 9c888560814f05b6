"""A load on an HTTP server by clients that keep their connections and ask again as soon as they are answered.

By hand on asyncio's protocols, so that the load takes little of the processor that the server needs too.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass
class Load:
    """What became of it: seconds of each request in order of answering, statuses, and the seconds of it all."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    """(number of the request, body of the answer), where they are kept"""
    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of the clients."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


Requests = Iterator[tuple[int, bytes]]
"""(number, request) in turn"""


class _Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, requests: Requests, load: Load, *, going_on: Callable[[], bool], keep: bool) -> None:
        self._requests = requests
        self._load = load
        self._going_on = going_on
        self._keep = keep
        self._received = bytearray()
        self._wanted = -1
        self._number = 0
        self._asked_at = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `begin`."""
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)

    def begin(self) -> None:
        """Send the next request, or leave."""
        assert self._transport is not None
        following = next(self._requests, None) if self._going_on() else None
        if following is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._number, request = following
        self._received.clear()
        self._wanted = -1
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take in a part of an answer."""
        self._received += data
        if self._wanted < 0:
            head_end = self._received.find(b"\r\n\r\n")
            if head_end < 0:
                return
            head = bytes(self._received[: head_end + 2])
            length = _LENGTH.search(head)
            if length is None:
                raise ValueError(f"an answer of unknown length: {head[:200]!r}")
            self._wanted = head_end + 4 + int(length[1])
        if len(self._received) < self._wanted:
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._asked_at)
        self._load.statuses[int(self._received[9:12])] += 1
        if self._keep:
            start = self._received.find(b"\r\n\r\n") + 4
            self._load.bodies.append((self._number, bytes(self._received[start : self._wanted])))
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up, or it is over."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


def put(port: int, requests: Requests, *, clients: int, seconds: float | None = None, keep: bool = False) -> Load:
    """Put a load on a server on this machine, until the requests or the seconds are used up."""
    return uvloop.run(_put(port, requests, clients=clients, seconds=seconds, keep=keep))


async def _put(port: int, requests: Requests, *, clients: int, seconds: float | None, keep: bool) -> Load:
    load = Load()
    loop = asyncio.get_running_loop()
    deadline = float("inf")

    def going_on() -> bool:
        return time.perf_counter() < deadline

    connected = [
        (
            await loop.create_connection(
                lambda: _Client(requests, load, going_on=going_on, keep=keep), "127.0.0.1", port
            )
        )[1]
        for _ in range(clients)
    ]
    started, processor_started = time.perf_counter(), time.process_time()
    if seconds is not None:
        deadline = started + seconds
    for client in connected:
        client.begin()
    await asyncio.gather(*(client.done for client in connected))
    load.seconds = time.perf_counter() - started
    load.processor_seconds = time.process_time() - processor_started
    return load


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """A POST request of JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
