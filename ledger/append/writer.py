"""How appends get into the log: one writer at a time, and all that wait for it in one transaction.

A transaction begins with the write lock of the store; then what other processes recorded is folded into the state, so
that every decision is made at the head of the log, and none has to be made again. Appends that come while a transaction
is being written wait in the commit queue, and then share the next one, with one flush to the disk: each is decided
after the ones before it, as if it were alone, and one that is refused is taken back without the others. Nobody hears of
a decision before it is on disk.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.append.batch import Batch
from ledger.append.commit_queue import CommitQueue
from ledger.append.garbage_pause import garbage_pause
from ledger.append.prepare import Draft, prepared_all
from ledger.append.receipt import Receipt, receipt_of, refusal
from ledger.errors import KeyReused, LedgerDamaged, Refused, StoreBusy, StoreError, Violation
from ledger.events.base import REGISTRY
from ledger.events.figures import Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.rules.figure_forms import FigureForms, form_of, may_have_another_form
from ledger.rules.state import State, is_held
from ledger.rules.version import Version
from ledger.store.protocol import LogStore

EVENTS_AT_ONCE_MAX = 20_000
"""About how many events are written in one transaction."""

FORMS_READ_MAX = 100_000
"""In how many of the last events the forms of figures are looked for, where the store has none yet."""

UNNAMED = "local"
"""Who records where nobody is named."""


def request_key(key: str, recorded_by: str) -> str:
    """Under which key a request is kept: each recorder has idempotency keys of their own, so that nobody gets the
    answer to another's request. A control character, which no such key has, stands between the two.
    """
    return key if recorded_by == UNNAMED else f"{recorded_by}\x1f{key}"


class Append:
    """Events to be recorded, all of them or nothing; and their receipt, or what kept them out, once that is decided.

    `key` is an idempotency key and the hash of the body that came with it. With `warn`, the receipt says what is odd.
    A subclass may have its events made only when it is their turn: see `prepare`.
    """

    def __init__(
        self,
        events: Sequence[Draft | Refused] = (),
        *,
        recorded_by: str = "local",
        key: tuple[str, bytes] | None = None,
        warn: bool = True,
    ) -> None:
        self.events = events
        self.recorded_by = recorded_by
        self.key = key
        self.warn = warn
        self.receipt: Receipt | None = None
        self.error: Exception | None = None

    @classmethod
    def of(
        cls,
        sent: Sequence[Any],
        *,
        recorded_by: str = "local",
        key: tuple[str, bytes] | None = None,
        warn: bool = True,
    ) -> "Append":
        """The append of decoded JSON events."""
        return Append(prepared_all(sent), recorded_by=recorded_by, key=key, warn=warn)

    @property
    def size(self) -> int:
        """How many events it has, about."""
        return len(self.events)

    def prepare(self) -> None:
        """Make the events ready, once, outside of any transaction. What it raises is the append's error."""

    def unwrap(self) -> Receipt:
        """The receipt. Raises what kept the events out: Refused, KeyReused, StoreError and its kinds."""
        if self.error is not None:
            raise self.error
        if self.receipt is None:
            raise StoreBusy("this was not decided yet")
        return self.receipt


class Writer:
    """Decides and writes, for one log.

    `clock` gives the instant of what is recorded now, after the last instant of the log; it may refuse (ClockInDoubt).
    `check` raises LedgerDamaged where nothing may be recorded, and `sign` makes the seal of each transaction.
    """

    def __init__(
        self,
        log: LogStore,
        *,
        clock: Callable[[datetime | None], datetime],
        sign: Callable[[int, bytes, Sequence[str]], bytes],
        check: Callable[[], None],
    ) -> None:
        self._log = log
        self._check = check
        self._sign = sign
        self._clock = clock
        self._state = State()
        self._queue: CommitQueue[Append] = CommitQueue(
            self._record_together, size=lambda append: append.size, size_max=EVENTS_AT_ONCE_MAX
        )

    def record(self, append: Append) -> None:
        """Decide on an append and write down what is accepted, with the appends of others that wait.

        It has its receipt, or its error, when this returns, and what was recorded is on disk.
        """
        self._queue.run(append)

    def submit(self, append: Append, notify: Callable[[list[Append]], None]) -> None:
        """The same without waiting: `notify` is called in another thread, once the append has its receipt or error."""
        self._queue.submit(append, notify)

    @contextmanager
    def batch(self, *, keep: bool = True) -> Iterator[Batch]:
        """A transaction for one batch alone, on disk when the block has ended.

        Undone where the block ends with an exception, and without `keep`.
        """
        with self._queue.alone(), self._transaction(keep=keep) as batch:
            yield batch

    @property
    def waiting(self) -> int:
        """How many appends wait to be decided."""
        return len(self._queue)

    def close(self) -> None:
        """Wait until everything that was submitted is decided."""
        self._queue.close()

    def _record_together(self, appends: Sequence[Append]) -> None:
        """Decide on each after the ones before it, as if it were alone, and on all of them in one transaction."""
        ready: list[Append] = []
        events: list[Draft | Refused] = []
        for append in appends:
            try:
                append.prepare()
            except Exception as error:
                append.error = error
            else:
                ready.append(append)
                events += append.events
        if not ready:
            return
        try:
            with garbage_pause(len(events)), self._transaction() as batch:
                batch.expect(events, warn=True)
                for append in ready:
                    self._decide(batch, append)
        except BaseException as error:
            interrupted = StoreBusy("the write was interrupted, and nothing was recorded; try again")
            for append in ready:
                if append.error is None:
                    append.error = error if isinstance(error, Exception) else interrupted
            if not isinstance(error, Exception):
                raise

    def _decide(self, batch: Batch, append: Append) -> None:
        """Place the events of an append, and give it its receipt; or its error, and then nothing of it is placed."""
        try:
            _check_names(append)
            with batch.part():
                append.receipt = self._answered(append) or self._placed(batch, append)
        except StoreError:
            raise
        except Exception as error:
            append.error = error

    def _placed(self, batch: Batch, append: Append) -> Receipt:
        after = self._state.head
        entries, violations = batch.place_all(append.events, recorded_by=append.recorded_by, warn=append.warn)
        if violations:
            raise refusal(violations)
        receipt = receipt_of(batch, entries, after=after)
        if append.key is not None:
            key, digest = append.key
            kept_key = request_key(key, append.recorded_by)
            self._log.keep_request(kept_key, digest=digest, position=receipt.position, answer=receipt.answer_text())
        return receipt

    def _answered(self, append: Append) -> Receipt | None:
        """The receipt that an idempotency key already has. Raises KeyReused."""
        if append.key is None:
            return None
        key, digest = append.key
        kept = self._log.request(request_key(key, append.recorded_by))
        if kept is None:
            return None
        if not kept[0]:
            raise KeyReused(f"the request with the idempotency key {key!r} recorded an event that was erased since")
        if kept[0] != digest:
            raise KeyReused(f"the idempotency key {key!r} was used for another body")
        return Receipt.replay(kept[1])

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[Batch]:
        """A transaction at the head of the log, and the batch that is placed in it. Raises LedgerDamaged."""
        self._check()
        try:
            if self._state.head == 0:
                self._catch_up()  # A long log takes a while to read; nobody has to wait for it.
            with self._log.writing(keep=keep):
                self._catch_up()
                batch = Batch(self._log, self._state, at=self._clock(self._state.recorded_at))
                yield batch
                batch.finish()
                if keep:
                    self._log.seal(self._sign)
        except BaseException:
            self._state.revert()
            raise
        if keep:
            self._state.keep()
            self._state.forms.saved()
        else:
            self._state.revert()

    def _catch_up(self) -> None:
        """Fold what other writers recorded into the state."""
        state, head = self._state, self._log.head()
        if head == state.head:
            return
        restated = False
        for entry in self._log.of_other_types(_types_of_no_matter(), after=state.head, until=head):
            if entry.is_erased:
                continue  # It counts as if it were not there.
            cls, body = entry.cls, entry.body  # An unknown type may be one that matters: then nothing may be decided.
            if not issubclass(cls, LedgerEvent):
                state.add(Version(entry.position, entry.event_id, cls, body, entry.recorded_at))
            else:
                state.act(UUID(body["target"]), entry.position, (entry.type, body))
                restated |= may_have_another_form((entry.type, body))
        (last,) = self._log.at_positions([head])
        state.know_metrics(self._log.metrics())
        if restated and state.head:
            # Others noted and forgot forms at positions that were read already.
            state.forms = FigureForms()
            state.forms.load(self._log.forms(after=0))
        else:
            self._read_forms(after=state.head, until=head)
        state.head = head
        state.recorded_at = last.recorded_at
        state.keep()

    def _read_forms(self, *, after: int, until: int) -> None:
        """Take in the forms of figures that are new. A log of a program that noted none has them noted now."""
        state, rows = self._state, self._log.forms(after=after)
        state.forms.load(rows)
        if rows or after:
            return
        others = [name for name, cls in REGISTRY.items() if not issubclass(cls, Figure)]
        for entry in self._log.of_other_types(others, after=max(0, until - FORMS_READ_MAX), until=until):
            if entry.is_erased:
                continue
            with suppress(LedgerDamaged):  # What cannot be read is no reason to refuse what comes.
                figure = Version(entry.position, entry.event_id, entry.cls, entry.body, entry.recorded_at)
                state.note_forms(form_of(figure), entry.position)


def _check_names(append: Append) -> None:
    """Whether every store can keep who records, and the key. Raises Refused."""
    if "\0" in append.recorded_by or (append.key is not None and "\0" in append.key[0]):
        detail = "who records, and an idempotency key, must not hold the character U+0000"
        raise Refused([Violation((), "text", detail)])


def _types_of_no_matter() -> list[str]:
    """The types of events that the state does not hold, and that act on none which it does."""
    return [name for name, cls in REGISTRY.items() if not is_held(cls) and not issubclass(cls, LedgerEvent)]
