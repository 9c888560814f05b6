"""`supply-ledger doctor`: whether the ledger and what it stands on are well, and what to do where they are not."""

from typing import Annotated

import typer

from api.cli.options import OPERATION_PANEL, DataOption, one_of
from api.cli.terminal import console, text_table
from api.formats.cells import json_text
from api.operations.examination import examined, worst
from api.operations.health_findings import State
from api.settings import data_directory, environment

app = typer.Typer()


@app.command("doctor", rich_help_panel=OPERATION_PANEL)
def doctor_command(
    form: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    data: DataOption = None,
) -> None:
    """Look at versions, disk, permissions, clock, the log, its verification and backups, and the settings.

    Changes nothing. Ends with 1 where something is at fault; a warning can wait.
    """
    one_of("--format", form, ("table", "json"))
    findings = list(examined(data_directory(data), environment()))
    state = worst(findings)
    if form == "json":
        typer.echo(json_text({"state": state, "items": [one._asdict() for one in findings]}))
    else:
        rows = [[one.state.value, one.what, one.detail, one.advice] for one in findings]
        console().print(text_table("Findings", ["state", "what", "how it is", "what to do"], rows))
    if state is State.fault:
        raise typer.Exit(1)
