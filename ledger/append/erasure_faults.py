"""Faults of erasures: a text that is gone though no erasure was recorded, or that is there though one was.

An erased event, its EventErased, and the store's note that joins the two stand and fall together. Whoever empties a row
without the program that records the EventErased, or puts a text back, leaves one of them without the others.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged
from ledger.events.ledger_events import EventErased
from ledger.store.protocol import LogStore

GONE = "its text is gone and no erasure was recorded"
THERE = "its text is there, though it was erased"
ERASING = EventErased.__name__
_UNREADABLE = (LedgerDamaged, KeyError, ValueError, TypeError, AttributeError)


def erasure_faults(log: LogStore, entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    """What is wrong with the erasures of some consecutive entries, and with those that are among them."""
    noted = dict(log.erased.between(after=entries[0].position - 1, until=entries[-1].position))
    acts = {one.position: one for one in log.at_positions(sorted(set(noted.values())))} if noted else {}
    for entry in entries:
        erased_at = noted.get(entry.position)
        if entry.is_erased and (erased_at not in acts or not _names(acts[erased_at], entry)):
            yield entry.position, GONE
        elif erased_at is not None and not entry.is_erased:
            yield entry.position, THERE
        elif entry.type == ERASING and not entry.is_erased:
            yield from _of_act(log, entry)


def _of_act(log: LogStore, act: Entry) -> Iterator[tuple[int, str]]:
    """Whether all that an EventErased names is erased, and noted as its own."""
    try:
        named = [*log.with_event_ids([_target(act)]), *log.at_positions(act.body.get("acts", ()))]
    except _UNREADABLE:
        yield act.position, "it cannot be read which event it erased"
        return
    yield from ((one.position, f"{THERE} at position {act.position}") for one in named if not one.is_erased)
    if {position for position, _ in log.erased.of([act.position])} != {one.position for one in named}:
        yield act.position, "what it erased is not what is noted"


def _names(act: Entry, entry: Entry) -> bool:
    if act.type != ERASING or act.position < entry.position or act.stream_key != entry.stream_key:
        return False
    try:
        return _target(act) == entry.event_key or entry.position in act.body.get("acts", ())
    except _UNREADABLE:
        return False


def _target(act: Entry) -> bytes:
    return UUID(act.body["target"]).bytes
