"""Mementos: the past of an address, asked for by a header of HTTP (RFC 7089).

Every read and every screen that takes `as_of` is the time gate of its own past. With `Accept-Datetime: Wed, 31 Dec 2025
23:59:59 GMT` it leads (302) to the memento: the same address with `as_of`, and with `recorded_as_of` at the head of the
log, since a memento is promised not to change, and this ledger may yet learn of what was published by then. The second
that the header names counts to its end, as every moment of `as_of` does. An answer from such an address says which
moment it is of (`Memento-Datetime`), and every answer what leads where (`Link`).

There is a memento for every moment until now: what was not known then, is not there.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.formats.memento_links import CLOCKS, LINK_FORMAT, Link, Original, http_date, neighbours, second_of
from api.http.declared_routes import DeclaredRoutes
from api.http.responses import in_turn
from api.http.visit import visit_of
from api.keys.scopes import OPEN
from api.problems import Problem
from api.questions.page import holds_no_more
from api.questions.parameters import check_ledger_moment, check_moment
from api.questions.publication_dates import dated_subject, published
from ledger.values import instant_text, parse_moment
from projections import Allowance, Engine, Inquiry

ACCEPT_DATETIME = "accept-datetime"
TOLD_MAX = 1000
"""A history of more statements is not read for the mementos before and after one."""
QUERY_BYTES_MAX = 2000
"""The links of an address with a longer query are left out, since they hold it several times."""
SAID = frozenset({200, 206, 304, 404})
"""Answers that say how something was: also that there was nothing."""
_BAD = (
    "Accept-Datetime is one date as HTTP writes it, in GMT and with its own day of the week: "
    "Wed, 31 Dec 2025 23:59:59 GMT."
)


class Mementos:
    """Leads to the past of an address, and says of answers what they are the past of."""

    def __init__(self, app: ASGIApp, *, routes: DeclaredRoutes, engine: Engine) -> None:
        self.app = app
        self._routes = routes
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or lead it elsewhere. Raises Problem (400)."""
        route = visit_of(scope).route if scope["type"] == "http" and scope["method"] == "GET" else None
        if route is None or not self._routes.is_in_time(route.template):
            await self.app(scope, receive, send)
            return
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        names = [name for name, _ in query]
        if "cursor" in names:  # it holds the viewpoint of the page before
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        original = Original(str(request.base_url).rstrip("/"), scope["path"], query)
        wanted = Headers(scope=scope).getlist(ACCEPT_DATETIME) if "as_of" not in names else []
        if wanted:
            at = second_of(wanted[0]) if len(wanted) == 1 else None
            if at is None:
                raise Problem(400, "bad-request", _BAD, headers=_gate_headers(original.own_links()))
            if route.scope is OPEN:
                answer = self._lead_screen(original, at)
            else:
                answer = await in_turn(request, lambda allowance: self._lead(allowance, original, at), large=False)
            await answer(scope, receive, send)
            return
        links = [*original.own_links(), *_time_map_links(original)]
        memento_at = self._frozen(dict(query)) if set(CLOCKS) <= set(names) else None
        if memento_at is not None:
            links.append(original.memento_link(memento_at, dict(query)["recorded_as_of"]))
        is_short = len(scope["query_string"]) <= QUERY_BYTES_MAX
        more = [(b"link", ", ".join(one.text() for one in links).encode())] if is_short else []

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *more]
                if memento_at is not None and message["status"] in SAID:
                    headers.append((b"memento-datetime", http_date(memento_at).encode()))
                if "as_of" not in names:
                    headers = _varied(headers)
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_on)

    def _lead(self, allowance: Allowance, original: Original, at: datetime) -> Response:
        """The answer of a time gate."""
        inquiry = self._engine.within(allowance)
        viewpoint = inquiry.viewpoint()
        at = min(at, viewpoint.as_of)
        recorded = dict(original.query).get("recorded_as_of", f"position:{viewpoint.position}")
        dates = _dates(inquiry, original.path, {"as_of": viewpoint.basis()["as_of"], "recorded_as_of": recorded})
        return _found(original, at, recorded, dates)

    def _lead_screen(self, original: Original, at: datetime) -> Response:
        """The same of a screen. It is open to all, so it says nothing of the ledger, not even how long the log is."""
        now = self._engine.ledger.now()
        return _found(original, min(at, now), dict(original.query).get("recorded_as_of", instant_text(now)), [])

    def _frozen(self, asked: dict[str, str]) -> datetime | None:
        """The moment that an address with both clocks is of, where what it says never changes; else None.

        A position that is not there yet is for the route to refuse.
        """
        try:
            check_moment("as_of", asked["as_of"])
            check_ledger_moment("recorded_as_of", asked["recorded_as_of"])
        except Problem:
            return None
        end = parse_moment(asked["as_of"]).end
        is_past = end <= self._engine.ledger.now() and holds_no_more(self._engine, asked["recorded_as_of"])
        return end if is_past else None


def _found(original: Original, at: datetime, recorded: str, dates: Sequence[datetime]) -> Response:
    """The answer of a time gate that found a memento."""
    links = [*original.own_links(), *_time_map_links(original, dates)]
    links += [original.memento_link(one, recorded, place=place) for place, one in neighbours(dates, at)]
    if at not in dates:
        links.append(original.memento_link(at, recorded))
    to = original.memento(at, recorded)
    headers = _gate_headers(links if len(to) <= QUERY_BYTES_MAX else ())
    return Response(status_code=302, headers={**headers, "Location": to, "Cache-Control": "no-cache"})


def _gate_headers(links: Sequence[Link]) -> dict[str, str]:
    """What every answer to a moment that was asked for has: it depends on that."""
    named = {"Link": ", ".join(one.text() for one in links)} if links else {}
    return {"Vary": "Accept-Datetime", **named}


def _dates(inquiry: Inquiry, path: str, at: dict[str, str]) -> list[datetime]:
    """When something was published of what an address is about, unless that is too much. Raises Problem."""
    subject = dated_subject(path)
    if subject is None:
        return []
    page = subject.dated(inquiry, at, limit=TOLD_MAX)
    return [] if page.next is not None else published(page.rows())


def _time_map_links(original: Original, dates: Sequence[datetime] = ()) -> list[Link]:
    if dated_subject(original.path) is None:
        return []
    span = (("from", http_date(dates[0])), ("until", http_date(dates[-1]))) if dates else ()
    return [Link(original.time_map(), "timemap", (("type", LINK_FORMAT), *span))]


def _varied(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers that say as well that the answer depends on the moment that was asked for."""
    said = [value for name, value in headers if name.lower() == b"vary"]
    others = [one for one in headers if one[0].lower() != b"vary"]
    return [*others, (b"vary", b", ".join([*said, b"Accept-Datetime"]))]
