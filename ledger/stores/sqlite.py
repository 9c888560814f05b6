"""The log in SQLite: one file, write-ahead log, every commit on disk before it is acknowledged.

Built on the eventsourcing library's recorder, with what it leaves out: a gapless position of our own, the time of
recording, the event id as a key, idempotency keys in the same transaction, `synchronous=FULL`, and triggers that
refuse every UPDATE, DELETE and replacing INSERT, whoever asks.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    IntegrityError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from ledger.errors import StoreBusy, StoreError, StoreFull
from ledger.mapper import StoredEntry
from ledger.stores.schema import COLUMNS, SCHEMA

BUSY_TIMEOUT_S = 10
TEXT_CHARS_MAX = 64 * 1024 * 1024


class HeadMoved(Exception):
    """Another writer appended since the decision was made: decide again."""


@dataclass(frozen=True)
class Extras:
    """What goes into the append's transaction beside the events. The Merkle tree will be another field."""

    expected_head: int
    request: tuple[str, bytes, str] | None = None
    """(key, hash of the body, answer)"""
    metrics: Sequence[tuple[str, tuple[str, int] | None]] = ()
    """(metric, (family, position) or None where nothing fixes it any more)"""


class _Pool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        cursor = connection.cursor()
        for pragma in ("synchronous=FULL", "recursive_triggers=ON", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        return connection


class _Datastore(SQLiteDatastore):
    def __init__(self, path: str) -> None:
        self.pool = _Pool(db_name=path, lock_timeout=BUSY_TIMEOUT_S, pool_size=8, max_overflow=64)
        self.single_row_tracking = True
        self.originator_id_type = "uuid"


class SQLiteLog(SQLiteApplicationRecorder):
    """The recorder: appends entries, reads them by stream, by position, by event id. `path` may be `:memory:`."""

    def __init__(self, path: str) -> None:
        if path == ":memory:":
            path = f"file:{uuid4().hex}?mode=memory&cache=shared"
        super().__init__(_Datastore(path))
        with self._write() as cursor:
            for statement in SCHEMA:
                cursor.execute(statement)
            cursor.execute("SELECT id FROM identity")
            row = cursor.fetchone()
            self.identity = row["id"] if row else str(uuid4())
            if row is None:
                cursor.execute("INSERT INTO identity (id) VALUES (?)", (self.identity,))

    def close(self) -> None:
        """Close every connection."""
        self.datastore.close()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append the entries in one transaction, on disk when this returns.

        Raises HeadMoved where the log is not as long as `extras.expected_head` says, StoreBusy, StoreFull.
        """
        extras: Extras = kwargs["extras"]
        entries = [event for event in stored_events if isinstance(event, StoredEntry)]
        if any(b"\t" in entry.state or b"\n" in entry.state for entry in entries):
            raise StoreError("a state holds a tab or a newline; it must be JSON on one line")
        with self._write() as cursor:
            if self._head(cursor) != extras.expected_head:
                raise HeadMoved
            cursor.executemany(
                f"INSERT INTO stored_events ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",
                [
                    (
                        entry.position,
                        entry.event_id,
                        UUID(str(entry.originator_id)).bytes,
                        entry.originator_version,
                        entry.topic,
                        entry.recorded_at,
                        entry.recorded_by,
                        entry.digest,
                        entry.state,
                    )
                    for entry in entries
                ],
            )
            for metric, fixed in extras.metrics:
                if fixed is None:
                    cursor.execute("DELETE FROM metrics WHERE metric = ?", (metric,))
                else:
                    cursor.execute("INSERT OR REPLACE INTO metrics VALUES (?,?,?)", (metric, *fixed))
            if extras.request is not None:
                key, digest, answer = extras.request
                head = extras.expected_head + len(entries)
                cursor.execute("INSERT INTO requests VALUES (?,?,?,?)", (key, digest, head, answer))
        return [entry.position for entry in entries]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEntry]:
        """The entries of one stream, in order of version."""
        return self._select(
            "originator_id = ? AND originator_version > ? AND originator_version <= ?",
            (UUID(str(originator_id)).bytes, gt or 0, lte if lte is not None else 2**62),
            order=f"originator_version {'DESC' if desc else 'ASC'}",
            limit=limit,
        )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The log in order of position, as the library's notifications."""
        first = (start or 0) if inclusive_of_start else (start or 0) + 1
        marks = ",".join("?" * len(topics))
        return [
            Notification(entry.originator_id, entry.originator_version, entry.topic, entry.state, entry.position)
            for entry in self._select(
                "position >= ? AND position <= ?" + (f" AND topic IN ({marks})" if topics else ""),
                (first, stop if stop is not None else 2**62, *topics),
                order="position",
                limit=limit,
            )
        ]

    def max_notification_id(self) -> int:
        """The head of the log; 0 where it is empty."""
        with self._read() as cursor:
            return self._head(cursor)

    def rows(self, *, after: int, until: int, topics: Sequence[str] = (), batch: int = 10_000) -> Iterator[list[Any]]:
        """Batches of rows with after < position <= until, in order; each row has the columns of `stored_events`."""
        while after < until:
            marks = ",".join("?" * len(topics))
            where = f" AND topic IN ({marks})" if topics else ""
            with self._read() as cursor:
                cursor.execute(
                    f"SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ?{where} "
                    "ORDER BY position LIMIT ?",
                    (after, until, *topics, batch),
                )
                rows = cursor.fetchall()
            if not rows:
                return
            yield rows
            after = rows[-1]["position"]

    def text_rows(self, *, after: int, until: int, batch: int = 10_000) -> Iterator[tuple[int, str]]:
        """The log with after < position <= until as tab-separated text, made by SQLite itself, batch by batch.

        Gives the last position of a batch, and a line for each of its events, in order and without a newline at the
        end: position, event_id and originator_id in hex, topic, recorded_at, recorded_by in hex, state. No field holds
        a tab or a newline: JSON escapes them within a state, and an append refuses a state that does not.
        """
        size = batch
        while after < until:
            try:
                with self._read() as cursor:
                    # The limit keeps SQLite from dropping the subquery's order.
                    cursor.execute(
                        "SELECT MAX(position), group_concat(position || char(9) || hex(event_id) || char(9) || "
                        "hex(originator_id) || char(9) || topic || char(9) || recorded_at || char(9) || "
                        "hex(recorded_by) || char(9) || CAST(state AS TEXT), char(10)) "
                        f"FROM (SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? "
                        "ORDER BY position LIMIT ?)",
                        (after, until, size),
                    )
                    last, text = cursor.fetchone()
            except StoreError as error:
                if size == 1 or "too big" not in str(error):
                    raise
                size //= 2
                continue
            if last is None:
                return
            yield last, text
            after = last
            size = max(1, min(batch, size * TEXT_CHARS_MAX // len(text)))

    def by_event_id(self, event_ids: Sequence[bytes]) -> list[StoredEntry]:
        """The entries with these event ids, in order of position."""
        return self._in("event_id", event_ids)

    def by_position(self, positions: Sequence[int]) -> list[StoredEntry]:
        """The entries at these positions, in order."""
        return self._in("position", positions)

    def mentioning(self, text: str, *, topics: Sequence[str]) -> Iterator[StoredEntry]:
        """Entries of these types whose body holds the text as a JSON string, in order of position. A full scan."""
        marks = ",".join("?" * len(topics))
        after = 0
        while found := self._select(
            f"position > ? AND topic IN ({marks}) AND instr(CAST(state AS TEXT), ?) > 0",
            (after, *topics, f'"{text}"'),
            order="position",
            limit=500,
        ):
            yield from found
            after = found[-1].position

    def stream_heads(self, originator_ids: Sequence[bytes]) -> dict[bytes, int]:
        """How many events each stream holds; streams without any are left out."""
        heads: dict[bytes, int] = {}
        for chunk in _chunks(originator_ids):
            with self._read() as cursor:
                cursor.execute(
                    "SELECT originator_id, MAX(originator_version) FROM stored_events "
                    f"WHERE originator_id IN ({','.join('?' * len(chunk))}) GROUP BY originator_id",
                    chunk,
                )
                heads.update({row[0]: row[1] for row in cursor.fetchall()})
        return heads

    def position_at(self, recorded_at: int) -> int:
        """The last position recorded at or before the instant (microseconds since 1970); 0 where there is none."""
        # recorded_at never goes back, so the log is sorted by it: bisect on the primary key.
        with self._read() as cursor:
            low, high = 0, self._head(cursor)
            while low < high:
                middle = (low + high + 1) // 2
                cursor.execute("SELECT recorded_at FROM stored_events WHERE position = ?", (middle,))
                if cursor.fetchone()[0] <= recorded_at:
                    low = middle
                else:
                    high = middle - 1
        return low

    def request(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        with self._read() as cursor:
            cursor.execute("SELECT digest, answer FROM requests WHERE key = ?", (key,))
            row = cursor.fetchone()
        return (row["digest"], row["answer"]) if row else None

    def metrics(self) -> dict[str, tuple[str, int]]:
        """Each metric's unit family, and the position of the event that fixed it."""
        with self._read() as cursor:
            cursor.execute("SELECT metric, family, position FROM metrics")
            return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}

    def _in(self, column: str, values: Sequence[Any]) -> list[StoredEntry]:
        found: list[StoredEntry] = []
        for chunk in _chunks(values):
            found.extend(self._select(f"{column} IN ({','.join('?' * len(chunk))})", chunk, order="position"))
        return sorted(found, key=lambda entry: entry.position)

    def _select(self, where: str, params: Sequence[Any], *, order: str, limit: int | None = None) -> list[StoredEntry]:
        with self._read() as cursor:
            cursor.execute(
                f"SELECT {COLUMNS} FROM stored_events WHERE {where} ORDER BY {order} LIMIT ?",
                (*params, -1 if limit is None else limit),
            )
            return [
                StoredEntry(
                    originator_id=UUID(bytes=row["originator_id"]),
                    originator_version=row["originator_version"],
                    topic=row["topic"],
                    state=row["state"],
                    position=row["position"],
                    event_id=row["event_id"],
                    recorded_at=row["recorded_at"],
                    recorded_by=row["recorded_by"],
                    digest=row["digest"],
                )
                for row in cursor.fetchall()
            ]

    def _head(self, cursor: Any) -> int:
        cursor.execute("SELECT COALESCE(MAX(position), 0) FROM stored_events")
        return int(cursor.fetchone()[0])

    @contextmanager
    def _read(self) -> Iterator[SQLiteCursor]:
        with _store_errors(), self.datastore.transaction(commit=False) as cursor:
            yield cursor

    @contextmanager
    def _write(self) -> Iterator[SQLiteCursor]:
        """A transaction that holds the write lock from its start, so that nothing read in it can go stale."""
        with _store_errors(), self.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                connection.commit()
            except BaseException:
                connection.rollback()
                raise


def _chunks(values: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OperationalError) as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreBusy("another process is writing to the ledger; try again") from error
        if "full" in text:
            raise StoreFull("the disk is full; nothing was recorded") from error
        raise StoreError(text) from error
    except (sqlite3.IntegrityError, IntegrityError) as error:
        raise StoreError(f"the log refused the rows: {error}") from error
    except (sqlite3.Error, PersistenceError) as error:
        raise StoreError(str(error)) from error
