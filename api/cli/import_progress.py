"""Imports with a bar on the terminal that says how far a file has been read."""

from pathlib import Path
from typing import Unpack

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.terminal import console
from api.settings import import_limits
from ledger import ImportChoices, ImportReport, Ledger, import_file, visible


def import_with_progress(
    ledger: Ledger, file: Path, *, member: str | None = None, **chosen: Unpack[ImportChoices]
) -> ImportReport:
    """Import a file. Raises ValueError for a file of an unknown kind, and for options that cannot be."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(visible(f"Reading {file.name}"), total=file.stat().st_size)
        return import_file(
            ledger,
            file,
            member=member,
            progress=lambda done: progress.update(task, completed=done),
            limits=import_limits(),
            **chosen,
        )
