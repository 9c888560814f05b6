"""The pages of the docs: each says to the browser what it loads and runs, and that nothing else is to be."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.routing import Route

from api.http.answer_headers import docs_policy

PAGES = ("/docs", "/redoc")


def say_policies(app: FastAPI) -> None:
    """Let the framework's pages say their content security policies."""
    for route in [one for one in app.router.routes if isinstance(one, Route) and one.path in PAGES]:
        app.router.routes.remove(route)
        app.add_route(route.path, _with_policy(route.endpoint), include_in_schema=False)


def _with_policy(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        response = await page(request)
        response.headers["Content-Security-Policy"] = docs_policy(bytes(response.body).decode())
        return response

    return endpoint
