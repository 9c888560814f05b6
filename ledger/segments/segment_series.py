"""Series of segments: what is exported in them, the events of a log or the answers to its requests, each by number.

A series says how a range of it is written, and whether a segment that was written before is what it would be now: an
erasure changes rows that are old. What is written is verified as whoever restores it will: else a log that was altered
would be exported again and again, and only a restore would tell.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import IO, Protocol, TypeVar

from ledger.errors import LedgerDamaged
from ledger.proof.merkle import frontier
from ledger.segments.request_rows import write_requests
from ledger.segments.segment_manifest import REQUESTS_FOLDER, SEGMENTS_FOLDER, Segment
from ledger.segments.segment_rows import SegmentRow, leaf_hashes_of, log_rows, write_rows
from ledger.store import LogStore
from ledger.store.answered_requests import link
from ledger.store.protocol import AnsweredRequest

COUNTED_EVERY = 1_000
Row = TypeVar("Row")
Counted = Callable[[int], None]
"""Is called with how many rows of a segment are written by now."""


class SegmentSeries(Protocol):
    """What is exported in segments."""

    folder: str

    def look(self, head: int) -> None:
        """See what was changed of the rows up to here."""

    def is_as_now(self, segment: Segment) -> bool:
        """Whether a segment has what it would have now, as it was at the last look."""

    def write(self, first: int, last: int, file: IO[bytes], counted: Counted) -> tuple[str, int]:
        """Write the rows of a range; the root at its end, in hex, and how many of its texts are erased.

        Raises LedgerDamaged where they are not what was recorded.
        """


class LogSeries:
    """The events of a log, by position."""

    folder = SEGMENTS_FOLDER

    def __init__(self, log: LogStore) -> None:
        self._log = log
        self._erased: list[int] = []

    def look(self, head: int) -> None:
        """See which events are erased."""
        self._erased = [position for position, _ in self._log.erased.between(after=0, until=head)]

    def is_as_now(self, segment: Segment) -> bool:
        """Whether a segment lacks the texts that are erased: what is erased stays so."""
        return bisect_right(self._erased, segment.last) - bisect_left(self._erased, segment.first) == segment.erased

    def write(self, first: int, last: int, file: IO[bytes], counted: Counted) -> tuple[str, int]:
        """Write the events of a range."""
        erased, tree = 0, frontier(self._log.subtree, first - 1)

        def seen(group: list[SegmentRow]) -> None:
            nonlocal erased, tree
            erased += sum(row.erased_at is not None for row in group)
            tree = tree.extended(leaf_hashes_of(group))

        rows = log_rows(self._log, after=first - 1, until=last)
        write_rows(_each(rows, counted), file, seen=seen)
        root = self._log.root(last)
        if tree.root() != root:
            raise LedgerDamaged(f"the tree of the log is not that of its leaves up to position {last}")
        return root.hex(), erased


class RequestSeries:
    """The answers to requests with an idempotency key, in the order in which they were given."""

    folder = REQUESTS_FOLDER

    def __init__(self, log: LogStore) -> None:
        self._log = log
        self._links: dict[int, str] = {}

    def look(self, head: int) -> None:
        """Forget what stood for requests."""
        self._links = {0: self._link(0)}

    def is_as_now(self, segment: Segment) -> bool:
        """Whether no answer up to the end of a segment was changed since."""
        if segment.last not in self._links:
            self._links[segment.last] = self._link(segment.last)
        return self._links[segment.last] == segment.root

    def write(self, first: int, last: int, file: IO[bytes], counted: Counted) -> tuple[str, int]:
        """Write the requests of a range."""
        with self._log.snapshot():
            reached = self._log.request_link(first - 1)

            def chained(requests: Iterator[AnsweredRequest]) -> Iterator[AnsweredRequest]:
                nonlocal reached
                for one in requests:
                    reached = link(reached, one.key, one.digest, one.position, one.answer)
                    yield one

            write_requests(_each(chained(self._log.requests(after=first - 1, until=last)), counted), file)
            if reached.hex() != self._link(last):
                raise LedgerDamaged(f"an answer to a request up to number {last} is not the one that was given")
            return reached.hex(), 0

    def _link(self, number: int) -> str:
        return self._log.request_link(number).hex()


def _each(rows: Iterator[Row], counted: Counted) -> Iterator[Row]:
    number = 0
    for number, row in enumerate(rows, start=1):
        if number % COUNTED_EVERY == 0:
            counted(number)
        yield row
    counted(number)
