"""Format endings: `/v1/figures.csv` is `/v1/figures?format=csv`, for programs that look at the ending of an address.

Slugs and names of resources have no dots, so an ending can be nothing else. The layers and routes behind this one see
the path without it.
"""

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from api.formats.negotiation import FORMATS

NAMES = frozenset(one.name for one in FORMATS)
PREFIX = "/v1/"


class FormatEndings:
    """Turns the ending of a path into the parameter `format`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            path, dot, ending = scope["path"].rpartition(".")
            if dot and ending in NAMES and path.startswith(PREFIX) and not path.endswith("/"):
                query = b"&".join(
                    part for part in (scope.get("query_string", b""), f"format={ending}".encode()) if part
                )
                scope = {**scope, "path": path, "raw_path": quote(path).encode(), "query_string": query}
        await self.app(scope, receive, send)
