"""What publishers said of a figure before: the series that a new statement is compared with, for its warnings.

The end of a figure's stream is read as entries, for one batch; only the bodies of one publisher's are read. What came
long before, in the order of the log, is not looked at: so a warning costs the same however much was said of a figure.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from ledger.codec.entry import Entry
from ledger.events.base import Event
from ledger.events.figures import Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.effective_content import content
from ledger.rules.version import Version, published
from ledger.values.calendars import Interval
from ledger.values.identifiers import id_text

COMPARED_MAX = 16
"""How many of the last events on a figure a new statement is compared with."""
Said = tuple[datetime, int, dict[str, Any]]
"""When a statement was published, its position, and its body."""
_ORDER = itemgetter(0, 1)


class History:
    """What stands on one figure, by publisher, of the last events on it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
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

    def act(self, before: Version | None, after: Version | None) -> None:
        """Let a statement say something else from now on; None where it does not stand."""
        for version in (before, after):
            if version is not None:
                self.by(version.publisher)  # As it was until now, before it is changed.
        if before is not None:
            series, old = self.by(before.publisher), _said(before)
            place = bisect_left(series, _ORDER(old), key=_ORDER)
            if place < len(series) and series[place][1] == before.position:
                del series[place]
        if after is not None:
            self.note(after)

    def by(self, publisher: str) -> list[Said]:
        """What a publisher said that stands, in order of publication."""
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
            # In an earlier version it may be written otherwise.
            if one.state.find(named) >= 0 or cls.version > 1 or (acts and id_text(one.event_key) in acts)
        ]

    def _said_by(self, publisher: str, cls: type[Event], one: Entry) -> Said | None:
        body = one.body
        standing = content((cls, body), self._acts.get(id_text(one.event_key), ())) if self._acts else body
        if standing is None or standing["source"]["publisher"] != publisher:
            return None
        return published(standing, one).end, one.position, standing


def _said(version: Version) -> Said:
    return version.published.end, version.position, version.body


class Histories:
    """The histories of figures, as far as they were read."""

    def __init__(self) -> None:
        self._read: dict[bytes, History] = {}
        self._begun: dict[bytes, Entry] = {}
        """The first statements on figures that were new, as long as nobody asks for more."""

    def __contains__(self, stream: bytes) -> bool:
        """Whether the history of this figure was read, and is what the log and the batch hold."""
        return stream in self._read or stream in self._begun

    def read(self, entries: Mapping[bytes, Sequence[Entry]]) -> None:
        """Take in the rows of figures."""
        self._read.update((stream, History(rows)) for stream, rows in entries.items())

    def published_on(self, stream: bytes, publisher: str, published: Interval) -> list[Said]:
        """What a publisher said of a figure with a publication date that ends when this one does, and stands."""
        return self._of(stream).published_on(publisher, published)

    def before(self, event: Version, stream: bytes) -> list[dict[str, Any]]:
        """What the publisher said of the figure, of what stands and was published by then: the last few, in order."""
        series = self._of(stream).by(event.publisher)
        place = bisect_right(series, event.published.end, key=itemgetter(0))
        return [body for _, _, body in series[max(0, place - COMPARED_MAX) : place]]

    def begin(self, stream: bytes, entry: Entry) -> None:
        """Take in the first statement on a figure, as it was placed."""
        self._begun[stream] = entry

    def note(self, event: Version, stream: bytes) -> None:
        """Keep what is known of a figure true to the statement just placed."""
        if stream in self:
            self._of(stream).note(event)

    def act(self, before: Version | None, after: Version | None, stream: bytes) -> None:
        """Keep what is known of a figure true to the ledger event just placed."""
        if stream in self:
            self._of(stream).act(before, after)

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
            self._read[stream] = History([first])
        return self._read[stream]
