"""Why a figure is what it is: its history, along either clock."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.openapi import answers, operation
from api.http.responses import answered
from api.keys.scopes import READ
from api.questions.resources import HISTORY, history
from projections import Engine

ORDER = 40


def router(engine: Engine) -> APIRouter:
    """The endpoints that explain figures."""
    routes = APIRouter(prefix="/v1", tags=["figures"])

    @routes.get(
        "/figures/{figure_id}/history",
        summary="How a figure got where it is",
        response_class=Response,
        responses=answers("PublicationHistory", "LedgerHistory"),
        openapi_extra=operation(READ, HISTORY),
    )
    async def read_history(
        request: Request, figure_id: Annotated[str, Path(description="The figure's UUID, as its items give it")]
    ) -> Response:
        """`clock=publication`: what the world said, statement by statement. `clock=ledger`: what this ledger
        answered, change by change. Each with its `cause`, so that a source's revision and our own correction are
        never mixed up. Example: `GET /v1/figures/e20e3caf-9011-54fa-8485-b1993ae90311/history`
        """
        return await answered(
            engine, request, HISTORY, lambda inquiry, parameters: history(inquiry, figure_id, parameters)
        )

    return routes
