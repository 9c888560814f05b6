"""Exports in segments, and restores from them, as the commands `export` and `restore` say them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.options import Output
from api.cli.session import opened_ledger
from api.cli.terminal import console
from api.distribution import installed_version
from api.operations.care_records import BackupRecord, instant_now, keep_record
from api.settings import DataDirectory, DataPlace, data_directory
from ledger import visible
from ledger.backups import KeptCheckpoint, Restored
from ledger.segments import (
    SEGMENTS_MANIFEST,
    check_segments,
    export_segments,
    restore_segments,
    restore_segments_into_database,
    storage_place,
)


def is_address(place: str) -> bool:
    """Whether a place is named by an address such as `s3://bucket/ledger`, and not by a path."""
    return "://" in place


def export_in_segments(place: str, data: DataPlace | None, *, output: Output) -> None:
    """Bring the segments in a place up to date, and say what was done. Raises what `reporting` says."""
    at = datetime.now(UTC)
    with opened_ledger(data, make=False) as ledger, _bar("Writing events") as progress:
        there = storage_place(place)
        done = export_segments(ledger, there, at=at, program=installed_version(), progress=progress)
        manifest = done.manifest
        record = BackupRecord(instant_now(at), manifest.position, manifest.root, there.name)
        directory = data_directory(data).path
        try:
            keep_record(directory, record)
        except OSError as error:
            _say(f"It could not be noted in {directory}: {error.strerror}.")
    if output is Output.json:
        said = {
            "place": there.name,
            "ledger": manifest.ledger,
            "position": manifest.position,
            "root": manifest.root,
            "segments": len(manifest.segments),
            "bytes": sum(one.bytes for one in manifest.segments),
            "segments_written": done.written,
            "events_read": done.rows_read,
        }
        print(json.dumps(said, indent=2))
        return
    count = len(manifest.segments) + len(manifest.requests)
    in_segments = f"in {count} segment{'' if count == 1 else 's'}, {done.written} of them new"
    _say(f"{there} has {manifest.position} events of {manifest.ledger} {in_segments}.")
    _say(f"The root of the log is {manifest.root}. Try them with `supply-ledger restore {there} --check`.")


def checked_in_segments(place: str, kept: KeptCheckpoint | None, *, accept_loss: bool) -> Restored:
    """Verify an export in segments."""
    with _bar("Verifying events") as progress:
        return check_segments(storage_place(place), kept=kept, accept_loss=accept_loss, progress=progress)


def restored_from_segments(
    place: str,
    target: DataDirectory,
    kept: KeptCheckpoint | None,
    *,
    accept_loss: bool,
    replace: bool,
    carried: tuple[str, ...],
) -> Restored:
    """Make a ledger from an export in segments, in a data directory or in a database."""
    there = storage_place(place)
    with _bar("Restoring events") as progress:
        if target.address is not None:
            return restore_segments_into_database(
                there, target.address, kept=kept, accept_loss=accept_loss, progress=progress
            )
        return restore_segments(
            there,
            target.path,
            at=datetime.now(UTC),
            replace=replace,
            kept=kept,
            accept_loss=accept_loss,
            carried=carried,
            progress=progress,
        )


def holds_rows(place: str) -> bool:
    """Whether a folder is an export for `import`, and has no segments."""
    folder = Path(place)
    return not is_address(place) and (folder / "events.jsonl").is_file() and not (folder / SEGMENTS_MANIFEST).exists()


@contextmanager
def _bar(description: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _say(text: str) -> None:
    console().print(visible(text), markup=False, highlight=False)
