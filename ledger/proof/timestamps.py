"""Time stamps: an authority signs that a checkpoint was there at a time (RFC 3161).

The authority gets a hash only, and answers with a token: hash, time and its signature, with the certificates that lead
to a root which others trust too. Anyone can check it later without a network, also when the certificates have expired
since: they need have been valid at the time that is said. `openssl ts -verify -data CHECKPOINT -in TOKEN -CAfile ROOTS`
does the same.
"""

import re
import warnings
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from ledger.proof.merkle import ProofError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

REQUEST_MEDIA_TYPE = "application/timestamp-query"
RESPONSE_MEDIA_TYPE = "application/timestamp-reply"
RESPONSE_BYTES_MAX = 256 * 1024
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SEQUENCE, _CONTEXT_0, _OBJECT_ID = 0x30, 0xA0, 0x06


class TimestampError(ProofError):
    """A time stamp is malformed, was not granted, or is not what it should be."""


class TimestampRequest(NamedTuple):
    """What is sent to an authority, and the number that its answer has to repeat."""

    body: bytes
    nonce: int


def timestamp_request(message: bytes) -> TimestampRequest:
    """The request for a time stamp of a message, of which it holds the SHA-256 alone."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    made = TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True).build()
    return TimestampRequest(made.as_bytes(), made.nonce or 0)


def timestamp_of(response: bytes, message: bytes, *, nonce: int | None = None) -> datetime:
    """When an authority says that it saw a message. That it is the authority is not verified. Raises TimestampError."""
    parsed = _parsed(response)
    info = parsed.tst_info
    if nonce is not None and info.nonce != nonce:
        raise TimestampError("the time stamp answers another request")
    if info.message_imprint.hash_algorithm.dotted_string == _SHA256 and (
        info.message_imprint.message != sha256(message).digest()
    ):
        raise TimestampError("the time stamp is of something else")
    return info.gen_time


def verify_timestamp(response: bytes, message: bytes, *, certificates: bytes) -> datetime:
    """When an authority saw a message, by one of these roots, given in PEM, also with the certificates between.

    Nothing else is asked: no network, no clock. Raises TimestampError.
    """
    from rfc3161_client import VerifierBuilder

    known = _certificates(certificates)
    roots = [one for one in known if one.issuer == one.subject]
    if not roots:
        raise TimestampError("a time stamp is verified by a root certificate, and none was given")
    verifier = VerifierBuilder(roots=roots, intermediates=[one for one in known if one not in roots]).build()
    parsed = _parsed(response)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what a certificate must not have is no reason to warn, but to refuse
            verifier.verify_message(parsed, message)
    except Exception as error:  # whatever the parsers raise on what anyone may have written
        raise TimestampError(f"the time stamp is not verified: {_reason(str(error))}") from None
    return parsed.tst_info.gen_time


def _reason(text: str) -> str:
    """What OpenSSL says, without where in its source it said so."""
    found = re.search(r'data: "(?:Verify error: )?([^"]+)"', text) or re.search(r'reason: "([^"]+)"', text)
    return found[1] if found else text


def _certificates(text: bytes) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(text)
    except ValueError:
        raise TimestampError("the file of certificates holds none in PEM") from None


def _parsed(response: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response

    if len(response) > RESPONSE_BYTES_MAX:
        raise TimestampError("a time stamp is too large")
    try:
        parsed = decode_timestamp_response(with_sorted_certificates(response))
        if parsed.status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            raise TimestampError(f"the authority granted no time stamp: {', '.join(parsed.status_string)}")
        _ = parsed.tst_info
    except TimestampError:
        raise
    except ValueError as error:
        raise TimestampError(f"this is no time stamp: {error}") from None
    return parsed


# Authorities send several certificates in the order of their chain. A parser of strict DER takes a set only where its
# members stand in the order of their bytes. No signature covers the set, and no length changes, so they are sorted.


class _Element(NamedTuple):
    """A part of a DER text: what it is, where it begins, where its content begins, and where it ends."""

    tag: int
    start: int
    content: int
    end: int


def with_sorted_certificates(response: bytes) -> bytes:
    """A response with its certificates in the order that DER asks of a set; what is no response stays as it is."""
    try:
        (whole,) = _elements(response, 0, len(response))
        _, token, *_ = _elements(response, whole.content, whole.end)
        kind, signed, *_ = _elements(response, token.content, token.end)
        (data,) = _elements(response, signed.content, signed.end)
        parts = _elements(response, data.content, data.end)
    except (IndexError, ValueError):
        return response
    if (kind.tag, signed.tag, data.tag) != (_OBJECT_ID, _CONTEXT_0, _SEQUENCE):
        return response
    for part in parts:
        if part.tag == _CONTEXT_0:
            try:
                members = _elements(response, part.content, part.end)
            except (IndexError, ValueError):
                return response
            ordered = sorted(response[one.start : one.end] for one in members)
            return response[: part.content] + b"".join(ordered) + response[part.end :]
    return response


def _elements(text: bytes, start: int, end: int) -> Sequence[_Element]:
    """The parts of a DER text that stand one after the other between two places."""
    found = []
    while start < end:
        length, content = text[start + 1], start + 2
        if length & 0x80:
            digits = length & 0x7F
            if not 1 <= digits <= 4:
                raise ValueError("a length that cannot be")
            length, content = int.from_bytes(text[content : content + digits], "big"), content + digits
        if content + length > end:
            raise ValueError("a part ends after the whole")
        found.append(_Element(text[start], start, content, content + length))
        start = content + length
    return found
