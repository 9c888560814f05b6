"""What was said before, as far as it decides that a row contradicts nothing and is nothing odd.

Most rows of a file are neither. That can be told from the stored bytes of what was said of the same figure, so that
nothing has to be read for them: a row that is the first with its publication date contradicts nothing; and a value that
is near to all others of its figure, in the same unit, is not odd beside any of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from ledger.append.prepare import Draft
from ledger.codec.entry import Entry
from ledger.errors import CalendarError
from ledger.events.base import REGISTRY
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.warnings import FAR_OFF_FACTOR
from ledger.values.calendars import parse_moment

STATEMENTS_MAX = 300_000
"""Of how many statements the dates are held, before all are let go of."""
NEAR = FAR_OFF_FACTOR / 2
"""Values whose ratio is smaller need no exact comparison."""
UNDATED = datetime.max
"""Of a statement whose stored bytes do not say when it was published."""
_DATE, _UNIT, _VALUE = b'"published_at":"', b'"unit":"', b'"value":"'


class _Amounts(NamedTuple):
    """The values that were said of a figure: all in one unit, and between these."""

    unit: bytes
    least: float
    most: float


class SaidBefore:
    """What was said of figures, of which only dates and amounts are held."""

    def __init__(self) -> None:
        self._dates: set[tuple[bytes, datetime]] = set()
        """A figure, and the end of a publication date, however that is printed."""
        self._amounts: dict[bytes, _Amounts | None] = {}
        """By figure; None where something has to be compared exactly."""
        self._acted_on: set[bytes] = set()
        """The figures of which something was corrected: it may say something else now."""
        self._looked_up: set[bytes] = set()
        """The figures of which all is known that the log holds."""

    @property
    def is_much(self) -> bool:
        """Whether so much is held that it is time to let go of it."""
        return max(len(self._dates), len(self._looked_up)) > STATEMENTS_MAX

    def clear(self) -> None:
        """Let go of all."""
        self._dates.clear()
        self._amounts.clear()
        self._acted_on.clear()
        self._looked_up.clear()

    def unknown(self, figures: Iterable[bytes]) -> list[bytes]:
        """Those of some figures that the log must be asked about; from now on they count as known."""
        unknown = [figure for figure in figures if figure not in self._looked_up]
        self._looked_up.update(unknown)
        return unknown

    def note(self, recorded: Mapping[bytes, Sequence[Entry]]) -> None:
        """Take in what the log holds of some figures."""
        for stream, entries in recorded.items():
            for entry in entries:
                if entry.type in _acts():
                    self._acted_on.add(stream)
                else:
                    self._dates.add((stream, _end_of(_text(entry.state, _DATE))))
                    self._is_near(stream, entry.state)

    def is_first(self, event: Draft) -> bool:
        """Whether a statement is the first on its figure with its date; from now on it is not. False where it is no
        statement on a figure that is known for certain, or where the stored bytes do not say.
        """
        facts = event.facts
        if facts is None or (figure := facts.figure) is None or figure in self._acted_on:
            return False
        place = (figure, _end_of(_text(event.state, _DATE)))
        if place[1] is UNDATED or place in self._dates:
            return False
        self._dates.add(place)
        return True

    def is_near(self, event: Draft) -> bool:
        """Whether a statement, which is the first with its date, is certainly not odd: by itself, or beside others."""
        facts = event.facts
        if facts is None or facts.figure is None:
            return False
        return self._is_near(facts.figure, event.state) and not facts.may_be_odd

    def _is_near(self, figure: bytes, state: bytes) -> bool:
        if not (text := _text(state, _VALUE)):
            return True  # Only values are odd beside others.
        known = self._amounts.get(figure, _NONE)
        if known is None:
            return False
        value, unit = float(text), _text(state, _UNIT)
        if known is _NONE and value > 0:
            self._amounts[figure] = _Amounts(unit, value, value)
            return True
        if known.unit == unit and value > 0 and known.most / NEAR < value < known.least * NEAR:
            if not known.least <= value <= known.most:
                self._amounts[figure] = _Amounts(unit, min(known.least, value), max(known.most, value))
            return True
        self._amounts[figure] = None
        return False


_NONE = _Amounts(b"", 0, 0)


def _text(state: bytes, name: bytes) -> bytes:
    """The text of a field in stored bytes, where it is first named; b"" where it is not."""
    begin = state.find(name)
    return state[begin + len(name) : state.find(b'"', begin + len(name))] if begin >= 0 else b""


@lru_cache(maxsize=65536)
def _end_of(date: bytes) -> datetime:
    try:
        return parse_moment(date.decode()).end
    except (CalendarError, UnicodeDecodeError):
        return UNDATED


@cache
def _acts() -> frozenset[str]:
    return frozenset(name for name, cls in REGISTRY.items() if issubclass(cls, LedgerEvent))
