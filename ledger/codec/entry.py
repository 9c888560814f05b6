"""An entry: an event in its place in the log, in the form of its row.

It is a plain tuple of what the store keeps, so a million of them cost little to make and to write. What a reader wants
of it (ids as UUIDs, the instant, the body) is made when it is asked for.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ledger.codec.stored_json import body_of, class_of
from ledger.events.base import EventClass
from ledger.values.calendars import instant_text
from ledger.values.identifiers import EPOCH

NEXT_VERSION = 0
"""The `stream_version` of an entry that is not stored yet: the store numbers it within its stream."""


class Entry(NamedTuple):
    """An event that is recorded, or about to be: who took it down when, at which position, in which stream."""

    position: int
    event_key: bytes
    """The 16 bytes of its event_id."""
    stream_key: bytes
    """The 16 bytes of the UUID of its stream: for a statement on a figure, the figure's."""
    type: str
    recorded_us: int
    """Microseconds since 1970, UTC."""
    recorded_by: str
    digest: bytes
    """SHA-256 of what was sent: the same event_id sent again is known by it."""
    state: bytes
    """Its body as stored JSON."""
    stream_version: int = NEXT_VERSION
    """1 for the first event of its stream, 2 for the next."""

    @property
    def is_erased(self) -> bool:
        """Whether its text was taken away: what it said, and the digest of that. See `ledger.erased_events`."""
        return not self.digest and not self.state

    @property
    def event_id(self) -> UUID:
        """The id of the event."""
        return UUID(bytes=self.event_key)

    @property
    def stream(self) -> UUID:
        """The id of its stream."""
        return UUID(bytes=self.stream_key)

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded."""
        return EPOCH + timedelta(microseconds=self.recorded_us)

    @property
    def cls(self) -> EventClass:
        """The class of its type. Raises LedgerDamaged where the type is unknown."""
        return class_of(self.type, position=self.position)

    @property
    def body(self) -> dict[str, Any]:
        """What it said when it was recorded, read from its bytes anew each time; nothing of what was erased.

        Raises LedgerDamaged.
        """
        if self.is_erased:
            return {}
        return body_of(self.type, self.state, position=self.position)

    def envelope(self) -> dict[str, Any]:
        """The fields that the ledger sets, by name."""
        return {
            "type": self.type,
            "event_id": str(self.event_id),
            "position": self.position,
            "recorded_at": instant_text(self.recorded_at),
            "recorded_by": self.recorded_by,
        }
