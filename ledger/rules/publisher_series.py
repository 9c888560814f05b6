"""What publishers said of a figure before: the series that a new statement is compared with, for its warnings.

The last events on a figure are read as entries, for one batch; only the bodies of one publisher's are read. What came
long before, in the order of the log, is not looked at: so a warning costs the same however much was said of a figure.

A figure is known by its id, merges followed, and so is a publisher by its slug: what was said of another figure before
a correction or a merge is among what is said of this one, and what has moved away is not.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from ledger.codec.entry import Entry
from ledger.errors import LedgerError
from ledger.events.base import Event
from ledger.events.figures import Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.effective_content import content
from ledger.rules.rules import figure_of
from ledger.rules.state import State
from ledger.rules.version import Version, published
from ledger.values.calendars import Interval
from ledger.values.identifiers import id_text

ALL_SAID = 2**62
"""How many of the last events on a figure are looked at where all are."""
COMPARED_MAX = 16
"""How many of the last events on a figure a new statement is compared with."""
Said = tuple[datetime, int, dict[str, Any]]
"""When a statement was published, its position, and its body."""
_ORDER = itemgetter(0, 1)


class History:
    """What stands on one figure, by publisher, of the last events on it.

    Of `entries`, some may be about another figure, where `mixed`; else those only that a ledger event acts on. `last`
    is how many events are looked at, those that are placed later among them; None: all.
    """

    def __init__(
        self, state: State, figure: bytes, entries: Sequence[Entry], *, mixed: bool = False, last: int | None = None
    ) -> None:
        self._state = state
        self._figure = figure
        self.mixed = mixed
        self.last = last
        self._looked_at = None if last is None else deque((one.position for one in entries), maxlen=last)
        """The positions of the last events; None where all are looked at."""
        self._figures: list[tuple[type[Event], Entry]] = []
        self._acts: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        self._series: dict[str, list[Said]] = {}
        for one in entries:
            if one.is_erased:
                continue
            cls = one.cls
            if cls.family == Figure.family:
                self._figures.append((cls, one))
            elif issubclass(cls, LedgerEvent):
                body = one.body
                self._acts[body["target"]].append((one.type, body))

    def note(self, statement: Version) -> None:
        """Take in a statement that was just placed."""
        insort(self.by(statement.publisher), _said(statement), key=_ORDER)

    def passed(self, position: int) -> None:
        """Count an event on the figure among the last."""
        if self._looked_at is not None:
            self._looked_at.append(position)

    def lately(self, series: list[Said]) -> list[Said]:
        """What of a series is among the last events on the figure."""
        looked_at = self._looked_at
        if looked_at is None or len(looked_at) < (self.last or 0):
            return series
        if len(series) > 2 * len(looked_at):
            series[:] = [one for one in series if one[1] >= looked_at[0]]
        return [one for one in series if one[1] >= looked_at[0]]

    def act(self, before: Version | None, after: Version | None) -> None:
        """Let a statement say something else from now on; None where it says nothing of this figure."""
        if before is not None:
            series, old = self.by(before.publisher), _said(before)
            place = bisect_left(series, _ORDER(old), key=_ORDER)
            if place < len(series) and series[place][1] == before.position:
                del series[place]
        if after is not None:
            self.note(after)

    def by(self, publisher: str) -> list[Said]:
        """What a publisher said that stands, in order of publication."""
        publisher = self._state.resolve(publisher)
        if publisher not in self._series:
            said = [self._said_by(publisher, cls, one) for cls, one in self._perhaps_by(publisher)]
            self._series[publisher] = sorted((one for one in said if one is not None), key=_ORDER)
        return self._series[publisher]

    def published_on(self, publisher: str, published: Interval) -> list[Said]:
        """What a publisher said with a publication date that ends when this one does, and stands."""
        series = self.by(publisher)
        first = bisect_left(series, published.end, key=itemgetter(0))
        return series[first : bisect_right(series, published.end, key=itemgetter(0))]

    def _perhaps_by(self, publisher: str) -> list[tuple[type[Event], Entry]]:
        """The events that name a publisher, and those that a ledger event may have made name it."""
        named, acts = b'"publisher":"%b"' % publisher.encode(), self._acts
        return [
            (cls, one)
            for cls, one in self._figures
            # In an earlier version it may be written otherwise, and who was merged into it has another name.
            if one.state.find(named) >= 0
            or self._state.has_others(publisher)
            or cls.version > 1
            or (acts and id_text(one.event_key) in acts)
        ]

    def _said_by(self, publisher: str, cls: type[Event], one: Entry) -> Said | None:
        body = one.body
        standing = content((cls, body), self._acts.get(id_text(one.event_key), ())) if self._acts else body
        if standing is None or self._state.resolve(standing["source"]["publisher"]) != publisher:
            return None
        if (self.mixed or standing is not body) and not is_about(self._state, cls, standing, self._figure):
            return None
        return published(standing, one).end, one.position, standing


def is_about(state: State, cls: type[Event], body: dict[str, Any], figure: bytes) -> bool:
    """Whether what an event says is about a figure."""
    return figure_now(state, cls, body) == figure


def figure_now(
    state: State, cls: type[Event], body: dict[str, Any], *, resolve: Callable[[str], str] | None = None
) -> bytes | None:
    """The figure that what an event says is about, by its id; None where that cannot be told. `resolve` follows merges,
    as the state does unless something else is given.
    """
    try:
        return bytes(figure_of(state, cls, body, resolve=resolve).bytes)
    except LedgerError:
        return None


def _said(version: Version) -> Said:
    return version.published.end, version.position, version.body


class Histories:
    """The histories of figures, as far as they were read."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.last: int | None = COMPARED_MAX
        """How many of the last events on a figure are looked at; None: all."""
        self._read: dict[bytes, History] = {}
        self._begun: dict[bytes, Entry] = {}
        """The first statements on figures that were new, as long as nobody asks for more."""

    def __contains__(self, stream: bytes) -> bool:
        """Whether the history of this figure was read, and is what the log and the batch hold."""
        return stream in self._read or stream in self._begun

    def read(self, entries: Mapping[bytes, Sequence[Entry]], *, mixed: bool = False) -> None:
        """Take in the last events on figures; where `mixed`, some may be about others."""
        for figure, rows in entries.items():
            self._read[figure] = History(self._state, figure, rows, mixed=mixed, last=self.last)

    def published_on(self, stream: bytes, publisher: str, published: Interval) -> list[Said]:
        """What a publisher said of a figure with a publication date that ends when this one does, and stands."""
        return self._of(stream).published_on(publisher, published)

    def before(self, event: Version, stream: bytes) -> list[dict[str, Any]]:
        """What the publisher said of the figure, of what stands and was published by then: the last few, in order."""
        history = self._of(stream)
        series = history.lately(history.by(event.publisher))
        place = bisect_right(series, event.published.end, key=itemgetter(0))
        return [body for _, _, body in series[max(0, place - COMPARED_MAX) : place]]

    def begin(self, stream: bytes, entry: Entry) -> None:
        """Take in the first statement on a figure, as it was placed."""
        self._begun[stream] = entry

    def note(self, event: Version, stream: bytes) -> None:
        """Keep what is known of a figure true to the statement that is about to be placed."""
        if stream in self:
            history = self._of(stream)
            history.note(event)
            if history.mixed and history.last is not None:
                self.forget(stream)  # Which are the last is found anew.

    def passed(self, stream: bytes, position: int) -> None:
        """Count an event that was placed in a stream among the last on its figure, where those were read."""
        if stream in self:
            self._of(stream).passed(position)

    def act(self, before: Version | None, after: Version | None) -> None:
        """Keep what is known of figures true to the ledger event just placed, of which the state knows already."""
        was, now = (None if one is None else figure_now(self._state, one.cls, one.body) for one in (before, after))
        for figure in {was, now}:
            if figure is None or figure not in self:
                continue
            history = self._of(figure)
            if history.last is not None and (history.mixed or (None not in (was, now) and was != now)):
                self.forget(figure)  # Which are the last is found anew.
            else:
                history.act(before if was == figure else None, after if now == figure else None)

    def forget(self, stream: bytes) -> None:
        """The history of this figure is another now."""
        self._read.pop(stream, None)
        self._begun.pop(stream, None)

    def clear(self) -> None:
        """All histories may be others now."""
        self._read.clear()
        self._begun.clear()

    def _of(self, stream: bytes) -> History:
        if (first := self._begun.pop(stream, None)) is not None:
            self._read[stream] = History(self._state, stream, [first], last=self.last)
        return self._read[stream]
