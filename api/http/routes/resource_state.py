"""One endpoint per projection, and one per thing in it, made from the catalogue."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.keys.scopes import READ
from api.questions.answer_preferences import MEMBERS, prefers_publishers
from api.questions.hanging_answers import MEMBER as HANGING
from api.questions.parameters import PAGING, VIEWPOINT
from api.questions.resources import list_parameters_of, one, state
from projections import CATALOGUE, FIGURES, Engine, Projection

ORDER = 30


def router(engine: Engine) -> APIRouter:
    """The endpoints of every projection in the catalogue."""
    routes = APIRouter(prefix="/v1")
    for projection in CATALOGUE.values():
        name = projection.name
        routes.add_api_route(
            f"/{name}",
            _all(engine, projection),
            name=f"read_{name}",
            tags=[name],
            summary=projection.description.rstrip("."),
            description=projection.description + _example(projection),
            response_class=Response,
            responses=answers(name.capitalize(), **_members(projection)),
            openapi_extra=operation(READ, list_parameters_of(projection)),
        )
        if projection.slug is not None:
            routes.add_api_route(
                f"/{name}/{{slug}}",
                _one(engine, projection),
                name=f"read_one_of_{name}",
                tags=[name],
                summary="What stands under one slug, and the events that made it so",
                description=f"What stands under one `{projection.slug}`, and the `events` that made it so."
                + _example_of_one(projection),
                response_class=Response,
                responses=answers(
                    name.capitalize(), events={"type": "array", "items": {"type": "object"}}, **_members(projection)
                ),
                openapi_extra=operation(READ, (*VIEWPOINT, *PAGING)),
            )
    return routes


def _members(projection: Projection) -> Mapping[str, Any]:
    """The JSON Schemas of what stands beside the items of a projection."""
    return {**(MEMBERS if prefers_publishers(projection) else {}), **(HANGING if projection is FIGURES else {})}


def _example(projection: Projection) -> str:
    """A request that runs, with the first filter that has an example."""
    filters = (f"?{one.name}={one.example}" for one in projection.filters if one.example)
    return f" Example: `GET /v1/{projection.name}{next(filters, '')}`"


def _example_of_one(projection: Projection) -> str:
    slugs = (one.example for one in projection.filters if one.name == projection.slug and one.example)
    return f" Example: `GET /v1/{projection.name}/{next(slugs)}`"


def _all(engine: Engine, projection: Projection) -> Callable[[Request], Awaitable[Response]]:
    known = list_parameters_of(projection)

    async def endpoint(request: Request) -> Response:
        return await answered(
            engine, request, known, lambda inquiry, parameters: state(inquiry, projection, parameters)
        )

    return endpoint


def _one(engine: Engine, projection: Projection) -> Callable[..., Awaitable[Response]]:
    async def endpoint(request: Request, slug: Annotated[str, Path(description="Its slug")]) -> Response:
        known = (*VIEWPOINT, *PAGING)
        return await answered(
            engine, request, known, lambda inquiry, parameters: one(inquiry, projection, slug, parameters)
        )

    return endpoint
