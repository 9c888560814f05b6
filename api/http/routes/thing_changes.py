"""Why a thing that holds over time is as it is: its history, along either clock."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.keys.scopes import READ
from api.questions.thing_history import RELATIONSHIP, THING_HISTORY, WITH_HISTORY, thing_history
from projections import Engine, Projection

ORDER = 45
DESCRIPTION = """\
`clock=publication`: what was said of it, statement by statement, each of one `transition`: what happened, and since
when. `clock=ledger`: what this ledger answered, change by change. Each with its `cause`, so that a publisher's
revision, another publisher and our own correction are never mixed up; `shift_days` is by how much a date moved.
`publisher` and `prefer` mean what they mean for the state: as these publishers say alone, and who comes first.
"""


def router(engine: Engine) -> APIRouter:
    """An endpoint for each resource of things that hold over time."""
    routes = APIRouter(prefix="/v1")
    for projection in WITH_HISTORY:
        routes.add_api_route(
            f"/{projection.name}/{{{'relationship:path' if projection.known_by else 'slug'}}}/history",
            _one(engine, projection),
            name=f"read_history_of_{projection.name}",
            tags=[projection.name],
            summary="How it got where it is",
            description=DESCRIPTION + example_of(projection, "history"),
            response_class=Response,
            responses=answers("StatementHistory", "AnswerHistory"),
            openapi_extra=operation(READ, THING_HISTORY),
        )
    return routes


def example_of(projection: Projection, last: str) -> str:
    """A request about one thing of a resource, whose path ends with `last`."""
    slugs = (one.example for one in projection.filters if one.name == projection.slug and one.example)
    return f"Example: `GET /v1/{projection.name}/{next(slugs)}/{last}`"


def _one(engine: Engine, projection: Projection) -> Callable[..., Awaitable[Response]]:
    async def answer(request: Request, name: str) -> Response:
        return await answered(
            engine,
            request,
            THING_HISTORY,
            lambda inquiry, parameters: thing_history(inquiry, projection, name, parameters),
        )

    async def of_slug(request: Request, slug: Annotated[str, Path(description="Its slug")]) -> Response:
        return await answer(request, slug)

    async def of_relationship(
        request: Request, relationship: Annotated[str, Path(description=RELATIONSHIP)]
    ) -> Response:
        return await answer(request, relationship)

    return of_relationship if projection.known_by else of_slug
