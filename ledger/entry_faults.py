"""Faults of entries: what of a part of a log is not as it was recorded, recomputed entry by entry from its bytes.

Most often nothing is. That is seen for thousands of entries at once, column by column, and only where it is not so each
is looked at alone. The whole tiles over the leaves of a part are held against these while they are at hand.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from ledger.append.erasure_faults import ERASING, erasure_faults
from ledger.append.garbage_pause import garbage_pause
from ledger.codec.entry import Entry
from ledger.errors import LedgerDamaged
from ledger.events.base import REGISTRY
from ledger.proof.leaves import Leaf, content_hash, leaf_hashes
from ledger.store import LogStore
from ledger.store.merkle_tiles import WIDTH

FAULTS_MAX = 20
"""Of so many faults each part of a verification tells; one is enough not to trust the log."""
AT_ONCE = 2 * WIDTH
"""So many entries are looked at together: few enough for what they hold to be near the processor."""


class Fault(NamedTuple):
    """Something in a log that is not as it was recorded, and the position from which on that is seen."""

    position: int | None
    detail: str


class PartFaults(NamedTuple):
    """What is wrong in a part of a log; and how many whole tiles over its leaves are right."""

    faults: list[Fault]
    right_tiles: int


def told(look: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """The faults that a look finds. A log that was altered may hold anything, and then what cannot be read is one."""
    found: list[Fault] = []
    try:
        found.extend(look())
    except LedgerDamaged as error:
        found.append(Fault(error.position, str(error)))
    except Exception as error:
        found.append(Fault(None, f"it cannot be read: {error}"))
    return found


def faults_of_part(log: LogStore, part: tuple[int, int]) -> PartFaults:
    """What is wrong with the entries with after < position <= until."""
    after, until = part
    right: list[int] = []
    with garbage_pause(until - after):
        faults = told(lambda: islice(faults_between(log, after, until, right_tiles=right.append), FAULTS_MAX))
    return PartFaults(faults, sum(right))


def faults_between(
    log: LogStore, after: int, until: int, *, right_tiles: Callable[[int], None] | None = None
) -> Iterator[Fault]:
    """What is wrong with the entries with after < position <= until, one by one.

    `right_tiles` is called with a number of whole tiles over some of their leaves, where all of these are right.
    """
    before = _time_at(log, after)
    erased, unread = _erased_between(log, after, until)
    tiles = right_tiles or (lambda _: None)
    try:
        while after < until:
            upto = min(after + AT_ONCE, until)
            last = None
            if unread is None and erased.isdisjoint(range(after + 1, upto + 1) if erased else ()):
                last = _last_time(log, after, upto, before, tiles)
            if last is None:
                last = yield from _looked_through(log, after, upto, before, tiles, erasures=unread is None)
            if last is None:
                break
            after, before = upto, last
        if unread is not None:
            raise unread
    except LedgerDamaged as error:
        yield Fault(error.position, str(error))


def _last_time(log: LogStore, after: int, until: int, before: int, right_tiles: Callable[[int], None]) -> int | None:
    """When the last of some entries was recorded, of which not one has any fault; None where one may have, or was
    erased.
    """
    columns = log.columns(after=after, until=until)
    if columns is None:
        return None
    _, _, _, types, times, _, digests, states, versions, salts, contents, hashes = columns
    if times[0] < before or list(times) != sorted(times) or not REGISTRY.keys() >= set(types):
        return None
    if ERASING in types or b"" in states:
        return None
    # What `content_hash` makes, without a call for each.
    found = [sha256(salt + digest + state).digest() for salt, digest, state in zip(salts, digests, states, strict=True)]
    if found != list(contents) or leaf_hashes(zip(*columns[:9], strict=True), versions, found) != list(hashes):
        return None
    right_tiles(_right_tiles(log, after, hashes))
    return int(times[-1])


def _looked_through(
    log: LogStore, after: int, until: int, before: int, right_tiles: Callable[[int], None], *, erasures: bool
) -> Generator[Fault, None, int | None]:
    """What is wrong with some entries, one by one; and when the last was recorded, None where one is not there."""
    entries = list(log.of_other_types((), after=after, until=until))
    leaves = list(log.leaves(after=after, until=until))
    gaps = [_first_gap([row[0] for row in rows], after) for rows in (entries, leaves)]
    known = min(gaps) - after - 1
    faults = list(_faults_of(entries[:known], leaves[:known], before))
    yield from faults
    if not faults:
        right_tiles(_right_tiles(log, after, [leaf.hash for leaf in leaves[:known]]))
    if known and erasures:
        yield from (Fault(*one) for one in erasure_faults(log, entries[:known]))
    for gap, missing in zip(gaps, ("the log has no event", "the tree has no leaf"), strict=True):
        if gap <= until:
            yield Fault(gap, f"{missing} at this position")
    if min(gaps) <= until:
        return None
    return entries[-1].recorded_us


def _time_at(log: LogStore, position: int) -> int:
    """When an entry was recorded; 0 where it is gone or cannot be read, which the look at it tells."""
    with suppress(LedgerDamaged):
        return next((entry.recorded_us for entry in log.at_positions([position])), 0)
    return 0


def _erased_between(log: LogStore, after: int, until: int) -> tuple[set[int], Exception | None]:
    """Which of some entries were erased; and why that cannot be read, where it cannot."""
    try:
        return {position for position, _ in log.erased.between(after=after, until=until)}, None
    except Exception as error:
        return set(), error


def _faults_of(entries: Sequence[Entry], leaves: Sequence[Leaf], before: int) -> Iterator[Fault]:
    found = [
        leaf.content if one.is_erased and leaf.salt is None else content_hash(leaf.salt or b"", one.digest, one.state)
        for one, leaf in zip(entries, leaves, strict=True)
    ]
    hashes = leaf_hashes(entries, [entry.stream_version for entry in entries], [leaf.content for leaf in leaves])
    for entry, leaf, content, hashed in zip(entries, leaves, found, hashes, strict=True):
        if content != leaf.content:
            yield Fault(entry.position, "the text of the event is not the one that was recorded")
        if hashed != leaf.hash:
            detail = "its type, id, stream, version, time or author are not those that were recorded"
            yield Fault(entry.position, detail)
        if entry.recorded_us < before:
            yield Fault(entry.position, "it was recorded before the event that stands before it")
        if entry.type not in REGISTRY:
            yield Fault(entry.position, f"its type {entry.type!r} is not known")
        before = max(before, entry.recorded_us)


def _right_tiles(log: LogStore, after: int, hashes: Sequence[bytes]) -> int:
    """How many whole tiles are over leaves with these hashes; 0 where any is not right, or the leaves begin within one.

    What is wrong with which, or why it cannot be read, is for the look at the whole tree to tell.
    """
    count = len(hashes) // WIDTH
    with suppress(Exception):
        if log.has_leaf_tiles(after // WIDTH, hashes[: count * WIDTH]):
            return count
    return 0


def _first_gap(positions: Iterable[int], after: int) -> int:
    expected = after + 1
    for position in positions:
        if position != expected:
            return expected
        expected += 1
    return expected
