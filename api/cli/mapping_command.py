"""`supply-ledger mapping`: files that say how a table becomes events."""

import json
from pathlib import Path
from typing import Annotated

import typer

from api.cli.import_table import print_import
from api.cli.options import DataOption, one_of
from api.cli.record_commands import PANEL, HiddenOption, MemberOption, SetOption, mapping_of
from api.cli.session import FAILED, fail, opened_ledger
from api.cli.terminal import console, text_table
from api.settings import DataPlace, data_directory, import_limits
from ledger import (
    FileError,
    MappingError,
    import_file,
    mapping_schema,
    ready_made_mappings,
    save_mapping,
    saved_mappings,
    suggested_mapping,
    unpacked,
    visible,
)

NOT_GUESSED = ("# No column ", "# No unit ", "# Not understood", "# period = ?", "# '")
"""How lines of a draft begin that say what nobody could guess."""
ACTIONS = ("list", "suggest", "check", "save", "schema")

app = typer.Typer()


@app.command("mapping", rich_help_panel=PANEL)
def mapping_command(
    action: Annotated[str, typer.Argument(help="list, suggest, check, save or schema.", metavar="ACTION")],
    file: Annotated[Path | None, typer.Argument(help="The table; of save, the mapping.", metavar="FILE")] = None,
    mapping: Annotated[str | None, typer.Option(help="Of check: its name, or a file.", metavar="NAME|FILE")] = None,
    said: SetOption = None,
    register: Annotated[str | None, typer.Option(help="Register unknown names as this kind of entity.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of suggest: the encoding, where it is not UTF-8.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of suggest: the sheet of a workbook.")] = None,
    no_hidden: HiddenOption = False,
    member: MemberOption = None,
    data: DataOption = None,
) -> None:
    """Draft, try and keep mappings: `list` names those there are; `suggest` drafts one for a table; `check` says what
    an import with it would do; `save` keeps one with the ledger, by name and version; `schema` prints their schema.
    """
    one_of("ACTION", action, ACTIONS)
    if action == "schema":
        typer.echo(json.dumps(mapping_schema(), indent=2))
        return
    if action == "list":
        _list(data)
        return
    if file is None:
        fail(f"mapping {action} needs a file: name one.", code=2)
    if not file.is_file():
        fail(f"There is no file {file}.", code=2)
    try:
        if action == "suggest":
            with file.open("rb") as opened, unpacked(opened, file.name, import_limits(), member=member) as plain:
                draft = suggested_mapping(plain.file, plain.name, encoding=encoding, sheet=sheet, hidden=not no_hidden)
            typer.echo(draft, nl=False)
            for line in draft.splitlines():
                if line.startswith(NOT_GUESSED):
                    console(stderr=True).print(visible(line[2:]), markup=False, highlight=False)
        elif action == "save":
            path = save_mapping(file, data_directory(data).path)
            console().print(f"Saved as {path.stem}: import FILE --mapping {path.stem}", markup=False, highlight=False)
        else:
            if mapping is None:
                fail("mapping check needs --mapping NAME or a file.", code=2)
            chosen = mapping_of(mapping, said, data, no_hidden=no_hidden)
            with opened_ledger(data, make=True) as ledger:
                report = import_file(
                    ledger,
                    file,
                    member=member,
                    mapping=chosen,
                    register=register,
                    dry_run=True,
                    mode="proceed",
                )
            print_import(report, atomic=False, file=file)
            if report.rejected:
                raise typer.Exit(FAILED)
    except (MappingError, FileError) as error:
        fail(str(error))
    except ValueError as error:
        fail(str(error), code=2)


def _list(data: DataPlace | None) -> None:
    rows = [[one.name, str(one.version), "comes with the program", one.about] for one in ready_made_mappings().values()]
    for name, paths in saved_mappings(data_directory(data).path).items():
        rows += [[name, path.stem.partition("@")[2], "saved", str(path)] for path in paths]
    console().print(text_table("Mappings", ["name", "version", "where", "about"], rows))
