"""Signed notes: a text, and below it the signatures of those who stand for it (C2SP signed-note).

    supply-ledger/9c1b…            the text, which ends with a newline
    1042
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — supply-ledger/9c1b… Az3grlgt…       a dash, the name of the key, and in base64 the key's id and the signature

A key is known by its name and its id. A *verifier key* is the public half as one line, `name+id+base64`, which is what
one hands to whoever should check notes; a *signer key* is the private half. A note may carry signatures of strangers,
which say nothing; one of a known key must be right, and without any of a known key a note says nothing at all.

Everything is read strictly: there is one way to write each note, so a note that was touched anywhere is another note.
"""

import re
from base64 import b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Self

from ledger.proof.merkle import ProofError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519_NOTE = 0x01
"""The kind of a key that signs the text of a note."""
ED25519_COSIGNATURE = 0x04
"""The kind of a key that signs the time and a checkpoint: a witness's."""
KINDS = (ED25519_NOTE, ED25519_COSIGNATURE)
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
KEY_BYTES = 32
_ID_BYTES = 4
_TIME_BYTES = 8
_SIGNATURE_BYTES = {ED25519_NOTE: 64, ED25519_COSIGNATURE: _TIME_BYTES + 64}
_DASH = "\N{EM DASH} "
_SIGNER_PREFIX = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NOT_IN_NAMES = re.compile(r"[\s+\x00-\x1f]")


class NoteError(ProofError):
    """A text is no signed note or no key, or a note is not signed by whom it should be."""


def decoded_base64(text: str, *, what: str) -> bytes:
    """The bytes that a text in base64 stands for, which may be written in one way only. Raises NoteError."""
    try:
        data = a2b_base64(text.encode("ascii"), strict_mode=True)
    except (NotBase64, UnicodeEncodeError):
        data = b""
    if not data or encoded_base64(data) != text:
        raise NoteError(f"{what} is not in base64")
    return data


def encoded_base64(data: bytes) -> str:
    """Bytes in base64."""
    return b64encode(data).decode()


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes that tell the keys of one name apart."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:_ID_BYTES]


class Signature(NamedTuple):
    """A signature line: the name of the key, its id, and what it signed with."""

    name: str
    key: bytes
    signature: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {encoded_base64(self.key + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """The signature of a line without its newline. Raises NoteError."""
        name, _, text = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not is_key_name(name):
            raise NoteError("a signature line is no dash, key name and signature")
        data = decoded_base64(text, what="a signature")
        if len(data) <= _ID_BYTES:
            raise NoteError("a signature is too short")
        return cls(name, data[:_ID_BYTES], data[_ID_BYTES:])


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a key: who it belongs to, what kind of signature it makes, and its 32 bytes."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        _check_key(self.name, self.kind, self.public)

    @cached_property
    def id(self) -> bytes:
        """The four bytes that tell it apart from others of its name."""
        return key_id(self.name, self.kind, self.public)

    def text(self) -> str:
        """The key as one line: `name+id+base64`."""
        return f"{self.name}+{self.id.hex()}+{encoded_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of such a line. Raises NoteError."""
        name, id_text, data = _key_parts(text)
        made = cls(name, data[0], data[1:])
        if made.id.hex() != id_text:
            raise NoteError("the id in a key is not that of its bytes: the key was mistyped or altered")
        return made

    def made(self, signature: Signature) -> bool:
        """Whether a signature says that it is by this key."""
        return (signature.name, signature.key) == (self.name, self.id)

    def verify(self, text: str, signature: Signature) -> None:
        """Raises NoteError unless this key made the signature of this text."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if not self.made(signature) or len(signature.signature) != _SIGNATURE_BYTES[self.kind]:
            raise NoteError(f"a signature is not one of {self.name}")
        message, made = text.encode(), signature.signature
        if self.kind == ED25519_COSIGNATURE:
            message, made = cosigned_message(text, signed_at(signature)), made[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(made, message)
        except (InvalidSignature, ValueError):
            raise NoteError(f"the signature of {self.name} is not of this text") from None


@dataclass(frozen=True, repr=False)
class SignerKey:
    """The private half of a key; `seed` is the 32 bytes that everything else follows from."""

    name: str
    kind: int
    seed: bytes

    def __post_init__(self) -> None:
        _check_key(self.name, self.kind, self.seed)

    def __repr__(self) -> str:
        return f"SignerKey({self.name!r})"

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.kind, self._private.public_key().public_bytes_raw())

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def text(self) -> str:
        """The key as one line, which is a secret."""
        return f"{_SIGNER_PREFIX}{self.name}+{self.verifier.id.hex()}+{encoded_base64(bytes([self.kind]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of such a line. Raises NoteError."""
        if not text.startswith(_SIGNER_PREFIX):
            raise NoteError("a signer key does not begin as one")
        name, id_text, data = _key_parts(text.removeprefix(_SIGNER_PREFIX))
        made = cls(name, data[0], data[1:])
        if made.verifier.id.hex() != id_text:
            raise NoteError("the id in a key is not that of its bytes: the key was mistyped or altered")
        return made

    def sign(self, text: str, *, at: int = 0) -> Signature:
        """The signature of a text; a witness's says `at` which second since 1970 it was made."""
        if self.kind == ED25519_COSIGNATURE:
            made = at.to_bytes(_TIME_BYTES, "big") + self._private.sign(cosigned_message(text, at))
        else:
            made = self._private.sign(text.encode())
        return Signature(self.name, self.verifier.id, made)


@dataclass(frozen=True)
class Note:
    """A text and its signatures, which nobody has checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or _CONTROL.search(self.text):
            raise NoteError("the text of a note is lines without control characters, each with its newline")

    def encoded(self) -> bytes:
        """The note as it is stored and sent."""
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The note that these bytes are. Raises NoteError."""
        if len(raw) > NOTE_BYTES_MAX:
            raise NoteError("a note is too large")
        try:
            whole = raw.decode()
        except UnicodeDecodeError:
            raise NoteError("a note is not in UTF-8") from None
        text, blank, below = whole.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise NoteError("a note is no text, empty line and signatures")
        lines = below[:-1].split("\n")
        if len(lines) > SIGNATURES_MAX:
            raise NoteError("a note has too many signatures")
        signatures = tuple(Signature.parse(line) for line in lines)
        if len({(one.name, one.key) for one in signatures}) < len(signatures):
            raise NoteError("a note has two signatures of one key")
        return cls(text + "\n", signatures)

    def with_signatures(self, more: Iterable[Signature]) -> Self:
        """The same note with these signatures too; of one key the latest stays."""
        by_key = {(one.name, one.key): one for one in (*self.signatures, *more)}
        return type(self)(self.text, tuple(by_key.values()))

    def verified(self, known: Sequence[VerifierKey]) -> tuple[Signature, ...]:
        """The signatures of known keys, all of which are right. Raises NoteError where one is not, or there is none."""
        found = []
        for signature in self.signatures:
            for key in known:
                if key.made(signature):
                    key.verify(self.text, signature)
                    found.append(signature)
        if not found:
            names = ", ".join(sorted({key.name for key in known})) or "any key that is known"
            raise NoteError(f"the note is not signed by {names}")
        return tuple(found)


def signed(text: str, *keys: SignerKey) -> Note:
    """A text signed by these keys. Raises NoteError where it cannot be the text of a note."""
    return Note(text, tuple(key.sign(text) for key in keys))


def cosigned_message(text: str, at: int) -> bytes:
    """What a witness signs: that at this second (since 1970) the checkpoint was the latest that it had seen."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def signed_at(signature: Signature) -> int:
    """The second since 1970 at which a witness signed. Raises NoteError where that cannot be."""
    at = int.from_bytes(signature.signature[:_TIME_BYTES], "big")
    if at >= 1 << 63:
        raise NoteError("a cosignature has a time that cannot be")
    return at


def is_key_name(name: str) -> bool:
    """Whether a text can name a key: no spaces, no plus, no control characters."""
    return bool(name) and not _NOT_IN_NAMES.search(name)


def _key_parts(text: str) -> tuple[str, str, bytes]:
    """The name, the id and the bytes of a key's line."""
    name, plus, rest = text.partition("+")
    id_text, second, data_text = rest.partition("+")
    if not (plus and second and re.fullmatch(r"[0-9a-f]{8}", id_text, re.ASCII)):
        raise NoteError("a key is written name+id+base64, with an id of eight digits")
    return name, id_text, decoded_base64(data_text, what="a key")


def _check_key(name: str, kind: int, data: bytes) -> None:
    if not is_key_name(name):
        raise NoteError("a key's name is without spaces, plus and control characters, and not empty")
    if kind not in KINDS:
        raise NoteError(f"keys of kind {kind} are not known here: {KINDS[0]} signs notes, {KINDS[1]} is a witness's")
    if len(data) != KEY_BYTES:
        raise NoteError(f"a key has {KEY_BYTES} bytes")
