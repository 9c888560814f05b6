"""A batch on its way into the log: each event is placed after the ones before it and checked against the rules.

A batch belongs to an open transaction of the log. It writes there what it placed in as few goes as it can: at the end,
or before something is asked of the log, so that later events see the earlier ones. It changes the state as it goes,
journalled: the writer, which opened the transaction, keeps or reverts both. Several appends may share a batch, and the
part of one alone can be taken back.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.append.erasure import Erasures
from ledger.append.expected import Expected
from ledger.append.prepare import Draft, the_same
from ledger.append.said_of_figures import SaidOfFigures
from ledger.append.streams import stream_of
from ledger.codec.entry import Entry
from ledger.errors import Refused, RuleBroken, StoreError, VersionConflict, Violation
from ledger.events.base import REGISTRY
from ledger.events.entities import EntitiesMerged
from ledger.events.figures import Figure, Statement
from ledger.events.ledger_events import EventErased, LedgerEvent
from ledger.events.reliances import RelianceRegistered
from ledger.rules.ledger_event_rules import metrics_fixed_by, outcome_of
from ledger.rules.named_events import naming_violations
from ledger.rules.near_series import near_series_warnings
from ledger.rules.publisher_series import COMPARED_MAX
from ledger.rules.rules import figure_of, kept_for_certain, violations
from ledger.rules.state import Mark, State
from ledger.rules.version import Version
from ledger.rules.warnings import event_warnings, reliance_warnings, series_warnings
from ledger.store.protocol import LogStore
from ledger.values.identifiers import microseconds, of_time


class Batch(SaidOfFigures):
    """The entries that a transaction adds, and everything needed to look an event up, recorded or placed."""

    def __init__(self, log: LogStore, state: State, *, at: datetime) -> None:
        super().__init__(log, state)
        self.at = self._now = at
        self.warnings: dict[int, tuple[dict[str, Any], ...]] = {}
        """What is odd about an event, by its position."""
        self._at_us = microseconds(at)
        self._metrics: set[str] = set()
        self.erasures = Erasures()

    def give_salt(self, position: int, salt: bytes) -> None:
        """The salt of the leaf of an event that will be placed; others are drawn."""
        self._unwritten.salts[position] = salt

    def expect(self, events: Iterable[Draft | Refused], *, warn: bool = False) -> None:
        """Look up what the log knows of the events that will be placed next: the same, their targets, their figures."""
        drafts = [event for event in events if isinstance(event, Draft)]
        self._expected = Expected(drafts, self.log)
        self._known = self._expected.known
        self._mentions = None
        if self.state.moved.unread:
            self._note_moved_before()
        if warn:
            self.compare(drafts)

    def target(self, event_key: bytes) -> Entry | None:
        """The recorded event with this id, where one of those that were expected acts on it."""
        return self._expected.targets.get(event_key)

    @contextmanager
    def part(self) -> Iterator[None]:
        """What the block places is taken back where it ends with an exception, and that only."""
        mark = self.state.mark()
        self._unwritten.begin_part()
        try:
            yield
        except StoreError:
            self._unwritten.leave_part()
            raise  # The store itself has failed, and may have undone everything.
        except Exception:
            self._take_back(mark)
            raise
        except BaseException:
            self._unwritten.leave_part()
            raise
        self._unwritten.end_part(keep=True)

    def place_all(
        self, events: Sequence[Draft | Refused], *, recorded_by: str, warn: bool = False
    ) -> tuple[list[Entry | None], list[Violation]]:
        """Place the events that may be recorded, which were expected before; list why the others may not.

        Gives an entry for each event (None for one that may not be recorded) and the violations, with paths into the
        batch. An event that is known already gives its first entry, whose position is no later than any before it.
        """
        entries: list[Entry | None] = []
        broken: list[Violation] = []
        for index, event in enumerate(events):
            try:
                if isinstance(event, Refused):
                    raise event
                entries.append(self._place(event, recorded_by, warn=warn))
            except Refused as error:
                entries.append(None)
                broken += [violation.at(index, type(error)) for violation in error.violations]
        return entries, broken

    def place_plain(self, draft: Draft, recorded_by: str) -> Entry | None:
        """Place a new event on a figure that keeps every rule for certain, without its warnings; None for another."""
        type_name, event_key, expected_version, digest, state, facts = draft
        state_now = self.state
        if (
            facts is None
            or event_key is None
            or event_key in self._known
            or expected_version is not None
            or not kept_for_certain(state_now, REGISTRY[type_name], facts)
            or state_now.moved.concern(facts)
            or state_now.has_new_form(facts.form)
        ):
            return None
        stream = facts.figure
        if stream is None:
            return None
        state_now.head = position = state_now.head + 1
        state_now.recorded_at = self.at
        entry = Entry(position, event_key, stream, type_name, self._at_us, recorded_by, digest, state)
        self._unwritten.entries.append(entry)
        self._known[event_key] = entry
        if self._mentions is not None:
            self._mentions.take_in(position, state)
        if stream in self._histories:
            self._histories.note(Version(position, UUID(bytes=event_key), draft.cls, draft.body, self.at), stream)
        elif self._warns:
            self._note_placed(entry, facts, warn=True)
        return entry

    def oddities(self, entry: Entry) -> tuple[dict[str, Any], ...]:
        """What is odd about an event by itself."""
        event = Version(entry.position, entry.event_id, entry.cls, entry.body, self.at)
        return tuple(event_warnings(self.state, event))

    def finish(self) -> None:
        """Write what is not written yet. Afterwards nothing more is placed."""
        self._unwritten.write()
        self.erasures.carry_out(self._log)
        for metric in self._metrics:
            self._log.fix_metric(metric, self.state.metrics.get(metric))
        if self.state.forms.unsaved:
            self._log.note_forms(self.state.forms.unsaved)

    def recorded(self, at: datetime) -> None:
        """Let what is placed from here on be recorded at an instant of the past: a log that is taken in again.

        Raises RuleBroken for one that lies in the future, or before the event that was placed last.
        """
        last = self.state.recorded_at
        if at > self._now or (last is not None and at < last):
            why = "lies in the future" if at > self._now else f"is before {last}, when the event before it was recorded"
            raise RuleBroken([Violation(("recorded_at",), "as_recorded", f"{at} {why}")])
        self.at, self._at_us = at, microseconds(at)

    def known(self, event_key: bytes) -> Entry | None:
        """The event with this id among those that were expected or placed; what the log alone knows has no state."""
        return self._known.get(event_key)

    def last_of_stream(self, stream: bytes) -> list[Entry]:
        """The last entries of a stream, COMPARED_MAX at most, those that were placed among them."""
        return self._unwritten.streams([stream], last=COMPARED_MAX).get(stream, [])

    def place_erased(self, entry: Entry, content: bytes) -> Entry:
        """Place an entry of a log that is taken in as recorded, whose text was erased there; its EventErased follows.

        `content` is the hash that stands for the text. As if it were not there, it counts for no rule.
        """
        self.erasures.came_before = True
        self.state.head, self.state.recorded_at = entry.position, self.at
        self._unwritten.salts[entry.position] = content
        self._unwritten.entries.append(entry)
        self._known[entry.event_key] = entry
        return entry

    # Placing

    def _place(self, draft: Draft, recorded_by: str, *, warn: bool) -> Entry:
        """Place one event. Raises Refused (one of its kinds), with paths into the event, and then places nothing."""
        type_name, event_key, expected_version, digest, state, facts = draft
        if event_key is not None and (known := self._known.get(event_key)) is not None:
            return the_same(draft, known)
        made_key = event_key or of_time(self.at)
        state_now = self.state
        stream = None
        if facts is not None and kept_for_certain(state_now, REGISTRY[type_name], facts):
            stream = facts.figure if not state_now.moved.concern(facts) else None
        if stream is not None and expected_version is not None:
            self._check_version(expected_version, stream)
        new_form = facts is not None and state_now.has_new_form(facts.form)
        # The first statement on a figure can be odd by itself, or by its form, only.
        odd = new_form or stream in self._streams_with_events or (facts is not None and facts.oddities != 0)
        if stream is None or (warn and odd):
            stream = self._place_slowly(draft, made_key, stream, warn=warn, new_form=new_form)
        state_now.head = position = state_now.head + 1
        state_now.recorded_at = self.at
        entry = Entry(position, made_key, stream, type_name, self._at_us, recorded_by, digest, state)
        self._unwritten.entries.append(entry)
        if facts is not None and new_form:
            state_now.note_forms(facts.form, position)
        if event_key is not None:
            self._known[event_key] = entry
        if self._mentions is not None:
            self._mentions.take_in(position, state)
        if self._warns:
            self._note_placed(entry, facts, warn=warn)
        return entry

    def _place_slowly(
        self, draft: Draft, event_key: bytes, certain: bytes | None, *, warn: bool, new_form: bool
    ) -> bytes:
        """Ask every rule that is not kept for certain, and note what is odd; the stream that the event belongs to."""
        event = Version(self.state.head + 1, UUID(bytes=event_key), draft.cls, draft.body, self.at)
        stream = certain or self._fold(draft, event)
        if warn:
            in_itself = certain is None or draft.facts is None or draft.facts.oddities != 0
            if odd := tuple(self._warnings(event, stream, in_itself=in_itself, new_form=new_form)):
                self.warnings[event.position] = odd
            if draft.facts is not None:
                self._histories.note(event, stream)
        return stream

    def _fold(self, draft: Draft, event: Version) -> bytes:
        """Ask the rules, and fold the event into the state; its stream."""
        broken = [*violations(self.state, event), *naming_violations(self, event)]
        if broken and not self.erasures.came_before:
            raise RuleBroken(broken)
        if issubclass(event.cls, LedgerEvent):
            return self._fold_ledger_event(draft, event)
        if not issubclass(event.cls, Figure):
            stream = stream_of(self, event)
            self._check_version(draft.expected_version, stream)
            self.state.add(event)
            if issubclass(event.cls, EntitiesMerged):
                self._note_move()
            return stream
        figure: bytes = figure_of(self.state, event.cls, event.body).bytes
        self._check_version(draft.expected_version, figure)
        metric, family = event.cls.unit_family_of(event.body)
        if metric not in self.state.metrics:
            self._fix_metric(metric, (family, event.position))
        return figure

    def _fold_ledger_event(self, draft: Draft, event: Version) -> bytes:
        outcome = outcome_of(self, event)
        target = outcome.target
        if issubclass(event.cls, EventErased):
            self.erasures.take(self, target, event)
        self._check_version(draft.expected_version, target.stream_key)
        act = event.cls.__name__, event.body
        self.state.act(target.event_id, event.position, act, says=outcome.content)
        self._note_act(outcome)
        if issubclass(target.cls, Figure):
            self.state.restate_forms(outcome.before, outcome.after)
        for metric, fixed in metrics_fixed_by(self, outcome):
            self._fix_metric(metric, fixed)
        return target.stream_key

    def _check_version(self, expected: int | None, stream: bytes) -> None:
        """Raises VersionConflict where the stream moved. Before the state changes: a refused event leaves no trace."""
        if expected is None:
            return
        actual = self._unwritten.stream_head(stream)
        if expected != actual:
            detail = f"the stream holds {actual} events, not {expected}"
            raise VersionConflict([Violation(("expected_version",), "expected_version", detail)])

    def _fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note which event fixes a metric's unit family from now on."""
        self.state.fix_metric(metric, fixed)
        self._metrics.add(metric)

    def _warnings(self, event: Version, stream: bytes, *, in_itself: bool, new_form: bool) -> Iterator[dict[str, Any]]:
        if in_itself:
            yield from event_warnings(self.state, event)
        if new_form:
            yield from near_series_warnings(self, event)
        if event.cls.family == RelianceRegistered.family:
            yield from reliance_warnings(event, self._unwritten.stream_head(stream))
        if issubclass(event.cls, Statement):
            yield from series_warnings(event.body, self._said_before(event, stream))

    def _take_back(self, mark: Mark) -> None:
        self._unwritten.end_part(keep=False)
        self.state.revert(mark)
        # What was placed last is last in both.
        head = mark.head
        if self._mentions is not None:
            self._mentions.forget_after(head)
        while self._known and next(reversed(self._known.values())).position > head:
            self._known.popitem()
        while self.warnings and next(reversed(self.warnings)) > head:
            self.warnings.popitem()
        self._forget_said()
