"""`supply-ledger events` and `history`: the log in order, and how a figure got where it is."""

from typing import Annotated

import typer

from api.cli.options import READ_PANEL, DataOption, LimitOption, Output, SafeOption
from api.cli.question_command import add_question, check_safe, page_parameters, show
from api.cli.session import asked, opened
from api.formats.answer_file import Room
from api.questions.parameters import VIEWPOINT
from api.questions.resources import CLOCK, EVENT_FILTERS, events, history

app = typer.Typer()
add_question(
    app, "events", "The log in order, as it was recorded.", (*EVENT_FILTERS, *VIEWPOINT), events, panel=READ_PANEL
)


@app.command("history", rich_help_panel=READ_PANEL)
def read_history(
    figure_id: Annotated[str, typer.Argument(help="The figure's id, as `figures --format json` gives it.")],
    clock: Annotated[str, typer.Option(help=CLOCK.description.replace("`", ""))] = "publication",
    as_of: Annotated[str | None, typer.Option(help=VIEWPOINT[0].description)] = None,
    recorded_as_of: Annotated[str | None, typer.Option(help=VIEWPOINT[1].description)] = None,
    limit: LimitOption = None,
    output: Annotated[Output, typer.Option("--format", help="How to print.")] = Output.table,
    safe: SafeOption = False,
    data: DataOption = None,
) -> None:
    """How a figure got where it is: what the world said, or what this ledger answered."""
    check_safe(output, safe=safe)
    given = {"clock": clock, "as_of": as_of, "recorded_as_of": recorded_as_of}
    stated = {name: value for name, value in given.items() if value is not None}
    parameters = {**page_parameters(output, limit), **stated}
    title = f"history of {figure_id}"
    with opened(data, make=False) as engine:
        room = Room(engine.ledger.directory)
        asked(lambda: show(history(engine, figure_id, parameters), output, safe=safe, title=title, room=room))
