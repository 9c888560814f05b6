"""Erasure: the text of an event is taken out of the log for good, and an event says so.

Some texts must go: what is about a person, or what a licence allows no longer. What the event said, the ledger events
on it, and what answers to requests quote of them are taken away, in the transaction that records the EventErased. The
place of the event stays, and its leaf in the Merkle tree, so that every root that was ever given out stands.

A correction holds data of the event that it corrects, so it goes with that; by itself no ledger event can be erased.
"""

from collections.abc import Iterator
from typing import Any

from ledger.codec.entry import Entry
from ledger.errors import RuleBroken, Violation
from ledger.events.base import refs
from ledger.rules.record import Record
from ledger.rules.version import Version
from ledger.store.protocol import LogStore

ONLY_BY_ERASING = (
    "an event is erased with `supply-ledger erase`, or by POST /v1/erasures with a key of the scope admin, and by "
    "nothing else"
)
_OURS = ("metric", "unit", "nature", "kind", "reason", "target")
"""Fields whose values are words of the ledger, which any event may have."""
_NAMED_BY_SOURCE = ("dimensions", "identifiers")
"""Fields in which the names are texts of the source as well."""


class Erasures:
    """The erasures of one batch."""

    def __init__(self) -> None:
        self.may_begin = False
        """Whether this batch is the erasing itself."""
        self.came_before = False
        """Whether it takes in a log of which texts were erased, so that not all can be held against the rules."""
        self._taken: list[tuple[Entry, Version]] = []

    def take(self, record: Record, target: Entry, event: Version) -> None:
        """Take in an EventErased that is placed. Raises RuleBroken where it is not the erasing itself that records it,
        nor a log that is taken in as recorded; and where it does not name the ledger events on its target.
        """
        if not self.may_begin and not target.is_erased:
            raise RuleBroken([Violation(("type",), "erased_by_erasing", ONLY_BY_ERASING)])
        named = list(event.body.get("acts", ()))
        known = list(record.state.acted.positions(target.event_key))
        if target.is_erased:
            acts = filter(None, map(record.at_position, named))
            known = [one.position for one in acts if one.is_erased and one.stream_key == target.stream_key]
        if named != known:
            detail = "acts are the positions of the ledger events on the target, in order, and no others"
            raise RuleBroken([Violation(("acts",), "acts_on_the_target", detail)])
        self._taken.append((target, event))

    def carry_out(self, log: LogStore) -> None:
        """Take away what the EventErased name, which are written by now, in the transaction that is open."""
        for target, event in self._taken:
            positions = [target.position, *event.body.get("acts", ())]
            quoted = {text for entry in log.at_positions(positions) for text in _texts_of(entry)}
            log.erase(positions, erased_at=event.position, quoted=quoted)
        self._taken = []


def _texts_of(entry: Entry) -> Iterator[str]:
    """The texts in an event that somebody may quote: numbers too, but not what others say as well, as slugs."""
    if entry.is_erased:
        return
    body = entry.body
    shared = {slug for _, slug in refs(entry.cls, body)}
    yield from (text for text in _texts_in(body) if text not in shared)


def _texts_in(value: Any, *, names: bool = False) -> Iterator[str]:
    """The texts in a value, with the names of fields where these are not ours."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if names:
                yield name
            if name not in _OURS:
                yield from _texts_in(inner, names=name in _NAMED_BY_SOURCE)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)
    elif isinstance(value, str):
        yield value
