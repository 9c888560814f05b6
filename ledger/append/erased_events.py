"""Erased events: who took the text of an event away, when and why.

The envelope of an erased event is still there (its id, position, stream, type, time and author), and the EventErased
that stands for it. What it said is nowhere.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged
from ledger.store.protocol import LogStore
from ledger.values.calendars import instant_text


class Erasure(NamedTuple):
    """That an event was erased."""

    entry: Entry
    """The EventErased."""

    @property
    def position(self) -> int:
        """From which position on the event is erased."""
        return self.entry.position

    def told(self) -> dict[str, Any]:
        """By whom, when, and why, as every answer says it in the member `erased`."""
        body = self.entry.body
        return {
            "by": self.entry.recorded_by,
            "at": instant_text(self.entry.recorded_at),
            "position": self.entry.position,
            "reason": body.get("reason"),
            "explanation": body.get("explanation"),
        }


def erasures(log: LogStore, entries: Iterable[Entry]) -> dict[int, Erasure]:
    """The erasures of those of some entries that were erased, by their positions.

    Raises LedgerDamaged for a text that is gone though nobody erased it.
    """
    positions = [entry.position for entry in entries if entry.is_erased]
    if not positions:
        return {}
    erased_at = log.erased.at(positions)
    if lost := sorted(set(positions) - erased_at.keys()):
        detail = f"the text of the event at position {lost[0]} is gone, and no erasure was recorded"
        raise LedgerDamaged(detail, position=lost[0])
    acts = {entry.position: entry for entry in log.at_positions(sorted(set(erased_at.values())))}
    return {position: Erasure(acts[at]) for position, at in erased_at.items() if at in acts}
