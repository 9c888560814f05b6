"""Leaves: what the Merkle tree holds of each event, a short record that stays when the event's text is erased.

A leaf is a JSON object in its canonical form (RFC 8785: names in order, no spaces), with the ids in hex:

    {"content":"5f…","event_id":"0b…","position":7,"recorded_at":1764201600000000,"recorded_by":"local",
     "stream":"9c…","type":"ProductionReported","version":2}

(one line). `recorded_at` is in microseconds since 1970, UTC; `version` is the event's place in its stream. `content` is
the SHA-256 of a salt, the SHA-256 of what was sent, and the stored body, one right after the other: with salt and body
anyone can see that the leaf is of that body, and without the salt nobody can guess the body from the leaf. Erasing an
event takes away salt, digest and body, and the tree stays as it is.

This form can never change: every root that was ever given out depends on it.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from ledger.codec.entry import Entry

SALT_BYTES = 16


class Leaf(NamedTuple):
    """What the tree keeps of an event beside its entry."""

    position: int
    salt: bytes | None
    """None where the text of the event was erased."""
    content: bytes
    """The hash that stands for its text."""
    hash: bytes
    """The hash of the leaf itself."""


def new_salt() -> bytes:
    """A salt of 128 random bits."""
    return os.urandom(SALT_BYTES)


def new_salts(count: int) -> list[bytes]:
    """So many salts, each of 128 random bits."""
    together = os.urandom(count * SALT_BYTES)
    return [together[start : start + SALT_BYTES] for start in range(0, count * SALT_BYTES, SALT_BYTES)]


def content_hash(salt: bytes, digest: bytes, state: bytes) -> bytes:
    """The hash that stands for the text of an event in its leaf."""
    return sha256(salt + digest + state).digest()


def leaf(entry: Entry, content: bytes) -> bytes:
    """The leaf of an entry that is numbered in its stream."""
    return _leaves([entry], [entry.stream_version], [content])[0].encode()


def leaf_hashes(
    entries: Iterable[tuple[Any, ...]], versions: Iterable[int | str], contents: Iterable[bytes]
) -> list[bytes]:
    """The hashes of many leaves. The entries may be plain tuples; their versions are given apart."""
    # What `leaf_hash` makes, without a call for each of as many as a log has.
    return [sha256(f"\0{text}".encode()).digest() for text in _leaves(entries, versions, contents)]


def _leaves(entries: Iterable[tuple[Any, ...]], versions: Iterable[int | str], contents: Iterable[bytes]) -> list[str]:
    return [
        f'{{"content":"{content.hex()}","event_id":"{event_key.hex()}","position":{position},'
        f'"recorded_at":{recorded_us},"recorded_by":{_quoted(recorded_by)},"stream":"{stream_key.hex()}",'
        f'"type":"{type_name}","version":{version}}}'
        for (position, event_key, stream_key, type_name, recorded_us, recorded_by, _, _, _), version, content in zip(
            entries, versions, contents, strict=True
        )
    ]


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
