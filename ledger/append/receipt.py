"""What an append answers: an item per event, and the head of the log after it; or what it would do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from ledger.append.batch import Draft
from ledger.codec.stored_json import Entry, Placed
from ledger.errors import EventIdReused, InvalidEvent, Refused, RuleBroken, VersionConflict, Violation
from ledger.events.base import REGISTRY
from ledger.events.figures import Figure
from ledger.values.calendars import instant_text
from ledger.values.identifiers import EPOCH, id_text

VIOLATIONS_MAX = 100


class ReceiptItem(NamedTuple):
    """What became of one event: where it is in the log, for the first time (`recorded`) or already (`duplicate`)."""

    event: Placed
    status: str
    warnings: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The item as the API answers it."""
        event = self.event
        item: dict[str, Any] = {
            "event_id": id_text(event.event_id),
            "position": event.position,
            "recorded_at": instant_text(EPOCH + timedelta(microseconds=event.recorded_at)),
            "type": event.topic,
        }
        if issubclass(REGISTRY[event.topic], Figure):
            item["figure_id"] = id_text(event.originator_id)
        item["status"] = self.status
        item["warnings"] = list(self.warnings)
        return item


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


def items_of(draft: Draft, placed: Sequence[Placed | None], *, after: int) -> Iterator[ReceiptItem]:
    """The items of those events of a batch that have a place; the head of the log before it was `after`."""
    last = after
    for event in placed:
        if event is not None:
            if event.position > last:
                yield ReceiptItem(event, "recorded", draft.warnings.get(event.position, ()))
                last = event.position
            else:
                yield ReceiptItem(event, "duplicate")


def receipt_of(draft: Draft, placed: Sequence[Placed | None], *, after: int) -> Receipt:
    """The receipt for those events of a batch that have a place."""
    items = tuple(item.as_dict() for item in items_of(draft, placed, after=after))
    at = draft.state.recorded_at
    return Receipt(items, draft.state.head, instant_text(at) if at is not None else None)


def refusal(found: Sequence[Violation]) -> Refused:
    """One error for a batch: a rule broken outranks a conflict, and a fault of form outranks both."""
    for kind in (InvalidEvent, RuleBroken, EventIdReused, VersionConflict):
        if any(violation.kind is kind for violation in found):
            return kind(list(found[:VIOLATIONS_MAX]))
    return Refused(list(found[:VIOLATIONS_MAX]))
