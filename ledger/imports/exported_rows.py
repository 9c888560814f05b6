"""Exported rows: events as a ledger gave them, with what it set itself, on their way into this one or another.

A row of an export has the event's `position`, `recorded_at` and `recorded_by` beside what was sent. Taken in as it is,
the event keeps its id, and where it comes from another ledger also its `origin`: which one, and when that held it. An
event that does not say when it was published counted as published when that ledger recorded it, and goes on to do so.

Taken in as recorded, into an empty ledger, it keeps its position and all that the ledger set.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.errors import CalendarError, InvalidEvent, Violation
from ledger.events.base import REGISTRY, Transition
from ledger.events.figures import Figure
from ledger.events.withdrawals import ReportWithdrawn
from ledger.proof.leaves import Leaf
from ledger.proof.merkle import HASH_BYTES
from ledger.values.calendars import instant_text, parse_moment
from ledger.values.identifiers import instant_of, microseconds

_ENVELOPE = ("position", "recorded_at", "recorded_by", "digest", "salt", "ledger")
_OF_ERASED = ("type", "event_id", "stream", "content")
"""What the row of an event has whose text was erased, in the place of what it said."""
SET_BY_LEDGER = (*_ENVELOPE, "figure_id", "counts_as_published")
"""What an exported row has beside the event as it was sent."""
_VIA = "supply ledger"


class Recorded(NamedTuple):
    """What the ledger that a row was exported from had set."""

    ledger: str | None
    """The identity of that ledger, where the row says it."""
    position: int
    recorded_us: int
    recorded_by: str
    digest: str | None
    """SHA-256 of what was sent, in hex, where the row says it."""
    salt: str | None = None
    """The salt of its leaf in the Merkle tree, in hex, where the row says it."""
    stream: str | None = None
    """The stream of an event whose text was erased, a UUID."""
    content: str | None = None
    """The hash that stands for that text in its leaf, in hex."""


def exported(entry: Entry, leaf: Leaf, *, ledger: str, erased: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row that an event is exported as, recorded by the ledger with this identity; with the salt of its leaf.

    `erased` says who erased it, where somebody did.
    """
    if leaf.salt is None:
        proof = {"stream": str(entry.stream), "content": leaf.content.hex()}
        return {**entry.envelope(), **proof, "ledger": ledger, "erased": erased}
    proof = {"digest": entry.digest.hex(), "salt": leaf.salt.hex()}
    return {**entry.envelope(), **proof, "ledger": ledger, **body_of_entry(entry)}


def body_of_entry(entry: Entry) -> dict[str, Any]:
    """What an event says, and since when it counts as published where it does not say so itself."""
    body = entry.body
    if entry.is_erased:
        return body
    if "published_at" not in body and is_dated(entry.type):
        return {"counts_as_published": instant_text(entry.recorded_at), **body}
    return body


def is_dated(type_name: Any) -> bool:
    """Whether events of this type say what somebody published: of figures and of what holds over time."""
    cls = REGISTRY.get(type_name) if isinstance(type_name, str) else None
    return cls is not None and issubclass(cls, Figure | Transition | ReportWithdrawn)


def taken_apart(sent: Mapping[str, Any]) -> tuple[dict[str, Any], Recorded | None]:
    """A row without what a ledger had set, and that; None for a row that was never exported.

    Raises InvalidEvent where what the ledger had set cannot be.
    """
    if "position" not in sent or "recorded_at" not in sent:
        return dict(sent), None
    position, _, recorded_by, digest, salt, ledger = map(sent.get, _ENVELOPE)
    if type(position) is not int or not 0 < position < 2**53:
        raise InvalidEvent([Violation(("position",), "exported", "a position is a whole number from 1 on")])
    try:
        recorded_us = microseconds(parse_moment(str(sent["recorded_at"])).end)
    except CalendarError as error:
        raise InvalidEvent([Violation(("recorded_at",), "exported", str(error))]) from None
    texts = {"recorded_by": recorded_by or "local", "digest": digest, "salt": salt, "ledger": ledger}
    for name, text in texts.items():
        if text is not None and not (isinstance(text, str) and len(text) <= 200):
            raise InvalidEvent([Violation((name,), "exported", f"{name} is a text of at most 200 characters")])
    said = {name: value for name, value in sent.items() if name not in SET_BY_LEDGER}
    return said, Recorded(ledger, position, recorded_us, str(texts["recorded_by"]), digest, salt)


def erased_row(sent: Mapping[str, Any]) -> tuple[str, bytes, Recorded] | None:
    """The type, the id in bytes and what the ledger had set of an event whose text was erased; None for another row.

    Raises InvalidEvent.
    """
    if "erased" not in sent or "position" not in sent:
        return None
    _, recorded = taken_apart(sent)
    type_name, event_id, stream, content = (str(sent.get(name)) for name in _OF_ERASED)
    try:
        cls, key, stream_key = REGISTRY[type_name], UUID(event_id).bytes, UUID(stream).bytes
        whole = recorded is not None and len(bytes.fromhex(content)) == HASH_BYTES and bool(stream_key and cls)
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    if recorded is None or not whole:
        raise InvalidEvent([Violation(("erased",), "exported", "the row of an erased event lacks what stands for it")])
    return type_name, key, recorded._replace(stream=stream, content=content)


def joined(said: dict[str, Any], recorded: Recorded, *, ledger: str, counts_as_published: Any) -> dict[str, Any]:
    """What is recorded of an exported row in the ledger with this identity: from another one, with its origin."""
    if said.get("published_at") is None and is_dated(said.get("type")):
        said["published_at"] = counts_as_published or _instant(recorded)
    if recorded.ledger == ledger or "origin" in said:
        return said
    origin = {"position": recorded.position, "recorded_at": _instant(recorded), "recorded_by": recorded.recorded_by}
    said["origin"] = origin if recorded.ledger is None else {"ledger": recorded.ledger, **origin}
    source = said.get("source")
    if recorded.ledger is not None and isinstance(source, dict) and source.get("via") is None:
        said["source"] = {**source, "via": f"{_VIA} {recorded.ledger}"}
    return said


def as_first_said(body: dict[str, Any]) -> dict[str, Any]:
    """What an event said before it came through another ledger: without its origin, and that ledger as `via`."""
    if "origin" not in body:
        return body
    said = {name: value for name, value in body.items() if name != "origin"}
    source = said.get("source")
    if isinstance(source, dict) and str(source.get("via")).startswith(f"{_VIA} "):
        said["source"] = {name: value for name, value in source.items() if name != "via"}
    return said


def _instant(recorded: Recorded) -> str:
    return instant_text(instant_of(recorded.recorded_us))
