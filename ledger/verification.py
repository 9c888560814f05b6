"""Verification: whether a log is what was recorded, recomputed from its bytes.

An event may be altered where somebody has the password of the database, and takes the triggers away. Its leaf then has
another hash than the tree was made of; who makes the leaf and the tree anew as well lacks the key that sealed the log;
and who has that too cannot change a checkpoint that was kept elsewhere, or that a witness has signed.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from multiprocessing import get_context
from os import cpu_count
from random import SystemRandom
from typing import Any, NamedTuple, TypeVar

from ledger.entry_faults import FAULTS_MAX, Fault, PartFaults, faults_between, faults_of_part, told
from ledger.errors import LedgerAltered
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.log_proofs import LogProofs
from ledger.proof.merkle import ProofError, frontier
from ledger.proof.notes import Note, VerifierKey, encoded_base64
from ledger.proof.stream_map import LINE, root_over
from ledger.store import LogStore, open_store
from ledger.store.merkle_tiles import WIDTH

PART_ROWS = 32_768
"""How many entries one process looks at in one go."""
ALONE_MAX = 8 * PART_ROWS
"""Up to so many entries are looked at in this process."""
AHEAD = 2
"""So many parts another process is given at a time."""
Part = tuple[int, int]
"""The entries with after < position <= until."""
Found = TypeVar("Found")
TRIES = 100
SAMPLE = 16
"""When a log is opened, so many entries are looked at at its end, and so many somewhere before."""


_WAY_ON = "run `supply-ledger verify`, and restore a backup"


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
    parts = [(start, min(start + PART_ROWS, size)) for start in range(0, size, PART_ROWS)]
    if location is None or size <= ALONE_MAX:
        found, of_store = _found_alone(log, parts, progress)
    else:
        found, of_store = _found_together(log, location, parts, progress)
    faults = [fault for one in found for fault in one.faults] + of_store
    faults += told(lambda: _of_tree(log, size))
    faults += told(lambda: _of_seal(log, proofs, key, size))
    for note, keys in checkpoints:
        faults += told(partial(_of_checkpoint, log, proofs, note, keys, size))
    root = b""
    with suppress(Exception):  # Then it was told above.
        root = log.root(size)
    return Verification(size, root, tuple(faults))


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
            faults = told(lambda: _at_end(log, proofs))
        if not faults:
            return
        if log.sealed() == before:  # Else others have appended meanwhile, to a log that gives no snapshot.
            break
    position, detail = faults[0]
    place = "" if position is None else f"position {position}: "
    raise LedgerAltered(f"{place}{detail}; {_WAY_ON}", position=position)


def check_seal(log: LogStore, proofs: LogProofs) -> None:
    """Look whether the last transaction was sealed with the key of the log. Raises LedgerAltered where it was not.

    Whoever has altered a log can make its tree anew, and no seal for that; the next append would make one.
    """
    seal = log.sealed()
    if seal is None:
        return
    if proofs.key_is_gone:
        raise LedgerAltered(
            "the key that sealed the log is gone from beside it: put `ledger.key` back; or `export --segments` the log "
            "to a new place and restore that, or a backup, which goes on with a key of its own"
        )
    try:
        opened(seal, [proofs.key.verifier], origin=proofs.origin)
    except ProofError as error:
        raise LedgerAltered(f"the seal of the log was not made with its key: {error}; {_WAY_ON}") from None


def _at_end(log: LogStore, proofs: LogProofs) -> Iterator[Fault]:
    size, seal = log.head(), log.sealed()
    if size == 0 and seal is None:
        return
    sealed = _parsed(seal or b"")
    if sealed is None or sealed.size != size or sealed.origin != proofs.origin or sealed.root != log.root(size):
        detail = "the log is not as it was sealed after its last transaction: something else wrote to it, or took"
        yield Fault(None, f"{detail} entries away")
    for start in {SystemRandom().randrange(size), max(0, size - SAMPLE)} if size else ():
        yield from faults_between(log, start, min(start + SAMPLE, size))
    yield from _of_tree(log, size)


def _found_alone(
    log: LogStore, parts: Sequence[Part], progress: Callable[[int], None] | None
) -> tuple[list[PartFaults], list[Fault]]:
    """What is found in each of the parts, and then in the store as a whole."""
    found = []
    for part in parts:
        found.append(faults_of_part(log, part))
        _say(progress, part)
    return found, _faults_of_store(log, _right_tiles(found, parts))


def _found_together(
    log: LogStore, location: str, parts: Sequence[Part], progress: Callable[[int], None] | None
) -> tuple[list[PartFaults], list[Fault]]:
    """The same by several processes: one begins with the store as a whole, which takes longest, while this one and any
    others look at part after part.
    """
    tiles = parts[-1][1] // WIDTH
    others = max(2, cpu_count() or 1) - 1
    found: list[Future[PartFaults]] = []
    said = 0
    with ProcessPoolExecutor(others, mp_context=get_context("spawn")) as pool:
        of_store = pool.submit(_at, location, _faults_of_store, tiles)
        given: list[Future[PartFaults]] = []
        for part in parts:
            given = [one for one in given if not one.done()]
            if len(given) < AHEAD * (others - (not of_store.done())):
                given.append(pool.submit(_at, location, faults_of_part, part))
                found.append(given[-1])
            else:
                found.append(Future())
                found[-1].set_result(faults_of_part(log, part))
            while said < len(found) and found[said].done():
                _say(progress, parts[said])
                said += 1
        for part, one in zip(parts[said:], found[said:], strict=True):
            one.result()
            _say(progress, part)
        seen = [one.result() for one in found]
        if _right_tiles(seen, parts) == tiles:
            return seen, of_store.result()
    return seen, _faults_of_store(log, 0)


def _at(location: str, look: Callable[..., Found], *arguments: Any) -> Found:
    """What a look finds in the log that is kept there."""
    log = open_store(location)
    try:
        return look(log, *arguments)
    finally:
        log.close()


def _faults_of_store(log: LogStore, right_tiles: int) -> list[Fault]:
    """Damage that the entries and leaves do not show one by one; the first so many tiles of leaves are right."""
    return told(lambda: islice((Fault(*one) for one in log.damage(right_tiles=right_tiles)), FAULTS_MAX))


def _right_tiles(found: Sequence[PartFaults], parts: Sequence[Part]) -> int:
    """How many tiles of leaves the parts have, where all of them were seen to be right; else 0."""
    tiles = parts[-1][1] // WIDTH if parts else 0
    return tiles if sum(one.right_tiles for one in found) == tiles else 0


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


def _parsed(note: bytes) -> Checkpoint | None:
    try:
        return Checkpoint.parse(Note.parse(note).text)
    except ProofError:
        return None
