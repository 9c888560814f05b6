"""A small log for tests of proof: its entries, its tree, and what it signs."""

from functools import cache

from ledger.proof.checkpoints import Checkpoint
from ledger.proof.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of
from ledger.proof.notes import ED25519_COSIGNATURE, ED25519_NOTE, Note, SignerKey
from ledger.proof.tlog_proofs import TlogProof

ORIGIN = "supply-ledger/00112233445566778899aabbccddeeff"
LOG = SignerKey(ORIGIN, ED25519_NOTE, bytes(range(32)))
STRANGER = SignerKey("stranger.example/log", ED25519_NOTE, b"s" * 32)
WITNESS = SignerKey("witness.example/w1", ED25519_COSIGNATURE, b"w" * 32)
SECOND_WITNESS = SignerKey("witness.example/w2", ED25519_COSIGNATURE, b"2" * 32)


def entry(index: int) -> bytes:
    return b'{"position":%d}' % (index + 1)


@cache
def subtree(level: int, index: int) -> bytes:
    """The tree in which entry i is `entry(i)`, as the functions that make proofs ask for it."""
    if level == 0:
        return leaf_hash(entry(index))
    return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))


@cache
def root(size: int) -> bytes:
    return root_of([subtree(0, index) for index in range(size)])


def checkpoint(size: int, *, extensions: tuple[str, ...] = ()) -> Note:
    return Checkpoint(ORIGIN, size, root(size), extensions).signed(LOG)


def consistency(old: int, new: int) -> list[bytes]:
    return consistency_proof(subtree, old, new) if old else []


def proof(index: int, size: int) -> TlogProof:
    return TlogProof(index, tuple(inclusion_proof(subtree, index, size)), checkpoint(size).encoded(), leaf=entry(index))
