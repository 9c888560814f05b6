"""The log in SQLite: one file, write-ahead log, every commit on disk before it is acknowledged.

Built on the eventsourcing library's recorder, with what it leaves out: a gapless position of our own, the time of
recording, the event id as a key, idempotency keys in the same transaction, `synchronous=FULL`, and triggers that
refuse every UPDATE, DELETE and replacing INSERT, whoever asks.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder

from ledger.codec.stored_json import Placed, StoredEntry, Told, placed
from ledger.errors import StoreError
from ledger.store.sqlite.connection import Transactions
from ledger.store.sqlite.schema import COLUMNS, SCHEMA

TEXT_BYTES_MAX = 64 * 1024 * 1024
INSERT = (
    "INSERT INTO stored_events (position, event_id, originator_id, topic, recorded_at, recorded_by, digest, state, "
    "originator_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, COALESCE(NULLIF(?9, 0), "
    "(SELECT COALESCE(MAX(originator_version), 0) + 1 FROM stored_events WHERE originator_id = ?3)))"
)


class Packed(NamedTuple):
    """Consecutive rows of the log, from position `after` + 1 on: what is in a column, row after row, as one text.

    Ids are in hex, one right after the other. All else has a newline between two rows, who recorded them in hex. No
    state holds a newline: JSON escapes it, and an append refuses a state that does not.
    """

    after: int
    rows: int
    event_ids: str
    streams: str
    topics: str
    recorded_at: str
    recorded_by: str
    states: bytes


class SQLiteLog(SQLiteApplicationRecorder):
    """The recorder: appends entries, reads them by stream, by position, by event id. `path` may be `:memory:`."""

    def __init__(self, path: str) -> None:
        if path == ":memory:":
            path = f"file:{uuid4().hex}?mode=memory&cache=shared"
        self.datastore: Transactions = Transactions(path)
        super().__init__(self.datastore)
        with self.datastore.writing() as cursor:
            for statement in SCHEMA:
                cursor.execute(statement)
            row = cursor.execute("SELECT id FROM identity").fetchone()
            self.identity = row["id"] if row else str(uuid4())
            if row is None:
                cursor.execute("INSERT INTO identity (id) VALUES (?)", (self.identity,))

    def close(self) -> None:
        """Close every connection."""
        self.datastore.close()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append the entries, in the transaction that is open or in one of their own. Raises StoreError."""
        entries = [event for event in stored_events if isinstance(event, StoredEntry)]
        if any(b"\t" in entry.state or b"\n" in entry.state for entry in entries):
            raise StoreError("a state holds a tab or a newline; it must be JSON on one line")
        self.insert_placed([placed(entry) for entry in entries])
        return None

    def insert_placed(self, events: Sequence[Placed]) -> None:
        """The same for many: no object is made of an event that is only passed on, and its state is trusted."""
        self.datastore.write(INSERT, events)

    def keep_request(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep the hash of a request's body and its answer under its key, for ever."""
        self.datastore.write("INSERT INTO requests VALUES (?,?,?,?)", [(key, digest, position, answer)])

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note a metric's unit family, and the position of the event that fixes it; None where nothing does."""
        if fixed is None:
            self.datastore.write("DELETE FROM metrics WHERE metric = ?", [(metric,)])
        else:
            self.datastore.write("INSERT OR REPLACE INTO metrics VALUES (?,?,?)", [(metric, *fixed)])

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
        topics: Sequence[str] = (),
    ) -> Sequence[StoredEntry]:
        """The entries of one stream, in order of version; with `topics`, of these types only."""
        where = f" AND topic IN ({','.join('?' * len(topics))})" if topics else ""
        return self._select(
            f"originator_id = ? AND originator_version > ? AND originator_version <= ?{where}",
            (UUID(str(originator_id)).bytes, gt or 0, lte if lte is not None else 2**62, *topics),
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
        return int(self.datastore.fetch("SELECT COALESCE(MAX(position), 0) FROM stored_events")[0][0])

    def rows(self, *, after: int, until: int, topics: Sequence[str] = (), batch: int = 10_000) -> Iterator[list[Any]]:
        """Batches of rows with after < position <= until, in order; each row has the columns of `stored_events`."""
        while after < until:
            marks = ",".join("?" * len(topics))
            where = f" AND topic IN ({marks})" if topics else ""
            rows = self.datastore.fetch(
                f"SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ?{where} "
                "ORDER BY position LIMIT ?",
                (after, until, *topics, batch),
            )
            if not rows:
                return
            yield rows
            after = rows[-1]["position"]

    def packed(self, *, after: int, until: int, batch: int = 20_000) -> Iterator[Packed]:
        """The log with after < position <= until, batch by batch, a text a column: SQLite joins the rows by itself.

        Reads twice as many rows a second as `rows`, and lets other threads run meanwhile.
        """
        size = batch
        while after < until:
            try:
                # The limit keeps SQLite from dropping the subquery's order.
                (row,) = self.datastore.fetch(
                    "SELECT COUNT(*), group_concat(hex(event_id), ''), group_concat(hex(originator_id), ''), "
                    "group_concat(topic, char(10)), group_concat(recorded_at, char(10)), "
                    "group_concat(hex(recorded_by), char(10)), "
                    "CAST(group_concat(CAST(state AS TEXT), char(10)) AS BLOB) "
                    f"FROM (SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? "
                    "ORDER BY position LIMIT ?)",
                    (after, until, size),
                )
                found = Packed(after, *row)
            except StoreError as error:
                if size == 1 or "too big" not in str(error):
                    raise
                size //= 2
                continue
            if not found.rows:
                return
            yield found
            after += found.rows
            size = max(1, min(batch, size * TEXT_BYTES_MAX // len(found.states)))

    def by_event_id(self, event_ids: Sequence[bytes]) -> list[StoredEntry]:
        """The entries with these event ids, in order of position."""
        return self._in("event_id", event_ids)

    def known(self, event_ids: Sequence[bytes]) -> dict[bytes, Placed]:
        """Those of these events that the log holds, by event id; without their states."""
        found: dict[bytes, Placed] = {}
        for chunk in _chunks(event_ids):
            rows = self.datastore.fetch(
                "SELECT position, event_id, originator_id, topic, recorded_at, recorded_by, digest, x'', "
                f"originator_version FROM stored_events WHERE event_id IN ({','.join('?' * len(chunk))})",
                chunk,
            )
            found.update((row[1], Placed(*row)) for row in rows)
        return found

    def by_position(self, positions: Sequence[int]) -> list[StoredEntry]:
        """The entries at these positions, in order."""
        return self._in("position", positions)

    def of_types(self, topics: Sequence[str], *, after: int, until: int) -> Iterator[StoredEntry]:
        """The entries of these types with after < position <= until, in order of position. A scan."""
        marks = ",".join("?" * len(topics))
        while found := self._select(
            f"position > ? AND position <= ? AND topic IN ({marks})",
            (after, until, *topics),
            order="position",
            limit=1000,
        ):
            yield from found
            after = found[-1].position

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
            rows = self.datastore.fetch(
                "SELECT originator_id, MAX(originator_version) FROM stored_events "
                f"WHERE originator_id IN ({','.join('?' * len(chunk))}) GROUP BY originator_id",
                chunk,
            )
            heads.update({row[0]: row[1] for row in rows})
        return heads

    def histories(self, originator_ids: Sequence[bytes]) -> dict[bytes, list[Told]]:
        """What each of these streams holds, in order; streams without any event are left out."""
        found: defaultdict[bytes, list[Told]] = defaultdict(list)
        for chunk in _chunks(originator_ids):
            rows = self.datastore.fetch(
                "SELECT originator_id, position, event_id, topic, recorded_at, state FROM stored_events "
                f"WHERE originator_id IN ({','.join('?' * len(chunk))}) ORDER BY originator_id, originator_version",
                chunk,
            )
            for told in map(Told._make, rows):
                found[told.originator_id].append(told)
        return found

    def position_at(self, recorded_at: int) -> int:
        """The last position recorded at or before the instant (microseconds since 1970); 0 where there is none."""
        # recorded_at never goes back, so the log is sorted by it: bisect on the primary key.
        low, high = 0, self.max_notification_id()
        while low < high:
            middle = (low + high + 1) // 2
            ((at,),) = self.datastore.fetch("SELECT recorded_at FROM stored_events WHERE position = ?", (middle,))
            if at <= recorded_at:
                low = middle
            else:
                high = middle - 1
        return low

    def request(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        rows = self.datastore.fetch("SELECT digest, answer FROM requests WHERE key = ?", (key,))
        return (rows[0]["digest"], rows[0]["answer"]) if rows else None

    def metrics(self) -> dict[str, tuple[str, int]]:
        """Each metric's unit family, and the position of the event that fixed it."""
        rows = self.datastore.fetch("SELECT metric, family, position FROM metrics")
        return {row[0]: (row[1], row[2]) for row in rows}

    def _in(self, column: str, values: Sequence[Any]) -> list[StoredEntry]:
        found: list[StoredEntry] = []
        for chunk in _chunks(values):
            found.extend(self._select(f"{column} IN ({','.join('?' * len(chunk))})", chunk, order="position"))
        return sorted(found, key=lambda entry: entry.position)

    def _select(self, where: str, params: Sequence[Any], *, order: str, limit: int | None = None) -> list[StoredEntry]:
        rows = self.datastore.fetch(
            f"SELECT {COLUMNS} FROM stored_events WHERE {where} ORDER BY {order} LIMIT ?",
            (*params, -1 if limit is None else limit),
        )
        return [
            StoredEntry(UUID(bytes=stream), version, topic, state, position, event_id, at, by, digest)
            for position, event_id, stream, version, topic, at, by, digest, state in rows
        ]


def _chunks(values: Sequence[Any], size: int = 512) -> Iterator[Sequence[Any]]:
    """The values in parts, the last value over again until there are 1, 2, 4... of them: few statements to prepare."""
    for start in range(0, len(values), size):
        chunk = list(values[start : start + size])
        yield chunk + chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
