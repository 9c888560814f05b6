"""What an import of a file is asked and answered, whoever brings the file: its options, and what became of the rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast, get_args

from api.problems import Problem, bad_parameter
from api.questions.append_answers import written_basis
from api.questions.effects import Effects, effects
from api.questions.page import viewpoint_of
from api.questions.parameters import DRY_RUN, Parameter, flag_of
from ledger import (
    FileError,
    Floats,
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

MODE = Parameter(
    "mode",
    "`atomic`: one rejected row means that nothing is recorded. `proceed`: the other rows are recorded.",
    schema={"type": "string", "enum": list(get_args(Mode)), "default": "atomic"},
)
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


class SentFile(NamedTuple):
    """A file that was sent: its bytes, what it is called, and which table of a zip is meant."""

    file: BinaryIO
    name: str
    member: str | None = None


def taken_in(engine: Engine, sent: SentFile, options: ImportChoices, limits: ImportLimits) -> ImportReport:
    """Record the events of a file, or look at what would become of them. Raises Problem, ContentTooLarge."""
    ledger = engine.ledger
    try:
        with unpacked(sent.file, sent.name, limits, member=sent.member, directory=ledger.directory) as plain:
            file_format = "csv" if "mapping" in options else format_of(plain.name)
            return import_stream(ledger, plain.file, file_format, name=plain.name, limits=limits, **options)
    except (MappingError, FileError) as error:
        raise Problem(422, "import-refused", f"Nothing was recorded: {error}.") from None


def import_answer(engine: Engine, report: ImportReport, options: ImportChoices) -> dict[str, Any]:
    """What became of the rows. Raises Problem where rows were rejected, so that nothing was recorded."""
    ledger = engine.ledger
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
        return answer
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


def import_options(
    parameters: Mapping[str, str], directory: Path | None, *, mapping_files: bool = False
) -> ImportChoices:
    """The options of an import; its mapping may be a file of this machine with `mapping_files`. Raises Problem."""
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
            mapping = find_mapping(parameters["mapping"], directory, in_files=mapping_files)
            choices["mapping"] = with_parameters(mapping, said)
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
