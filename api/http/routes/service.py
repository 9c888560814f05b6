"""About the service itself: the catalogue of event types, and whether it is well."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.http.damage_guard import damage_found
from api.http.openapi import answers, operation
from api.http.question_queue import QuestionQueue
from api.http.responses import answered
from api.http.visit import visit_of
from api.keys.scopes import OPEN, READ
from api.operations.care_watch import CareWatch
from api.problems import RETRY_AFTER_S, Problem
from api.questions.event_types import event_type, event_types
from api.questions.parameters import PAGING
from ledger import LedgerError
from projections import Allowance, Engine, OutOfTime, TablesUnavailable

ORDER = 70
LOOK_S = 0.5
"""How long it may take to see that all is taken in: whoever asks for health waits a second, as a rule."""
LOOKS_WAITING_MAX = 100
OPEN_MODE = "Open: no key is asked for. Whoever can reach this address can read and append."


class Readiness:
    """Looks whether the projections have all that is recorded, in threads of its own, and waits for nothing long."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looks = QuestionQueue("readiness", threads_max=2, waiting_max=LOOKS_WAITING_MAX)
        self._head = 0

    async def look(self, request: Request) -> dict[str, int]:
        """`position`, up to which the projections are made, and the `head` of the log where that is behind it.

        Raises TablesUnavailable, LedgerError.
        """
        allowance = Allowance(seconds=LOOK_S)

        def catch_up() -> int:
            head = self._engine.ledger.head()
            self._head = max(self._head, head)
            self._engine.catch_up(allowance)
            return head

        try:
            head = await self._looks.run(request.receive, allowance, catch_up)
        except (OutOfTime, TablesUnavailable) as error:
            position = self._engine.position
            if self._engine.answers:
                return {"position": position, "head": max(self._head, position)}
            if isinstance(error, TablesUnavailable):
                raise
            reason = "what was recorded is being taken in"
            raise TablesUnavailable(reason, position=position, head=self._head) from None
        return {"position": self._head if head is None else head}


async def _only_whether_ready(engine: Engine, readiness: Readiness, request: Request) -> dict[str, Any]:
    """What somebody without a key hears. Raises Problem (503), which says nothing of how much is recorded."""
    try:
        _check_care(engine, request)
        await readiness.look(request)
    except (TablesUnavailable, LedgerError, Problem):
        raise Problem(503, "not-ready", "Not ready yet.", headers={"Retry-After": str(RETRY_AFTER_S)}) from None
    return {"status": "ready"}


def _check_care(engine: Engine, request: Request) -> CareWatch:
    """What is known of the last verification and backup. Raises Problem, LedgerDamaged where a fault was found."""
    care: CareWatch = request.app.state.care
    if (fault := care.fault) is not None:
        raise damage_found(fault)
    if (doubt := engine.ledger.doubt) is not None:
        raise type(doubt)(str(doubt), position=doubt.position)
    return care


def router(engine: Engine) -> APIRouter:
    """The endpoints about the service."""
    routes = APIRouter()
    readiness = Readiness(engine)

    @routes.get(
        "/v1/event-types",
        tags=["log"],
        summary="Every type of event",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(READ, PAGING),
    )
    async def read_event_types(request: Request) -> Response:
        """What can be recorded: for each type what it means, its JSON Schema and an example.

        Example: `GET /v1/event-types`
        """
        return await answered(engine, request, PAGING, event_types)

    @routes.get(
        "/v1/event-types/{type}",
        tags=["log"],
        summary="One type of event",
        response_class=Response,
        responses=answers(),
        openapi_extra=operation(READ, PAGING),
    )
    async def read_event_type(
        request: Request,
        type: Annotated[str, Path(description="Its name, for example ProductionReported")],
    ) -> Response:
        """What one type means, its JSON Schema and an example. Example: `GET /v1/event-types/QuotaSet`"""
        return await answered(
            engine, request, PAGING, lambda inquiry, parameters: event_type(inquiry, type, parameters)
        )

    @routes.get("/healthz", tags=["service"], summary="Is the process alive?", openapi_extra=operation(OPEN))
    async def read_health() -> dict[str, str]:
        """Answers as long as the process runs; touches nothing."""
        return {"status": "ok"}

    @routes.get("/readyz", tags=["service"], summary="Can it answer?", openapi_extra=operation(OPEN))
    async def read_readiness(request: Request) -> dict[str, Any]:
        """Reads the log and brings the projections up to its head. Where that takes longer than half a second,
        `position` says how far they are, and `head` how far the log goes; reads wait for it. A problem (503) where
        reads are not answered: with `position`, `head`, and the `phase` in which tables are made. `tables` says why
        they are not in their file, `verified` and `backed_up` when the whole log was last verified and backed up, and
        up to which position. While a verification has found a fault it is not ready (503). Where keys are asked for,
        one without the scope `read` hears only whether it is ready.
        """
        visit = visit_of(request.scope)
        if READ not in visit.scopes:
            return await _only_whether_ready(engine, readiness, request)
        care = _check_care(engine, request)
        ready: dict[str, Any] = {"status": "ready", **await readiness.look(request), **care.said()}
        if engine.warning is not None:
            ready["tables"] = f"In memory, or not written: {engine.warning}."
        if visit.is_guarded or request.app.state.guarded:
            return {**ready, "mode": "guarded"}
        return {**ready, "mode": "open", "warning": OPEN_MODE}

    return routes
