"""Rules about events that name an earlier one by its id: what they restate, and what they take back.

For example, a second `FacilityCommissioned` of a plant may say by `restates` that it moves the date of the first; it
may name neither the closure of the plant nor the commissioning of another. And a publisher takes back by
`ReportWithdrawn` what it said itself, and nothing else.
"""

from collections.abc import Iterator
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.errors import Violation
from ledger.events.base import Event, ref_paths
from ledger.events.figures import Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.events.withdrawals import ReportWithdrawn
from ledger.rules.record import Record
from ledger.rules.version import Version

NAMES_ERASED = "names_what_was_erased"
"""The rule that no event names one that was erased before."""
EARLIER = ("target", "restates", "withdraws")
"""The fields that name an earlier event by its id."""
_MARKS = tuple(f'"{name}":'.encode() for name in EARLIER)


def earlier_events(cls: type[Event], body: dict[str, object]) -> list[bytes]:
    """The ids, in bytes, of the earlier events that a body of this type names."""
    return [UUID(str(body[name])).bytes for name in EARLIER if name in cls.model_fields and name in body]


def may_name_events(state: bytes) -> bool:
    """Whether stored JSON may name an earlier event; False for certain where it does not."""
    return any(mark in state for mark in _MARKS)


def naming_violations(record: Record, event: Version) -> Iterator[Violation]:
    """What is wrong with the earlier events that an event names, other than those that a ledger event acts on."""
    for name in ("restates", "withdraws"):
        if name in event.body and UUID(event.body[name]).bytes in record.state.erased:
            yield Violation((name,), NAMES_ERASED, f"event {event.body[name]} was erased; nothing names it any more")
            return
    if "restates" in event.body:
        yield from _restates_the_same(record, event)
    if issubclass(event.cls, ReportWithdrawn):
        yield from _withdraws_own_report(record, event)


def _restates_the_same(record: Record, event: Version) -> Iterator[Violation]:
    """What is said anew was said before, by an event of the same type about the same thing."""
    named = UUID(event.body["restates"])
    target = _earlier(record, named, event)
    if target is None:
        why = f"no event {named} is recorded before this one"
    elif target.type != event.cls.__name__:
        why = f"event {named} is of the type {target.type}, and only a {event.cls.__name__} can be restated by this"
    elif (said := _thing_of(record, event.cls, record.content_of(target).body)) != _thing_of(
        record, event.cls, event.body
    ):
        why = f"event {named} is about {' '.join(map(repr, filter(None, said)))}, and not about the thing of this one"
    else:
        return
    detail = f"{why}; name the earlier event that this one says anew, or leave restates out"
    yield Violation(("restates",), "restates_the_same", detail)


def _withdraws_own_report(record: Record, event: Version) -> Iterator[Violation]:
    """What is taken back was said before, by the same publisher, of the world."""
    named = UUID(event.body["withdraws"])
    target = _earlier(record, named, event)
    if target is None:
        why = f"no event {named} is recorded before this one"
    elif issubclass(target.cls, Figure):
        why = f"event {named} is about a figure; take it back by FigureWithdrawn, with the figure's key"
    elif issubclass(target.cls, LedgerEvent) or target.cls.known_at_once:
        why = f"event {named} ({target.type}) is this ledger's own bookkeeping, which no publisher said"
    elif issubclass(target.cls, ReportWithdrawn):
        why = f"event {named} is a withdrawal; a publisher that stands by its report after all says it again"
    elif (said := _publisher_of(record, record.content_of(target).body)) != _publisher_of(record, event.body):
        why = f"event {named} is said by {said or 'nobody in particular'}; a publisher takes back its own reports only"
    else:
        return
    yield Violation(("withdraws",), "withdraws_own_report", why)


def _earlier(record: Record, named: UUID, event: Version) -> Entry | None:
    target = record.find(named)
    return target if target is not None and target.position < event.position else None


def _thing_of(record: Record, cls: type[Event], body: dict[str, object]) -> list[str]:
    """The slugs and names that say what a body is about, merges followed."""
    refs = ref_paths(cls)
    said = ((name, str(body.get(name) or "")) for name in cls.known_by or (str(cls.thing),))
    return [record.state.resolve(text) if (name,) in refs else text for name, text in said]


def _publisher_of(record: Record, body: dict[str, object]) -> str:
    source = body.get("source")
    publisher = source.get("publisher") if isinstance(source, dict) else None
    return record.state.resolve(publisher) if publisher else ""
