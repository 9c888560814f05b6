"""Options of the command line: those of all commands, and those that stand for the parameters of a question."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from inspect import Parameter as Argument
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.session import fail
from api.questions.parameters import LIMIT_DEFAULT, LIMIT_MAX, Parameter

READ_PANEL = "Read"
AUDIT_PANEL = "Audit"
SERVE_PANEL = "Serve"
OPERATION_PANEL = "Operate"
"""Under which heading `--help` lists the commands that two modules have together."""

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="The data directory, or the address of a database (postgresql://…). Default: $SUPPLY_LEDGER_DATA, else "
        ".supply-ledger.",
        metavar="DIR",
    ),
]

PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="A free port; 0 finds one.")]

LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        max=LIMIT_MAX,
        help=f"How many. Default: {LIMIT_DEFAULT} in a table or JSON, else all.",
    ),
]

SafeOption = Annotated[
    bool,
    typer.Option(
        "--safe", help="With --format csv: an apostrophe before a cell that a spreadsheet would run as a formula."
    ),
]


class Output(StrEnum):
    """How a command prints its items."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


class PageOutput(StrEnum):
    """How a command that asks a question prints its items: for people, as text, or as a file for other programs."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    arrow = "arrow"
    xlsx = "xlsx"


FOR_PROGRAMS = (PageOutput.parquet, PageOutput.arrow, PageOutput.xlsx)
"""What no terminal can show."""
FormatOption = Annotated[
    PageOutput | None,
    typer.Option("--format", help="How to print. Default: as the ending of --output says, else a table."),
]
IntoOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write; - is the standard output.", metavar="FILE")
]


def option(one: Parameter) -> Argument:
    """The option that stands for a parameter."""
    help_text = one.description.replace("`", "")
    if one.prefix is not None:
        flag = f"--{one.prefix.rstrip('.')}"
        kind = Annotated[list[str] | None, typer.Option(flag, help=help_text, metavar="NAME=VALUE")]
        return keyword(_identifier(one), kind, None)
    return keyword(_identifier(one), Annotated[str | None, typer.Option(_flag(one), help=help_text)], None)


def keyword(name: str, annotation: Any, default: Any) -> Argument:
    """An argument of a command that is made from parameters."""
    return Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=annotation)


def page_options() -> list[Argument]:
    """The options of every command that prints the items of a question."""
    return [
        keyword("limit", LimitOption, None),
        keyword("output", FormatOption, None),
        keyword("into", IntoOption, None),
        keyword("safe", SafeOption, False),
        keyword("data", DataOption, None),
    ]


def _identifier(one: Parameter) -> str:
    return (one.prefix or one.name).rstrip(".")


def _flag(one: Parameter) -> str:
    return "--" + one.name.replace("_", "-")


def given_parameters(known: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, str]:
    """The options that were given, as query parameters."""
    parameters: dict[str, str] = {}
    for one in known:
        value = given[_identifier(one)]
        if one.prefix is None:
            if value is not None:
                parameters[one.name] = value
            continue
        for pair in value or ():
            name, equals, text = pair.partition("=")
            if not (name and equals and text):
                fail(f"--{_identifier(one)} takes NAME=VALUE, not {pair!r}.", code=2)
            parameters[one.prefix + name] = text
    return parameters


def one_of(flag: str, text: str, known: Sequence[str]) -> str:
    """The text, where it is one of those that are known. Fails where it is not."""
    if text not in known:
        *others, last = known
        fail(f"{flag} is {', '.join(others)} or {last}, not {text!r}.", code=2)
    return text
