"""What somebody does who has the password of the database: triggers taken away, rows altered, triggers put back."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from ledger.codec.entry import Entry
from ledger.proof.leaves import content_hash, leaf_hashes
from ledger.store.sqlite import SQLiteLog

Tamper = Callable[[sqlite3.Connection], None]


def tampered(path: Path, alter: Tamper | str) -> None:
    """Alter a log behind the back of its triggers."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    if isinstance(alter, str):
        connection.executescript(alter)
    else:
        alter(connection)
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def entry_at(connection: sqlite3.Connection, position: int) -> Entry:
    """The entry in a row."""
    columns = "position, event_id, originator_id, topic, recorded_at, recorded_by, digest, state, originator_version"
    return Entry._make(
        connection.execute(f"SELECT {columns} FROM stored_events WHERE position = ?", (position,)).fetchone()
    )


def hash_row_again(connection: sqlite3.Connection, position: int) -> None:
    """Make the leaf of a row that was altered fit it again."""
    entry = entry_at(connection, position)
    (salt,) = connection.execute("SELECT salt FROM leaves WHERE position = ?", (position,)).fetchone()
    content = content_hash(salt, entry.digest, entry.state)
    (hashed,) = leaf_hashes([entry], [entry.stream_version], [content])
    connection.execute("UPDATE leaves SET content = ?, hash = ? WHERE position = ?", (content, hashed, position))


def hash_tree_again(path: Path) -> None:
    """Make the whole tree of a log anew over what its rows say now; the seal stays as it was."""
    tampered(path, "DELETE FROM leaves; DELETE FROM tiles; DELETE FROM tree")
    log = SQLiteLog(str(path))
    log.make_tree()
    log.close()


def seal_again(path: Path) -> None:
    """Seal a log with its own key, which the tamperer has copied."""
    from ledger import Ledger

    tampered(path, "DELETE FROM seal")
    with Ledger(path) as ledger, ledger.log.writing():
        ledger.log.seal(ledger._sign)
