"""A log in tables: what every database is asked in the same way.

A store whose log lies in the tables of `sqlite/schema.sql`, or in tables of the same names and columns, has of its own
how a connection is had, what a transaction is, how entries are written, and how a long piece of the log is read.
"""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged, StoreError
from ledger.proof.leaves import Leaf
from ledger.proof.merkle import Frontier
from ledger.rules.figure_forms import FormRow
from ledger.store.answered_requests import AnsweredRequests
from ledger.store.erasure_rows import ErasureRows
from ledger.store.log_damage import damage, has_leaf_tiles
from ledger.store.log_queries import COLUMNS, HEAD, NO_LIMIT, RECORDERS, chunks, heads_of, last_of, marks, where_one_of
from ledger.store.merkle_tiles import LogTree
from ledger.store.protocol import AnsweredRequest
from ledger.store.table_database import TableDatabase

_KINDS = (int, bytes, bytes, str, int, str, bytes, bytes, int)
"""What the columns of an entry are in Python."""
_KINDS_OF_MANY = [{kind} for kind in _KINDS]
MANY_ROWS = 32
_FIX_METRIC = (
    "INSERT INTO metrics VALUES (?,?,?) "
    "ON CONFLICT (metric) DO UPDATE SET family = excluded.family, position = excluded.position"
)
_NOTE_FORM = (
    "INSERT INTO forms VALUES (?,?,?,?) ON CONFLICT (form, part, value) DO UPDATE SET position = excluded.position"
)


class TableLog:
    """A log store but for its connections, see `ledger.store.protocol.LogStore`.

    The constants are what databases say each in their own way.
    """

    STATE_HOLDS: str
    """The condition that a state holds a text."""
    WITHOUT_STATE: str
    """The columns of an entry, with an empty state."""
    FIRST_NAME: str
    """The query for the first name of the log."""

    def __init__(self, database: TableDatabase, erased: ErasureRows) -> None:
        self.database = database
        self.erased = erased
        """The events whose texts were taken away."""
        self._tree = LogTree(database)
        self._requests = AnsweredRequests(database)

    @abstractmethod
    def writing(self, *, keep: bool = True) -> AbstractContextManager[object]:
        """A transaction of this thread, which alone may write until the block ends."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """Until the block ends, this thread reads the log as it is now."""

    @abstractmethod
    def _sought(self, text: str) -> str | bytes:
        """A text as a JSON string, as `STATE_HOLDS` takes it."""

    # Writing

    def savepoint(self) -> None:
        """What is written from here on can be undone without the rest."""
        self.database.fetch("SAVEPOINT block")

    def undo(self) -> None:
        """Undo what was written since the savepoint."""
        self.database.fetch("ROLLBACK TO block")
        self.release()

    def release(self) -> None:
        """Keep what was written since the savepoint as part of the transaction."""
        self.database.fetch("RELEASE block")

    def check_states(self, entries: Sequence[Entry]) -> None:
        """Whether each state is on one line. Raises StoreError."""
        states = b"".join([entry.state for entry in entries])  # one search in all is quicker than one in each
        if states.find(b"\n") >= 0 or states.find(b"\t") >= 0:
            raise StoreError("a state holds a tab or a newline; it must be JSON on one line")

    def keep_request(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep the hash of a request's body and its answer under its key."""
        self._requests.keep(key, digest=digest, position=position, answer=answer)

    def keep_requests(self, requests: Sequence[AnsweredRequest]) -> None:
        """Keep requests of another log as the next of this one, in their order."""
        with self.writing():
            self._requests.keep_all(requests)

    def erase(self, positions: Sequence[int], *, erased_at: int, quoted: Collection[str]) -> None:
        """Take the texts of events away, and what answers to requests quote of them."""
        with self.writing():
            event_ids = [entry.event_id for entry in self._where_in("position", positions)]
            self.erased.erase(positions, erased_at=erased_at)
            self._requests.erase(event_ids, quoted, after=min(positions) - 1)

    def note_recorder(self, ledger: str, *, first: int) -> None:
        """Note which ledger recorded the entries from a position on, which is not written yet."""
        self.database.write("INSERT INTO recorders (first_position, ledger) VALUES (?,?)", [(first, ledger)])

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note a metric's unit family, and the position of the event that fixes it."""
        if fixed is None:
            self.database.write("DELETE FROM metrics WHERE metric = ?", [(metric,)])
        else:
            self.database.write(_FIX_METRIC, [(metric, *fixed)])

    def note_forms(self, rows: Sequence[FormRow]) -> None:
        """Note the forms of figures."""
        for position_is_given, together in groupby(rows, key=lambda row: row[3] is not None):
            if position_is_given:
                self.database.write(_NOTE_FORM, list(together))
            else:
                forgotten = [row[:3] for row in together]
                self.database.write("DELETE FROM forms WHERE form = ? AND part = ? AND value = ?", forgotten)

    # Reading

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""
        return int(self.database.fetch(HEAD)[0][0])

    def position_at(self, recorded_us: int) -> int:
        """The last position recorded at or before the instant."""
        # recorded_at never goes back, so the log is sorted by it: bisect on the primary key.
        low, high = 0, self.head()
        while low < high:
            middle = (low + high + 1) // 2
            rows = self.database.fetch("SELECT recorded_at FROM stored_events WHERE position = ?", (middle,))
            if not rows:
                raise self.missing(middle - 1)
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
        return {entry.event_key: entry for entry in self._where_in("event_id", event_keys, columns=self.WITHOUT_STATE)}

    def stream(
        self, stream_key: bytes, *, types: Sequence[str] = (), limit: int | None = None, states: bool = True
    ) -> list[Entry]:
        """The entries of one stream, in order."""
        where = "originator_id = ?" + (f" AND topic IN ({marks(types)})" if types else "")
        columns = COLUMNS if states else self.WITHOUT_STATE
        return self._select(where, (stream_key, *types), order="originator_version", limit=limit, columns=columns)

    def streams(self, stream_keys: Sequence[bytes], *, last: int) -> dict[bytes, list[Entry]]:
        """The last entries of each of these streams, in order."""
        by_stream: defaultdict[bytes, list[Entry]] = defaultdict(list)
        for chunk in chunks(sorted(set(stream_keys))):
            for entry in _entries(self.database.fetch_tuples(last_of(len(chunk)), (*chunk, last))):
                by_stream[entry.stream_key].append(entry)
        # They come in order, as the index has them; to be told to sort them, SQLite takes four times as long.
        for entries in by_stream.values():
            entries.sort(key=attrgetter("stream_version"))
        return by_stream

    def stream_heads(self, stream_keys: Sequence[bytes]) -> dict[bytes, int]:
        """How many entries each of these streams holds."""
        heads: dict[bytes, int] = {}
        for chunk in chunks(stream_keys):
            rows = self.database.fetch(heads_of(len(chunk)), chunk)
            heads.update({row[0]: row[1] for row in rows if row[1] is not None})
        return heads

    def of_other_types(self, types: Sequence[str], *, after: int, until: int) -> Iterator[Entry]:
        """The entries of other types than these with after < position <= until. A scan."""
        where = "position > ? AND position <= ?" + (f" AND topic NOT IN ({marks(types)})" if types else "")
        while entries := self._select(where, (after, until, *types), order="position", limit=1000):
            yield from entries
            after = entries[-1].position

    def columns(self, *, after: int, until: int) -> tuple[Sequence[Any], ...] | None:
        """The entries and leaves with after < position <= until, column by column."""
        where = "WHERE position > ? AND position <= ? ORDER BY position"
        entries = self.database.fetch_tuples(f"SELECT {COLUMNS} FROM stored_events {where}", (after, until))
        leaves = self.database.fetch_tuples(f"SELECT salt, content, hash FROM leaves {where}", (after, until))
        if not len(entries) == len(leaves) == until - after:
            return None
        columns, beside = list(zip(*entries, strict=True)), list(zip(*leaves, strict=True))
        if not _are_entries(columns) or _kinds(beside) != [{bytes}] * 3:
            return None
        return (*columns, *beside)

    def mentioning(self, text: str, *, types: Sequence[str], after: int = 0) -> Iterator[Entry]:
        """Entries of these types whose state holds the text as a JSON string. A scan, in steps that grow."""
        limit = 4  # Who asks is mostly content with the first.
        where = f"position > ? AND topic IN ({marks(types)}) AND {self.STATE_HOLDS}"
        while entries := self._select(where, (after, *types, self._sought(text)), order="position", limit=limit):
            yield from entries
            after, limit = entries[-1].position, min(2 * limit, 500)

    def missing(self, after: int) -> LedgerDamaged:
        """What to say of the first position after this one that is not there."""
        ((position,),) = self.database.fetch(
            "SELECT MIN(position) + 1 FROM (SELECT ? AS position UNION ALL SELECT position FROM stored_events WHERE "
            "position > ?) AS one WHERE NOT EXISTS (SELECT 1 FROM stored_events WHERE position = one.position + 1)",
            (after, after),
        )
        return LedgerDamaged(f"the log has no event at position {position}", position=position)

    def request(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        return self._requests.get(key)

    def requests(self, *, after: int, until: int) -> Iterator[AnsweredRequest]:
        """The requests that were answered with after < number <= until, in order."""
        return self._requests.between(after=after, until=until)

    def request_count(self) -> int:
        """How many requests were answered."""
        return self._requests.chain()[0]

    def request_link(self, number: int) -> bytes:
        """What stands for the first so many requests."""
        return self._requests.link_at(number)

    def recorders(self) -> list[tuple[int, str]]:
        """Which ledger recorded the entries from which position on, in order."""
        rows = self.database.fetch(RECORDERS)
        ((first,),) = self.database.fetch(self.FIRST_NAME)
        return sorted({1: first, **{row[0]: row[1] for row in rows}}.items())

    def metrics(self) -> dict[str, tuple[str, int]]:
        """Each metric's unit family, and the position of the event that fixed it."""
        rows = self.database.fetch("SELECT metric, family, position FROM metrics")
        return {row[0]: (row[1], row[2]) for row in rows}

    def forms(self, *, after: int) -> list[FormRow]:
        """The forms of figures that were noted with position > after, in order of position."""
        query = "SELECT form, part, value, position FROM forms WHERE position > ? ORDER BY position"
        return [(row[0], row[1], row[2], row[3]) for row in self.database.fetch(query, (after,))]

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

    def has_leaf_tiles(self, first: int, hashes: Sequence[bytes]) -> bool:
        """Whether the whole tiles over leaf hashes are right."""
        return has_leaf_tiles(self.database, first, hashes)

    def damage(self, *, right_tiles: int = 0) -> Iterator[tuple[int | None, str]]:
        """What is wrong with the log beside its entries and leaves, and from which position on."""
        yield from damage(self.database, right_tiles=right_tiles)
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
            yield from map(_entry, self.database.fetch(where_one_of(column, len(chunk), columns, order), chunk))

    def _select(
        self, where: str, params: Sequence[Any], *, order: str, limit: int | None = None, columns: str = COLUMNS
    ) -> list[Entry]:
        query = f"SELECT {columns} FROM stored_events WHERE {where} ORDER BY {order} LIMIT ?"
        return _entries(self.database.fetch_tuples(query, (*params, NO_LIMIT if limit is None else limit)))


def _entries(rows: Sequence[Sequence[Any]]) -> list[Entry]:
    """The entries that rows hold. Raises LedgerDamaged where the columns of any are not what was written."""
    if len(rows) < MANY_ROWS or not _are_entries(list(zip(*rows, strict=True))):
        return list(map(_entry, rows))  # which says what is wrong with which
    return list(map(tuple.__new__, repeat(Entry), rows))


def _are_entries(columns: Sequence[Sequence[Any]]) -> bool:
    """Whether the columns of some rows are what was written: a fraction of the work of a look at row after row."""
    return _kinds(columns) == _KINDS_OF_MANY and set(map(len, columns[1])) | set(map(len, columns[2])) == {16}


def _kinds(columns: Iterable[Sequence[Any]]) -> list[set[type]]:
    return [set(map(type, column)) for column in columns]


def _entry(row: Sequence[Any]) -> Entry:
    """The entry that a row holds. Raises LedgerDamaged where its columns are not what was written."""
    entry = Entry._make(row)
    if tuple(map(type, entry)) != _KINDS or len(entry.event_key) != 16 or len(entry.stream_key) != 16:
        detail = f"the row at position {entry.position} cannot be read: a column holds something else than was written"
        raise LedgerDamaged(detail, position=entry.position)
    return entry
