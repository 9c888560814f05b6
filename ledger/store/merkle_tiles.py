"""The Merkle tree over a log in tables: it grows in the transaction that appends, and is read in tiles.

A *tile* is 256 neighbouring hashes of one level of eight: tile 3 of level 0 has the leaf hashes of positions 769 to
1024, and tile 0 of level 1 the roots of the first 256 tiles of level 0. Whole tiles are kept; those of the tile at the
end are in the rows of their leaves. So an append writes one row for each event, one for the tree, and one for every
256th event.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged
from ledger.proof.leaves import Leaf, content_hash, leaf_hashes, new_salts
from ledger.proof.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, frontier, parents, root_of
from ledger.store.log_queries import COLUMNS, KEEP_TREE, SEALED, TREE, TREE_ROOT, chunks, marks
from ledger.store.table_database import TableDatabase

HEIGHT = 8
WIDTH = 1 << HEIGHT
FILL_ROWS = 20_000
"""Of how many events the tree is made in one transaction, for a log that has none yet."""
LEAVES_AT_ONCE = 1000
_TREE_OF = "SELECT root, peaks FROM tree WHERE size = ?"
_KEEP_SEAL = (
    "INSERT INTO seal VALUES (1, ?, ?, ?) "
    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, beside = excluded.beside, note = excluded.note"
)


class LogTree:
    """The tree over one log. What writes is called within the transaction that appends."""

    def __init__(self, database: TableDatabase) -> None:
        self._database = database
        self._recent_tile = lru_cache(maxsize=256)(self._whole_tile)
        self._end: tuple[int, list[bytes]] = (0, [])
        """The number of the tile at the end, and the hashes of its first leaves, as they were when it was last read."""
        self._recent_roots = lru_cache(maxsize=256)(self._roots)
        """Whole tiles of the levels above, which never change once they are written."""
        self._recent_root = lru_cache(maxsize=1024)(self._root_near)
        self._near: tuple[Frontier, list[bytes]] = Frontier(), []
        """The tree at the size whose root was read last, and hashes of the leaves after it, as far as they were read:
        what is asked next is often one of the next sizes."""

    # Growing

    def head(self) -> Frontier:
        """The tree as it is."""
        rows = self._database.fetch(TREE)
        return Frontier(rows[0][0], tuple(_cut(rows[0][1]))) if rows else Frontier()

    def add(self, entries: Sequence[Entry], versions: Sequence[int | str], salts: Sequence[bytes] = ()) -> None:
        """Take in entries that were written just now, each with its version in its stream and with its salt, which is
        drawn where none is given.

        One whose text was erased has, in the place of a salt, the hash that stands for its text.
        """
        tree = self.head()
        if tree.size + 1 != entries[0].position:
            raise unknown_entries(tree.size)
        self._grow(tree, entries, versions, salts or new_salts(len(entries)))

    def fill(self, *, head: int) -> int:
        """Make the tree of the next part of the log, for a log from before; how far it goes now."""
        tree = self.head()
        until = min(head, tree.size + FILL_ROWS)
        self._fill(tree, until=until)
        return until

    def _fill(self, tree: Frontier, *, until: int) -> None:
        rows = self._database.fetch(
            f"SELECT {COLUMNS} FROM stored_events WHERE position > ? AND position <= ? ORDER BY position",
            (tree.size, until),
        )
        entries = [Entry._make(row) for row in rows]
        if len(entries) != until - tree.size:
            raise LedgerDamaged(f"the log has not every event from position {tree.size + 1} to {until}")
        if entries:
            self._grow(tree, entries, [entry.stream_version for entry in entries], new_salts(len(entries)))

    def _grow(
        self, tree: Frontier, entries: Sequence[Entry], versions: Sequence[int | str], salts: Sequence[bytes]
    ) -> None:
        contents = [
            salt if entry.is_erased else content_hash(salt, entry.digest, entry.state)
            for salt, entry in zip(salts, entries, strict=True)
        ]
        kept = (None if entry.is_erased else salt for salt, entry in zip(salts, entries, strict=True))
        hashes = leaf_hashes(entries, versions, contents)
        positions = range(tree.size + 1, tree.size + len(entries) + 1)
        self._database.write(
            "INSERT INTO leaves VALUES (?,?,?,?)", list(zip(positions, kept, contents, hashes, strict=True))
        )
        size = tree.size
        if (size + len(hashes)) // WIDTH > size // WIDTH:
            begun = size - size % WIDTH
            before = self._leaf_hashes(begun, size) if begun < size else []
            missing = WIDTH - len(before)
            tree = tree.extended(hashes[:missing])
            self._keep_tile(begun // WIDTH, before + hashes[:missing])
            hashes = hashes[missing:]
            while len(hashes) >= WIDTH:
                root = self._keep_tile(tree.size // WIDTH, hashes[:WIDTH])
                tree = tree.extended([root], level=HEIGHT)
                hashes = hashes[WIDTH:]
        tree = tree.extended(hashes)
        self._database.write(KEEP_TREE, [(tree.size, b"".join(tree.peaks), tree.root())])

    def _keep_tile(self, number: int, hashes: Sequence[bytes]) -> bytes:
        """Keep a whole tile of leaves, and those above that it completes; its root."""
        root = tile_root(hashes)
        self._database.write("INSERT INTO tiles VALUES (0, ?, ?, ?)", [(number, root, b"".join(hashes))])
        level = 0
        while number % WIDTH == WIDTH - 1:
            level, number = level + 1, number // WIDTH
            below = self._roots(level - 1, number * WIDTH, WIDTH)
            self._database.write("INSERT INTO tiles VALUES (?, ?, ?, NULL)", [(level, number, tile_root(below))])
        return root

    def seal(self, beside: Sequence[str], sign: Callable[[int, bytes, Sequence[str]], bytes]) -> None:
        """Keep a signed checkpoint over the tree and what is beside it, unless the last one is that already."""
        rows = self._database.fetch(TREE_ROOT)
        size, root = (rows[0][0], bytes(rows[0][1])) if rows else (0, EMPTY_ROOT)
        last = self._database.fetch(SEALED)
        now = (size, "\n".join(beside))
        if (tuple(last[0]) != now) if last else size > 0:
            self._database.write(_KEEP_SEAL, [(*now, sign(size, root, beside))])

    def sealed(self) -> bytes | None:
        """The signed checkpoint that was kept last; None where none was."""
        rows = self._database.fetch("SELECT note FROM seal")
        note = rows[0][0] if rows else None
        return note.encode() if isinstance(note, str) else note

    # Reading

    def root(self, size: int) -> bytes:
        """The root over the first `size` events, which the log holds."""
        if self._database.is_writing:
            return self._read_root(size)  # What is written now may be undone.
        return self._recent_root(size)

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of the whole subtree of 2 ** level events, the first of them at position index * 2 ** level + 1."""
        tier, height = divmod(level, HEIGHT)
        if height == 0 and tier > 0:
            return self._roots(tier - 1, index, 1)[0]
        number, place = divmod(index << height, WIDTH)
        count = 1 << height
        return root_of(self.tile(tier, number, place + count)[place:])

    def tile(self, level: int, number: int, width: int = WIDTH) -> list[bytes]:
        """The first `width` hashes of a tile, which the log is long enough for."""
        begun = number * WIDTH
        if level > 0:
            roots = self._roots if self._database.is_writing or width < WIDTH else self._recent_roots
            return list(roots(level - 1, begun, width))
        try:
            whole = self._whole_tile(number) if self._database.is_writing else self._recent_tile(number)
        except _NotWhole:
            return self._unfinished_tile(number, width)
        return whole[:width]

    def leaves(self, *, after: int, until: int) -> Iterator[Leaf]:
        """The leaf of each event with after < position <= until, in order."""
        while after < until:
            rows = self._database.fetch_tuples(
                "SELECT position, salt, content, hash FROM leaves WHERE position > ? AND position <= ? "
                "ORDER BY position LIMIT ?",
                (after, until, LEAVES_AT_ONCE),
            )
            if not rows:
                return
            yield from map(tuple.__new__, repeat(Leaf), rows)
            after = rows[-1][0]

    def leaves_at(self, positions: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """The content hash and the leaf hash of the entries at these positions."""
        found: dict[int, tuple[bytes, bytes]] = {}
        for chunk in chunks(sorted(set(positions))):
            query = f"SELECT position, content, hash FROM leaves WHERE position IN ({marks(chunk)})"
            found.update({row[0]: (row[1], row[2]) for row in self._database.fetch(query, chunk)})
        return found

    def leaf_tiles(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        """Those of some tiles of leaves that are whole."""
        found: dict[int, list[bytes]] = {}
        for chunk in chunks(sorted(set(numbers))):
            query = f"SELECT tile, hashes FROM tiles WHERE level = 0 AND tile IN ({marks(chunk)})"
            found.update({row[0]: _cut(row[1]) for row in self._database.fetch(query, chunk)})
        return found

    def stream_ends(self, *, after: int, until: int) -> Iterator[tuple[bytes, int, bytes]]:
        """Of each stream with entries after a position: its id, its length, and the leaf hash of its last entry."""
        if after == 0:
            yield from self._all_stream_ends(until)
            return
        query = (
            "SELECT originator_id, originator_version, hash FROM stored_events JOIN leaves USING (position) "
            "WHERE position > ? AND position <= ? ORDER BY position"
        )
        for start in range(after, until, FILL_ROWS):
            rows = self._database.fetch(query, (start, min(start + FILL_ROWS, until)))
            yield from {row[0]: (row[0], row[1], row[2]) for row in rows}.values()

    def _all_stream_ends(self, until: int) -> Iterator[tuple[bytes, int, bytes]]:
        """The same of all streams, in parts by the first byte of their ids: the index has them in this order."""
        query = (
            "SELECT stream, length, hash FROM (SELECT originator_id AS stream, MAX(originator_version) AS length, "
            "MAX(position) AS last FROM stored_events WHERE originator_id >= ? AND originator_id < ? AND position <= ? "
            "GROUP BY originator_id) AS ends JOIN leaves ON position = last"
        )
        for first in range(256):
            below = bytes([first + 1]) if first < 255 else b"\xff" * 17
            yield from map(tuple, self._database.fetch(query, (bytes([first]), below, until)))

    def _unfinished_tile(self, number: int, width: int) -> list[bytes]:
        """The first hashes of the tile at the end, of which only those are read that were not read before."""
        begun = number * WIDTH
        known = self._end[1] if self._end[0] == number and not self._database.is_writing else []
        if len(known) < width:
            known = [*known, *self._leaf_hashes(begun + len(known), begun + width)]
            if not self._database.is_writing:
                self._end = (number, known)
        return known[:width]

    def _leaf_hashes(self, after: int, until: int) -> list[bytes]:
        """The hashes of the leaves with after < position <= until."""
        found = self._hashes_from(after, until=until)
        if len(found) != until - after:
            raise _leaves_are_missing(after, until)
        return found

    def _roots(self, level: int, first: int, count: int) -> list[bytes]:
        """The roots of so many whole tiles of a level."""
        rows = self._database.fetch(
            "SELECT root FROM tiles WHERE level = ? AND tile >= ? AND tile < ? ORDER BY tile",
            (level, first, first + count),
        )
        if len(rows) != count:
            raise LedgerDamaged(f"the tree has not every tile of level {level} from {first} to {first + count - 1}")
        return [row[0] for row in rows]

    def _whole_tile(self, number: int) -> list[bytes]:
        rows = self._database.fetch("SELECT hashes FROM tiles WHERE level = 0 AND tile = ?", (number,))
        if not rows:
            raise _NotWhole
        return _cut(rows[0][0])

    def _read_root(self, size: int) -> bytes:
        rows = self._database.fetch(_TREE_OF, (size,))
        return bytes(rows[0][0]) if rows else frontier(self.subtree, size).root()

    def _root_near(self, size: int) -> bytes:
        """The same, from the size before where that is near: a transaction of many appends answers each with a root,
        and what one of them reads of the leaves is there for the next.
        """
        near, following = self._near
        count = size - near.size
        if near.size and 0 < count <= WIDTH:
            if count > len(following):
                following = [*following, *self._hashes_from(near.size + len(following), until=near.size + WIDTH)]
            if count > len(following):
                raise _leaves_are_missing(near.size, size)
            found, following = near.extended(following[:count]), following[count:]
            root = found.root()
        elif rows := self._database.fetch(_TREE_OF, (size,)):
            found, following, root = Frontier(size, tuple(_cut(rows[0][1]))), [], bytes(rows[0][0])
        else:
            found, following = frontier(self.subtree, size), []
            root = found.root()
        self._near = found, following
        return root

    def _hashes_from(self, after: int, *, until: int) -> list[bytes]:
        """The hashes of the leaves from after < position on, one after the other, as many as there are."""
        query = "SELECT position, hash FROM leaves WHERE position > ? AND position <= ? ORDER BY position"
        rows = self._database.fetch(query, (after, until))
        return [row[1] for place, row in enumerate(rows, after + 1) if row[0] == place]


def _leaves_are_missing(after: int, until: int) -> LedgerDamaged:
    return LedgerDamaged(f"the log has not every leaf from position {after + 1} to {until}")


def unknown_entries(known: int) -> LedgerDamaged:
    """What to say of a log in which entries were written that did not come through this program."""
    detail = f"position {known + 1} and what follows were written to the log by something else: its tree ends before"
    return LedgerDamaged(detail, position=known + 1)


class _NotWhole(Exception):
    """A tile has fewer than 256 hashes by now."""


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The hash over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = parents(row)
    return row[0]


def _cut(together: bytes) -> list[bytes]:
    """The hashes that stand one right after the other."""
    return [together[start : start + HASH_BYTES] for start in range(0, len(together), HASH_BYTES)]
