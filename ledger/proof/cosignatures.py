"""Cosignatures: what a witness says of a checkpoint (C2SP tlog-cosignature, v1 with Ed25519).

A witness remembers, of each log it knows, the largest checkpoint that it has seen, and signs another only where that is
the same log grown. So whoever trusts the witness needs not trust the log: not even its owner, with every key and
password, can show two people two different pasts. The signature says when: "as of this second, this was the latest".
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ledger.proof.notes import ED25519_COSIGNATURE, Note, NoteError, Signature, SignerKey, VerifierKey, signed_at

AHEAD_MAX_S = 600
"""How far a witness's clock may be ahead of ours."""


class Cosignature(NamedTuple):
    """A witness signed, at this time."""

    witness: str
    at: datetime


def cosigned(text: str, key: SignerKey, at: datetime) -> Signature:
    """A witness's signature of a checkpoint's text."""
    if key.kind != ED25519_COSIGNATURE:
        raise NoteError("the key of a witness is of another kind than the key of a log")
    return key.sign(text, at=int(at.timestamp()))


def cosignatures(note: Note, witnesses: Sequence[VerifierKey]) -> list[Cosignature]:
    """What these witnesses say of a checkpoint; those that have not signed are left out.

    Raises NoteError where a signature of one of them is not of this text.
    """
    found = []
    for signature in note.signatures:
        for key in witnesses:
            if key.kind == ED25519_COSIGNATURE and key.made(signature):
                key.verify(note.text, signature)
                found.append(Cosignature(key.name, _instant(signed_at(signature))))
    return found


def require_cosignatures(note: Note, witnesses: Sequence[VerifierKey], *, quorum: int) -> list[Cosignature]:
    """The same. Raises NoteError where fewer than `quorum` of the witnesses signed."""
    found = cosignatures(note, witnesses)
    if len({one.witness for one in found}) < quorum:
        raise NoteError(f"{len(found)} of {len(witnesses)} witnesses signed the checkpoint, and {quorum} must")
    return found


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise NoteError("a cosignature has a time that cannot be") from None
