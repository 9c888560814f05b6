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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ledger.errors import BackupError, LedgerDamaged, StoreBusy
from ledger.ledger import Ledger
from ledger.segments.segment_manifest import (
    SEGMENTS_FOLDER,
    SEGMENTS_MANIFEST,
    NotedRules,
    Segment,
    SegmentManifest,
    noted_name,
    read_manifest,
    write_manifest,
)
from ledger.segments.segment_series import LogSeries, RequestSeries, SegmentSeries
from ledger.segments.series_export import RowsRead, SeriesExport
from ledger.segments.storage_place import StoragePlace
from ledger.values.calendars import instant_text

RANGE_ROWS = 65_536
PROGRESS_NOTES = f"{SEGMENTS_FOLDER}/progress.json"
NOTED_EVERY = 16
"""How many segments are written before it is noted how far an export is: later an eighth of those that there are, so
that all notes together are not more than a few times as long as the last.
"""
TRIES_MAX = 10


@dataclass(frozen=True)
class SegmentExport:
    """What an export did: the manifest, how many segments it wrote and kept, and how many rows it read for that, of
    events and of answers to requests.
    """

    manifest: SegmentManifest
    written: int
    kept: int
    rows_read: int


def export_segments(
    ledger: Ledger, place: StoragePlace, *, at: datetime, program: str, progress: RowsRead, range_rows: int = RANGE_ROWS
) -> SegmentExport:
    """Bring the segments in a place up to the head of the log. All is there when this returns.

    `range_rows` counts for a place that has none yet. Raises BackupError where the place has those of another ledger,
    or the log is not what was recorded; PlaceError, StoreError.
    """
    try:
        if ledger.doubt is not None:
            raise ledger.doubt
        return _Export(ledger, place, range_rows).done(at=at, program=program, progress=progress)
    except LedgerDamaged as error:
        raise BackupError(
            f"the log is damaged, and an export of it could not be restored: {error}. What was exported before is as "
            "it was; `supply-ledger verify` says what else is wrong"
        ) from error


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


class _Export:
    """An export into a place, and what was there before it."""

    def __init__(self, ledger: Ledger, place: StoragePlace, range_rows: int) -> None:
        self._ledger = ledger
        self._place = place
        self._before = _own(ledger, place, SEGMENTS_MANIFEST)
        self._begun = _own(ledger, place, PROGRESS_NOTES)
        self._sizes = place.sizes(SEGMENTS_FOLDER)
        last = self._begun or self._before
        self._range_rows = range_rows if last is None else last.range_rows
        self._unsaid = 0

    def done(self, *, at: datetime, program: str, progress: RowsRead) -> SegmentExport:
        """Bring all up to date. Raises StoreBusy where texts are erased faster than they are exported."""
        log, before, begun = self._ledger.log, self._before, self._begun
        events = self._series(LogSeries(log), before.segments if before else (), begun.segments if begun else ())
        answers = self._series(RequestSeries(log), before.requests if before else (), ())
        for _ in range(TRIES_MAX):
            with log.snapshot():
                said, noted, requests = self._said(at, program), _noted(self._ledger), log.request_count()
            head = said.position
            segments = events.brought_up_to(head, progress, partial(self._reached, said))
            answered = answers.brought_up_to(requests, _unheard, _unreached)
            is_whole = events.is_as_now(segments, head) and answers.is_as_now(answered, requests)
            if is_whole and not log.erased.unseen(head, limit=1)[0]:
                break
        else:
            raise StoreBusy("texts were erased again and again while the log was exported; export it again")
        manifest = self._finished(replace(said, segments=tuple(segments), requests=tuple(answered)), noted)
        kept = len({*segments, *answered} - events.new - answers.new)
        return SegmentExport(manifest, events.written + answers.written, kept, events.rows_read + answers.rows_read)

    def _series(self, series: SegmentSeries, sure: tuple[Segment, ...], begun: tuple[Segment, ...]) -> SeriesExport:
        return SeriesExport(self._place, series, sizes=self._sizes, sure=sure, begun=begun, range_rows=self._range_rows)

    def _said(self, at: datetime, program: str) -> SegmentManifest:
        """The manifest over the log as it is now, without its segments."""
        head = self._ledger.head()
        return SegmentManifest(
            ledger=self._ledger.identity,
            recorders=tuple(one for one in self._ledger.log.recorders() if one[0] <= max(head, 1)),
            position=head,
            root=self._ledger.log.root(head).hex(),
            range_rows=self._range_rows,
            segments=(),
            requests=(),
            noted=None,
            created_at=instant_text(at),
            program=program,
        )

    def _reached(self, said: SegmentManifest, segments: list[Segment]) -> None:
        """Note from time to time how far the export is."""
        self._unsaid += 1
        last = segments[-1]
        if self._unsaid >= max(NOTED_EVERY, len(segments) // 8) and last.last < said.position:
            noted = replace(said, position=last.last, root=last.root, segments=tuple(segments))
            write_manifest(self._place, noted.signed(self._ledger.proofs.key), PROGRESS_NOTES)
            self._unsaid = 0

    def _finished(self, manifest: SegmentManifest, noted: bytes) -> SegmentManifest:
        """Put the manifest in its place, and take away what it does not name."""
        digest = hashlib.sha256(noted).hexdigest()
        rules = NotedRules(noted_name(digest), len(noted), digest)
        if self._sizes.get(rules.name) != rules.bytes:
            self._place.write(rules.name, noted)
        manifest = replace(manifest, noted=rules)
        before = self._before
        if before is not None and _what(before) == _what(manifest):
            manifest = before
        else:
            self._check_alone(manifest)
            manifest = manifest.signed(self._ledger.proofs.key)
            write_manifest(self._place, manifest)
        named = {SEGMENTS_MANIFEST, rules.name, *(one.name for one in (*manifest.segments, *manifest.requests))}
        for name in self._place.sizes(SEGMENTS_FOLDER):
            if name not in named:
                self._place.delete(name)
        return manifest

    def _check_alone(self, manifest: SegmentManifest) -> None:
        """Whether all that a manifest names is there, and the one before is still the last. Raises StoreBusy."""
        sizes = self._place.sizes(SEGMENTS_FOLDER)
        is_there = all(sizes.get(one.name) == one.bytes for one in (*manifest.segments, *manifest.requests))
        if not is_there or read_manifest(self._place) != self._before:
            raise StoreBusy(f"another export wrote to {self._place} at the same time: export it again")


def _what(manifest: SegmentManifest) -> tuple[object, ...]:
    """What an export holds, whenever it was made."""
    return manifest.segments, manifest.requests, manifest.noted


def _unheard(done: int, total: int) -> None:
    """Answers to requests are few beside events, and nobody waits for them."""


def _unreached(segments: list[Segment]) -> None:
    """It is not noted how far they are."""


def _noted(ledger: Ledger) -> bytes:
    """What the log has noted for rules and warnings: the same for the same log, wherever it is kept."""
    metrics = sorted((metric, *fixed) for metric, fixed in ledger.log.metrics().items())
    return json.dumps({"metrics": metrics, "forms": sorted(ledger.log.forms(after=0))}).encode()
