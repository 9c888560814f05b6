"""SDMX-REST: the figures as statistics offices' tools ask for them, by version 2 of the standard, and by 1.5."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.formats.answer import Answer
from api.formats.answer_file import AnswerFile
from api.formats.negotiation import Format
from api.formats.render import FOR_EVER
from api.formats.sdmx.sdmx_csv import sdmx_csv
from api.formats.sdmx.sdmx_formats import (
    DATA_CSV,
    DATA_FORMATS,
    DATA_JSON,
    DATA_ML,
    OLDER_CSV,
    SPECIFIC_ML,
    STRUCTURE_FORMATS,
    STRUCTURE_JSON,
    STRUCTURE_ML,
    sdmx_format,
)
from api.formats.sdmx.sdmx_json import sdmx_json
from api.formats.sdmx.sdmx_ml import sdmx_ml
from api.formats.sdmx.structure_json import availability_json, structure_json
from api.formats.sdmx.structure_ml import availability_ml, structure_ml
from api.http.openapi import PROBLEMS, operation
from api.http.responses import in_turn, respond
from api.keys.scopes import READ
from api.problems import bad_parameter
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.page import Page
from api.questions.parameters import checked
from api.questions.sdmx.sdmx_artefacts import STRUCTURE_PARAMETERS, TYPES, describe
from api.questions.sdmx.sdmx_availability import AVAILABILITY_PARAMETERS, availability
from api.questions.sdmx.sdmx_components import TIME_PERIOD
from api.questions.sdmx.sdmx_data_query import (
    ALL_DIMENSIONS,
    COMPONENT_FILTER,
    COMPONENT_FILTERS,
    DATA_PARAMETERS,
    NOT_OFFERED,
    observe,
)
from api.questions.sdmx.sdmx_names import code_names
from api.questions.sdmx.sdmx_paths import DataPath, data_path, not_offered, path_parts
from projections import Allowance, Engine, Inquiry

ORDER = 66
OLDER_FORMATS = (DATA_ML, SPECIFIC_ML, DATA_JSON, DATA_CSV, OLDER_CSV)
"""In SDMX-REST 1.5 data come in SDMX-ML unless something else is asked for."""
Written = tuple[Page, Iterator[bytes]]
"""The page that says at which viewpoint an answer was read, and the parts of the message."""
DataPathText = Annotated[str, Path(description="CONTEXT/AGENCY/ID/VERSION/KEY; what is left out at the end is any")]
StructurePathText = Annotated[str, Path(description="TYPE/AGENCY/ID/VERSION/ITEM; what is left out at the end is any")]


def _answers(formats: Sequence[Format]) -> dict[int | str, dict[str, object]]:
    content = {one.media_type: {"schema": {"type": "string"}} for one in formats}
    return {200: {"description": "A message of SDMX", "content": content}, **PROBLEMS}


def router(engine: Engine) -> APIRouter:
    """The endpoints of SDMX."""
    routes = APIRouter(prefix="/sdmx", tags=["sdmx"])

    @routes.get(
        "/data/{data_path:path}",
        summary="Figures as SDMX data",
        response_class=Response,
        responses=_answers(DATA_FORMATS),
        openapi_extra=operation(READ, DATA_PARAMETERS, headers=[COMPONENT_FILTERS]),
    )
    async def read_sdmx_data(request: Request, data_path: DataPathText) -> Response:
        """A data query of SDMX-REST 2 (`dataflow/SUPPLY_LEDGER/FIGURES/1.0.0/A.australia.mine_production`) or 1.5
        (`FIGURES/A.australia.mine_production`). The dataflows are `FIGURES` (the answer to each figure), `STATEMENTS`
        (what each publisher says), and of those that are about no period `FIGURES_UNDATED` and `STATEMENTS_UNDATED`.
        `asOf` is the day of publication up to which everything counts.

        Example: `GET /sdmx/data/dataflow/SUPPLY_LEDGER/FIGURES/1.0.0/A.australia.mine_production?asOf=2025-12-31`
        """
        return await _data(engine, request, data_path)

    @routes.get(
        "/availability/{data_path:path}",
        summary="Which SDMX data there are",
        response_class=Response,
        responses=_answers(STRUCTURE_FORMATS),
        openapi_extra=operation(READ, AVAILABILITY_PARAMETERS, headers=[COMPONENT_FILTERS]),
    )
    async def read_sdmx_availability(request: Request, data_path: DataPathText) -> Response:
        """The codes of each dimension that the data have which fit a query, from when to when they are, and how many
        series and observations there are: what forms are made of. The path is that of a data query, with the id of a
        dimension behind it where one is enough.

        Example: `GET /sdmx/availability/dataflow/SUPPLY_LEDGER/FIGURES/1.0.0/A.australia`
        """
        return await _availability(engine, request, data_path)

    @routes.get(
        "/availableconstraint/{data_path:path}",
        include_in_schema=False,
        openapi_extra=operation(READ, AVAILABILITY_PARAMETERS),
    )
    async def read_older_availability(request: Request, data_path: DataPathText) -> Response:
        return await _availability(engine, request, data_path)

    async def read_sdmx_structure(request: Request, structure_path: StructurePathText) -> Response:
        """A structure query of SDMX-REST: the dataflows, their data structures, the concepts and the codelists, with
        the codes that there are at the viewpoint.

        Example: `GET /sdmx/structure/dataflow/SUPPLY_LEDGER/FIGURES/1.0.0?references=all`
        """
        kind, *parts = path_parts(structure_path)
        return await _structure(engine, request, kind, parts, STRUCTURE_FORMATS)

    routes.add_api_route(
        "/structure/{structure_path:path}",
        read_sdmx_structure,
        summary="Structures of the SDMX data",
        response_class=Response,
        responses=_answers(STRUCTURE_FORMATS),
        openapi_extra=operation(READ, STRUCTURE_PARAMETERS),
    )
    for kind in TYPES:
        for path in (f"/{kind}", f"/{kind}/{{structure_path:path}}"):
            routes.add_api_route(
                path,
                _older_structure(engine, kind),
                name=f"read_older_{kind}",
                include_in_schema=False,
                openapi_extra=operation(READ, STRUCTURE_PARAMETERS),
            )
    return routes


def _older_structure(engine: Engine, type: str) -> Callable[..., object]:
    """A structure query of SDMX-REST 1.5, which is answered in SDMX-ML unless something else is asked for."""

    async def read_older_structure(request: Request, structure_path: str = "") -> Response:
        parts = path_parts(structure_path) if structure_path else []
        return await _structure(engine, request, type, parts, (STRUCTURE_ML, STRUCTURE_JSON))

    return read_older_structure


async def _data(engine: Engine, request: Request, path: str) -> Response:
    asked = data_path(path)
    names = [name for name, _ in request.query_params.multi_items()]
    for name in NOT_OFFERED:
        if name in names:
            raise not_offered(f"{name} is not offered; there are {', '.join(one.name for one in DATA_PARAMETERS)}.")
    parameters = checked(request.query_params.multi_items(), (*DATA_PARAMETERS, COMPONENT_FILTER))
    form = _form(request, parameters, OLDER_FORMATS if asked.older else DATA_FORMATS)
    flat = _is_flat(asked, parameters)
    if form is OLDER_CSV and "updatedAfter" in parameters:
        raise not_offered("updatedAfter needs an action for each observation, which SDMX-CSV 1.0 has not: ask for 2.0.")

    def write(inquiry: Inquiry) -> Written:
        observed = observe(inquiry, asked.flow, asked.key, parameters)
        basis = observed.page.basis
        if form in (DATA_ML, SPECIFIC_ML):
            return observed.page, sdmx_ml(observed, flat=flat, specific=form is SPECIFIC_ML)
        if form is DATA_JSON:
            viewpoint = inquiry.viewpoint(as_of=basis["as_of"], recorded_as_of=f"position:{basis['position']}")
            return observed.page, sdmx_json(observed, partial(code_names, inquiry, viewpoint), flat=flat)
        return observed.page, sdmx_csv(observed, older=form is OLDER_CSV)

    return await _answered(engine, request, form, write, large=True)


async def _availability(engine: Engine, request: Request, path: str) -> Response:
    asked = data_path(path)
    if "updatedAfter" in request.query_params:
        raise not_offered("updatedAfter is offered of data, not of availability.")
    parameters = checked(request.query_params.multi_items(), (*AVAILABILITY_PARAMETERS, COMPONENT_FILTER))
    form = _form(request, parameters, (STRUCTURE_ML, STRUCTURE_JSON) if asked.older else STRUCTURE_FORMATS)

    def write(inquiry: Inquiry) -> Written:
        available = availability(inquiry, asked, parameters)
        return available.page, (availability_ml if form is STRUCTURE_ML else availability_json)(available)

    return await _answered(engine, request, form, write, large=True)


def _is_flat(asked: DataPath, parameters: dict[str, str]) -> bool:
    """Whether observations come one by one. Raises Problem."""
    default = TIME_PERIOD if asked.flow.dated else ALL_DIMENSIONS
    wanted = parameters.get("dimensionAtObservation", default)
    if wanted not in (default, ALL_DIMENSIONS):
        if wanted == TIME_PERIOD or wanted not in [one.id for one in asked.flow.dimensions]:
            detail = f"{asked.flow.id} has no dimension {wanted[:40]!r}: it is {default}, or {ALL_DIMENSIONS}"
            raise bad_parameter("dimensionAtObservation", "choice", detail)
        raise not_offered(f"Observations come by {default} or {ALL_DIMENSIONS}, not by {wanted}.")
    return wanted == ALL_DIMENSIONS


async def _structure(
    engine: Engine, request: Request, type: str, parts: Sequence[str], offered: Sequence[Format]
) -> Response:
    parameters = checked(request.query_params.multi_items(), STRUCTURE_PARAMETERS)
    form = _form(request, parameters, offered)

    def write(inquiry: Inquiry) -> Written:
        described = describe(inquiry, type, parts, parameters)
        return described.page, (structure_ml if form is STRUCTURE_ML else structure_json)(described)

    return await _answered(engine, request, form, write, large=False)


def _form(request: Request, parameters: dict[str, str], offered: Sequence[Format]) -> Format:
    accept = ",".join(request.headers.getlist("accept"))
    return sdmx_format(asked=parameters.get("format"), accept=accept, offered=offered)


async def _answered(
    engine: Engine, request: Request, form: Format, write: Callable[[Inquiry], Written], *, large: bool
) -> Response:
    """The answer to a query, in its turn. It is made to its end before its first byte is sent."""

    def answer(allowance: Allowance) -> Response:
        page, parts = write(engine.within(allowance))
        file = AnswerFile(request.app.state.kept_files.room, allowance.check)
        for part in parts:
            file.write(part)
        headers = {
            "Cache-Control": FOR_EVER if page.validity.final else "no-cache",
            "Vary": "Accept",
            "Content-Type": form.media_type,
            "Ledger-Basis": json.dumps(page.basis, separators=(",", ":")),
            "ETag": f'"{file.digest(form.name.encode())}"',
        }
        if names := {name: page.more[name] for name in NAME_MEMBERS if name in page.more}:
            headers["Ledger-Names"] = json.dumps(names, separators=(",", ":"))
        return respond(request, Answer(headers, file, page.basis["position"]), page.validity)

    return await in_turn(request, answer, large=large)
