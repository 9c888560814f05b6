"""The explorer: its page at the address of every screen, and what the page loads."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.formats.render import FOR_EVER
from api.http.answer_headers import EXPLORER_POLICY
from api.http.openapi import operation
from api.keys.scopes import OPEN
from api.problems import Problem
from api.questions.parameters import AS_OF, RECORDED_AS_OF
from api.web import SCREENS, asset, page, release
from projections import Engine

ORDER = 90
TIMELESS = ("/append", "/compare")
"""Screens that are of no one point in time."""


def router(engine: Engine) -> APIRouter:
    """The page, and its assets. Both are the same for everybody and say nothing of the ledger."""
    routes = APIRouter()

    def read_page(request: Request) -> Response:
        html = page(version=request.app.version)
        headers = {"Content-Security-Policy": EXPLORER_POLICY, "Cache-Control": "no-cache", "ETag": f'"{release()}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(html, media_type="text/html", headers=headers)

    for path in SCREENS:
        routes.add_api_route(
            path, read_page, include_in_schema=False, methods=["GET"], openapi_extra=_said(path), name="explorer"
        )

    @routes.get("/assets/{release_name}/{name:path}", include_in_schema=False, openapi_extra=operation(OPEN))
    def read_asset(
        release_name: Annotated[str, Path(description="The hash of all assets")],
        name: Annotated[str, Path(description="For example app.js")],
    ) -> Response:
        found = asset(name) if release_name == release() else None
        if found is None:
            raise Problem(404, "not-found", f"There is no asset {name[:80]!r} of this release.")
        return Response(found.content, media_type=found.media_type, headers={"Cache-Control": FOR_EVER})

    return routes


def _said(path: str) -> dict[str, Any]:
    """What is said of a screen: which clocks stand in its address."""
    return operation(OPEN, () if path in TIMELESS else (AS_OF, RECORDED_AS_OF))
