"""The Merkle tree against the definitions of RFC 6962, written down as they stand there."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SIZE_MAX = 256
ENTRIES = [b"entry %d" % number for number in range(SIZE_MAX)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def split(count: int) -> int:
    """The largest power of two smaller than the count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(entries: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1: the Merkle tree hash."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: the audit path."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2: the consistency proof."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole=whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], whole=False), mth(entries[:k])]


ROOTS = [mth(ENTRIES[:size]) for size in range(SIZE_MAX + 1)]
SUBTREES: dict[tuple[int, int], bytes] = {
    (level, index): mth(ENTRIES[index << level : (index + 1) << level])
    for level in range(SIZE_MAX.bit_length())
    for index in range(SIZE_MAX >> level)
}


def subtree(level: int, index: int) -> bytes:
    return SUBTREES[level, index]


def test_roots_of_all_sizes_are_those_of_the_definition() -> None:
    grown = Frontier()
    assert grown.root() == EMPTY_ROOT == ROOTS[0]
    for size in range(1, SIZE_MAX + 1):
        grown = grown.extended([LEAVES[size - 1]])
        assert grown.root() == ROOTS[size]
        assert grown == frontier(subtree, size)
        assert root_of(LEAVES[:size]) == ROOTS[size]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grows_by_any_steps(steps: list[int]) -> None:
    grown = Frontier()
    for step in steps:
        grown = grown.extended(LEAVES[grown.size : grown.size + step])
    assert grown.root() == ROOTS[grown.size]


def test_inclusion_proofs_of_all_sizes_are_those_of_the_definition_and_hold() -> None:
    for size in range(1, SIZE_MAX + 1):
        for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)) | set(range(0, size, 17)):
            proof = inclusion_proof(subtree, index, size)
            assert proof == path(index, ENTRIES[:size])
            verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


def test_consistency_proofs_of_all_sizes_are_those_of_the_definition_and_hold() -> None:
    for new in range(1, SIZE_MAX + 1):
        for old in {1, 2, new // 2, new - 1, new} & set(range(1, new + 1)) | set(range(1, new, 13)):
            proof = consistency_proof(subtree, old, new)
            assert proof == subproof(old, ENTRIES[:new])
            verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])


def changed(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """The proof with a bit flipped, or with a hash left out, put in twice or at another place."""
    proof = list(proof)
    kind = draw(st.sampled_from(["flip", "drop", "double", "add"] if proof else ["add"]))
    place = draw(st.integers(0, max(0, len(proof) - 1)))
    match kind:
        case "flip":
            bit = draw(st.integers(0, 255))
            proof[place] = (int.from_bytes(proof[place]) ^ 1 << bit).to_bytes(32)
        case "drop":
            del proof[place]
        case "double":
            proof.insert(place, proof[place])
        case _:
            proof.insert(draw(st.integers(0, len(proof))), draw(st.binary(min_size=32, max_size=32)))
    return proof


@given(st.data())
def test_every_changed_inclusion_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, SIZE_MAX))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(subtree, index, size)
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[index], index, size, data.draw(st.composite(changed)(proof)), ROOTS[size])
    other = data.draw(st.integers(-1, SIZE_MAX).filter(lambda one: one != index))
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])
    if size > 1:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[(index + 1) % size], index, size, proof, ROOTS[size])


@given(st.data())
def test_every_changed_consistency_proof_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, SIZE_MAX))
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(subtree, old, new)
    with pytest.raises(ProofError):
        verify_consistency(old, new, data.draw(st.composite(changed)(proof)), ROOTS[old], ROOTS[new])
    with pytest.raises(ProofError):
        verify_consistency(old, new, proof, ROOTS[old - 1], ROOTS[new])
    with pytest.raises(ProofError):
        verify_consistency(old, new, proof, ROOTS[old], ROOTS[new - 1])


def test_what_a_tree_does_not_hold_has_no_proof() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="has none at index"):
            inclusion_proof(subtree, index, size)
    for old, new in ((0, 5), (6, 5)):
        with pytest.raises(ValueError, match="begins with no tree"):
            consistency_proof(subtree, old, new)
    verify_consistency(0, 5, [], EMPTY_ROOT, ROOTS[5])
    for wrong in (ROOTS[1], ROOTS[5]):
        with pytest.raises(ProofError, match="other roots"):
            verify_consistency(0, 5, [], wrong, ROOTS[5])
    with pytest.raises(ProofError, match="too many"):
        verify_consistency(5, 5, [ROOTS[1]], ROOTS[5], ROOTS[5])
