"""`supply-ledger sql`: one SELECT over the public tables at a viewpoint; without one, which tables there are."""

from dataclasses import replace
from inspect import Signature
from typing import Annotated, Any

import typer
from rich.table import Table

from api.cli.options import READ_PANEL, PageOutput, keyword, option, page_options
from api.cli.question_command import Printing, page_parameters, printing_of, show
from api.cli.session import MISUSED, fail, opened
from api.cli.terminal import console
from api.formats.answer_file import Room
from api.questions.page import Page
from api.questions.parameters import VIEWPOINT
from api.questions.repeated_question import asked
from api.questions.sql_question import sandbox_limits, schema_page, sql_page
from projections import Engine
from projections.sandbox import Sandbox

app = typer.Typer()
TABLE_ROWS = 100
"""So many rows are printed as a table where no limit is given."""


def _run(**given: Any) -> None:
    printing, data = printing_of(given), given.pop("data")
    sql, limit = given.pop("statement"), given.pop("limit")
    statement = {name: value for name, value in given.items() if value is not None}
    if sql is None and (statement or limit is not None):
        fail("There is no statement to answer: give one SELECT, or nothing at all to see the tables.", code=MISUSED)
    with opened(data, make=False) as engine, Sandbox(replace(sandbox_limits(), children=1)) as sandbox:
        if sql is None:
            _show_tables(schema_page(engine, sandbox), printing)
            return
        if limit is None and printing.output is PageOutput.table:
            limit = TABLE_ROWS
        parameters = page_parameters(printing, limit)
        page = asked(lambda: sql_page(engine, sandbox, {**statement, "sql": sql}, parameters))
        _show(page, printing, engine)


def _show(page: Page, printing: Printing, engine: Engine) -> None:
    cut = page.more.get("cut")
    if printing.output is not PageOutput.json:
        page = replace(page, more={})
    columns = tuple(page.items.column_names) if not isinstance(page.items, list) else ()
    show(page, printing, title="rows", columns=columns, room=Room(engine.ledger.directory))
    if cut is not None:
        console(stderr=True).print(f"{cut['detail'][:1].upper()}{cut['detail'][1:]}.", markup=False, highlight=False)


def _show_tables(page: Page, printing: Printing) -> None:
    if printing.output is not PageOutput.table:
        show(page, printing, title="tables")
        return
    out = console()
    table = Table("table", "what a row is", "columns", title="What SQL can read", title_justify="left")
    for item in page.rows():
        columns = ", ".join(f"{one['name']} {one['type']}" for one in item["columns"])
        table.add_row(item["name"], item["description"], columns)
    out.print(table)
    for example in page.more["examples"]:
        out.print(f"\n-- {example['says']}\n{example['sql']}", markup=False, highlight=False)


_STATEMENT = Annotated[
    str | None, typer.Argument(help="One SELECT. Without one: the tables that there are, and examples.", metavar="SQL")
]
_arguments = [
    keyword("statement", _STATEMENT, None),
    *(option(one) for one in VIEWPOINT),
    *page_options(),
]
_run.__signature__ = Signature(_arguments)  # type: ignore[attr-defined]
_run.__annotations__ = {one.name: one.annotation for one in _arguments}
app.command(
    "sql",
    help="One SELECT over the public tables, cut to the viewpoint: what no other command asks.",
    rich_help_panel=READ_PANEL,
)(_run)
