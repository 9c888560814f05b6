"""Files of events over HTTP: of any size, with a verdict per row."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from fastapi import APIRouter, Request, Response

from api.formats.negotiation import CSV, JSON, JSONL, PARQUET, XLSX
from api.http.openapi import FIRST_FACT, REF, answers, operation
from api.http.responses import json_answer, json_wanted, written_basis
from api.http.spooled_body import Spooled, spooled
from api.http.thread_limits import IMPORTS
from api.http.visit import Visit, needs_read, recorder_of, visit_of
from api.keys.scopes import APPEND
from api.problems import MEDIA_TYPE, Problem, bad_parameter
from api.questions.effects import Effects, effects
from api.questions.page import viewpoint_of
from api.questions.parameters import DRY_RUN, Parameter, flag_of
from api.settings import import_limits
from ledger import (
    LISTED_MAX,
    FileError,
    Floats,
    Format,
    ImportChoices,
    ImportLimits,
    ImportOptions,
    ImportReport,
    MappingError,
    Mode,
    OnConflict,
    OnMissing,
    find_mapping,
    format_of,
    import_stream,
    unpacked,
    with_parameters,
)
from ledger.values import instant_text
from projections import Engine

ORDER = 20
ZIP = "application/zip"
JSON_LD = "application/ld+json"
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
ON_CONFLICT = Parameter(
    "on_conflict",
    "What becomes of a row that says something else than a standing statement of the same publisher on the same figure "
    "with the same publication date. `ask`: it is rejected, with both values. `correct`: the record was wrong, and the "
    "row corrects it. `record`: the source says both.",
    schema={"type": "string", "enum": list(get_args(OnConflict)), "default": "ask"},
)
PUBLISHED_AT = Parameter(
    "published_at",
    "When rows that do not say so were published: a year, month, day or instant, or `now`. Without it they are "
    "rejected.",
)
SCOPE = Parameter(
    "scope",
    "`PUBLISHER:DATE` or `PUBLISHER:EDITION`: the file is all that this publisher says in it. What is held there, or "
    "was said in the edition before, and is not in the file, is listed as `missing`.",
    example="usgs:2025-01-31",
)
ON_MISSING = Parameter(
    "on_missing",
    "What becomes of what is `missing`. `list`: nothing. `retract`: what is held in the scope is retracted. "
    "`withdraw`: what the edition before said is withdrawn, with the date of the scope.",
    schema={"type": "string", "enum": list(get_args(OnMissing)), "default": "list"},
)
MAPPING = Parameter(
    "mapping",
    "The name of a mapping (`NAME` or `NAME@VERSION`): the file is a table, CSV or Excel, and this says how it becomes "
    "events. `supply-ledger mapping list` names those there are.",
)
SET = Parameter("set.*", "What a parameter of the mapping is: `set.publisher=usgs`.")
REGISTER = Parameter(
    "register",
    "Registers what rows name and nobody has registered: a publisher as an organisation, a material as a material, and "
    "so on, and what may be anything as this kind of entity, like `country`. The answer lists them in `registered`.",
)
FLOATS = Parameter(
    "floats",
    "What becomes of floating-point numbers in Parquet, which are not exact. `refuse`: their rows are rejected. "
    "`shortest`: each is taken as the shortest decimal that stands for it, and `notes` says so.",
    schema={"type": "string", "enum": list(get_args(Floats)), "default": "refuse"},
)
MEMBER = Parameter("member", "Of a zip that holds several tables: the name of the one to read.")
PARAMETERS = (MODE, DRY_RUN, ON_CONFLICT, PUBLISHED_AT, SCOPE, ON_MISSING, MAPPING, SET, REGISTER, FLOATS, MEMBER)
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
            "description": "How many duplicates were `corrected` or `retracted` since; they stay so.",
        },
        "changed_since": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Which those are: `row`, `event_id`, `position`, `since`. An `EventCorrected` (an "
            "`EventReinstated`) of the event brings back what the file says.",
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
        options = _options(parameters, engine.ledger.directory)
        if options["dry_run"] or "scope" in options:
            needs_read(request.scope, "An import with dry_run or scope")
        options["recorded_by"] = recorder_of(request.scope)
        sent = _Sent(_name(request, has_mapping="mapping" in options), parameters.get(MEMBER.name))
        async with spooled(request, engine.ledger.directory, bytes_max=limits.file_bytes) as body:
            return await IMPORTS.run(_taken_in, engine, body, sent, options, limits, visit_of(request.scope))

    return routes


class _Sent(NamedTuple):
    """What the headers and parameters say of a body."""

    name: str
    """As a file it would be called so: `body.csv.gz`."""
    member: str | None


def _taken_in(
    engine: Engine, body: Spooled, sent: _Sent, options: ImportChoices, limits: ImportLimits, visit: Visit
) -> Response:
    ledger = engine.ledger
    try:
        with unpacked(body.file, sent.name, limits, member=sent.member, directory=ledger.directory) as plain:
            file_format = "csv" if "mapping" in options else format_of(plain.name)
            report = import_stream(ledger, plain.file, file_format, name=plain.name, limits=limits, **options)
    except (MappingError, FileError) as error:
        raise Problem(422, "import-refused", f"Nothing was recorded: {error}.") from None
    visit.position = report.position
    if not report.dry_run:
        visit.recorded = {"recorded": report.recorded, "duplicate": report.duplicate}
    recorded_at = ledger.recorded_at(report.position)
    basis = written_basis(
        ledger, position=report.position, recorded_at=instant_text(recorded_at) if recorded_at is not None else None
    )
    answer = {**_counts(report), "errors": report.errors, "basis": basis}
    if not report.rejected or options["mode"] == "proceed" or report.dry_run:
        if report.dry_run:
            changes = _effects(engine, report)
            answer |= {"effects": changes.listed, "dry_run": True}
            if changes.more:
                answer["effects_more"] = changes.more
        return json_answer(answer, status=200)
    raise Problem(
        422,
        "import-refused",
        _why_nothing_was_recorded(report),
        errors=report.errors,
        more={name: value for name, value in answer.items() if name != "errors"},
    )


def _why_nothing_was_recorded(report: ImportReport) -> str:
    rejected = "a row was" if report.rejected == 1 else f"{report.rejected} rows were"
    first = report.errors[0]
    said = f"Nothing was recorded: {rejected} rejected. Row {first['row']}{first['pointer']}: {first['detail']}"
    fault = next(iter(report.faults))
    return said if fault.cure is None else f"{said}; {fault.cure}"


def _counts(report: ImportReport) -> dict[str, Any]:
    """What a report says, without its errors."""
    counts: dict[str, Any] = {
        "recorded": report.recorded,
        "corrected": report.corrected,
        "duplicate": report.duplicate,
        "repeated": report.repeated,
        "rejected": report.rejected,
        "since": report.since,
        "changed": report.changed,
        "missing": report.missing,
        "warnings": report.warnings,
    }
    if report.rejected:
        counts["faults"] = [one.as_dict() for one in report.faults]
    if report.changed_since:
        counts["changed_since"] = report.changed_since
    if report.notes:
        counts["notes"] = report.notes
    if report.registered:
        counts["registered"] = report.registered
    more = {
        "errors_more": report.errors_more,
        "faults_more": report.faults.more,
        "registered_more": report.registered_more,
        "missing_more": report.missing_more,
        "warnings_more": report.warned - len(report.warnings),
    }
    return counts | {name: count for name, count in more.items() if count}


def _effects(engine: Engine, report: ImportReport) -> Effects:
    """What the rows would change. Raises StoreBusy where the log has grown since they were looked at."""
    viewpoint = viewpoint_of(engine, {})
    return effects(engine, report.entries, viewpoint)


def _options(parameters: Mapping[str, str], directory: Path | None) -> ImportChoices:
    """The options of an import. Raises Problem."""
    choices: dict[str, Any] = {"mode": "atomic"}
    for name, known in (("mode", Mode), ("on_conflict", OnConflict), ("on_missing", OnMissing), ("floats", Floats)):
        if (text := parameters.get(name)) is not None:
            if text not in get_args(known):
                *others, last = get_args(known)
                options = f"{', '.join(others)} or {last}"
                raise bad_parameter(name, f"unknown_{name}", f"{name} is {options}, not {text[:40]!r}")
            choices[name] = text
    choices |= {name: parameters[name] for name in ("published_at", "scope", "register") if name in parameters}
    said = {name.removeprefix("set."): text for name, text in parameters.items() if name.startswith("set.")}
    if "mapping" in parameters:
        try:
            choices["mapping"] = with_parameters(find_mapping(parameters["mapping"], directory), said)
        except MappingError as error:
            raise bad_parameter("mapping", "mapping", str(error)) from None
    elif said:
        raise bad_parameter(f"set.{next(iter(said))}", "mapping", "set. is for a mapping: name one with mapping=")
    choices["dry_run"] = flag_of(parameters, DRY_RUN.name)
    try:
        ImportOptions(**choices)
    except ValueError as error:
        name = str(error).partition(" ")[0].partition(":")[0].partition("=")[0]
        raise bad_parameter(name, "import_option", str(error)) from None
    return cast(ImportChoices, choices)


def _name(request: Request, *, has_mapping: bool) -> str:
    """What the body would be called as a file, by its headers. Raises Problem for what is not taken."""
    media_type, *settings = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charset = next((part.partition("=")[2].strip('" ') for part in settings if part.startswith("charset")), "utf-8")
    known = {**{one: f".{name}" for one, name in FORMATS.items()}, ZIP: ".zip", XLSX.media_type: ".xlsx"}
    known |= {JSON.media_type: ".json", JSON_LD: ".json"}
    tables = (CSV.media_type, XLSX.media_type, PARQUET.media_type, ZIP, JSON.media_type, JSON_LD)
    wanted = tables if has_mapping else (*FORMATS, XLSX.media_type, ZIP)
    if media_type not in wanted:
        said = media_type[:80] or "without a type"
        if has_mapping:
            raise _unsupported(f"With a mapping, send a table: {', '.join(tables)}.")
        raise _unsupported(f"Send a file with the header Content-Type: {', '.join(wanted)}; not {said}.")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported(f"Send text in UTF-8, not {charset[:40]}.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise _unsupported("Send the body as it is, or with Content-Encoding: gzip.")
    return f"body{known[media_type]}" + (".gz" if "gzip" in encoding else "")


def _unsupported(detail: str) -> Problem:
    return Problem(415, "unsupported-media-type", detail)
