"""What a batch has placed and not written yet, in front of the log: whoever asks is answered from both.

To write a row costs most where it is written alone. So what is placed waits here until there is much of it, or until
somebody scans the log; and a question about single events and streams is answered without writing anything.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codec.entry import Entry
from ledger.proof.leaves import new_salt
from ledger.store.protocol import LogStore


@dataclass
class _Part:
    """The part of one append: how many entries of the appends before it are not written yet, when it begins."""

    begins: int
    written: bool = False
    """Whether something was written meanwhile."""


class Unwritten:
    """The entries at the end of the log that wait to be written, and the log before them."""

    def __init__(self, log: LogStore) -> None:
        self.salts: dict[int, bytes] = {}
        """The salts of leaves that are given, by position; others are drawn."""
        self.entries: list[Entry] = []
        self._log = log
        self._part: _Part | None = None
        self._by_stream: defaultdict[bytes, list[Entry]] = defaultdict(list)
        self._by_event: dict[bytes, Entry] = {}
        self._indexed = 0
        """How many of the entries are in these two: they are put there when somebody asks."""

    # Writing

    def write(self) -> None:
        """Write what waits."""
        entries, part = self.entries, self._part
        if not entries:
            return
        if part is not None and not part.written:
            # What came before the part stays, whatever becomes of it.
            if part.begins:
                self._append(entries[: part.begins])
            self._log.savepoint()
            part.written = True
            entries = entries[part.begins :]
        self._forget()
        if entries:
            self._append(entries)

    def begin_part(self) -> None:
        """What is added from here on can be taken back without the rest."""
        self._part = _Part(len(self.entries))

    def end_part(self, *, keep: bool) -> None:
        """Keep the part as what is there, or take it back."""
        part, self._part = self._part, None
        if part is None:
            return
        if keep:
            if part.written:
                self._log.release()
        elif part.written:
            self._log.undo()
            self._forget()
        else:
            entries = self.entries[: part.begins]
            self._forget()
            self.entries = entries

    def leave_part(self) -> None:
        """The part has ended with the store itself, which may have undone everything."""
        self._part = None

    def _append(self, entries: Sequence[Entry]) -> None:
        given = self.salts
        salts = [given.pop(entry.position, b"") or new_salt() for entry in entries] if given else ()
        self._log.append(entries, salts)

    def _forget(self) -> None:
        self.entries = []
        self._by_stream.clear()
        self._by_event.clear()
        self._indexed = 0

    # Reading

    def with_event_id(self, event_key: bytes) -> Entry | None:
        """The event with this id."""
        self._index()
        found = self._by_event.get(event_key)
        return found or next(iter(self._log.with_event_ids([event_key])), None)

    def at_positions(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions, in order."""
        entries = self.entries
        if not entries:
            return self._log.at_positions(positions)
        first = entries[0].position
        written = [position for position in positions if position < first]
        waiting = sorted({position for position in positions if first <= position < first + len(entries)})
        found = self._log.at_positions(written) if written else []
        return found + [entries[position - first] for position in waiting]

    def streams(self, stream_keys: Sequence[bytes], *, last: int) -> dict[bytes, list[Entry]]:
        """The last entries of each of these streams, in order; streams without any are left out."""
        found = self._log.streams(stream_keys, last=last)
        self._index()
        if self._by_stream:
            for stream in stream_keys:
                if waiting := self._by_stream.get(stream):
                    found[stream] = [*found.get(stream, ()), *waiting][-last:]
        return found

    def stream_head(self, stream: bytes) -> int:
        """How many entries a stream holds."""
        self._index()
        return self._log.stream_heads([stream]).get(stream, 0) + len(self._by_stream.get(stream, ()))

    def _index(self) -> None:
        entries = self.entries
        if self._indexed == len(entries):
            return
        for entry in entries[self._indexed :]:
            self._by_stream[entry.stream_key].append(entry)
            self._by_event[entry.event_key] = entry
        self._indexed = len(entries)
