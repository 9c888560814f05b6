"""What was acted upon: the events that ledger events act on, and what those say that were acted upon lately.

A ledger event names its target by its id. Here stands, for each target, at which positions the acts on it are, so that
nobody has to search for them; and for the targets of late what they say after all of them, so that the next act on one
costs what the first did. For example, an event that was corrected at positions 7 and 9 has `[7, 9]` here.
"""

from collections.abc import Callable, Sequence

from ledger.codec.stored_json import encoded
from ledger.rules.effective_content import Content

KEPT_BYTES_MAX = 4 * 1024 * 1024
"""How large the contents may be together that are kept, as stored JSON; as Python's values they take ten times that."""


class ActedEvents:
    """The targets of ledger events, by the 16 bytes of their ids."""

    def __init__(self) -> None:
        self.count = 0
        """How many acts there are."""
        self._positions: dict[bytes, list[int]] = {}
        self._says: dict[bytes, Content] = {}
        """Of targets of late, the last of them last."""
        self._bytes: dict[bytes, int] = {}
        """How large those are whose size is known."""
        self._bytes_in_all = 0

    def positions(self, target: bytes) -> Sequence[int]:
        """Where the acts on an event are, in order."""
        return self._positions.get(target, ())

    def says(self, target: bytes) -> Content | None:
        """What an event says after all acts on it, where that is known still."""
        return self._says.get(target)

    def note(self, target: bytes, position: int, says: Content | None) -> Callable[[], object]:
        """Note an act, and what its target says then (None: forget what it said); call what is returned to undo it."""
        positions = self._positions.setdefault(target, [])
        positions.append(position)
        self.count += 1
        before = self._exchange(target, says)

        def undo() -> None:
            positions.pop()
            self.count -= 1
            if not positions:
                del self._positions[target]
            self._exchange(target, before)

        return undo

    def remember(self, target: bytes, says: Content) -> None:
        """Keep what somebody found that an event says after all acts on it."""
        self._exchange(target, says)

    def keep(self) -> None:
        """Let go of the oldest contents where there are too many."""
        for target, says in reversed(self._says.items()):
            if target in self._bytes:
                break
            self._bytes[target] = size = len(encoded(says.body))
            self._bytes_in_all += size
        while self._bytes_in_all > KEPT_BYTES_MAX:
            self._exchange(next(iter(self._says)), None)

    def _exchange(self, target: bytes, says: Content | None) -> Content | None:
        before = self._says.pop(target, None)
        self._bytes_in_all -= self._bytes.pop(target, 0)
        if says is not None:
            self._says[target] = says
        return before
