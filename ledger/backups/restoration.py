"""Restoring: a backup becomes a ledger again, after all of it was verified, and goes on under a name of its own.

Two logs that came from one backup, or a log and its restored copy, may record different events at one position. If both
signed under one name, their checkpoints would contradict each other, as those of a ledger that rewrites its past. So a
restored log is a new ledger: it has a new identity and a new key. Its events up to the backup stay those of the ledger
that recorded them (`recorders`), and every proof of that ledger up to there still holds of it.

A checkpoint that was kept elsewhere says what the ledger had come to. A backup that has another past is refused; one
that ends before it as well, unless whoever restores says that those last events may be lost.
"""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ledger.backups.backup_archive import LOG, BackupArchive, Manifest, Progress, opened_archive
from ledger.backups.lasting_files import sync_folder, sync_tree
from ledger.errors import BackupError, StoreBusy
from ledger.ledger import Ledger
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.log_proofs import ORIGIN_PREFIX, LogProofs
from ledger.proof.merkle import ProofError
from ledger.proof.notes import VerifierKey
from ledger.store import LogStore, open_store
from ledger.store.sqlite.log import SQLiteLog
from ledger.store.sqlite.log_form import FORM
from ledger.store.sqlite.snapshot import copy_database, make_whole, nobody_else
from ledger.verification import verify


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint that was kept elsewhere, and the keys of which one must have signed it (none: the backup's own)."""

    note: bytes
    keys: Sequence[VerifierKey] = ()


@dataclass(frozen=True)
class Restored:
    """What came of a restore. `identity` is the new one; None where it was only looked whether it could be done.

    `lost` are the first and the last of the positions that a kept checkpoint has and the backup has not; `aside` is
    where the ledger is whose place was taken.
    """

    manifest: Manifest
    identity: str | None = None
    lost: tuple[int, int] | None = None
    aside: Path | None = None


def check_backup(
    file: Path, scratch: Path, *, kept: KeptCheckpoint | None = None, accept_loss: bool = False, progress: Progress
) -> Restored:
    """Verify a backup as a restore would, in a folder for a while, and change nothing. Raises BackupError."""
    with opened_archive(file) as archive, _staged(scratch / "ledger") as staged:
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
    is_taken = directory.exists() and (not directory.is_dir() or any(directory.iterdir()))
    if is_taken and not (replace and directory.is_dir()):
        raise BackupError(f"{directory} is not empty: name another, or say --replace to keep what is there beside it")
    with opened_archive(file) as archive:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with _staged(directory) as staged:
            lost = _verified(archive, staged, kept, accept_loss=accept_loss, progress=progress)
            identity = _begun_anew(staged / LOG)
            aside = _aside(directory, at) if is_taken else None
            with _alone(directory) if is_taken else nullcontext():
                _put_in_place(staged, directory, aside, carried)
    return Restored(archive.manifest, identity, lost, aside)


@contextmanager
def _staged(directory: Path) -> Iterator[Path]:
    """A folder beside the one that it shall become; gone afterwards unless it has become that."""
    staged = directory.with_name(f".{directory.name}.{secrets.token_hex(8)}.part")
    staged.mkdir(mode=0o700)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


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
        return None if kept is None else _held_against(log, kept, key, accept_loss=accept_loss)
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


def _held_against(
    log: LogStore, kept: KeptCheckpoint, key: VerifierKey, *, accept_loss: bool
) -> tuple[int, int] | None:
    """Hold the log against a checkpoint that was kept elsewhere; the positions that only that one has."""
    checkpoint = _checkpoint_in(kept, key)
    if checkpoint.origin not in {ORIGIN_PREFIX + ledger for _, ledger in log.recorders()}:
        raise BackupError(f"the checkpoint is of another ledger, {checkpoint.origin}")
    head = log.head()
    if checkpoint.size <= head:
        if log.root(checkpoint.size) != checkpoint.root:
            raise BackupError(
                f"the first {checkpoint.size} events of the backup are not those of the checkpoint that was kept "
                "elsewhere: one of the two was forged or belongs to a copy that went its own way"
            )
        return None
    lost = (head + 1, checkpoint.size)
    if not accept_loss:
        raise BackupError(
            f"the backup ends at position {head}, and the checkpoint that was kept elsewhere at {checkpoint.size}: "
            f"positions {lost[0]} to {lost[1]} would be lost; take a newer backup, or say --accept-loss"
        )
    return lost


def _checkpoint_in(kept: KeptCheckpoint, key: VerifierKey) -> Checkpoint:
    try:
        return opened(kept.note, list(kept.keys) or [key])[0]
    except ProofError as error:
        whose = "the key that was given" if kept.keys else "the key of the backup"
        raise BackupError(
            f"the checkpoint that was kept elsewhere cannot be verified with {whose}: {error}; if it is of another "
            "ledger that this one continues, give its key with --key"
        ) from None


def _begun_anew(path: Path) -> str:
    """Give the log in a file a new identity and a new key; the identity. All of it is on disk by then."""
    log = SQLiteLog(str(path))
    try:
        with log.writing():
            log.begin_anew()
            log.seal(LogProofs(log, file=path).seal)
    finally:
        log.close()
    with Ledger(path) as ledger:  # as it will be opened, with all that is looked at then
        if ledger.doubt is not None:
            raise ledger.doubt
        identity = ledger.identity
    make_whole(path)
    return identity


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Nobody uses the ledger whose place is taken, from now until it is. Raises StoreBusy."""
    path = directory / LOG
    if not path.exists():
        yield
        return
    try:
        with nobody_else(path):
            yield
    except StoreBusy:
        raise StoreBusy(f"a server or another command has the ledger in {directory} open: stop it first") from None


def _aside(directory: Path, at: datetime) -> Path:
    """A free name for the ledger whose place is taken: `data.before-restore-20261127T070000Z`."""
    name = f"{directory.name}.before-restore-{at:%Y%m%dT%H%M%SZ}"
    number, path = 1, directory.with_name(name)
    while path.exists():
        number += 1
        path = directory.with_name(f"{name}-{number}")
    return path


def _put_in_place(staged: Path, directory: Path, aside: Path | None, carried: Sequence[str]) -> None:
    for name in carried if aside is not None else ():
        if (directory / name).exists():
            _carry(directory / name, staged / name)
    sync_tree(staged)
    try:
        if aside is not None:
            directory.rename(aside)
        staged.rename(directory)  # over an empty folder, if there is one
    except OSError as error:
        where = f"; what was in its place is in {aside}" if aside is not None and aside.exists() else ""
        raise BackupError(f"cannot put the ledger in {directory}: {error.strerror}{where}") from error
    sync_folder(directory.parent)


def _carry(source: Path, target: Path) -> None:
    if source.suffix == ".db":
        copy_database(source, target)
    else:
        target.write_bytes(source.read_bytes())
    target.chmod(0o600)
