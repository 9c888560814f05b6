"""The record as rules ask it that need the log itself: what an earlier event is, and what it says now.

For example, whether the event that another one restates is of the same type.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.rules.effective_content import Content
from ledger.rules.state import State


class Record(Protocol):
    """What rules ask about events, recorded or on their way into the log."""

    @property
    def state(self) -> State:
        """The state that the rules are asked in."""

    def find(self, event_id: UUID) -> Entry | None:
        """The event with this id."""

    def at_position(self, position: int) -> Entry | None:
        """The event at this position."""

    def content_of(self, entry: Entry) -> Content:
        """What an event says after the ledger events on it so far."""

    def mentioning(self, text: str, types: Sequence[str], *, after: int = 0) -> Iterator[Entry]:
        """Events of these types behind a position whose body holds the text, in order; then those with a formula, which
        may name it. A scan of the log.
        """
