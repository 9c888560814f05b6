"""The entrance: what holds for every answer, whatever makes it.

HEAD is answered with what GET would say, without the body, and everything behind this layer sees GET. What a layer
behind it refuses goes out as a problem document. (Refusals of the routes are handled where routes are matched.)

An error that nobody has foreseen passes on, outwards to the framework: it sends a 500, a problem document too, and
leaves the error to the server's log. So does any error once an answer has begun: a second answer cannot follow it.
"""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.conditional_responses import HEAD_ONLY
from api.http.problem_responses import FORESEEN, error_response
from api.http.question_queue import ASKED_AT

POLICY_VIOLATION = 1008
"""The code that closes a WebSocket which is refused; before it is accepted, a client sees that as 403."""


class Entrance:
    """Turns HEAD into GET and drops the body of the answer; answers a refusal with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        started = False
        head_only = scope["type"] == "http" and scope["method"] == "HEAD"
        scope = {**scope, ASKED_AT: time.monotonic(), **({"method": "GET", HEAD_ONLY: True} if head_only else {})}

        async def send_on(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            if head_only and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except FORESEEN as error:
            if scope["type"] == "http" and not started:
                await error_response(error, scope)(scope, receive, send_on)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            else:
                raise
