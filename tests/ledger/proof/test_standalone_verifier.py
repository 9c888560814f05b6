"""The verifier that stands alone: it needs nothing of the project, and finds true what the project finds true."""

import ast
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.proof import standalone_verifier
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.merkle import ProofError
from ledger.proof.notes import encoded_base64, signed
from ledger.proof.standalone_verifier import Files, Key, Trust, Untrue, verify
from ledger.proof.tlog_proofs import TlogProof
from tests.depth import examples
from tests.ledger.proof.mutations import touched
from tests.ledger.proof.signed_trees import (
    LOG,
    SECOND_WITNESS,
    STRANGER,
    WITNESS,
    checkpoint,
    consistency,
    entry,
    proof,
    root,
)

SOURCE = Path(standalone_verifier.__file__)
TRUST = Trust([Key.parse(LOG.verifier.text())])
SIZES = range(1, 65)


def between(old: int, new: int) -> bytes:
    """A consistency proof as a file."""
    lines = [f"old {old}", *map(encoded_base64, consistency(old, new)), "", ""]
    return "\n".join(lines).encode() + checkpoint(new).encoded()


def test_it_needs_the_standard_library_and_cryptography_alone() -> None:
    needed = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            needed |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            needed.add((node.module or "").partition(".")[0])
    assert needed - sys.stdlib_module_names == {"cryptography"}


def test_copied_away_it_verifies_files(tmp_path: Path) -> None:
    shutil.copy(SOURCE, tmp_path / "verifier.py")
    (tmp_path / "entry.tlog-proof").write_bytes(proof(3, 7).encoded())
    (tmp_path / "old").write_bytes(checkpoint(3).encoded())
    (tmp_path / "new").write_bytes(between(3, 7))
    (tmp_path / "wrong").write_bytes(between(3, 7).replace(b"old 3", b"old 4"))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "verifier.py", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    key = LOG.verifier.text()
    inclusion = run("entry.tlog-proof", "--key", key)
    assert (inclusion.returncode, inclusion.stderr) == (0, "")
    assert 'Entry 4 of the log is {"position":4}' in inclusion.stdout
    grown = run("new", "--old", "old", "--key", key)
    assert grown.stdout.endswith("Its first 3 entries are those of the older checkpoint\nVerified.\n")
    assert run("old", "--key", key).stdout.startswith(f"Log {LOG.name}: 3 entries")
    for words in (
        ["wrong", "--old", "old", "--key", key],
        ["old"],
        ["old", "--key", STRANGER.verifier.text()],
        ["old", "--key", key, "--witness", WITNESS.verifier.text()],
        ["old", "--key", key[:-1]],
        ["absent", "--key", key],
    ):
        done = run(*words)
        assert done.returncode == 1
        assert done.stderr.startswith("NOT VERIFIED: ")
        assert done.stdout == ""


def test_all_proofs_of_all_sizes_are_true() -> None:
    for size in SIZES:
        for index in range(size):
            assert verify(Files(proof(index, size).encoded()), TRUST)
            assert verify(Files(between(index, size), old=checkpoint(index).encoded()), TRUST)


def test_no_proof_is_of_another_entry_or_tree() -> None:
    for size in range(1, 18):
        for index in range(size):
            made = proof(index, size)
            others = [
                *(replace(made, index=other) for other in range(size + 1) if other != index),
                *(replace(made, hashes=made.hashes[:cut]) for cut in range(len(made.hashes))),
                replace(made, hashes=(*made.hashes, made.hashes[0] if made.hashes else bytes(32))),
                replace(made, leaf=entry(index + 1)),
                replace(made, note=checkpoint(size + 1).encoded()),
            ]
            for other in others:
                with pytest.raises(Untrue):
                    verify(Files(other.encoded()), TRUST)
                with pytest.raises(ProofError):
                    other.verify([LOG.verifier])


def test_witnesses_are_asked_for_and_told() -> None:
    note = checkpoint(5)
    cosigned = note.with_signatures([WITNESS.sign(note.text, at=1_790_000_000)]).encoded()
    both = [Key.parse(one.verifier.text()) for one in (WITNESS, SECOND_WITNESS)]
    said = verify(Files(cosigned), Trust(TRUST.logs, both, quorum=1))
    assert f"Witnessed by {WITNESS.name} at 2026-09-21T" in said
    with pytest.raises(Untrue, match="1 of the witnesses"):
        verify(Files(cosigned), Trust(TRUST.logs, both, quorum=2))


def test_a_log_is_not_the_beginning_of_another() -> None:
    other = Checkpoint(STRANGER.name, 3, root(3)).signed(STRANGER).encoded()
    both = Trust([*TRUST.logs, Key.parse(STRANGER.verifier.text())])
    for old in (other, checkpoint(4).encoded()):
        with pytest.raises(Untrue, match="not between"):
            verify(Files(between(3, 7), old=old), both)


def test_an_empty_log_has_one_root() -> None:
    text = checkpoint(0).text
    assert verify(Files(checkpoint(0).encoded()), TRUST)
    other = signed(text.replace(encoded_base64(root(0)), encoded_base64(bytes(32))), LOG).encoded()
    with pytest.raises(Untrue, match="empty log"):
        verify(Files(other), TRUST)


@pytest.mark.parametrize("raw", [b"", b"{", b'{"document": "unknown"}', b"[" * 100_000, b"{" * 100_000, b"old x"])
def test_what_is_nothing_is_refused(raw: bytes) -> None:
    with pytest.raises(Untrue):
        verify(Files(raw, old=checkpoint(1).encoded()), TRUST)


@settings(max_examples=examples(300, deeply=20_000), deadline=None)
@given(touched(proof(5, 11).encoded()))
def test_it_agrees_with_the_project_on_touched_proofs(raw: bytes) -> None:
    try:
        TlogProof.parse(raw).verify([LOG.verifier])
        expected = True
    except ProofError:
        expected = False
    assert is_true(Files(raw)) is expected


@settings(max_examples=examples(300, deeply=20_000), deadline=None)
@given(touched(checkpoint(11, extensions=("streams abc=",)).encoded()))
def test_it_agrees_with_the_project_on_touched_checkpoints(raw: bytes) -> None:
    try:
        opened(raw, [LOG.verifier])
        expected = True
    except ProofError:
        expected = False
    assert is_true(Files(raw)) is expected


@settings(max_examples=examples(300, deeply=20_000), deadline=None)
@given(st.integers(1, 10), st.data())
def test_a_touched_consistency_proof_is_refused_or_shows_the_same(old: int, data: st.DataObject) -> None:
    raw = between(old, 11)
    changed = data.draw(touched(raw))
    if is_true(Files(changed, old=checkpoint(old).encoded())):
        # What may differ are strangers' lines below the log's signature.
        above = raw.rpartition(b"\n\n")[0]
        assert changed.rpartition(b"\n\n")[0] == above


def is_true(files: Files) -> bool:
    try:
        return bool(verify(files, TRUST))
    except Untrue:
        return False
