"""`supply-ledger append` and `import`: events into the ledger, from a request's text or from a file."""

import sys
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from api.cli.effects_table import print_effects
from api.cli.import_progress import import_with_progress
from api.cli.import_table import print_import
from api.cli.options import DataOption, Output, one_of
from api.cli.returned_verdicts import are_wanted, give_back
from api.cli.session import FAILED, MISUSED, fail, opened_ledger, reporting
from api.cli.standard_input import STANDARD_INPUT, standard_input_file
from api.cli.terminal import console, text_table
from api.formats.cells import json_text
from api.problems import refused
from api.settings import DataPlace, data_directory
from ledger import (
    Floats,
    ImportChoices,
    MappingError,
    Mode,
    OnConflict,
    OnMissing,
    Refused,
    TableMapping,
    exported_events,
    find_mapping,
    parse_json,
    visible,
    with_parameters,
)

PANEL = "Record"

app = typer.Typer()

SetOption = Annotated[list[str] | None, typer.Option("--set", help="A parameter of the mapping.", metavar="NAME=VALUE")]

HiddenOption = Annotated[
    bool, typer.Option("--no-hidden", help="Of a sheet, for a mapping: leave hidden rows and columns out.")
]

MemberOption = Annotated[str | None, typer.Option(help="Of a zip with several tables: which one.", metavar="NAME")]


def mapping_of(wanted: str, said: list[str] | None, data: DataPlace | None, *, no_hidden: bool = False) -> TableMapping:
    """The mapping of a name or in a file, with its parameters. Fails where there is none, or it cannot be."""
    parameters: dict[str, str] = {}
    for pair in said or ():
        name, equals, text = pair.partition("=")
        if not (name and equals):
            fail(f"--set takes NAME=VALUE, not {pair!r}.", code=MISUSED)
        parameters[name] = text
    try:
        mapping = find_mapping(wanted, data_directory(data).path, in_files=True)
        return with_parameters(mapping, parameters, hidden=not no_hidden)
    except MappingError as error:
        fail(str(error), code=MISUSED)


@app.command("append", rich_help_panel=PANEL)
def append_command(
    file: Annotated[str, typer.Argument(help="A file with one event as JSON, or an array of them; - for stdin.")] = "-",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, record nothing.")] = False,
    output: Annotated[Output, typer.Option("--format", help="table or json.")] = Output.table,
    data: DataOption = None,
) -> None:
    """Record events, all of them or none."""
    raw = sys.stdin.buffer.read() if file == "-" else _bytes_of(Path(file))
    with reporting():
        value = parse_json(raw)
    batch = isinstance(value, list)
    sent = value if batch else [value]
    if not sent:
        fail("The array is empty: there is no event in it.")
    with opened_ledger(data, make=True) as ledger:
        try:
            plan = ledger.plan(sent) if dry_run else None
            items = list(ledger.append(sent).items) if plan is None else [item.as_planned() for item in plan.items]
        except Refused as error:
            raise refused(error, batch=batch) from None
        if plan is not None and output is Output.table:
            print_effects(ledger, plan.entries, data)
    if output is not Output.table:
        typer.echo(json_text({"items": items}))
        return
    columns = [name for name in ("position", "status", "type", "event_id") if plan is None or name != "position"]
    rows = [[str(item[name]) for name in columns] for item in items]
    for place, item in enumerate(items):
        where = f"position {item['position']}" if plan is None else f"event {place}"
        for warning in item["warnings"]:
            text = f"Legal, but odd: {where}{warning['pointer']}: {warning['detail']}"
            console(stderr=True).print(visible(text), style="yellow", markup=False, highlight=False)
    title = "Would be recorded" if dry_run else "Recorded"
    console().print(text_table(title, columns, rows))


@app.command("import", rich_help_panel=PANEL)
def import_command(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="Events as JSON Lines (.jsonl, .ndjson), CSV, Parquet or a filled-in template (.xlsx), also .gz or "
            "in a .zip; or an export; - for JSON Lines, CSV or Parquet from stdin."
        ),
    ],
    mode: Annotated[str, typer.Option(help="atomic: all or none; proceed: record what can be.")] = "atomic",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each row; record nothing.")
    ] = False,
    on_conflict: Annotated[
        str,
        typer.Option(
            help="A row that contradicts what is held of the same date: ask (reject it), correct (the record was "
            "wrong) or record (the source says both)."
        ),
    ] = "ask",
    published_at: Annotated[
        str | None, typer.Option(help="When rows that do not say so were published: a date, or now.", metavar="DATE")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(help="PUBLISHER:DATE or PUBLISHER:EDITION: the file is all of it; says what it leaves out."),
    ] = None,
    on_missing: Annotated[
        str, typer.Option(help="What the file leaves out of its scope: list, retract or withdraw it.")
    ] = "list",
    as_recorded: Annotated[
        bool,
        typer.Option("--as-recorded", help="An export, into an empty ledger: keep positions, times and recorders."),
    ] = False,
    mapping: Annotated[
        str | None,
        typer.Option(help="How a table becomes events: a mapping's name, or a file.", metavar="NAME|FILE"),
    ] = None,
    said: SetOption = None,
    no_hidden: HiddenOption = False,
    register: Annotated[
        str | None,
        typer.Option(
            help="Register what rows name and nobody has registered: publishers as organisations, materials as "
            "materials, and what may be anything as this kind, like country.",
            metavar="KIND",
        ),
    ] = None,
    floats: Annotated[
        str, typer.Option(help="Floating-point numbers in Parquet: refuse, or shortest (their shortest decimals).")
    ] = "refuse",
    member: MemberOption = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(help="Where rows are rejected: write the table again, with what is wrong.", metavar="OUT"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something held is changed.")] = False,
    data: DataOption = None,
) -> None:
    """Record a file of events. A file sent again, or one that has grown, adds only what is new."""
    named, is_input = file, file == STANDARD_INPUT
    if is_input:
        file = context.with_resource(standard_input_file(is_table=mapping is not None))
    elif file.is_dir():
        try:
            file = exported_events(file)
        except ValueError as error:
            fail(str(error))
    if not file.is_file():
        fail(f"There is no file {file}.", code=MISUSED)
    if said and mapping is None:
        fail("--set is for a mapping: give one with --mapping.", code=MISUSED)
    if no_hidden and mapping is None:
        fail("--no-hidden is for a mapping: give one with --mapping.", code=MISUSED)
    found = None if mapping is None else mapping_of(mapping, said, data, no_hidden=no_hidden)
    chosen = cast(
        ImportChoices,
        {
            "mode": one_of("--mode", mode, get_args(Mode)),
            "on_conflict": one_of("--on-conflict", on_conflict, get_args(OnConflict)),
            "on_missing": one_of("--on-missing", on_missing, get_args(OnMissing)),
            "published_at": published_at,
            "scope": scope,
            "as_recorded": as_recorded,
            "mapping": found,
            "register": register,
            "verdicts": are_wanted(file, verdicts, found),
            "floats": one_of("--floats", floats, get_args(Floats)),
        },
    )
    looked_at = cast(ImportChoices, {**chosen, "dry_run": True})
    with opened_ledger(data, make=True) as ledger:
        try:
            changes_what_is_held = on_conflict == "correct" or on_missing != "list"
            if changes_what_is_held and not (yes or dry_run or (sys.stdin.isatty() and not is_input)):
                fail(
                    "This may change what is held, and there is nobody to ask: say --yes, or --dry-run first.",
                    code=MISUSED,
                )
            if dry_run or (changes_what_is_held and not yes):
                planned = import_with_progress(ledger, file, member=member, **looked_at)
                print_import(planned, atomic=mode == "atomic", file=named)
                if not (planned.rejected and mode == "atomic"):
                    print_effects(ledger, planned.entries, data)
                if dry_run:
                    give_back(planned, file, verdicts, mapping=found, member=member)
                    if planned.rejected:
                        raise typer.Exit(FAILED)
                if dry_run or not typer.confirm("Record this?"):
                    return
            report = import_with_progress(ledger, file, member=member, **chosen)
        except ValueError as error:
            fail(str(error), code=MISUSED)
    print_import(report, atomic=mode == "atomic", file=named)
    give_back(report, file, verdicts, mapping=found, member=member)
    if report.rejected:
        raise typer.Exit(FAILED)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.", code=MISUSED)
