"""`supply-ledger export`: the whole log as files, which any ledger takes in again."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.options import DataOption
from api.cli.record_commands import PANEL
from api.cli.session import fail, opened_ledger
from api.cli.terminal import console
from ledger import export_log, visible

app = typer.Typer()


@app.command("export", rich_help_panel=PANEL)
def export_command(
    folder: Annotated[Path, typer.Argument(help="Where to put it; made where it is absent.", metavar="DIR")],
    data: DataOption = None,
) -> None:
    """Write the whole log into a folder, for `import` here or elsewhere."""
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
    out.print("Take it in with `supply-ledger import DIR`; --as-recorded keeps positions and times.", highlight=False)
