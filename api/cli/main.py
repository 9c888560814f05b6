"""The command line: a thin shell over the ledger and the questions that the server answers too."""

import errno
import os
import sys
from typing import Annotated, NoReturn

import typer

from api.cli.command_group import CommandGroup
from api.cli.left_out_imports import leave_out
from api.distribution import installed_version
from api.settings_file import BadSetting, take_in

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
    if sys.stdout is None:  # closed by whoever called
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if any("\udc80" <= mark <= "\udcff" for word in sys.argv for mark in word):
        _end("a word of the command is no text in UTF-8")
    try:
        take_in(_settings)
    except BadSetting as error:
        _end(str(error))
    try:
        app()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - what is left cannot be written either
        _end(f"the output cannot be written: {error.strerror}", code=1)


def _settings() -> list[str]:
    from api.settings import SETTINGS

    return [one.name for one in SETTINGS]


def _end(message: str, *, code: int = 2) -> NoReturn:
    print(f"Error: {message}.", file=sys.stderr)
    sys.exit(code)


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
