"""The map of streams: how many events each stream has, and the last of them, as one hash.

Whoever is shown twelve events of a figure cannot see from these that there is no thirteenth. So a checkpoint also
authenticates a map from every stream to its length and the leaf hash of its last event: it says that there are twelve,
here are twelve, and none was left out.

A *record* is the 16 bytes of a stream's id, its length in 8 and the leaf hash in 32. Records stand in a binary tree, by
the bits of the id from the first on: left for 0, right for 1. Down to the 16th bit every node is the hash of its two
halves (so there are 65,536 buckets); below that, one record alone is the hash of a leaf, and no record the hash of
nothing. A stream has one place in such a tree, so no map can say two things of it, and a proof is the hashes beside its
way down: about as many as the number of streams has binary digits, however many share a bucket.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.proof.merkle import EMPTY_ROOT, HASH_BYTES, ProofError, leaf_hash, node_hash

StreamEnd = tuple[bytes, int, bytes]
"""A stream's id, how many events it has, and the leaf hash of the last."""

LINE = "streams "
"""How the line of a checkpoint begins that has the root of the map."""
ID_BYTES = 16
ID_BITS = 8 * ID_BYTES
BUCKET_BITS = 16
BUCKETS = 1 << BUCKET_BITS
_LENGTH_BYTES = 8
_FEW = 16
"""So many records are looked through one by one sooner than by halves."""
_RECORD_BYTES = ID_BYTES + _LENGTH_BYTES + HASH_BYTES


class StreamProof(NamedTuple):
    """That a stream has so many events, of which the last has this leaf: `hashes` lead from there to the root."""

    stream: bytes
    length: int
    head: bytes
    hashes: tuple[bytes, ...]

    def root(self) -> bytes:
        """The root to which the hashes lead. Raises ProofError where they cannot lead to one."""
        if len(self.stream) != ID_BYTES or len(self.head) != HASH_BYTES or not 0 < self.length < 1 << 63:
            raise ProofError("a stream has an id of 16 bytes, events, and a leaf of the last")
        if not BUCKET_BITS <= len(self.hashes) <= ID_BITS or any(len(one) != HASH_BYTES for one in self.hashes):
            raise ProofError("the proof of a stream has another number of hashes than it needs")
        found = leaf_hash(_record(self.stream, self.length, self.head))
        for depth in reversed(range(len(self.hashes))):
            beside = self.hashes[depth]
            found = node_hash(beside, found) if _bit(self.stream, depth) else node_hash(found, beside)
        return found


class StreamMap:
    """The map over the streams of a log. `size` is how many entries of the log are in it."""

    def __init__(self) -> None:
        self.size = 0
        self._buckets: list[bytes] = [b""] * BUCKETS
        """The records of each, one right after the other, in order."""
        self._nodes: list[bytes] = _empty_nodes()
        """From the root, at 1: the children of a node are at twice its place, and the buckets at the end."""

    def take(self, ends: Iterable[StreamEnd], *, size: int) -> None:
        """Take in the streams that have changed; by then `size` entries are in the map."""
        changed: dict[int, dict[bytes, bytes]] = {}
        for stream, length, head in ends:
            changed.setdefault(int.from_bytes(stream[:2], "big"), {})[stream] = _record(stream, length, head)
        nodes, parents = self._nodes, set()
        for bucket, records in changed.items():
            if held := self._buckets[bucket]:
                records = {one[:ID_BYTES]: one for one in _cut(held)} | records
            ordered = sorted(records.values())
            self._buckets[bucket] = b"".join(ordered)
            nodes[BUCKETS + bucket] = _hash(ordered, 0, len(ordered), BUCKET_BITS)
            parents.add((BUCKETS + bucket) >> 1)
        while parents:
            for node in parents:
                nodes[node] = node_hash(nodes[2 * node], nodes[2 * node + 1])
            parents = {node >> 1 for node in parents if node > 1}
        self.size = size

    def root(self) -> bytes:
        """The hash over the whole map."""
        return self._nodes[1]

    def proof(self, stream: bytes) -> StreamProof | None:
        """What the map says of a stream, and the hashes beside its way down; None for one that has no events."""
        node = BUCKETS + int.from_bytes(stream[:2], "big")
        records = _cut(self._buckets[node - BUCKETS])
        place = bisect_left(records, stream)
        if place == len(records) or records[place][:ID_BYTES] != stream:
            return None
        above = [self._nodes[(node >> up) ^ 1] for up in reversed(range(BUCKET_BITS))]
        below, start, end, depth = [], 0, len(records), BUCKET_BITS
        while end - start > 1:
            split = _split(records, start, end, depth)
            depth += 1
            if place < split:
                below.append(_hash(records, split, end, depth))
                end = split
            else:
                below.append(_hash(records, start, split, depth))
                start = split
        length = int.from_bytes(records[place][ID_BYTES:-HASH_BYTES], "big")
        return StreamProof(stream, length, records[place][-HASH_BYTES:], (*above, *below))


def root_over(ends: Iterable[StreamEnd]) -> bytes:
    """The root of the map over these streams."""
    made = StreamMap()
    made.take(ends, size=0)
    return made.root()


def _record(stream: bytes, length: int, head: bytes) -> bytes:
    return stream + length.to_bytes(_LENGTH_BYTES, "big") + head


def _cut(together: bytes) -> list[bytes]:
    return [together[start : start + _RECORD_BYTES] for start in range(0, len(together), _RECORD_BYTES)]


def _bit(stream: bytes, depth: int) -> int:
    """The bit of an id at a depth, counted from its first."""
    return stream[depth >> 3] >> (7 - (depth & 7)) & 1


def _hash(records: Sequence[bytes], start: int, end: int, depth: int) -> bytes:
    """The hash over some neighbouring records, whose ids are equal in their first `depth` bits."""
    count = end - start
    if count < 2:
        return sha256(b"\0" + records[start]).digest() if count else EMPTY_ROOT
    split = _split(records, start, end, depth)
    left, right = _hash(records, start, split, depth + 1), _hash(records, split, end, depth + 1)
    return sha256(b"\1" + left + right).digest()


def _split(records: Sequence[bytes], start: int, end: int, depth: int) -> int:
    """Where the records begin that have a 1 at a depth."""
    byte, bit = depth >> 3, 0x80 >> (depth & 7)
    if end - start > _FEW:
        return bisect_left(records, 1, start, end, key=lambda record: 1 if record[byte] & bit else 0)
    while start < end and not records[start][byte] & bit:
        start += 1
    return start


def _empty_nodes() -> list[bytes]:
    """The nodes of a map without streams."""
    nodes, level = [b""] * (2 * BUCKETS), EMPTY_ROOT
    for up in range(BUCKET_BITS + 1):
        first = BUCKETS >> up
        nodes[first : 2 * first] = [level] * first
        level = node_hash(level, level)
    return nodes
