"""Kept files: answers that are files, kept for a short while for those who read them in parts.

Who reads a Parquet file over HTTP asks for its end first, and then for the columns that it wants, each by a range of
bytes. All of these must be of one file, though the log grows in between, and none should be computed anew. So a file is
kept for a minute after it was last asked for, and a request for a range gets the last one that was made for the same
question, or the one that it names (`If-Range`, `If-Match`). A request for all of it gets a new one, unless the answer
is the same for ever.
"""

import threading
from collections import OrderedDict
from time import monotonic
from typing import NamedTuple

from api.formats.answer import Answer
from api.formats.answer_file import Room

KEPT_S = 60
KEPT_MAX = 64
"""How many files are kept at most: those in memory have a megabyte at most, and the others share their room."""


class FileQuestion(NamedTuple):
    """What a file answers."""

    path: str
    query: bytes
    format: str


class _Kept(NamedTuple):
    answer: Answer
    final: bool
    until: float


class KeptFiles:
    """The files that are kept, the one that was asked for last at the end. Several threads may use it."""

    def __init__(self, room: Room, *, seconds: float = KEPT_S) -> None:
        self.room = room
        self.seconds = seconds
        self._files: OrderedDict[tuple[FileQuestion, str], _Kept] = OrderedDict()
        self._lock = threading.RLock()
        self._erased_at = 0
        """The position of the last EventErased that is known here."""
        room.make = self._drop_one

    def __len__(self) -> int:
        return len(self._files)

    def get(self, question: FileQuestion, *, etag: str | None = None, only_final: bool = False) -> Answer | None:
        """The file that was made last for a question, or the one that an ETag names."""
        self.sweep()
        with self._lock:
            for key in reversed(self._files):
                kept = self._files[key]
                if key[0] == question and etag in (None, key[1]) and (kept.final or not only_final):
                    self._files[key] = kept._replace(until=monotonic() + self.seconds)
                    return kept.answer
        return None

    def clear(self) -> None:
        """Let all files go."""
        with self._lock:
            over, self._files = self._files, OrderedDict()
        del over

    def hold_at(self, erased_at: int) -> None:
        """Let the files go that were made before the last EventErased, which is at this position."""
        with self._lock:
            if erased_at == self._erased_at:
                return
            self._erased_at = erased_at
            over, self._files = self._files, OrderedDict()
        del over

    def put(self, question: FileQuestion, answer: Answer, *, final: bool, erased_at: int = 0) -> None:
        """Keep a file, which was begun when an event was erased last at this position; others go where they are too
        many.
        """
        key = question, answer.headers["ETag"]
        with self._lock:
            if erased_at != self._erased_at:
                return
            self._files[key] = _Kept(answer, final, monotonic() + self.seconds)
            self._files.move_to_end(key)
        while len(self._files) > KEPT_MAX:
            self._drop_one()

    def sweep(self) -> None:
        """Let go of those whose time is over."""
        now = monotonic()
        with self._lock:
            over = [self._files.pop(key) for key, kept in list(self._files.items()) if kept.until <= now]
        del over  # which closes them, when the lock is free again

    def _drop_one(self) -> bool:
        """Let go of the one that was made first, and say whether there was one."""
        with self._lock:
            dropped = self._files.popitem(last=False) if self._files else None
        return dropped is not None
