"""Checkpoints and cosignatures: what they say, what they cannot be, and which log they are of."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.cosignatures import cosignatures, cosigned, require_cosignatures
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import NoteError, encoded_base64
from tests.depth import examples
from tests.ledger.proof.mutations import touched
from tests.ledger.proof.signed_trees import LOG, ORIGIN, SECOND_WITNESS, STRANGER, WITNESS, checkpoint, root

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ROOT = encoded_base64(root(5))


def test_a_checkpoint_is_three_lines_and_those_that_are_added() -> None:
    made = Checkpoint(ORIGIN, 5, root(5), ("streams abc=", "requests 7 def="))
    assert made.text() == f"{ORIGIN}\n5\n{ROOT}\nstreams abc=\nrequests 7 def=\n"
    assert Checkpoint.parse(made.text()) == made
    assert Checkpoint.parse(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()).size == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n5\n{ROOT}",
        f"\n5\n{ROOT}\n",
        f"{ORIGIN}\n05\n{ROOT}\n",
        f"{ORIGIN}\n+5\n{ROOT}\n",
        f"{ORIGIN}\n\N{ARABIC-INDIC DIGIT FIVE}\n{ROOT}\n",
        f"{ORIGIN}\n-5\n{ROOT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n5\n{ROOT[:-4]}\n",
        f"{ORIGIN}\n5\n{ROOT} \n",
        f"{ORIGIN}\n5\n{ROOT}\n\n",
        f"{ORIGIN}\n5\n{ROOT}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_is_of_the_log_whose_key_signed_it() -> None:
    made, note = opened(checkpoint(5).encoded(), [LOG.verifier])
    assert (made.size, made.root, note.text) == (5, root(5), made.text())
    with pytest.raises(NoteError, match="another log"):
        opened(Checkpoint(ORIGIN, 5, root(5)).signed(STRANGER).encoded(), [STRANGER.verifier])
    with pytest.raises(NoteError, match="another log"):
        opened(checkpoint(5).encoded(), [LOG.verifier], origin="supply-ledger/another")


@settings(max_examples=examples(300, deeply=20_000), deadline=None)
@given(touched(checkpoint(5, extensions=("streams abc=",)).encoded()))
def test_a_touched_checkpoint_is_refused(raw: bytes) -> None:
    try:
        made, note = opened(raw, [LOG.verifier])
    except NoteError:
        return
    # A stranger may add a line, which is then known to be the stranger's; nobody may change another.
    assert note.signatures[0] == checkpoint(5, extensions=("streams abc=",)).signatures[0] or len(note.signatures) > 1
    assert made == Checkpoint(ORIGIN, 5, root(5), ("streams abc=",))


def test_witnesses_are_counted() -> None:
    note = checkpoint(5)
    note = note.with_signatures([cosigned(note.text, WITNESS, NOON), cosigned(note.text, SECOND_WITNESS, NOON)])
    both = [WITNESS.verifier, SECOND_WITNESS.verifier]
    assert cosignatures(note, both) == [(WITNESS.name, NOON), (SECOND_WITNESS.name, NOON)]
    assert len(require_cosignatures(note, both, quorum=2)) == 2
    for known in (both[:1], [WITNESS.verifier] * 2, [WITNESS.verifier, LOG.verifier]):
        with pytest.raises(NoteError, match="and 2 must"):
            require_cosignatures(note, known, quorum=2)


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    note = checkpoint(5).with_signatures([cosigned(checkpoint(6).text, WITNESS, NOON)])
    with pytest.raises(NoteError, match="not of this text"):
        cosignatures(note, [WITNESS.verifier])


def test_the_key_of_a_log_makes_no_cosignature() -> None:
    with pytest.raises(NoteError, match="another kind"):
        cosigned(checkpoint(5).text, LOG, NOON)
