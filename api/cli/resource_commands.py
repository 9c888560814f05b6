"""The reading commands, made from the catalogue: one per projection, its filters as options."""

from functools import partial

import typer

from api.cli.options import READ_PANEL
from api.cli.question_command import add_question
from api.questions.page import Page
from api.questions.resources import list_parameters_of, state
from projections import CATALOGUE, Engine, Projection

app = typer.Typer()


def _ask(projection: Projection, engine: Engine, parameters: dict[str, str]) -> Page:
    return state(engine, projection, parameters)


for _projection in CATALOGUE.values():
    add_question(
        app,
        _projection.name,
        _projection.description,
        list_parameters_of(_projection),
        partial(_ask, _projection),
        panel=READ_PANEL,
    )
