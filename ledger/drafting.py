"""A batch on its way into the log: each event is placed after the ones before it and checked against the rules.

A draft reads the log and records nothing. It changes the state as it goes, journalled, so that later events of the
batch see the earlier ones; who drafted keeps or reverts.
"""

import secrets
import time
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

from ledger.content import content
from ledger.errors import EventIdReused, InvalidEvent, Refused, RuleBroken, VersionConflict, Violation
from ledger.events.base import REGISTRY, Event
from ledger.events.entities import EntityRegistered
from ledger.events.figures import FIGURE_NAMESPACE, Figure
from ledger.events.keeping import LedgerEvent
from ledger.keeping import act
from ledger.mapper import Entry, PlainJSONMapper, microseconds
from ledger.oddities import name_warnings, value_warnings
from ledger.parsing import digest, parse_event
from ledger.rules import figure_of, violations
from ledger.state import Standing, State, metric_family
from ledger.stores.sqlite import SQLiteLog

VIOLATIONS_MAX = 100
LOOKED_UP_AT_ONCE = 1000


Said = tuple[datetime, int, dict[str, Any]]
"""When a statement was published, its position, and its body."""


@dataclass(frozen=True)
class Drafted:
    """What became of one event of a batch: its place in the log, the first one where it is a duplicate."""

    entry: Entry
    duplicate: bool
    figure_id: UUID | None
    warnings: tuple[dict[str, Any], ...] = ()


class Draft:
    """The entries that a batch would add, and everything needed to look an event up, recorded or drafted."""

    def __init__(self, log: SQLiteLog, state: State, *, at: datetime, recorded_by: str, warn: bool) -> None:
        self.log = log
        self.state = state
        self.at = at
        self.recorded_by = recorded_by
        self.warn = warn
        self.entries: list[Entry] = []
        self.metrics: dict[str, tuple[str, int] | None] = {}
        self._by_id: dict[UUID, Entry | None] = {}
        self._by_stream: dict[UUID, list[Entry]] = {}
        self._versions: dict[UUID, int] = {}
        self._said: dict[UUID, dict[str, list[Said]]] = {}
        self._mapper = PlainJSONMapper()

    def look_up(self, sent: Sequence[Any]) -> Iterator[Event | Refused]:
        """Parse the batch piece by piece, and fetch what the log holds under a piece's event ids in one go."""
        for start in range(0, len(sent), LOOKED_UP_AT_ONCE):
            parsed: list[Event | Refused] = []
            for one in sent[start : start + LOOKED_UP_AT_ONCE]:
                try:
                    parsed.append(parse_event(one))
                except InvalidEvent as error:
                    parsed.append(error)
            wanted = {event.event_id for event in parsed if isinstance(event, Event) and event.event_id is not None}
            wanted |= {event.target for event in parsed if isinstance(event, LedgerEvent)}
            wanted -= self._by_id.keys()
            self._by_id.update(dict.fromkeys(wanted))
            for stored in self.log.by_event_id([one.bytes for one in wanted]):
                entry = self._mapper.to_domain_event(stored)
                self._by_id[entry.event_id] = entry
            yield from parsed

    def add(self, event: Event, sent: Any) -> Drafted:
        """Place one event. Raises Refused (one of its kinds), with paths into the event, and then adds nothing."""
        mark = digest({name: value for name, value in sent.items() if name not in ("event_id", "expected_version")})
        if event.event_id is not None and (known := self.find(event.event_id)) is not None:
            if known.digest != mark or known.type != event.type_name:
                detail = f"event_id {event.event_id} names another event, at position {known.position}"
                raise EventIdReused([Violation(("event_id",), "event_id_reused", detail)])
            return Drafted(known, duplicate=True, figure_id=self._figure_of(known))
        standing = Standing(
            position=self.state.head + 1,
            event_id=event.event_id or uuid7(self.at),
            cls=type(event),
            body=event.body(),
            recorded_at=self.at,
        )
        stream = self._add_act(event, standing) if isinstance(event, LedgerEvent) else self._add_fact(event, standing)
        warnings = tuple(self._warnings(standing, stream)) if self.warn else ()
        entry = Entry(
            originator_id=stream,
            originator_version=self.version(stream) + 1,
            position=standing.position,
            event_id=standing.event_id,
            type=event.type_name,
            body=standing.body,
            recorded_at=self.at,
            recorded_by=self.recorded_by,
            digest=mark,
        )
        self.entries.append(entry)
        self._by_id[entry.event_id] = entry
        self._by_stream.setdefault(stream, []).append(entry)
        self._versions[stream] = entry.originator_version
        self._note_said(standing, stream)
        self.state.head = entry.position
        is_figure = issubclass(standing.cls, Figure)
        return Drafted(entry, duplicate=False, figure_id=stream if is_figure else None, warnings=warnings)

    def find(self, event_id: UUID) -> Entry | None:
        """The event with this id, recorded or drafted."""
        if event_id not in self._by_id:
            stored = self.log.by_event_id([event_id.bytes])
            self._by_id[event_id] = self._mapper.to_domain_event(stored[0]) if stored else None
        return self._by_id[event_id]

    def acts_on(self, target: Entry) -> list[tuple[str, dict[str, Any]]]:
        """The ledger events on an event so far, in order, recorded or drafted."""
        recorded = map(self._mapper.to_domain_event, self.log.select_events(target.originator_id))
        wanted = str(target.event_id)
        return [
            (entry.type, entry.body)
            for entry in (*recorded, *self._by_stream.get(target.originator_id, ()))
            if entry.body.get("target") == wanted and issubclass(REGISTRY[entry.type], LedgerEvent)
        ]

    def standing(self, entry: Entry) -> Standing | None:
        """What an event says now; None while it is retracted."""
        cls = REGISTRY[entry.type]
        body = content((cls, entry.body), self.acts_on(entry))
        return None if body is None else Standing(entry.position, entry.event_id, cls, body, entry.recorded_at)

    def mentioning(self, text: str, types: Sequence[str]) -> Iterator[Entry]:
        """Events of these types whose body holds the text, recorded or drafted, in order. A full scan of the log."""
        yield from map(self._mapper.to_domain_event, self.log.mentioning(text, topics=types))
        yield from (entry for entry in self.entries if entry.type in types)

    def version(self, stream: UUID) -> int:
        """How many events a stream holds, drafted ones included."""
        if stream not in self._versions:
            self._versions[stream] = self.log.stream_heads([stream.bytes]).get(stream.bytes, 0)
        return self._versions[stream]

    def check_version(self, event: Event, stream: UUID) -> None:
        """Raises VersionConflict where the stream moved. Before the state changes: a refused event leaves no trace."""
        if event.expected_version is not None and event.expected_version != (actual := self.version(stream)):
            detail = f"the stream holds {actual} events, not {event.expected_version}"
            raise VersionConflict([Violation(("expected_version",), "expected_version", detail)])

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note which event fixes a metric's unit family from now on."""
        self.state.fix_metric(metric, fixed)
        self.metrics[metric] = fixed

    def _add_fact(self, event: Event, standing: Standing) -> UUID:
        found = violations(self.state, standing)
        if found:
            raise RuleBroken(found)
        if issubclass(standing.cls, Figure):
            stream = figure_of(self.state, standing.cls, standing.body)
            self.check_version(event, stream)
            metric, family = metric_family(standing.cls, standing.body)
            if metric not in self.state.metrics:
                self.fix_metric(metric, (family, standing.position))
        else:
            stream = stream_of(self.state, standing)
            self.check_version(event, stream)
            self.state.add(standing)
        assert isinstance(stream, UUID)
        return stream

    def _add_act(self, event: LedgerEvent, standing: Standing) -> UUID:
        found = violations(self.state, standing)
        if found:
            raise RuleBroken(found)
        return act(self, event, standing)

    def _warnings(self, event: Standing, stream: UUID) -> Iterator[dict[str, Any]]:
        if issubclass(event.cls, EntityRegistered):
            yield from name_warnings(event.body["name"], event.body["entity"], self.state.names())
        elif issubclass(event.cls, Figure) and event.body.get("value") is not None and self.version(stream):
            yield from value_warnings(event.body, self._said_before(event, stream))

    def _said_before(self, event: Standing, stream: UUID) -> dict[str, Any] | None:
        """What the publisher said last of the figure, of what stands and was published by then."""
        if stream not in self._said:
            self._said[stream] = self._said_on(stream)
        series = self._said[stream].get(event.body["source"]["publisher"], [])
        place = bisect_right(series, event.published.end, key=itemgetter(0))
        return series[place - 1][2] if place else None

    def _said_on(self, stream: UUID) -> dict[str, list[Said]]:
        """What stands on a figure, by publisher, in order."""
        recorded = map(self._mapper.to_domain_event, self.log.select_events(stream))
        entries = [*recorded, *self._by_stream.get(stream, ())]
        acts: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for entry in entries:
            if issubclass(REGISTRY[entry.type], LedgerEvent):
                acts.setdefault(entry.body["target"], []).append((entry.type, entry.body))
        found: dict[str, list[Said]] = {}
        for entry in entries:
            cls = REGISTRY[entry.type]
            if not issubclass(cls, Figure):
                continue
            body = content((cls, entry.body), acts.get(str(entry.event_id), []))
            if body is not None:
                standing = Standing(entry.position, entry.event_id, cls, body, entry.recorded_at)
                said = (standing.published.end, entry.position, body)
                found.setdefault(body["source"]["publisher"], []).append(said)
        for series in found.values():
            series.sort(key=itemgetter(0, 1))
        return found

    def _note_said(self, event: Standing, stream: UUID) -> None:
        """Keep what is known of a stream true to the event just added."""
        if stream not in self._said:
            return
        if issubclass(event.cls, Figure):
            series = self._said[stream].setdefault(event.body["source"]["publisher"], [])
            insort(series, (event.published.end, event.position, event.body), key=itemgetter(0, 1))
        else:
            del self._said[stream]

    def _figure_of(self, entry: Entry) -> UUID | None:
        return entry.originator_id if issubclass(REGISTRY[entry.type], Figure) else None


def stream_of(state: State, event: Standing) -> UUID:
    """The stream of an event that is no figure: the thing that it names."""
    cls = event.cls
    assert cls.thing is not None
    slug = event.body[cls.thing]
    kind = "entities" if cls.family in ("entities", "relationships", "statements") else cls.family
    named = state.resolve(slug) if kind in ("entities", "facilities") else slug
    return uuid5(FIGURE_NAMESPACE, f"{kind}:{named}")


def uuid7(at: datetime) -> UUID:
    """A time-ordered UUID (RFC 9562, version 7): 48 bits of milliseconds, then a counter of nanoseconds and chance."""
    milliseconds = microseconds(at) // 1000
    counter = time.perf_counter_ns() & 0xFFF_FFFF_FFFF
    bits = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | (counter >> 32 & 0xFFF) << 64 | 2 << 62
    bits |= (counter & 0xFFFF_FFFF) << 30 | secrets.randbits(30)
    return UUID(int=bits)
