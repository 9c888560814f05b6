"""What others attest is kept beside the log."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.proof.attestations import Attestations, Timestamp, Witness
from tests.ledger.proof.signed_trees import ORIGIN, SECOND_WITNESS, WITNESS, checkpoint

URL = "https://witness.example"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


@pytest.fixture
def kept(tmp_path: Path) -> Attestations:
    return Attestations(tmp_path / "attestations.db")


def test_nothing_is_attested_before_anything_is(kept: Attestations, tmp_path: Path) -> None:
    assert kept.witnesses() == []
    assert kept.latest(ORIGIN) is None
    assert kept.timestamps(ORIGIN) == []
    assert (kept.cosigned_size(WITNESS.verifier, ORIGIN), kept.cosigned_at(WITNESS.verifier, ORIGIN)) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_witnesses_come_and_go(kept: Attestations) -> None:
    first, second = Witness(WITNESS.verifier, URL), Witness(SECOND_WITNESS.verifier, URL + "/2")
    kept.add_witness(first)
    kept.add_witness(second)
    assert kept.witnesses() == [first, second]
    moved = Witness(WITNESS.verifier, "https://elsewhere.example")
    kept.add_witness(moved)
    assert kept.witnesses() == [moved, second]
    assert kept.remove_witness("nobody") == []
    assert kept.remove_witness(SECOND_WITNESS.name) == [second]
    assert kept.remove_witness(moved.url) == [moved]
    assert kept.witnesses() == []


def test_the_signatures_of_all_witnesses_come_together(kept: Attestations) -> None:
    note = checkpoint(5)
    for key, at in ((WITNESS, NOON_S), (SECOND_WITNESS, NOON_S + 1), (WITNESS, NOON_S + 60)):
        both = kept.keep_cosignatures(note, key.verifier, [key.sign(note.text, at=at)])
    assert kept.latest(ORIGIN) == both
    assert both.verified([WITNESS.verifier, SECOND_WITNESS.verifier])
    assert both.signatures[:1] == note.signatures
    assert len(both.signatures) == 3
    assert kept.cosigned_at(WITNESS.verifier, ORIGIN) == datetime.fromtimestamp(NOON_S + 60, UTC)


def test_the_largest_checkpoint_is_the_latest(kept: Attestations) -> None:
    for size in (5, 9, 7):
        note = checkpoint(size)
        kept.keep_cosignatures(note, WITNESS.verifier, [WITNESS.sign(note.text, at=NOON_S)])
    latest = kept.latest(ORIGIN)
    assert latest is not None
    assert latest.text == checkpoint(9).text
    assert kept.cosigned_size(WITNESS.verifier, ORIGIN) == 9
    assert kept.latest("another") is None
    assert kept.cosigned_size(WITNESS.verifier, "another") == 0


def test_time_stamps_are_kept_byte_for_byte(kept: Attestations) -> None:
    stamps = [Timestamp(checkpoint(size).encoded(), size, URL, NOON, bytes([size])) for size in (5, 9)]
    for stamp in stamps:
        kept.keep_timestamp(stamp)
    assert kept.timestamps(ORIGIN) == stamps
    assert kept.timestamps("another") == []
