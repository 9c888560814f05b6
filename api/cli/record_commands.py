"""`supply-ledger append` and `import`: events into the ledger, from a request's text or from a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.import_progress import import_with_progress
from api.cli.options import DataOption, Output
from api.cli.session import FAILED, fail, opened_ledger, reporting
from api.cli.terminal import console, text_table
from api.formats.render import json_text
from api.problems import refused
from ledger import ImportReport, Refused, parse_json, visible

PANEL = "Record"

app = typer.Typer()


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
            items = [item.as_dict() for item in ledger.plan(sent).items] if dry_run else list(ledger.append(sent).items)
        except Refused as error:
            raise refused(error, batch=batch) from None
    if output is not Output.table:
        typer.echo(json_text({"items": items}))
        return
    rows = [[str(item[name]) for name in ("position", "status", "type", "event_id")] for item in items]
    for item in items:
        for warning in item["warnings"]:
            text = f"Legal, but odd: position {item['position']}{warning['pointer']}: {warning['detail']}"
            console(stderr=True).print(visible(text), style="yellow", markup=False, highlight=False)
    title = "Would be recorded" if dry_run else "Recorded"
    console().print(text_table(title, ["position", "status", "type", "event_id"], rows))


@app.command("import", rich_help_panel=PANEL)
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
    if report.errors_more:
        out.print(f"There are {report.errors_more} more errors, which are not listed.", highlight=False)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.")
