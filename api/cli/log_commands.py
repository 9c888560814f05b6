"""`supply-ledger events`: the log in order."""

import typer

from api.cli.options import READ_PANEL
from api.cli.question_command import add_question
from api.questions.parameters import VIEWPOINT
from api.questions.resources import EVENT_FILTERS, events

app = typer.Typer()
add_question(
    app, "events", "The log in order, as it was recorded.", (*EVENT_FILTERS, *VIEWPOINT), events, panel=READ_PANEL
)
