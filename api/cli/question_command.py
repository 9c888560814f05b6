"""A command that asks a question: the parameters of the question are its options, and it prints the page."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Signature
from typing import Annotated, Any

import typer

from api.cli.options import DataOption, LimitOption, Output, SafeOption, given_parameters, keyword, option
from api.cli.session import MISUSED, fail, opened
from api.cli.terminal import basis_line, console, member_table, page_table
from api.formats.answer_file import Room
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.name_hints import name_lines
from api.questions.page import NOT_FILTERS, Page
from api.questions.parameters import LIMIT_MAX, Parameter
from api.questions.repeated_question import asked
from ledger import visible_json, visible_lines
from projections import Engine

Ask = Callable[[Engine, dict[str, str]], Page]


def add_question(
    app: typer.Typer,
    name: str,
    description: str,
    parameters: tuple[Parameter, ...],
    ask: Ask,
    *,
    panel: str,
    columns_of: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda parameters: (),
) -> None:
    """Add a command whose options are the parameters, and the limit, the format and the data directory.

    `columns_of` gives those that fit on a terminal; none means all.
    """
    known = tuple(one for one in parameters if one.name not in NOT_FILTERS)

    def run(**given: Any) -> None:
        output, safe, data = given.pop("output"), given.pop("safe"), given.pop("data")
        check_safe(output, safe=safe)
        parameters = {**page_parameters(output, given["limit"]), **given_parameters(known, given)}
        with opened(data, make=False) as engine:
            room = Room(engine.ledger.directory)
            columns = columns_of(parameters)
            asked(lambda: show(ask(engine, parameters), output, safe=safe, title=name, columns=columns, room=room))

    arguments = [option(one) for one in known]
    arguments += [
        keyword("limit", LimitOption, None),
        keyword("output", Annotated[Output, typer.Option("--format", help="How to print.")], Output.table),
        keyword("safe", SafeOption, False),
        keyword("data", DataOption, None),
    ]
    run.__signature__ = Signature(arguments)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in arguments}
    app.command(name, help=description, rich_help_panel=panel)(run)


def page_parameters(output: Output, limit: int | None) -> dict[str, str]:
    """The format and the limit of a page, as query parameters: files hold all items unless a limit is given."""
    of_files = {"format": output.value} if output in (Output.csv, Output.jsonl) else {}
    return of_files if limit is None else {**of_files, "limit": str(limit)}


def check_safe(output: Output, *, safe: bool) -> None:
    """End the program where `--safe` is asked of something else than CSV."""
    if safe and output is not Output.csv:
        fail(f"--safe is for --format csv, not {output.value}.", code=MISUSED)


def show(
    page: Page,
    output: Output,
    *,
    title: str,
    columns: tuple[str, ...] = (),
    safe: bool = False,
    room: Room | None = None,
) -> None:
    """Print a page, once it has been read to its end: what fails midway prints nothing.

    How names were taken, and what was probably meant, goes to the standard error output.
    """
    for line in name_lines(page.more):
        print(visible_lines(line), file=sys.stderr)
    if output is Output.table:
        out = console()
        if len(page.items) == 0:
            out.print(f"No {title} at this viewpoint.", highlight=False)
        else:
            out.print(page_table(page, title=title, columns=columns))
        for name, member in page.more.items():
            if name not in NAME_MEMBERS:
                out.print(member_table(name, member))
        out.print(basis_line(page.basis), highlight=False)
        if page.next is not None:
            out.print("There is more: raise --limit, or filter.", highlight=False)
    elif output is Output.json:
        body = {"items": page.rows(), "next": page.next, "basis": page.basis, **page.more}
        text = json.dumps(body, ensure_ascii=False, indent=2)
        typer.echo(_shown(text, output) if sys.stdout.isatty() else text)
    else:
        from api.formats.negotiation import FORMATS
        from api.formats.render import page_file

        form = next(one for one in FORMATS if one.name == output.value)
        blocks = page_file(page, form, safe=safe, room=room).blocks()
        if sys.stdout.isatty():
            for lines in _whole_lines(blocks):
                typer.echo(_shown(lines.decode(), output), nl=False)
        else:
            for block in blocks:
                typer.echo(block, nl=False)
        if page.next is not None:
            print(f"There is more than --limit; the largest is {LIMIT_MAX}.", file=sys.stderr)


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in blocks that end with a line."""
    begun = b""
    for block in blocks:
        lines, newline, begun = (begun + block).rpartition(b"\n")
        yield lines + newline
    yield begun


def _shown(text: str, output: Output) -> str:
    """What a terminal gets instead of data that go on to a file or a program, which are never changed."""
    return visible_lines(text.replace("\r\n", "\n")) if output is Output.csv else visible_json(text)
