"""Signing keys: the secrets that a ledger and a witness sign with, each in a file of its own.

The file (`ledger.key` beside the log) is a private key in the usual form, PKCS #8 in PEM, which only its owner may
read. It is made when it is first needed. Two processes may need it at once: each writes a file of its own, and gives it
the name that counts only where nobody has that name yet; then both read the one that is there.

Who loses the file can sign no further checkpoint under the old key; who copies it can sign in the ledger's name.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ledger.errors import LedgerDamaged, StoreError
from ledger.proof.notes import SignerKey

KEY_SUFFIX = ".key"


def key_file_beside(log: Path) -> Path:
    """Where the key of a log in a file lies: `ledger.key` beside `ledger.db`."""
    return log.with_suffix(KEY_SUFFIX)


def signing_key(path: Path, *, name: str, kind: int) -> SignerKey:
    """The key in a file, made where it is absent, under a name. Raises StoreError, LedgerDamaged."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        make_key_file(path)
        text = path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read the key in {path}: {error.strerror}") from error
    return SignerKey(name, kind, _seed_of(text, path))


def _seed_of(text: bytes, path: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text, password=None)
    except (TypeError, ValueError):
        raise LedgerDamaged(f"{path} holds no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerDamaged(f"{path} holds a key that is not for Ed25519")
    return key.private_bytes_raw()


def make_key_file(path: Path) -> None:
    """Make a key, unless another process is faster; it is on disk when this returns."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # then another process made one, and that is the key
            os.link(draft, path)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(f"cannot make a key in {path}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    """Make the names in a directory lasting."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
