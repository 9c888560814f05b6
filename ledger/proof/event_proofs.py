"""Proofs of many events at once: the leaf of each, and the hashes that lead from it to one root.

Whatever the events have in common is read once: the tiles of the tree that their ways up go through, a few hundred at
a time, and the hashes above them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias

from ledger.codec.entry import Entry
from ledger.proof.leaves import leaf
from ledger.proof.merkle import inclusion_proof, parents

Levels: TypeAlias = "list[Sequence[bytes]]"
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
    """The hashes on the ways from some leaves to the root, each tile read once and hashed once."""

    def __init__(self, log: Tiles, size: int, indexes: Sequence[int]) -> None:
        self._log = log
        self._size = size
        whole = log.leaf_tiles([index >> TILE_HEIGHT for index in indexes])
        self._levels = {(0, number): _levels_over(hashes) for number, hashes in whole.items()}

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree."""
        tier, height = divmod(level, TILE_HEIGHT)
        number, place = divmod(index, 1 << (TILE_HEIGHT - height))
        levels = self._levels.get((tier, number))
        if levels is None:
            levels = self._levels[tier, number] = self._read(tier, number)
        return levels[height][place]

    def _read(self, tier: int, number: int) -> Levels:
        width = min(1 << TILE_HEIGHT, (self._size >> (TILE_HEIGHT * tier)) - (number << TILE_HEIGHT))
        hashes = self._log.tile(tier, number, width)
        return _recent_levels(tuple(hashes)) if tier else _levels_over(hashes)


def _levels_over(hashes: Sequence[bytes]) -> Levels:
    """The hashes of a tile, and those of the whole subtrees within it, level by level."""
    levels = [hashes]
    while len(row := levels[-1]) > 1:
        levels.append(parents(row[: len(row) & ~1]))
    return levels


_recent_levels = lru_cache(maxsize=256)(_levels_over)
"""The same of tiles above the leaves: the longer the log, the more of these are on the ways from some leaves."""
