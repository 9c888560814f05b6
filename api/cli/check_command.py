"""`supply-ledger check FILE`: what is still true of the numbers in a document."""

import sys
from enum import StrEnum
from inspect import Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.options import READ_PANEL, DataOption, PageOutput, given_parameters, keyword, option
from api.cli.question_command import Printing, show
from api.cli.record_commands import mapping_of
from api.cli.session import MISUSED, fail, opened, reporting
from api.formats.answer_file import Room
from api.questions.document_check import DOCUMENT, PARAMETERS, Checked, check_of_document, form_of_name
from api.questions.import_question import MAPPING
from api.questions.page import Page
from api.questions.repeated_question import asked
from api.settings import CHECK_MB
from ledger import Ledger, visible_lines

app = typer.Typer()
_STDIN = "-"
_KNOWN = tuple(one for one in PARAMETERS if one.name not in ("format", "safe", "set.*"))
_SHOWN = ("number", "quoted", "verdict", "said", "line", "cell")
"""What fits on a terminal."""


class CheckOutput(StrEnum):
    """How a check is printed or written."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"
    document = DOCUMENT


def _run(**given: Any) -> None:
    path, data, settings = given.pop("file"), given.pop("data"), given.pop("settings") or []
    output, target = given.pop("output"), given.pop("target")
    form = output or _form_of(target)
    if form is CheckOutput.xlsx and target is None and sys.stdout.isatty():
        fail("A terminal cannot show xlsx: give --output FILE.", code=MISUSED)
    raw = _read(path)
    parameters = given_parameters(_KNOWN, given)
    wanted = parameters.pop(MAPPING.name, None)
    if settings and wanted is None:
        fail("--set is for a mapping: name one with --mapping.", code=MISUSED)
    mapping = None if wanted is None else mapping_of(wanted, settings, data)
    with opened(data, make=False) as engine:
        with reporting():
            directory = engine.ledger.directory
            checked = asked(lambda: check_of_document(engine, raw, form_of_name(path), parameters, directory, mapping))
        _print(checked, form, target, engine.ledger, checked.document.form)


def _form_of(target: Path | None) -> CheckOutput:
    ending = "" if target is None else target.suffix.lower().removeprefix(".")
    if ending in ("json", "jsonl"):
        return CheckOutput(ending)
    return CheckOutput.table if target is None else CheckOutput.document


def _read(path: str) -> bytes:
    largest = CHECK_MB.value()
    try:
        if path == _STDIN:
            raw = sys.stdin.buffer.read(largest + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(largest + 1)
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.", code=MISUSED)
    if len(raw) > largest:
        fail(f"{path} is larger than {largest // 1024**2} MiB ({CHECK_MB.variable}): check it in parts.")
    return raw


def _print(checked: Checked, form: CheckOutput, target: Path | None, ledger: Ledger, sent: str) -> None:
    room = Room(ledger.directory)
    if form is not CheckOutput.document:
        page = checked.page()
        if form is CheckOutput.table:
            page = page.with_items([{name: one[name] for name in _shown(page)} for one in page.rows()])
            page = Page(page.items, page.basis, more={"summary": page.more["counts"]})
        show(page, Printing(PageOutput(form.value), target), title="numbers", columns=_shown(page), room=room)
        return
    marked = checked.marked()
    if isinstance(marked, Page):
        output = PageOutput(sent) if sent in ("csv", "xlsx") else PageOutput.json
        if output is PageOutput.xlsx and target is None:
            fail("A workbook is for a file: name one with --output.", code=MISUSED)
        show(marked, Printing(output, target), title="rows", room=room)
    elif target is None:
        print(visible_lines(marked) if sys.stdout.isatty() else marked, end="")
    else:
        try:
            target.write_text(marked, encoding="utf-8")
        except OSError as error:
            fail(f"Cannot write {target}: {error.strerror}.")


def _shown(page: Page) -> tuple[str, ...]:
    rows = page.rows()
    return tuple(name for name in _SHOWN if any(one.get(name) is not None for one in rows)) or _SHOWN


_FILE = Annotated[
    str,
    typer.Argument(
        help="Text, Markdown, HTML, CSV, Excel, or a JSON list of claims, by the ending of its name; - is the "
        "standard input.",
        metavar="FILE",
    ),
]
_TARGET = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="A file to write: the document with its marks, if not .json or .jsonl."),
]
_SETTINGS = Annotated[
    list[str] | None, typer.Option("--set", help="What a parameter of the mapping is.", metavar="NAME=VALUE")
]
_arguments = [
    keyword("file", _FILE, ...),
    *(option(one) for one in _KNOWN),
    keyword("settings", _SETTINGS, None),
    keyword(
        "output",
        Annotated[
            CheckOutput | None,
            typer.Option("--format", help="How to print. Default: a table, and of --output the document."),
        ],
        None,
    ),
    keyword("target", _TARGET, None),
    keyword("data", DataOption, None),
]
_run.__signature__ = Signature(_arguments)  # type: ignore[attr-defined]
_run.__annotations__ = {one.name: one.annotation for one in _arguments}
app.command(
    "check",
    help="What is still true of the numbers in a document: current, superseded, misquoted, never said.",
    rich_help_panel=READ_PANEL,
)(_run)
