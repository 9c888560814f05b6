"""`supply-ledger backup` and `restore`: a ledger in one file, and a ledger made of it, or of segments of its log, after
all is verified.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.cli.options import OPERATION_PANEL, DataOption
from api.cli.segment_transfers import check_apart, checked_in_segments, holds_rows, is_address, restored_from_segments
from api.cli.session import FAILED, MISUSED, fail, opened_ledger, reporting
from api.cli.terminal import console
from api.distribution import installed_version
from api.keys.key_file import KEYS_FILE
from api.operations.care_records import BackupRecord, instant_now, keep_record
from api.settings import DataDirectory, data_directory
from ledger import log_is_there, visible
from ledger.backups import KeptCheckpoint, Restored, check_backup, make_backup, restore
from ledger.proof import WITNESS_FILE, WITNESS_KEY_FILE, NoteError, VerifierKey

CARRIED = (KEYS_FILE, WITNESS_FILE, WITNESS_KEY_FILE)
"""What a ledger that takes the place of another keeps of it: who may ask, and what it has signed as a witness."""

app = typer.Typer()


@app.command("backup", rich_help_panel=OPERATION_PANEL)
def backup_command(
    file: Annotated[Path, typer.Argument(help="The file to make; one that is there is never replaced.")],
    data: DataOption = None,
) -> None:
    """Copy the log and what belongs to it into one file, while others may go on writing.

    The secrets of the ledger, its signing key and the keys of its users, are not in it.
    """
    at = datetime.now(UTC)
    check_apart(str(file), data)
    with opened_ledger(data, make=False) as ledger, _bar() as bar:
        manifest = make_backup(
            ledger, file, at=at, program=installed_version(), copied=bar("Copying the log"), packed=bar("Packing")
        )
        record = BackupRecord(instant_now(at), manifest.position, manifest.root, str(file.absolute()))
        directory = data_directory(data).path
        try:
            keep_record(directory, record)
        except OSError as error:
            _say(f"It could not be noted in {directory}: {error.strerror}.")
    _say(f"Backed up {manifest.position} events of {manifest.ledger} into {file}.")
    _say(f"The root of the log is {manifest.root}. Try the file with `supply-ledger restore FILE --check`.")


@app.command("restore", rich_help_panel=OPERATION_PANEL)
def restore_command(
    source: Annotated[
        str, typer.Argument(help="A backup; or where segments of a log were exported to.", metavar="FILE|PLACE")
    ],
    check: Annotated[bool, typer.Option("--check", help="Verify it all, and change nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Where a ledger is there: keep it beside, under another name.")
    ] = False,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that was kept elsewhere, which the backup must not contradict.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The verifier key of whoever signed the checkpoint. Default: the backup's.")
    ] = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Restore though the checkpoint has events that the backup has not.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Verify a backup, or exported segments, and make a data directory from it; from segments, a database too.

    The restored ledger has a new identity and a new signing key: it and the one that was backed up may go different
    ways, and never sign under one name.
    """
    if checkpoint is None and (key is not None or accept_loss):
        fail("--key and --accept-loss are about a --checkpoint.", code=MISUSED)
    kept = None if checkpoint is None else KeptCheckpoint(_note_in(checkpoint), _keys(key))
    place = data_directory(data)
    if place.address is None:
        with reporting():
            log_is_there(place.location)  # It says what is meant as the address of a database, and is none.
    if is_address(source) or Path(source).is_dir():
        if holds_rows(source):
            fail(
                f"{source} is an export for `import`, and no copy to restore.",
                "Take it in with `supply-ledger import DIR --as-recorded`.",
            )
        _restore_segments(source, place, kept, check=check, accept_loss=accept_loss, replace=replace)
        return
    file = Path(source)
    if place.address is not None and not check:
        fail(
            f"A backup is restored into a directory, and {place.name} is a database.",
            "Restore it into one with --data DIR, and move that: `export --segments PLACE`, then `restore PLACE --data "
            "postgresql://…`.",
            "A backup of the database itself is restored with its own programs (pg_restore).",
            code=MISUSED,
        )
    directory = place.path
    with reporting(), _bar() as bar:
        unpacked = bar("Unpacking")
        try:
            if check:
                done = check_backup(file, file.absolute().parent, kept=kept, accept_loss=accept_loss, progress=unpacked)
            else:
                done = restore(
                    file,
                    directory,
                    at=datetime.now(UTC),
                    replace=replace,
                    kept=kept,
                    accept_loss=accept_loss,
                    carried=CARRIED,
                    progress=unpacked,
                )
        except OSError as error:
            absent = isinstance(error, FileNotFoundError) and not file.exists()
            fail(f"Cannot {_done(check, file, directory)}: {error.strerror}.", code=MISUSED if absent else FAILED)
    _tell(done, directory)


def _done(check: bool, source: object, place: object) -> str:
    return f"read {source}" if check else f"restore {source} into {place}"


def _restore_segments(
    source: str, place: DataDirectory, kept: KeptCheckpoint | None, *, check: bool, accept_loss: bool, replace: bool
) -> None:
    if place.address is not None and replace:
        fail("--replace keeps a directory beside the new one; in a database, name another schema.", code=MISUSED)
    with reporting():
        try:
            if check:
                done = checked_in_segments(source, kept, accept_loss=accept_loss)
            else:
                done = restored_from_segments(
                    source, place, kept, accept_loss=accept_loss, replace=replace, carried=CARRIED
                )
        except OSError as error:
            fail(f"Cannot {_done(check, source, place.name)}: {error.strerror}.")
    _tell(done, place.name, what="export")


def _tell(done: Restored, directory: Path | str, *, what: str = "backup") -> None:
    manifest = done.manifest
    of = f"{manifest.position} events of {manifest.ledger}, as of {manifest.created_at}, root {manifest.root}"
    if done.identity is None:
        _say(f"The {what} is whole: {of}. Nothing was changed.")
    else:
        _say(f"Restored into {directory}: {of}.")
        _say(f"It goes on as {done.identity}, with a signing key of its own; tell its witnesses and its readers.")
    if done.lost is not None:
        _say(f"Lost, as the checkpoint says: positions {done.lost[0]} to {done.lost[1]}.")
    if done.aside is not None:
        _say(f"What was there before is in {done.aside}.")


def _note_in(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"Cannot read the checkpoint in {path}: {error.strerror}.", code=MISUSED)


def _keys(text: str | None) -> tuple[VerifierKey, ...]:
    try:
        return () if text is None else (VerifierKey.parse(text),)
    except NoteError as error:
        fail(f"--key is no verifier key: {error}.", code=MISUSED)


@contextmanager
def _bar() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Bars on the terminal, one for each part of the work."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:

        def bar(description: str) -> Callable[[int, int], None]:
            task = progress.add_task(description, total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield bar


def _say(text: str) -> None:
    console().print(visible(text), markup=False, highlight=False)
