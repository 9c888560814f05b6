"""What can be shown of a log: its checkpoints, signed with its own key, and proofs from its tree."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Protocol

from ledger.codec.entry import Entry
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.leaves import Leaf, leaf
from ledger.proof.merkle import ProofError, consistency_proof, inclusion_proof
from ledger.proof.notes import ED25519_NOTE, Note, SignerKey, encoded_base64
from ledger.proof.signing_keys import key_file_beside, signing_key
from ledger.proof.stream_map import LINE, StreamEnd, StreamMap, StreamProof
from ledger.proof.tlog_proofs import TlogProof

ORIGIN_PREFIX = "supply-ledger/"


class Tree(Protocol):
    """What is asked of a log and its tree; see `ledger.store.protocol`."""

    @property
    def identity(self) -> str:
        """A name that no other log has."""

    def head(self) -> int:
        """The last position."""

    def root(self, size: int) -> bytes:
        """The root over the first entries."""

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree."""

    def leaves(self, *, after: int, until: int) -> Iterator[Leaf]:
        """Position, salt, content hash and leaf hash of entries."""

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions."""

    def stream_ends(self, *, after: int, until: int) -> Iterator[StreamEnd]:
        """How many entries each stream has that has some after a position, and the leaf hash of the last."""


class LogProofs:
    """The proofs of one log. `file` is where it is kept, with its key beside it; of one in no file, the key is made of
    what `seed` gives.
    """

    def __init__(self, log: Tree, *, file: Path | None, seed: Callable[[], bytes] = bytes) -> None:
        self._log = log
        self._file = file
        self._seed = seed
        self._streams_lock = Lock()

    @property
    def origin(self) -> str:
        """What checkpoints call this log: no other has this name, and no copy that goes its own way keeps it."""
        return ORIGIN_PREFIX + self._log.identity

    @cached_property
    def key(self) -> SignerKey:
        """The key of the log; where that lies beside a file, it is made now where there is none."""
        if self._file is None:
            return SignerKey(self.origin, ED25519_NOTE, self._seed())
        return signing_key(key_file_beside(self._file), name=self.origin, kind=ED25519_NOTE)

    @cached_property
    def _streams(self) -> StreamMap:
        """The map of streams, as it was when it was last asked for."""
        return StreamMap()

    @property
    def key_is_there(self) -> bool:
        """Whether the log, which is in a file, has signed anything yet."""
        return self._file is not None and key_file_beside(self._file).exists()

    @property
    def key_is_gone(self) -> bool:
        """Whether the log is in a file, and no key lies beside it."""
        return self._file is not None and not key_file_beside(self._file).exists()

    def checkpoint(self, size: int | None = None) -> Note:
        """The signed checkpoint over the first `size` entries; all where it is not said."""
        if size is None:
            size = self._log.head()
        self._check_size(size)
        return Checkpoint(self.origin, size, self._log.root(size)).signed(self.key)

    def mapped_checkpoint(self) -> Note:
        """The signed checkpoint over all entries, with a line that has the root of the map of their streams."""
        return self.mapped_streams(())[0]

    def mapped_streams(self, streams: Sequence[bytes]) -> tuple[Note, list[StreamProof]]:
        """Such a checkpoint, and what its map says of those of some streams that have entries.

        The map is in memory. The first time it is made from the whole log, and then from what was recorded since.
        """
        with self._streams_lock:
            size = self._log.head()
            if size > self._streams.size:
                self._streams.take(self._log.stream_ends(after=self._streams.size, until=size), size=size)
            # Where another thread saw more entries before, the map is over those.
            size = self._streams.size
            line = LINE + encoded_base64(self._streams.root())
            found = [proof for stream in streams if (proof := self._streams.proof(stream)) is not None]
        return Checkpoint(self.origin, size, self._log.root(size), (line,)).signed(self.key), found

    def seal(self, size: int, root: bytes, beside: Sequence[str]) -> bytes:
        """The signed checkpoint that the log keeps of itself, with lines that stand for what is beside the entries."""
        return Checkpoint(self.origin, size, root, tuple(beside)).signed(self.key).encoded()

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The hashes that show that the first `old` entries are what they were; of none and of all there is nothing."""
        self._check_size(new)
        return consistency_proof(self._log.subtree, old, new) if 0 < old < new else []

    def proof(self, position: int, note: Note | None = None) -> TlogProof:
        """That the entry at a position is in the log, up to a checkpoint of it: the newest where none is given."""
        note = note or self.checkpoint()
        size = Checkpoint.parse(note.text).size
        self._check_size(size)
        if not 1 <= position <= size:
            raise ProofError(f"the checkpoint is over {size} entries, and none of them has position {position}")
        hashes = inclusion_proof(self._log.subtree, position - 1, size)
        (entry,) = self._log.at_positions([position])
        ((_, _, content, _),) = self._log.leaves(after=position - 1, until=position)
        return TlogProof(position - 1, tuple(hashes), note.encoded(), leaf(entry, content))

    def _check_size(self, size: int) -> None:
        if size > self._log.head():
            raise ProofError(f"the log has {self._log.head()} entries, and not {size}")


def tile_entries(log: Tree, *, after: int, until: int) -> bytes:
    """The leaves with after < position <= until, as C2SP tlog-tiles bundles them: each after its length in 2 bytes."""
    entries = log.at_positions(range(after + 1, until + 1))
    leaves = log.leaves(after=after, until=until)
    texts = [leaf(entry, content) for entry, (_, _, content, _) in zip(entries, leaves, strict=True)]
    return b"".join(len(text).to_bytes(2, "big") + text for text in texts)
