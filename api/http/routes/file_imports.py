"""Files of events over HTTP: of any size, with a verdict per row."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from api.formats.negotiation import CSV, JSON, JSONL, PARQUET, XLSX
from api.http.json_body import check_charset
from api.http.openapi import FIRST_FACT, REF, answers, operation
from api.http.responses import json_answer, json_wanted
from api.http.spooled_body import spooled
from api.http.thread_limits import IMPORTS
from api.http.visit import Visit, needs_read, recorder_of, visit_of
from api.keys.scopes import APPEND
from api.problems import MEDIA_TYPE, Problem
from api.questions.import_question import MEMBER, PARAMETERS, SentFile, import_answer, import_options, taken_in
from api.settings import import_limits
from ledger import LISTED_MAX, Format, ImportChoices, ImportLimits
from projections import Engine

ORDER = 20
ZIP = "application/zip"
JSON_LD = "application/ld+json"
FORMATS: dict[str, Format] = {JSONL.media_type: "jsonl", CSV.media_type: "csv", PARQUET.media_type: "parquet"}
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
        "row": {
            "type": "integer",
            "description": "From 1; in JSON Lines the line; in CSV the header is no row. "
            "In workbooks, and with a mapping, the line as a person sees it, the header counted.",
        },
        "pointer": {"type": "string", "description": "JSON pointer into the event, or to the column."},
        "rule": {"type": "string"},
        "detail": {"type": "string"},
    },
}
FAULT: dict[str, Any] = {
    "type": "object",
    "required": ["rows", "count", "pointer", "rule", "detail"],
    "properties": {
        "rows": {"type": "string", "description": "The rows that have it, as ranges.", "examples": ["2-41, 50"]},
        "rows_more": {"type": "integer", "description": "How many rows there are beside these."},
        "count": {"type": "integer", "description": "How many rows have it."},
        "pointer": {"type": "string"},
        "rule": {"type": "string"},
        "detail": {"type": "string"},
        "cure": {"type": "string", "description": "The option of the import that mends it, where there is one."},
    },
}
REPORT: dict[str, Any] = {
    "type": "object",
    "required": [
        *("recorded", "corrected", "duplicate", "repeated", "rejected", "since", "changed", "missing", "errors"),
        *("warnings", "basis"),
    ],
    "properties": {
        "recorded": {"type": "integer", "description": "Rows that are new in the log, corrections among them."},
        "corrected": {"type": "integer", "description": "Rows that became a correction of what was recorded before."},
        "duplicate": {"type": "integer", "description": "Rows that were there already."},
        "repeated": {"type": "integer", "description": "Rows that say what another row of the file says."},
        "since": {
            "type": "object",
            "description": "How many duplicates were `corrected`, `retracted` or `erased` since; they stay so. "
            "`replaced`: the file says last what was said before and is there already, and what counts was said since.",
        },
        "changed_since": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Which those are: `row`, `event_id`, `position`, `since`. An `EventCorrected` (an "
            "`EventReinstated`) of the event brings back what the file says; of what was `replaced`, the same event "
            "with an `event_id` of its own.",
        },
        "changed": {
            "type": "array",
            "items": {"type": "object"},
            "description": "What rows say otherwise than the log: `row`, `event_id`, `position`, `before`, `after`.",
        },
        "missing": {
            "type": "array",
            "items": {"type": "object"},
            "description": "What `scope` or the edition before it holds and the file leaves out.",
        },
        "warnings": {"type": "array", "items": ERROR, "description": "What is legal and odd."},
        "effects": {
            "type": "array",
            "items": {"type": "object"},
            "description": "In a dry run: the figures whose answers would change, `before` and `after`.",
        },
        "rejected": {"type": "integer", "description": "Rows that were refused."},
        "errors": {"type": "array", "items": ERROR, "maxItems": LISTED_MAX},
        "faults": {"type": "array", "items": FAULT, "description": "The same, each told once with all of its rows."},
        "notes": {"type": "array", "items": {"type": "string"}, "description": "Of the file as a whole."},
        "registered": {
            "type": "array",
            "items": {"type": "object"},
            "description": "With `register`: the entities that are registered, `row`, `entity`, `kind`, `name`.",
        },
        "basis": {"$ref": REF + "Basis"},
    },
}
_EPCIS = "With `mapping=epcis`: a document of EPCIS 2.0."
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
        XLSX.media_type: {
            "schema": {"type": "string", "format": "binary", "description": "A template that was filled in."}
        },
        ZIP: {
            "schema": {"type": "string", "format": "binary", "description": "One of these, as the only table in it."}
        },
        JSON.media_type: {"schema": {"type": "object", "description": _EPCIS}},
        JSON_LD: {"schema": {"description": _EPCIS}},  # two objects would be two classes of one name in a client
    },
}

_OF_JSON = " A document of EPCIS 2.0 is taken with mapping=epcis; events as JSON go to POST /v1/events."


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
        openapi_extra=operation(APPEND, PARAMETERS, requestBody=BODY),
    )
    async def import_events(request: Request) -> Response:
        """Record a file of events: `application/x-ndjson`, `text/csv` or
        `application/vnd.apache.parquet`; with `Content-Encoding: gzip`, or `application/zip` with one of these in it.

        In CSV and Parquet a column is a field, `source.publisher` one of a nested field, `dimensions.basis` a
        dimension; an empty cell is an absent field, and a list is JSON text (in Parquet also a list or structs).
        Parquet takes numbers as whole numbers, decimals or text, never floating-point ones, which are not exact.

        Rows are counted from 1, blank ones too, though these are skipped; a CSV header is no row. A row without
        `event_id` gets one made of what it says, so a file that is sent again, or has grown, adds what is new and
        nothing else; what was corrected or retracted since stays so. With `dry_run` nothing is recorded, and the answer
        says what would be, and in `effects` which answers would change. In mode
        `atomic` the events are held in memory until all are recorded; send very large files with `mode=proceed`.
        """
        parameters = json_wanted(request, PARAMETERS)
        options = import_options(parameters, engine.ledger.directory)
        if options["dry_run"] or "scope" in options:
            needs_read(request.scope, "An import with dry_run or scope")
        options["recorded_by"] = recorder_of(request.scope)
        name = _name(request, has_mapping="mapping" in options)
        async with spooled(request, engine.ledger.directory, bytes_max=limits.file_bytes) as body:
            sent = SentFile(body.file, name, parameters.get(MEMBER.name))
            return await IMPORTS.run(_imported, engine, sent, options, limits, visit_of(request.scope))

    return routes


def _imported(engine: Engine, sent: SentFile, options: ImportChoices, limits: ImportLimits, visit: Visit) -> Response:
    report = taken_in(engine, sent, options, limits)
    visit.position = report.position
    if not report.dry_run:
        visit.recorded = {"recorded": report.recorded, "duplicate": report.duplicate}
    return json_answer(import_answer(engine, report, options), status=200)


def _name(request: Request, *, has_mapping: bool) -> str:
    """What the body would be called as a file, by its headers. Raises Problem for what is not taken."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = {**{one: f".{name}" for one, name in FORMATS.items()}, ZIP: ".zip", XLSX.media_type: ".xlsx"}
    known |= {JSON.media_type: ".json", JSON_LD: ".json"}
    tables = (CSV.media_type, XLSX.media_type, PARQUET.media_type, ZIP, JSON.media_type, JSON_LD)
    wanted = tables if has_mapping else (*FORMATS, XLSX.media_type, ZIP)
    if media_type not in wanted:
        said = media_type[:80] or "without a type"
        if has_mapping:
            raise _unsupported(f"With a mapping, send a table: {', '.join(tables)}.")
        meant = _OF_JSON if media_type in (JSON.media_type, JSON_LD) else ""
        raise _unsupported(f"Send a file with the header Content-Type: {', '.join(wanted)}; not {said}.{meant}")
    check_charset(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise _unsupported("Send the body as it is, or with Content-Encoding: gzip.")
    return f"body{known[media_type]}" + (".gz" if "gzip" in encoding else "")


def _unsupported(detail: str) -> Problem:
    return Problem(415, "unsupported-media-type", detail)
