"""`supply-ledger template`: a workbook to fill in."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import DataOption
from api.cli.record_commands import PANEL
from api.cli.session import fail, opened_ledger
from api.cli.terminal import console
from api.settings import data_directory
from ledger import Ledger, template_workbook

app = typer.Typer()


@app.command("template", rich_help_panel=PANEL)
def template_command(
    file: Annotated[
        Path,
        typer.Argument(help="The workbook to make: figures.xlsx, policies.xlsx, facilities.xlsx ...", metavar="FILE"),
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="For these types of events, or families: ProductionReported, links ...", metavar="TYPE"
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Make a workbook to fill in, with lists of what is registered and a sheet that explains it. Its name says what it
    is for, or `--type` does; `import` takes it as it is.
    """
    if file.suffix.lower() != ".xlsx":
        fail(f"A template is a workbook: call it {file.stem or 'figures'}.xlsx.", code=2)
    if file.exists():
        fail(f"{file} is there already, and nothing is written over it.")
    try:
        if data_directory(data).has_ledger:
            with opened_ledger(data, make=False) as ledger:
                raw = template_workbook(ledger, types or [file.stem])
        else:
            with Ledger(":memory:") as ledger:
                raw = template_workbook(ledger, types or [file.stem])
    except ValueError as error:
        fail(f"{str(error).capitalize()}; name one with --type.", code=2)
    try:
        with file.open("xb") as out:
            out.write(raw)
    except OSError as error:
        fail(f"Cannot write {file}: {error.strerror}.")
    console().print(
        f"Made {file}. Fill in its first sheet; then: supply-ledger import {file}", markup=False, highlight=False
    )
