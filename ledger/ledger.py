"""The Ledger: facts go in once, in order, for ever.

An append is two steps. The pure one (`ledger.append.prepare`) checks each event against its type and needs no ledger;
the other decides at the head of the log, and writes, in one transaction (`ledger.append.writer`). So the rules stay
pure, and several threads and processes may write one log.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from ledger.append.batch import Batch
from ledger.append.erased_events import erasures
from ledger.append.garbage_pause import garbage_pause
from ledger.append.prepare import prepare, prepared, prepared_all
from ledger.append.receipt import Plan, Receipt, items_of, receipt_of, refusal
from ledger.append.writer import Append, Writer
from ledger.clock import Clock, machine_elapsed, machine_now
from ledger.codec.entry import Entry
from ledger.errors import LedgerAltered, LedgerDamaged, StoreError, Violation
from ledger.events.base import REGISTRY
from ledger.events.ledger_events import LedgerEvent
from ledger.store import LogStore, open_store
from ledger.values.identifiers import microseconds

if TYPE_CHECKING:
    from ledger.proof.log_proofs import LogProofs
    from ledger.proof.notes import VerifierKey
    from ledger.verification import Verification


class Ledger:
    """An append-only log of supply-chain facts.

    `location` is where the log is kept: a file, made where it is absent; `:memory:`; or what another store takes, see
    `ledger.store.open_store`, and then `directory` is where files beside it may be put. `clock` gives the time, and
    `elapsed` the seconds that it is held against; the machine's clock is held against the machine's. `confirmed` is an
    instant at which the clock was seen to be right: see `ledger.clock`. A log that something else has written to is
    opened for reading alone: see `doubt`.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        directory: Path | None = None,
        clock: Callable[[], datetime] = machine_now,
        elapsed: Callable[[], float] | None = None,
        confirmed: datetime | None = None,
    ) -> None:
        self._location = str(location)
        self._directory = directory
        # A log in memory has no file beside it for its key. Threads that ask at once have to get the same one.
        self._memory_seed = secrets.token_bytes(32)
        if elapsed is None and clock is machine_now:
            elapsed = machine_elapsed
        self.clock = Clock(clock, elapsed, confirmed=confirmed)
        """The clock, which records nothing while it cannot be right."""
        self.log: LogStore = open_store(self._location)
        """The store itself: entries by position, stream and event id."""
        self._writer = Writer(self.log, clock=self.clock.for_record, sign=self._sign, check=self._check)
        self._seal_was_checked = False
        self.doubt: LedgerDamaged | None = None
        """What a look at the log found when it was opened; while there is anything, nothing is recorded."""
        try:
            self._begin()
        except LedgerDamaged as error:
            self.doubt = error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """A name that no other log has."""
        return self.log.identity

    @property
    def directory(self) -> Path | None:
        """The folder of the log's file, or of what is beside a log in no file; None where there is none."""
        return self._directory if self._file is None else self._file.parent

    @cached_property
    def proofs(self) -> "LogProofs":
        """What can be shown of the log: signed checkpoints of it, and proofs from its Merkle tree."""
        from ledger.proof.log_proofs import LogProofs

        return LogProofs(self.log, file=self._file, seed=lambda: self.log.seed() or self._memory_seed)

    def verify(
        self,
        *,
        checkpoints: Sequence[tuple[bytes, "Sequence[VerifierKey]"]] = (),
        progress: Callable[[int], None] | None = None,
    ) -> "Verification":
        """Recompute everything that the log holds, see `ledger.verification`."""
        from ledger.verification import verify

        others_open_it = self._file is not None or self.log.seed() is not None
        location = self._location if others_open_it else None
        return verify(self.log, self.proofs, location=location, checkpoints=checkpoints, progress=progress)

    def _begin(self) -> None:
        """Make the tree of a log from before, and look whether the log is as it was left. Raises LedgerDamaged."""
        if self.log.lacks_tree:
            if self.proofs.key_is_there:
                raise LedgerAltered("the log has a key and no tree, which was taken away: see `supply-ledger verify`")
            with self.log.writing():
                self.log.make_tree()
                self.log.seal(self._sign)
        elif self.log.head():
            from ledger.verification import check_quickly

            check_quickly(self.log, self.proofs)
        with suppress(StoreError):  # It is tried again, and `doctor` says so.
            self.scrub()

    def _check(self) -> None:
        """Whether something may be recorded: what is sealed next would else stand for what another hand has sealed."""
        if self.doubt is None and not self._seal_was_checked:
            from ledger.verification import check_seal

            try:
                check_seal(self.log, self.proofs)
            except LedgerAltered as error:
                self.doubt = error
            self._seal_was_checked = True
        if self.doubt is not None:
            raise self.doubt

    def _sign(self, size: int, root: bytes, beside: Sequence[str]) -> bytes:
        return self.proofs.seal(size, root, beside)

    @property
    def file(self) -> Path | None:
        """The file of the log; None where it is in none."""
        return self._file

    @property
    def _file(self) -> Path | None:
        in_file = self._location != ":memory:" and "://" not in self._location
        return Path(self._location).resolve() if in_file else None

    def now(self, last: datetime | None = None) -> datetime:
        """What time it is to a reader; not before `last`, when the last event was recorded, unless that cannot be."""
        return self.clock.now(last)

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""
        return self.log.head()

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
        Refused (with paths that begin with the place in the batch), KeyReused, ClockInDoubt, StoreBusy, StoreFull.
        """
        with garbage_pause(len(sent)):
            append = Append.of(sent, recorded_by=recorded_by, key=request, warn=warn)
            self._writer.record(append)
        return append.unwrap()

    def erase(self, event_id: UUID | str, *, reason: str, explanation: str, recorded_by: str = "local") -> Receipt:
        """Take the text of an event away for good, and that of the ledger events on it; an EventErased says so.

        Afterwards no byte of it is left where the log lies, unless others are in the middle of reading: then
        `log.erased.is_scrubbed` is False, and `scrub`, or the next opening, finishes it. Raises what `append` raises.
        """
        sent: dict[str, Any] = {
            "type": "EventErased",
            "target": str(event_id),
            "reason": reason,
            "explanation": explanation,
        }
        prepare(sent)
        with self._writer.batch() as batch:
            batch.erasures.may_begin = True
            if acts := batch.state.acted.positions(UUID(str(event_id)).bytes):
                sent["acts"] = list(acts)
            after, events = batch.state.head, prepared_all([sent])
            batch.expect(events)
            entries, violations = batch.place_all(events, recorded_by=recorded_by)
            if violations:
                raise refusal([one.within for one in violations])
            receipt = receipt_of(batch, entries, after=after)
        with suppress(StoreError):
            self.scrub()
        return receipt

    def scrub(self) -> None:
        """Let no byte of an erased text be left where the log lies. Raises StoreBusy, StoreFull, StoreError."""
        if not self.log.erased.is_scrubbed:
            self.log.erased.scrub()

    def erased(self, entries: Iterable[Entry]) -> dict[int, dict[str, Any]]:
        """By whom, when and why those of some events were erased that were, by their positions.

        Raises LedgerDamaged for a text that is gone though nobody erased it.
        """
        return {position: one.told() for position, one in erasures(self.log, entries).items()}

    def record(self, append: Append) -> None:
        """Record an append. It has its receipt, or what kept it out, when this returns."""
        self._writer.record(append)

    @property
    def waiting(self) -> int:
        """How many appends wait to be decided."""
        return self._writer.waiting

    def submit(self, append: Append, notify: Callable[[list[Append]], None]) -> None:
        """The same without waiting: `notify` is called, in another thread, with the appends that are decided.

        It is called once with all that were decided together and have an equal `notify`; it must not raise, nor wait.
        """
        self._writer.submit(append, notify)

    def append_what_fits(self, sent: Sequence[Any], *, recorded_by: str = "local") -> tuple[Receipt, list[Violation]]:
        """Record the events that may be recorded and leave out the others, whose violations come back, every one."""
        events = [prepared(one) for one in sent]
        with self.batch() as batch:
            after = batch.state.head
            batch.expect(events)
            entries, violations = batch.place_all(events, recorded_by=recorded_by)
            receipt = receipt_of(batch, entries, after=after)
        return receipt, violations

    def batch(self, *, keep: bool = True) -> AbstractContextManager[Batch]:
        """A transaction to place prepared events in, for files; on disk when the block has ended, unless not `keep`."""
        return self._writer.batch(keep=keep)

    def plan(self, sent: Sequence[Any], *, recorded_by: str = "local") -> Plan:
        """Everything that an append would check and do, without recording. Raises as `append` does."""
        events = prepared_all(sent)
        with self._writer.batch(keep=False) as batch:
            after = batch.state.head
            batch.expect(events, warn=True)
            entries, violations = batch.place_all(events, recorded_by=recorded_by, warn=True)
            if violations:
                raise refusal(violations)
            new = batch.log.at_positions(range(after + 1, batch.state.head + 1))
            return Plan(tuple(new), tuple(items_of(batch, entries, after=after)))

    def registrations(self) -> list[dict[str, Any]]:
        """What every standing registration says, by slug."""
        with self._writer.batch(keep=False) as batch:
            return sorted(batch.state.registrations(), key=lambda body: str(body["entity"]))

    def metrics(self) -> list[str]:
        """The metrics of which something stands."""
        with self._writer.batch(keep=False) as batch:
            return sorted(batch.state.metrics)

    def registered_names(self) -> dict[str, str]:
        """The slug of each name, alias, identifier and slug of a registered entity, in small letters.

        Names that an entity got later are among them. What may mean two entities is left out; where these were merged,
        it means the one that was kept.
        """
        meant: dict[str, set[str]] = {}
        with self._writer.batch(keep=False) as batch:
            resolve = batch.state.resolve
            for body in batch.state.registrations():
                texts = [body["name"], *(body.get("aliases") or ()), *(body.get("identifiers") or {}).values()]
                for text in texts:
                    meant.setdefault(str(text).casefold(), set()).add(body["entity"])
            for slug, name in batch.state.other_names():
                meant.setdefault(name.casefold(), set()).add(slug)
            slugs = {str(body["entity"]): str(body["entity"]) for body in batch.state.registrations()}
            kept = {text: {*map(resolve, several)} for text, several in meant.items() if len(several) > 1}
        return {text: one for text, (one, *more) in (meant | kept).items() if not more} | slugs

    def get(self, event_id: UUID) -> Entry | None:
        """The event with this id."""
        return self.get_all([event_id]).get(event_id)

    def get_all(self, event_ids: Iterable[UUID]) -> dict[UUID, Entry]:
        """The events with these ids, by id; those that there are."""
        return {entry.event_id: entry for entry in self.log.with_event_ids([one.bytes for one in event_ids])}

    def acts_on(self, target: Entry) -> list[Entry]:
        """The ledger events that act on an event, in order."""
        return self.acts_on_each([target])[target.event_id]

    def acts_on_each(self, targets: Sequence[Entry]) -> dict[UUID, list[Entry]]:
        """The ledger events that act on each of some events, in order; each stream of events is read once."""
        acts: dict[UUID, list[Entry]] = {target.event_id: [] for target in targets}
        wanted = {str(event_id): event_id for event_id in acts}
        types = [name for name, cls in REGISTRY.items() if issubclass(cls, LedgerEvent)]
        for stream_key in {target.stream_key for target in targets}:
            for entry in self.log.stream(stream_key, types=types):
                if (target_id := wanted.get(entry.body.get("target", ""))) is not None:
                    acts[target_id].append(entry)
        return acts

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The events at these positions of the log, in order. Raises LedgerDamaged where one is not there."""
        entries = self.log.at_positions(positions)
        wanted = set(positions)
        if len(entries) < len(wanted):
            missing = min(wanted - {entry.position for entry in entries})
            raise LedgerDamaged(f"the log has no event at position {missing}", position=missing)
        return entries

    def entries(self, *, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The log in order. Raises LedgerDamaged for a position that is not there."""
        last = self.head() if until is None else min(until, self.head())
        while after < last:
            entries = self.at_positions(range(after + 1, min(after + 1000, last) + 1))
            yield from entries
            after += len(entries)

    def position_at(self, at: datetime) -> int:
        """The last position recorded at or before an instant; 0 where there is none."""
        return self.log.position_at(microseconds(at))

    def recorded_at(self, position: int) -> datetime | None:
        """When a position was recorded; None for position 0."""
        entries = self.log.at_positions([position])
        return entries[0].recorded_at if entries else None

    def close(self) -> None:
        """Close the store, once everything that was submitted is decided. The log stays as it is."""
        self._writer.close()
        self.log.close()
