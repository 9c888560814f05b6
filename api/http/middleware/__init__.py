"""Middleware: what every request passes before it reaches a route, in one order and with no way around it.

    request
      -> answer_lines    at the head of every answer: what browsers and caches may do with it
      -> visit_record    every request is counted and logged once it is answered
      -> entrance        HEAD becomes GET, so what holds for GET holds for it; a refusal becomes a problem document
      -> limits          refuses hosts that this server does not serve
      -> origins         refuses what pages of other sites send
      -> format_endings  takes `.csv` at the end of a path for `format=csv`
      -> guards          asks whether the request may pass: keys (`key_guard`) and what else was given
      -> mementos        leads to the past of an address (`Accept-Datetime`), and says what answers are the past of
      -> response_cache  answers from memory what was answered before and is still so
      -> fast_append     takes the one request that comes thousands of times a second straight to its endpoint
      -> routes

The last two answer without the routes. They stand behind the guards, so a guard holds for what they answer too: for a
cached answer, an append, the docs, a path that does not exist and the health checks alike.

A new layer is one module here and one line in `stack`, at the place where it belongs. Layers are plain ASGI callables:
the framework's `BaseHTTPMiddleware` starts a task for each request, which takes as long as a small append.
"""

from collections.abc import Collection, Sequence

from starlette.middleware import Middleware

from api.http.access import Access
from api.http.append_requests import Endpoint
from api.http.cached_answers import CachedAnswers
from api.http.declared_routes import DeclaredRoutes
from api.http.middleware.answer_lines import AnswerLines
from api.http.middleware.entrance import Entrance
from api.http.middleware.fast_append import FastAppend
from api.http.middleware.format_endings import FormatEndings
from api.http.middleware.guards import Guard, Guards
from api.http.middleware.limits import Limits
from api.http.middleware.mementos import Mementos
from api.http.middleware.origins import Origins
from api.http.middleware.response_cache import ResponseCache
from api.http.middleware.visit_record import VisitRecord
from api.http.visit import Observer
from projections import Engine

__all__ = ["Guard", "stack"]


def stack(
    *,
    hosts: Collection[str] | None,
    access: Access,
    guards: Sequence[Guard],
    routes: DeclaredRoutes,
    observers: Sequence[Observer],
    cached: CachedAnswers,
    engine: Engine,
    append: tuple[str, Endpoint],
) -> list[Middleware]:
    """The layers in their order, the first to see a request first.

    `hosts` are the names that are served (None: any). `guards` are asked in turn; `routes` say what each route needs.
    `observers` are told of every request. `cached` are the answers kept from `engine`. `append` is the path and the
    endpoint of appends.
    """
    path, endpoint = append
    return [
        Middleware(AnswerLines, origins=access.origins, over_tls=access.over_tls),
        Middleware(VisitRecord, observers=observers),
        Middleware(Entrance),
        *([Middleware(Limits, hosts=hosts)] if hosts is not None else []),
        Middleware(Origins, origins=access.origins),
        Middleware(FormatEndings),
        Middleware(Guards, guards=guards, routes=routes),
        Middleware(Mementos, routes=routes, engine=engine),
        Middleware(ResponseCache, cached=cached, head=engine.ledger.head, erased=engine.ledger.log.erased.last),
        Middleware(FastAppend, path=path, endpoint=endpoint),
    ]
