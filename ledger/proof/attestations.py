"""Attestations: what others say of this log's checkpoints, kept beside the log.

Witnesses sign that a checkpoint is the last one grown (`ledger.proof.cosignatures`), time-stamp authorities that it was
there at a time (`ledger.proof.timestamps`). Together they are what is left against someone who has the log and its
key, so copies of them belong elsewhere too.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ledger.proof.checkpoints import Checkpoint
from ledger.proof.notes import Note, Signature, VerifierKey, signed_at
from ledger.proof.small_database import SmallDatabase

ATTESTATIONS_FILE = "attestations.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS witnesses (verifier_key TEXT PRIMARY KEY, url TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS checkpoints (
    text TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS checkpoints_by_size ON checkpoints (origin, size);
CREATE TABLE IF NOT EXISTS cosigned (
    verifier_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (verifier_key, origin)
) STRICT;
CREATE TABLE IF NOT EXISTS timestamps (
    note BLOB NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    authority TEXT NOT NULL,
    stamped_at TEXT NOT NULL,
    response BLOB NOT NULL
) STRICT
"""


class Witness(NamedTuple):
    """A witness to which checkpoints are sent: its key, and where it is asked."""

    key: VerifierKey
    url: str


class Timestamp(NamedTuple):
    """A time-stamp authority's answer about a checkpoint: `note` is what was stamped, byte for byte."""

    note: bytes
    size: int
    authority: str
    at: datetime
    response: bytes


class Attestations:
    """What others attest, in a file."""

    def __init__(self, path: Path) -> None:
        self._database = SmallDatabase(path, _SCHEMA)

    def add_witness(self, witness: Witness) -> None:
        """Send checkpoints to a witness from now on; one that is known gets its new address."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO witnesses VALUES (?, ?) ON CONFLICT (verifier_key) DO UPDATE SET url = excluded.url",
                (witness.key.text(), witness.url),
            )

    def remove_witness(self, said: str) -> list[Witness]:
        """Send no more to the witnesses with this name, key or address; what they signed stays."""
        with self._database.writing() as connection:
            rows = connection.execute("SELECT verifier_key, url FROM witnesses").fetchall()
            known = [Witness(VerifierKey.parse(key), url) for key, url in rows]
            gone = [one for one in known if said in (one.key.name, one.key.text(), one.url)]
            connection.executemany("DELETE FROM witnesses WHERE verifier_key = ?", [(one.key.text(),) for one in gone])
        return gone

    def witnesses(self) -> list[Witness]:
        """The witnesses to which checkpoints are sent."""
        with self._database.reading() as connection:
            if connection is None:
                return []
            rows = connection.execute("SELECT verifier_key, url FROM witnesses ORDER BY rowid").fetchall()
        return [Witness(VerifierKey.parse(key), url) for key, url in rows]

    def cosigned_size(self, key: VerifierKey, origin: str) -> int:
        """How large the log was when a witness last signed; 0 where it never did."""
        return self._last(key, origin)[0]

    def cosigned_at(self, key: VerifierKey, origin: str) -> datetime | None:
        """When a witness last signed."""
        at = self._last(key, origin)[1]
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def keep_cosignatures(self, note: Note, key: VerifierKey, signatures: Sequence[Signature]) -> Note:
        """Keep what a witness signed; the checkpoint with all signatures that it has by now comes back."""
        checkpoint = Checkpoint.parse(note.text)
        with self._database.writing() as connection:
            row = connection.execute("SELECT note FROM checkpoints WHERE text = ?", (note.text,)).fetchone()
            kept = (note if row is None else Note.parse(row[0])).with_signatures((*note.signatures, *signatures))
            connection.execute(
                "INSERT INTO checkpoints VALUES (?, ?, ?, ?) ON CONFLICT (text) DO UPDATE SET note = excluded.note",
                (note.text, checkpoint.origin, checkpoint.size, kept.encoded()),
            )
            connection.execute(
                "INSERT INTO cosigned VALUES (?, ?, ?, ?) ON CONFLICT (verifier_key, origin) "
                "DO UPDATE SET size = excluded.size, signed_at = excluded.signed_at WHERE excluded.size >= size",
                (key.text(), checkpoint.origin, checkpoint.size, max(map(signed_at, signatures))),
            )
        return kept

    def latest(self, origin: str) -> Note | None:
        """The largest checkpoint of this log that a witness signed, with the signatures of all that did."""
        with self._database.reading() as connection:
            if connection is None:
                return None
            row = connection.execute(
                "SELECT note FROM checkpoints WHERE origin = ? ORDER BY size DESC, rowid DESC LIMIT 1", (origin,)
            ).fetchone()
        return None if row is None else Note.parse(row[0])

    def keep_timestamp(self, timestamp: Timestamp) -> None:
        """Keep an authority's answer."""
        checkpoint = Checkpoint.parse(Note.parse(timestamp.note).text)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO timestamps VALUES (?, ?, ?, ?, ?, ?)",
                (
                    timestamp.note,
                    checkpoint.origin,
                    checkpoint.size,
                    timestamp.authority,
                    timestamp.at.isoformat(),
                    timestamp.response,
                ),
            )

    def timestamps(self, origin: str) -> list[Timestamp]:
        """The answers about checkpoints of this log, the oldest first."""
        with self._database.reading() as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT note, size, authority, stamped_at, response FROM timestamps WHERE origin = ? ORDER BY rowid",
                (origin,),
            ).fetchall()
        return [
            Timestamp(note, size, authority, datetime.fromisoformat(at), response)
            for note, size, authority, at, response in rows
        ]

    def _last(self, key: VerifierKey, origin: str) -> tuple[int, int | None]:
        with self._database.reading() as connection:
            if connection is None:
                return 0, None
            row = connection.execute(
                "SELECT size, signed_at FROM cosigned WHERE verifier_key = ? AND origin = ?", (key.text(), origin)
            ).fetchone()
        return (0, None) if row is None else (row[0], row[1])
