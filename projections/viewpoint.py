"""Where a reader stands on the three clocks.

A viewpoint is resolved once, to two instants and a position of the log; whatever is recorded afterwards, the same
viewpoint has the same answers.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger import CalendarError, Entry, Ledger, PositionBeyondHead
from ledger.values import POSITION_DIGITS_MAX, POSITION_PREFIX, instant_text, parse_moment

ERASED_MAX = 20
"""How many erased events a basis names; it stands in a header too, which must not be long."""


@dataclass(frozen=True)
class Viewpoint:
    """Only what was published by `as_of` and is at or before `position` counts; what holds over time is as it is at
    `effective_at`. `recorded_at` is when the position was recorded, None for position 0.
    """

    as_of: datetime
    position: int
    recorded_at: datetime | None
    effective_at: datetime
    root: bytes
    """The Merkle root over the log up to the position."""
    ledger: Ledger | None = field(default=None, compare=False, repr=False)
    """The ledger that it is a viewpoint of."""

    def basis(self) -> dict[str, Any]:
        """The receipt of an answer: asked again with it, the answer is the same.

        Where events were erased that counted at the position, it names them: what they made the ledger answer then is
        not known any more.
        """
        return {
            **self._stated(),
            **(erased_behind(self.ledger, self.position) if self.ledger is not None else {}),
        }

    def _stated(self) -> dict[str, Any]:
        return {
            "as_of": instant_text(self.as_of),
            "recorded_as_of": f"{POSITION_PREFIX}{self.position}",
            "effective_at": instant_text(self.effective_at),
            "position": self.position,
            "recorded_at": instant_text(self.recorded_at) if self.recorded_at else None,
            "root": self.root.hex(),
        }

    def is_past(self, now: datetime) -> bool:
        """Whether nothing that will be recorded from now on counts for it, once its position is stated."""
        return self.as_of <= now and (self.recorded_at is None or self.recorded_at <= now)


def erased_behind(ledger: Ledger, position: int) -> dict[str, Any]:
    """The members `erased`, and `erased_more` where they are many: the events up to a position that were erased behind
    it. Without these, nothing.
    """
    count, found = ledger.log.erased.unseen(position, limit=ERASED_MAX)
    if not count:
        return {}
    entries = ledger.log.at_positions([one for one, _ in found])
    listed = [_erased(entry, erased_at) for entry, (_, erased_at) in zip(entries, found, strict=True)]
    return {"erased": listed, **({"erased_more": count - len(listed)} if count > len(listed) else {})}


def _erased(entry: Entry, erased_at: int) -> dict[str, Any]:
    stream = "figure_id" if entry.cls.family == "figures" else "stream"
    where = {"event_id": str(entry.event_id), "position": entry.position, stream: str(entry.stream)}
    return {"type": entry.type, **where, "erased_at": erased_at}


def viewpoint(
    ledger: Ledger,
    *,
    as_of: str | None = None,
    recorded_as_of: str | None = None,
    effective_at: str | None = None,
) -> Viewpoint:
    """The viewpoint that printed moments name; a day, month or year counts to its end.

    `recorded_as_of` may be `position:N`. Raises CalendarError, and PositionBeyondHead.
    """
    head = ledger.head()
    position = _position(ledger, recorded_as_of, head=head) if recorded_as_of is not None else head
    recorded_at = ledger.recorded_at(position)
    now = ledger.now(recorded_at if position == head else ledger.recorded_at(head))
    at = parse_moment(as_of).end if as_of is not None else now
    effective = parse_moment(effective_at).end if effective_at is not None else at
    return Viewpoint(at, position, recorded_at, effective, ledger.log.root(position), ledger)


def _position(ledger: Ledger, text: str, *, head: int) -> int:
    stated = stated_position(text, head=head)
    return ledger.position_at(parse_moment(text).end) if stated is None else stated


def stated_position(text: str, *, head: int) -> int | None:
    """The N of `position:N`; None where a text says a moment. Raises CalendarError, and PositionBeyondHead."""
    if not text.startswith(POSITION_PREFIX):
        return None
    digits = text.removeprefix(POSITION_PREFIX)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= POSITION_DIGITS_MAX):
        raise CalendarError(f"{text!r} is no position: write position:0, position:1, and so on")
    if int(digits) > head:
        raise PositionBeyondHead(position=int(digits), head=head)
    return int(digits)
