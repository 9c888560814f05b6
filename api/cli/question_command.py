"""A command that asks a question: the parameters of the question are its options, and it prints the page."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from inspect import Signature
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import typer

from api.cli.options import FOR_PROGRAMS, PageOutput, given_parameters, option, page_options
from api.cli.session import MISUSED, fail, opened
from api.cli.terminal import PeopleConsole, basis_line, console, member_table, page_table
from api.formats.answer_file import Room
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.name_hints import name_lines
from api.questions.page import NOT_FILTERS, Page
from api.questions.parameters import LIMIT_MAX, Parameter
from api.questions.repeated_question import asked
from ledger import visible_json, visible_lines
from projections import Engine

STANDARD_OUTPUT = Path("-")


class Printing(NamedTuple):
    """How the items of a question are printed, and into which file; None: the standard output."""

    output: PageOutput
    into: Path | None = None
    safe: bool = False

    @property
    def is_file(self) -> bool:
        """Whether all items are wanted, as a file has them."""
        return self.output not in (PageOutput.table, PageOutput.json)


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
        printing, data = printing_of(given), given.pop("data")
        parameters = {**page_parameters(printing, given["limit"]), **given_parameters(known, given)}
        with opened(data, make=False) as engine:
            room = Room(engine.ledger.directory)
            columns = columns_of(parameters)
            asked(lambda: show(ask(engine, parameters), printing, title=name, columns=columns, room=room))

    arguments = [option(one) for one in known]
    arguments += page_options()
    run.__signature__ = Signature(arguments)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in arguments}
    app.command(name, help=description, rich_help_panel=panel)(run)


def printing_of(given: dict[str, Any]) -> Printing:
    """How to print, taken out of the options that were given. Fails where they do not fit together."""
    output, into, safe = given.pop("output"), given.pop("into"), given.pop("safe")
    if output is None:
        ending = "" if into is None else into.suffix.removeprefix(".").lower()
        if ending not in ("", "txt", *PageOutput):
            fail(f"{into} ends like no format: give one by --format, or end it with one of {', '.join(PageOutput)}.")
        output = PageOutput(ending) if ending in list(PageOutput) else PageOutput.table
    if safe and output is not PageOutput.csv:
        fail(f"--safe is for --format csv, not {output.value}.", code=MISUSED)
    to_screen = into in (None, STANDARD_OUTPUT)
    if output in FOR_PROGRAMS and to_screen and sys.stdout.isatty():
        fail(f"A terminal cannot show {output.value}: give --output FILE.", code=MISUSED)
    return Printing(output, None if to_screen else into, safe)


def page_parameters(printing: Printing, limit: int | None) -> dict[str, str]:
    """The format and the limit of a page, as query parameters: files hold all items unless a limit is given."""
    of_files = {"format": printing.output.value} if printing.is_file else {}
    return of_files if limit is None else {**of_files, "limit": str(limit)}


def show(
    page: Page, printing: Printing, *, title: str, columns: tuple[str, ...] = (), room: Room | None = None
) -> None:
    """Print a page, once it has been read to its end: what fails midway prints nothing.

    How names were taken, and what was probably meant, goes to the standard error output.
    """
    for line in name_lines(page.more):
        print(visible_lines(line), file=sys.stderr)
    if printing.output is PageOutput.table:
        with _sink(printing.into) as sink:
            _show_table(page, console() if sink is None else console(file=sink), title=title, columns=columns)
    elif printing.output is PageOutput.json:
        body = {"items": page.rows(), "next": page.next, "basis": page.basis, **page.more}
        _write([json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"], printing)
    else:
        from api.formats.negotiation import FORMATS
        from api.formats.render import page_file

        form = next(one for one in FORMATS if one.name == printing.output.value)
        _write(page_file(page, form, safe=printing.safe, room=room).blocks(), printing)
        if page.next is not None:
            print(f"There is more than --limit; the largest is {LIMIT_MAX}.", file=sys.stderr)


def _show_table(page: Page, out: PeopleConsole, *, title: str, columns: tuple[str, ...]) -> None:
    if len(page.items) == 0:
        out.print(f"No {title} at this viewpoint.", highlight=False)
    else:
        out.print(page_table(page, title=title, columns=columns, width=out.width))
    for name, member in page.more.items():
        if name not in NAME_MEMBERS:
            out.print(member_table(name, member, width=out.width))
    out.note(basis_line(page.basis))
    if page.next is not None:
        out.print("There is more: raise --limit, or filter.", highlight=False)


def _write(blocks: Iterable[bytes], printing: Printing) -> None:
    """Write a file, or print it; a terminal gets nothing that acts on it."""
    if printing.into is not None:
        try:
            with printing.into.open("wb") as file:
                file.writelines(blocks)
        except OSError as error:
            fail(f"Cannot write {printing.into}: {error.strerror}.")
    elif sys.stdout.isatty():
        for lines in _whole_lines(blocks):
            typer.echo(_shown(lines.decode(), printing.output), nl=False)
    else:
        for block in blocks:
            typer.echo(block, nl=False)


@contextmanager
def _sink(path: Path | None) -> Iterator[TextIO | None]:
    """A file for text; None where that is the standard output."""
    if path is None:
        yield None
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        fail(f"Cannot write {path}: {error.strerror}.")


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in blocks that end with a line."""
    begun = b""
    for block in blocks:
        lines, newline, begun = (begun + block).rpartition(b"\n")
        yield lines + newline
    yield begun


def _shown(text: str, output: PageOutput) -> str:
    """What a terminal gets instead of data that go on to a file or a program, which are never changed."""
    return visible_lines(text.replace("\r\n", "\n")) if output is PageOutput.csv else visible_json(text)
