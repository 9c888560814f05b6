"""The command line: a thin shell over the ledger and the questions that the server answers too."""

import sys
from typing import Annotated

import typer

from api.cli.command_group import CommandGroup
from api.cli.left_out_imports import leave_out
from api.distribution import installed_version
from api.settings import BadSetting
from api.settings_file import take_in

app = typer.Typer(
    name="supply-ledger",
    cls=CommandGroup,
    help="Supply-chain facts with their sources, as of any day.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """Run the command line, in a process of its own."""
    leave_out()
    try:
        take_in()
    except BadSetting as error:
        print(f"Error: {error}.", file=sys.stderr)
        sys.exit(2)
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
