"""Verdicts given back: a table that was refused, written again with what is wrong with its rows."""

from pathlib import Path

from api.cli.session import fail
from api.cli.terminal import console
from api.settings import import_limits
from ledger import FileError, ImportReport, TableMapping, free_verdicts_path, write_verdicts


def are_wanted(file: Path, target: Path | None, mapping: TableMapping | None) -> bool:
    """Whether a file comes back where something in it is wrong: where somebody says so, and a sheet that was filled in.

    Fails where there is another file in its place.
    """
    if target is not None and target.exists():
        fail(f"{target} is there already, and nothing is written over it.")
    return target is not None or (mapping is None and file.suffix.lower() == ".xlsx")


def give_back(
    report: ImportReport, file: Path, target: Path | None, *, mapping: TableMapping | None, member: str | None
) -> None:
    """Write the file again, where rows of it were rejected."""
    if not report.verdicts:
        return
    form = None if mapping is None else mapping.table
    try:
        path = target or free_verdicts_path(file)
        write_verdicts(file, path, report.verdicts, import_limits(), form=form, member=member)
    except FileError as error:
        fail(f"No verdicts were written: {error}.")
    except OSError as error:
        fail(f"No verdicts were written: {error.strerror}.")
    console().print(
        f"What is wrong stands in the column `verdict` of {path}: mend it there, and import it.", highlight=False
    )
