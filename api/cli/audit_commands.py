"""The commands of the audit: one for each of its questions."""

import typer

from api.cli.options import AUDIT_PANEL
from api.cli.question_command import add_question
from api.questions.audit import AUDIT_QUESTIONS

app = typer.Typer()

for _question in AUDIT_QUESTIONS:
    add_question(
        app,
        _question.name,
        f"{_question.summary}.",
        _question.parameters,
        _question.ask,
        panel=AUDIT_PANEL,
        columns_of=_question.columns_of,
    )
