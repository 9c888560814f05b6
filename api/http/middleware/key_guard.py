"""The guard of keys: who asks, and whether they may.

A key comes in the header `Authorization: Bearer slk_…`. What a route needs it says itself (`api.http.declared_routes`);
a path that no route takes needs any key, so that without one nobody learns what there is. As long as there are no keys
a server on a loopback address is open; one that other machines can reach lets nobody in.
"""

from collections.abc import Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from api.http.declared_routes import DeclaredRoutes
from api.http.rate_limits import RateLimit, network_of
from api.http.visit import Visit, scope_missing, visit_of
from api.keys.key_check import Holder, KeyChange, KeyCheck, KeyUnknown
from api.keys.key_file import KeysUnreadable
from api.problems import Problem

CHALLENGE = 'Bearer realm="supply-ledger"'
UNLIMITED_PATH = "/healthz"
"""Whoever looks whether the server lives is never told to come later."""


class KeyGuard:
    """Lets pass whoever has a key for what they ask.

    `is_open` says whether everybody may do everything as long as there are no keys. Three limits say how often one may
    come with a key, without one, and as long as none is asked for. `changed` is told what was done to keys meanwhile.
    """

    def __init__(
        self,
        keys: KeyCheck,
        routes: DeclaredRoutes,
        *,
        is_open: bool,
        of_key: RateLimit,
        of_address: RateLimit,
        while_open: RateLimit,
        changed: Callable[[Sequence[KeyChange]], None],
    ) -> None:
        self._keys = keys
        self._routes = routes
        self._is_open = is_open
        self._of_key = of_key
        self._of_address = of_address
        self._while_open = while_open
        self._changed = changed
        keys.changes()

    def __call__(self, connection: HTTPConnection) -> None:
        """Write down who asks. Raises Problem (401, 403, 429, 503), HTTPException."""
        visit = visit_of(connection.scope)
        path = connection.scope["path"]
        if not self._keys.are_asked_for() and self._is_open:
            _count(self._while_open, connection, "An address")
            return
        visit.is_guarded = True
        visit.scopes = frozenset()
        is_for_all = visit.route is not None and visit.route.scope is None
        try:
            holder = self._holder(connection, visit)
        except Problem:
            _count(self._of_address, connection, "An address without a key")
            if not is_for_all:
                raise
            return
        finally:
            if changes := self._keys.changes():
                self._changed(changes)
        visit.key, visit.scopes = holder
        if path != UNLIMITED_PATH:
            self._of_key.count(holder.name, what="A key")
        if visit.route is None:
            raise HTTPException(405 if self._routes.is_there(path) else 404)
        if visit.route.scope is not None and visit.route.scope not in holder.scopes:
            method = connection.scope.get("method", "GET")
            raise scope_missing(visit.route.scope, f"{method} {visit.route.template}")

    def still_opens(self, connection: HTTPConnection) -> bool:
        """Whether a request that was let in would be so now: what an answer that goes on asks now and then."""
        visit = visit_of(connection.scope)
        if not visit.is_guarded:
            return not self._keys.are_asked_for()
        if visit.route is not None and visit.route.scope is None:
            return True
        try:
            holder = self._holder(connection, visit)
        except Problem:
            return False
        return visit.route is not None and visit.route.scope in holder.scopes

    def _holder(self, connection: HTTPConnection, visit: Visit) -> Holder:
        """Whose key came with a request. Raises Problem (401, 503)."""
        sent = connection.headers.getlist("authorization")
        if not sent:
            raise _unauthorized("Send a key: Authorization: Bearer KEY. Whoever runs this ledger makes keys.")
        scheme, _, text = sent[0].partition(" ")
        if len(sent) > 1 or scheme.lower() != "bearer":
            raise _unauthorized("Send one key, once: Authorization: Bearer KEY.", error="invalid_request")
        try:
            return self._keys.holder(text.strip())
        except KeyUnknown as error:
            visit.tried = error.name
            raise _unauthorized(str(error), error="invalid_token") from None
        except KeysUnreadable:
            raise Problem(
                503, "keys-unavailable", "The keys cannot be read, so nobody is let in.", headers={"Retry-After": "5"}
            ) from None


def _count(limit: RateLimit, connection: HTTPConnection, what: str) -> None:
    if connection.scope["path"] != UNLIMITED_PATH and connection.client is not None:
        limit.count(network_of(connection.client.host), what=what)


def _unauthorized(detail: str, *, error: str | None = None) -> Problem:
    challenge = CHALLENGE if error is None else f'{CHALLENGE}, error="{error}"'
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})
