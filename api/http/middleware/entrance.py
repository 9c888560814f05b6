"""The entrance: what holds for every answer, whatever makes it.

HEAD is answered with what GET would say, without the body, and everything behind this layer sees GET. What a layer
behind it refuses goes out as a problem document. (Refusals of the routes are handled where routes are matched.)

An error that nobody has foreseen passes on, outwards to the framework: it sends a 500, a problem document too, and
leaves the error to the server's log.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problem_responses import FORESEEN, error_response

POLICY_VIOLATION = 1008
"""The code that closes a WebSocket which is refused; before it is accepted, a client sees that as 403."""


class Entrance:
    """Turns HEAD into GET and drops the body of the answer; answers a refusal with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        try:
            await self.app(scope, receive, send)
        except FORESEEN as error:
            if scope["type"] == "http":
                await error_response(error, scope)(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            else:
                raise


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
