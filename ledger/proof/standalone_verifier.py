"""The verifier that stands alone: one file, which shows that a file from a ledger is true, with no ledger at hand.

    python standalone_verifier.py FILE --key KEY [--witness KEY ...] [--quorum N]

FILE is what a ledger gave out; what it is shows in its first line:

    a checkpoint           signed by the log: how many entries it had, and the root over them
    a .tlog-proof          that one entry is in the log
    a consistency proof    ("old N", hashes, an empty line, a checkpoint) that an older checkpoint, --old FILE, is of
                           the same log when it was shorter: nothing in it was changed since
    a JSON object          an event with its text and proof, as GET /v1/proofs/inclusion gives it; a receipt, or an
                           answer that has one: that the answer is the one that was signed, that the events that it
                           names are in the log, and of one thing that no event was left out

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
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    streams: tuple[str, ...] = ()
    """The root of the map from every stream to its length, where the checkpoint has it: once."""

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
        streams = (line.removeprefix("streams ") for line in rest[2:] if line.startswith("streams "))
        return cls(origin, size, root, witnesses, tuple(streams))

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


# --- JSON documents --------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """A value as canonical JSON (RFC 8785)."""
    return "".join(_pieces(value)).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for place, name in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be"))):
            yield f"{',' if place else ''}{json.dumps(name, ensure_ascii=False)}:"
            yield from _pieces(value[name])
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, one in enumerate(value):
            yield "," if place else ""
            yield from _pieces(one)
        yield "]"
    elif isinstance(value, float) or (type(value) is int and abs(value) > 1 << 53):
        yield _number(float(value))
    else:
        yield json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as ECMAScript writes it: 1e21 is 1e+21."""
    if value - value != 0:
        raise ValueError("no number of JSON")
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, part = mantissa.lstrip("-").partition(".")
    part = part.rstrip("0")
    digits, point = whole + part, len(whole) + int(exponent or 0)
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    minus = "-" if value < 0 else ""
    if not digits:
        return "0"
    if 0 < point <= 21:
        whole, part = digits[:point].ljust(point, "0"), digits[point:]
        return f"{minus}{whole}.{part}" if part else minus + whole
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{tail}e{point - 1:+d}"


def member(document: Mapping[str, Any], name: str, kind: type) -> Any:
    """A member of a document, which is of a kind."""
    value = document.get(name)
    if type(value) is not kind:
        raise Untrue(f"the document has no {name}, or one of another kind")
    return value


def a_hex(value: Any, size: int = 32) -> bytes:
    """So many bytes in hex."""
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value, re.ASCII):
        raise Untrue(f"a text is not {size} bytes in hex")
    return bytes.fromhex(value)


def hexes(document: Mapping[str, Any], name: str) -> list[bytes]:
    """The hashes of a proof in a document."""
    found = [a_hex(text) for text in member(document, name, list)]
    if len(found) > 128:
        raise Untrue("a proof has too many hashes")
    return found


def verify_event(document: Mapping[str, Any], trust: Trust) -> str:
    """An event with its text: the leaf is of this text, and it is in the log."""
    leaf_text, content = member(document, "leaf", str), member(document, "content", dict)
    leaf = _object(leaf_text)
    checkpoint = Checkpoint.open(member(document, "note", str).encode(), trust)
    index = member(leaf, "position", int) - 1
    hashes = hexes(document, "proof")
    if root_by_inclusion(leaf_of(leaf_text.encode()), index, checkpoint.size, hashes) != checkpoint.root:
        raise Untrue("the event is not in the log: its hashes lead to another root")
    if not content.get("salt"):
        return f"{checkpoint.said()}\nEvent {index + 1} is in the log, and its text was erased: {leaf_text}"
    state = member(content, "state", str)
    said = a_hex(content.get("salt"), 16) + a_hex(content.get("digest")) + state.encode()
    if hashlib.sha256(said).hexdigest() != leaf.get("content"):
        raise Untrue("the text is not the one that the log has of this event")
    return f"{checkpoint.said()}\nEvent {index + 1} of the log is {leaf_text}\nIt says {state}"


def verify_answer(answer: Mapping[str, Any], trust: Trust) -> str:
    """An answer with its receipt: it is the one that the receipt is of."""
    receipt = member(answer, "receipt", dict)
    said = verify_receipt(receipt, trust)
    told, items = member(receipt, "answer", dict), member(answer, "items", list)
    if (len(items), _digest(items)) != (told.get("count"), told.get("items")):
        raise Untrue("the items are not those of the receipt")
    apart = ("items", "next", "basis", "receipt")
    beside = {name: _digest(value) for name, value in answer.items() if name not in apart}
    more_before, more_now = told.get("next") is not None, answer.get("next") is not None
    if beside != told.get("members") or answer.get("basis") != receipt.get("basis") or more_before != more_now:
        raise Untrue("what is beside the items is not what the receipt has")
    return f"{said}\nThe answer is the one of the receipt: {len(items)} items"


def verify_receipt(receipt: Mapping[str, Any], trust: Trust) -> str:
    """A receipt: what was signed, the events in the log, and the streams that are whole."""
    if receipt.get("document") != "supply-ledger-receipt" or receipt.get("version") != 1:
        raise Untrue("the document is no receipt of a version that is known here")
    note = Note.parse(member(receipt, "signature", str).encode())
    origin, body = member(receipt, "origin", str), {name: receipt[name] for name in receipt if name != "signature"}
    if note.text != f"{origin}/receipt\n{b64encode(hashlib.sha256(canonical(body)).digest()).decode()}\n":
        raise Untrue("the receipt is not the one that was signed")
    log = [key for key in trust.logs if key.name == origin]
    if not note.signed_by(log) or (trust.origin or origin) != origin:
        raise Untrue(f"the receipt is of {origin}, and no key of that log was given, or it did not sign it")
    checkpoint = Checkpoint.open(
        member(receipt, "checkpoint", str).encode(), Trust(log, trust.witnesses, trust.quorum, origin)
    )
    leaves = list(_events_of(receipt, checkpoint))
    streams = [_whole_stream(one, checkpoint, leaves) for one in member(receipt, "streams", list)]
    if len(dict(streams)) < len(streams):
        raise Untrue("the receipt has a stream twice")
    _check_growth(receipt, checkpoint)
    question, software = member(receipt, "question", dict), member(receipt, "software", str)
    lines = [
        checkpoint.said(),
        f"Asked: {canonical(question).decode()}",
        f"Answered by {software} from {len(leaves)} events, all of them in the log",
        *(f"Whole: stream {name} has {length} events, and they are all here" for name, length in streams),
    ]
    return "\n".join(lines)


def _events_of(receipt: Mapping[str, Any], checkpoint: Checkpoint) -> Iterator[dict[str, Any]]:
    """The leaves of the events of a receipt, each of which is in the log."""
    before = 0
    for event in member(receipt, "events", list):
        leaf = member(event if isinstance(event, dict) else {}, "leaf", dict)
        position = member(leaf, "position", int)
        if position <= before:
            raise Untrue("the events of the receipt are not in order")
        hashes = hexes(event, "proof")
        if root_by_inclusion(leaf_of(canonical(leaf)), position - 1, checkpoint.size, hashes) != checkpoint.root:
            raise Untrue(f"the event at position {position} is not in the log: its hashes lead to another root")
        before = position
        yield leaf


def _whole_stream(stream: Any, checkpoint: Checkpoint, leaves: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """A stream of which every event is in the receipt: its id, and how many there are."""
    proof = stream if isinstance(stream, dict) else {}
    name, length, head = a_hex(proof.get("stream"), 16), member(proof, "length", int), a_hex(proof.get("head"))
    hashes = hexes(proof, "proof")
    if not (16 <= len(hashes) <= 128 and 0 < length < 1 << 63):
        raise Untrue("the proof of a stream is not as long as it has to be")
    found, bits = leaf_of(name + length.to_bytes(8, "big") + head), int.from_bytes(name, "big")
    for depth in reversed(range(len(hashes))):
        found = over(hashes[depth], found) if bits >> 127 - depth & 1 else over(found, hashes[depth])
    if checkpoint.streams != (b64encode(found).decode(),):
        raise Untrue(f"the checkpoint says something else of the stream {name.hex()}")
    own = [leaf for leaf in leaves if leaf.get("stream") == name.hex()]
    if [leaf.get("version") for leaf in own] != list(range(1, length + 1)):
        raise Untrue(f"the stream {name.hex()} has {length} events, and the receipt has not all of them")
    if leaf_of(canonical(own[-1])) != head:
        raise Untrue(f"the last event of the stream {name.hex()} is another one")
    return name.hex(), length


def _check_growth(receipt: Mapping[str, Any], checkpoint: Checkpoint) -> None:
    """The log of the viewpoint is the beginning of the one of the checkpoint."""
    basis = member(receipt, "basis", dict)
    sides = [basis] if "position" in basis else [basis.get("from"), basis.get("to")]
    wanted = {(one.get("position"), one.get("root")) for one in sides if isinstance(one, dict)}
    shown: list[tuple[Any, Any]] = []
    for one in member(receipt, "grown", list):
        size, root = member(one if isinstance(one, dict) else {}, "position", int), a_hex(one.get("root"))
        hashes = hexes(one, "proof")
        if not 0 <= size <= checkpoint.size or (size == 0 and (hashes or root != hashlib.sha256().digest())):
            raise Untrue("the log of the viewpoint is not the one of the checkpoint")
        if size and roots_by_consistency(size, checkpoint.size, hashes, root) != (root, checkpoint.root):
            raise Untrue("the log of the viewpoint is not the one of the checkpoint")
        shown.append((size, root.hex()))
    if set(shown) != wanted or len(shown) != len(wanted):
        raise Untrue("the receipt does not show that the log of its viewpoint is the one of its checkpoint")


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _object(text: str | bytes) -> dict[str, Any]:
    """An object of JSON, in which no name comes twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise Untrue("an object of JSON has a name twice")
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=once)
        canonical(found)  # what has no canonical form was signed by nobody
    except (ValueError, RecursionError, OverflowError):
        raise Untrue("the file is no JSON that a ledger gives out") from None
    if not isinstance(found, dict):
        raise Untrue("the file is no JSON object")
    return found


DOCUMENTS: tuple[tuple[str, Callable[[Mapping[str, Any], Trust], str]], ...] = (
    ("document", verify_receipt),
    ("receipt", verify_answer),
    ("leaf", verify_event),
)
"""A member by which a document is known, and what verifies such a one."""


def verify_document(files: Files, trust: Trust) -> str:
    """A JSON document of a kind that is known."""
    document = _object(files.main)
    if "note" in document and "leaf" not in document:
        return Checkpoint.open(member(document, "note", str).encode(), trust).said()
    for name, check in DOCUMENTS:
        if name in document:
            return check(document, trust)
    raise Untrue("the file is a JSON document of a kind that is not known here")


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
