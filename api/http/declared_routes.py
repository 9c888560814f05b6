"""Declared routes: what every route says that it needs, so that a guard knows it before the route is reached.

A route says by `operation(READ, …)` which scope a key needs for it; in the description of the API that is its
`security`. The layers that answer without the routes (cached answers, appends) stand behind the guards, and those look
a request up here: by its method and path it is found to be that of one route, for example `/v1/policies/{slug}`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Mount, compile_path

from api.keys.scopes import OPEN, Scope
from api.questions.parameters import AS_OF

SECURITY_SCHEME = "key"


class UndeclaredScope(TypeError):
    """A route does not say which scope it needs."""


class DeclaredRoute(NamedTuple):
    """A route: its template, and the scope that it needs; None where it is open to all."""

    template: str
    scope: Scope | None


class _Route(NamedTuple):
    pattern: re.Pattern[str]
    methods: frozenset[str] | None
    declared: DeclaredRoute


class DeclaredRoutes:
    """The routes of an app, to be looked up as the router would."""

    def __init__(self) -> None:
        self._routes: list[_Route] = []
        self._by_beginning: dict[tuple[str, ...], list[_Route]] = {}
        self._in_time: frozenset[str] = frozenset()

    def declare(self, routes: Iterable[BaseRoute], *, others: Mapping[str, Scope | None]) -> None:
        """Take in the routes of an app. `others` says it for those that are not our own, by their paths.

        Raises UndeclaredScope for a route that says nothing.
        """
        contexts = list(iter_route_contexts(list(routes)))
        self._routes = [_route(context, others) for context in contexts]
        self._in_time = frozenset(str(one.path) for one in contexts if _takes_as_of(one))
        beginnings = [_beginning(one.declared.template) for one in self._routes]
        self._by_beginning = {
            beginning: [one for one, own in zip(self._routes, beginnings, strict=True) if own in (beginning, ())]
            for beginning in {*beginnings, ()}
        }

    def __iter__(self) -> Iterator[tuple[DeclaredRoute, frozenset[str] | None]]:
        """Every route with the methods that it takes (None: any)."""
        return ((one.declared, one.methods) for one in self._routes)

    def find(self, method: str, path: str) -> DeclaredRoute | None:
        """The route of a request; None where none takes this method at this path."""
        for one in self._near(path):
            if (one.methods is None or method in one.methods) and one.pattern.match(path):
                return one.declared
        return None

    def is_there(self, path: str) -> bool:
        """Whether a route is at a path, for whatever method."""
        return any(one.pattern.match(path) for one in self._near(path))

    def is_in_time(self, template: str) -> bool:
        """Whether a route takes `as_of`, so that it has a past."""
        return template in self._in_time

    def _near(self, path: str) -> list[_Route]:
        """The routes that begin as a path does, in their order."""
        return self._by_beginning.get(_beginning(path)) or self._by_beginning.get((), [])


def _beginning(path: str) -> tuple[str, ...]:
    """The first two parts of a path or a template; nothing where a parameter is one of them."""
    parts = tuple(path.split("/", 3)[1:3])
    return () if any("{" in part for part in parts) else parts


def _takes_as_of(context: RouteContext) -> bool:
    said = getattr(context.original_route, "openapi_extra", None) or {}
    return any(one["name"] == AS_OF.name for one in said.get("parameters", ()))


def _route(context: RouteContext, others: Mapping[str, Scope | None]) -> _Route:
    route = context.original_route
    template = str(context.path)
    if isinstance(route, Mount):
        template += "/{path:path}"
    security = (getattr(route, "openapi_extra", None) or {}).get("security")
    if template in others:
        scope = others[template]
    elif security is not None:
        scope = Scope(security[0][SECURITY_SCHEME][0]) if security else OPEN
    else:
        raise UndeclaredScope(
            f"{template} says nothing of the scope that a key needs for it: give its route "
            "openapi_extra=operation(READ, …), or APPEND, ADMIN or OPEN"
        )
    methods = None if context.methods is None else frozenset(context.methods)
    return _Route(compile_path(template)[0], methods, DeclaredRoute(template, scope))
