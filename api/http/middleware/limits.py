"""Limits: which hosts are served, and how much a request may hold.

**Hosts.** A page on the web can have its own name resolve to 127.0.0.1, and then its scripts may read and write what a
server on that address offers (DNS rebinding). The browser sends the page's name as `Host`, so a server that answers
only to its own names is safe from it: another name is refused with 421 (Misdirected Request). The address that the
request came to is no name, and always served: a server on all addresses of a machine does not know them before.

**Sizes.** They are held where the amounts come in, since only there a large body need not be held in memory:

- a JSON body: `BODY_BYTES_MAX` in `api.http.json_body` (413 for more; what is too much is read and dropped up to
  `DISCARDED_BYTES_MAX`, since a client hears an answer only once it has sent its body);
- how many values it has: `BODY_VALUES_MAX` in `api.http.append_requests` (413), before they are made;
- an imported file: what the setting `import_mb` says, written to disk while it comes in (`api.http.spooled_body`, 507
  where the disk is full); what its rows and columns may hold is in `ledger.imports.import_limits`;
- answers that are files: together what the setting `answer_files_mb` says (503, `api.formats.answer_file`);
- a query: `PARAMETERS_MAX` parameters, and `CURSOR_LENGTH_MAX` characters of a cursor (`api.questions`).
"""

from collections.abc import Collection
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem
from api.settings import HOSTS


class Limits:
    """Refuses requests to hosts that are not served. `hosts` are names without ports, IPv6 addresses in brackets."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self.app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or raise Problem (421)."""
        if scope["type"] != "lifespan":
            sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(sent) != 1 or not (host_name(sent[0]) in self._hosts or _is_address(host_name(sent[0]), scope)):
                raise Problem(
                    421,
                    "misdirected-request",
                    f"This server does not serve {', '.join(sent)[:200] or 'a request without a host'!r}; it serves "
                    f"{', '.join(sorted(self._hosts))}, and what {HOSTS.variable} names when it starts.",
                )
        await self.app(scope, receive, send)


def host_name(header: str) -> str:
    """The name in a `Host` header, without its port: `localhost` in `localhost:8000`, `[::1]` in `[::1]:8000`."""
    name, colon, port = header.strip().lower().rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else header.strip().lower()


def _is_address(name: str, scope: Scope) -> bool:
    """Whether a name is the address, in numbers, that a connection came to."""
    server = scope.get("server")
    if not server:
        return False
    try:
        return ip_address(name.strip("[]")) == ip_address(server[0])
    except ValueError:
        return False
