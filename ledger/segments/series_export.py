"""One series of segments in a place, and what an export adds to it."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from ledger.append.garbage_pause import garbage_pause
from ledger.backups.lasting_files import nameless_file
from ledger.errors import PlaceError
from ledger.segments.segment_manifest import Segment, segment_name
from ledger.segments.segment_series import SegmentSeries
from ledger.segments.storage_place import StoragePlace

RowsRead = Callable[[int, int], None]
"""Is called with how many events are written, and of how many."""
Reached = Callable[[list[Segment]], None]
"""Is called with the segments so far, in order, after one was written."""


class SeriesExport:
    """A series in a place, which has files of these `sizes`.

    `sure` are the segments that a finished export named: that they have the size that is said is enough. Of `begun`,
    those of one that was cut off, the bytes are looked at.
    """

    def __init__(
        self,
        place: StoragePlace,
        series: SegmentSeries,
        *,
        sizes: Mapping[str, int],
        sure: Sequence[Segment],
        begun: Sequence[Segment],
        range_rows: int,
    ) -> None:
        self._place = place
        self._series = series
        self._sizes = sizes
        self._range_rows = range_rows
        self.new: set[Segment] = set()
        self.written = 0
        self.rows_read = 0
        self._known: dict[int, list[Segment]] = {}
        trusted = set(sure)
        for segment in trusted | set(begun):
            if sizes.get(segment.name) == segment.bytes and (
                segment in trusted or place.digest(segment.name) == segment.sha256
            ):
                self._known.setdefault(segment.first, []).append(segment)

    def is_as_now(self, segments: Sequence[Segment], head: int) -> bool:
        """Whether each segment has what it would have now."""
        self._series.look(head)
        return all(map(self._series.is_as_now, segments))

    def brought_up_to(self, head: int, progress: RowsRead, reached: Reached) -> list[Segment]:
        """The segments up to a number, those that were missing written."""
        self._series.look(head)
        plan = list(self._plan(head))
        total = sum(last - first + 1 for first, last, kept in plan if kept is None)
        done = 0
        segments: list[Segment] = []
        for first, last, kept in plan:
            segment = kept or self._write(first, last, partial(_told, progress, done, total))
            segments.append(segment)
            if kept is None:
                self._known.setdefault(first, []).append(segment)
                done += segment.rows
                reached(segments)
        return segments

    def _plan(self, head: int) -> Iterator[tuple[int, int, Segment | None]]:
        """The first and the last number of each segment up to the head, and the segment where it is there already."""
        full = head - head % self._range_rows
        for first in range(1, full + 1, self._range_rows):
            last = first + self._range_rows - 1
            yield first, last, self._fit(first, last)
        tail: list[tuple[int, int, Segment | None]] = []
        reached = full
        while longest := max((one.last for one in self._known.get(reached + 1, ()) if one.last <= head), default=0):
            tail.append((reached + 1, longest, self._fit(reached + 1, longest)))
            reached = longest
        if reached < head:
            first = reached + 1
            while tail and tail[-1][1] - tail[-1][0] <= head - first:
                first = tail.pop()[0]
            tail.append((first, head, self._fit(first, head)))
        yield from tail

    def _fit(self, first: int, last: int) -> Segment | None:
        """The segment of this range that is there, and is what it would be now."""
        there = (one for one in self._known.get(first, ()) if one.last == last)
        return next(filter(self._series.is_as_now, there), None)

    def _write(self, first: int, last: int, counted: Callable[[int], None]) -> Segment:
        with nameless_file() as (draft, path):
            try:
                with garbage_pause(last - first + 1):
                    root, erased = self._series.write(first, last, draft, counted)
                draft.flush()
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = path.stat().st_size
            except OSError as error:
                raise PlaceError(
                    f"cannot make a segment in {tempfile.gettempdir()}: {error.strerror or error}"
                ) from error
            name = segment_name(self._series.folder, first, last, digest)
            if self._sizes.get(name) != size or self._place.digest(name) != digest:
                self._place.put(name, path)
                self.written += 1
        segment = Segment(name, first, last, size, digest, root, erased)
        self.rows_read += segment.rows
        self.new.add(segment)
        return segment


def _told(progress: RowsRead, done: int, total: int, rows: int) -> None:
    progress(done + rows, total)
