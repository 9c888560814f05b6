"""Restoring: a backup becomes a ledger again, after all of it was verified, and goes on under a name of its own.

Two logs that came from one backup, or a log and its restored copy, may record different events at one position. If both
signed under one name, their checkpoints would contradict each other, as those of a ledger that rewrites its past. So a
restored log is a new ledger: it has a new identity and a new key. Its events up to the backup stay those of the ledger
that recorded them (`recorders`), and every proof of that ledger up to there still holds of it.

What a checkpoint says that was kept elsewhere: `ledger.backups.kept_checkpoint`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ledger.backups.backup_archive import LOG, BackupArchive, Manifest, Progress, opened_archive
from ledger.backups.directory_exchange import check_place, exchange
from ledger.backups.kept_checkpoint import KeptCheckpoint, held_against
from ledger.backups.lasting_files import remove_abandoned_drafts, staged_directory
from ledger.errors import BackupError
from ledger.ledger import Ledger
from ledger.proof.checkpoints import opened
from ledger.proof.log_proofs import ORIGIN_PREFIX, LogProofs
from ledger.proof.merkle import ProofError
from ledger.proof.notes import VerifierKey
from ledger.store import open_store
from ledger.store.sqlite.log import SQLiteLog
from ledger.store.sqlite.log_form import FORM
from ledger.store.sqlite.snapshot import make_whole
from ledger.verification import verify


class CopiedLog(Protocol):
    """What a copy says of the log that it was made of."""

    @property
    def ledger(self) -> str:
        """The identity of the ledger."""

    @property
    def position(self) -> int:
        """Its last position."""

    @property
    def root(self) -> str:
        """The root of its tree, in hex."""

    @property
    def created_at(self) -> str:
        """When the copy was made."""


@dataclass(frozen=True)
class Restored:
    """What came of a restore. `identity` is the new one; None where it was only looked whether it could be done.

    `lost` are the first and the last of the positions that a kept checkpoint has and the backup has not; `aside` is
    where the ledger is whose place was taken.
    """

    manifest: CopiedLog
    identity: str | None = None
    lost: tuple[int, int] | None = None
    aside: Path | None = None


def check_backup(
    file: Path, scratch: Path, *, kept: KeptCheckpoint | None = None, accept_loss: bool = False, progress: Progress
) -> Restored:
    """Verify a backup as a restore would, in a folder for a while, and change nothing. Raises BackupError."""
    with opened_archive(file) as archive, staged_directory(scratch / "ledger") as staged:
        lost = _verified(archive, staged, kept, accept_loss=accept_loss, progress=progress)
        return Restored(archive.manifest, lost=lost)


def restore(
    file: Path,
    directory: Path,
    *,
    at: datetime,
    replace: bool = False,
    kept: KeptCheckpoint | None = None,
    accept_loss: bool = False,
    carried: Sequence[str] = (),
    progress: Progress,
) -> Restored:
    """Make a data directory from a backup. With `replace`, one that is there is kept beside, under another name.

    `carried` are files of that one which are no part of a backup, and belong to the new one as they are now. Nothing is
    changed before all is verified. Raises BackupError, StoreBusy, StoreFull.
    """
    directory = directory.absolute()
    is_taken = check_place(directory, replace=replace)
    with opened_archive(file) as archive:
        directory.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned_drafts(directory.parent)
        with staged_directory(directory) as staged:
            lost = _verified(archive, staged, kept, accept_loss=accept_loss, progress=progress)
            identity = _begun_anew(staged / LOG)
            aside = exchange(staged, directory, is_taken=is_taken, at=at, carried=carried)
    return Restored(archive.manifest, identity, lost, aside)


def _verified(
    archive: BackupArchive, staged: Path, kept: KeptCheckpoint | None, *, accept_loss: bool, progress: Progress
) -> tuple[int, int] | None:
    """Unpack and verify a backup; the positions that it lacks of a kept checkpoint. Raises BackupError."""
    manifest = archive.manifest
    if manifest.schema > FORM:
        raise BackupError(
            f"the backup was made by a newer version of this program ({manifest.program}): install that one first"
        )
    archive.unpack(staged, progress=progress)
    log = open_store(str(staged / LOG))
    try:
        if (log.identity, log.head(), log.recorders()) != (manifest.ledger, manifest.position, manifest.recorders):
            raise BackupError("the log in the backup is another one than its manifest says")
        key = _signer(manifest)
        found = verify(log, LogProofs(log, file=None), key=key, location=str(staged / LOG))
        if found.first is not None:
            at = f" at position {found.first.position}" if found.first.position is not None else ""
            raise BackupError(f"the log in the backup is damaged{at}: {found.first.detail}")
        if found.root.hex() != manifest.root:
            raise BackupError("the log in the backup has another root than its manifest says")
        if kept is None:
            return None
        recorders, head = log.recorders(), log.head()
        return held_against(kept, recorders=recorders, head=head, root=log.root, key=key, accept_loss=accept_loss)
    finally:
        log.close()


def _signer(manifest: Manifest) -> VerifierKey:
    """The public key of the ledger, with which its checkpoint in the manifest is signed. Raises BackupError."""
    origin = ORIGIN_PREFIX + manifest.ledger
    try:
        key = VerifierKey.parse(manifest.key)
        checkpoint, _ = opened(manifest.checkpoint.encode(), [key], origin=origin)
    except ProofError as error:
        raise BackupError(f"the checkpoint in the backup was not signed by its ledger: {error}") from None
    if (checkpoint.size, checkpoint.root.hex()) != (manifest.position, manifest.root):
        raise BackupError("the checkpoint in the backup is of another log than its manifest says")
    return key


def _begun_anew(path: Path) -> str:
    """Give the log in a file a new identity and a new key; the identity. All of it is on disk by then."""
    log = SQLiteLog(str(path))
    try:
        with log.writing():
            log.begin_anew()
            log.seal(LogProofs(log, file=path).seal)
    finally:
        log.close()
    return opened_whole(path)


def opened_whole(path: Path) -> str:
    """Open the ledger in a file as it will be, with all that is looked at then, and make it whole; its identity."""
    with Ledger(path) as ledger:
        if ledger.doubt is not None:
            raise ledger.doubt
        identity = ledger.identity
    make_whole(path)
    return identity
