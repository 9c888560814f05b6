"""Care records: when a ledger was last verified and last backed up, as two small files beside it.

    verification.json    {"at": "2026-11-27T07:00:00.000000Z", "position": 1348, "root": "9f…", "faults": []}
    backup.json          {"at": …, "position": 1348, "root": …, "file": "/backups/ledger-2026-11-27.backup"}

`verify` and `backup` write them, whole or not at all; the server, `doctor` and `/readyz` read them. They say nothing
that anybody has to believe: they are notes for whoever runs the ledger, and may be deleted.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ledger.backups import lasting_file
from ledger.values import instant_text

VERIFICATION_FILE = "verification.json"
BACKUP_FILE = "backup.json"
FAULTS_LISTED = 20
_BYTES_MAX = 1 << 20


@dataclass(frozen=True)
class VerificationRecord:
    """The last full verification: when it ended, up to which position, and what was wrong."""

    at: str
    position: int
    root: str
    faults: list[dict[str, Any]]

    def is_whole(self) -> bool:
        """Whether the log was found as it was recorded."""
        return not self.faults


@dataclass(frozen=True)
class BackupRecord:
    """The last backup: of which instant it is, up to which position, and where it was put."""

    at: str
    position: int
    root: str
    file: str


Record = TypeVar("Record", VerificationRecord, BackupRecord)


def at_of(record: VerificationRecord | BackupRecord) -> datetime:
    """The instant of a record."""
    return datetime.fromisoformat(record.at)


def instant_now(at: datetime) -> str:
    """An instant as a record has it."""
    return instant_text(at)


def last_verification(directory: Path | None) -> VerificationRecord | None:
    """The last verification of the ledger in a directory; None where there is none that can be read."""
    return _read(directory, VERIFICATION_FILE, VerificationRecord)


def last_backup(directory: Path | None) -> BackupRecord | None:
    """The last backup of the ledger in a directory; None where there is none that can be read."""
    return _read(directory, BACKUP_FILE, BackupRecord)


def keep_record(directory: Path, record: VerificationRecord | BackupRecord) -> None:
    """Write a record down. Raises OSError."""
    name = VERIFICATION_FILE if isinstance(record, VerificationRecord) else BACKUP_FILE
    with lasting_file(directory / name, replace=True) as file:
        file.write(json.dumps(asdict(record), indent=2).encode() + b"\n")


def _read(directory: Path | None, name: str, kind: type[Record]) -> Record | None:
    if directory is None:
        return None
    try:
        with (directory / name).open("rb") as file:
            record = kind(**json.loads(file.read(_BYTES_MAX)))
        if at_of(record).tzinfo is None or not isinstance(record.position, int):
            return None
    except (OSError, ValueError, TypeError):
        return None
    return record
