"""The command line: a thin shell over the ledger and the questions that the server answers too."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from api.app import installed_version
from api.cli import demo, report_command, resource_commands
from api.cli.resource_commands import DataOption, Output
from api.cli.server import listen, serve
from api.cli.session import FAILED, fail, opened, opened_ledger, reporting
from api.cli.terminal import console, text_table
from api.formats.render import json_text
from api.problems import refused
from api.settings import HOST_DEFAULT, PORT_DEFAULT
from ledger import ImportReport, Ledger, Mode, Refused, import_file, parse_json

WRITE = "Record"
SERVE = "Serve"
HostOption = Annotated[str, typer.Option(help="A loopback address.")]
PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="A free port; 0 finds one.")]

app = typer.Typer(
    name="supply-ledger",
    help="Supply-chain facts with their sources, as of any day.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """Run the command line."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"supply-ledger {installed_version()}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Supply-chain facts with their sources, as of any day."""


@app.command("serve", rich_help_panel=SERVE)
def serve_command(host: HostOption = HOST_DEFAULT, port: PortOption = PORT_DEFAULT, data: DataOption = None) -> None:
    """Serve the API and its docs; an absent ledger is made, empty."""
    with listen(host, port) as listening, opened(data, make=True) as engine:
        serve(engine, listening)


@app.command("demo", rich_help_panel=SERVE)
def demo_command(
    host: HostOption = HOST_DEFAULT,
    port: PortOption = PORT_DEFAULT,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve after the answers.")] = True,
    data: DataOption = None,
) -> None:
    """Load the rare-earth ledger that comes with this, answer some questions from it, and serve it."""
    with listen(host, port) if serving else nullcontext() as listening, opened(data, make=True) as engine:
        out = console()
        report = import_with_progress(engine.ledger, demo.sample_path())
        out.print(demo.loaded_line(report), highlight=False)
        demo.print_answers(engine, out)
        if listening is not None:
            serve(engine, listening)


@app.command("append", rich_help_panel=WRITE)
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
            if dry_run:
                items = [item.as_dict() for item in ledger.plan(sent).items if item is not None]
            else:
                items = list(ledger.append(sent).items)
        except Refused as error:
            raise refused(error, batch=batch) from None
    if output is not Output.table:
        typer.echo(json_text({"items": items}))
        return
    rows = [[str(item[name]) for name in ("position", "status", "type", "event_id")] for item in items]
    for item in items:
        for warning in item["warnings"]:
            text = f"Legal, but odd: position {item['position']}{warning['pointer']}: {warning['detail']}"
            console(stderr=True).print(text, style="yellow", markup=False, highlight=False)
    title = "Would be recorded" if dry_run else "Recorded"
    console().print(text_table(title, ["position", "status", "type", "event_id"], rows))


@app.command("import", rich_help_panel=WRITE)
def import_command(
    file: Annotated[Path, typer.Argument(help="Events as JSON Lines (.jsonl, .ndjson), CSV or Parquet.")],
    mode: Annotated[str, typer.Option(help="atomic: all or none; proceed: record what can be.")] = "atomic",
    data: DataOption = None,
) -> None:
    """Record a file of events. A file sent again adds nothing."""
    if mode not in ("atomic", "proceed"):
        fail(f"--mode is atomic or proceed, not {mode!r}.", code=2)
    if not file.is_file():
        fail(f"There is no file {file}.")
    with opened_ledger(data, make=True) as ledger:
        try:
            report = import_with_progress(ledger, file, mode="proceed" if mode == "proceed" else "atomic")
        except ValueError as error:
            fail(str(error))
    _print_report(report, atomic=mode == "atomic")
    if report.rejected:
        raise typer.Exit(FAILED)


def import_with_progress(ledger: Ledger, file: Path, *, mode: Mode = "atomic") -> ImportReport:
    """Import a file, with a bar on the terminal that says how far it has been read."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Reading {file.name}", total=file.stat().st_size)
        return import_file(ledger, file, mode=mode, progress=lambda done: progress.update(task, completed=done))


def _print_report(report: ImportReport, *, atomic: bool) -> None:
    out = console()
    if report.rejected and atomic:
        out.print(f"Nothing was recorded: {report.rejected} rows were rejected.", style="bold red", highlight=False)
    else:
        out.print(
            f"Recorded {report.recorded}, already there {report.duplicate}, rejected {report.rejected}; "
            f"the log's head is position {report.position}.",
            highlight=False,
        )
    if report.errors:
        rows = [[str(one[name]) for name in ("row", "pointer", "rule", "detail")] for one in report.errors]
        out.print(text_table("Rejected", ["row", "where", "rule", "why"], rows))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.")


resource_commands.add_to(app)
report_command.add_to(app)
