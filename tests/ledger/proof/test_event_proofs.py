"""Proofs of many events at once: each is the one that it has alone, and what they share is read once."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from ledger import Ledger
from ledger.proof.event_proofs import event_proofs
from ledger.proof.leaves import leaf
from ledger.proof.merkle import inclusion_proof, leaf_hash, verify_inclusion
from tests.ledger.conftest import WORLD, figure

COUNT = 2000


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as made:
        made.append(WORLD)
        made.append([figure(str(n), period=str(1000 + n % 900)) for n in range(COUNT - len(WORLD))])
        yield made


class CountedReads:
    """A log whose reads are counted."""

    def __init__(self, ledger: Ledger) -> None:
        self._log = ledger.log
        self.reads: Counter[str] = Counter()

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        self.reads["tile"] += 1
        return self._log.tile(level, number, width)

    def leaf_tiles(self, numbers: Sequence[int]) -> dict[int, list[bytes]]:
        self.reads["leaf_tiles"] += 1
        return self._log.leaf_tiles(numbers)

    def leaves_at(self, positions: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        self.reads["leaves_at"] += 1
        return self._log.leaves_at(positions)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600, COUNT])
def test_each_proof_is_the_one_of_the_event_alone(ledger: Ledger, size: int) -> None:
    rng = random.Random(size)
    positions = sorted(rng.sample(range(1, size + 1), min(size, 60)))
    entries = ledger.log.at_positions(positions)
    for entry, proof in zip(entries, event_proofs(ledger.log, entries, size=size), strict=True):
        ((_, _, content, hashed),) = ledger.log.leaves(after=entry.position - 1, until=entry.position)
        assert proof.leaf == leaf(entry, content)
        assert leaf_hash(proof.leaf) == hashed
        assert list(proof.hashes) == inclusion_proof(ledger.log.subtree, entry.position - 1, size)
        verify_inclusion(hashed, entry.position - 1, size, proof.hashes, ledger.log.root(size))


def test_a_thousand_events_take_as_many_reads_as_one(ledger: Ledger) -> None:
    one, many = CountedReads(ledger), CountedReads(ledger)
    event_proofs(one, ledger.log.at_positions([700]), size=COUNT)
    event_proofs(many, ledger.log.at_positions(range(1, 1001)), size=COUNT)
    assert one.reads["leaves_at"] == many.reads["leaves_at"] == 1
    assert one.reads["leaf_tiles"] == many.reads["leaf_tiles"] == 1
    # The tiles above, and the one at the end: the same for all events.
    assert many.reads["tile"] <= one.reads["tile"] + 4
    assert event_proofs(CountedReads(ledger), [], size=COUNT) == []
