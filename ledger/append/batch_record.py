"""The record as a batch sees it: what the log holds and what the batch has placed, as rules ask it.

It is the `ledger.rules.record.Record` of the rules.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from uuid import UUID

from ledger.append.expected import Expected
from ledger.append.mentions import FORMULA_FIELD, SCANS_MAX, Mentions
from ledger.append.unwritten import Unwritten
from ledger.codec.entry import Entry
from ledger.events.definitions import MetricDefined
from ledger.rules.effective_content import ERASED, Content
from ledger.rules.state import State
from ledger.store.protocol import LogStore

ACTS_FEW = 16
"""What so few acts make of an event is found anew each time that somebody asks."""


class BatchRecord:
    """The log, and in front of it what is placed and not written yet."""

    def __init__(self, log: LogStore, state: State) -> None:
        self.state = state
        self._log = log
        self._unwritten = Unwritten(log)
        """What is placed and not written yet, in front of the log."""
        self._expected = Expected((), log)
        """What the log knows of the events that come next."""
        self._known = self._expected.known
        self._mentions: Mentions | None = None

    @property
    def log(self) -> LogStore:
        """The log, with everything in it that was placed."""
        self._unwritten.write()
        return self._log

    def find(self, event_id: UUID) -> Entry | None:
        """The event with this id, recorded or placed."""
        event_key = event_id.bytes
        found = self._expected.targets.get(event_key) or self._known.get(event_key)
        if found is None or not found.state:  # What is only known has no state.
            found = self._unwritten.with_event_id(event_key)
        return found

    def at_position(self, position: int) -> Entry | None:
        """The event at this position, recorded or placed."""
        return next(iter(self._unwritten.at_positions([position])), None)

    def content_of(self, entry: Entry) -> Content:
        """What an event says after the ledger events on it so far, recorded or placed."""
        if entry.is_erased:
            return ERASED
        says = self.state.content_of(entry.event_id)
        if says is None:
            says, acts = Content(entry.body), self._acts_on(entry)
            for act in acts:
                says = says.after(entry.cls, (act.type, act.body))
            if len(acts) > ACTS_FEW:  # Who names it next should not go through all of them again.
                self.state.acted.remember(entry.event_key, says)
        return says

    def _acts_on(self, entry: Entry) -> list[Entry]:
        positions = self.state.acted.positions(entry.event_key)
        return self._unwritten.at_positions(positions) if positions else []

    def mentioning(self, text: str, types: Sequence[str], *, after: int = 0) -> Iterator[Entry]:
        """Events of these types whose body holds the text, recorded or placed, in order; then those with a formula, in
        which a slug is no text of its own. A scan of the log.
        """
        acted_on = self._expected.registrations
        if text not in acted_on or len(acted_on) <= SCANS_MAX:
            told = self.log.mentioning(text, types=types, after=after)
            defined = [one for one in types if one == MetricDefined.__name__]
            return chain(told, self.log.mentioning(FORMULA_FIELD, types=defined, after=after)) if defined else told
        if self._mentions is None:
            self._mentions = Mentions(acted_on)
            self._mentions.read(self.log, until=self.state.head)
        return self._mentions.entries(self.log, text, types, after=after)
