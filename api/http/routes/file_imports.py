"""Files of events over HTTP: of any size, with a verdict per row."""

import json
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from api.formats.negotiation import CSV, JSON, JSONL, PARQUET
from api.http.openapi import FIRST_FACT, REF, answers
from api.http.responses import json_answer, json_wanted, written_basis
from api.http.spooled_body import Spooled, spooled
from api.http.thread_limits import IMPORTS
from api.problems import MEDIA_TYPE, Problem, bad_parameter
from api.questions.parameters import Parameter
from api.settings import import_limits
from ledger import ERRORS_LISTED_MAX, Format, ImportLimits, Ledger, Mode, import_stream
from ledger.values import instant_text
from projections import Engine

ORDER = 20
FORMATS: dict[str, Format] = {JSONL.media_type: "jsonl", CSV.media_type: "csv", PARQUET.media_type: "parquet"}
MODE = Parameter(
    "mode",
    "`atomic`: one rejected row means that nothing is recorded. `proceed`: the other rows are recorded.",
    schema={"type": "string", "enum": list(get_args(Mode)), "default": "atomic"},
)
FIRST_FACT_CSV = """\
type,entity,kind,name,subject,metric,period,value,unit,published_at,source.publisher,source.title,source.locator
EntityRegistered,my-agency,organisation,My Agency,,,,,,,,,
EntityRegistered,my-country,country,My Country,,,,,,,,,
ProductionReported,,,,my-country,mine_production,2024,13000,t,2025-01-31,my-agency,Yearbook 2025,table 3
"""
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["row", "pointer", "rule", "detail"],
    "properties": {
        "row": {"type": "integer", "description": "From 1; in JSON Lines the line, and in CSV the header is no row."},
        "pointer": {"type": "string", "description": "JSON pointer into the event, or to the column."},
        "rule": {"type": "string"},
        "detail": {"type": "string"},
    },
}
REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["recorded", "duplicate", "rejected", "errors", "basis"],
    "properties": {
        "recorded": {"type": "integer", "description": "Rows that are new in the log."},
        "duplicate": {"type": "integer", "description": "Rows that were there already."},
        "rejected": {"type": "integer", "description": "Rows that were refused."},
        "errors": {"type": "array", "items": ERROR, "maxItems": ERRORS_LISTED_MAX},
        "basis": {"$ref": REF + "Basis"},
    },
}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        JSONL.media_type: {
            "schema": {"type": "string", "description": "One event object a line."},
            "examples": {
                "first facts": {
                    "summary": "Two entities and a figure",
                    "value": "".join(json.dumps(fact) + "\n" for fact in FIRST_FACT),
                }
            },
        },
        CSV.media_type: {
            "schema": {"type": "string", "description": "One column a field; the header names them."},
            "examples": {"first facts": {"summary": "The same as a table", "value": FIRST_FACT_CSV}},
        },
        PARQUET.media_type: {
            "schema": {"type": "string", "format": "binary", "description": "One column a field, or structs."}
        },
    },
}


def router(engine: Engine) -> APIRouter:
    """The endpoint of imports."""
    routes = APIRouter(prefix="/v1/imports", tags=["log"])
    limits = import_limits()

    @routes.post(
        "",
        summary="Import a file of events",
        response_class=Response,
        responses={
            **answers(page=False),
            200: {"description": "What became of the rows", "content": {JSON.media_type: {"schema": REPORT}}},
            422: {
                "description": "Rows were rejected and nothing was recorded; the members of the answer are there too",
                "content": {MEDIA_TYPE: {"schema": {"$ref": REF + "Problem"}}},
            },
        },
        openapi_extra={"parameters": [MODE.openapi()], "requestBody": BODY},
    )
    async def import_events(request: Request) -> Response:
        """Record a file of events: `application/x-ndjson`, `text/csv` or
        `application/vnd.apache.parquet`.

        In CSV and Parquet a column is a field, `source.publisher` one of a nested field, `dimensions.basis` a
        dimension; an empty cell is an absent field, and a list is JSON text (in Parquet also a list or structs).
        Parquet takes numbers as whole numbers, decimals or text, never floating-point ones, which are not exact.

        Rows are counted from 1, blank ones too, though these are skipped; a CSV header is no row. A row without
        `event_id` gets one made of the file's hash and its number, so a file that is sent again adds nothing. In mode
        `atomic` the events are held in memory until all are recorded; send very large files with `mode=proceed`.
        """
        mode = _mode(json_wanted(request, (MODE,)).get("mode", "atomic"))
        file_format = _format(request)
        async with spooled(request, engine.ledger.directory, bytes_max=limits.file_bytes) as body:
            return await IMPORTS.run(_taken_in, engine.ledger, body, file_format, mode, limits)

    return routes


def _taken_in(ledger: Ledger, body: Spooled, file_format: Format, mode: Mode, limits: ImportLimits) -> Response:
    report = import_stream(ledger, body.file, file_format, mode=mode, sha256=body.sha256, limits=limits)
    recorded_at = ledger.recorded_at(report.position)
    basis = written_basis(
        position=report.position, recorded_at=instant_text(recorded_at) if recorded_at is not None else None
    )
    counts = {"recorded": report.recorded, "duplicate": report.duplicate, "rejected": report.rejected}
    if report.errors_more:
        counts["errors_more"] = report.errors_more
    if not report.rejected or mode == "proceed":
        return json_answer({**counts, "errors": report.errors, "basis": basis}, status=200)
    first = report.errors[0]
    rows = "a row was" if report.rejected == 1 else f"{report.rejected} rows were"
    raise Problem(
        422,
        "import-refused",
        f"Nothing was recorded: {rows} rejected. Row {first['row']}{first['pointer']}: {first['detail']}",
        errors=report.errors,
        more={**counts, "basis": basis},
    )


def _mode(text: str) -> Mode:
    if text == "atomic":
        return "atomic"
    if text == "proceed":
        return "proceed"
    raise bad_parameter("mode", "unknown_mode", f"mode is atomic or proceed, not {text[:40]!r}")


def _format(request: Request) -> Format:
    """The format that the headers of a body claim. Raises Problem for another."""
    media_type, *settings = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charset = next((part.partition("=")[2].strip('" ') for part in settings if part.startswith("charset")), "utf-8")
    if media_type not in FORMATS:
        said = media_type[:80] or "without a type"
        raise _unsupported(f"Send a file with the header Content-Type: {', '.join(FORMATS)}; not {said}.")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported(f"Send text in UTF-8, not {charset[:40]}.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise _unsupported("Send the body as it is, without a Content-Encoding.")
    return FORMATS[media_type]


def _unsupported(detail: str) -> Problem:
    return Problem(415, "unsupported-media-type", detail)
