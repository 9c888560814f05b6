"""The record of visits: every request is counted and logged once it is answered, whatever answered it."""

from collections.abc import Sequence
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.question_queue import CLIENT_CLOSED_REQUEST
from api.http.visit import Answered, Observer, visit_of


class VisitRecord:
    """Tells the observers of every request."""

    def __init__(self, app: ASGIApp, *, observers: Sequence[Observer]) -> None:
        self.app = app
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        status = CLIENT_CLOSED_REQUEST

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except Exception:
            status = 500
            raise
        finally:
            client = scope.get("client")
            address = client[0] if client else None
            seconds = perf_counter() - began
            answered = Answered(scope["method"], scope["path"], address, visit_of(scope), status, seconds)
            for observe in self._observers:
                observe(answered)
