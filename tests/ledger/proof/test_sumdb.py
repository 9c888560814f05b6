"""Go's sumdb verifies our notes, proofs and tiles."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.proof.merkle import consistency_proof, inclusion_proof
from ledger.proof.notes import ED25519_NOTE, SignerKey, signed
from tests.ledger.proof.signed_trees import LOG, STRANGER, WITNESS, checkpoint, entry, root, subtree
from tests.ledger.proof.sumdb import Judge, base64, judge, tile_path, write_tiles

SIZES = range(1, 257)


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return judge(tmp_path_factory.mktemp("sumdb"))


def joined(hashes: Sequence[bytes]) -> str:
    return ",".join(map(base64, hashes))


def record(index: int, size: int) -> list[object]:
    hashes = joined(inclusion_proof(subtree, index, size))
    return ["record", index, base64(entry(index)), size, base64(root(size)), hashes]


def tree(old: int, new: int) -> list[object]:
    hashes = joined(consistency_proof(subtree, old, new))
    return ["tree", old, base64(root(old)), new, base64(root(new)), hashes]


def test_it_opens_our_notes(go: Judge) -> None:
    other = SignerKey("ledger.example/\N{GREEK SMALL LETTER LAMDA}", ED25519_NOTE, b"l" * 32)
    notes = [signed(text, key) for key in (LOG, other) for text in ("text\n", "one\n\ntwo\n", "\n", "\N{SNOWMAN}\n")]
    keys = [LOG.verifier.text()] * 4 + [other.verifier.text()] * 4
    checks = [["note", key, base64(note.encoded())] for key, note in zip(keys, notes, strict=True)]
    assert go.say(checks) == ["ok"] * len(checks)
    wrong = [["note", STRANGER.verifier.text(), *check[2:]] for check in checks]
    assert "ok" not in go.say(wrong)


def test_it_reads_our_checkpoints(go: Judge) -> None:
    checks = []
    notes = [(size, checkpoint(size)) for size in (0, 1, 255, 256)]
    notes += [(size, checkpoint(size, extensions=(f"streams {base64(root(3))}",))) for size in (1, 256)]
    for size, note in notes:
        for each in (note, note.with_signatures([WITNESS.sign(note.text, at=1), STRANGER.sign(note.text)])):
            checks.append(["checkpoint", LOG.verifier.text(), base64(each.encoded()), size, base64(root(size))])
    assert go.say(checks) == ["ok"] * len(checks)
    assert "ok" not in go.say([[*check[:3], 7, check[4]] for check in checks])


def test_it_verifies_our_proofs_of_all_sizes(go: Judge) -> None:
    records = [record(index, size) for size in SIZES for index in range(size)]
    trees = [tree(old, new) for new in SIZES for old in range(1, new + 1)]
    assert set(go.say(records)) == {"ok"}
    assert set(go.say(trees)) == {"ok"}
    # It would say so if they were wrong.
    assert "ok" not in go.say([[check[0], int(str(check[1])) + 1, *check[2:]] for check in records[-40:-1]])
    assert "ok" not in go.say([[*check[:4], base64(bytes(32)), check[5]] for check in trees[-40:-1]])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 600, 70_000])
def test_it_reads_our_tiles(go: Judge, tmp_path: Path, size: int) -> None:
    write_tiles(tmp_path, subtree, size)
    check = ["tiles", str(tmp_path), size, base64(root(size))]
    assert go.say([check]) == ["ok"]
    first = tmp_path / tile_path(0, 0, min(size, 256))
    first.write_bytes(bytes(32) + first.read_bytes()[32:])
    assert go.say([check]) != ["ok"]
