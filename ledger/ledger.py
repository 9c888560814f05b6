"""The Ledger: facts go in once, in order, for ever.

An append is two steps. The pure one (`ledger.append.prepare`) checks each event against its type and needs no ledger; the
other decides at the head of the log, and writes, in one transaction (`ledger.append.writer`). So the rules stay pure, and
several threads and processes may write one log.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, Mapper
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment

from ledger.append.batch import Draft
from ledger.append.prepare import prepared
from ledger.append.receipt import Plan, Receipt, items_of, receipt_of, refusal
from ledger.append.writer import Append, Writer
from ledger.codec.stored_json import Entry, PlainJSONMapper
from ledger.errors import Violation
from ledger.events.base import REGISTRY
from ledger.events.ledger_events import LedgerEvent
from ledger.store.sqlite.log import SQLiteLog
from ledger.values.identifiers import microseconds


def now_utc() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


class Ledger(Application[UUID]):
    """An append-only log of supply-chain facts. `path` is a file, made where it is absent, or `:memory:`."""

    def __init__(self, path: str | Path, *, clock: Callable[[], datetime] = now_utc) -> None:
        self._path = str(path)
        self._clock = clock
        super().__init__()
        self._mapper = PlainJSONMapper()
        self._writer = Writer(self.log, clock=self.now)

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
        append = Append.of(sent, recorded_by=recorded_by, key=request)
        append.warn = warn
        self.append_each([append])
        return append.answer()

    def append_each(self, appends: Sequence[Append]) -> None:
        """Decide on several appends, each after the ones before it as if it were alone, in one transaction.

        Each has its receipt, or what kept it out, when this returns; what was recorded is on disk.
        """
        self._writer.record(appends)

    def append_what_fits(self, sent: Sequence[Any], *, recorded_by: str = "local") -> tuple[Receipt, list[Violation]]:
        """Record the events that may be recorded and leave out the others, whose violations come back, every one."""
        events = [prepared(one) for one in sent]
        with self.drafting() as draft:
            after = draft.state.head
            draft.expect(events)
            placed, violations = draft.add_all(events, recorded_by=recorded_by)
            receipt = receipt_of(draft, placed, after=after)
        return receipt, violations

    def drafting(self) -> AbstractContextManager[Draft]:
        """A transaction to add prepared events in, for files; on disk when the block has ended."""
        return self._writer.drafting()

    def plan(self, sent: Sequence[Any], *, recorded_by: str = "local") -> Plan:
        """Everything that an append would check and do, without recording. Raises as `append` does."""
        events = [prepared(one) for one in sent]
        with self._writer.drafting(keep=False) as draft:
            after = draft.state.head
            draft.expect(events, warn=True)
            placed, violations = draft.add_all(events, recorded_by=recorded_by, warn=True)
            if violations:
                raise refusal(violations)
            stored = draft.log.by_position(range(after + 1, draft.state.head + 1))
            entries = tuple(self._mapper.to_domain_event(one) for one in stored)
            return Plan(entries, tuple(items_of(draft, placed, after=after)))

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
        return self._mapper.to_domain_event(found[0]).recorded_at if found else None

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
