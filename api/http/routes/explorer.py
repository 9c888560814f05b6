"""The explorer: its page at the address of every screen, and what the page loads."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.formats.render import FOR_EVER
from api.http.answer_headers import EXPLORER_POLICY
from api.http.openapi import operation
from api.keys.scopes import OPEN
from api.problems import Problem
from api.web import SCREENS, asset, page, release
from projections import Engine

ORDER = 90


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
            path, read_page, include_in_schema=False, methods=["GET"], openapi_extra=operation(OPEN), name="explorer"
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
