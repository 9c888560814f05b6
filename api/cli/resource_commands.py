"""The reading commands, made from the catalogue: one per projection, its filters as options; and `history` and
`events`.
"""

import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from inspect import Parameter as Argument
from inspect import Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.session import fail, opened
from api.cli.terminal import basis_line, console, member_table, page_table
from api.formats.negotiation import FORMATS
from api.formats.render import items_bytes
from api.questions.audit import AUDITS
from api.questions.page import NOT_FILTERS, Page
from api.questions.parameters import LIMIT_DEFAULT, LIMIT_MAX, VIEWPOINT, Parameter
from api.questions.resources import CLOCK, EVENT_FILTERS, events, history, parameters_of, state
from projections import CATALOGUE, Engine, Projection

READ = "Read"
AUDIT = "Audit"
Ask = Callable[[Engine, dict[str, str]], Page]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="The data directory. Default: $SUPPLY_LEDGER_DATA, else .supply-ledger.", metavar="DIR"
    ),
]


class Output(StrEnum):
    """How a command prints its items."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


def add_to(app: typer.Typer) -> None:
    """Add every reading command to the app."""
    for projection in CATALOGUE.values():
        _add_projection(app, projection)
    for audit in AUDITS:
        known = tuple(one for one in audit.parameters if one.name not in NOT_FILTERS)
        _add(app, audit.name, f"{audit.summary}.", known, audit.ask, panel=AUDIT, columns=audit.columns)
    _add(app, "events", "The log in order, as it was recorded.", (*EVENT_FILTERS, *VIEWPOINT), events)
    app.command("history", rich_help_panel=READ)(read_history)


def read_history(
    figure_id: Annotated[str, typer.Argument(help="The figure's id, as `figures --format json` gives it.")],
    clock: Annotated[str, typer.Option(help=CLOCK.description.replace("`", ""))] = "publication",
    as_of: Annotated[str | None, typer.Option(help=VIEWPOINT[0].description)] = None,
    recorded_as_of: Annotated[str | None, typer.Option(help=VIEWPOINT[1].description)] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX)] = LIMIT_DEFAULT,
    output: Annotated[Output, typer.Option("--format", help="How to print.")] = Output.table,
    data: DataOption = None,
) -> None:
    """How a figure got where it is: what the world said, or what this ledger answered."""
    given = {"clock": clock, "as_of": as_of, "recorded_as_of": recorded_as_of, "limit": str(limit)}
    parameters = {name: value for name, value in given.items() if value is not None}
    with opened(data, make=False) as engine:
        show(history(engine, figure_id, parameters), output, title=f"history of {figure_id}")


def show(page: Page, output: Output, *, title: str, columns: tuple[str, ...] = ()) -> None:
    """Print a page."""
    if output is Output.table:
        out = console()
        if len(page.items) == 0:
            out.print(f"No {title} at this viewpoint.", highlight=False)
        else:
            out.print(page_table(page, title=title, columns=columns))
        for name, member in page.more.items():
            out.print(member_table(name, member))
        out.print(basis_line(page.basis), highlight=False)
        if page.next is not None:
            out.print("There is more: raise --limit, or filter.", highlight=False)
    elif output is Output.json:
        body = {"items": page.rows(), "next": page.next, "basis": page.basis, **page.more}
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        form = next(one for one in FORMATS if one.name == output.value)
        typer.echo(items_bytes(page, form), nl=False)
        if page.next is not None:
            print(f"There is more than --limit; the largest is {LIMIT_MAX}.", file=sys.stderr)


def _add_projection(app: typer.Typer, projection: Projection) -> None:
    known = tuple(one for one in parameters_of(projection) if one.name not in NOT_FILTERS)

    def ask(engine: Engine, parameters: Mapping[str, str]) -> Page:
        return state(engine, projection, parameters)

    _add(app, projection.name, projection.description, known, ask)


def _add(
    app: typer.Typer,
    name: str,
    description: str,
    known: tuple[Parameter, ...],
    ask: Ask,
    *,
    panel: str = READ,
    columns: tuple[str, ...] = (),
) -> None:
    """Add a command whose options are the parameters, and the limit, the format and the data directory."""

    def run(**given: Any) -> None:
        output, data = given.pop("output"), given.pop("data")
        parameters = {"limit": str(given["limit"]), **given_parameters(known, given)}
        with opened(data, make=False) as engine:
            show(ask(engine, parameters), output, title=name, columns=columns)

    arguments = [option(one) for one in known]
    arguments += [
        keyword("limit", Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="How many at most.")], LIMIT_DEFAULT),
        keyword("output", Annotated[Output, typer.Option("--format", help="How to print.")], Output.table),
        keyword("data", DataOption, None),
    ]
    run.__signature__ = Signature(arguments)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in arguments}
    app.command(name, help=description, rich_help_panel=panel)(run)


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
