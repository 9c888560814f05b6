"""Care watch: what a running server knows of the last verification and the last backup, whoever made them.

Each look asks the file system whether the records have changed, which costs nothing beside a request. So a verification
that a timer or an operator runs beside the server counts as one of its own: one that finds a fault stops appends with
the next request, and one that finds none lets them go on.
"""

from pathlib import Path
from typing import Any

from api.operations.care_records import (
    VERIFICATION_FILE,
    BackupRecord,
    VerificationRecord,
    last_backup,
    last_verification,
)


class CareWatch:
    """The records of the ledger in a directory; of one in memory there are none."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._verification: tuple[object, VerificationRecord | None] = (None, None)

    @property
    def verification(self) -> VerificationRecord | None:
        """The last verification."""
        if self._directory is None:
            return None
        mark = _mark(self._directory / VERIFICATION_FILE)
        if mark != self._verification[0]:
            self._verification = mark, last_verification(self._directory)
        return self._verification[1]

    @property
    def backup(self) -> BackupRecord | None:
        """The last backup."""
        return last_backup(self._directory)

    @property
    def fault(self) -> str | None:
        """What the last verification found; None where the log was as it was recorded, or was never verified."""
        record = self.verification
        if record is None or record.is_whole():
            return None
        first = record.faults[0]
        at = f"position {first['position']}: " if first.get("position") is not None else ""
        return f"{at}{first.get('detail')}"

    def said(self) -> dict[str, Any]:
        """When the log was last verified and backed up, and up to which position; null where it never was."""
        if self._directory is None:
            return {}
        return {"verified": _brief(self.verification), "backed_up": _brief(self.backup)}


def _brief(record: VerificationRecord | BackupRecord | None) -> dict[str, Any] | None:
    return None if record is None else {"at": record.at, "position": record.position}


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What is another one once a file was replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
