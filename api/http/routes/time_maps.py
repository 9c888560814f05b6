"""Time maps: the list of the mementos of an address (RFC 7089), for a figure or a thing."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response

from api.formats.memento_links import LINK_FORMAT, TIME_MAPS, Link, Original, http_date
from api.formats.negotiation import Format
from api.http.conditional_responses import named_response
from api.http.openapi import PROBLEMS, operation
from api.http.responses import asked, in_turn
from api.keys.scopes import READ
from api.problems import not_found
from api.questions.parameters import CURSOR, LIMIT, RECORDED_AS_OF
from api.questions.publication_dates import dated_subject, published
from projections import Allowance, Engine, Inquiry

ORDER = 48
TIME_MAP = (RECORDED_AS_OF, LIMIT, CURSOR)
TIME_MAP_LENGTH = 1000
OFFERED = (Format("link", LINK_FORMAT),)


def router(engine: Engine) -> APIRouter:
    """The endpoint of time maps."""
    routes = APIRouter()

    @routes.get(
        TIME_MAPS + "/{original:path}",
        tags=["mementos"],
        summary="The moments at which an address said something else",
        response_class=Response,
        responses={
            200: {"description": "The links", "content": {LINK_FORMAT: {"schema": {"type": "string"}}}},
            **PROBLEMS,
        },
        openapi_extra=operation(READ, TIME_MAP),
    )
    async def read_time_map(
        request: Request,
        original: Annotated[str, Path(description="The path of the address: v1/policies/SLUG, figures/ID, …")],
    ) -> Response:
        """The mementos of what the API or the explorer says of one figure or thing, as links: one for each moment at
        which something was published of it. `limit` counts statements (default 1,000); the link to the next part has
        the relation `timemap`. Example:
        `GET /v1/timemap/v1/figures/e20e3caf-9011-54fa-8485-b1993ae90311/history`
        """
        parameters, _ = asked(request, TIME_MAP, offered=OFFERED)
        base = str(request.base_url).rstrip("/")

        def answer(allowance: Allowance) -> Response:
            text = _links(engine.within(allowance), Original(base, f"/{original}", ()), parameters)
            headers = {"Cache-Control": "no-cache", "Content-Type": LINK_FORMAT}
            return named_response(text.encode(), request.scope, headers)

        return await in_turn(request, answer, large=False)

    return routes


def _links(inquiry: Inquiry, original: Original, parameters: Mapping[str, str]) -> str:
    """The list of the links. Raises Problem (404) where nothing is known of the address."""
    subject = dated_subject(original.path)
    if subject is None:
        raise not_found(f"{original.path[:200]} is not the address of one figure or thing, so it has no time map.")
    page = subject.dated(inquiry, {"limit": str(TIME_MAP_LENGTH), **parameters})
    dates, position = published(page.rows()), page.basis["recorded_as_of"]
    if page.next is not None:
        following = subject.dated(inquiry, {**parameters, "limit": "1", "cursor": page.next})
        if published(following.rows()) == dates[-1:]:  # A moment is in one part: the last that has statements of it.
            dates.pop()
    span = (("from", http_date(dates[0])), ("until", http_date(dates[-1]))) if dates else ()
    links = [*original.own_links(), Link(_part(original, parameters), "self", (("type", LINK_FORMAT), *span))]
    if page.next is not None:
        kept = {name: text for name, text in parameters.items() if name != "cursor"}
        links.append(Link(_part(original, {**kept, "cursor": page.next}), "timemap", (("type", LINK_FORMAT),)))
    for count, at in enumerate(dates, 1):
        first = count == 1 and "cursor" not in parameters
        last = count == len(dates) and page.next is None
        place = " ".join(name for name, is_so in (("first", first), ("last", last)) if is_so)
        links.append(original.memento_link(at, position, place=place))
    return ",\n".join(one.text() for one in links) + "\n"


def _part(original: Original, parameters: Mapping[str, str]) -> str:
    """The address of a part of the list."""
    return original.time_map() + (f"?{urlencode(parameters)}" if parameters else "")
