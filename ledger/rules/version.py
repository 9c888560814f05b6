"""A version: an event as it reads from some position of the log on, with what was corrected by then.

For example, a figure recorded as 113,000 at position 5 and corrected to 13,000 at position 9 has two versions.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.events.base import Event
from ledger.values.calendars import Interval, parse_moment


class Version(NamedTuple):
    """An event and what it says. For a new event that is what was sent."""

    position: int
    event_id: UUID
    cls: type[Event]
    body: dict[str, Any]
    recorded_at: datetime

    @property
    def published(self) -> Interval:
        """When it was published; when it was recorded, where it does not say."""
        return published(self.body, self)

    @property
    def starts(self) -> datetime:
        """When it takes effect."""
        text = self.body.get("effective_from")
        return parse_moment(text).start if text else self.published.start

    def says(self, body: dict[str, Any]) -> "Version":
        """The same event with another body."""
        return Version(self.position, self.event_id, self.cls, body, self.recorded_at)

    @property
    def thing(self) -> str:
        """The field whose slug names what the event is about. Raises TypeError for a type that names nothing."""
        if self.cls.thing is None:
            raise TypeError(f"{self.cls.__name__} is about no thing that a slug names")
        return self.cls.thing

    @property
    def publisher(self) -> str:
        """The slug of the organisation that says so. For figures, which always have one."""
        return str(self.body["source"]["publisher"])


def published(body: dict[str, Any], event: Version | Entry) -> Interval:
    """When an event counts as published that says this: when it was recorded, where it does not say."""
    text = body.get("published_at")
    return parse_moment(text) if text else Interval(event.recorded_at, event.recorded_at)
