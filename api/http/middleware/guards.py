"""Guards: who may ask. That of keys is one (`api.http.middleware.key_guard`); without guards everybody may.

A guard is a callable that takes the connection (its headers, `url.path`, `scope.get("method")`) and raises `Problem`,
or the framework's `HTTPException`, to refuse it:

    def key_is_known(connection: HTTPConnection) -> None:
        if connection.headers.get("authorization") != "Bearer s3cret":
            raise Problem(401, "unauthorized", "Send a key: Authorization: Bearer KEY.")

    create_app(engine, guards=[key_is_known])

It returns nothing. One that returns something, for example False, or a generator as a dependency of the framework may,
is an error, and nobody passes.

It holds for every request, whatever answers it: a route, the response cache, the fast append, the docs, and what is
not there. No path is exempt, health checks neither: a guard that lets these pass says so itself, by
`connection.url.path`. A guard that waits for something (a database, another server) is an `async` one; a plain one runs
on the loop that serves all requests, so it must be quick. It does not read the body.

Cached answers and kept files are shared by all who pass. Once answers depend on who asks, that must be a part of the
question too (`api.http.cached_answers.Question`, `api.http.kept_files.FileQuestion`).
"""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.declared_routes import DeclaredRoutes
from api.http.visit import visit_of

Guard = Callable[[HTTPConnection], Awaitable[None] | None]


class Guards:
    """Finds the route of a request, asks every guard in turn, and passes on what none refuses."""

    def __init__(self, app: ASGIApp, *, guards: Sequence[Guard], routes: DeclaredRoutes) -> None:
        self.app = app
        self._routes = routes
        self._guards = tuple(guards)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises what a guard raises."""
        if scope["type"] != "lifespan":
            visit_of(scope).route = self._routes.find(scope.get("method", "GET"), scope["path"])
            connection = Request(scope) if scope["type"] == "http" else HTTPConnection(scope)
            for guard in self._guards:
                verdict: object = guard(connection)
                if isawaitable(verdict):
                    verdict = await verdict
                if verdict is not None:
                    raise TypeError(
                        f"{guard!r} gave {verdict!r}: a guard refuses by raising Problem, and returns nothing"
                    )
        await self.app(scope, receive, send)
