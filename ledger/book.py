"""The Ledger: facts go in once, in order, for ever.

An append is decided against the state at the head of the log, then written in one transaction that first checks that
the head has not moved; where it has, the decision is made again. So the rules stay pure, and several processes may
write one log.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, Mapper
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment

from ledger.calendars import instant_text
from ledger.drafting import VIOLATIONS_MAX, Draft, Drafted
from ledger.errors import (
    EventIdReused,
    InvalidEvent,
    KeyReused,
    Refused,
    RuleBroken,
    StoreBusy,
    VersionConflict,
    Violation,
)
from ledger.events.base import REGISTRY, Role
from ledger.events.entities import EntitiesMerged
from ledger.events.keeping import LedgerEvent
from ledger.mapper import EPOCH, Entry, PlainJSONMapper, microseconds
from ledger.state import Standing, State
from ledger.stores.sqlite import Extras, HeadMoved, SQLiteLog

TRIES_MAX = 50


def now_utc() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ReceiptItem:
    """What became of one event: where it is in the log, for the first time (`recorded`) or already (`duplicate`)."""

    event_id: UUID
    position: int
    recorded_at: datetime
    type: str
    figure_id: UUID | None
    status: str
    warnings: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The item as the API answers it."""
        item: dict[str, Any] = {
            "event_id": str(self.event_id),
            "position": self.position,
            "recorded_at": instant_text(self.recorded_at),
            "type": self.type,
        }
        if self.figure_id is not None:
            item["figure_id"] = str(self.figure_id)
        return {**item, "status": self.status, "warnings": list(self.warnings)}


@dataclass(frozen=True)
class Receipt:
    """The answer to an append: an item per event, and the head of the log after it."""

    items: tuple[dict[str, Any], ...]
    position: int
    recorded_at: str | None
    replayed: bool = False

    @property
    def all_duplicates(self) -> bool:
        """Whether nothing new was recorded."""
        return all(item["status"] == "duplicate" for item in self.items)

    def answer_text(self) -> str:
        """The receipt as it is kept with its idempotency key."""
        return json.dumps({"items": self.items, "position": self.position, "recorded_at": self.recorded_at})


@dataclass(frozen=True)
class Plan:
    """What an append would do: the entries it would add, an item per event, and the violations by place."""

    entries: tuple[Entry, ...]
    items: tuple[ReceiptItem | None, ...]
    violations: tuple[Violation, ...] = ()


class Ledger(Application[UUID]):
    """An append-only log of supply-chain facts. `path` is a file, made where it is absent, or `:memory:`."""

    def __init__(self, path: str | Path, *, clock: Callable[[], datetime] = now_utc) -> None:
        self._path = str(path)
        self._clock = clock
        self._lock = threading.RLock()
        super().__init__()
        self._state = State()
        self._mapper = PlainJSONMapper()

    @property
    def log(self) -> SQLiteLog:  # type: ignore[override]
        """The store itself: rows by position, stream and event id."""
        assert isinstance(self.recorder, SQLiteLog)
        return self.recorder

    @property
    def identity(self) -> str:
        """A name that no other log has."""
        return self.log.identity

    @property
    def directory(self) -> Path | None:
        """The folder of the ledger's file; None where it is in memory."""
        return None if self._path == ":memory:" else Path(self._path).resolve().parent

    def now(self) -> datetime:
        """The ledger's clock."""
        return self._clock().astimezone(UTC)

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""
        return self.log.max_notification_id()

    def append(
        self,
        sent: Sequence[Any],
        *,
        recorded_by: str = "local",
        request: tuple[str, bytes] | None = None,
        warn: bool = True,
    ) -> Receipt:
        """Record decoded JSON events, all or none; when this returns they are on disk.

        `request` is an idempotency key and the hash of its body: sent again, the first answer comes back. Raises
        Refused (with paths that begin with the place in the batch), KeyReused, StoreBusy, StoreFull.
        """
        with self._lock:
            for _ in range(TRIES_MAX):
                if request is not None and (answered := self._answered(request)) is not None:
                    return answered
                try:
                    plan, draft = self._draft(sent, recorded_by=recorded_by, warn=warn)
                    if plan.violations:
                        raise _refusal(plan.violations)
                    return self._write_down(plan, draft, request)
                except HeadMoved:
                    continue
                finally:
                    self._state.revert()
        raise StoreBusy("other writers kept the log moving; try again")

    def append_what_fits(
        self, sent: Sequence[Any], *, recorded_by: str = "local", all_or_none: bool = False
    ) -> tuple[Receipt, list[Violation]]:
        """Record the events that may be recorded and leave out the others, whose violations come back, every one.

        With `all_or_none`, one that may not be recorded keeps the others out too; the receipt then has no items.
        """
        with self._lock:
            for _ in range(TRIES_MAX):
                try:
                    plan, draft = self._draft(sent, recorded_by=recorded_by, warn=False)
                    if all_or_none and plan.violations:
                        plan = Plan((), (), plan.violations)
                        self._state.revert()
                    return self._write_down(plan, draft, None), list(plan.violations)
                except HeadMoved:
                    continue
                finally:
                    self._state.revert()
        raise StoreBusy("other writers kept the log moving; try again")

    def plan(self, sent: Sequence[Any], *, recorded_by: str = "local") -> Plan:
        """Everything that an append would check and do, without recording. Raises as `append` does."""
        plan = self.check(sent, recorded_by=recorded_by, warn=True)
        if plan.violations:
            raise _refusal(plan.violations)
        return plan

    def check(self, sent: Sequence[Any], *, recorded_by: str = "local", warn: bool = False) -> Plan:
        """The same, with every violation found in the plan instead of an error."""
        with self._lock:
            try:
                return self._draft(sent, recorded_by=recorded_by, warn=warn)[0]
            finally:
                self._state.revert()

    def get(self, event_id: UUID) -> Entry | None:
        """The event with this id."""
        found = self.log.by_event_id([event_id.bytes])
        return self._mapper.to_domain_event(found[0]) if found else None

    def acts_on(self, target: Entry) -> list[Entry]:
        """The ledger events that act on an event, in order."""
        entries = map(self._mapper.to_domain_event, self.log.select_events(target.originator_id))
        wanted = str(target.event_id)
        return [
            entry
            for entry in entries
            if issubclass(REGISTRY[entry.type], LedgerEvent) and entry.body.get("target") == wanted
        ]

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The events at these positions, in order."""
        return [self._mapper.to_domain_event(stored) for stored in self.log.by_position(positions)]

    def entries(self, *, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The log in order."""
        last = self.head() if until is None else until
        while after < last:
            found = self.log.by_position(range(after + 1, min(after + 1000, last) + 1))
            if not found:
                return
            yield from (self._mapper.to_domain_event(stored) for stored in found)
            after = found[-1].position

    def position_at(self, at: datetime) -> int:
        """The last position recorded at or before an instant; 0 where there is none."""
        return self.log.position_at(microseconds(at))

    def recorded_at(self, position: int) -> datetime | None:
        """When a position was recorded; None for position 0."""
        found = self.log.by_position([position])
        return EPOCH + timedelta(microseconds=found[0].recorded_at) if found else None

    def close(self) -> None:
        """Close the store. The log stays as it is."""
        super().close()
        self.log.close()

    def construct_env(self, name: str, env: Any = None) -> Environment:
        """An empty environment: only `api` reads the process's."""
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library's plain factory; the recorder is our own."""
        return POPOFactory(env)

    def construct_mapper(self) -> Mapper[UUID]:
        """Plain JSON bytes."""
        return PlainJSONMapper()

    def construct_recorder(self) -> ApplicationRecorder:
        """The log in SQLite."""
        return SQLiteLog(self._path)

    def _draft(self, sent: Sequence[Any], *, recorded_by: str, warn: bool) -> tuple[Plan, Draft]:
        self._catch_up()
        at = max(self.now(), self._state.recorded_at or EPOCH)
        head = self._state.head
        self._state.on_revert(lambda: setattr(self._state, "head", head))
        draft = Draft(self.log, self._state, at=at, recorded_by=recorded_by, warn=warn)
        items: list[ReceiptItem | None] = []
        found: list[Violation] = []
        for index, (event, one) in enumerate(zip(draft.look_up(sent), sent, strict=True)):
            try:
                if isinstance(event, Refused):
                    raise event
                items.append(_item(draft.add(event, one)))
            except Refused as error:
                items.append(None)
                found.extend(_kinded(violation.at(index), error) for violation in error.violations)
        return Plan(tuple(draft.entries), tuple(items), tuple(found)), draft

    def _write_down(self, plan: Plan, draft: Draft, request: tuple[str, bytes] | None) -> Receipt:
        """Write a plan down. Raises HeadMoved where the log is longer than the plan assumed."""
        head = draft.state.head
        at = draft.at if plan.entries else self.recorded_at(head)
        items = tuple(item.as_dict() for item in plan.items if item is not None)
        receipt = Receipt(items, head, instant_text(at) if at else None)
        if not plan.entries and request is None:
            return receipt
        extras = Extras(
            expected_head=head - len(plan.entries),
            request=(*request, receipt.answer_text()) if request is not None else None,
            metrics=tuple(draft.metrics.items()),
        )
        if plan.entries:
            self.events.put(plan.entries, extras=extras)
            self._state.recorded_at = draft.at
        else:
            self.log.insert_events([], extras=extras)
        self._state.keep()
        return receipt

    def _answered(self, request: tuple[str, bytes]) -> Receipt | None:
        key, digest = request
        found = self.log.request(key)
        if found is None:
            return None
        if found[0] != digest:
            raise KeyReused(f"the idempotency key {key!r} was used for another body")
        answer = json.loads(found[1])
        return Receipt(tuple(answer["items"]), answer["position"], answer["recorded_at"], replayed=True)

    def _catch_up(self) -> None:
        """Fold what other writers recorded into the state."""
        head = self.head()
        if head == self._state.head:
            return
        held = [
            name
            for name, cls in REGISTRY.items()
            if cls.role is not Role.STATES or issubclass(cls, LedgerEvent | EntitiesMerged)
        ]
        for rows in self.log.rows(after=self._state.head, until=head, topics=held):
            for stored in self.log.by_position([row["position"] for row in rows]):
                entry = self._mapper.to_domain_event(stored)
                cls = REGISTRY[entry.type]
                if not issubclass(cls, LedgerEvent):
                    self._state.add(Standing(entry.position, entry.event_id, cls, entry.body, entry.recorded_at))
                elif self._state.holds(target := UUID(entry.body["target"])):
                    self._state.act(target, entry.type, entry.body)
        self._state.metrics = self.log.metrics()
        self._state.head = head
        self._state.recorded_at = self.recorded_at(head)
        self._state.keep()


def _item(drafted: Drafted) -> ReceiptItem:
    entry = drafted.entry
    return ReceiptItem(
        event_id=entry.event_id,
        position=entry.position,
        recorded_at=entry.recorded_at,
        type=entry.type,
        figure_id=drafted.figure_id,
        status="duplicate" if drafted.duplicate else "recorded",
        warnings=drafted.warnings,
    )


def _kinded(violation: Violation, error: Refused) -> Violation:
    return replace(violation, kind=type(error))


def _refusal(found: Sequence[Violation]) -> Refused:
    """One error for a batch: a rule broken outranks a conflict, and a fault of form outranks both."""
    for kind in (InvalidEvent, RuleBroken, EventIdReused, VersionConflict):
        if any(violation.kind is kind for violation in found):
            return kind(list(found[:VIOLATIONS_MAX]))
    return Refused(list(found[:VIOLATIONS_MAX]))
