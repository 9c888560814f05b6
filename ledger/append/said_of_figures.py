"""What was said of the figures that a batch speaks of, as far as it was read: for warnings, and for rows in conflict.

Of most figures everything stands in their own streams, which are read for all events of a batch at once. Where
something was merged, or a correction moved a statement to another figure, it is looked for elsewhere too
(`ledger.rules.moved_figures`), one figure at a time.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, cast

from ledger.append.batch_record import BatchRecord
from ledger.append.prepare import Draft
from ledger.codec.entry import Entry
from ledger.events.base import Event
from ledger.events.entities import EntitiesMerged, EntityRegistered
from ledger.events.figure_facts import FigureFacts
from ledger.events.figures import Figure
from ledger.rules.ledger_event_rules import Outcome
from ledger.rules.moved_figures import MovedFigures
from ledger.rules.publisher_series import ALL_SAID, COMPARED_MAX, Histories, figure_now
from ledger.rules.rules import figure_key
from ledger.rules.version import Version
from ledger.values.calendars import parse_moment


class SaidOfFigures(BatchRecord):
    """A record that knows what publishers said of figures before."""

    def __init__(self, *record: Any) -> None:
        super().__init__(*record)
        self.moves = 0
        """How often something was placed by which what was said before is about other figures, or by others."""
        self._warns = False
        """Whether somebody wants to know what is odd."""
        self._expected_figures: set[bytes] = set()
        """Figures that the log was asked about."""
        self._streams_with_events: set[bytes] = set()
        self._compared = COMPARED_MAX
        """How many of the last events on a figure a new one is compared with."""

    @cached_property
    def _histories(self) -> Histories:
        """What was said of figures before, as far as it was read."""
        return Histories(self.state)

    def compare(self, events: Iterable[Any], *, last: int = COMPARED_MAX) -> None:
        """Look up what was said of the figures of events that will be placed with warnings, as far as it was not read
        before; `last` is how many of the last events on a figure they are compared with.
        """
        self._warns, self._compared = True, last
        self._histories.last = None if last >= ALL_SAID else last
        drafts, concern = (event for event in events if isinstance(event, Draft)), self._moved.concern
        named = (facts for *_, facts in drafts if facts is not None and not concern(facts))
        figures = {facts.figure for facts in named if facts.figure is not None}
        unknown = [one for one in figures if one not in self._expected_figures and one not in self._histories]
        entries = self._unwritten.streams(unknown, last=last) if unknown else {}
        self._expected_figures |= figures
        self._streams_with_events.update(entries)
        if entries:
            self._histories.read(entries)

    def said_as_well(self, draft: Draft) -> list[Entry]:
        """The standing statements of the same publisher on the same figure with the same publication date.

        As they were recorded: `content_of` gives what they say now. None for what is no statement on a figure, or would
        be refused.
        """
        if draft.facts is None or (draft.facts.figure is not None and not self._may_have_history(draft.facts)):
            return []
        cls, body = draft.cls, draft.body
        figure = figure_now(self.state, cls, body)
        if figure is None:
            return []
        self._read_history(figure, cls, body)
        if (text := body.get("published_at")) is None:
            return []
        # `2024` and `2024-12-31` end together and are two dates; an instant is one, with whatever offset it is printed.
        when = parse_moment(text)
        said = self._histories.published_on(figure, body["source"]["publisher"], when)
        positions = [
            place for _, place, other in said if (on := other.get("published_at")) and parse_moment(on) == when
        ]
        return self._unwritten.at_positions(positions) if positions else []

    @property
    def _moved(self) -> MovedFigures:
        return self.state.moved

    def _may_have_history(self, facts: FigureFacts) -> bool:
        """Whether something may have been said of the figure that the facts name."""
        return facts.figure in self._streams_with_events or self._moved.concern(facts)

    def _said_before(self, event: Version, figure: bytes) -> list[dict[str, Any]]:
        """What the publisher of an event said of its figure by then."""
        self._read_history(figure, event.cls, event.body)
        return self._histories.before(event, figure)

    def _read_history(self, figure: bytes, cls: type[Event], body: dict[str, Any]) -> None:
        """Read what was said last of the figure that an event with this body is about."""
        if figure in self._histories:
            return
        moved = self._moved
        if moved.any:
            key = figure_key(self.state, cast(type[Figure], cls), body)
            if moved.concern_figure(key["subject"], key["material"], figure):
                streams = moved.streams(key, self.state.fiscal_year)
                entries = self._said_everywhere(streams, moved.positions(streams, last=self._compared))
                self._histories.read({figure: entries}, mixed=True)
                return
        is_new = figure in self._expected_figures and figure not in self._streams_with_events
        said = {} if is_new else self._unwritten.streams([figure], last=self._compared)
        self._histories.read({figure: [], **said})

    def _said_everywhere(self, streams: Sequence[bytes], positions: Sequence[int]) -> list[Entry]:
        """The last events in some streams, and those at some positions with the ledger events on them, in order."""
        told = self._unwritten.streams(streams, last=self._compared).values()
        found = {one.position: one for entries in told for one in entries}
        if positions:
            for one in self._unwritten.at_positions(positions):
                found |= {act.position: act for act in (one, *self._acts_on(one))}
        return [found[position] for position in sorted(found)][-self._compared :]

    def _note_placed(self, entry: Entry, facts: FigureFacts | None, *, warn: bool) -> None:
        """Let the next statement on the figure be compared with this one, which was noted already where it warns."""
        stream = entry.stream_key
        is_first = stream not in self._streams_with_events
        self._streams_with_events.add(stream)
        if stream in self._histories:
            if not warn:
                self._histories.forget(stream)
            self._histories.passed(stream, entry.position)
        elif is_first and stream in self._expected_figures and (facts is None or not self._moved.concern(facts)):
            self._histories.begin(stream, entry)

    def _note_act(self, outcome: Outcome) -> None:
        """Keep what is known of figures true to a ledger event, which the state knows already."""
        target, before, after = outcome.target, outcome.before, outcome.after
        if issubclass(target.cls, Figure):
            self._histories.act(before, after)
            if before is not None and after is not None and before.body is not after.body:
                figure = self._moved_to(target, after.body)
                if figure is not None:
                    self.state.move(figure, target.position)
        elif issubclass(target.cls, EntitiesMerged) or (
            issubclass(target.cls, EntityRegistered) and _fiscal_year(before) != _fiscal_year(after)
        ):
            self._note_move()

    def _moved_to(self, entry: Entry, body: dict[str, Any]) -> bytes | None:
        """The figure that an event says something of which is not that of its stream, before merges are followed."""
        figure = figure_now(self.state, entry.cls, body, resolve=str)
        return None if figure == entry.stream_key else figure

    def _note_moved_before(self) -> None:
        """Look up where corrections moved what they corrected that are in the log since this program looked at it."""
        for entry in self._log.with_event_ids([event_id.bytes for event_id in self._moved.unread]):
            if not entry.is_erased and issubclass(entry.cls, Figure):
                figure = self._moved_to(entry, self.content_of(entry).body)
                if figure is not None:
                    self._moved.note(figure, entry.position)
        self._moved.unread.clear()

    def _note_move(self) -> None:
        """All statements may be about other figures from now on, or by other publishers."""
        self.moves += 1
        self._histories.clear()

    def _forget_said(self) -> None:
        """What was placed last was taken back."""
        self._histories.clear()
        self._expected_figures.clear()


def _fiscal_year(registration: Version | None) -> tuple[Any, Any] | None:
    body = None if registration is None else registration.body
    return None if body is None else (body.get("fiscal_year_end"), body.get("fiscal_year_named"))
