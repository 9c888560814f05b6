"""`supply-ledger export`: the whole log as files: as rows, which any ledger takes in, or in segments, for a restore."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.options import DataOption, Output, one_of
from api.cli.record_commands import PANEL
from api.cli.segment_transfers import check_apart, export_in_segments, is_address
from api.cli.session import MISUSED, fail, opened_ledger
from api.cli.terminal import console
from api.settings import DataPlace
from ledger import export_log, visible

app = typer.Typer()


@app.command("export", rich_help_panel=PANEL)
def export_command(
    place: Annotated[
        str,
        typer.Argument(
            help="A folder, made where it is absent; or an address for segments: s3://…, gs://…, abfs://…, file://….",
            metavar="PLACE",
        ),
    ],
    segments: Annotated[
        bool,
        typer.Option(
            "--segments", help="Into a folder, too: in segments, to which the next export adds what is new by then."
        ),
    ] = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="With segments: the tables made from the log too, for `serve --warm-from`.")
    ] = False,
    output: Annotated[Output, typer.Option("--format", help="Of segments: table or json.")] = Output.table,
    data: DataOption = None,
) -> None:
    """Write the whole log into a folder, for `import` here or elsewhere; or in segments into a place, for `restore`."""
    check_apart(place, data)
    if segments or is_address(place):
        one_of("--format", output.value, (Output.table.value, Output.json.value))
        export_in_segments(place, data, with_tables=tables, output=output)
    elif tables:
        fail("--tables is about segments: say --segments, or name an address.", code=MISUSED)
    elif output is not Output.table:
        fail("--format is about segments: say --segments, or name an address.", code=MISUSED)
    else:
        _export_rows(Path(place), data)


def _export_rows(folder: Path, data: DataPlace | None) -> None:
    if folder.exists() and not folder.is_dir():
        fail(f"{folder} is no folder.")
    with opened_ledger(data, make=False) as ledger:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            task = progress.add_task("Writing events", total=ledger.head())
            try:
                manifest = export_log(ledger, folder, progress=lambda done: progress.update(task, completed=done))
            except OSError as error:
                fail(f"Cannot write into {folder}: {error.strerror}.")
    out = console()
    out.print(visible(f"Wrote {manifest['events']} events into {folder}."), markup=False, highlight=False)
    out.note("Take it in with `supply-ledger import DIR`; --as-recorded keeps positions and times.")
