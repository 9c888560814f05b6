"""Exports in segments, and restores from them, as the commands `export` and `restore` say them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.options import Output
from api.cli.session import engine_at, fail, opened_ledger
from api.cli.table_progress import make_tables
from api.cli.terminal import console
from api.distribution import installed_version
from api.operations.care_records import BackupRecord, instant_now, keep_record
from api.settings import DataDirectory, DataPlace, data_directory
from ledger import Ledger, PlaceError, visible
from ledger.backups import KeptCheckpoint, Restored
from ledger.proof import VerifierKey
from ledger.segments import (
    SEGMENTS_MANIFEST,
    SegmentManifest,
    check_segments,
    export_segments,
    restore_segments,
    restore_segments_into_database,
    storage_place,
)
from projections.transfers import TableExport, TableSupply, drop_outdated_tables, export_tables, workshop


def is_address(place: str) -> bool:
    """Whether a place is named by an address such as `s3://bucket/ledger`, and not by a path."""
    return "://" in place


def check_apart(place: str, data: DataPlace | None) -> None:
    """Whether a copy of a ledger that goes there would lie outside of its directory; else say so, and leave."""
    folder = Path(place.removeprefix("file://"))
    if folder.resolve().is_relative_to(data_directory(data).path.resolve()):
        fail(f"{folder} lies in the data directory, where a text that is erased later would stay: name another folder.")


def export_in_segments(place: str, data: DataPlace | None, *, with_tables: bool, output: Output) -> None:
    """Bring the segments in a place up to date, and perhaps the tables, and say what was done. Raises what `reporting`
    says.
    """
    at = datetime.now(UTC)
    with opened_ledger(data, make=False) as ledger:
        there = storage_place(place)
        had_outdated = drop_outdated_tables(ledger, there)
        with _bar("Writing events") as progress:
            done = export_segments(ledger, there, at=at, program=installed_version(), progress=progress)
        manifest = done.manifest
        tables = _tables_exported(ledger, place, at) if with_tables else None
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
            **({} if tables is None else {"tables": _summary(tables)}),
        }
        print(json.dumps(said, indent=2))
        return
    count = len(manifest.segments) + len(manifest.requests)
    in_segments = f"in {count} segment{'' if count == 1 else 's'}, {done.written} of them new"
    _say(f"{there} has {manifest.position} events of {manifest.ledger} {in_segments}.")
    if tables is not None:
        pieces = f"{len(tables.manifest.pieces)} pieces, {tables.written} of them new"
        _say(
            f"The tables up to position {tables.manifest.position} are there in {pieces}: `serve --warm-from {there}`."
        )
    elif had_outdated:
        _say("The tables there were made before a text was erased, and are gone: export them again with --tables.")
    _say(f"The root of the log is {manifest.root}. Try them with `supply-ledger restore {there} --check`.")


def _tables_exported(ledger: Ledger, place: str, at: datetime) -> TableExport:
    """Make the tables, from those that are in the place where there are any, and put them there."""
    there = storage_place(place)
    try:
        TableSupply(place).offer(ledger)
        source = place
    except PlaceError:
        source = None
    with workshop(ledger) as file:
        with engine_at(ledger, file, warm_from=source) as engine:
            make_tables(engine)
        with _bar("Writing tables", in_bytes=True) as progress:
            return export_tables(ledger, file, there, at=at, program=installed_version(), seen=progress)


def _summary(tables: TableExport) -> dict[str, int]:
    """What was done with tables, for programs."""
    return {
        "position": tables.manifest.position,
        "pieces": len(tables.manifest.pieces),
        "bytes": sum(piece.bytes for piece in tables.manifest.pieces),
        "pieces_written": tables.written,
        "bytes_written": tables.bytes_written,
    }


def checked_in_segments(place: str, kept: KeptCheckpoint | None, *, accept_loss: bool) -> Restored:
    """Verify an export in segments."""
    with _bar("Verifying events") as progress:
        done = check_segments(storage_place(place), kept=kept, accept_loss=accept_loss, progress=progress)
    TableSupply(place).check(_signer(done))
    return done


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
            done = restore_segments_into_database(
                there, target.address, kept=kept, accept_loss=accept_loss, progress=progress
            )
        else:
            done = restore_segments(
                there,
                target.path,
                at=datetime.now(UTC),
                replace=replace,
                kept=kept,
                accept_loss=accept_loss,
                carried=carried,
                progress=progress,
            )
    _bring_tables(place, target, _signer(done))
    return done


def _signer(done: Restored) -> VerifierKey:
    """The key that signed an export in segments, which was verified with it."""
    if not isinstance(done.manifest, SegmentManifest):
        raise TypeError(type(done.manifest))
    return VerifierKey.parse(done.manifest.key)


def _bring_tables(place: str, target: DataDirectory, key: VerifierKey) -> None:
    """Bring the tables that were exported with the segments, if there are any. Without them all is made from the log.

    Whoever signed the segments is believed about the tables too.
    """
    supply = TableSupply(place, key=key)
    try:
        if supply.is_there and not target.projections_path.exists():
            ledger = target.ledger()
            try:
                with _bar("Bringing tables") as progress:
                    head = ledger.head()
                    supply.bring_restored(ledger, target.projections_path, seen=lambda at: progress(at, head))
            finally:
                ledger.close()
    except (PlaceError, OSError) as error:
        _say(f"The tables there are not taken over, and will be made from the log: {error}.")


def holds_rows(place: str) -> bool:
    """Whether a folder is an export for `import`, and has no segments."""
    folder = Path(place)
    return not is_address(place) and (folder / "events.jsonl").is_file() and not (folder / SEGMENTS_MANIFEST).exists()


@contextmanager
def _bar(description: str, *, in_bytes: bool = False) -> Iterator[Callable[[int, int], None]]:
    count = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _say(text: str) -> None:
    console().print(visible(text), markup=False, highlight=False)
