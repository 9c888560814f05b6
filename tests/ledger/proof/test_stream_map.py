"""The map of streams: one root for one set of streams, and proofs that nothing else leads to it."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof.merkle import EMPTY_ROOT, ProofError, leaf_hash, node_hash
from ledger.proof.stream_map import BUCKET_BITS, StreamEnd, StreamMap, StreamProof, root_over

HEAD = sha256(b"head").digest()
# Many of these have the first bits in common, some all but the last.
IDS = st.one_of(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=1, max_size=1).map(lambda last: bytes(15) + last),
    st.binary(min_size=2, max_size=2).map(lambda few: b"\xff\xff" + few + bytes(12)),
)
ENDS = st.dictionaries(IDS, st.integers(1, 2**40), max_size=40).map(
    lambda lengths: [(one, length, sha256(one + bytes([length % 251])).digest()) for one, length in lengths.items()]
)


def described(ends: Sequence[StreamEnd], depth: int = 0) -> bytes:
    """The hash over some streams, as the description says it; slow."""
    if depth >= BUCKET_BITS and len(ends) < 2:
        return leaf_hash(ends[0][0] + ends[0][1].to_bytes(8, "big") + ends[0][2]) if ends else EMPTY_ROOT
    if not ends and depth < BUCKET_BITS:
        below = described(ends, depth + 1)
        return node_hash(below, below)
    halves: tuple[list[StreamEnd], list[StreamEnd]] = ([], [])
    for one in ends:
        halves[int.from_bytes(one[0], "big") >> (127 - depth) & 1].append(one)
    return node_hash(described(halves[0], depth + 1), described(halves[1], depth + 1))


def made(ends: Sequence[StreamEnd]) -> StreamMap:
    found = StreamMap()
    found.take(ends, size=len(ends))
    return found


@given(ENDS)
def test_the_root_is_as_it_is_described(ends: list[StreamEnd]) -> None:
    assert root_over(ends) == described(ends)


@given(ENDS, ENDS, st.integers(1, 7))
def test_the_root_is_the_same_in_whatever_parts_it_is_made(
    earlier: list[StreamEnd], later: list[StreamEnd], size: int
) -> None:
    grown = made(earlier)
    for start in range(0, len(later), size):
        grown.take(later[start : start + size], size=1)
    assert grown.root() == root_over({one[0]: one for one in (*earlier, *later)}.values())


@given(ENDS.filter(bool))
def test_each_stream_has_a_proof_and_no_other_has(ends: list[StreamEnd]) -> None:
    found = made(ends)
    for stream, length, head in ends:
        proof = found.proof(stream)
        assert proof is not None
        assert proof[:3] == (stream, length, head)
        assert proof.root() == found.root()
    other = sha256(ends[0][0]).digest()[:16]
    assert found.proof(other) is None


def leads_to(proof: StreamProof, root: bytes) -> bool:
    try:
        return proof.root() == root
    except ProofError:
        return False


@given(ENDS.filter(bool), st.data())
def test_a_proof_that_was_touched_leads_elsewhere(ends: list[StreamEnd], data: st.DataObject) -> None:
    found = made(ends)
    proof = found.proof(data.draw(st.sampled_from(ends))[0])
    assert proof is not None
    place = data.draw(st.integers(0, len(proof.hashes) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    hashes = list(proof.hashes)
    swapped = hashes[:place] + hashes[place + 1 :] + hashes[place : place + 1]
    stream = bytes([*proof.stream[:-1], proof.stream[-1] ^ bit])
    touched = [
        proof._replace(length=proof.length + 1),
        proof._replace(length=0),
        proof._replace(length=-1),
        proof._replace(length=1 << 64),
        proof._replace(stream=stream),
        proof._replace(stream=proof.stream[:-1]),
        proof._replace(head=HEAD),
        proof._replace(head=b""),
        proof._replace(hashes=()),
        proof._replace(hashes=(*hashes[:place], *hashes[place + 1 :])),
        proof._replace(hashes=(*hashes, EMPTY_ROOT)),
        proof._replace(hashes=(*hashes, *hashes * 8)),
        proof._replace(hashes=(*hashes[:place], bytes([hashes[place][0] ^ bit]) + hashes[place][1:])),
    ]
    if swapped != hashes:
        touched.append(proof._replace(hashes=tuple(swapped)))
    assert [one for one in touched if leads_to(one, found.root())] == []


@pytest.mark.parametrize("count", [1, 1000, 5000])
def test_a_bucket_that_somebody_filled_makes_proofs_no_longer_than_its_digits(count: int) -> None:
    # Who looks for it finds thousands of names whose streams begin alike.
    ends = [(b"\x12\x34" + sha256(b"%d" % number).digest()[:14], 1, HEAD) for number in range(count)]
    proof = made(ends).proof(ends[0][0])
    assert proof is not None
    assert len(proof.hashes) <= BUCKET_BITS + 3 * count.bit_length()
