"""What a log store is: the one interface between the ledger and whatever keeps its log.

A store keeps entries at positions 1, 2, 3 … without gaps, for ever and unchanged; the answers to requests with an
idempotency key; which unit family each metric has, and which forms figures have. It decides nothing: rules and places
are made above it.

Every store passes the suite in `tests/contracts/`. A new store is a folder beside `sqlite/` whose module has a function
`open_store(location)`; and `is_there(location)`, where a log may be absent.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from ledger.codec.entry import Entry
from ledger.proof.leaves import Leaf
from ledger.proof.merkle import Frontier
from ledger.rules.figure_forms import FormRow


class Block(NamedTuple):
    """Consecutive entries, from position `after` + 1 on, column by column: each column is one text of all its rows.

    Ids are in hex, in capitals, one right after the other. All other columns have a newline between two rows; no state
    holds one, since JSON escapes it. `recorded_by` is in hex too. For two entries, `topics` is a line `QuotaSet` and a
    line `MoUSigned`. The state of an entry whose text was erased is empty.
    """

    after: int
    rows: int
    event_ids: str
    streams: str
    topics: str
    recorded_at: str
    """Microseconds since 1970, UTC."""
    recorded_by: str
    states: bytes


class AnsweredRequest(NamedTuple):
    """A request with an idempotency key that was answered; its `number` is 1 for the first, 2 for the next."""

    number: int
    key: str
    digest: bytes
    """The hash of its body; empty where an event that it recorded was erased."""
    position: int
    answer: str


class ErasedEntries(Protocol):
    """The entries of a log whose texts were taken away, each with the position of the EventErased that says so."""

    def between(self, *, after: int, until: int) -> list[tuple[int, int]]:
        """Those with after < position <= until, in order."""

    def at(self, positions: Sequence[int]) -> dict[int, int]:
        """Of each of these positions that is erased, the position of its EventErased."""

    def of(self, erased_at: Collection[int]) -> list[tuple[int, int]]:
        """Those for which one of these EventErased stands."""

    def unseen(self, position: int, *, limit: int) -> tuple[int, list[tuple[int, int]]]:
        """How many entries up to a position were erased behind it; and the first of them."""

    def find(
        self, *, after: int, until: int, types: Sequence[str] = (), streams: Sequence[bytes] = (), limit: int = -1
    ) -> list[int]:
        """The positions of those with after < position <= until, of these types and streams where any are given, in
        order, so many at most (-1: all); of streams also the positions of the EventErased.
        """

    def last(self) -> int:
        """The position of the last EventErased; 0 where nothing was erased."""

    @property
    def is_scrubbed(self) -> bool:
        """Whether no byte of an erased text is left where the log lies."""

    def scrub(self) -> None:
        """Let none be left. Raises StoreBusy where others keep it from that just now, StoreFull, StoreError."""


class LogStore(Protocol):
    """A log. Several threads may use one object, and several processes one log.

    Within a transaction a thread reads what it has written, which nobody else can see yet. Every method raises
    StoreBusy, StoreFull or StoreError where the store cannot take or give what is asked.
    """

    @property
    def identity(self) -> str:
        """A name that no other log has; it never changes."""

    def seed(self) -> bytes | None:
        """The secret of 32 bytes that everyone who opens this log makes its signing key of; it was made with the log.

        None for a log in a file, which has its key beside it, and for one that lasts no longer than this object.
        """

    def close(self) -> None:
        """Close every connection. The log stays as it is; from now on every method raises StoreError."""

    # Writing

    def writing(self, *, keep: bool = True) -> AbstractContextManager[object]:
        """A transaction of this thread, which alone may write until the block ends.

        What is read in it stays true until then. It is on disk when the block has ended; undone where the block ends
        with an exception, or without `keep`. Within another transaction it is part of that one.
        """

    def savepoint(self) -> None:
        """Within a transaction: what is written from here on can be undone without the rest. One at a time."""

    def undo(self) -> None:
        """Undo what was written since the savepoint, which ends."""

    def release(self) -> None:
        """Keep what was written since the savepoint, which ends, as part of the transaction."""

    def bulk(self) -> AbstractContextManager[None]:
        """A time in which millions of entries are written; the store may prepare for that."""

    def append(self, entries: Sequence[Entry], salts: Sequence[bytes] = ()) -> None:
        """Write entries at the next positions, and their leaves in the Merkle tree.

        Raises StoreError where a position, an event id or a version of a stream
        is taken or left out, where time goes back, or where a state holds a tab or a newline.

        An entry whose `stream_version` is NEXT_VERSION gets the next one of its stream. `salts` are those of the leaves
        (`ledger.proof.leaves`), one for each entry; without them they are drawn. An entry whose text was erased has the
        hash that stands for the text in the place of a salt.
        """

    def keep_request(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep the hash of a request's body and its answer for ever. Raises StoreError for a taken key."""

    def keep_requests(self, requests: Sequence[AnsweredRequest]) -> None:
        """Keep requests of another log as the next of this one, in their order. Raises StoreError for a taken key."""

    def erase(self, positions: Sequence[int], *, erased_at: int, quoted: Collection[str]) -> None:
        """Take away what the entries at these positions said: state, digest, and the salt of the leaf.

        The EventErased at `erased_at`, in the same transaction, names them; StoreError where it does not. `quoted` are
        the texts in them: an answer to a request that quotes one of these loses what it quotes, and a request that
        recorded one of the entries the hash of its body.
        """

    def note_recorder(self, ledger: str, *, first: int) -> None:
        """Note that another ledger, which has this identity, recorded the entries from position `first` on; or this one
        again. The last word on a position counts. Raises StoreError where it is written, or a later one was noted.
        """

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note a metric's unit family, and the position of the event that fixes it; None where nothing does."""

    def note_forms(self, rows: Sequence[FormRow]) -> None:
        """Note the forms of figures, one after the other: a row in the place of one with the same form, part and value;
        without a position, no row.
        """

    # Reading

    def snapshot(self) -> AbstractContextManager[None]:
        """Until the block ends, this thread reads the log as it is now, whatever others write meanwhile.

        Within a transaction that is so anyway. A log in memory may leave it to whoever writes there to wait.
        """

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""

    def position_at(self, recorded_us: int) -> int:
        """The last position recorded at or before the instant (microseconds since 1970); 0 where there is none."""

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions, in order; positions that are not taken are left out."""

    def with_event_ids(self, event_keys: Sequence[bytes]) -> list[Entry]:
        """The entries with these event ids (16 bytes each), in order of position."""

    def known(self, event_keys: Sequence[bytes]) -> dict[bytes, Entry]:
        """Those of these events that the log holds, by event id; their `state` is left out (b"")."""

    def stream(
        self, stream_key: bytes, *, types: Sequence[str] = (), limit: int | None = None, states: bool = True
    ) -> list[Entry]:
        """The entries of one stream, in order; with `types`, those of these types only; without `states`, each with
        its `state` left out (b"").
        """

    def streams(self, stream_keys: Sequence[bytes], *, last: int) -> dict[bytes, list[Entry]]:
        """The last so many entries of each of these streams, in order; streams without any are left out."""

    def stream_heads(self, stream_keys: Sequence[bytes]) -> dict[bytes, int]:
        """How many entries each of these streams holds; streams without any are left out."""

    def of_other_types(self, types: Sequence[str], *, after: int, until: int) -> Iterator[Entry]:
        """The entries of other types than these with after < position <= until, in order of position. A scan."""

    def columns(self, *, after: int, until: int) -> tuple[Sequence[Any], ...] | None:
        """The entries with after < position <= until and their leaves, column by column: those of Entry, then the salt,
        the content hash and the leaf hash. None where one is not there, was erased, or holds what was never written.
        """

    def mentioning(self, text: str, *, types: Sequence[str], after: int = 0) -> Iterator[Entry]:
        """Entries of these types with position > after whose state holds the text as a JSON string, in order of
        position. A scan, which goes no further than it is asked to.
        """

    def blocks(self, *, after: int, until: int, rows_max: int = 20_000) -> Iterator[Block]:
        """The log with after < position <= until in order, in blocks of at most `rows_max` entries.

        Raises LedgerDamaged for a position up to the head that is not there.
        """

    def request(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""

    def requests(self, *, after: int, until: int) -> Iterator[AnsweredRequest]:
        """The requests that were answered with after < number <= until, in order."""

    def request_count(self) -> int:
        """How many requests were answered."""

    def request_link(self, number: int) -> bytes:
        """What stands for the first so many requests: the link of the last (`ledger.store.answered_requests.link`).

        Raises LedgerDamaged where there are not so many.
        """

    def recorders(self) -> list[tuple[int, str]]:
        """Which ledger recorded the entries from which position on, in order; the first is 1.

        For a log that was never copied, [(1, identity)]; for one that took over 900 entries of another, that one's from
        1 and this one's from 901 on.
        """

    def metrics(self) -> dict[str, tuple[str, int]]:
        """Each metric's unit family, and the position of the event that fixes it."""

    def forms(self, *, after: int) -> list[FormRow]:
        """The forms of figures that were noted with position > after, in order of position."""

    @property
    def erased(self) -> ErasedEntries:
        """The entries whose texts were taken away."""

    # The Merkle tree over the entries (`ledger.proof`), which grows in the transaction that appends

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries, at most all of them."""

    def frontier(self) -> Frontier:
        """The tree over all entries, as it is kept to grow."""

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of the whole subtree of 2 ** level entries, the first of them at position index * 2 ** level + 1."""

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        """The first `width` hashes of a tile: 256 neighbouring hashes of level 8 * `level` of the tree."""

    def leaves(self, *, after: int, until: int) -> Iterator[Leaf]:
        """The leaf of each entry with after < position <= until, in order."""

    def leaves_at(self, positions: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """The content hash and the leaf hash of the entries at these positions."""

    def stream_ends(self, *, after: int, until: int) -> Iterator[tuple[bytes, int, bytes]]:
        """Of each stream that has entries with after < position <= until: its id, how many entries it has up to
        `until`, and the leaf hash of the last of these. Of a stream that comes again, the last word counts.
        """

    def leaf_tiles(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        """Those of some tiles of level 0 that are whole, by number."""

    @property
    def lacks_tree(self) -> bool:
        """Whether there are entries, and no tree over any of them: a program that knew of none wrote them."""

    def make_tree(self) -> None:
        """Make the tree of a log that lacks it, and the chain over its requests. A scan."""

    def seal(self, sign: Callable[[int, bytes, Sequence[str]], bytes]) -> None:
        """In the transaction that appends, at its end: keep a signed checkpoint over all that is there now.

        `sign` makes it from the size and the root of the tree, and from the lines of `beside_tree`. It is called where
        there is anything new.
        """

    def beside_tree(self) -> tuple[str, ...]:
        """What stands for the rest of the log in its seal, in lines of text: the answered requests, the recorders."""

    def sealed(self) -> bytes | None:
        """The signed checkpoint that was kept last; None where none was."""

    def durability(self) -> tuple[bool, str]:
        """Whether a commit is on disk before it is acknowledged, and the settings of the store that say so."""

    def has_leaf_tiles(self, first: int, hashes: Sequence[bytes]) -> bool:
        """Whether the whole tiles over these leaf hashes, from the first leaf of tile `first` on, are right."""

    def damage(self, *, right_tiles: int = 0) -> Iterator[tuple[int | None, str]]:
        """What is wrong with the log beside its entries and leaves, each with a position where there is one: with the
        store's own structure, the order of streams, the tiles of the tree, the requests. Reads everything; but for the
        first `right_tiles` tiles of leaves, which `has_leaf_tiles` has seen.
        """
