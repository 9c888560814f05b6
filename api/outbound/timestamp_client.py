"""Asking a time-stamp authority for the time at which a checkpoint was there (RFC 3161 over HTTP)."""

from api.outbound.http_exchange import NoAnswer, post
from ledger.proof import (
    REQUEST_MEDIA_TYPE,
    RESPONSE_BYTES_MAX,
    RESPONSE_MEDIA_TYPE,
    Checkpoint,
    Note,
    Timestamp,
    timestamp_of,
    timestamp_request,
    verify_timestamp,
)


def stamped(note: bytes, authority: str, *, certificates: bytes | None) -> Timestamp:
    """The time stamp of a checkpoint, verified where certificates are given. Raises NoAnswer, ProofError."""
    request = timestamp_request(note)
    reply = post(authority, request.body, kind=REQUEST_MEDIA_TYPE, reply_bytes_max=RESPONSE_BYTES_MAX)
    if (reply.status, reply.kind) != (200, RESPONSE_MEDIA_TYPE):
        raise NoAnswer(f"{authority} answers {reply.status} {reply.kind}, which is no time stamp.")
    at = timestamp_of(reply.body, note, nonce=request.nonce)
    if certificates is not None:
        at = verify_timestamp(reply.body, note, certificates=certificates)
    return Timestamp(note, Checkpoint.parse(Note.parse(note).text).size, authority, at, reply.body)
