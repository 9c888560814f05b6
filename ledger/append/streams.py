"""Streams: the thing whose history an event belongs to, for what is about no figure.

For example, whatever is told of the policy `china-announcement-61-2025` is one stream. What names no thing itself, as a
ledger event or a withdrawal does, belongs to the stream of the event that it names.
"""

from uuid import UUID, uuid5

from ledger.events.figures import FIGURE_NAMESPACE
from ledger.events.withdrawals import ReportWithdrawn
from ledger.rules.record import Record
from ledger.rules.version import Version


def stream_of(record: Record, event: Version) -> bytes:
    """The 16 bytes of the id of the stream of an event that is about no figure and no ledger event."""
    named = record.find(UUID(event.body["withdraws"])) if issubclass(event.cls, ReportWithdrawn) else None
    if named is not None:
        return named.stream_key
    kind, slug = _kind_of(event.cls.family), event.body.get(event.thing, "")
    resolved = record.state.resolve(slug) if kind in ("entities", "facilities") else slug
    return stream_of_thing(kind, resolved).bytes


def stream_of_thing(family: str, slug: str) -> UUID:
    """The id of the stream of a thing, which the slug names that those merged with it resolve to."""
    return uuid5(FIGURE_NAMESPACE, f"{_kind_of(family)}:{slug}")


def _kind_of(family: str) -> str:
    return "entities" if family in ("entities", "relationships", "source_checks", "statements") else family
