"""Verification: whether a log is what was recorded, recomputed from its bytes.

An event may be altered where somebody has the password of the database, and takes the triggers away. Its leaf then has
another hash than the tree was made of; who makes the leaf and the tree anew as well lacks the key that sealed the log;
and who has that too cannot change a checkpoint that was kept elsewhere, or that a witness has signed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from multiprocessing import get_context
from os import cpu_count
from random import SystemRandom
from typing import Any, NamedTuple

from ledger.append.erasure_faults import erasure_faults
from ledger.append.garbage_pause import garbage_pause
from ledger.codec.entry import Entry
from ledger.errors import LedgerAltered, LedgerDamaged
from ledger.events.base import REGISTRY
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.leaves import Leaf, content_hash, leaf_hashes
from ledger.proof.log_proofs import LogProofs
from ledger.proof.merkle import ProofError, frontier
from ledger.proof.notes import Note, VerifierKey, encoded_base64
from ledger.proof.stream_map import LINE, root_over
from ledger.store import LogStore, open_store

FAULTS_MAX = 20
"""Of so many faults each part of a verification tells; one is enough not to trust the log."""
PART_ROWS = 65_536
"""How many entries one process looks at in one go."""
ALONE_MAX = 4 * PART_ROWS
"""Up to so many entries are looked at in this process."""
AT_ONCE = 2048
TRIES = 100
SAMPLE = 16
"""When a log is opened, so many entries are looked at at its end, and so many somewhere before."""


_WAY_ON = "run `supply-ledger verify`, and restore a backup"


class Fault(NamedTuple):
    """Something in a log that is not as it was recorded, and the position from which on that is seen."""

    position: int | None
    detail: str


class Verification(NamedTuple):
    """What a verification found: the log is whole where there are no faults."""

    size: int
    root: bytes
    faults: tuple[Fault, ...]

    @property
    def first(self) -> Fault | None:
        """The first position where something is wrong with an event; or, where no event shows it, what is wrong."""
        return next((one for one in self.faults if one.position is not None), next(iter(self.faults), None))


def verify(
    log: LogStore,
    proofs: LogProofs,
    *,
    key: VerifierKey | None = None,
    location: str | None = None,
    checkpoints: Sequence[tuple[bytes, Sequence[VerifierKey]]] = (),
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Recompute everything that a log holds, and hold it against its seal and against checkpoints kept elsewhere.

    Each of `checkpoints` is a signed note and the keys of which one must have signed it; without keys, this log's own.
    `key` is what the seal was signed with, where that is not the key of this log (any more).
    `location` lets several processes share the work. `progress` is called with the number of entries seen so far.
    """
    size = log.head()
    faults: list[Fault] = []
    parts = [(start, min(start + PART_ROWS, size)) for start in range(0, size, PART_ROWS)]
    if location is None or size <= ALONE_MAX:
        for part in parts:
            faults += _faults_of_part(log, part)
            _say(progress, part)
        faults += _faults_of_store(log)
    else:
        faults += _found_together(location, parts, progress)
    faults += _told(lambda: _of_tree(log, size))
    faults += _told(lambda: _of_seal(log, proofs, key, size))
    for note, keys in checkpoints:
        faults += _told(partial(_of_checkpoint, log, proofs, note, keys, size))
    root = b""
    with suppress(Exception):  # Then it was told above.
        root = log.root(size)
    return Verification(size, root, tuple(faults))


def _told(look: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """The faults that a look finds. A log that was altered may hold anything, and then what cannot be read is one."""
    found: list[Fault] = []
    try:
        found.extend(look())
    except LedgerDamaged as error:
        found.append(Fault(error.position, str(error)))
    except Exception as error:
        found.append(Fault(None, f"it cannot be read: {error}"))
    return found


def _say(progress: Callable[[int], None] | None, part: tuple[int, int]) -> None:
    if progress is not None:
        progress(part[1])


def check_quickly(log: LogStore, proofs: LogProofs) -> None:
    """Look at the end of a log, its seal and some of its entries. Raises LedgerAltered where something is wrong.

    It costs the same for a log of any length, and finds what was altered at the end, but not each altered entry.
    """
    for _ in range(TRIES):
        before = log.sealed()
        with log.snapshot():
            faults = _told(lambda: _at_end(log, proofs))
        if not faults:
            return
        if log.sealed() == before:  # Else others have appended meanwhile, to a log that gives no snapshot.
            break
    position, detail = faults[0]
    place = "" if position is None else f"position {position}: "
    raise LedgerAltered(f"{place}{detail}; {_WAY_ON}", position=position)


def _at_end(log: LogStore, proofs: LogProofs) -> Iterator[Fault]:
    size, seal = log.head(), log.sealed()
    if size == 0 and seal is None:
        return
    sealed = _parsed(seal or b"")
    if sealed is None or sealed.size != size or sealed.origin != proofs.origin or sealed.root != log.root(size):
        detail = "the log is not as it was sealed after its last transaction: something else wrote to it, or took"
        yield Fault(None, f"{detail} entries away")
    for start in {SystemRandom().randrange(size), max(0, size - SAMPLE)} if size else ():
        yield from _faults_between(log, start, min(start + SAMPLE, size))
    yield from _of_tree(log, size)


def _found_together(
    location: str, parts: Sequence[tuple[int, int]], progress: Callable[[int], None] | None
) -> Iterator[Fault]:
    """What several processes find: one in the store as a whole, and the others in part after part of the entries."""
    context = get_context("spawn")
    with ProcessPoolExecutor(max(2, cpu_count() or 1), mp_context=context) as pool:
        of_store = pool.submit(_at, location, _faults_of_store)  # begun first, since it takes longest
        found = [pool.submit(_at, location, _faults_of_part, part) for part in parts]
        for part, faults in zip(parts, found, strict=True):
            yield from faults.result()
            _say(progress, part)
        yield from of_store.result()


def _at(location: str, look: Callable[..., list[Fault]], *arguments: Any) -> list[Fault]:
    """What a look finds in the log that is kept there."""
    log = open_store(location)
    try:
        return look(log, *arguments)
    finally:
        log.close()


def _faults_of_store(log: LogStore) -> list[Fault]:
    """Damage that the entries and leaves do not show one by one."""
    return _told(lambda: islice((Fault(*one) for one in log.damage()), FAULTS_MAX))


def _faults_of_part(log: LogStore, part: tuple[int, int]) -> list[Fault]:
    after, until = part
    with garbage_pause(until - after):
        return _told(lambda: islice(_faults_between(log, after, until), FAULTS_MAX))


def _faults_between(log: LogStore, after: int, until: int) -> Iterator[Fault]:
    """What is wrong with the entries with after < position <= until, one by one."""
    before = _time_at(log, after)
    entries = log.of_other_types((), after=after, until=until)
    leaves = iter(log.leaves(after=after, until=until))
    try:
        while after < until:
            rows = list(islice(entries, min(AT_ONCE, until - after)))
            beside = list(islice(leaves, len(rows)))
            positions = [entry.position for entry in rows]
            if positions != list(range(after + 1, after + len(rows) + 1)) or not rows:
                yield Fault(_first_gap(positions, after), "the log has no event at this position")
                return
            if [leaf[0] for leaf in beside] != positions:
                yield Fault(_first_gap([leaf[0] for leaf in beside], after), "the tree has no leaf at this position")
                return
            yield from _faults_of(rows, beside, before)
            yield from (Fault(*one) for one in erasure_faults(log, rows))
            after, before = positions[-1], rows[-1].recorded_us
    except LedgerDamaged as error:
        yield Fault(error.position, str(error))


def _time_at(log: LogStore, position: int) -> int:
    """When an entry was recorded; 0 where it is gone or cannot be read, which the look at it tells."""
    with suppress(LedgerDamaged):
        return next((entry.recorded_us for entry in log.at_positions([position])), 0)
    return 0


def _faults_of(entries: Sequence[Entry], leaves: Sequence[Leaf], before: int) -> Iterator[Fault]:
    contents = [leaf.content for leaf in leaves]
    found = [
        leaf.content if one.is_erased and leaf.salt is None else content_hash(leaf.salt or b"", one.digest, one.state)
        for one, leaf in zip(entries, leaves, strict=True)
    ]
    versions = [entry.stream_version for entry in entries]
    hashes = list(leaf_hashes(entries, versions, contents))
    times = [entry.recorded_us for entry in entries]
    in_order = times == sorted(times) and times[0] >= before
    if in_order and found == contents and hashes == [leaf[3] for leaf in leaves] and _all_known(entries):
        return
    for entry, leaf, content, hashed in zip(entries, leaves, found, hashes, strict=True):
        if content != leaf[2]:
            yield Fault(entry.position, "the text of the event is not the one that was recorded")
        if hashed != leaf[3]:
            detail = "its type, id, stream, version, time or author are not those that were recorded"
            yield Fault(entry.position, detail)
        if entry.recorded_us < before:
            yield Fault(entry.position, "it was recorded before the event that stands before it")
        if entry.type not in REGISTRY:
            yield Fault(entry.position, f"its type {entry.type!r} is not known")
        before = max(before, entry.recorded_us)


def _all_known(entries: Iterable[Entry]) -> bool:
    return all(entry.type in REGISTRY for entry in entries)


def _of_tree(log: LogStore, size: int) -> Iterator[Fault]:
    """Whether the tree as it is kept, perhaps over more entries by now, is the one over its tiles and leaves."""
    kept = log.frontier()
    if not size <= kept.size <= log.head():
        detail = f"the tree is over {kept.size} events, and the log has {log.head()}"
        yield Fault(min(kept.size, log.head()) + 1, detail)
        return
    made = frontier(log.subtree, kept.size)
    if made != kept or made.root() != log.root(kept.size):
        yield Fault(None, "the tree that is kept is not that of its tiles and leaves")


def _of_seal(log: LogStore, proofs: LogProofs, key: VerifierKey | None, size: int) -> Iterator[Fault]:
    """Whether the log is the one that was sealed with its key after the last transaction."""
    note, beside = _seal_and_beside(log)
    if note is None:
        if size:
            yield Fault(None, "the log has no seal")
        return
    try:
        sealed, _ = opened(note, [key or proofs.key.verifier], origin=proofs.origin)
    except ProofError as error:
        yield Fault(None, f"the seal of the log was not made with its key: {error}")
        return
    if not size <= sealed.size <= log.head():
        detail = f"the log was sealed with {sealed.size} events, and has {log.head()}"
        yield Fault(min(size, sealed.size) + 1, detail)
    elif sealed.extensions != beside:
        yield Fault(None, "the answered requests, or the ledgers that recorded the events, are not those sealed")
    elif sealed.root != log.root(sealed.size):
        yield Fault(None, "the root of the tree is not the one that was sealed: the tree was made anew")


def _seal_and_beside(log: LogStore) -> tuple[bytes | None, tuple[str, ...]]:
    """The seal, and what is beside the tree, of the same moment though others append meanwhile."""
    with log.snapshot():
        note, beside = log.sealed(), log.beside_tree()
    for _ in range(TRIES):
        before, note = note, log.sealed()
        if note == before:
            break
        beside = log.beside_tree()
    return note, beside


def _of_checkpoint(
    log: LogStore, proofs: LogProofs, note: bytes, keys: Sequence[VerifierKey], size: int
) -> Iterator[Fault]:
    """Whether the log is the continuation of what a checkpoint says that it was."""
    try:
        checkpoint, _ = opened(note, keys or [proofs.key.verifier])
    except ProofError as error:
        yield Fault(None, f"the checkpoint that was kept elsewhere cannot be used: {error}")
        return
    origins = {proofs.origin, *(f"supply-ledger/{ledger}" for _, ledger in log.recorders())}
    if checkpoint.origin not in origins:
        yield Fault(None, f"the checkpoint that was kept elsewhere is of another log, {checkpoint.origin}")
    elif checkpoint.size > size:
        yield Fault(size + 1, f"a checkpoint that was kept elsewhere is over {checkpoint.size} events")
    elif log.root(checkpoint.size) != checkpoint.root:
        yield Fault(None, f"the first {checkpoint.size} events are not those of a checkpoint that was kept elsewhere")
    elif not _has_streams(log, checkpoint):
        detail = "a checkpoint that was kept elsewhere has other streams than"
        yield Fault(None, f"{detail} the first {checkpoint.size} events, which it has")


def _has_streams(log: LogStore, checkpoint: Checkpoint) -> bool:
    """Whether what a checkpoint says of the streams is so, where it says anything."""
    said = [line.removeprefix(LINE) for line in checkpoint.extensions if line.startswith(LINE)]
    if not said:
        return True
    return said == [encoded_base64(root_over(log.stream_ends(after=0, until=checkpoint.size)))]


def _first_gap(positions: Iterable[int], after: int) -> int:
    expected = after + 1
    for position in positions:
        if position != expected:
            return expected
        expected += 1
    return expected


def _parsed(note: bytes) -> Checkpoint | None:
    try:
        return Checkpoint.parse(Note.parse(note).text)
    except ProofError:
        return None
