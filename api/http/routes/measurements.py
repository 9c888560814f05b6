"""What a server measures of itself, for whoever operates it."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.openapi import operation
from api.http.request_metrics import MEDIA_TYPE, RequestMetrics
from api.keys.scopes import READ
from projections import Engine

ORDER = 80


def router(engine: Engine) -> APIRouter:
    """The endpoint of the metrics."""
    routes = APIRouter(tags=["service"])

    @routes.get(
        "/metrics",
        summary="Metrics, in the format of Prometheus",
        response_class=Response,
        responses={200: {"description": "The metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}},
        openapi_extra=operation(READ),
    )
    async def read_metrics(request: Request) -> Response:
        """Requests by route and status, how long they took, what was refused and why, appends and events, the positions
        of the log and of the tables, and what waits. They say how much there is and nothing of what it says.
        """
        metrics: RequestMetrics = request.app.state.metrics
        text = await run_in_threadpool(metrics.text)
        return Response(text, headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    return routes
