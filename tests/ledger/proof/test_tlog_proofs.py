"""Proofs that stand alone: for every entry of every size, and none that was touched."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from ledger.proof.merkle import ProofError
from ledger.proof.notes import NoteError
from ledger.proof.tlog_proofs import TlogProof
from tests.depth import examples
from tests.ledger.proof.mutations import touched
from tests.ledger.proof.signed_trees import LOG, STRANGER, WITNESS, checkpoint, entry, proof

KEYS = [LOG.verifier]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100])
def test_every_entry_has_a_proof(size: int) -> None:
    for index in range(size):
        read = TlogProof.parse(proof(index, size).encoded())
        assert read == proof(index, size)
        assert read.verify(KEYS).size == size


def test_a_proof_is_of_its_entry_alone() -> None:
    made = proof(3, 7)
    assert made.verify(KEYS, leaf=entry(3))
    for other in (replace(made, index=4), replace(made, leaf=entry(4)), replace(made, hashes=made.hashes[::-1])):
        with pytest.raises(ProofError):
            other.verify(KEYS)
    with pytest.raises(ProofError):
        made.verify(KEYS, leaf=entry(4))
    with pytest.raises(NoteError, match="give its leaf"):
        replace(made, leaf=None).verify(KEYS)
    assert replace(made, leaf=None).verify(KEYS, leaf=entry(3)).size == 7


def test_a_proof_is_of_a_log_that_is_trusted_and_witnessed() -> None:
    made = proof(3, 7)
    with pytest.raises(NoteError, match="not signed by"):
        made.verify([STRANGER.verifier])
    with pytest.raises(NoteError, match="another log"):
        made.verify(KEYS, origin="elsewhere")
    with pytest.raises(NoteError, match="0 of 1 witnesses"):
        made.verify(KEYS, witnesses=[WITNESS.verifier], quorum=1)
    note = checkpoint(7).with_signatures([WITNESS.sign(checkpoint(7).text, at=9)])
    assert replace(made, note=note.encoded()).verify(KEYS, witnesses=[WITNESS.verifier], quorum=1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"index 3", b"index 03"),
        (b"index 3", b"index  3"),
        (b"index 3", b"index 9223372036854775808"),
        (b"index 3\n", b""),
        (b"extra ", b"extra  "),
        (b"extra ", b"Extra "),
        (b"=\n\n", b"=\n"),
        (b"=\n\n", b"=\r\n\n"),
        (b"=\n\n", b"=\n" + b"A" * 43 + b"=\n\n"),
    ],
)
def test_what_is_no_proof_is_refused(old: bytes, new: bytes) -> None:
    raw = proof(3, 7).encoded()
    assert old in raw
    with pytest.raises(ProofError):
        TlogProof.parse(raw.replace(old, new, 1)).verify(KEYS)


@settings(max_examples=examples(500, deeply=20_000), deadline=None)
@given(touched(proof(3, 7).encoded()))
def test_a_touched_proof_is_refused_or_shows_the_same(raw: bytes) -> None:
    try:
        made = TlogProof.parse(raw)
        found = made.verify(KEYS)
    except ProofError:
        return
    assert made.encoded() == raw
    # All but a stranger's line below the log's signature is as it was.
    assert replace(made, note=b"") == replace(proof(3, 7), note=b"")
    assert found.text() == checkpoint(7).text
