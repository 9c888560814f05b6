"""Engines whose reads can be held back, and questions that are asked beside each other on one event loop."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI

from ledger import Ledger
from projections import Allowance, Engine, Reader, Viewpoint
from tests.patience import PATIENCE_S


class Watched(Engine):
    """An engine that counts its readers, and while its gate is shut holds back those that `is_held` names."""

    def __init__(self, ledger: Ledger, *, path: str, is_held: Callable[[Viewpoint], bool] = lambda _: True) -> None:
        super().__init__(ledger, path=path)
        self.reads = 0
        self.gate = threading.Event()
        self.gate.set()
        self._is_held = is_held
        self._held = threading.Semaphore(0)

    @contextmanager
    def reader(self, viewpoint: Viewpoint, allowance: Allowance | None = None) -> Iterator[Reader]:
        """A reader, once the gate is open."""
        self.reads += 1
        with super().reader(viewpoint, allowance) as reader:
            if self._is_held(viewpoint):
                self._held.release()
                assert self.gate.wait(PATIENCE_S)
            yield reader

    async def entered(self, times: int = 1) -> None:
        """Wait until so many more readers were held back."""
        for _ in range(times):
            assert await asyncio.to_thread(self._held.acquire, timeout=PATIENCE_S)


class Asked:
    """A request on the running loop, of a client that may be slow to take the answer."""

    def __init__(
        self, app: FastAPI, url: str, *, body: bytes | None = None, taken: asyncio.Event | None = None
    ) -> None:
        self.messages: list[Any] = []
        self._received = False
        self._leaves = asyncio.Event()
        self._app = app
        self._url = url
        self._body = body
        self._taken = taken

    async def ask(self) -> bytes:
        """The body of the answer, once all of it was taken."""
        path, _, query = self._url.partition("?")
        scope = {
            "type": "http",
            "method": "GET" if self._body is None else "POST",
            "path": path,
            "query_string": query.encode(),
            "headers": [] if self._body is None else [(b"content-type", b"application/json")],
            "http_version": "1.1",
            "root_path": "",
        }
        await self._app(scope, self._receive, self._send)
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.messages[0]["status"])

    def leave(self) -> None:
        """The client goes away."""
        self._leaves.set()

    async def _receive(self) -> Any:
        if self._received:
            await self._leaves.wait()
            return {"type": "http.disconnect"}
        self._received = True
        return {"type": "http.request", "body": self._body or b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        if self._taken is not None:
            await self._taken.wait()
        self.messages.append(message)


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Play a scenario on a loop of its own; one that hangs fails."""

    async def limited() -> None:
        await asyncio.wait_for(scenario(), PATIENCE_S)

    asyncio.run(limited())
