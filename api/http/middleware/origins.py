"""Origins: which web sites' pages may use a server from their visitors' browsers.

A page at another site can make a browser send requests to a server that only the browser can reach, one on its own
machine or in its own network. The browser then says in `Origin` (or `Sec-Fetch-Site`) where the page is from. Whatever
may record something is refused to such a page (403), whether or not the server asks for keys.

The pages of sites that were named (the setting `cors_origins`) may read and record: their browser asks first what is
allowed (a preflight, which carries no key), and finds in each answer that it may show it to the page.
"""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem
from api.settings import CORS_ORIGINS

READING = ("GET", "HEAD", "OPTIONS", "TRACE")
METHODS = "GET, HEAD, POST"
REQUEST_HEADERS = (
    "Accept-Datetime, Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "If-Range, Last-Event-ID, Range"
)
ANSWER_HEADERS = (
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Idempotency-Replayed, Ledger-Basis, Ledger-Cut, "
    "Ledger-Names, Link, Memento-Datetime, Retry-After, WWW-Authenticate"
)
PREFLIGHT_S = 600
DEFAULT_PORTS = {"http": "80", "https": "443"}


class Origins:
    """Refuses what pages of other sites send, but for those of `origins`, to which it answers as browsers ask."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self.app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a preflight. Raises Problem (403)."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope)
        origin = sent.get("origin")
        if origin is not None and origin in self._origins:
            if scope.get("method") == "OPTIONS" and "access-control-request-method" in sent:
                await _answer_preflight(send)
                return
        elif scope.get("method", "") not in READING and _is_foreign(sent, origin):
            raise Problem(
                403,
                "foreign-origin",
                f"A page of another site ({(origin or 'which it does not say')[:200]}) sent this. Only pages of the "
                f"server itself may, and those of the origins that {CORS_ORIGINS.variable} names when it starts.",
            )
        await self.app(scope, receive, send)


def allow_origin(message: Message, scope: Scope, origins: Collection[str]) -> None:
    """Say in the beginning of an answer that a browser may show it to the page that asked."""
    headers = MutableHeaders(raw=message["headers"])
    headers.add_vary_header("Origin")
    origin = Headers(scope=scope).get("origin")
    if origin is not None and origin in origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = ANSWER_HEADERS


def _is_foreign(sent: Headers, origin: str | None) -> bool:
    """Whether a page of another site sent this: told by its origin, where a browser says it, else by where it is."""
    if origin is None:
        return sent.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    scheme, _, authority = origin.lower().partition("://")
    return _with_port(authority, scheme) != _with_port(sent.get("host", "").strip().lower(), scheme)


def _with_port(authority: str, scheme: str) -> str:
    return authority.removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}")


async def _answer_preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", REQUEST_HEADERS.encode()),
        (b"access-control-max-age", str(PREFLIGHT_S).encode()),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
