"""The pure step of an append: what is sent becomes a draft, checked against its type and ready to store.

Nothing here looks at a ledger, so it can be done anywhere, and in any order. What is left is the step that needs the
state at the head of the log: the rules, and a place (`ledger.append.batch`).

A draft is made of plain values only, so that it is cheap to hand from one process to another.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.codec.stored_json import body_of, state_of
from ledger.codec.strict_json import digest
from ledger.codec.validation import parse_event
from ledger.errors import VIOLATIONS_MAX, EventIdReused, InvalidEvent, Violation, first_of
from ledger.events.base import REGISTRY, EventClass
from ledger.events.figure_facts import FigureFacts, figure_facts
from ledger.events.figures import Figure
from ledger.rules.named_events import earlier_events, may_name_events

EVENT_BYTES_MAX = 1024 * 1024
"""How long the stored JSON of an event may be."""
NOT_IN_THE_DIGEST = ("event_id", "expected_version")

DraftRow = tuple[str, bytes | None, int | None, bytes, bytes, tuple[Any, ...] | None]
"""A `Draft` as a bare tuple: others have no form in the bytes that two processes exchange."""


class Draft(NamedTuple):
    """A valid event without a place: the bytes to store, and what decides whether it may be recorded."""

    type: str
    event_key: bytes | None
    """The 16 bytes of its event_id, where the client chose one."""
    expected_version: int | None
    digest: bytes
    """SHA-256 of what was sent."""
    state: bytes
    facts: FigureFacts | None
    """For events about figures."""

    @property
    def cls(self) -> EventClass:
        """The class of its type."""
        return REGISTRY[self.type]

    @property
    def body(self) -> dict[str, Any]:
        """What it says, read from its bytes anew each time."""
        return body_of(self.type, self.state, position=0)

    @property
    def earlier_events(self) -> list[bytes]:
        """The ids, in bytes, of the earlier events that it acts on, restates or takes back."""
        if self.facts is not None or not may_name_events(self.state):
            return []
        return earlier_events(self.cls, self.body)


def prepare(sent: Any) -> Draft:
    """The draft of a decoded JSON value. Raises InvalidEvent, which lists every fault."""
    event = parse_event(sent)
    cls, fields = type(event), event.__dict__  # A model's own attributes and `isinstance` are slow.
    state = state_of(event)
    if len(state) > EVENT_BYTES_MAX:
        detail = f"the event takes {len(state)} bytes, and at most {EVENT_BYTES_MAX} are recorded: cite what is long"
        raise InvalidEvent([Violation((), "event_too_large", detail)])
    said = dict(sent)
    for name in NOT_IN_THE_DIGEST:
        said.pop(name, None)
    event_id: UUID | None = fields["event_id"]
    return Draft(
        cls.__name__,
        None if event_id is None else event_id.bytes,
        fields["expected_version"],
        digest(said),
        state,
        figure_facts(cast(type[Figure], cls), fields) if cls.family == "figures" else None,
    )


def prepared(sent: Any) -> Draft | InvalidEvent:
    """The same, with what is wrong instead of an error."""
    try:
        return prepare(sent)
    except InvalidEvent as error:
        return error


def prepared_all(sent: Iterable[Any]) -> list[Draft | InvalidEvent]:
    """The same of each event of a batch. Of those after the first hundred violations, each event has one listed."""
    events: list[Draft | InvalidEvent] = []
    room = VIOLATIONS_MAX
    for one in sent:
        event = prepared(one)
        if isinstance(event, InvalidEvent):
            event.violations = first_of(event.violations, max(room, 1))
            room -= len(event.violations)
        events.append(event)
    return events


def the_same(draft: Draft, known: Entry) -> Entry:
    """The entry with the draft's event_id, which was made of the same. Raises EventIdReused where it was not, and of
    an event whose text was erased: what it said is not known any more.
    """
    if known.is_erased:
        detail = f"event {known.event_id}, at position {known.position}, was erased, and is not recorded again"
        raise EventIdReused([Violation(("event_id",), "event_erased", detail)])
    if draft.digest != known.digest or draft.type != known.type:
        detail = f"event_id {known.event_id} names another event, at position {known.position}"
        raise EventIdReused([Violation(("event_id",), "event_id_reused", detail)])
    return known
