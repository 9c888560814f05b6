"""The verifier that stands alone: one file, which shows that a file from a ledger is true, with no ledger at hand.

    python standalone_verifier.py FILE --key KEY [--witness KEY ...] [--quorum N]

FILE is what a ledger gave out; what it is shows in its first line:

    a checkpoint           signed by the log: how many entries it had, and the root over them
    a .tlog-proof          that one entry is in the log
    a consistency proof    ("old N", hashes, an empty line, a checkpoint) that an older checkpoint, --old FILE, is of
                           the same log when it was shorter: nothing in it was changed since

KEY is the public key of the log, `name+id+base64`, which one has got from its owner beforehand; --witness those of
witnesses, of whom --quorum must have signed too. It needs Python 3.11 and `cryptography`, and nothing of the project
that it comes with: copy it away, read it, and keep it. It shares no code with what makes the files, on purpose.

It ends with 0 where all is as it should be, with 1 where something is not, and says what.
"""

import argparse
import hashlib
import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

LOG_KEY = 1
WITNESS_KEY = 4
FILE_BYTES_MAX = 64 * 1024 * 1024


class Untrue(Exception):
    """A file is not what it should be; says why."""


# --- texts -----------------------------------------------------------------------------------------------------------


def unbase64(text: str, what: str) -> bytes:
    """The bytes of a text in base64, which can be written in one way only."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if not data or b64encode(data).decode() != text:
        raise Untrue(f"{what} is not in base64")
    return data


def a_hash(text: str) -> bytes:
    """The 32 bytes of a hash in base64."""
    data = unbase64(text, "a hash")
    if len(data) != 32:
        raise Untrue("a hash has not 32 bytes")
    return data


def a_number(text: str, what: str) -> int:
    """A number without sign or leading zeros."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) >= 1 << 63:
        raise Untrue(f"{what} is no number")
    return int(text)


def shown(text: str) -> str:
    """A text with what a terminal would obey written out."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


# --- keys and signed notes (C2SP signed-note, tlog-cosignature) ------------------------------------------------------


class Key(NamedTuple):
    """A public key: its name, its kind (1 of a log, 4 of a witness), and its bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "Key":
        """A key from its line, `name+id+base64`."""
        parts = text.split("+", 2)
        if len(parts) < 3 or not a_name(parts[0]):
            raise Untrue("a key is not written name+id+base64")
        data = unbase64(parts[2], "a key")
        key = cls(parts[0], data[0], data[1:])
        if key.kind not in (LOG_KEY, WITNESS_KEY) or len(key.public) != 32 or key.id.hex() != parts[1]:
            raise Untrue(f"the key of {parts[0]} was mistyped, altered, or is of a kind that is not known here")
        return key


@dataclass(frozen=True)
class Note:
    """A text, and the signatures below it: name of the key, its id, what it signed with."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]

    @classmethod
    def parse(cls, raw: bytes) -> "Note":
        """The note of a file."""
        try:
            text, blank, below = raw.decode().rpartition("\n\n")
        except UnicodeDecodeError:
            raise Untrue("a note is not in UTF-8") from None
        if not blank or not below.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text + below):
            raise Untrue("the file is no signed note: a text, an empty line, and signatures")
        signatures = []
        for line in below[:-1].split("\n"):
            dash, _, rest = line.partition(" ")
            name, _, data_text = rest.partition(" ")
            if dash != "\N{EM DASH}" or not a_name(name):
                raise Untrue("a signature line is no dash, key name and signature")
            data = unbase64(data_text, "a signature")
            signatures.append((name, data[:4], data[4:]))
        if len({one[:2] for one in signatures}) < len(signatures):
            raise Untrue("a note has two signatures of one key")
        return cls(text + "\n", signatures)

    def signed_by(self, keys: Sequence[Key]) -> dict[str, int | None]:
        """Which of these keys signed, by name, and of witnesses the second; a wrong signature of one is no note."""
        found: dict[str, int | None] = {}
        for name, key_id, signature in self.signatures:
            for key in keys:
                if (name, key_id) == (key.name, key.id):
                    found[name] = self._check(key, signature)
        return found

    def _check(self, key: Key, signature: bytes) -> int | None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        message, at = self.text, None
        if key.kind == WITNESS_KEY:
            at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {at}\n{self.text}"
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message.encode())
        except (InvalidSignature, ValueError):
            raise Untrue(f"the signature of {key.name} is not of this text") from None
        return at


def a_name(text: str) -> bool:
    """Whether a text can be the name of a key."""
    return bool(text) and not re.search(r"[\s+\x00-\x1f]", text)


# --- the Merkle tree (RFC 6962, RFC 9162) ----------------------------------------------------------------------------


def leaf_of(data: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + data).digest()


def over(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_by_inclusion(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """The root to which the hashes lead from the leaf at an index; they are used up from the top downwards."""
    if not 0 <= index < size:
        raise Untrue(f"a log of {size} entries has none with the index {index}")
    if size == 1:
        if hashes:
            raise Untrue("the proof has too many hashes")
        return leaf
    if not hashes:
        raise Untrue("the proof has too few hashes")
    *below, top = hashes
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return over(root_by_inclusion(leaf, index, left, below), top)
    return over(top, root_by_inclusion(leaf, index - left, size - left, below))


def roots_by_consistency(
    old: int, new: int, hashes: list[bytes], old_root: bytes, *, whole: bool = True
) -> tuple[bytes, bytes]:
    """The roots of the first `old` and of all `new` entries to which the hashes lead."""
    if old == new:
        if whole:
            if hashes:
                raise Untrue("the proof has too many hashes")
            return old_root, old_root
        if len(hashes) != 1:
            raise Untrue("the proof has another number of hashes than it needs")
        return hashes[0], hashes[0]
    if not hashes:
        raise Untrue("the proof has too few hashes")
    *below, top = hashes
    left = 1 << (new - 1).bit_length() - 1
    if old <= left:
        found_old, found_new = roots_by_consistency(old, left, below, old_root, whole=whole)
        return found_old, over(found_new, top)
    found_old, found_new = roots_by_consistency(old - left, new - left, below, old_root, whole=False)
    return over(top, found_old), over(top, found_new)


# --- what a ledger gives out -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """Whom one believes: the keys of logs and of witnesses, how many witnesses must sign, and which log it must be."""

    logs: Sequence[Key]
    witnesses: Sequence[Key] = ()
    quorum: int = 0
    origin: str | None = None


@dataclass(frozen=True)
class Checkpoint:
    """How many entries a log had, the root over them, and who says so."""

    origin: str
    size: int
    root: bytes
    witnesses: dict[str, int | None]

    @classmethod
    def open(cls, raw: bytes, trust: Trust) -> "Checkpoint":
        """The checkpoint in a note, where those whom one trusts signed it."""
        note = Note.parse(raw)
        signers = note.signed_by(trust.logs)
        if not signers:
            names = ", ".join(sorted({name for name, *_ in note.signatures}))
            raise Untrue(f"no key that was given signed it; it is signed by {names}")
        witnesses = note.signed_by(trust.witnesses)
        if len(witnesses) < trust.quorum:
            raise Untrue(f"{len(witnesses)} of the witnesses that were given signed it, and {trust.quorum} must")
        origin, *rest = note.text[:-1].split("\n")
        if len(rest) < 2 or not all((origin, *rest)):
            raise Untrue("it is no checkpoint: origin, size and root, each on a line")
        if origin not in ({trust.origin} if trust.origin else signers.keys()):
            raise Untrue(f"it is of another log, {origin}")
        size, root = a_number(rest[0], "the size"), a_hash(rest[1])
        if size == 0 and root != hashlib.sha256().digest():
            raise Untrue("an empty log has another root")
        return cls(origin, size, root, witnesses)

    def said(self) -> str:
        """What it says, for people."""
        lines = [f"Log {self.origin}: {self.size} entries, root {b64encode(self.root).decode()}"]
        for name, at in self.witnesses.items():
            when = "" if at is None else f" at {_instant(at)}"
            lines.append(f"Witnessed by {name}{when}")
        return "\n".join(lines)


class Files(NamedTuple):
    """The files that were given: the one to check, and those that it is held against."""

    main: bytes
    old: bytes | None = None
    leaf: bytes | None = None


def verify_checkpoint(files: Files, trust: Trust) -> str:
    """A checkpoint by itself."""
    return Checkpoint.open(files.main, trust).said()


def verify_tlog_proof(files: Files, trust: Trust) -> str:
    """That an entry is in the log (C2SP tlog-proof)."""
    head, _, note = files.main.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")[1:]
    leaf = files.leaf
    if lines and lines[0].startswith("extra "):
        held = unbase64(lines.pop(0).removeprefix("extra "), "the leaf")
        leaf = held if leaf is None else leaf
    if leaf is None:
        raise Untrue("the proof does not hold its entry: give it with --leaf")
    if not lines or not lines[0].startswith("index ") or len(lines) > 64:
        raise Untrue("the proof is no index and hashes")
    index = a_number(lines[0].removeprefix("index "), "the index")
    checkpoint = Checkpoint.open(note, trust)
    hashes = [a_hash(line) for line in lines[1:]]
    if root_by_inclusion(leaf_of(leaf), index, checkpoint.size, hashes) != checkpoint.root:
        raise Untrue("the entry is not in the log: its hashes lead to another root")
    return f"{checkpoint.said()}\nEntry {index + 1} of the log is {leaf.decode('utf-8', 'backslashreplace')}"


def verify_consistency(files: Files, trust: Trust) -> str:
    """That an older checkpoint is of the same log when it was shorter."""
    if files.old is None:
        raise Untrue("a consistency proof is held against an older checkpoint: give it with --old")
    old = Checkpoint.open(files.old, Trust(trust.logs, origin=trust.origin))
    head, _, note = files.main.partition(b"\n\n")
    first, *lines = head.decode("ascii", "replace").split("\n")
    new = Checkpoint.open(note, trust)
    size = a_number(first.removeprefix("old "), "the older size")
    if (old.size, old.origin) != (size, new.origin) or size > new.size or len(lines) > 63:
        raise Untrue(f"the proof is not between {old.size} entries of {old.origin} and {new.size} of {new.origin}")
    hashes = [a_hash(line) for line in lines]
    if size and roots_by_consistency(size, new.size, hashes, old.root) != (old.root, new.root):
        raise Untrue("the log was rewritten: what it had when it was shorter is not in it any more")
    if not size and hashes:
        raise Untrue("the proof has too many hashes")
    return f"{new.said()}\nIts first {size} entries are those of the older checkpoint"


DOCUMENTS: dict[str, Callable[[dict[str, Any], Trust], str]] = {}
"""What verifies a JSON document, by its member `document`; other kinds of file find their place here."""


def verify_document(files: Files, trust: Trust) -> str:
    """A JSON document of a kind that is known."""
    try:
        document = json.loads(files.main)
    except (ValueError, RecursionError):
        raise Untrue("the file is no JSON") from None
    kind = document.get("document") if isinstance(document, dict) else None
    if kind not in DOCUMENTS:
        raise Untrue("the file is a JSON document of a kind that is not known here")
    return DOCUMENTS[kind](document, trust)


KINDS: tuple[tuple[bytes, Callable[[Files, Trust], str]], ...] = (
    (b"c2sp.org/tlog-proof@v1\n", verify_tlog_proof),
    (b"old ", verify_consistency),
    (b"{", verify_document),
    (b"", verify_checkpoint),
)
"""How a file begins, and what verifies such a one."""


def verify(files: Files, trust: Trust) -> str:
    """What the file shows, in words. Raises Untrue where it does not."""
    return next(check for beginning, check in KINDS if files.main.startswith(beginning))(files, trust)


def _instant(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        raise Untrue("a witness signed at a time that cannot be") from None


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with path.open("rb") as file:
        raw = file.read(FILE_BYTES_MAX + 1)
    if len(raw) > FILE_BYTES_MAX:
        raise Untrue(f"{path} is too large")
    return raw


def main(words: Sequence[str] | None = None) -> int:
    """Run the verifier on the words of a command line."""
    parser = argparse.ArgumentParser(description="Verify a file that a ledger gave out, without the ledger.")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--key", action="append", default=[], help="a public key of the log; may be given again")
    parser.add_argument("--witness", action="append", default=[], help="a public key of a witness; may be given again")
    parser.add_argument("--quorum", type=int, help="how many of the witnesses must have signed (all)")
    parser.add_argument("--origin", help="which log it must be, where that is not the name of the key")
    parser.add_argument("--old", type=Path, help="for a consistency proof: the older checkpoint", metavar="FILE")
    parser.add_argument("--leaf", type=Path, help="for a proof without its entry: the entry", metavar="FILE")
    given = parser.parse_args(words)
    try:
        witnesses = [Key.parse(text) for text in given.witness]
        quorum = len(witnesses) if given.quorum is None else given.quorum
        trust = Trust([Key.parse(text) for text in given.key], witnesses, quorum, given.origin)
        said = verify(Files(_read(given.file) or b"", _read(given.old), _read(given.leaf)), trust)
    except (Untrue, OSError) as error:
        print(f"NOT VERIFIED: {shown(str(error))}", file=sys.stderr)
        return 1
    print("\n".join(map(shown, said.split("\n"))) + "\nVerified.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
