"""The HTTP server: routes over one engine, problem documents for everything that goes wrong, docs that need no
network.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.routing import Route

from api.distribution import installed_version
from api.formats.answer_file import Room
from api.http import problem_responses
from api.http.access import Access
from api.http.append_requests import Endpoint
from api.http.cached_answers import CachedAnswers
from api.http.damage_guard import DamageGuard
from api.http.declared_routes import DeclaredRoutes
from api.http.docs_pages import say_policies
from api.http.event_streams import EventStreams
from api.http.kept_files import KeptFiles
from api.http.middleware import Guard, stack
from api.http.middleware.key_guard import KeyGuard
from api.http.openapi import document, item_schema
from api.http.question_queue import Limits, Questions
from api.http.rate_limits import RateLimit
from api.http.request_metrics import RequestMetrics
from api.http.responses import in_turn
from api.http.routes import event_log, routers
from api.http.visit import Observer
from api.http.visit_log import log_key_changes, log_visit
from api.keys.key_check import KeyCheck
from api.keys.scopes import OPEN, Scope
from api.operations.care_watch import CareWatch
from api.questions.sql_question import sandbox_limits
from api.questions.thing_history import SCHEMAS as THING_SCHEMAS
from api.settings import ANSWER_FILES_MB, ANSWERS_MB, QUESTION_MEMORY, QUESTION_SECONDS
from ledger import REGISTRY, Event
from projections import CATALOGUE, Allowance, Engine, Inquiry
from projections.sandbox import Sandbox

SUMMARY = "Supply-chain facts with their sources, as of any day."
DESCRIPTION = """
Every fact is an event with a source. Nothing is overwritten: a source that changes its mind, two sources that
disagree, and a transcription of our own that was wrong stay three different things.

Every read takes a viewpoint on three clocks: `as_of` (what was published by then), `recorded_as_of` (what this ledger
held then) and `effective_at` (what was so in the world then). `basis` in the answer is its receipt.
"""

DOCS: dict[str, Scope | None] = dict.fromkeys(
    ("/docs", "/docs/oauth2-redirect", "/redoc", "/static-offline-docs/{path:path}", "/openapi.json"), OPEN
)
"""The framework's own routes. They describe the program and say nothing of the ledger, so they are open to all."""


def create_app(
    engine: Engine,
    *,
    answers_bytes_max: int | None = None,
    limits: Limits | None = None,
    hosts: Collection[str] | None = None,
    access: Access | None = None,
    guards: Sequence[Guard] = (),
    observers: Sequence[Observer] = (),
    sandbox: Sandbox | None = None,
) -> FastAPI:
    """The app over an engine, which the caller closes.

    It caches answers up to `answers_bytes_max` (by default what the setting `answers_mb` says). `limits` are what a
    question may take (by default what the settings say). `hosts` are the names
    that it answers to, without ports; by default any. `access` says who may ask (by default everybody); `guards` are
    asked beside, in turn, whether a request may pass (`api.http.middleware.guards`). `observers` are told of every
    request that was answered. `sandbox` answers statements of SQL (by default one with the limits of the settings,
    whose processes end with this one). Raises UndeclaredScope where a route does not say which scope it needs.
    """
    cached = CachedAnswers(bytes_max=ANSWERS_MB.value() if answers_bytes_max is None else answers_bytes_max)
    parts = routers(engine)
    declared = DeclaredRoutes()
    access = access or Access()
    key_guard = None if access.keys is None else _key_guard(access, access.keys, declared)
    of_keys: list[Guard] = [] if key_guard is None else [key_guard]
    sandbox = sandbox or Sandbox(sandbox_limits())
    questions = Questions(
        limits or Limits(QUESTION_SECONDS.value(), QUESTION_MEMORY.value()),
        statements_at_once=sandbox.limits.children,
    )
    care = CareWatch(engine.ledger.directory)
    metrics = RequestMetrics(engine, questions, cached)
    app: FastAPI = FastAPIOffline(
        title="supply-ledger",
        version=installed_version(),
        summary=SUMMARY,
        description=DESCRIPTION,
        redirect_slashes=False,
        swagger_ui_parameters={"defaultModelsExpandDepth": 0, "docExpansion": "list"},
        middleware=stack(
            hosts=hosts,
            access=access,
            guards=[*of_keys, DamageGuard(care), *guards],
            routes=declared,
            observers=(metrics.count, log_visit, *observers),
            cached=cached,
            engine=engine,
            append=(event_log.PATH, _append_endpoint(parts)),
        ),
    )
    app.state.cached_answers = cached
    room = Room(engine.ledger.directory, bytes_max=ANSWER_FILES_MB.value())
    app.state.kept_files = KeptFiles(room)
    app.state.guarded = bool(guards)
    app.state.key_guard = key_guard
    app.state.streams = EventStreams()
    app.state.sandbox = sandbox
    app.state.care = care
    app.state.questions = questions
    app.state.metrics = metrics
    problem_responses.install(app)
    for part in parts:
        app.router.routes.extend(part.routes)  # as they are: to include a router makes each of them a second time
    _describe_on_demand(app, engine)
    say_policies(app)
    declared.declare(app.routes, others=DOCS)
    return app


def _key_guard(access: Access, keys: KeyCheck, routes: DeclaredRoutes) -> KeyGuard:
    return KeyGuard(
        keys,
        routes,
        is_open=access.is_open,
        of_key=RateLimit(access.key_requests_a_minute),
        of_address=RateLimit(access.address_requests_a_minute),
        while_open=RateLimit(access.open_requests_a_minute),
        changed=log_key_changes,
    )


def _append_endpoint(parts: Sequence[APIRouter]) -> Endpoint:
    """The endpoint of appends, which the fast append calls as the route would."""
    for route in (route for part in parts for route in part.routes):
        if isinstance(route, APIRoute) and route.path == event_log.PATH and "POST" in (route.methods or ()):
            endpoint: Endpoint = route.endpoint
            return endpoint
    raise LookupError(f"no route takes POST {event_log.PATH}")


def _describe_on_demand(app: FastAPI, engine: Engine) -> None:
    """Make the OpenAPI document when it is asked for, and again when there are other event types.

    Over HTTP it is made in the turn of a question: the framework's own route would make it on the loop that serves all
    requests, and hold it up while the tables catch up.
    """
    made: list[tuple[tuple[type[Event], ...], dict[str, object]]] = []

    def described(inquiry: Inquiry) -> dict[str, object]:
        types = tuple(REGISTRY.values())
        if not made or made[0][0] != types:
            made[:] = [(types, document(app, _item_schemas(inquiry)))]
        return made[0][1]

    def openapi() -> dict[str, object]:
        return described(engine)

    app.openapi = openapi  # type: ignore[method-assign]
    (route,) = (one for one in app.router.routes if isinstance(one, Route) and one.path == app.openapi_url)
    app.router.routes.remove(route)

    async def read_description(request: Request) -> Response:
        def make(allowance: Allowance) -> Response:
            described(engine.within(allowance))
            return Response()

        await in_turn(request, make, large=False)
        response: Response = await route.endpoint(request)
        return response

    app.add_route(route.path, read_description, include_in_schema=False)


def _item_schemas(inquiry: Inquiry) -> dict[str, dict[str, object]]:
    viewpoint = inquiry.viewpoint()
    schemas: dict[str, dict[str, object]] = {}
    for name, projection in CATALOGUE.items():
        columns = inquiry.read(name, viewpoint, limit=1).schema
        schemas[name.capitalize()] = item_schema(columns, objects=projection.objects)
    for clock in ("publication", "ledger"):
        columns = inquiry.history(UUID(int=0), viewpoint, clock=clock, limit=1).schema
        schemas[f"{clock.capitalize()}History"] = item_schema(columns)
    return {**schemas, **THING_SCHEMAS}
