"""Middleware: what every request passes before it reaches a route, in one order and with no way around it.

    request
      -> entrance        HEAD becomes GET, so what holds for GET holds for it; a refusal becomes a problem document
      -> limits          refuses hosts that this server does not serve
      -> format_endings  takes `.csv` at the end of a path for `format=csv`
  -> guards          asks whether the request may pass: the place for keys
      -> response_cache  answers from memory what was answered before and is still so
      -> fast_append     takes the one request that comes thousands of times a second straight to its endpoint
      -> routes

The last two answer without the routes. They stand behind the guards, so a guard holds for what they answer too: for a
cached answer, an append, the docs, a path that does not exist and the health checks alike.

A new layer is one module here and one line in `stack`, at the place where it belongs. Layers are plain ASGI callables:
the framework's `BaseHTTPMiddleware` starts a task for each request, which takes as long as a small append.
"""

from collections.abc import Callable, Collection, Sequence

from starlette.middleware import Middleware

from api.http.append_requests import Endpoint
from api.http.cached_answers import CachedAnswers
from api.http.middleware.entrance import Entrance
from api.http.middleware.fast_append import FastAppend
from api.http.middleware.format_endings import FormatEndings
from api.http.middleware.guards import Guard, Guards
from api.http.middleware.limits import Limits
from api.http.middleware.response_cache import ResponseCache

__all__ = ["Guard", "stack"]


def stack(
    *,
    hosts: Collection[str] | None,
    guards: Sequence[Guard],
    cached: CachedAnswers,
    head: Callable[[], int],
    append: tuple[str, Endpoint],
) -> list[Middleware]:
    """The layers in their order, the first to see a request first.

    `hosts` are the names that are served (None: any). `guards` are asked in turn. `cached` are the answers kept, and
    `head` says where the log ends. `append` is the path and the endpoint of appends.
    """
    path, endpoint = append
    return [
        Middleware(Entrance),
        *([Middleware(Limits, hosts=hosts)] if hosts is not None else []),
        Middleware(FormatEndings),
        *([Middleware(Guards, guards=guards)] if guards else []),
        Middleware(ResponseCache, cached=cached, head=head),
        Middleware(FastAppend, path=path, endpoint=endpoint),
    ]
