"""Where the log mentions some slugs: found in one pass, where a batch asks about many.

Whether an entity may go is a question to the whole log: does an event that stands name it? One such question is a scan.
A batch that takes back a thousand registrations would be a thousand scans, so these share one.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence

from ledger.codec.entry import Entry
from ledger.store.protocol import LogStore

SCANS_MAX = 3
"""Fewer questions are asked one by one, and end where they are answered."""
FORMULA_FIELD = "formula"
_SLUG = re.compile(rb'"([a-z0-9][a-z0-9-]*)"')
_FORMULA = re.compile(rb'"formula":"([^"]*)"')
_IN_FORMULA = re.compile(rb"[a-z0-9][a-z0-9-]*")


class Mentions:
    """The positions of the events that mention each of these slugs."""

    def __init__(self, slugs: Collection[str]) -> None:
        self._positions: dict[bytes, list[int]] = {slug.encode(): [] for slug in slugs}

    def read(self, log: LogStore, *, until: int) -> None:
        """Take in the log up to a position."""
        for block in log.blocks(after=0, until=until):
            for position, state in enumerate(block.states.split(b"\n"), block.after + 1):
                self.take_in(position, state)

    def take_in(self, position: int, state: bytes) -> None:
        """Take in the event at the next position."""
        mentioned = set(_SLUG.findall(state))
        for formula in _FORMULA.findall(state):
            mentioned.update(_IN_FORMULA.findall(formula))
        for slug in mentioned:
            if (positions := self._positions.get(slug)) is not None:
                positions.append(position)

    def forget_after(self, position: int) -> None:
        """Let go of the events behind a position."""
        for positions in self._positions.values():
            while positions and positions[-1] > position:
                positions.pop()

    def entries(self, log: LogStore, slug: str, types: Sequence[str], *, after: int) -> Iterator[Entry]:
        """The events of these types behind a position that mention a slug, in order; a few are read at first."""
        positions = self._positions[slug.encode()]
        begin, size = bisect_right(positions, after), 4
        while begin < len(positions):
            found = log.at_positions(positions[begin : begin + size])
            yield from (entry for entry in found if entry.type in types)
            begin, size = begin + size, min(2 * size, 500)
