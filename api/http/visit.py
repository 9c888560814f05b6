"""A visit: what is known of a request while it is answered, from the layer that first sees it to the route.

Layers and routes share it: a guard writes down whose key it came with, a route up to which position it was answered,
and the layer that sees it off counts and logs it. It travels in the connection's scope.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from starlette.types import Scope as Connection

from api.http.declared_routes import DeclaredRoute
from api.keys.scopes import ALL_SCOPES, READ, Scope
from api.problems import Problem

VISIT = "supply_ledger.visit"
LOCAL = "local"
"""Who records where nobody is asked for a key."""


@dataclass
class Visit:
    """What is known of a request."""

    route: DeclaredRoute | None = None
    key: str | None = None
    """The name of the key that it came with."""
    tried: str | None = None
    """The name of the key that it came with, where that opens nothing any more."""
    scopes: frozenset[Scope] = ALL_SCOPES
    """What it may do; where no key is asked for, everything."""
    is_guarded: bool = False
    """Whether keys are asked for."""
    refusal: str | None = None
    """The kind of the problem that it was answered with."""
    position: int | None = None
    """The position of the log that it was answered from, or up to which it recorded."""
    recorded: Mapping[str, int] | None = None
    """Of what records: how many events are new, and how many were there before."""


class Answered(NamedTuple):
    """A request that was answered."""

    method: str
    path: str
    address: str | None
    visit: Visit
    status: int
    seconds: float


Observer = Callable[[Answered], None]
"""Is told of every request that was answered. It must be quick, and must not raise."""


def visit_of(connection: Connection) -> Visit:
    """The visit that a connection is; of one that came past the layers, a new one."""
    visit: Visit | None = connection.get(VISIT)
    if visit is None:
        connection[VISIT] = visit = Visit()
    return visit


def recorder_of(connection: Connection) -> str:
    """Under which name what a request sends is recorded."""
    return visit_of(connection).key or LOCAL


def needs_read(connection: Connection, what: str) -> None:
    """Refuse what shows what is recorded to a key that may only append. Raises Problem (403)."""
    if READ not in visit_of(connection).scopes:
        raise scope_missing(READ, f"{what} shows what is recorded, so it")


def scope_missing(scope: Scope, what: str) -> Problem:
    """The answer to a key that may not do this."""
    return Problem(
        403,
        "forbidden",
        f"{what} needs a key with the scope {scope.value}, which this one has not. Scopes are given when a key is made "
        "(`supply-ledger keys create NAME --scope …`).",
        headers={
            "WWW-Authenticate": f'Bearer realm="supply-ledger", error="insufficient_scope", scope="{scope.value}"'
        },
        more={"scope": scope.value},
    )
