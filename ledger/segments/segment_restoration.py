"""Restoring from segments: an exported log becomes a ledger again, in a data directory or in a database.

The same rules hold as for a backup file (`ledger.backups.restoration`): all is verified before anything is replaced or
can be seen; the new ledger has an identity and a key of its own, and its events stay those of the ledgers that recorded
them; a checkpoint that was kept elsewhere is not contradicted. A segment at a time is in memory.

What segments do not hold, and a backup file does: what witnesses and authorities attested, and saved mappings.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import islice
from pathlib import Path

from ledger.append.erasure_faults import erasure_faults
from ledger.backups.backup_archive import LOG
from ledger.backups.directory_exchange import check_place, exchange
from ledger.backups.kept_checkpoint import KeptCheckpoint, checkpoint_in, held_against
from ledger.backups.lasting_files import remove_abandoned_drafts, staged_directory
from ledger.backups.restoration import Restored, opened_whole
from ledger.errors import BackupError, StoreBusy, StoreError, StoreFull
from ledger.events.ledger_events import EventErased
from ledger.ledger import Ledger
from ledger.proof.log_proofs import LogProofs
from ledger.segments.series_export import RowsRead
from ledger.segments.storage_place import StoragePlace
from ledger.segments.verified_segments import VerifiedSegments
from ledger.store import LogStore, open_store

GROUPS_AT_ONCE = 32
"""How many groups of rows are written in one transaction, where that is not the whole log: their index pages, which lie
anywhere, are then written once.
"""
Sign = Callable[[int, bytes, Sequence[str]], bytes]
Lost = tuple[int, int] | None


def check_segments(
    place: StoragePlace, *, kept: KeptCheckpoint | None = None, accept_loss: bool = False, progress: RowsRead
) -> Restored:
    """Verify all that an export holds, and change nothing. Raises BackupError, PlaceError."""
    segments = VerifiedSegments(place)
    sizes, manifest = _sizes(segments, kept), segments.manifest
    done = 0
    for group in segments.groups(sizes=sizes):
        done += len(group)
        progress(done, manifest.position)
    for _ in segments.requests():
        pass
    segments.noted()
    return Restored(manifest, lost=_held(segments, kept, accept_loss=accept_loss))


def restore_segments(
    place: StoragePlace,
    directory: Path,
    *,
    at: datetime,
    replace: bool = False,
    kept: KeptCheckpoint | None = None,
    accept_loss: bool = False,
    carried: Sequence[str] = (),
    progress: RowsRead,
) -> Restored:
    """Make a data directory from an export, see `ledger.backups.restore`.

    Raises BackupError, PlaceError, StoreError.
    """
    directory = directory.absolute()
    is_taken = check_place(directory, replace=replace)
    segments = VerifiedSegments(place)
    directory.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned_drafts(directory.parent)
    with staged_directory(directory) as staged:
        file = staged / LOG
        log = open_store(str(file))
        try:
            lost = _load(
                log,
                segments,
                turn=nullcontext(),
                sign=LogProofs(log, file=file).seal,
                kept=kept,
                accept_loss=accept_loss,
                progress=progress,
            )
        finally:
            log.close()
        identity = opened_whole(file)
        aside = exchange(staged, directory, is_taken=is_taken, at=at, carried=carried)
    return Restored(segments.manifest, identity, lost, aside)


def restore_segments_into_database(
    place: StoragePlace,
    address: str,
    *,
    kept: KeptCheckpoint | None = None,
    accept_loss: bool = False,
    progress: RowsRead,
) -> Restored:
    """Make a log in a database from an export, in one transaction, where there is none or an empty one.

    Raises BackupError, PlaceError, StoreError.
    """
    segments = VerifiedSegments(place)
    log = open_store(address)
    try:
        lost = _load(
            log,
            segments,
            turn=log.writing(),
            sign=LogProofs(log, file=None, seed=lambda: log.seed() or b"").seal,
            kept=kept,
            accept_loss=accept_loss,
            progress=progress,
        )
    finally:
        log.close()
    with Ledger(address) as ledger:
        if ledger.doubt is not None:
            raise ledger.doubt
        return Restored(segments.manifest, ledger.identity, lost)


def _load(
    log: LogStore,
    segments: VerifiedSegments,
    *,
    turn: AbstractContextManager[object],
    sign: Sign,
    kept: KeptCheckpoint | None,
    accept_loss: bool,
    progress: RowsRead,
) -> Lost:
    """Write what an export holds into a log that is empty; the positions that only a kept checkpoint has."""
    try:
        with log.bulk(), turn:
            if log.head():
                raise BackupError(
                    f"the log there has {log.head()} events already, and a restore replaces none in a database: name "
                    "another schema (postgresql://…?schema=NAME)"
                )
            _write(log, segments, _sizes(segments, kept), progress)
            lost = _held(segments, kept, accept_loss=accept_loss)
            with log.writing():
                log.seal(sign)
    except (StoreBusy, StoreFull):
        raise
    except StoreError as error:
        raise BackupError(f"the log does not take what the segments hold: {error}") from error
    return lost


def _write(log: LogStore, segments: VerifiedSegments, sizes: Sequence[int], progress: RowsRead) -> None:
    manifest = segments.manifest
    for first, ledger in (*manifest.recorders, (manifest.position + 1, log.identity)):
        log.note_recorder(ledger, first=first)
    erased: dict[int, list[int]] = {}
    acts: list[int] = []
    groups = segments.groups(sizes=sizes)
    is_more = True
    while is_more:
        with log.writing():
            is_more = False
            for group in islice(groups, GROUPS_AT_ONCE):
                entries, is_more = [row.entry for row in group], True
                log.append(entries, [row.leaf.content if row.leaf.salt is None else row.leaf.salt for row in group])
                for entry, _, erased_at in group:
                    if erased_at is not None:
                        erased.setdefault(erased_at, []).append(entry.position)
                    if entry.type == EventErased.__name__:
                        acts.append(entry.position)
                progress(entries[-1].position, manifest.position)
    for requests in segments.requests():
        log.keep_requests(requests)
    for erased_at, positions in sorted(erased.items()):
        log.erase(positions, erased_at=erased_at, quoted=())
    for entry in log.at_positions(acts):
        for position, detail in erasure_faults(log, [entry]):
            raise BackupError(f"the event at position {position} cannot be restored: {detail}")
    metrics, forms = segments.noted()
    for metric, family, position in metrics:
        log.fix_metric(metric, (family, position))
    log.note_forms(forms)
    if log.root(manifest.position).hex() != manifest.root:
        raise BackupError("the log that was made of the segments has another root than the manifest says")


def _sizes(segments: VerifiedSegments, kept: KeptCheckpoint | None) -> list[int]:
    """Of how many first events the root is asked for."""
    return [] if kept is None else [checkpoint_in(kept, segments.key).size]


def _held(segments: VerifiedSegments, kept: KeptCheckpoint | None, *, accept_loss: bool) -> Lost:
    manifest = segments.manifest
    if kept is None:
        return None
    return held_against(
        kept,
        recorders=manifest.recorders,
        head=manifest.position,
        root=segments.roots.__getitem__,
        key=segments.key,
        accept_loss=accept_loss,
    )
