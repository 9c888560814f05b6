"""The lines that stand at the head of every answer, for browsers and caches, whatever made it.

See `api.http.answer_headers`. An answer to somebody with a key is for nobody else: a cache between may not keep it for
others (`private`).
"""

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.answer_headers import STRICT_TRANSPORT, with_security
from api.http.middleware.origins import allow_origin
from api.http.visit import VISIT, Visit


class AnswerLines:
    """Adds to the headers of every answer. It is the outermost layer, and makes the visit that the others write to."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str], over_tls: bool) -> None:
        self.app = app
        self._origins = frozenset(origins)
        self._more = [STRICT_TRANSPORT] if over_tls else []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = Visit()

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*with_security(message["headers"]), *self._more]}
                if visit.is_guarded:
                    message["headers"] = [_for_one(name, value) for name, value in message["headers"]]
                if self._origins:
                    allow_origin(message, scope, self._origins)
            await send(message)

        await self.app({**scope, VISIT: visit}, receive, send_on)


def _for_one(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return (name, value.replace(b"public", b"private")) if name == b"cache-control" else (name, value)
