"""The HTTP server: routes over one engine, problem documents for everything that goes wrong, docs that need no
network.
"""

from importlib.metadata import PackageNotFoundError, version
from uuid import UUID

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.http.middleware.fast_append import Straight
from api.http.middleware.response_cache import Answers, GivenAgain
from api.http.openapi import document, item_schema
from api.http.routes import (
    audit_questions,
    audit_report,
    event_log,
    figure_history,
    file_imports,
    resource_state,
    service,
)
from api.settings import answers_room
from ledger import REGISTRY, Event
from projections import CATALOGUE, Engine

SUMMARY = "Supply-chain facts with their sources, as of any day."
DESCRIPTION = """
Every fact is an event with a source. Nothing is overwritten: a source that changes its mind, two sources that
disagree, and a transcription of our own that was wrong stay three different things.

Every read takes a viewpoint on three clocks: `as_of` (what was published by then), `recorded_as_of` (what this ledger
held then) and `effective_at` (what was so in the world then). `basis` in the answer is its receipt.
"""


def create_app(engine: Engine, *, answers_bytes_max: int | None = None) -> FastAPI:
    """The app over an engine, which keeps so many bytes of answers. Who made the engine closes it."""
    app: FastAPI = FastAPIOffline(
        title="supply-ledger",
        version=installed_version(),
        summary=SUMMARY,
        description=DESCRIPTION,
        redirect_slashes=False,
        swagger_ui_parameters={"defaultModelsExpandDepth": 0, "docExpansion": "list"},
    )
    problems.install(app)
    room = answers_room() if answers_bytes_max is None else answers_bytes_max
    app.state.answers = Answers(bytes_max=room)
    app.add_middleware(GivenAgain, answers=app.state.answers, head=engine.ledger.head)
    app.add_middleware(HeadAsGet)
    append = event_log.append_to(engine)
    app.add_middleware(Straight, path=event_log.PATH, endpoint=append)
    app.include_router(event_log.router(engine, append))
    for module in (file_imports, resource_state, figure_history, audit_questions, audit_report, service):
        app.include_router(module.router(engine))
    _describe_on_demand(app, engine)
    return app


class HeadAsGet:
    """Answers HEAD with what GET would say, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_head)


def installed_version() -> str:
    """The version of the installed distribution."""
    try:
        return version("supply-ledger")
    except PackageNotFoundError:
        return "0"


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
