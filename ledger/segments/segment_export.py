"""The export of a log in segments: what is new goes into a place, and the manifest says so when all is there.

A segment has the events of a fixed range of positions. The last range is open: what is exported of it lies in shorter
segments, and each export adds one with what is new. One that is no longer than what comes after it is written again
together with that, so that there are few: of an export every minute, as many as a number has binary digits. When the
range is full, one segment takes their place.

What a manifest names is never changed: a segment with other bytes has another name. So an export that is cut off
leaves the one before as it was. Long ones note from time to time how far they are (`log/progress.json`, a manifest
too), and the next export goes on from there. A segment is written again where a text in it was erased since. What no
manifest names any more is deleted, after the new one is there.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from ledger.append.garbage_pause import garbage_pause
from ledger.errors import BackupError, PlaceError, StoreBusy
from ledger.ledger import Ledger
from ledger.segments.segment_manifest import (
    SEGMENTS_FOLDER,
    SEGMENTS_MANIFEST,
    NotedRules,
    Segment,
    SegmentManifest,
    erased_in,
    noted_name,
    read_manifest,
    segment_name,
    write_manifest,
)
from ledger.segments.segment_rows import SegmentRow, log_rows, write_rows
from ledger.segments.storage_place import StoragePlace
from ledger.values.calendars import instant_text

RANGE_ROWS = 65_536
PROGRESS_NOTES = f"{SEGMENTS_FOLDER}/progress.json"
NOTED_EVERY = 16
"""How many segments are written before it is noted how far an export is: later an eighth of those that there are, so
that all notes together are not more than a few times as long as the last.
"""
TRIES_MAX = 10
RowsRead = Callable[[int, int], None]
"""Is called with how many events are written, and of how many."""


@dataclass(frozen=True)
class SegmentExport:
    """What an export did: the manifest, how many segments it wrote and kept, and how many events it read for that."""

    manifest: SegmentManifest
    written: int
    kept: int
    rows_read: int


def export_segments(
    ledger: Ledger, place: StoragePlace, *, at: datetime, program: str, progress: RowsRead, range_rows: int = RANGE_ROWS
) -> SegmentExport:
    """Bring the segments in a place up to the head of the log. All is there when this returns.

    `range_rows` counts for a place that has none yet. Raises BackupError where the place has those of another ledger,
    PlaceError, LedgerDamaged, StoreError.
    """
    if ledger.doubt is not None:
        raise BackupError(f"the log is damaged, and an export of it could not be restored: {ledger.doubt}")
    before = _own(ledger, place, SEGMENTS_MANIFEST)
    begun = _own(ledger, place, PROGRESS_NOTES)
    found = _Found(ledger, place, before, begun, range_rows)
    for _ in range(TRIES_MAX):
        with ledger.log.snapshot():
            head, recorders, noted = ledger.head(), ledger.log.recorders(), _noted(ledger)
        said = SegmentManifest(
            ledger=ledger.identity,
            recorders=tuple((first, name) for first, name in recorders if first <= max(head, 1)),
            position=head,
            root=ledger.log.root(head).hex(),
            range_rows=found.range_rows,
            segments=(),
            noted=None,
            created_at=instant_text(at),
            program=program,
        )
        segments = found.brought_up_to(said, progress)
        if not ledger.log.erased.unseen(head, limit=1)[0] and found.are_as_erased(segments, head):
            break
    else:
        raise StoreBusy("texts were erased again and again while the log was exported; export it again")
    manifest = found.finished(said, segments, noted)
    return SegmentExport(manifest, found.written, len(segments) - len(found.new & set(segments)), found.rows_read)


def _own(ledger: Ledger, place: StoragePlace, name: str) -> SegmentManifest | None:
    """The manifest of this ledger in a place, where there is one. Raises BackupError for one of another."""
    said = read_manifest(place, name)
    if said is None:
        return None
    if said.ledger != ledger.identity:
        raise BackupError(
            f"{place} has the segments of another ledger, {said.ledger}; this one is {ledger.identity}: name another "
            "place. (A restored ledger is another one than that of which it was made)"
        )
    said.verify(ledger.proofs.key.verifier)
    if said.position > ledger.head() or ledger.log.root(said.position).hex() != said.root:
        raise BackupError(
            f"{place} has {said.position} events of this ledger that this log does not have, or not so: it is an "
            "older copy, or went another way. Name another place, and see `supply-ledger verify`"
        )
    return said


class _Found:
    """What lies in a place, and what an export adds to it."""

    def __init__(
        self,
        ledger: Ledger,
        place: StoragePlace,
        before: SegmentManifest | None,
        begun: SegmentManifest | None,
        range_rows: int,
    ) -> None:
        self._ledger = ledger
        self._place = place
        self._before = before
        last = begun or before
        self.range_rows = range_rows if last is None else last.range_rows
        self._sizes = place.sizes(SEGMENTS_FOLDER)
        self.new: set[Segment] = set()
        self.written = 0
        self.rows_read = 0
        self._known: dict[int, list[Segment]] = {}
        sure = set() if before is None else set(before.segments)
        for segment in sure | (set() if begun is None else set(begun.segments)):
            if self._sizes.get(segment.name) == segment.bytes and (
                segment in sure or place.digest(segment.name) == segment.sha256
            ):
                self._known.setdefault(segment.first, []).append(segment)

    def are_as_erased(self, segments: list[Segment], head: int) -> bool:
        """Whether each segment lacks the texts that are erased, and no others."""
        erased = self._erased(head)
        return all(erased_in(erased, one.first, one.last) == one.erased for one in segments)

    def brought_up_to(self, said: SegmentManifest, progress: RowsRead) -> list[Segment]:
        """The segments up to the position of a manifest, those that were missing written."""
        head = said.position
        plan = list(self._plan(head, self._erased(head)))
        total = sum(last - first + 1 for first, last, kept in plan if kept is None)
        done, unsaid = 0, 0
        segments: list[Segment] = []
        for first, last, kept in plan:
            if kept is None:
                kept = self._write(first, last, partial(_told, progress, done, total))
                self._known.setdefault(first, []).append(kept)
                done, unsaid = done + kept.rows, unsaid + 1
            segments.append(kept)
            if unsaid >= max(NOTED_EVERY, len(segments) // 8) and last < head:
                self._note(said, segments)
                unsaid = 0
        return segments

    def finished(self, said: SegmentManifest, segments: list[Segment], noted: bytes) -> SegmentManifest:
        """Put the manifest in its place, and take away what it does not name."""
        digest = hashlib.sha256(noted).hexdigest()
        rules = NotedRules(noted_name(digest), len(noted), digest)
        before = self._before
        if self._sizes.get(rules.name) != rules.bytes:
            self._place.write(rules.name, noted)
        if before is not None and (before.segments, before.noted) == (tuple(segments), rules):
            manifest = before
        else:
            manifest = _replaced(said, segments, rules).signed(self._ledger.proofs.key)
            self._check_alone(manifest)
            write_manifest(self._place, manifest)
        named = {SEGMENTS_MANIFEST, rules.name, *(one.name for one in segments)}
        for name in self._place.sizes(SEGMENTS_FOLDER):
            if name not in named:
                self._place.delete(name)
        return manifest

    def _check_alone(self, manifest: SegmentManifest) -> None:
        """Whether all that a manifest names is there, and the one before is still the last. Raises StoreBusy."""
        sizes = self._place.sizes(SEGMENTS_FOLDER)
        is_there = all(sizes.get(one.name) == one.bytes for one in manifest.segments)
        if not is_there or read_manifest(self._place) != self._before:
            raise StoreBusy(f"another export wrote to {self._place} at the same time: export it again")

    def _erased(self, head: int) -> list[int]:
        return [position for position, _ in self._ledger.log.erased.between(after=0, until=head)]

    def _plan(self, head: int, erased: list[int]) -> Iterator[tuple[int, int, Segment | None]]:
        """The first and the last position of each segment up to the head, and the segment where it is there already."""
        full = head - head % self.range_rows
        for first in range(1, full + 1, self.range_rows):
            last = first + self.range_rows - 1
            yield first, last, self._fit(first, last, erased)
        tail: list[tuple[int, int, Segment | None]] = []
        reached = full
        while longest := max((one.last for one in self._known.get(reached + 1, ()) if one.last <= head), default=0):
            tail.append((reached + 1, longest, self._fit(reached + 1, longest, erased)))
            reached = longest
        if reached < head:
            first = reached + 1
            while tail and tail[-1][1] - tail[-1][0] <= head - first:
                first = tail.pop()[0]
            tail.append((first, head, self._fit(first, head, erased)))
        yield from tail

    def _fit(self, first: int, last: int, erased: list[int]) -> Segment | None:
        """The segment of these positions that is there, and lacks what was erased."""
        there = (one for one in self._known.get(first, ()) if one.last == last)
        return next((one for one in there if one.erased == erased_in(erased, first, last)), None)

    def _write(self, first: int, last: int, progress: Callable[[int], None]) -> Segment:
        log = self._ledger.log
        with tempfile.NamedTemporaryFile(prefix="supply-ledger-") as draft:
            path = Path(draft.name)
            try:
                with garbage_pause(last - first + 1):
                    rows = self._counted(log_rows(log, after=first - 1, until=last), progress)
                    _, erased = write_rows(rows, draft)
                draft.flush()
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = path.stat().st_size
            except OSError as error:
                raise PlaceError(f"cannot make a segment in {path.parent}: {error.strerror or error}") from error
            name = segment_name(first, last, digest)
            if self._sizes.get(name) != size or self._place.digest(name) != digest:
                self._place.put(name, path)
                self.written += 1
        segment = Segment(name, first, last, size, digest, log.root(last).hex(), erased)
        self.new.add(segment)
        return segment

    def _counted(self, rows: Iterator[SegmentRow], progress: Callable[[int], None]) -> Iterator[SegmentRow]:
        for number, row in enumerate(rows, start=1):
            self.rows_read += 1
            if number % 1000 == 0:
                progress(number)
            yield row

    def _note(self, said: SegmentManifest, segments: list[Segment]) -> None:
        last = segments[-1]
        noted = _replaced(said, segments, None, position=last.last, root=last.root)
        write_manifest(self._place, noted.signed(self._ledger.proofs.key), PROGRESS_NOTES)


def _told(progress: RowsRead, done: int, total: int, rows: int) -> None:
    progress(done + rows, total)


def _replaced(
    said: SegmentManifest, segments: list[Segment], noted: NotedRules | None, **more: object
) -> SegmentManifest:
    return replace(said, segments=tuple(segments), noted=noted, **more)  # type: ignore[arg-type]


def _noted(ledger: Ledger) -> bytes:
    """What the log has noted for rules and warnings: the same for the same log, wherever it is kept."""
    metrics = sorted((metric, *fixed) for metric, fixed in ledger.log.metrics().items())
    return json.dumps({"metrics": metrics, "forms": sorted(ledger.log.forms(after=0))}).encode()
