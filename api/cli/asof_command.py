"""`supply-ledger asof FILE`: a table of questions about figures, each at a point in time of its own."""

import sys
from enum import StrEnum
from inspect import Signature
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import typer

from api.cli.options import (
    FOR_PROGRAMS,
    READ_PANEL,
    DataOption,
    PageOutput,
    SafeOption,
    given_parameters,
    keyword,
    option,
)
from api.cli.question_command import Printing, show
from api.cli.session import MISUSED, fail, opened, reporting
from api.formats.answer_file import Room
from api.formats.negotiation import FORMATS
from api.formats.render import page_file
from api.formats.sent_tables import format_of, sent_table
from api.questions.page import Page
from api.questions.point_question import BESIDE, PARAMETERS, point_page
from api.questions.repeated_question import asked
from api.settings import ASOF_ROWS
from ledger import Ledger
from projections import QUESTION_COLUMNS

app = typer.Typer()
STANDARD = "-"
_KNOWN = tuple(one for one in PARAMETERS if one.name not in ("format", "safe"))
_ENDINGS = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".arrow": "arrow"}
_SHOWN = ("subject", "metric", "period", "as_of", "value", "unit", "publisher", "reason")
"""What fits on a terminal."""


class TableOutput(StrEnum):
    """How the table is printed or written."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    arrow = "arrow"


def _run(**given: Any) -> None:
    path, data, safe = given.pop("file"), given.pop("data"), given.pop("safe")
    output, target = given.pop("output"), given.pop("target")
    form = output or _form_of(target)
    if safe and form is not TableOutput.csv:
        fail(f"--safe is for --format csv, not {form.value}.", code=MISUSED)
    if form in (TableOutput.parquet, TableOutput.arrow) and target is None and sys.stdout.isatty():
        fail(f"--format {form.value} is not for a terminal: name a file with --output.", code=MISUSED)
    raw = _read(path)
    with opened(data, make=False) as engine:
        parameters = {**given_parameters(_KNOWN, given), "format": "csv" if form is TableOutput.table else form.value}
        with reporting():
            table = sent_table(raw, format_of(raw), rows_max=ASOF_ROWS.value(), packed=True)
            page = asked(lambda: point_page(engine, table, parameters))
        _print(page, form, target, engine.ledger, safe=safe)


def _form_of(target: str | None) -> TableOutput:
    if target is None or target == STANDARD:
        return TableOutput.table if sys.stdout.isatty() or target is None else TableOutput.csv
    ending = Path(target).suffix.lower()
    if ending not in _ENDINGS:
        fail(f"{target} ends like no format: give one by --format, or end it with one of {', '.join(_ENDINGS)}.")
    return TableOutput(_ENDINGS[ending])


def _read(path: str) -> bytes:
    if path == STANDARD:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.", code=MISUSED)


def _print(page: Page, form: TableOutput, target: str | None, ledger: Ledger, *, safe: bool) -> None:
    room = Room(ledger.directory)
    to_file = target is not None and target != STANDARD
    if not to_file and form.value in [one.value for one in PageOutput if one not in FOR_PROGRAMS]:
        names = page.items.column_names if not isinstance(page.items, list) else []
        shown = (f"{BESIDE}{name}" if f"{BESIDE}{name}" in names else name for name in _SHOWN)
        columns = tuple(name for name in shown if name in names)
        show(page, Printing(PageOutput(form.value), safe=safe), title="questions", columns=columns, room=room)
        return
    if form in (TableOutput.table, TableOutput.json):
        fail(f"--format {form.value} is for the screen: write jsonl, csv, parquet or arrow to a file.", code=MISUSED)
    file = page_file(page, next(one for one in FORMATS if one.name == form.value), safe=safe, room=room)
    if not to_file:
        _copy(file.blocks(), sys.stdout.buffer)
        return
    try:
        with Path(cast(str, target)).open("wb") as written:
            _copy(file.blocks(), written)
    except OSError as error:
        fail(f"Cannot write {target}: {error.strerror}.")
    typer.echo(f"{len(page.items):,} rows in {target}", err=True)


def _copy(blocks: Any, target: BinaryIO) -> None:
    for block in blocks:
        target.write(block)
    target.flush()


_FILE = Annotated[
    str,
    typer.Argument(
        help="CSV, JSON, JSON Lines, Parquet or Arrow; - is the standard input. Columns: "
        f"{', '.join(QUESTION_COLUMNS)}, dimension.NAME; others come back as they are.",
        metavar="FILE",
    ),
]
_TARGET = Annotated[
    str | None, typer.Option("--output", "-o", help="A file to write; - is the standard output.", metavar="FILE")
]
_arguments = [
    keyword("file", _FILE, ...),
    *(option(one) for one in _KNOWN),
    keyword(
        "output",
        Annotated[TableOutput | None, typer.Option("--format", help="How to print. Default: the ending of --output.")],
        None,
    ),
    keyword("target", _TARGET, None),
    keyword("safe", SafeOption, False),
    keyword("data", DataOption, None),
]
_run.__signature__ = Signature(_arguments)  # type: ignore[attr-defined]
_run.__annotations__ = {one.name: one.annotation for one in _arguments}
app.command(
    "asof",
    help="A table of questions about figures, each at a point in time of its own, with the answers beside them.",
    rich_help_panel=READ_PANEL,
)(_run)
