"""Proofs of many events at once: the leaf of each, and the hashes that lead from it to one root.

Whatever the events have in common is read once: the tiles of the tree that their ways up go through, a few hundred at
a time, and the hashes above them.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from ledger.codec.entry import Entry
from ledger.proof.leaves import leaf
from ledger.proof.merkle import inclusion_proof

TILE_HEIGHT = 8
"""How many levels of the tree a tile has."""


class EventProof(NamedTuple):
    """What the log says of an event, and the hashes that show that it is in a tree of a size."""

    leaf: bytes
    hashes: tuple[bytes, ...]


class Tiles(Protocol):
    """What is asked of a log and its tree; see `ledger.store.protocol`."""

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        """The first hashes of a tile."""

    def leaf_tiles(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        """Those of some tiles of leaves that are whole."""

    def leaves_at(self, positions: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """The content hash and the leaf hash of entries."""


def event_proofs(log: Tiles, entries: Sequence[Entry], *, size: int) -> list[EventProof]:
    """The proof of each entry in the tree of the first `size`, which has them all."""
    leaves = log.leaves_at([entry.position for entry in entries])
    ways = _Ways(log, size, [entry.position - 1 for entry in entries])
    return [
        EventProof(
            leaf(entry, leaves[entry.position][0]),
            tuple(inclusion_proof(ways.subtree, entry.position - 1, size)),
        )
        for entry in entries
    ]


class _Ways:
    """The hashes on the ways from some leaves to the root, each tile read once and each subtree hashed once."""

    def __init__(self, log: Tiles, size: int, indexes: Sequence[int]) -> None:
        self._log = log
        self._size = size
        whole = log.leaf_tiles([index >> TILE_HEIGHT for index in indexes])
        self._tiles = {(0, number): hashes for number, hashes in whole.items()}
        self._subtrees: dict[tuple[int, int], bytes] = {}

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree."""
        found = self._subtrees.get((level, index))
        if found is None:
            tier, height = divmod(level, TILE_HEIGHT)
            number, place = divmod(index << height, 1 << TILE_HEIGHT)
            row = self._tile(tier, number)[place : place + (1 << height)]
            while len(row) > 1:
                row = [sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
            (found,) = row
            self._subtrees[level, index] = found
        return found

    def _tile(self, tier: int, number: int) -> list[bytes]:
        hashes = self._tiles.get((tier, number))
        if hashes is None:
            width = min(1 << TILE_HEIGHT, (self._size >> (TILE_HEIGHT * tier)) - (number << TILE_HEIGHT))
            hashes = self._tiles[tier, number] = self._log.tile(tier, number, width)
        return hashes
