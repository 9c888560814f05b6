"""What a ledger shows of its log: to the project's own verifiers, to the one that stands alone, and to Go's sumdb."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.proof import standalone_verifier
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.merkle import ProofError, verify_consistency
from ledger.proof.notes import VerifierKey, encoded_base64
from ledger.proof.standalone_verifier import Files, Key, Trust
from ledger.proof.stream_map import root_over
from tests.ledger.conftest import WORLD, figure
from tests.ledger.proof.sumdb import base64, judge, write_tiles

COUNT = 300


def organisation(number: int) -> dict[str, str]:
    return {"type": "EntityRegistered", "entity": f"o-{number}", "kind": "organisation", "name": f"O {number}"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with some events."""
    there = tmp_path_factory.mktemp("log") / "ledger.db"
    with Ledger(there) as ledger:
        ledger.append([organisation(number) for number in range(COUNT)])
    return there


@pytest.fixture
def ledger(file: Path) -> Iterator[Ledger]:
    with Ledger(file) as made:
        yield made


def test_a_checkpoint_is_over_all_entries_and_signed_by_the_key_beside_the_log(ledger: Ledger, file: Path) -> None:
    checkpoint, _ = opened(ledger.proofs.checkpoint().encoded(), [ledger.proofs.key.verifier])
    assert checkpoint.origin == f"supply-ledger/{ledger.identity}"
    assert (checkpoint.size, checkpoint.root) == (COUNT, ledger.log.root(COUNT))
    assert file.with_suffix(".key").exists()
    with Ledger(file) as again:
        assert again.proofs.key == ledger.proofs.key


def test_a_ledger_in_memory_has_a_key_of_its_own() -> None:
    with Ledger(":memory:") as first, Ledger(":memory:") as second:
        assert opened(first.proofs.checkpoint().encoded(), [first.proofs.key.verifier])[0].size == 0
        assert first.proofs.key is first.proofs.key
        assert first.proofs.key.seed != second.proofs.key.seed
        first.append([organisation(1)])
        assert first.proofs.proof(1).verify([first.proofs.key.verifier]).size == 1


def test_every_entry_has_a_proof_that_says_what_it_is(ledger: Ledger) -> None:
    key: VerifierKey = ledger.proofs.key.verifier
    for position in (1, 2, 255, 256, 257, COUNT):
        proof = ledger.proofs.proof(position)
        assert proof.verify([key]).size == COUNT
        said = standalone_verifier.verify(Files(proof.encoded()), Trust([Key.parse(key.text())]))
        assert f'"position":{position},' in said
        assert '"type":"EntityRegistered"' in said
    earlier = ledger.proofs.proof(7, ledger.proofs.checkpoint(9))
    assert earlier.verify([key]).size == 9


def test_every_size_is_the_beginning_of_a_later_one(ledger: Ledger) -> None:
    root = ledger.log.root
    for old, new in ((0, 5), (1, 2), (5, 5), (100, 256), (255, 300), (256, 300), (299, 300)):
        verify_consistency(old, new, ledger.proofs.consistency(old, new), root(old), root(new))


def test_what_the_log_does_not_have_is_not_shown(ledger: Ledger) -> None:
    for ask in (
        lambda: ledger.proofs.checkpoint(COUNT + 1),
        lambda: ledger.proofs.consistency(1, COUNT + 1),
        lambda: ledger.proofs.proof(COUNT + 1),
        lambda: ledger.proofs.proof(0),
        lambda: ledger.proofs.proof(9, ledger.proofs.checkpoint(8)),
    ):
        with pytest.raises(ProofError):
            ask()


def test_go_reads_the_tree_of_a_log(ledger: Ledger, tmp_path: Path) -> None:
    go = judge(tmp_path)
    write_tiles(tmp_path, ledger.log.subtree, COUNT)
    checkpoint, note = opened(ledger.proofs.checkpoint().encoded(), [ledger.proofs.key.verifier])
    key, root = ledger.proofs.key.verifier.text(), base64(checkpoint.root)
    proof = ledger.proofs.proof(257)
    assert proof.leaf is not None
    checks = [
        ["checkpoint", key, base64(note.encoded()), COUNT, root],
        ["tiles", str(tmp_path), COUNT, root],
        ["record", 256, base64(proof.leaf), COUNT, root, ",".join(map(base64, proof.hashes))],
    ]
    assert go.say(checks) == ["ok"] * 3


def test_a_public_checkpoint_says_how_far_each_stream_goes_and_grows_with_the_log(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger, Ledger(tmp_path / "ledger.db") as other:
        other.append(WORLD)
        for number in range(5):
            other.append([figure(str(number)), figure(str(number), period=str(2000 + number))])
            note = ledger.proofs.mapped_checkpoint()
            checkpoint, _ = opened(note.encoded(), [ledger.proofs.key.verifier])
            assert (checkpoint.size, checkpoint.root) == (other.head(), other.log.root(other.head()))
            heads = {entry.stream_key: entry for entry in other.entries()}
            leaves = other.log.leaves_at([entry.position for entry in heads.values()])
            ends = [(key, one.stream_version, leaves[one.position][1]) for key, one in heads.items()]
            assert checkpoint.extensions == ("streams " + encoded_base64(root_over(ends)),)
            again, proofs = ledger.proofs.mapped_streams([*heads, bytes(16)])
            assert again == note
            assert [(proof.stream, proof.length) for proof in proofs] == [end[:2] for end in ends]
        assert Checkpoint.parse(ledger.proofs.checkpoint().text).extensions == ()


def test_a_kept_checkpoint_is_held_against_the_streams_too(ledger: Ledger) -> None:
    note = ledger.proofs.mapped_checkpoint()
    assert ledger.verify(checkpoints=[(note.encoded(), ())]).faults == ()
    checkpoint = Checkpoint.parse(note.text)
    for line in ("streams " + encoded_base64(bytes(32)), "streams ", "streams " + encoded_base64(bytes(31))):
        false = replace(checkpoint, extensions=(line,)).signed(ledger.proofs.key)
        (fault,) = ledger.verify(checkpoints=[(false.encoded(), ())]).faults
        assert "other streams" in fault.detail
    stranger = replace(checkpoint, extensions=("stream of something else",)).signed(ledger.proofs.key)
    assert ledger.verify(checkpoints=[(stranger.encoded(), ())]).faults == ()
