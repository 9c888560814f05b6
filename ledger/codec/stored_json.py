"""Between an event and its stored bytes.

The bytes are the event's body as plain JSON, so that SQL can read it: what was sent, decimals as text, absent fields
absent. The type's name is the topic; a class of a later version writes `"_version"` beside the fields, and older
bytes are upcast when read. Types are looked up in the registry only, never imported by a name from the store.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Mapper, StoredEvent

from ledger.errors import LedgerDamaged
from ledger.events.base import REGISTRY, Event
from ledger.values.calendars import instant_text
from ledger.values.identifiers import EPOCH as EPOCH
from ledger.values.identifiers import microseconds as microseconds

VERSION_FIELD = "_version"
NEXT_VERSION = 0


@dataclass(frozen=True)
class Entry:
    """An event in its place: its stream (originator), its version there, its position, and who recorded it when."""

    originator_id: UUID
    originator_version: int
    position: int
    event_id: UUID
    type: str
    body: dict[str, Any]
    recorded_at: datetime
    recorded_by: str
    digest: bytes

    def envelope(self) -> dict[str, Any]:
        """The fields that the ledger sets, by name."""
        return {
            "type": self.type,
            "event_id": str(self.event_id),
            "position": self.position,
            "recorded_at": instant_text(self.recorded_at),
            "recorded_by": self.recorded_by,
        }


class Placed(NamedTuple):
    """An event in its place, in the form of its row. `recorded_at` is in microseconds since 1970, UTC.

    The store itself numbers it within its stream, so as long as it is not stored its version is NEXT_VERSION.
    """

    position: int
    event_id: bytes
    originator_id: bytes
    topic: str
    recorded_at: int
    recorded_by: str
    digest: bytes
    state: bytes
    originator_version: int = NEXT_VERSION


class Told(NamedTuple):
    """An event in the history of a figure, in the form of its row."""

    originator_id: bytes
    position: int
    event_id: bytes
    topic: str
    recorded_at: int
    state: bytes

    def body(self) -> dict[str, Any]:
        """What it said at first."""
        return body_of(REGISTRY[self.topic], self.state, position=self.position)


@dataclass(frozen=True)
class StoredEntry(StoredEvent):
    """A stored event with what this ledger keeps beside it. `recorded_at` is in microseconds since 1970, UTC."""

    position: int
    event_id: bytes
    recorded_at: int
    recorded_by: str
    digest: bytes


class PlainJSONMapper(Mapper[UUID]):
    """Entries to rows of plain JSON, and back."""

    def __init__(self) -> None:
        """Needs no transcoder: the event classes know how to be JSON."""

    def to_stored_event(self, domain_event: Any) -> StoredEntry:
        """The row for an entry."""
        entry: Entry = domain_event
        version = REGISTRY[entry.type].version
        body = entry.body if version == 1 else {VERSION_FIELD: version, **entry.body}
        return StoredEntry(
            originator_id=entry.originator_id,
            originator_version=entry.originator_version,
            topic=entry.type,
            state=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            position=entry.position,
            event_id=entry.event_id.bytes,
            recorded_at=microseconds(entry.recorded_at),
            recorded_by=entry.recorded_by,
            digest=entry.digest,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The entry in a row. Raises LedgerDamaged where the bytes are not what this ledger writes."""
        assert isinstance(stored_event, StoredEntry)
        cls = _class_of(stored_event.topic)
        return Entry(
            originator_id=UUID(str(stored_event.originator_id)),
            originator_version=stored_event.originator_version,
            position=stored_event.position,
            event_id=UUID(bytes=stored_event.event_id),
            type=stored_event.topic,
            body=body_of(cls, stored_event.state, position=stored_event.position),
            recorded_at=EPOCH + timedelta(microseconds=stored_event.recorded_at),
            recorded_by=stored_event.recorded_by,
            digest=stored_event.digest,
        )


def placed(entry: StoredEntry) -> Placed:
    """The row of a stored event."""
    stream = entry.originator_id
    return Placed(
        entry.position,
        entry.event_id,
        stream.bytes if isinstance(stream, UUID) else UUID(stream).bytes,
        entry.topic,
        entry.recorded_at,
        entry.recorded_by,
        entry.digest,
        entry.state,
        entry.originator_version,
    )


def stored(event: Event) -> bytes:
    """The bytes that an event is kept as: its body as JSON on one line, the version first where it is not the first."""
    cls = type(event)
    state = cls.__pydantic_serializer__.to_json(event, exclude_unset=True, exclude_none=True)
    return state if cls.version == 1 else b'{"%s":%d,%s' % (VERSION_FIELD.encode(), cls.version, state[1:])


def body_of(cls: type[Event], state: bytes, *, position: int) -> dict[str, Any]:
    """The body in stored bytes, upcast to the class's version."""
    try:
        body = json.loads(state)
        version = body.pop(VERSION_FIELD, 1)
    except (ValueError, AttributeError):
        raise LedgerDamaged(f"the event at position {position} is no JSON object") from None
    while version < cls.version:
        body = cls.upcast(body, version=version)
        version += 1
    return dict(body)


def _class_of(topic: str) -> type[Event]:
    try:
        return REGISTRY[topic]
    except KeyError:
        raise LedgerDamaged(f"unknown event type {topic!r}: was it written by a newer version?") from None
