"""The short way to the one endpoint that is asked thousands of times a second.

All that lies between a request and its endpoint, the matching of routes most of all, takes as long as an append itself.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, problem_of
from ledger import LedgerError

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class Straight:
    """Answers POST at a path, before anything else sees the request."""

    def __init__(self, app: ASGIApp, *, path: str, endpoint: Endpoint) -> None:
        self.app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        try:
            answer = await self._endpoint(Request(scope, receive))
        except (Problem, LedgerError) as error:
            answer = problem_of(error).response()
        await answer(scope, receive, send)
