"""`supply-ledger history`: how a figure got where it is, by its id or by the words that say which one is meant; or how
a thing that holds over time did, such as a policy or a plant, by its slug.
"""

import sys
from dataclasses import replace
from inspect import Signature
from typing import Annotated, Any

import typer

from api.cli.options import READ_PANEL, given_parameters, keyword, option, page_options
from api.cli.question_command import page_parameters, printing_of, show
from api.cli.session import FAILED, MISUSED, fail, opened
from api.cli.terminal import console, text_table
from api.formats.answer_file import Room
from api.questions.figure_words import WORDS, FiguresMeant, figures_meant
from api.questions.name_hints import name_lines
from api.questions.parameters import VIEWPOINT, Parameter
from api.questions.repeated_question import asked
from api.questions.resources import CLOCK, history
from api.questions.thing_history import CHOICE, RELATIONSHIP, WITH_HISTORY, thing_history
from api.questions.unit_conversion import CONVERSION
from ledger import visible_lines
from projections import Engine

app = typer.Typer()
_NO_WORDS = (CLOCK.name, *(one.name for one in CONVERSION))
_OF_THINGS = tuple(
    replace(one, description=f"Of things that hold over time: {one.description[0].lower()}{one.description[1:]}")
    for one in CHOICE
)
_HOW = (CLOCK, *CONVERSION, *VIEWPOINT)
_OF = {str(one.slug): one for one in WITH_HISTORY}
_THINGS = tuple(
    Parameter(name, f"One of the {one.name}: {RELATIONSHIP.lower() if one.known_by else 'its slug'}.")
    for name, one in _OF.items()
)


def _run(**given: Any) -> None:
    printing, data, figure_id = printing_of(given), given.pop("data"), given.pop("figure_id")
    words = given_parameters(WORDS, given)
    how = given_parameters(_HOW, given)
    thing = given_parameters(_THINGS, given)
    choice = given_parameters(_OF_THINGS, given)
    if (figure_id is not None) + bool(words) + len(thing) != 1:
        fail(
            "Give the id of a figure, or words that say which one (--subject, --metric, --period, …), or one thing "
            f"({', '.join(f'--{one.name}' for one in _THINGS)}).",
            code=MISUSED,
        )
    if thing and any(one.name in how for one in CONVERSION):
        fail("--unit is of figures: things that hold over time have none.", code=MISUSED)
    if choice and not thing:
        fail("--publisher and --prefer are of things that hold over time: a figure's history has all.", code=MISUSED)
    parameters = {**page_parameters(printing, given["limit"]), **how, **choice}
    with opened(data, make=False) as engine:
        if thing:
            ((kind, name),) = thing.items()
            page = asked(lambda: thing_history(engine, _OF[kind], name, parameters))
            show(page, printing, title=f"history of {name}", room=Room(engine.ledger.directory))
            return
        chosen = figure_id or asked(lambda: _meant(engine, {**words, **how}))
        page = asked(lambda: history(engine, chosen, parameters))
        show(page, printing, title=f"history of {chosen}", room=Room(engine.ledger.directory))


def _meant(engine: Engine, parameters: dict[str, str]) -> str:
    """The id of the figure that words mean. Fails where they mean none, or several, which it lists."""
    meant = figures_meant(engine, {name: text for name, text in parameters.items() if name not in _NO_WORDS})
    for line in name_lines(meant.members):
        print(visible_lines(line), file=sys.stderr)
    if not meant.figures:
        fail("Nothing is said of such a figure at this viewpoint.")
    if meant.total > 1:
        _list(meant)
        raise typer.Exit(FAILED)
    return str(meant.figures[0]["figure_id"])


def _list(meant: FiguresMeant) -> None:
    out = console(stderr=True)
    rows = [list(one.values()) for one in meant.figures]
    out.print(text_table(f"{meant.total} figures are meant", list(meant.figures[0]), rows))
    more = f" The first {len(rows)} are listed." if meant.total > len(rows) else ""
    out.print(f"Say more, or give the id of one of them.{more}", highlight=False)


_ID = Annotated[str | None, typer.Argument(help="The figure's id, as `figures --format json` gives it.")]
_arguments = [
    keyword("figure_id", _ID, None),
    *(option(one) for one in (*WORDS, *_THINGS, *_OF_THINGS, *_HOW)),
    *page_options(),
]
_run.__signature__ = Signature(_arguments)  # type: ignore[attr-defined]
_run.__annotations__ = {one.name: one.annotation for one in _arguments}
app.command(
    "history",
    help="How a figure, or a thing that holds over time, got where it is: what the world said, or what this ledger "
    "answered. A figure is named by its id, or by what it is: --subject, --metric, --period, …; a thing by its slug: "
    "--policy, --facility, …",
    rich_help_panel=READ_PANEL,
)(_run)
