"""Receipts: that an answer could be derived from a log as it stood, in one signed document.

A receipt names the question, the viewpoint at which it is answered the same for ever, the hash of the answer, the
events that decided it, each with its leaf and the hashes from there to the root of a checkpoint; and for a question
about one thing how long its streams are, so that no event was left out. It is a JSON object, `{"document":
"supply-ledger-receipt", …, "signature": "…"}`. The signature is a note (`ledger.proof.notes`) of two lines:

    supply-ledger/9c1b…/receipt                      which log, and that this is a receipt: no checkpoint begins so
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     the SHA-256 of the document without `signature`, as canonical JSON

"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ledger.proof.canonical_json import canonical
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.merkle import ProofError, leaf_hash, verify_consistency, verify_inclusion
from ledger.proof.notes import NOTE_BYTES_MAX, Note, NoteError, SignerKey, VerifierKey, encoded_base64, signed
from ledger.proof.stream_map import ID_BITS, LINE, StreamProof

DOCUMENT = "supply-ledger-receipt"
VERSION = 1
RECEIPT_EVENTS_MAX = 1000
"""A receipt has no more events than this."""
HASHES_MAX_OF_EVENT = 63
SIGNATURE_SUFFIX = "/receipt"

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Signed = Annotated[str, StringConstraints(max_length=NOTE_BYTES_MAX)]
Number = Annotated[int, Field(ge=0, lt=1 << 53)]
Role = Literal["decided", "acts", "stream"]
"""Why an event is in a receipt: it is named by the answer, acts on one that is, or is in a stream that is whole."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Question(_Part):
    """What was asked, with a viewpoint at which it is answered the same for ever."""

    path: Annotated[str, StringConstraints(max_length=2000)]
    parameters: Annotated[dict[str, Text], Field(max_length=200)]


class Answer(_Part):
    """What was answered: the number of items, the hashes of all of them and of every member beside them, in hex."""

    count: Number
    items: Hash
    members: Annotated[dict[str, Hash], Field(max_length=100)]
    next: Text | None


class Leaf(_Part):
    """What the log says of an event: see `ledger.proof.leaves`."""

    content: Hash
    event_id: Id
    position: Annotated[int, Field(ge=1, lt=1 << 53)]
    recorded_at: Annotated[int, Field(gt=-(1 << 53), lt=1 << 53)]
    recorded_by: Text
    stream: Id
    type: Annotated[str, StringConstraints(max_length=200)]
    version: Annotated[int, Field(ge=1, lt=1 << 53)]

    def hashed(self) -> bytes:
        """The hash of the leaf."""
        return leaf_hash(canonical(self.model_dump(), floats=False))


class ProvedEvent(_Part):
    """An event that decided the answer, and that it is in the log."""

    role: Role
    leaf: Leaf
    proof: Annotated[list[Hash], Field(max_length=HASHES_MAX_OF_EVENT)]


class WholeStream(_Part):
    """How many events a stream has, the leaf hash of the last, and that the checkpoint says so."""

    stream: Id
    length: Annotated[int, Field(ge=1, le=RECEIPT_EVENTS_MAX)]
    head: Hash
    proof: Annotated[list[Hash], Field(max_length=ID_BITS)]


class Growth(_Part):
    """That the log of a viewpoint, of which the basis has the root, is the beginning of that of the checkpoint."""

    position: Number
    root: Hash
    proof: Annotated[list[Hash], Field(max_length=2 * HASHES_MAX_OF_EVENT)]


class SignedReceipt(_Part):
    """A receipt, of which nothing is checked yet but its form."""

    document: Literal["supply-ledger-receipt"]
    version: Literal[1]
    origin: Annotated[str, StringConstraints(max_length=1000)]
    software: Annotated[str, StringConstraints(max_length=200)]
    question: Question
    basis: dict[str, Any]
    answer: Answer
    events: Annotated[list[ProvedEvent], Field(max_length=RECEIPT_EVENTS_MAX)]
    streams: Annotated[list[WholeStream], Field(max_length=RECEIPT_EVENTS_MAX)]
    grown: Annotated[list[Growth], Field(max_length=2)]
    checkpoint: Signed
    signature: Signed


def with_signature(body: Mapping[str, Any], key: SignerKey) -> dict[str, Any]:
    """The document with the signature of a log's key."""
    return {**body, "signature": signed(_note_text(body), key).encoded().decode()}


class ProvedReceipt(NamedTuple):
    """A receipt that is what its log signed: with which key, and the checkpoint that its proofs lead to."""

    receipt: SignedReceipt
    key: VerifierKey
    checkpoint: Checkpoint


def proved(document: Mapping[str, Any], receipt: SignedReceipt, keys: Sequence[VerifierKey]) -> ProvedReceipt:
    """The receipt that a document is, where all of it is true by one of the log's keys. Raises ProofError."""
    note = Note.parse(receipt.signature.encode())
    body = {name: value for name, value in document.items() if name != "signature"}
    if note.text != _note_text(body):
        raise NoteError("the receipt is not the one that was signed")
    own = [key for key in keys if key.name == receipt.origin]
    (signature, *_) = note.verified(own)
    checkpoint, _ = opened(receipt.checkpoint.encode(), own, origin=receipt.origin)
    _check_events(receipt, checkpoint)
    _check_streams(receipt, checkpoint)
    _check_growth(receipt, checkpoint)
    return ProvedReceipt(receipt, next(key for key in own if key.made(signature)), checkpoint)


def roots_of(basis: Mapping[str, Any]) -> dict[int, str]:
    """The positions of the viewpoints of a basis, which may have two, and their roots. Raises ProofError."""
    sides = [basis] if "position" in basis else [basis.get("from"), basis.get("to")]
    found: dict[int, str] = {}
    for side in sides:
        position, root = (side.get("position"), side.get("root")) if isinstance(side, dict) else (None, None)
        if type(position) is not int or not isinstance(root, str) or found.setdefault(position, root) != root:
            raise ProofError("the basis of the receipt has no position and root")
    return found


def _note_text(body: Mapping[str, Any]) -> str:
    return (
        f"{body['origin']}{SIGNATURE_SUFFIX}\n{encoded_base64(sha256(canonical(dict(body), floats=False)).digest())}\n"
    )


def _check_events(receipt: SignedReceipt, checkpoint: Checkpoint) -> None:
    for one in receipt.events:
        hashes = [bytes.fromhex(text) for text in one.proof]
        verify_inclusion(one.leaf.hashed(), one.leaf.position - 1, checkpoint.size, hashes, checkpoint.root)
    positions = [one.leaf.position for one in receipt.events]
    if any(first >= second for first, second in pairwise(positions)):
        raise ProofError("the events of the receipt are not in order")


def _check_streams(receipt: SignedReceipt, checkpoint: Checkpoint) -> None:
    lines = [line for line in checkpoint.extensions if line.startswith(LINE)]
    if receipt.streams and len(lines) != 1:
        raise ProofError("the checkpoint says nothing of streams")
    by_stream: dict[str, list[Leaf]] = {}
    for event in receipt.events:
        by_stream.setdefault(event.leaf.stream, []).append(event.leaf)
    for one in receipt.streams:
        hashes = tuple(bytes.fromhex(text) for text in one.proof)
        proof = StreamProof(bytes.fromhex(one.stream), one.length, bytes.fromhex(one.head), hashes)
        if lines != [LINE + encoded_base64(proof.root())]:
            raise ProofError(f"the checkpoint says something else of the stream {one.stream}")
        leaves = by_stream.get(one.stream, [])
        if [leaf.version for leaf in leaves] != list(range(1, one.length + 1)):
            raise ProofError(f"the stream {one.stream} has {one.length} events, and the receipt has not all of them")
        if leaves[-1].hashed() != proof.head:
            raise ProofError(f"the last event of the stream {one.stream} is another one")
    if len({one.stream for one in receipt.streams}) < len(receipt.streams):
        raise ProofError("the receipt has a stream twice")


def _check_growth(receipt: SignedReceipt, checkpoint: Checkpoint) -> None:
    if [(one.position, one.root) for one in receipt.grown] != sorted(roots_of(receipt.basis).items()):
        raise ProofError("the receipt does not show that the log of its basis is the one of its checkpoint")
    for one in receipt.grown:
        hashes = [bytes.fromhex(text) for text in one.proof]
        verify_consistency(one.position, checkpoint.size, hashes, bytes.fromhex(one.root), checkpoint.root)


def is_receipt(value: Any) -> bool:
    """Whether a value of JSON says that it is a receipt."""
    return isinstance(value, dict) and value.get("document") == DOCUMENT
