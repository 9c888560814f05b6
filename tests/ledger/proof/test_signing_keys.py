"""Keys in files: made once, for their owner only, by however many processes need them at once."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import LedgerDamaged, StoreError
from ledger.proof.notes import ED25519_COSIGNATURE, ED25519_NOTE, VerifierKey
from ledger.proof.signing_keys import key_file_beside, make_key_file, signing_key
from tests.places import ROOT

NEEDING = """
import sys
from pathlib import Path
from ledger.proof.signing_keys import signing_key
sys.stdin.readline()
print(signing_key(Path(sys.argv[1]), name="log", kind=1).verifier.text())
"""


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    path = key_file_beside(tmp_path / "ledger.db")
    key = signing_key(path, name="log", kind=ED25519_NOTE)
    assert path == tmp_path / "ledger.key"
    assert signing_key(path, name="log", kind=ED25519_NOTE) == key
    assert VerifierKey.parse(key.verifier.text()) == key.verifier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert list(tmp_path.iterdir()) == [path]


def test_one_secret_has_a_key_for_each_name_and_kind(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    first = signing_key(path, name="one", kind=ED25519_NOTE)
    second = signing_key(path, name="two", kind=ED25519_NOTE)
    third = signing_key(path, name="two", kind=ED25519_COSIGNATURE)
    assert first.seed == second.seed == third.seed
    assert len({one.verifier.id for one in (first, second, third)}) == 3


def test_processes_that_need_a_key_at_once_get_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NEEDING, str(tmp_path / "ledger.key")]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = {process.communicate("go\n", timeout=60)[0] for process in running}
    assert len(said) == 1
    assert VerifierKey.parse(said.pop().strip())
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.key"]


def test_whoever_comes_later_takes_the_key_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    key = signing_key(path, name="log", kind=ED25519_NOTE)
    make_key_file(path)  # as one who had looked before it was there
    assert signing_key(path, name="log", kind=ED25519_NOTE) == key
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_cannot_be_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    path.write_text("not a key")
    with pytest.raises(LedgerDamaged, match="no private key"):
        signing_key(path, name="log", kind=ED25519_NOTE)
    assert path.read_text() == "not a key"


def test_a_key_of_another_sort_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path = tmp_path / "ledger.key"
    path.write_bytes(X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(LedgerDamaged, match="Ed25519"):
        signing_key(path, name="log", kind=ED25519_NOTE)


def test_where_no_key_can_be_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot make a key"):
        signing_key(tmp_path / "absent" / "ledger.key", name="log", kind=ED25519_NOTE)
    with pytest.raises(StoreError, match="cannot read the key"):
        signing_key(tmp_path, name="log", kind=ED25519_NOTE)
