"""The short way to the one endpoint that is asked thousands of times a second.

Matching a request against all routes takes as long as a small append. A POST at the path of appends needs no matching.
"""

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.append_requests import Endpoint


class FastAppend:
    """Answers POST at a path by its endpoint, and passes on the rest."""

    def __init__(self, app: ASGIApp, *, path: str, endpoint: Endpoint) -> None:
        self.app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on. Raises what the endpoint raises."""
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST":
            answer = await self._endpoint(Request(scope, receive))
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)
