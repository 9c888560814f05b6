"""Worker processes for the pure step of an import.

Each is a fresh interpreter that is sent pieces of the file through a pipe and sends back what they were made into. So
nothing is shared with the program, which may have threads and need not be importable; and a worker ends by itself when
its pipe closes, whatever ended the program. Where no worker can be had, or one is lost, the program does the work
itself.

To start one takes as long as ten thousand rows do. So workers that have done a file wait a while for the next: of
twenty files, the first alone starts any.
"""

import atexit
import gc
import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeAlias

from ledger.events.base import REGISTRY
from ledger.imports.rows import Piece
from ledger.imports.verdicts import Way, verdicts_on

WORKERS_MAX = 3
AHEAD = 4
"""How many pieces each worker may have been sent that are not back yet."""
IDLE_S = 20.0
"""How long workers wait for another file."""
_START = "import sys; sys.path[:] = {path!r}; from ledger.imports.workers import serve; serve()"


_Receivers: TypeAlias = "dict[subprocess.Popen[bytes], _Receiver]"


class Workers:
    """A few worker processes; none where one of them does not know the same types of events as this process.

    `way` is how the rows are to be judged. Without `wanted` none is started.
    """

    def __init__(self, way: Way, *, wanted: bool = True) -> None:
        self._way = way
        self._receivers: _Receivers = {}
        try:
            count = _count() if wanted else 0
            if count:
                self._receivers.update(_IDLE.taken(count))
            while len(self._receivers) < count:
                process = _started()
                self._receivers[process] = _Receiver(process.stdout)
            modules = sorted({cls.__module__ for cls in REGISTRY.values()})
            for process in self._processes:
                _send(process.stdin, marshal.dumps((tuple(way), modules)))
            same_types = all(receiver.next() == _types() for receiver in self._receivers.values())
        except OSError:
            same_types = False
        if not same_types:
            self.close()

    @property
    def _processes(self) -> list[subprocess.Popen[bytes]]:
        return list(self._receivers)

    def prepared(self, pieces: Iterator[Piece]) -> Generator[tuple[bytes, int]]:
        """What `verdicts_on` makes of the pieces, in order; and how many bytes of the file were read up to there."""
        if not self._receivers:
            for piece in pieces:
                yield verdicts_on(piece, self._way), piece.done
            return
        feeder = _Feeder(pieces, self._processes)
        all_is_done = False
        try:
            for process, piece in feeder.sent():
                made = self._receivers[process].next()
                yield verdicts_on(piece, self._way) if made is None else made, piece.done
                feeder.room.release()
            all_is_done = not any(receiver.lost for receiver in self._receivers.values())
        finally:
            feeder.stopped = True
            if all_is_done:
                self._let_wait()
            self.close()
            feeder.room.release()
            feeder.join()

    def close(self) -> None:
        """End the processes."""
        _end(self._receivers)
        self._receivers.clear()

    def _let_wait(self) -> None:
        """Let the processes wait for another file."""
        with suppress(OSError):
            for process in self._processes:
                _send(process.stdin, b"")
            _IDLE.put(self._receivers)
            self._receivers = {}


class _Idle:
    """Workers of this program that wait for another file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._receivers: _Receivers = {}
        self._started_as: Sequence[str] = ()
        self._timer: threading.Timer | None = None

    def taken(self, count: int) -> _Receivers:
        """As many as wait, where they were started as they would be now; the others are ended."""
        started_as, found = self._started_as, self._exchange({})
        if started_as != _way_to_start() or len(found) > count or any(one.poll() is not None for one in found):
            _end(found)
            return {}
        return found

    def put(self, receivers: _Receivers) -> None:
        """Let workers wait, in the place of those that did."""
        _end(self._exchange(receivers))

    def end(self) -> None:
        """End those that wait."""
        _end(self._exchange({}))

    def _exchange(self, receivers: _Receivers) -> _Receivers:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            found, self._receivers = self._receivers, receivers
            self._timer = None
            if receivers:
                self._started_as = _way_to_start()
                self._timer = threading.Timer(IDLE_S, self.end)
                self._timer.daemon = True
                self._timer.start()
        return found


_IDLE = _Idle()
atexit.register(_IDLE.end)


class _Feeder(threading.Thread):
    """Sends each worker its pieces, in turn. Reading and sending may block, so it is done apart from the rest."""

    def __init__(self, pieces: Iterator[Piece], processes: list[subprocess.Popen[bytes]]) -> None:
        super().__init__(name="import feeder", daemon=True)
        self.room = threading.Semaphore(AHEAD * len(processes))
        self.stopped = False
        self._pieces = pieces
        self._processes = list(processes)
        self._sent: SimpleQueue[tuple[subprocess.Popen[bytes], Piece] | BaseException | None] = SimpleQueue()
        self.start()

    def sent(self) -> Iterator[tuple[subprocess.Popen[bytes], Piece]]:
        """The pieces in order, and which worker has each."""
        while (item := self._sent.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def run(self) -> None:
        """Feed until there is nothing more."""
        try:
            for number, piece in enumerate(self._pieces):
                self.room.acquire()
                if self.stopped:
                    return
                process = self._processes[number % len(self._processes)]
                self._sent.put((process, piece))
                with suppress(OSError):  # The worker is lost, and whoever waits for it will see that.
                    _send(process.stdin, marshal.dumps(tuple(piece)))
            self._sent.put(None)
        except BaseException as error:
            self._sent.put(error)


class _Receiver(threading.Thread):
    """Takes in what a worker sends, so that the worker goes on while the program writes."""

    def __init__(self, pipe: Any) -> None:
        super().__init__(name="import receiver", daemon=True)
        self._pipe = pipe
        self._received: SimpleQueue[bytes | None] = SimpleQueue()
        self.lost = False
        self.start()

    def next(self) -> bytes | None:
        """The next message; None where the worker is lost, and from then on."""
        made = None if self.lost else self._received.get()
        self.lost = made is None
        return made

    def run(self) -> None:
        """Receive until the other end is gone."""
        made: bytes | None = b""
        while made is not None:
            made = _receive(self._pipe)
            self._received.put(made)


def serve() -> None:
    """What a worker does: prepare pieces until there are no more."""
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever is printed must not get between the answers.
    try:
        while (opening := _receive(source)) is not None:
            way, modules = marshal.loads(opening)  # noqa: S302 - from the program that started this one
            with suppress(ImportError):
                for module in modules:
                    __import__(module)
            _send(target, _types())
            gc.freeze()  # What there is now is there to stay, and need not be searched for garbage.
            while task := _receive(source):
                _send(target, verdicts_on(Piece(*marshal.loads(task)), Way(*way)))  # noqa: S302
    except BrokenPipeError:
        os._exit(1)  # The program has ended, so there is nobody to send the rest to.


def _count() -> int:
    """How many workers there is a processor for."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, WORKERS_MAX) if usable > 1 and sys.executable else 0


def _way_to_start() -> Sequence[str]:
    return [sys.executable, *sys.path]


def _end(receivers: _Receivers) -> None:
    """End worker processes."""
    for process in receivers:
        process.kill()
    for receiver in receivers.values():
        receiver.join()
    for process in receivers:
        with suppress(OSError):
            process.communicate()


def _started() -> subprocess.Popen[bytes]:
    # In a session of its own, so that an interrupt from the keyboard reaches the program only.
    return subprocess.Popen(  # noqa: S603 - this interpreter, and nothing that anybody sent
        [sys.executable, "-c", _START.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _types() -> bytes:
    """The types of events that this process knows, by name and place."""
    return marshal.dumps(sorted(f"{name} {cls.__module__}.{cls.__qualname__}" for name, cls in REGISTRY.items()))


def _send(pipe: Any, message: bytes) -> None:
    pipe.write(len(message).to_bytes(8, "big"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: Any) -> bytes | None:
    """The next message; None where the other end is gone."""
    head: bytes = pipe.read(8)
    if len(head) < 8:
        return None
    message: bytes = pipe.read(size := int.from_bytes(head, "big"))
    return message if len(message) == size else None
