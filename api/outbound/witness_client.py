"""Asking witnesses: a checkpoint goes to each, with the proof that it is the last one grown, and its signature is kept.

A witness remembers itself how large the log was when it last signed. What is remembered here saves one question; where
the two differ, the witness says its size, and is asked once more from there.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from api.outbound.http_exchange import NoAnswer, Reply, post
from ledger.proof import (
    ADD_CHECKPOINT,
    AHEAD_MAX_S,
    SIZE_MEDIA_TYPE,
    Attestations,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    Submission,
    Witness,
    parsed_cosignatures,
    signed_at,
)

ATTEMPTS = 3
"""Another process may submit at the same time, so that the witness's size changes between two attempts."""
REPLY_BYTES_MAX = 64 * 1024
KIND = "text/plain; charset=utf-8"

Consistency = Callable[[int, int], Sequence[bytes]]
"""The hashes that show that the first entries, so many, are still the same in the log of a later size."""


class Outcome(NamedTuple):
    """What became of a submission: when the witness signed, or why it did not."""

    witness: Witness
    at: datetime | None
    problem: str | None


def submit_to_all(note: Note, consistency: Consistency, attestations: Attestations, *, now: datetime) -> list[Outcome]:
    """Submit a checkpoint to every witness; one that does not sign keeps no other from it."""
    outcomes = []
    for witness in attestations.witnesses():
        try:
            submit(note, witness, consistency, attestations, now=now)
            at = attestations.cosigned_at(witness.key, Checkpoint.parse(note.text).origin)
            outcomes.append(Outcome(witness, at, None))
        except (NoAnswer, NoteError) as error:
            outcomes.append(Outcome(witness, None, str(error)))
    return outcomes


def submit(
    note: Note, witness: Witness, consistency: Consistency, attestations: Attestations, *, now: datetime
) -> Note:
    """The checkpoint with the signature of a witness, which is kept. Raises NoAnswer, NoteError."""
    checkpoint = Checkpoint.parse(note.text)
    old = min(attestations.cosigned_size(witness.key, checkpoint.origin), checkpoint.size)
    for _ in range(ATTEMPTS):
        hashes = tuple(consistency(old, checkpoint.size)) if 0 < old < checkpoint.size else ()
        body = Submission(old, hashes, note.encoded()).encoded()
        reply = post(witness.url + ADD_CHECKPOINT, body, kind=KIND, reply_bytes_max=REPLY_BYTES_MAX)
        if reply.status == HTTPStatus.OK:
            signatures = parsed_cosignatures(reply.body, note, witness.key)
            _check_times(signatures, now)
            return attestations.keep_cosignatures(note, witness.key, signatures)
        said = _size_of(reply)
        if said is None:
            raise NoAnswer(_refusal(witness, reply))
        if said == old:
            raise NoteError(
                f"the witness {witness.key.name} has signed another checkpoint of this log with as many entries "
                f"({old}): the log was rewritten, or there are two copies that went each its own way"
            )
        if said > checkpoint.size:
            raise NoteError(
                f"the witness {witness.key.name} has seen {said} entries of this log, and here are {checkpoint.size}: "
                "the log was taken back to an earlier state, or is a copy"
            )
        old = said
    raise NoAnswer(f"the witness {witness.key.name} signs other checkpoints of this log meanwhile: ask again.")


def _size_of(reply: Reply) -> int | None:
    """The size in an answer that says how large the log was when the witness last signed."""
    text = reply.body[:32].decode("ascii", "replace").removesuffix("\n")
    if reply.status != HTTPStatus.CONFLICT or reply.kind != SIZE_MEDIA_TYPE or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def _refusal(witness: Witness, reply: Reply) -> str:
    known = {
        HTTPStatus.FORBIDDEN: "it trusts another key of this log: give its owner the line of `checkpoint key`",
        HTTPStatus.NOT_FOUND: "it does not know this log: give its owner the line of `checkpoint key`",
        HTTPStatus.UNPROCESSABLE_ENTITY: "what it signed of this log before is not the beginning of this one: "
        "the log was rewritten",
    }
    said = known.get(HTTPStatus(reply.status)) if reply.status in known else None
    return f"the witness {witness.key.name} did not sign: {said or f'it answers {reply.status}'}"


def _check_times(signatures: Sequence[Signature], now: datetime) -> None:
    latest = (now + timedelta(seconds=AHEAD_MAX_S)).timestamp()
    if any(signed_at(one) > latest for one in signatures):
        raise NoteError("the witness signed at a time that has not come: its clock or the one here is wrong")
