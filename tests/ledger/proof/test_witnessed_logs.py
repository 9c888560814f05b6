"""Being a witness: a log may grow, and nothing else; what was signed is on disk before anybody is told."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from ledger.errors import LedgerDamaged
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.merkle import root_of
from ledger.proof.notes import NoteError
from ledger.proof.witness_protocol import (
    Inconsistent,
    OtherSize,
    Submission,
    UnknownLog,
    UntrustedSignature,
    parsed_cosignatures,
)
from ledger.proof.witnessed_logs import WitnessedLogs
from tests.depth import examples
from tests.ledger.proof.mutations import touched
from tests.ledger.proof.signed_trees import LOG, ORIGIN, STRANGER, WITNESS, checkpoint, consistency, root
from tests.places import ROOT

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def grown(old: int, new: int) -> Submission:
    return Submission(old, tuple(consistency(old, new)), checkpoint(new).encoded())


def rewritten(size: int) -> bytes:
    """A checkpoint that the log's key signed over other entries."""
    return Checkpoint(ORIGIN, size, root_of([bytes([index]) * 32 for index in range(size)])).signed(LOG).encoded()


@pytest.fixture
def logs(tmp_path: Path) -> WitnessedLogs:
    made = WitnessedLogs(tmp_path / "witness.db")
    made.trust(LOG.verifier)
    return made


def test_a_log_that_grows_is_signed(logs: WitnessedLogs) -> None:
    for old, new in ((0, 3), (3, 3), (3, 7), (7, 8), (8, 100)):
        line = logs.cosign(grown(old, new), WITNESS, NOON)
        (signature,) = parsed_cosignatures(line.encode(), checkpoint(new), WITNESS.verifier)
        assert signature.name == WITNESS.name
        (log,) = logs.logs()
        assert (log.size, log.checkpoint) == (new, checkpoint(new).encoded())
    assert log.contradiction is None


def test_an_empty_log_is_signed_and_grows(logs: WitnessedLogs) -> None:
    logs.cosign(grown(0, 0), WITNESS, NOON)
    logs.cosign(grown(0, 5), WITNESS, NOON)
    assert logs.logs()[0].size == 5


@pytest.mark.parametrize(
    ("submission", "error"),
    [
        (replace(grown(7, 9), note=checkpoint(5).encoded()), NoteError),
        (grown(0, 9), OtherSize),
        (grown(5, 9), OtherSize),
        (grown(8, 9), OtherSize),
        (grown(3, 5), OtherSize),
        (replace(grown(7, 9), hashes=()), Inconsistent),
        (replace(grown(7, 9), hashes=grown(7, 9).hashes[:-1]), Inconsistent),
        (replace(grown(7, 9), hashes=(*grown(7, 9).hashes, bytes(32))), Inconsistent),
        (replace(grown(7, 9), note=rewritten(9)), Inconsistent),
        (replace(grown(7, 7), hashes=(bytes(32),)), Inconsistent),
        (Submission(7, (), rewritten(7)), OtherSize),
        (replace(grown(7, 9), note=Checkpoint(ORIGIN, 9, root(9)).signed(STRANGER).encoded()), UntrustedSignature),
        (replace(grown(7, 9), note=checkpoint(9).encoded().replace(b"\n9\n", b"\n8\n")), UntrustedSignature),
        (Submission(0, (), Checkpoint("elsewhere", 9, root(9)).signed(LOG).encoded()), UnknownLog),
    ],
)
def test_anything_else_is_refused_and_changes_nothing(
    logs: WitnessedLogs, submission: Submission, error: type[NoteError]
) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    with pytest.raises(error) as refused:
        logs.cosign(submission, WITNESS, NOON)
    assert type(refused.value) is error
    assert (logs.logs()[0].size, logs.logs()[0].checkpoint) == (7, checkpoint(7).encoded())
    logs.cosign(grown(7, 9), WITNESS, NOON)


def test_the_size_that_was_signed_last_is_told(logs: WitnessedLogs) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    with pytest.raises(OtherSize) as refused:
        logs.cosign(grown(3, 9), WITNESS, NOON)
    assert refused.value.size == 7


def test_two_roots_over_as_many_entries_are_kept_as_proof(logs: WitnessedLogs) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    for old in (7, 3):
        with pytest.raises(OtherSize, match="another root"):
            logs.cosign(Submission(old, (), rewritten(7)), WITNESS, NOON)
    logs.cosign(grown(7, 9), WITNESS, NOON)
    with pytest.raises(OtherSize):
        logs.cosign(Submission(9, (), rewritten(9)), WITNESS, NOON)
    assert logs.logs()[0].contradiction == (checkpoint(7).encoded(), rewritten(7))


def test_nobody_else_can_bring_a_log_into_doubt(logs: WitnessedLogs) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    forged = Checkpoint(ORIGIN, 7, bytes(32)).signed(STRANGER).encoded()
    for submission in (Submission(7, (), forged), replace(grown(7, 9), hashes=(bytes(32),))):
        with pytest.raises(NoteError):
            logs.cosign(submission, WITNESS, NOON)
    assert logs.logs()[0].contradiction is None


def test_what_was_signed_stays_when_the_key_of_a_log_changes(logs: WitnessedLogs) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    logs.trust(STRANGER.verifier, origin=ORIGIN)
    with pytest.raises(UntrustedSignature):
        logs.cosign(grown(7, 9), WITNESS, NOON)
    by_stranger = Checkpoint(ORIGIN, 9, root(9)).signed(STRANGER).encoded()
    assert logs.cosign(replace(grown(7, 9), note=by_stranger), WITNESS, NOON)


def test_the_name_of_a_witness_stays(tmp_path: Path) -> None:
    logs = WitnessedLogs(tmp_path / "witness.db")
    assert logs.logs() == []
    assert logs.name(None, otherwise="default") == "default"
    assert WitnessedLogs(tmp_path / "witness.db").name("another", otherwise="x") == "default"


def test_a_file_that_is_none_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "witness.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(LedgerDamaged, match=r"witness\.db"):
        WitnessedLogs(tmp_path / "witness.db").logs()


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from ledger.proof.witnessed_logs import WitnessedLogs
from tests.ledger.proof.test_witnessed_logs import grown
from tests.ledger.proof.signed_trees import WITNESS
logs = WitnessedLogs(Path(sys.argv[1]))
print(logs.cosign(grown(7, 9), WITNESS, datetime.now(UTC)), end="", flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_was_answered_survives_a_kill(logs: WitnessedLogs, tmp_path: Path) -> None:
    logs.cosign(grown(0, 7), WITNESS, NOON)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "witness.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert parsed_cosignatures(done.stdout, checkpoint(9), WITNESS.verifier), done.stderr
    assert logs.logs()[0].size == 9


@settings(max_examples=examples(200, deeply=10_000), deadline=None)
@given(touched(grown(7, 9).encoded()))
def test_a_touched_submission_is_refused_or_is_of_the_same_checkpoint(raw: bytes) -> None:
    try:
        submission = Submission.parse(raw)
        made, _ = submission.checked(LOG.verifier, ORIGIN, size=7, root=root(7))
    except NoteError:
        return
    assert submission.encoded() == raw
    assert (made.text(), submission.hashes) == (checkpoint(9).text, grown(7, 9).hashes)


def test_an_answer_without_the_signature_of_the_witness_is_none() -> None:
    stranger = STRANGER.sign(checkpoint(9).text).line().encode()
    answer = WITNESS.sign(checkpoint(9).text, at=1).line().encode()
    assert parsed_cosignatures(stranger + answer, checkpoint(9), WITNESS.verifier)
    for raw in (b"", stranger, answer[:-1], b"\xff\n", b"\n" + answer, WITNESS.sign("x\n", at=1).line().encode()):
        with pytest.raises(NoteError):
            parsed_cosignatures(raw, checkpoint(9), WITNESS.verifier)
