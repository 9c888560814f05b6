"""`supply-ledger config`: what is set, and where."""

from typing import Annotated

import typer

from api.cli.options import OPERATION_PANEL, DataOption, Output
from api.cli.session import reporting
from api.cli.terminal import console, text_table
from api.formats.cells import json_text
from api.settings import DATA, SETTINGS, environment, shown_address
from api.settings_file import FILE, VARIABLE, source_of

app = typer.Typer()


@app.command("config", rich_help_panel=OPERATION_PANEL)
def config_command(
    output: Annotated[Output, typer.Option("--format", help="table or json.")] = Output.table,
    data: DataOption = None,
) -> None:
    """Show every setting, its value, and where that comes from: an option, the environment, a file, or the default."""
    rows = []
    with reporting():
        for one in SETTINGS:
            text = environment().get(one.variable) or one.default
            one.value()  # says what is wrong with it
            source = source_of(one.name)
            if one is DATA and data is not None:
                text, source = data, "--data"
            if one is DATA:
                text = shown_address(text)
            rows.append({"setting": one.name, "value": text, "from": source, "variable": one.variable})
    if output is Output.table:
        console().print(text_table("Settings", ["setting", "value", "from"], [list(row.values())[:3] for row in rows]))
        note = f"Set one in the environment (SUPPLY_LEDGER_NAME), or in {FILE} here (or the file {VARIABLE} names)."
        console().note(note)
    else:
        typer.echo(json_text({"items": rows}))
