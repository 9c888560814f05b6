"""How batches get into the log: one writer at a time, and all that wait for it in one transaction.

A transaction begins with the write lock of the store; then what other processes recorded is folded into the state, so
that every decision is made at the head of the log, and none has to be made again. Requests that come while a
transaction is being written wait, and then share the next one, with one flush to the disk: each is decided after the
ones before it, as if it were alone, and one that is refused is taken back without the others. Nobody hears of a
decision before it is on disk.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.drafting import Draft, Put
from ledger.errors import KeyReused, Refused, StoreBusy, StoreError
from ledger.events.base import REGISTRY, Role
from ledger.events.entities import EntitiesMerged
from ledger.events.keeping import LedgerEvent
from ledger.identifiers import EPOCH
from ledger.mapper import PlainJSONMapper
from ledger.preparing import PreparedRow
from ledger.receipts import Receipt, receipt_of, refusal
from ledger.state import Standing, State
from ledger.stores.sqlite import SQLiteLog
from ledger.turns import Ticket, Turns

EVENTS_AT_ONCE_MAX = 20_000


@dataclass
class Request:
    """A batch to be recorded, all of it or nothing, and the answer once there is one.

    `key` is an idempotency key and the hash of the body that came with it.
    """

    events: Sequence[PreparedRow | Refused]
    recorded_by: str = "local"
    key: tuple[str, bytes] | None = None
    warn: bool = True
    receipt: Receipt | None = None
    error: Exception | None = None

    def answer(self) -> Receipt:
        """The receipt. Raises what refused the batch, or kept it from being written."""
        if self.error is not None:
            raise self.error
        assert self.receipt is not None
        return self.receipt


class Writer:
    """Decides and writes, for one log. `put` writes the events of a request into the open transaction."""

    def __init__(self, log: SQLiteLog, *, clock: Callable[[], datetime], put: Put) -> None:
        self._log = log
        self._clock = clock
        self._put = put
        self._state = State()
        self._turns: Turns[Request] = Turns()
        self._mapper = PlainJSONMapper()

    def record(self, request: Request) -> Receipt:
        """Write a request down, and those that wait with it. Raises Refused, KeyReused, StoreError and its kinds."""
        if self._turns.take(Ticket(request)):
            try:
                self._write_with_others(request)
            finally:
                self._turns.pass_on()
        return request.answer()

    @contextmanager
    def drafting(self, *, recorded_by: str, warn: bool = False, keep: bool = True) -> Iterator[Draft]:
        """A transaction for one draft alone, on disk when the block has ended.

        Undone where the block ends with an exception, and without `keep`.
        """
        self._turns.take(Ticket())
        try:
            with self._transaction(keep=keep) as at:
                draft = Draft(self._log, self._state, at=at, recorded_by=recorded_by, warn=warn)
                yield draft
                draft.finish()
        finally:
            self._turns.pass_on()

    def _write_with_others(self, first: Request) -> None:
        room = EVENTS_AT_ONCE_MAX - len(first.events)

        def fits(request: Request) -> bool:
            nonlocal room
            room -= len(request.events)
            return room >= 0

        others = self._turns.gather(fits)
        requests = [first, *(ticket.work for ticket in others if ticket.work is not None)]
        try:
            self._decide_all(requests)
        except StoreError as error:
            for request in requests:
                request.error = type(error)(*error.args)
        except BaseException:
            for request in requests:
                request.error = StoreBusy("the write was interrupted, and nothing was recorded; try again")
            raise
        finally:
            for ticket in others:
                self._turns.finish(ticket)

    def _decide_all(self, requests: Sequence[Request]) -> None:
        """Each after the ones before it, as if it were alone, and all of them in one transaction."""
        with self._transaction() as at:
            for request in requests:
                mark = self._state.mark()
                try:
                    with self._log.datastore.undoing():
                        request.receipt = self._decide(request, at)
                except StoreError:
                    raise
                except Exception as error:
                    self._state.revert(mark)
                    request.error = error

    def _decide(self, request: Request, at: datetime) -> Receipt:
        if request.key is not None and (answered := self._answered(*request.key)) is not None:
            return answered
        draft = Draft(self._log, self._state, at=at, recorded_by=request.recorded_by, warn=request.warn, put=self._put)
        placed, found = draft.add_all(request.events)
        if found:
            raise refusal(found)
        draft.finish()
        receipt = receipt_of(draft, placed)
        if request.key is not None:
            key, digest = request.key
            self._log.keep_request(key, digest=digest, position=receipt.position, answer=receipt.answer_text())
        return receipt

    def _answered(self, key: str, digest: bytes) -> Receipt | None:
        found = self._log.request(key)
        if found is None:
            return None
        if found[0] != digest:
            raise KeyReused(f"the idempotency key {key!r} was used for another body")
        answer = json.loads(found[1])
        return Receipt(tuple(answer["items"]), answer["position"], answer["recorded_at"], replayed=True)

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[datetime]:
        """A transaction at the head of the log, and the time of what is recorded in it."""
        try:
            if self._state.head == 0:
                self._catch_up()  # A long log takes a while to read; nobody has to wait for it.
            with self._log.datastore.writing(keep=keep):
                self._catch_up()
                yield max(self._clock(), self._state.recorded_at or EPOCH)
        except BaseException:
            self._state.revert()
            raise
        if keep:
            self._state.keep()
        else:
            self._state.revert()

    def _catch_up(self) -> None:
        """Fold what other writers recorded into the state."""
        head = self._log.max_notification_id()
        if head == self._state.head:
            return
        for stored in self._log.of_types(_held_types(), after=self._state.head, until=head):
            entry = self._mapper.to_domain_event(stored)
            cls = REGISTRY[entry.type]
            if not issubclass(cls, LedgerEvent):
                self._state.add(Standing(entry.position, entry.event_id, cls, entry.body, entry.recorded_at))
            elif self._state.holds(target := UUID(entry.body["target"])):
                self._state.act(target, entry.type, entry.body)
        (last,) = self._log.by_position([head])
        self._state.metrics = self._log.metrics()
        self._state.head = head
        self._state.recorded_at = self._mapper.to_domain_event(last).recorded_at
        self._state.keep()


def _held_types() -> list[str]:
    """The types of events that the state holds, or that act on such."""
    return [
        name
        for name, cls in REGISTRY.items()
        if cls.role is not Role.STATES or issubclass(cls, LedgerEvent | EntitiesMerged)
    ]
