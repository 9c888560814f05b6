"""Errors of the layers as problem documents. (Those of the routes are handled where routes are matched.)

An error that nobody has foreseen passes on, outwards to the framework: it sends a 500, a problem document too, and
leaves the error to the server's log.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problem_responses import FORESEEN, error_response

POLICY_VIOLATION = 1008
"""The code that closes a WebSocket which is refused; before it is accepted, a client sees that as 403."""


class ProblemDocuments:
    """Answers with a problem document what a layer behind it refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        try:
            await self.app(scope, receive, send)
        except FORESEEN as error:
            if scope["type"] == "http":
                await error_response(error, scope)(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            else:
                raise
