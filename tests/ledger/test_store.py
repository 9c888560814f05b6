"""SQLite itself refuses to change what is recorded."""

import sqlite3
from pathlib import Path

import pytest

from ledger import Ledger
from tests.ledger.conftest import WORLD, figure


@pytest.fixture
def path(tmp_path: Path) -> Path:
    book = Ledger(tmp_path / "ledger.db")
    book.append([*WORLD, figure()], request=("key", b"hash"))
    book.close()
    return tmp_path / "ledger.db"


REPLACED = (
    "INSERT OR REPLACE INTO stored_events "
    "SELECT {position}, {event_id}, originator_id, {version}, topic, recorded_at, recorded_by, digest, x'7b7d' "
    "FROM stored_events WHERE position = 3"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = x'7b7d' WHERE position = 3",
        "UPDATE stored_events SET recorded_at = recorded_at - 1",
        "DELETE FROM stored_events WHERE position = 3",
        "DELETE FROM stored_events",
        REPLACED.format(position="position", event_id="event_id", version="originator_version"),
        REPLACED.format(position="11", event_id="event_id", version="7"),
        REPLACED.format(position="11", event_id="x'00'", version="originator_version"),
        REPLACED.format(position="12", event_id="x'00'", version="7"),
        REPLACED.format(position="0", event_id="x'00'", version="7"),
        "INSERT INTO stored_events SELECT 11, x'00', x'00', 1, topic, recorded_at - 1, '', digest, state "
        "FROM stored_events WHERE position = 10",
        "UPDATE requests SET answer = '{}'",
        "DELETE FROM requests",
        "INSERT OR REPLACE INTO requests VALUES ('key', x'00', 1, '{}')",
        "DELETE FROM identity",
    ],
)
@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
def test_the_log_takes_no_change(path: Path, statement: str, recursive_triggers: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
    before = connection.execute("SELECT * FROM stored_events").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.rollback()
    assert connection.execute("SELECT * FROM stored_events").fetchall() == before
    connection.close()


def test_the_next_row_in_order_is_what_it_does_take(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(REPLACED.format(position="11", event_id="x'00'", version="7"))
    connection.close()


def test_every_commit_is_on_disk_before_it_is_acknowledged(path: Path) -> None:
    book = Ledger(path)
    with book.log.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
    book.close()
