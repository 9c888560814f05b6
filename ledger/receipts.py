"""What an append answers: an item per event, and the head of the log after it; or what it would do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ledger.calendars import instant_text
from ledger.drafting import Draft
from ledger.errors import EventIdReused, InvalidEvent, Refused, RuleBroken, VersionConflict, Violation
from ledger.events.base import REGISTRY
from ledger.events.figures import Figure
from ledger.identifiers import EPOCH
from ledger.mapper import Entry, Placed

VIOLATIONS_MAX = 100


@dataclass(frozen=True)
class ReceiptItem:
    """What became of one event: where it is in the log, for the first time (`recorded`) or already (`duplicate`)."""

    event_id: UUID
    position: int
    recorded_at: datetime
    type: str
    figure_id: UUID | None
    status: str
    warnings: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The item as the API answers it."""
        item: dict[str, Any] = {
            "event_id": str(self.event_id),
            "position": self.position,
            "recorded_at": instant_text(self.recorded_at),
            "type": self.type,
        }
        if self.figure_id is not None:
            item["figure_id"] = str(self.figure_id)
        return {**item, "status": self.status, "warnings": list(self.warnings)}


@dataclass(frozen=True)
class Receipt:
    """The answer to an append: an item per event, and the head of the log after it."""

    items: tuple[dict[str, Any], ...]
    position: int
    recorded_at: str | None
    replayed: bool = False

    @property
    def all_duplicates(self) -> bool:
        """Whether nothing new was recorded."""
        return all(item["status"] == "duplicate" for item in self.items)

    def answer_text(self) -> str:
        """The receipt as it is kept with its idempotency key."""
        return json.dumps({"items": self.items, "position": self.position, "recorded_at": self.recorded_at})


@dataclass(frozen=True)
class Plan:
    """What an append would do: the entries it would add, and an item per event."""

    entries: tuple[Entry, ...]
    items: tuple[ReceiptItem, ...]


def items_of(draft: Draft, placed: Sequence[Placed | None]) -> Iterator[ReceiptItem]:
    """The items of those events of a batch that have a place."""
    last = draft.after
    for one in placed:
        if one is not None:
            yield ReceiptItem(
                event_id=UUID(bytes=one.event_id),
                position=one.position,
                recorded_at=EPOCH + timedelta(microseconds=one.recorded_at),
                type=one.topic,
                figure_id=UUID(bytes=one.originator_id) if issubclass(REGISTRY[one.topic], Figure) else None,
                status="recorded" if one.position > last else "duplicate",
                warnings=draft.warnings.get(one.position, ()),
            )
            last = max(last, one.position)


def receipt_of(draft: Draft, placed: Sequence[Placed | None]) -> Receipt:
    """The receipt for those events of a batch that have a place."""
    items = tuple(item.as_dict() for item in items_of(draft, placed))
    at = draft.state.recorded_at
    return Receipt(items, draft.state.head, instant_text(at) if at is not None else None)


def refusal(found: Sequence[Violation]) -> Refused:
    """One error for a batch: a rule broken outranks a conflict, and a fault of form outranks both."""
    for kind in (InvalidEvent, RuleBroken, EventIdReused, VersionConflict):
        if any(violation.kind is kind for violation in found):
            return kind(list(found[:VIOLATIONS_MAX]))
    return Refused(list(found[:VIOLATIONS_MAX]))
