"""SQLite itself refuses to change what is recorded."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eventsourcing.application import LocalNotificationLog

from ledger import Ledger, StoreError
from ledger.store.merkle_tiles import WIDTH
from ledger.store.sqlite.log import SQLiteLog
from tests.contracts.test_log_store import filled, many
from tests.ledger.conftest import WORLD, figure, sqlite_of


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
        "INSERT INTO recorders (first_position, ledger) VALUES (10, 'another')",
        "INSERT OR REPLACE INTO recorders VALUES (1, 1, 'another')",
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


@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
def test_who_recorded_what_takes_no_change(path: Path, recursive_triggers: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
    connection.execute("INSERT INTO recorders (first_position, ledger) VALUES (11, 'another')")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("INSERT OR REPLACE INTO recorders VALUES (1, 1000, 'a third')")
    assert connection.execute("SELECT * FROM recorders").fetchall() == [(1, 11, "another")]
    connection.close()


def test_the_next_row_in_order_is_what_it_does_take(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(REPLACED.format(position="11", event_id="x'00'", version="7"))
    connection.close()


def test_every_commit_is_on_disk_before_it_is_acknowledged(path: Path) -> None:
    book = Ledger(path)
    with sqlite_of(book).datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
    book.close()


def test_the_log_comes_as_lines_of_text_in_order(path: Path) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    book = Ledger(path, clock=lambda: at, confirmed=at)
    book.append([figure(note='a\ttab, a\nline, \u2028, "quotes", \\ and ßµ漢\U0001f600')], recorded_by="Zoë\tline\n")
    stored = book.log.at_positions(range(1, 100))
    for batch in (1, 3, 100):
        for after, until in ((0, 11), (0, 99), (4, 9), (11, 11), (20, 30)):
            reached = after
            for found in book.log.blocks(after=after, until=until, rows_max=batch):
                rows = stored[reached : reached + batch][: max(0, until - reached)]
                assert found == (
                    reached,
                    len(rows),
                    "".join(one.event_key.hex().upper() for one in rows),
                    "".join(one.stream_key.hex().upper() for one in rows),
                    "\n".join(one.type for one in rows),
                    "\n".join(str(one.recorded_us) for one in rows),
                    "\n".join(one.recorded_by.encode().hex().upper() for one in rows),
                    b"\n".join(one.state for one in rows),
                )
                reached += found.rows
            assert reached == max(after, min(until, len(stored)))
    book.close()


def test_lines_of_text_are_read_while_others_append(path: Path) -> None:
    book = Ledger(path)
    seen = []
    for found in book.log.blocks(after=0, until=10, rows_max=4):
        seen.append(found.after + found.rows)
        book.append([figure()])
    assert seen == [4, 8, 10]
    book.close()


def test_a_batch_of_more_text_than_sqlite_can_hold_is_read_in_smaller_ones(path: Path) -> None:
    book = Ledger(path)
    book.append([figure(note="x" * 20_000) for _ in range(6)])
    connection = sqlite_of(book).datastore.pool.get_connection(is_writer=False)
    connection._sqlite_conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 50_000)
    sqlite_of(book).datastore.pool.put_connection(connection)
    found = list(book.log.blocks(after=0, until=16))
    stored = [one.state for one in book.log.at_positions(range(17))]
    assert b"\n".join(one.states for one in found).split(b"\n") == stored
    assert len(found) > 1
    book.close()


def test_a_state_of_more_than_a_line_is_not_stored(path: Path) -> None:
    book = Ledger(path)
    (stored,) = book.log.at_positions([10])
    for state in (b'{"note":\t"x"}', b'{"note":\n"x"}'):
        other = stored._replace(position=11, event_key=b"x" * 16, stream_version=2, state=state)
        with pytest.raises(StoreError, match="newline"):
            book.log.append([other])
    assert book.head() == 10
    book.close()


@pytest.mark.parametrize("name", ["ledger.db", ":memory:"])
def test_readers_of_the_eventsourcing_library_can_follow_the_log(name: str, tmp_path: Path) -> None:
    """As that library's own: a notification log in sections, and the events of a stream; nothing comes in that way."""
    log = SQLiteLog(name if name == ":memory:" else str(tmp_path / name))
    entries = filled(log)
    sections = LocalNotificationLog(log, section_size=3)
    section = sections["1,3"]
    assert [one.id for one in section.items] == [1, 2, 3]
    assert section.next_id == "4,6"
    followed = LocalNotificationLog(log).select(start=1, limit=10)
    assert [(one.originator_id, one.originator_version, one.topic, one.state, one.id) for one in followed] == [
        (one.stream, one.stream_version, one.type, one.state, one.position) for one in entries
    ]
    assert [one.id for one in log.select_notifications(3, 10, topics=["QuotaSet"], inclusive_of_start=False)] == [
        4,
        5,
        6,
        7,
    ]
    assert [one.id for one in log.select_notifications(None, 10, stop=2)] == [1, 2]
    assert [one.originator_version for one in log.select_events(entries[0].stream, gt=1, lte=3, desc=True)] == [3, 2]
    assert log.max_notification_id() == 7
    with pytest.raises(StoreError, match="append"):
        log.insert_events(log.select_events(entries[0].stream))
    log.close()


def test_tiles_above_the_leaves_are_looked_at_though_those_of_leaves_were_seen_to_be_right(tmp_path: Path) -> None:
    log = SQLiteLog(str(tmp_path / "ledger.db"))
    log.append(many(1, WIDTH * WIDTH))
    assert not list(log.damage(right_tiles=WIDTH))
    log.database.write("DROP TRIGGER tiles_never_update", [()])
    log.database.write("UPDATE tiles SET root = zeroblob(32) WHERE level = 1", [()])
    assert list(log.damage(right_tiles=WIDTH)) == [(1, "tile 0 of level 1 of the tree is not of the hashes below it")]
    log.close()
