"""What an append answers: an item per event, and the head of the log after it; or what it would do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.append.batch import Batch
from ledger.codec.entry import Entry
from ledger.errors import (
    VIOLATIONS_MAX,
    EventIdReused,
    InvalidEvent,
    Refused,
    RuleBroken,
    VersionConflict,
    Violation,
    first_of,
)
from ledger.events.base import REGISTRY
from ledger.events.figures import Figure
from ledger.values.calendars import instant_text
from ledger.values.identifiers import id_text, instant_of


class ReceiptItem(NamedTuple):
    """What became of one event: where it is in the log, for the first time (`recorded`) or already (`duplicate`)."""

    entry: Entry
    status: str
    warnings: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The item as the API answers it."""
        entry = self.entry
        item: dict[str, Any] = {
            "event_id": id_text(entry.event_key),
            "position": entry.position,
            "recorded_at": _text_of_instant(entry.recorded_us),
            "type": entry.type,
        }
        if issubclass(REGISTRY[entry.type], Figure):
            item["figure_id"] = id_text(entry.stream_key)
        item["status"] = self.status
        item["warnings"] = list(self.warnings)
        return item

    def as_planned(self) -> dict[str, Any]:
        """The item as a dry run answers it: what would be recorded (`would_record`) has no position yet."""
        item = self.as_dict()
        if self.status == "recorded":
            item["status"] = "would_record"
            del item["position"]
        return item


@lru_cache(maxsize=64)
def _text_of_instant(recorded_us: int) -> str:
    """Of all events of an append the same."""
    return instant_text(instant_of(recorded_us))


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
        return "recorded" not in [item["status"] for item in self.items]

    def answer_text(self) -> str:
        """The receipt as it is kept with its idempotency key."""
        return json.dumps({"items": self.items, "position": self.position, "recorded_at": self.recorded_at})

    @classmethod
    def replay(cls, answer: str) -> "Receipt":
        """The receipt that was kept as a text."""
        kept = json.loads(answer)
        return cls(tuple(kept["items"]), kept["position"], kept["recorded_at"], replayed=True)


@dataclass(frozen=True)
class Plan:
    """What an append would do: the entries it would add, and an item per event."""

    entries: tuple[Entry, ...]
    items: tuple[ReceiptItem, ...]


def items_of(batch: Batch, entries: Sequence[Entry | None], *, after: int) -> list[ReceiptItem]:
    """The items of those events of an append that have a place; the head of the log before it was `after`."""
    items: list[ReceiptItem] = []
    last = after
    for entry in entries:
        if entry is not None and entry.position > last:
            items.append(ReceiptItem(entry, "recorded", batch.warnings.get(entry.position, ())))
            last = entry.position
        elif entry is not None:
            items.append(ReceiptItem(entry, "duplicate"))
    return items


def receipt_of(batch: Batch, entries: Sequence[Entry | None], *, after: int) -> Receipt:
    """The receipt for those events of an append that have a place."""
    items = [item.as_dict() for item in items_of(batch, entries, after=after)]
    at = batch.state.recorded_at
    return Receipt(tuple(items), batch.state.head, instant_text(at) if at is not None else None)


def refusal(violations: Sequence[Violation]) -> Refused:
    """One error for an append: a rule broken outranks a conflict, and a fault of form outranks both."""
    for kind in (InvalidEvent, RuleBroken, EventIdReused, VersionConflict):
        if any(violation.kind is kind for violation in violations):
            return kind(first_of(violations, VIOLATIONS_MAX))
    return Refused(first_of(violations, VIOLATIONS_MAX))
