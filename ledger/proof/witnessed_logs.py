"""Being a witness: the logs of others that are watched here, and the last checkpoint of each that was signed.

That record is all that a witness is: whoever takes it back to an earlier state (from a backup, say) lets a log show
another past. So a checkpoint is looked at, and the record of it written, in one transaction, and only then is it
signed. Where a log has signed two roots over as many entries, both checkpoints are kept: together they prove that the
log was rewritten.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ledger.proof.cosignatures import cosigned
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import SignerKey, VerifierKey
from ledger.proof.small_database import SmallDatabase
from ledger.proof.witness_protocol import OtherSize, Submission, UnknownLog

WITNESS_FILE = "witness.db"
WITNESS_KEY_FILE = "witness.key"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS logs (
    origin TEXT PRIMARY KEY,
    verifier_key TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    checkpoint BLOB,
    contradicted BLOB,
    contradiction BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS witness (name TEXT NOT NULL) STRICT
"""


class WitnessedLog(NamedTuple):
    """A log that is watched: what of it was signed last, and two checkpoints that contradict each other, if any do."""

    origin: str
    key: VerifierKey
    size: int
    checkpoint: bytes | None
    contradiction: tuple[bytes, bytes] | None


class WitnessedLogs:
    """The logs that are watched, in a file."""

    def __init__(self, path: Path) -> None:
        self._database = SmallDatabase(path, _SCHEMA)

    def name(self, wanted: str | None, *, otherwise: str) -> str:
        """The name of this witness, which stays as it was first said."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT name FROM witness").fetchone()
            if row is None:
                row = (wanted or otherwise,)
                connection.execute("INSERT INTO witness VALUES (?)", row)
        return str(row[0])

    def trust(self, key: VerifierKey, *, origin: str | None = None) -> None:
        """Watch a log from now on. What of it was signed before stays, whichever key it has."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO logs VALUES (?, ?, 0, ?, NULL, NULL, NULL) "
                "ON CONFLICT (origin) DO UPDATE SET verifier_key = excluded.verifier_key",
                (origin or key.name, key.text(), EMPTY_ROOT),
            )

    def logs(self) -> list[WitnessedLog]:
        """The logs that are watched, by name."""
        with self._database.reading() as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT origin, verifier_key, size, checkpoint, contradicted, contradiction FROM logs ORDER BY origin"
            ).fetchall()
        return [
            WitnessedLog(origin, VerifierKey.parse(key), size, checkpoint, (first, second) if second else None)
            for origin, key, size, checkpoint, first, second in rows
        ]

    def cosign(self, submission: Submission, key: SignerKey, at: datetime) -> str:
        """The signature line for a checkpoint, whose size and root are on disk by then.

        Raises UnknownLog, UntrustedSignature, OtherSize, Inconsistent, NoteError.
        """
        origin = submission.origin()
        # Strangers do not get as far as the lock.
        submission.opened_by(self._key_of(origin), origin)
        try:
            with self._database.writing() as connection:
                log_key, size, root = connection.execute(
                    "SELECT verifier_key, size, root FROM logs WHERE origin = ?", (origin,)
                ).fetchone()
                checkpoint, note = submission.checked(VerifierKey.parse(log_key), origin, size=size, root=root)
                connection.execute(
                    "UPDATE logs SET size = ?, root = ?, checkpoint = ? WHERE origin = ?",
                    (checkpoint.size, checkpoint.root, submission.note, origin),
                )
        except OtherSize as error:
            if error.contradicts:
                self._keep_contradiction(origin, submission)
            raise
        return cosigned(note.text, key, at).line()

    def _key_of(self, origin: str) -> VerifierKey:
        with self._database.reading() as connection:
            found = "SELECT verifier_key FROM logs WHERE origin = ?"
            row = None if connection is None else connection.execute(found, (origin,)).fetchone()
        if row is None:
            raise UnknownLog(f"the log {origin} is not watched here")
        return VerifierKey.parse(row[0])

    def _keep_contradiction(self, origin: str, submission: Submission) -> None:
        """Keep the two checkpoints; the first pair says enough."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE logs SET contradicted = checkpoint, contradiction = ? "
                "WHERE origin = ? AND contradiction IS NULL",
                (submission.note, origin),
            )
