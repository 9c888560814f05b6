"""`supply-ledger verify`: whether anybody touched the log."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.options import OPERATION_PANEL, DataOption
from api.cli.session import FAILED, MISUSED, fail, opened_ledger
from api.cli.terminal import console
from api.operations.care_records import keep_record
from api.operations.verification_run import record_of
from api.settings import DataPlace, data_directory
from ledger import Verification, visible
from ledger.proof import NoteError, VerifierKey

app = typer.Typer()


@app.command("verify", rich_help_panel=OPERATION_PANEL)
def verify_command(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A signed checkpoint that was kept elsewhere; may be given often.", metavar="FILE"),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A verifier key of which one must have signed it; by default this log's own.", metavar="KEY"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    data: DataOption = None,
) -> None:
    """Recompute the whole log from its bytes, and say what is not as it was recorded. Ends with 1 where anything is."""
    try:
        keys = [VerifierKey.parse(one) for one in key or ()]
        kept = [(path.read_bytes(), keys) for path in checkpoint or ()]
    except NoteError as error:
        fail(f"This is no verifier key: {error}.", code=MISUSED)
    except OSError as error:
        fail(f"Cannot read {error.filename}: {error.strerror}.", code=MISUSED)
    with opened_ledger(data, make=False) as ledger:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            task = progress.add_task("Verifying events", total=ledger.head())
            found = ledger.verify(checkpoints=kept, progress=lambda done: progress.update(task, completed=done))
    if not kept:  # A checkpoint that does not fit may be of another ledger, which is no fault of this one.
        _keep(found, data)
    print(_as_json(found)) if as_json else _say(found, checkpoints=len(kept))
    if found.faults:
        raise typer.Exit(FAILED)


def _keep(found: Verification, data: DataPlace | None) -> None:
    """Note the verification beside the log, for the server and for `doctor`."""
    directory = data_directory(data).path
    try:
        keep_record(directory, record_of(found))
    except OSError as error:
        console(stderr=True).print(visible(f"It could not be noted in {directory}: {error.strerror}."), markup=False)


def _as_json(found: Verification) -> str:
    faults = [{"position": fault.position, "detail": visible(fault.detail)} for fault in found.faults]
    return json.dumps({"size": found.size, "root": found.root.hex(), "whole": not faults, "faults": faults})


def _say(found: Verification, *, checkpoints: int) -> None:
    out = console()
    for fault in found.faults:
        place = "The log" if fault.position is None else f"Position {fault.position}"
        out.print(visible(f"{place}: {fault.detail}."), markup=False, highlight=False, style="red")
    if found.faults:
        out.print("The log is not what was recorded. Do not append to it; restore a backup.", highlight=False)
        return
    out.print(f"{found.size} events are as they were recorded and sealed.", highlight=False)
    out.print(f"Root: {found.root.hex()}", highlight=False)
    if not checkpoints:
        out.note("Who has the log's key could still have made it anew: keep a checkpoint elsewhere (--checkpoint).")
