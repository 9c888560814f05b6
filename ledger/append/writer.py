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
from typing import Any
from uuid import UUID

from ledger.append.batch import Draft
from ledger.append.commit_queue import Ticket, Turns
from ledger.append.prepare import PreparedRow, prepared
from ledger.append.receipt import Receipt, receipt_of, refusal
from ledger.codec.stored_json import PlainJSONMapper
from ledger.errors import KeyReused, Refused, StoreBusy, StoreError
from ledger.events.base import REGISTRY, Role
from ledger.events.entities import EntitiesMerged
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.state import Standing, State
from ledger.store.sqlite.log import SQLiteLog
from ledger.values.identifiers import EPOCH

EVENTS_AT_ONCE_MAX = 20_000


@dataclass
class Append:
    """A batch to be recorded, all of it or nothing; and its receipt, or what kept it out, once that is decided.

    `key` is an idempotency key and the hash of the body that came with it. With `warn`, the receipt says what is odd.
    """

    events: Sequence[PreparedRow | Refused]
    recorded_by: str = "local"
    key: tuple[str, bytes] | None = None
    warn: bool = True
    receipt: Receipt | None = None
    error: Exception | None = None

    @classmethod
    def of(cls, sent: Sequence[Any], *, recorded_by: str = "local", key: tuple[str, bytes] | None = None) -> "Append":
        """The append of decoded JSON events."""
        return cls([prepared(one) for one in sent], recorded_by, key)

    def answer(self) -> Receipt:
        """The receipt. Raises Refused, KeyReused, StoreError and its kinds."""
        if self.error is not None:
            raise self.error
        assert self.receipt is not None
        return self.receipt


class Writer:
    """Decides and writes, for one log."""

    def __init__(self, log: SQLiteLog, *, clock: Callable[[], datetime]) -> None:
        self._log = log
        self._clock = clock
        self._state = State()
        self._turns: Turns[Sequence[Append]] = Turns()
        self._mapper = PlainJSONMapper()

    def record(self, appends: Sequence[Append]) -> None:
        """Decide on appends in their order, and write down what is accepted, with the appends of others that wait.

        Each has its answer when this returns, and what was recorded is on disk.
        """
        if appends and self._turns.take(Ticket(appends)):
            try:
                self._write_with_others(appends)
            finally:
                self._turns.pass_on()

    @contextmanager
    def drafting(self, *, keep: bool = True) -> Iterator[Draft]:
        """A transaction for one draft alone, on disk when the block has ended.

        Undone where the block ends with an exception, and without `keep`.
        """
        self._turns.take(Ticket())
        try:
            with self._transaction(keep=keep) as draft:
                yield draft
        finally:
            self._turns.pass_on()

    def _write_with_others(self, first: Sequence[Append]) -> None:
        room = EVENTS_AT_ONCE_MAX - _size(first)

        def fits(appends: Sequence[Append]) -> bool:
            nonlocal room
            room -= _size(appends)
            return room >= 0

        others = self._turns.gather(fits)
        together = [*first, *(append for ticket in others for append in ticket.work or ())]
        try:
            self._decide_all(together)
        except BaseException as error:
            interrupted = StoreBusy("the write was interrupted, and nothing was recorded; try again")
            for append in together:
                if append.error is None:
                    append.error = error if isinstance(error, Exception) else interrupted
            if not isinstance(error, Exception):
                raise
        finally:
            for ticket in others:
                self._turns.finish(ticket)

    def _decide_all(self, appends: Sequence[Append]) -> None:
        """Each after the ones before it, as if it were alone, and all of them in one transaction."""
        with self._transaction() as draft:
            draft.expect((event for append in appends for event in append.events), warn=True)
            for append in appends:
                try:
                    with draft.attempt():
                        append.receipt = self._decide(draft, append)
                except StoreError:
                    raise
                except Exception as error:
                    append.error = error

    def _decide(self, draft: Draft, append: Append) -> Receipt:
        if append.key is not None and (answered := self._answered(*append.key)) is not None:
            return answered
        after = self._state.head
        placed, found = draft.add_all(append.events, recorded_by=append.recorded_by, warn=append.warn)
        if found:
            raise refusal(found)
        receipt = receipt_of(draft, placed, after=after)
        if append.key is not None:
            key, digest = append.key
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
    def _transaction(self, *, keep: bool = True) -> Iterator[Draft]:
        """A transaction at the head of the log, and what is drafted in it."""
        try:
            if self._state.head == 0:
                self._catch_up()  # A long log takes a while to read; nobody has to wait for it.
            with self._log.datastore.writing(keep=keep):
                self._catch_up()
                draft = Draft(self._log, self._state, at=max(self._clock(), self._state.recorded_at or EPOCH))
                yield draft
                draft.finish()
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


def _size(appends: Sequence[Append]) -> int:
    return sum(len(append.events) for append in appends)


def _held_types() -> list[str]:
    """The types of events that the state holds, or that act on such."""
    return [
        name
        for name, cls in REGISTRY.items()
        if cls.role is not Role.STATES or issubclass(cls, LedgerEvent | EntitiesMerged)
    ]
