"""A Merkle tree as in RFC 6962 and RFC 9162: one hash for a whole list, and short proofs about it.

Two neighbours are hashed together, then two of these, and so on up to one hash, the *root*. Whoever has the root can be
shown that an entry is in the list (inclusion), or that a list is the beginning of a longer one (consistency), with
about as many hashes as the number of entries has binary digits.

A *subtree* is a whole one: of 2 ** level entries, the first of them at index * 2 ** level. Every proof is made of
subtrees, so the functions that make proofs ask for these alone.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

Subtree = Callable[[int, int], bytes]
"""The hash of the whole subtree with this level and index; level 0 is a leaf."""

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a list without entries."""


class ProofError(ValueError):
    """A proof does not show what it is said to show."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry; it can never be that of two others together."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours together."""
    return sha256(b"\1" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """The `node_hash` of the first two, of the next two, and so on: half as many hashes, one level up."""
    # Without a call for each pair, of which there are as many as events where a whole log is looked at.
    return [sha256(b"\1" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)]


class Frontier(NamedTuple):
    """All that has to be known of a tree to make it grow: a hash for each binary digit 1 of its size.

    For 11 = 8 + 2 + 1 entries: the hashes of the subtrees of the first 8, the next 2 and the last.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extended(self, hashes: Iterable[bytes], *, level: int = 0) -> "Frontier":
        """The frontier after these leaves were added; or these whole subtrees of a level, where the size allows it."""
        count, peaks = self.size >> level, list(self.peaks)
        push, pop = peaks.append, peaks.pop
        for found in hashes:
            digit = count
            while digit & 1:
                found = sha256(b"\1" + pop() + found).digest()
                digit >>= 1
            push(found)
            count += 1
        return Frontier(count << level | self.size & ((1 << level) - 1), tuple(peaks))

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def frontier(subtree: Subtree, size: int) -> Frontier:
    """The frontier of the first `size` entries."""
    peaks, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(subtree(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(peaks))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    return Frontier().extended(leaves).root()


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """The hashes that show that the entry at `index` (from 0) is one of the first `size`, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} entries has none at index {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(_hash_of(subtree, split, end))
            end = split
        else:
            path.append(_hash_of(subtree, start, split))
            start = split
    return path[::-1]


def consistency_proof(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """The hashes that show that the first `old` entries of a tree of `new` are what the tree of `old` had."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} entries begins with no tree of {old}")
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        split = start + _largest_power_below(end - start)
        if old <= split:
            path.append(_hash_of(subtree, split, end))
            end = split
        else:
            path.append(_hash_of(subtree, start, split))
            start, whole = split, False
    if not whole:
        path.append(_hash_of(subtree, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError unless the proof shows that the leaf hash is at `index` of the tree with this size and root."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} entries has none at index {index}")
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof has too many hashes")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof has too few hashes")
    if found != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises ProofError unless the proof shows that the tree of `old` entries is the beginning of the one of `new`."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} entries begins with no tree of {old}")
    if old in (0, new):
        if proof:
            raise ProofError("the proof has too many hashes")
        if old_root != (new_root if old == new else EMPTY_ROOT):
            raise ProofError("the two trees have other roots than the same entries have")
        return
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofError("the proof has too few hashes")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    found_old = found_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the proof has too many hashes")
        if node & 1 or node == last:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found_new = node_hash(found_new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof has too few hashes")
    if found_old != old_root:
        raise ProofError("the proof leads to another root of the smaller tree")
    if found_new != new_root:
        raise ProofError("the proof leads to another root of the larger tree")


def _hash_of(subtree: Subtree, start: int, end: int) -> bytes:
    """The hash over the entries from `start` up to before `end`; `start` is where a subtree of that size begins."""
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(subtree(level, start >> level))
        start += 1 << level
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def _largest_power_below(number: int) -> int:
    """The largest power of two below a number from 2 on: 4 for 5 to 8."""
    return 1 << ((number - 1).bit_length() - 1)
