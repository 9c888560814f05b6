"""`supply-ledger report`: writes a report to a file."""

from inspect import Parameter as Argument
from inspect import Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.options import AUDIT_PANEL, DataOption, given_parameters, keyword, option
from api.cli.session import MISUSED, fail, opened
from api.distribution import installed_version
from api.questions.repeated_question import asked
from api.reports.report_facts import PARAMETERS, Facts, gather
from api.reports.report_file import FORMS, file_name, written
from api.settings import DataPlace
from ledger import visible

STDOUT = Path("-")
_ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}
HELP = (
    "Write an audit report of figures, or with --resource of things that hold over time: the answer, its receipt, the "
    "chart of what was said, causes with sources, statistics, disputes. One self-contained HTML page, or Markdown, in "
    "the working directory unless --output says where."
)
_FIGURE = Annotated[str | None, typer.Argument(help="The figure's id; or select figures with the options.")]
_OUTPUT = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        help="A file; .html or .md decides the form. May be given several times; - is the terminal.",
        metavar="FILE",
    ),
]
_FORM = Annotated[str | None, typer.Option("--format", help="html (the default) or md.", metavar="FORM")]
_FORCE = Annotated[bool, typer.Option("--force", "-f", help="Write over a file that is there.")]


app = typer.Typer()


def _run(**given: Any) -> None:
    parameters = given_parameters(PARAMETERS, given)
    figure = given["figure"]
    if figure is not None:
        if "figure_id" in parameters:
            fail("The figure is given twice: as an argument and as --figure-id.", code=MISUSED)
        parameters["figure_id"] = figure
    write(parameters, given["output"] or [], form=given["form"], force=given["force"], data=given["data"])


_ARGUMENTS = [
    Argument("figure", Argument.KEYWORD_ONLY, default=None, annotation=_FIGURE),
    *map(option, PARAMETERS),
    keyword("output", _OUTPUT, None),
    keyword("form", _FORM, None),
    keyword("force", _FORCE, False),
    keyword("data", DataOption, None),
]
_run.__signature__ = Signature(_ARGUMENTS)  # type: ignore[attr-defined]
_run.__annotations__ = {one.name: one.annotation for one in _ARGUMENTS}
app.command("report", help=HELP, rich_help_panel=AUDIT_PANEL)(_run)


def write(
    parameters: dict[str, str], outputs: list[Path], *, form: str | None, force: bool, data: DataPlace | None
) -> None:
    """Write the report that parameters ask for to each of the files, or to one that is named after it."""
    if form is not None and form not in FORMS:
        fail(f"--format is {' or '.join(FORMS)}, not {form[:40]!r}.", code=MISUSED)
    forms = [_form_of(path, form) for path in outputs]
    for path in outputs:
        _check(path, force=force)
    with opened(data, make=False) as engine:
        facts = asked(lambda: gather(engine, parameters))
    if not facts.subjects:
        what = "figure" if facts.resource == "figures" else "thing"
        fail(
            f"There is no {what} to report on: nothing that was selected had been published by {facts.basis['as_of']} "
            f"and was held at {facts.basis['recorded_as_of']}.",
            f"See what there is with `supply-ledger {facts.resource}`, or move --as-of.",
        )
    if not outputs:
        chosen = form or "html"
        outputs, forms = [Path(file_name(facts, form=chosen))], [chosen]
        _check(outputs[0], force=force)
    for path, its_form in zip(outputs, forms, strict=True):
        _put(path, facts, its_form, force=force)


def _form_of(path: Path, form: str | None) -> str:
    """The form that a file's name asks for, which `--format` must not contradict."""
    if path == STDOUT:
        return form or "html"
    by_name = _ENDINGS.get(path.suffix.lower())
    if by_name is None:
        fail(f"{path}: the name of a report ends in .html or .md.", code=MISUSED)
    if form not in (None, by_name):
        fail(f"{path} is no name for --format {form}.", code=MISUSED)
    return by_name


def _check(path: Path, *, force: bool) -> None:
    if path != STDOUT and path.exists() and not force:
        fail(f"There is a file {path} already.", "Write over it with --force, or name another with --output.")


def _put(path: Path, facts: Facts, form: str, *, force: bool) -> None:
    text = written(facts, form=form, version=installed_version())
    if path == STDOUT:
        typer.echo(text, nl=False)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        fail(f"Cannot write {path}: {error.strerror}.")
    count, of_figures = len(facts.subjects), facts.resource == "figures"
    what = f"figure{'' if count == 1 else 's'}" if of_figures else facts.resource
    said = f"Wrote {path}: {count} {what}, as of {facts.basis['as_of']}."
    typer.echo(visible(said))
