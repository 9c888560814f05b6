"""Templates over HTTP: workbooks to fill in."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.formats.negotiation import XLSX
from api.http.openapi import answers, operation
from api.http.thread_limits import IMPORTS
from api.keys.scopes import READ
from api.problems import bad_parameter, not_found
from ledger import template_workbook
from projections import Engine

ORDER = 25


def router(engine: Engine) -> APIRouter:
    """The endpoint of templates."""
    routes = APIRouter(prefix="/v1/templates", tags=["log"])

    @routes.get(
        "/{family}",
        summary="A workbook to fill in",
        response_class=Response,
        openapi_extra=operation(READ),
        responses={
            **answers(page=False),
            200: {
                "description": "The workbook",
                "content": {XLSX.media_type: {"schema": {"type": "string", "format": "binary"}}},
            },
        },
    )
    async def template(
        request: Request,
        family: Annotated[str, Path(description="`figures`, `policies` …, or a type of event", examples=["figures"])],
    ) -> Response:
        """A workbook with a sheet to fill in, lists of what is registered, and a sheet that explains each column.
        `POST /v1/imports` takes it as it is. `/v1/templates/figures.xlsx` is the same as `/v1/templates/figures`.

        Example: `GET /v1/templates/figures`
        """
        for name, said in request.query_params.multi_items():
            if (name, said) != ("format", "xlsx"):
                raise bad_parameter(name, "unknown_parameter", f"a template takes no {name[:80]!r}: it is a workbook")
        try:
            raw = await IMPORTS.run(template_workbook, engine.ledger, [family])
        except ValueError as error:
            raise not_found(f"{str(error).capitalize()}.") from None
        headers = {"Content-Disposition": f'attachment; filename="{family}.xlsx"', "Cache-Control": "no-cache"}
        return Response(raw, media_type=XLSX.media_type, headers=headers)

    return routes
