"""Batches on their way into the log: each event is placed after the ones before it and checked against the rules.

A draft belongs to an open transaction of the log. It writes there what it placed in as few goes as it can: at the end,
or before something is asked of the log, so that later events see the earlier ones. It changes the state as it goes,
journalled. Who opened the transaction keeps or reverts both; and one batch of several can be taken back alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from ledger.append.prepare import Prepared, PreparedRow
from ledger.codec.stored_json import Entry, Placed, PlainJSONMapper
from ledger.errors import EventIdReused, Refused, RuleBroken, StoreError, VersionConflict, Violation
from ledger.events.base import REGISTRY
from ledger.events.entities import EntityRegistered
from ledger.events.figures import FIGURE_NAMESPACE, Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.effective_content import content
from ledger.rules.ledger_event_rules import act
from ledger.rules.publisher_series import Histories
from ledger.rules.rules import figure_of, violations
from ledger.rules.state import Mark, Standing, State, metric_family
from ledger.rules.warnings import name_warnings, value_warnings
from ledger.store.sqlite.log import SQLiteLog
from ledger.values.identifiers import microseconds, of_time


@dataclass
class _Attempt:
    """One batch of several: what it began from, and whether something was written meanwhile."""

    mark: Mark
    begins: int
    """How many events of others are not written yet."""
    written: bool = False


class Draft:
    """The events that a transaction adds, and everything needed to look an event up, recorded or drafted."""

    def __init__(self, log: SQLiteLog, state: State, *, at: datetime) -> None:
        self.state = state
        self.at = at
        self.warnings: dict[int, tuple[dict[str, Any], ...]] = {}
        """What is odd about an event, by its position."""
        self._log = log
        self._micros = microseconds(at)
        self._unwritten: list[Placed] = []
        self._attempt: _Attempt | None = None
        self._known: dict[bytes, Placed] = {}
        self._heard_of: set[bytes] = set()
        self._histories = Histories()
        self._metrics: set[str] = set()
        self._mapper = PlainJSONMapper()

    @property
    def log(self) -> SQLiteLog:
        """The log, with everything in it that was drafted."""
        self._write()
        return self._log

    def expect(self, events: Iterable[PreparedRow | Refused], *, warn: bool = False) -> None:
        """Look up what the log knows of the events that will be added next: the same ones, and of their figures."""
        coming = [event for event in events if isinstance(event, tuple)]
        self._known = self.log.known([event[1] for event in coming if event[1] is not None])
        if warn:
            figures = {stream for *_, about in coming if about is not None and (stream := about[-1]) is not None}
            told = self._log.histories(list(figures))
            self._heard_of = set(told)
            self._histories.read(told)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What the block adds is taken back where it ends with an exception, and that only."""
        attempt = self._attempt = _Attempt(self.state.mark(), len(self._unwritten))
        try:
            yield
        except StoreError:
            raise  # The store itself has failed, and may have undone everything.
        except Exception:
            self._take_back(attempt)
            raise
        finally:
            self._attempt = None
        if attempt.written:
            self._log.datastore.release()

    def add_all(
        self, events: Sequence[PreparedRow | Refused], *, recorded_by: str, warn: bool = False
    ) -> tuple[list[Placed | None], list[Violation]]:
        """Place those of the events that may be recorded; and why the others may not, with paths into the batch.

        They were expected. One that is known already has its first place, no later than that of one before it.
        """
        placed: list[Placed | None] = []
        found: list[Violation] = []
        for index, event in enumerate(events):
            try:
                if isinstance(event, Refused):
                    raise event
                placed.append(self._add(event, recorded_by, warn=warn))
            except Refused as error:
                placed.append(None)
                found += [violation.at(index, type(error)) for violation in error.violations]
        return placed, found

    def finish(self) -> None:
        """Write what is not written yet. Afterwards nothing more is added."""
        self._write()
        for metric in self._metrics:
            self._log.fix_metric(metric, self.state.metrics.get(metric))

    def _write(self) -> None:
        rows, attempt = self._unwritten, self._attempt
        if not rows:
            return
        if attempt is not None and not attempt.written:
            # What came before the attempt stays, whatever becomes of it.
            if attempt.begins:
                self._log.insert_placed(rows[: attempt.begins])
            self._log.datastore.savepoint()
            attempt.written = True
            rows = rows[attempt.begins :]
        self._unwritten = []
        if rows:
            self._log.insert_placed(rows)

    def _take_back(self, attempt: "_Attempt") -> None:
        if attempt.written:
            self._log.datastore.undo()
            self._unwritten = []
        else:
            del self._unwritten[attempt.begins :]
        self.state.revert(attempt.mark)
        head = attempt.mark.head
        self._known = {event_id: placed for event_id, placed in self._known.items() if placed.position <= head}
        self.warnings = {position: found for position, found in self.warnings.items() if position <= head}
        self._histories.clear()

    def _add(self, event: PreparedRow, recorded_by: str, *, warn: bool) -> Placed:
        """Place one event. Raises Refused (one of its kinds), with paths into the event, and then adds nothing."""
        topic, event_id, expected_version, digest, state, about = event
        if event_id is not None and (known := self._known.get(event_id)) is not None:
            return _the_same(known, digest=digest, topic=topic)
        made_id = event_id or of_time(self.at)
        stream = self.state.fits(about) if about is not None else None
        if stream is not None and expected_version is not None:
            self.check_version(expected_version, stream)
        # Nothing about the first statement on a figure can be odd.
        if stream is None or (warn and stream in self._heard_of):
            stream = self._add_slowly(Prepared(*event), made_id, stream, warn=warn)
        self.state.head = position = self.state.head + 1
        self.state.recorded_at = self.at
        placed = Placed(position, made_id, stream, topic, self._micros, recorded_by, digest, state)
        self._unwritten.append(placed)
        if event_id is not None:
            self._known[event_id] = placed
        if warn:
            self._heard_of.add(stream)
        else:
            self._histories.forget(stream)
        return placed

    def _add_slowly(self, event: Prepared, event_id: bytes, fitting: bytes | None, *, warn: bool) -> bytes:
        """Ask every rule that is not known to be kept, and note what is odd; the stream that the event belongs to."""
        standing = Standing(self.state.head + 1, UUID(bytes=event_id), event.cls, event.body(), self.at)
        stream = fitting or self._fold(event, standing).bytes
        if warn:
            self.warnings[standing.position] = tuple(self._oddities(standing, stream))
            self._histories.note(standing, stream)
        return stream

    def _fold(self, event: Prepared, standing: Standing) -> UUID:
        """Ask the rules, and fold the event into the state."""
        found = violations(self.state, standing)
        if found:
            raise RuleBroken(found)
        if issubclass(standing.cls, LedgerEvent):
            return act(self, standing, expected_version=event.expected_version)
        if not issubclass(standing.cls, Figure):
            stream = stream_of(self.state, standing)
            self.check_version(event.expected_version, stream.bytes)
            self.state.add(standing)
            return stream
        figure: UUID = figure_of(self.state, standing.cls, standing.body)
        self.check_version(event.expected_version, figure.bytes)
        metric, family = metric_family(standing.cls, standing.body)
        if metric not in self.state.metrics:
            self.fix_metric(metric, (family, standing.position))
        return figure

    def find(self, event_id: UUID) -> Entry | None:
        """The event with this id, recorded or drafted."""
        found = self.log.by_event_id([event_id.bytes])
        return self._mapper.to_domain_event(found[0]) if found else None

    def acts_on(self, target: Entry) -> list[tuple[str, dict[str, Any]]]:
        """The ledger events on an event so far, in order, recorded or drafted."""
        acts = [name for name, cls in REGISTRY.items() if issubclass(cls, LedgerEvent)]
        found = map(self._mapper.to_domain_event, self.log.select_events(target.originator_id, topics=acts))
        wanted = str(target.event_id)
        return [(entry.type, entry.body) for entry in found if entry.body["target"] == wanted]

    def standing(self, entry: Entry) -> Standing | None:
        """What an event says now; None while it is retracted."""
        cls = REGISTRY[entry.type]
        body = content((cls, entry.body), self.acts_on(entry))
        return None if body is None else Standing(entry.position, entry.event_id, cls, body, entry.recorded_at)

    def mentioning(self, text: str, types: Sequence[str]) -> Iterator[Entry]:
        """Events of these types whose body holds the text, recorded or drafted, in order. A full scan of the log."""
        return map(self._mapper.to_domain_event, self.log.mentioning(text, topics=types))

    def check_version(self, expected: int | None, stream: bytes) -> None:
        """Raises VersionConflict where the stream moved. Before the state changes: a refused event leaves no trace."""
        if expected is None:
            return
        actual = self.log.stream_heads([stream]).get(stream, 0)
        if expected != actual:
            detail = f"the stream holds {actual} events, not {expected}"
            raise VersionConflict([Violation(("expected_version",), "expected_version", detail)])

    def fix_metric(self, metric: str, fixed: tuple[str, int] | None) -> None:
        """Note which event fixes a metric's unit family from now on."""
        self.state.fix_metric(metric, fixed)
        self._metrics.add(metric)

    def _oddities(self, event: Standing, stream: bytes) -> Iterator[dict[str, Any]]:
        if issubclass(event.cls, EntityRegistered):
            yield from name_warnings(event.body["name"], event.body["entity"], self.state.names())
        elif issubclass(event.cls, Figure) and event.body.get("value") is not None:
            if stream not in self._histories:
                self._histories.read({stream: [], **self.log.histories([stream])})
            yield from value_warnings(event.body, self._histories.before(event, stream))


def _the_same(known: Placed, *, digest: bytes, topic: str) -> Placed:
    if known.digest != digest or known.topic != topic:
        detail = f"event_id {UUID(bytes=known.event_id)} names another event, at position {known.position}"
        raise EventIdReused([Violation(("event_id",), "event_id_reused", detail)])
    return known


def stream_of(state: State, event: Standing) -> UUID:
    """The stream of an event that is no figure: the thing that it names."""
    cls = event.cls
    assert cls.thing is not None
    slug = event.body[cls.thing]
    kind = "entities" if cls.family in ("entities", "relationships", "statements") else cls.family
    named = state.resolve(slug) if kind in ("entities", "facilities") else slug
    return uuid5(FIGURE_NAMESPACE, f"{kind}:{named}")
