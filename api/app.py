"""The HTTP server: routes over one engine, problem documents for everything that goes wrong, docs that need no
network.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from api.distribution import installed_version
from api.http import problem_responses
from api.http.append_requests import Endpoint
from api.http.cached_answers import CachedAnswers
from api.http.middleware import Guard, stack
from api.http.openapi import document, item_schema
from api.http.routes import event_log, routers
from api.settings import ANSWERS_MB
from ledger import REGISTRY, Event
from projections import CATALOGUE, Engine

SUMMARY = "Supply-chain facts with their sources, as of any day."
DESCRIPTION = """
Every fact is an event with a source. Nothing is overwritten: a source that changes its mind, two sources that
disagree, and a transcription of our own that was wrong stay three different things.

Every read takes a viewpoint on three clocks: `as_of` (what was published by then), `recorded_as_of` (what this ledger
held then) and `effective_at` (what was so in the world then). `basis` in the answer is its receipt.
"""


def create_app(
    engine: Engine,
    *,
    answers_bytes_max: int | None = None,
    hosts: Collection[str] | None = None,
    guards: Sequence[Guard] = (),
) -> FastAPI:
    """The app over an engine, which the caller closes.

    It caches answers up to `answers_bytes_max` (by default what the setting `answers_mb` says). `hosts` are the names
    that it answers to, without ports; by default any. `guards` are asked, in turn, whether a request may pass
    (`api.http.middleware.guards`).
    """
    cached = CachedAnswers(bytes_max=ANSWERS_MB.value() if answers_bytes_max is None else answers_bytes_max)
    parts = routers(engine)
    app: FastAPI = FastAPIOffline(
        title="supply-ledger",
        version=installed_version(),
        summary=SUMMARY,
        description=DESCRIPTION,
        redirect_slashes=False,
        swagger_ui_parameters={"defaultModelsExpandDepth": 0, "docExpansion": "list"},
        middleware=stack(
            hosts=hosts,
            guards=guards,
            cached=cached,
            head=engine.ledger.head,
            append=(event_log.PATH, _append_endpoint(parts)),
        ),
    )
    app.state.cached_answers = cached
    app.state.guarded = bool(guards)
    problem_responses.install(app)
    for part in parts:
        app.include_router(part)
    _describe_on_demand(app, engine)
    return app


def _append_endpoint(parts: Sequence[APIRouter]) -> Endpoint:
    """The endpoint of appends, which the fast append calls as the route would."""
    for route in (route for part in parts for route in part.routes):
        if isinstance(route, APIRoute) and route.path == event_log.PATH and "POST" in (route.methods or ()):
            endpoint: Endpoint = route.endpoint
            return endpoint
    raise LookupError(f"no route takes POST {event_log.PATH}")


def _describe_on_demand(app: FastAPI, engine: Engine) -> None:
    """Make the OpenAPI document when it is asked for, and again when there are other event types."""
    made: list[tuple[tuple[type[Event], ...], dict[str, object]]] = []

    def openapi() -> dict[str, object]:
        types = tuple(REGISTRY.values())
        if not made or made[0][0] != types:
            made[:] = [(types, document(app, _item_schemas(engine)))]
        return made[0][1]

    app.openapi = openapi  # type: ignore[method-assign]


def _item_schemas(engine: Engine) -> dict[str, dict[str, object]]:
    viewpoint = engine.viewpoint()
    schemas: dict[str, dict[str, object]] = {}
    for name, projection in CATALOGUE.items():
        columns = engine.read(name, viewpoint, limit=1).schema
        schemas[name.capitalize()] = item_schema(columns, objects=projection.objects)
    for clock in ("publication", "ledger"):
        columns = engine.history(UUID(int=0), viewpoint, clock=clock, limit=1).schema
        schemas[f"{clock.capitalize()}History"] = item_schema(columns)
    return schemas
