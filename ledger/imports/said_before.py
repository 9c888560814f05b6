"""What was said before, as far as it decides that a row contradicts nothing and is nothing odd.

Most rows of a file are neither. That can be told from little of what the same publisher said of the same figure, its
series: a row that is the first in it with its publication date contradicts nothing; and a value that is near to all
others, in the same unit, is not odd beside any of them. What was corrected or retracted counts among these as it was
and as it is, so a row may be compared exactly for nothing, and never the other way round.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson

from ledger.codec.entry import Entry
from ledger.errors import LedgerError
from ledger.events.base import REGISTRY
from ledger.events.figure_facts import FigureFacts, end_us
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.warnings import FAR_OFF_FACTOR
from ledger.values.identifiers import id_text

STATEMENTS_MAX = 300_000
"""Of how many statements the dates are held, before all are let go of."""
NEAR = FAR_OFF_FACTOR / 2
"""Values whose ratio is smaller need no exact comparison."""
HOW_MUCH = frozenset(("value", "low", "high", "symbol", "approximate", "status", "note"))
"""What may be corrected of a statement so that it stays in its series, with its date and its unit."""


class _Amounts(NamedTuple):
    """The values in a series: all in one unit, and between these."""

    unit: str
    least: float
    most: float


_NONE, _MIXED = _Amounts("", 0, 0), _Amounts("", 0, -1)
"""Where no value was said; and where those that were have to be compared exactly."""
_Series = tuple[bytes, str]
"""A figure, and who says something of it."""


class SaidBefore:
    """What was said of figures, of which only dates and amounts are held."""

    def __init__(self) -> None:
        self.resolve: Callable[[str], str] = str
        """The slug that a publisher's was merged into, or itself. All has to be let go of where that changes."""
        self._dates: set[tuple[bytes, str, int]] = set()
        """A series, and the end of a publication date, however that is printed."""
        self._amounts: dict[_Series, _Amounts] = {}
        self._uncertain: set[bytes] = set()
        """The figures of which more was corrected than how much there is, or of which something cannot be told."""
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
        self._uncertain.clear()
        self._looked_up.clear()

    def unknown(self, figures: Iterable[bytes]) -> list[bytes]:
        """Those of some figures that the log must be asked about; from now on they count as known."""
        unknown = [figure for figure in figures if figure not in self._looked_up]
        self._looked_up.update(unknown)
        return unknown

    def note(self, recorded: Mapping[bytes, Sequence[Entry]]) -> None:
        """Take in what the log holds of some figures."""
        for stream, entries in recorded.items():
            acts = [entry for entry in entries if is_act(entry.type)]
            for entry in entries:
                if not is_act(entry.type) and not self._is_noted(stream, entry):
                    self._uncertain.add(stream)
            by_id = {id_text(entry.event_key): entry for entry in entries} if acts else {}
            for act in acts:
                try:
                    body = act.body
                    target = by_id[body["target"]].body
                except (LedgerError, LookupError):
                    self._uncertain.add(stream)
                else:
                    self.note_act(body, stream, target)

    def note_act(self, act: dict[str, Any], figure: bytes | None, target: dict[str, Any]) -> None:
        """Take in what an event on a figure will say after a ledger event, beside what it says."""
        changes = act.get("changes", {})
        try:
            if not changes.keys() <= HOW_MUCH:
                raise LookupError
            if figure is not None and (value := changes.get("value")) is not None:
                self._is_near((figure, self.resolve(target["source"]["publisher"])), float(value), target["unit"])
        except (ValueError, LookupError, TypeError):
            if figure is not None:
                self._uncertain.add(figure)

    def placed(self, facts: FigureFacts | None, entry: Entry) -> None:
        """Take in an event that was compared exactly before it was placed. What its facts tell was taken in then."""
        if facts is not None and facts.figure != entry.stream_key:
            self._uncertain.add(entry.stream_key)

    def is_certain(self, figure: bytes | None) -> bool:
        """Whether everything that was said of a figure is as it was taken in."""
        return figure not in self._uncertain

    def is_plain(self, facts: FigureFacts) -> bool:
        """Whether a statement contradicts nothing, and is not odd beside what was said before; from now on, it is said.

        False where that cannot be told for certain.
        """
        figure, date = facts.figure, facts.published_us
        if figure is None or date is None or figure in self._uncertain:
            return False
        publisher, value = self.resolve(facts.publisher), facts.value
        said = figure, publisher, date
        is_first = said not in self._dates
        self._dates.add(said)
        is_near = value is None or self._is_near((figure, publisher), value, facts.unit)
        return is_first and is_near

    def _is_noted(self, stream: bytes, entry: Entry) -> bool:
        try:
            body: dict[str, Any] = orjson.loads(entry.state) if entry.cls.version == 1 else entry.body
            publisher, published = self.resolve(body["source"]["publisher"]), body.get("published_at")
            value = body.get("value")
            if published is None:  # It counts as published when it was recorded.
                return False
            self._dates.add((stream, publisher, end_us(published)))
            if value is not None:
                self._is_near((stream, publisher), float(value), body["unit"])
        except (LedgerError, ValueError, LookupError, TypeError):  # Who compares exactly says what is wrong with it.
            return False
        return True

    def _is_near(self, series: _Series, value: float, unit: str) -> bool:
        """Whether a value is near to all others of its series, to which it belongs from now on."""
        known = self._amounts.get(series, _NONE)
        if known is _NONE and value > 0:
            self._amounts[series] = _Amounts(unit, value, value)
            return True
        if known.unit == unit and value > 0 and known.most / NEAR < value < known.least * NEAR:
            if not known.least <= value <= known.most:
                self._amounts[series] = _Amounts(unit, min(known.least, value), max(known.most, value))
            return True
        self._amounts[series] = _MIXED
        return False


@cache
def is_act(type_name: str) -> bool:
    """Whether events of a type act on others."""
    cls = REGISTRY.get(type_name)
    return cls is not None and issubclass(cls, LedgerEvent)
