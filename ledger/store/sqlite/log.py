"""The log in SQLite: one file, write-ahead log, every commit on disk before it is acknowledged.

It is a recorder of the eventsourcing library, with what that leaves out: a gapless position of our own, the time of
recording, the event id as a key, idempotency keys in the same transaction, `synchronous=FULL`, and triggers that
refuse every UPDATE, DELETE and replacing INSERT, whoever asks. So whatever reads a log of that library reads this one.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import uuid4

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged, StoreError
from ledger.proof.leaves import Leaf
from ledger.proof.merkle import Frontier
from ledger.rules.figure_forms import FormRow
from ledger.store.protocol import Block
from ledger.store.sqlite.answered_requests import AnsweredRequests
from ledger.store.sqlite.connection import LogDatastore, Transaction
from ledger.store.sqlite.damage import damage
from ledger.store.sqlite.erased_texts import ErasedTexts
from ledger.store.sqlite.library_recorder import LibraryRecorder
from ledger.store.sqlite.log_form import name_anew, name_of, take_form
from ledger.store.sqlite.log_queries import COLUMNS, chunks, heads_of, last_of, marks, where_one_of
from ledger.store.sqlite.tree import LogTree

TEXT_BYTES_MAX = 64 * 1024 * 1024
_KINDS = (int, bytes, bytes, str, int, str, bytes, bytes, int)
"""What these are in Python."""
_KINDS_OF_MANY = [{kind} for kind in _KINDS]
MANY_ROWS = 32
_WITHOUT_STATE = COLUMNS.replace("state", "x''")
_INSERT = (
    f"INSERT INTO stored_events ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, COALESCE(NULLIF(?9, 0), "
    "(SELECT COALESCE(MAX(originator_version), 0) + 1 FROM stored_events WHERE originator_id = ?3)))"
)


class SQLiteLog(LibraryRecorder):
    """A log store: see `ledger.store.protocol.LogStore`. `location` is a file, or `:memory:`."""

    def __init__(self, location: str) -> None:
        path = f"file:{uuid4().hex}?mode=memory&cache=shared" if location == ":memory:" else location
        self.datastore: LogDatastore = LogDatastore(path)
        super().__init__(self.datastore)
        with self.datastore.writing() as cursor:
            take_form(cursor)
            self._identity = name_of(cursor)
        self._tree = LogTree(self.datastore)
        self._requests = AnsweredRequests(self.datastore)
        self.erased = ErasedTexts(self.datastore)
        """The events whose texts were taken away."""

    @property
    def identity(self) -> str:
        """A name that no other log has."""
        return self._identity

    def begin_anew(self) -> None:
        """Become another log, with a name of its own: what is recorded from now on is the first that is its own."""
        with self.writing() as cursor:
            self._identity = name_anew(cursor)
            self.note_recorder(self._identity, first=self.head() + 1)

    def close(self) -> None:
        """Close every connection."""
        self.datastore.close()

    # Writing

    def writing(self, *, keep: bool = True) -> AbstractContextManager[sqlite3.Cursor]:
        """A transaction of this thread, which holds the write lock of the file from its start."""
        return Transaction(self.datastore, keep=keep)

    def savepoint(self) -> None:
        """What is written from here on can be undone without the rest."""
        self.datastore.fetch("SAVEPOINT block")

    def undo(self) -> None:
        """Undo what was written since the savepoint."""
        self.datastore.fetch("ROLLBACK TO block")
        self.release()

    def release(self) -> None:
        """Keep what was written since the savepoint as part of the transaction."""
        self.datastore.fetch("RELEASE block")

    def bulk(self) -> AbstractContextManager[None]:
        """A time in which millions of rows are written."""
        return self.datastore.bulk()

    def append(self, entries: Sequence[Entry], salts: Sequence[bytes] = ()) -> None:
        """Write entries at the next positions, and let the tree grow."""
        states = b"".join([entry.state for entry in entries])  # one search in all is quicker than one in each
        if states.find(b"\n") >= 0 or states.find(b"\t") >= 0:
            raise StoreError("a state holds a tab or a newline; it must be JSON on one line")
        with self.writing():
            self.datastore.write(_INSERT, entries)
            self._tree.add(entries, salts)

    def keep_request(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep the hash of a request's body and its answer under its key."""
        self._requests.keep(key, digest=digest, position=position, answer=answer)

    def erase(self, positions: Sequence[int], *, erased_at: int, quoted: Collection[str]) -> None:
        """Take the texts of events away, and what answers to requests quote of them."""
        with self.writing():
            event_ids = [entry.event_id for entry in self._where_in("position", positions)]
            self.erased.erase(positions, erased_at=erased_at)
            self._requests.erase(event_ids, quoted, after=min(positions) - 1)

    def note_recorder(self, ledger: str, *, first: int) -> None:
        """Note which ledger recorded the entries from a position on, which is not written yet."""
        self.datastore.write("INSERT INTO recorders (first_position, ledger) VALUES (?,?)", [(first, ledger)])

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note a metric's unit family, and the position of the event that fixes it."""
        if fixed is None:
            self.datastore.write("DELETE FROM metrics WHERE metric = ?", [(metric,)])
        else:
            self.datastore.write("INSERT OR REPLACE INTO metrics VALUES (?,?,?)", [(metric, *fixed)])

    def note_forms(self, rows: Sequence[FormRow]) -> None:
        """Note the forms of figures."""
        for position_is_given, together in groupby(rows, key=lambda row: row[3] is not None):
            if position_is_given:
                self.datastore.write("INSERT OR REPLACE INTO forms VALUES (?,?,?,?)", list(together))
            else:
                forgotten = [row[:3] for row in together]
                self.datastore.write("DELETE FROM forms WHERE form = ? AND part = ? AND value = ?", forgotten)

    # Reading

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""
        return int(self.datastore.fetch("SELECT COALESCE(MAX(position), 0) FROM stored_events")[0][0])

    def position_at(self, recorded_us: int) -> int:
        """The last position recorded at or before the instant."""
        # recorded_at never goes back, so the log is sorted by it: bisect on the primary key.
        low, high = 0, self.head()
        while low < high:
            middle = (low + high + 1) // 2
            rows = self.datastore.fetch("SELECT recorded_at FROM stored_events WHERE position = ?", (middle,))
            if not rows:
                raise self._missing(middle - 1)
            ((at,),) = rows
            if at <= recorded_us:
                low = middle
            else:
                high = middle - 1
        return low

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions, in order."""
        return sorted(self._where_in("position", positions))

    def with_event_ids(self, event_keys: Sequence[bytes]) -> list[Entry]:
        """The entries with these event ids, in order of position."""
        return sorted(self._where_in("event_id", event_keys))

    def known(self, event_keys: Sequence[bytes]) -> dict[bytes, Entry]:
        """Those of these events that the log holds, without their states."""
        return {entry.event_key: entry for entry in self._where_in("event_id", event_keys, columns=_WITHOUT_STATE)}

    def stream(
        self, stream_key: bytes, *, types: Sequence[str] = (), limit: int | None = None, states: bool = True
    ) -> list[Entry]:
        """The entries of one stream, in order."""
        where = "originator_id = ?" + (f" AND topic IN ({marks(types)})" if types else "")
        columns = COLUMNS if states else _WITHOUT_STATE
        return self._select(where, (stream_key, *types), order="originator_version", limit=limit, columns=columns)

    def streams(self, stream_keys: Sequence[bytes], *, last: int) -> dict[bytes, list[Entry]]:
        """The last entries of each of these streams, in order."""
        by_stream: defaultdict[bytes, list[Entry]] = defaultdict(list)
        for chunk in chunks(sorted(set(stream_keys))):
            for entry in map(_entry, self.datastore.fetch(last_of(len(chunk)), (*chunk, last))):
                by_stream[entry.stream_key].append(entry)
        # They come in order, as the index has them; to be told to sort them, SQLite takes four times as long.
        for entries in by_stream.values():
            entries.sort(key=attrgetter("stream_version"))
        return by_stream

    def stream_heads(self, stream_keys: Sequence[bytes]) -> dict[bytes, int]:
        """How many entries each of these streams holds."""
        heads: dict[bytes, int] = {}
        for chunk in chunks(stream_keys):
            rows = self.datastore.fetch(heads_of(len(chunk)), chunk)
            heads.update({row[0]: row[1] for row in rows if row[1] is not None})
        return heads

    def of_other_types(self, types: Sequence[str], *, after: int, until: int) -> Iterator[Entry]:
        """The entries of other types than these with after < position <= until. A scan."""
        where = f"position > ? AND position <= ? AND topic NOT IN ({marks(types)})"
        while entries := self._select(where, (after, until, *types), order="position", limit=1000):
            yield from entries
            after = entries[-1].position

    def mentioning(self, text: str, *, types: Sequence[str], after: int = 0) -> Iterator[Entry]:
        """Entries of these types whose state holds the text as a JSON string. A scan, in steps that grow."""
        limit = 4  # Who asks is mostly content with the first.
        where = f"position > ? AND topic IN ({marks(types)}) AND instr(CAST(state AS TEXT), ?) > 0"
        while entries := self._select(where, (after, *types, f'"{text}"'), order="position", limit=limit):
            yield from entries
            after, limit = entries[-1].position, min(2 * limit, 500)

    def blocks(self, *, after: int, until: int, rows_max: int = 20_000) -> Iterator[Block]:
        """The log in blocks. SQLite joins the rows by itself: twice as quick, and other threads run meanwhile."""
        size, until = rows_max, min(until, self.head())
        while after < until:
            try:
                # The limit keeps SQLite from dropping the subquery's order.
                (row,) = self.datastore.fetch(
                    "SELECT MAX(position), COUNT(*), "
                    "group_concat(hex(event_id), ''), group_concat(hex(originator_id), ''), "
                    "group_concat(topic, char(10)), group_concat(recorded_at, char(10)), "
                    "group_concat(hex(recorded_by), char(10)), "
                    "CAST(group_concat(CAST(state AS TEXT), char(10)) AS BLOB) "
                    f"FROM (SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? "
                    "ORDER BY position LIMIT ?)",
                    (after, until, size),
                )
                last, *columns = row
                block = Block(after, *columns)
            except StoreError as error:
                if size == 1 or "too big" not in str(error):
                    raise
                size //= 2
                continue
            if last != after + block.rows:
                raise self._missing(after)
            yield block
            after += block.rows
            size = max(1, min(rows_max, size * TEXT_BYTES_MAX // max(1, len(block.states))))

    def _missing(self, after: int) -> LedgerDamaged:
        """What to say of the first position after this one that is not there."""
        ((position,),) = self.datastore.fetch(
            "SELECT MIN(position) + 1 FROM (SELECT ? AS position UNION ALL SELECT position FROM stored_events WHERE "
            "position > ?) AS one WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE position = one.position + 1)",
            (after, after),
        )
        return LedgerDamaged(f"the log has no event at position {position}", position=position)

    def request(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        return self._requests.get(key)

    def recorders(self) -> list[tuple[int, str]]:
        """Which ledger recorded the entries from which position on, in order."""
        rows = self.datastore.fetch("SELECT first_position, ledger FROM recorders ORDER BY number")
        ((first,),) = self.datastore.fetch("SELECT id FROM identity ORDER BY rowid LIMIT 1")
        return sorted({1: first, **{row[0]: row[1] for row in rows}}.items())

    def metrics(self) -> dict[str, tuple[str, int]]:
        """Each metric's unit family, and the position of the event that fixed it."""
        rows = self.datastore.fetch("SELECT metric, family, position FROM metrics")
        return {row[0]: (row[1], row[2]) for row in rows}

    def forms(self, *, after: int) -> list[FormRow]:
        """The forms of figures that were noted with position > after, in order of position."""
        query = "SELECT form, part, value, position FROM forms WHERE position > ? ORDER BY position"
        return [(row[0], row[1], row[2], row[3]) for row in self.datastore.fetch(query, (after,))]

    # The Merkle tree

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        return self._tree.root(size)

    def frontier(self) -> Frontier:
        """The tree as it is kept."""
        return self._tree.head()

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree."""
        return self._tree.subtree(level, index)

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        """The first hashes of a tile."""
        return self._tree.tile(level, number, width)

    def leaves(self, *, after: int, until: int) -> Iterator[Leaf]:
        """The leaf of each entry."""
        return self._tree.leaves(after=after, until=until)

    def leaves_at(self, positions: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """The content hash and the leaf hash of the entries at these positions."""
        return self._tree.leaves_at(positions)

    def stream_ends(self, *, after: int, until: int) -> Iterator[tuple[bytes, int, bytes]]:
        """How many entries each stream has that has some after a position, and the leaf hash of the last."""
        return self._tree.stream_ends(after=after, until=until)

    def leaf_tiles(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        """Those of some tiles of leaves that are whole."""
        return self._tree.leaf_tiles(numbers)

    def seal(self, sign: Callable[[int, bytes, Sequence[str]], bytes]) -> None:
        """Keep a signed checkpoint over the log and the answered requests as they are now."""
        self._tree.seal(self.beside_tree(), sign)

    def beside_tree(self) -> tuple[str, ...]:
        """What stands for the rest of the log in its seal."""
        requests, link = self._requests.chain()
        recorders = sha256("".join(f"{first} {ledger}\n" for first, ledger in self.recorders()).encode())
        return f"requests {requests} {link.hex()}", f"recorders {recorders.hexdigest()}"

    def sealed(self) -> bytes | None:
        """The signed checkpoint that was kept last."""
        return self._tree.sealed()

    def damage(self) -> Iterator[tuple[int | None, str]]:
        """What is wrong with the log beside its entries and leaves, and from which position on."""
        yield from damage(self.datastore)
        if (wrong := self._requests.first_wrong()) is not None:
            yield None, wrong

    @property
    def lacks_tree(self) -> bool:
        """Whether there are entries, and no tree over any of them."""
        return not self._tree.head().size and self.head() > 0

    def make_tree(self) -> None:
        """Make the tree over all entries, and the chain over all requests."""
        with self.writing():
            self._requests.link_all()
            head = self.head()
            while self._tree.fill(head=head) < head:
                pass

    def _where_in(
        self, column: str, values: Sequence[Any], *, columns: str = COLUMNS, order: str = ""
    ) -> Iterator[Entry]:
        for chunk in chunks(values):
            yield from map(_entry, self.datastore.fetch(where_one_of(column, len(chunk), columns, order), chunk))

    def _select(
        self, where: str, params: Sequence[Any], *, order: str, limit: int | None = None, columns: str = COLUMNS
    ) -> list[Entry]:
        query = f"SELECT {columns} FROM stored_events WHERE {where} ORDER BY {order} LIMIT ?"
        return _entries(self.datastore.fetch_tuples(query, (*params, -1 if limit is None else limit)))


def _entries(rows: Sequence[Sequence[Any]]) -> list[Entry]:
    """The entries that rows hold. Raises LedgerDamaged where the columns of any are not what was written."""
    if len(rows) < MANY_ROWS:
        return list(map(_entry, rows))
    # To look at column after column takes a fraction of what row after row takes.
    columns = list(zip(*rows, strict=True))
    kinds = [set(map(type, column)) for column in columns]
    if kinds != _KINDS_OF_MANY or set(map(len, columns[1])) | set(map(len, columns[2])) != {16}:
        return list(map(_entry, rows))  # which says what is wrong with which
    return list(map(Entry._make, rows))


def _entry(row: Sequence[Any]) -> Entry:
    """The entry that a row holds. Raises LedgerDamaged where its columns are not what was written."""
    entry = Entry._make(row)
    if tuple(map(type, entry)) != _KINDS or len(entry.event_key) != 16 or len(entry.stream_key) != 16:
        detail = f"the row at position {entry.position} cannot be read: a column holds something else than was written"
        raise LedgerDamaged(detail, position=entry.position)
    return entry
