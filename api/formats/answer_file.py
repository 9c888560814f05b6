"""Files of answers: an answer that may be large is written to the end before anything of it is sent.

So an answer that fails midway is a problem document and no file that ends early; its length and its digest are known,
and ranges of its bytes can be sent. Up to a megabyte stays in memory. What is larger is on the disk beside the ledger,
in a file without a name: it is gone when nobody holds it any more, whatever ends the process. All of them together
have only so much room.
"""

import errno
import hashlib
import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.problems import NARROWER, RETRY_AFTER_S, Problem
from api.settings import ANSWER_FILES_MB
from ledger import StoreError, StoreFull

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MEMORY_BYTES = 1024 * 1024
BLOCK_BYTES = 256 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Room:
    """The room on the disk for files of answers: where they lie, and how many bytes all of them may take together.

    `make` is asked to let a file go where the room is used up, and says whether it could.
    """

    def __init__(self, directory: Path | None = None, *, bytes_max: int | None = None) -> None:
        self.directory = directory
        self.make: Callable[[], bool] = bool
        self._bytes_max = bytes_max
        self._used = 0
        self._lock = threading.RLock()  # a file may go while it is held, and give back

    @property
    def used(self) -> int:
        """How many bytes are taken."""
        return self._used

    def take(self, size: int) -> None:
        """Take so many bytes more. Raises Problem where there are none left."""
        while not self._takes(size):
            if not self.make():
                detail = f"The answer needs more room than is left for files here ({ANSWER_FILES_MB.variable})"
                headers = {"Retry-After": str(RETRY_AFTER_S)}
                raise Problem(503, "file-limit", f"{detail}: {NARROWER}, or ask again in a while.", headers=headers)

    def give_back(self, size: int) -> None:
        """So many bytes are free again."""
        with self._lock:
            self._used -= size

    def _takes(self, size: int) -> bool:
        with self._lock:
            fits = self._bytes_max is None or self._used + size <= self._bytes_max
            self._used += size * fits
            return fits


class AnswerFile(io.RawIOBase):
    """A file of an answer: it is written from its beginning to its end, and then read at any place.

    `check` is called as it is written, and raises where the question is over.
    """

    def __init__(self, room: Room, check: Callable[[], None] = lambda: None) -> None:
        self.size = 0
        self.room = room
        self.check = check
        self._memory = bytearray()
        self._descriptor: int | None = None

    @property
    def is_large(self) -> bool:
        """Whether it is on the disk."""
        return self._descriptor is not None

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Add bytes at its end. Raises Problem, StoreFull, StoreError, and what `check` raises."""
        self.check()
        view = memoryview(data).cast("B")
        count = len(view)
        if self._descriptor is None:
            self._memory += view
            if len(self._memory) > MEMORY_BYTES:
                with _store_errors():
                    self._descriptor = _nameless(self.room.directory)
                view = memoryview(bytes(self._memory))
                self._memory.clear()
                self.size = 0
        if self._descriptor is not None:
            self.room.take(len(view))
            self.size += len(view)
            with _store_errors():
                for start in range(0, len(view), BLOCK_BYTES):
                    _write_whole(self._descriptor, view[start : start + BLOCK_BYTES])
        else:
            self.size = len(self._memory)
        return count

    def bytes_at(self, start: int, count: int) -> bytes:
        """So many bytes from a place on, fewer at the end. Several threads may read."""
        if self._descriptor is None:
            return bytes(self._memory[start : start + count])
        return os.pread(self._descriptor, count, start)

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes between two places, a block at a time."""
        stop = self.size if end is None else end
        for place in range(start, stop, BLOCK_BYTES):
            yield self.bytes_at(place, min(BLOCK_BYTES, stop - place))

    def digest(self, *before: bytes) -> str:
        """A digest of what is in it, after some bytes that say what it is."""
        digest = hashlib.sha256(b"".join(before))
        for block in self.blocks():
            digest.update(block)
        return digest.hexdigest()[:32]

    def __del__(self) -> None:
        """Nobody holds it any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self.room.give_back(self.size)


def _nameless(directory: Path | None) -> int:
    descriptor, path = tempfile.mkstemp(dir=directory)
    os.unlink(path)  # noqa: PTH108  the path is a text
    return descriptor


def _write_whole(descriptor: int, view: memoryview) -> None:
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _store_errors() -> Iterator[None]:
    """What the disk says, as the ledger says it."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull("the disk is too full for the file of this answer; ask for less, or make room") from error
        raise StoreError("the file of this answer could not be kept while it was made; ask again") from error
