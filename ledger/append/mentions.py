"""Where the log mentions some slugs: found in one pass, where a batch asks about many.

Whether an entity may go is a question to the whole log: does an event that stands name it? One such question is a scan.
A batch that takes back a thousand registrations would be a thousand scans, so these share one.
"""

import re
from collections.abc import Collection, Sequence

from ledger.store.protocol import LogStore

SCANS_MAX = 3
"""Fewer questions are asked one by one, and end where they are answered."""
_SLUG = re.compile(rb'"([a-z0-9][a-z0-9-]*)"')


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
        for slug in set(_SLUG.findall(state)):
            if (positions := self._positions.get(slug)) is not None:
                positions.append(position)

    def forget_after(self, position: int) -> None:
        """Let go of the events behind a position."""
        for positions in self._positions.values():
            while positions and positions[-1] > position:
                positions.pop()

    def positions(self, slug: str) -> Sequence[int]:
        """Where a slug is mentioned, in order."""
        return self._positions[slug.encode()]
