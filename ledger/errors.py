"""Everything that can go wrong in the record, as a tree.

    LedgerError
    ├── CalendarError            a text is no moment, period or fiscal year end
    ├── QuantityError            a text is no exact number of 20 + 18 digits
    │   └── UnitError            a unit is not in the table; names the nearest
    ├── FormulaError             a text is no formula of derived figures, or adds what is not alike
    ├── Refused                  an event is not recorded; carries one Violation or more
    │   ├── InvalidEvent         it does not fit its type
    │   └── RuleBroken           it fits, and a rule of the ledger forbids it
    ├── EventIdReused            the event_id is taken by another body
    ├── VersionConflict          the stream holds another number of events than the client expected
    ├── KeyReused                the idempotency key is taken by another request
    ├── PositionBeyondHead       a viewpoint asks for a position that the log does not have yet
    ├── ClockInDoubt             the machine's clock cannot be right, so nothing is recorded under it
    ├── ContentTooLarge          a file or a body holds more than is taken
    ├── LedgerDamaged            stored bytes are not what this ledger writes
    │   └── LedgerAltered        something else has written to the log since it was sealed
    ├── BackupError              a backup cannot be made, or is not what a ledger is made of
    ├── PlaceError               a folder or an object store cannot be reached, or does not take or give what is asked
    └── StoreError
        ├── StoreBusy            another writer holds the store for too long
        └── StoreFull            no space is left on the disk

The names are the domain's; what HTTP makes of them is decided in one place, `api/problems.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.visible_text import shortened, visible

DETAIL_LENGTH_MAX = 2000
"""How long a message may be: what was sent may be in it, and that may be of any length."""
PART_LENGTH_MAX = 200
"""The same for one part of a path."""
VIOLATIONS_MAX = 100
"""How many violations one refusal lists; the last of them says how many more there are."""


class LedgerError(Exception):
    """Base of all errors of the ledger."""

    def __str__(self) -> str:
        return shortened(visible(super().__str__()), DETAIL_LENGTH_MAX)


class CalendarError(LedgerError, ValueError):
    """A text is no moment, period or fiscal year end."""


class QuantityError(LedgerError, ValueError):
    """A text is no exact number, or has more digits than the ledger can hold."""


class UnitError(QuantityError):
    """A unit is not in the table, or unclear. The message says what may be meant, and how much that is."""


class FormulaError(LedgerError, ValueError):
    """A text is no formula of derived figures, or it adds what is not alike."""


@dataclass(frozen=True)
class Violation:
    """One reason to refuse an event: where (a path into the event), which rule, and what to do about it."""

    path: tuple[str | int, ...]
    rule: str
    detail: str
    kind: "type[Refused] | None" = None
    """The kind of refusal, where violations of several events stand together."""
    unlisted: int = 0
    """How many more there are after it which are not listed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", shortened(visible(self.detail), DETAIL_LENGTH_MAX))
        if any(isinstance(part, str) and len(part) > PART_LENGTH_MAX for part in self.path):
            path = (part if isinstance(part, int) else shortened(part, PART_LENGTH_MAX) for part in self.path)
            object.__setattr__(self, "path", tuple(path))

    def at(self, index: int, kind: "type[Refused]") -> "Violation":
        """The same violation, in the event at `index` of a batch."""
        return replace(self, path=(index, *self.path), kind=kind)

    @property
    def within(self) -> "Violation":
        """The same violation, of a batch, in its event."""
        return replace(self, path=self.path[1:])

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


def first_of(violations: Sequence[Violation], count: int) -> list[Violation]:
    """At most so many of the violations; the last of them says how many more there are."""
    listed, rest = list(violations[:count]), violations[count:]
    if rest:
        more = sum(1 + violation.unlisted for violation in rest)
        listed[-1] = replace(listed[-1], unlisted=listed[-1].unlisted + more)
    return listed


class Refused(LedgerError):
    """One event or more cannot be recorded, so nothing was."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.pointer or '/'}: {v.detail}" for v in violations))
        self.violations = list(violations)

    @property
    def count(self) -> int:
        """How many violations there are, with those that are not listed."""
        return sum(1 + violation.unlisted for violation in self.violations)


class InvalidEvent(Refused):
    """An event does not fit its type: a field is unknown, missing or malformed."""


class RuleBroken(Refused):
    """An event fits its type, and a rule of the ledger forbids it."""


class EventIdReused(Refused):
    """An event_id names another event already."""


class VersionConflict(Refused):
    """A stream holds another number of events than the client expected."""


class KeyReused(LedgerError):
    """An idempotency key was used for another request."""


class PositionBeyondHead(LedgerError):
    """A viewpoint asks for a position after the head of the log."""

    def __init__(self, *, position: int, head: int) -> None:
        super().__init__(f"position {position} is beyond the head of the log, which is {head}")
        self.position = position
        self.head = head


class LedgerDamaged(LedgerError):
    """Stored bytes are not what this ledger writes: an unknown type, a body that no longer parses, a missing row.

    `position` is where they stand in the log; None where that is not known.
    """

    def __init__(self, detail: str, *, position: int | None = None) -> None:
        super().__init__(detail)
        self.position = position


class BackupError(LedgerError):
    """A backup cannot be made, or a ledger cannot be made from one; the message says why. Nothing was changed."""


class PlaceError(LedgerError):
    """A folder or an object store cannot be reached, or does not take or give what is asked; the message says which."""


class LedgerAltered(LedgerDamaged):
    """Something else has written to the log since it was sealed, or has taken something away. Nothing is recorded."""


class ClockInDoubt(LedgerError):
    """The machine's clock cannot be right; what was recorded under it would stay wrongly dated for ever."""


class ContentTooLarge(LedgerError):
    """A file or a body holds more than is taken at once; the message says how much, and what to do."""


class StoreError(LedgerError):
    """The store could not take or give what was asked: `said`, for everybody.

    `reason` is what the store itself says of it, which may name hosts, roles and folders: for who runs it.
    """

    def __init__(self, said: str = "", *, reason: str = "") -> None:
        super().__init__(f"{said}: {reason}" if reason else said)
        self.said = said
        self.reason = reason


class StoreBusy(StoreError):
    """Another process holds the store; the same request may succeed later."""


class StoreFull(StoreError):
    """No space is left on the disk; nothing was recorded."""
