"""Backups: a copy of a ledger as it was at one instant, in one file, made while others go on writing.

What is in it is what cannot be made again: the log, what others attest of it, and the saved mappings. What is left out,
and why:

- `ledger.key`, which signs in the ledger's name. Whoever had it in a backup could sign another past; and a restored
  ledger does not need it, since it goes its own way under a name and a key of its own. Old checkpoints are verified
  with the public half, which the manifest has.
- `keys.db`, which says who may ask. A key that was revoked since would work again.
- `witness.db` and `witness.key`. A witness that is taken back to an earlier state would sign a second past.
- `projections.duckdb`, which is made from the log.
"""

from collections.abc import Mapping
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import Any

from ledger.backups.backup_archive import LOG, Manifest, Progress, write_archive
from ledger.backups.lasting_files import lasting_file, remove_abandoned_drafts, staged_directory
from ledger.errors import BackupError, LedgerDamaged, StoreFull
from ledger.imports.mappings.saved_mappings import saved_mappings
from ledger.ledger import Ledger
from ledger.proof.attestations import ATTESTATIONS_FILE
from ledger.proof.log_proofs import LogProofs
from ledger.store import open_store
from ledger.store.sqlite.log_form import FORM
from ledger.store.sqlite.snapshot import copy_database, make_whole
from ledger.values.calendars import instant_text
from ledger.verification import verify


def make_backup(
    ledger: Ledger, file: Path, *, at: datetime, program: str, copied: Progress, packed: Progress
) -> Manifest:
    """Copy a ledger into a new file, which is whole and on disk when this returns; what its manifest says.

    `copied` and `packed` are told how far the two halves of the work are, in pages and in bytes. Raises BackupError,
    StoreError.
    """
    if ledger.file is None:
        raise BackupError(
            "the log is in no file, and a backup is made of a data directory. Where it is in PostgreSQL, back up the "
            "database: `pg_dump` with its schema, or its archive; `supply-ledger export` writes all events into files"
        )
    if ledger.doubt is not None:
        raise BackupError(f"the log is damaged, and a backup of it could not be restored: {ledger.doubt}")
    if file.exists():
        raise BackupError(f"{file} is there already, and a backup replaces nothing: give it another name")
    try:
        remove_abandoned_drafts(file.parent)
        with staged_directory(file) as folder:
            copy_database(ledger.file, folder / LOG, progress=copied)
            _copy_what_belongs_to_it(ledger.file.parent, folder)
            facts = _facts_of(folder / LOG, ledger)

            def manifest_of(files: Mapping[str, Any]) -> Manifest:
                return Manifest(**facts, created_at=instant_text(at), schema=FORM, program=program, files=dict(files))

            with lasting_file(file, mode=0o600) as archive:
                return write_archive(archive, folder, manifest_of, progress=packed)
    except FileExistsError:
        raise BackupError(f"{file} was made by somebody else meanwhile, and a backup replaces nothing") from None
    except OSError as error:
        if error.errno == ENOSPC:
            raise StoreFull(f"the disk of {file.parent} is full: there is no backup in {file}") from error
        raise BackupError(f"cannot write {file}: {error.strerror}") from error


def _copy_what_belongs_to_it(directory: Path, folder: Path) -> None:
    if (directory / ATTESTATIONS_FILE).exists():
        copy_database(directory / ATTESTATIONS_FILE, folder / ATTESTATIONS_FILE)
    for path in (path for versions in saved_mappings(directory).values() for path in versions):
        target = folder / path.relative_to(directory)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())


def _facts_of(copy: Path, ledger: Ledger) -> dict[str, Any]:
    """What the manifest says of the log, as it is in the copy; the checkpoint over that is signed by the ledger.

    All of it is verified as whoever restores it will: else nobody would know before that it cannot be.
    """
    log = open_store(str(copy))
    try:
        identity, head = log.identity, log.head()
        root, recorders = log.root(head), log.recorders()
        found = verify(log, LogProofs(log, file=None), key=ledger.proofs.key.verifier, location=str(copy)).first
    finally:
        log.close()
    make_whole(copy)
    if found is not None:
        at = f" at position {found.position}" if found.position is not None else ""
        raise BackupError(f"the log is damaged{at}, and a backup of it could not be restored: {found.detail}")
    if identity != ledger.identity or root != ledger.log.root(head):
        raise LedgerDamaged("the copy of the log is not the log: it was changed while it was copied")
    return {
        "ledger": identity,
        "position": head,
        "root": root.hex(),
        "recorders": recorders,
        "key": ledger.proofs.key.verifier.text(),
        "checkpoint": ledger.proofs.checkpoint(head).encoded().decode(),
    }
