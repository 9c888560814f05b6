"""The processes that answer statements: one each, born in a nursery, killed when it is done or has gone too far.

The nursery (`projections.sandbox.nursery`) is in a process group of its own, in an empty folder, with an environment
that has nothing in it but how texts and threads are handled; so are its children. They are asked over pipes, and
whoever asks looks at the clock while it waits: what a child does not answer in time it never answers.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from projections.queries.allowance import WAIT_S, Allowance, OverLimit, SandboxUnavailable
from projections.sandbox import frames
from projections.sandbox.sandbox_limits import SandboxLimits

START_S = 60.0
"""How long the nursery may take to start, on a machine that is busy."""
PIECE_BYTES = 65_536
_NUMBER_BYTES = 8
_PACKAGES = Path(__file__).parents[1]
_PROGRAM = """
import sys, types
for name, path in (("projections", {packages!r}), ("projections.sandbox", {sandbox!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from projections.sandbox.nursery import main
main()
""".format(packages=str(_PACKAGES), sandbox=str(_PACKAGES / "sandbox"))
"""Stands in for the two packages, so that the nursery imports a few modules of them and not all."""
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "HOME": "/nonexistent",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class _Nursery:
    """The nursery, begun when it is made: until it answers, children wait for it."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="supply-ledger-sql-")
        Path(self._folder).chmod(0o500)
        self._control, other = socket.socketpair()
        self._control.settimeout(START_S)
        self._lock = threading.Lock()
        self._is_ready = False
        try:
            self.process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-I", "-c", _PROGRAM],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            Path(self._folder).rmdir()
            raise SandboxUnavailable(f"no process for SQL can be started here: {error.strerror}") from None
        finally:
            other.close()

    def wait_until_ready(self, allowance: Allowance) -> None:
        """Wait until it makes children. Raises SandboxUnavailable and what the allowance raises."""
        until = monotonic() + START_S
        while not self._is_ready and not select.select((self._control,), (), (), WAIT_S)[0]:
            allowance.check()
            if monotonic() > until:
                raise SandboxUnavailable("the process for SQL did not start")
        with self._lock:
            if not self._is_ready:
                self._number()
                self._is_ready = True

    def make(self, source: int, sink: int) -> int:
        """A child that reads and writes these pipes: its number. Raises SandboxUnavailable."""
        with self._lock:
            try:
                socket.send_fds(self._control, [b"F" + bytes(_NUMBER_BYTES)], [source, sink])
            except OSError:
                raise SandboxUnavailable("the process for SQL has ended") from None
            return self._number()

    def kill(self, child: int) -> None:
        """End a child of it, whatever it does."""
        with self._lock, contextlib.suppress(OSError, SandboxUnavailable):
            self._control.sendall(b"K" + child.to_bytes(_NUMBER_BYTES, "big"))
            self._number()

    def close(self) -> None:
        """End it, and with it all children."""
        self._control.close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(OSError):
            Path(self._folder).rmdir()

    def _number(self) -> int:
        try:
            told = self._control.recv(_NUMBER_BYTES, socket.MSG_WAITALL)
        except OSError:
            told = b""
        if len(told) < _NUMBER_BYTES:
            raise SandboxUnavailable("the process for SQL has ended")
        return int.from_bytes(told, "big", signed=True)


class Child:
    """A process that answers one statement."""

    def __init__(self, number: int, source: int, sink: int, limits: SandboxLimits, allowance: Allowance) -> None:
        self.number = number
        self._source = source
        self._sink = sink
        self._limits = limits
        self._allowance = allowance
        self._waited_s = 0.0

    def send(self, frame: bytes) -> None:
        """Send a frame. Raises OverLimit where nobody is there to take it, and what the allowance raises."""
        left = memoryview(frame)
        while left:
            self._allowance.check()
            if select.select((), (self._sink,), (), WAIT_S)[1]:
                try:
                    left = left[os.write(self._sink, left[:PIECE_BYTES]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise self._too_much() from None

    def receive(self) -> tuple[bytes, bytes]:
        """The next frame. Raises OverLimit where it does not come in time, is too long, or the child has ended."""
        kind, length = frames.HEAD.unpack(self._bytes(frames.HEAD.size))
        if self._limits.answer_bytes is not None and length > self._limits.answer_bytes:
            raise answer_too_large(self._limits.answer_bytes)
        return kind, self._bytes(length)

    def _bytes(self, count: int) -> bytes:
        seconds = self._limits.seconds
        taken = bytearray()
        while len(taken) < count:
            self._allowance.check()
            left_s = WAIT_S if seconds is None else seconds - self._waited_s
            if left_s <= 0:
                raise OverLimit(
                    f"The statement took longer than the {seconds:g} seconds that it may take", limit="time"
                )
            began = monotonic()
            is_there = select.select((self._source,), (), (), min(left_s, WAIT_S))[0]
            self._waited_s += monotonic() - began
            if is_there:
                piece = os.read(self._source, min(count - len(taken), 16 * PIECE_BYTES))
                if not piece:
                    raise self._too_much()
                taken += piece
        return bytes(taken)

    def _too_much(self) -> OverLimit:
        """A child has ended before its answer: it got no more memory, or has no more stack."""
        megabytes = (self._limits.memory_bytes or 0) // 1024**2
        return OverLimit(f"The statement needs more memory than the {megabytes} MB that it may take", limit="memory")


def answer_too_large(most: int) -> OverLimit:
    """An answer has more bytes than may be sent."""
    return OverLimit(f"The answer is larger than the {most // 1024**2} MB that one may have", limit="answer")


class StatementProcesses:
    """The children of a server, so many at once, and the nursery that makes them, begun when it is first needed."""

    def __init__(self, limits: SandboxLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._places = threading.Semaphore(limits.children)
        self._nurseries: list[_Nursery] = []
        self._running: set[int] = set()
        self._end = weakref.finalize(self, _close_all, self._nurseries)

    @property
    def running(self) -> list[int]:
        """The ids of the processes that answer a statement now."""
        with self._lock:
            return sorted(self._running)

    def warm(self) -> None:
        """Begin the nursery, so that the first statement need not wait for it."""
        self._nursery()

    def close(self) -> None:
        """End all processes."""
        self._end()

    @contextmanager
    def child(self, allowance: Allowance) -> Iterator[Child]:
        """A child, which is killed at the end. Raises SandboxUnavailable, OutOfTime and Abandoned."""
        with allowance.holding(self._places):
            nursery = self._nursery()
            nursery.wait_until_ready(allowance)
            with _pipe() as (their_source, our_sink), _pipe() as (our_source, their_sink):
                os.set_blocking(our_sink.fileno(), False)
                number = nursery.make(their_source.fileno(), their_sink.fileno())
                with self._lock:
                    self._running.add(number)
                try:
                    their_source.close()
                    their_sink.close()
                    yield Child(number, our_source.fileno(), our_sink.fileno(), self._limits, allowance)
                finally:
                    nursery.kill(number)
                    with self._lock:
                        self._running.discard(number)

    def _nursery(self) -> _Nursery:
        """The nursery; another where it has ended."""
        with self._lock:
            if self._nurseries and self._nurseries[0].process.poll() is not None:
                self._nurseries.pop().close()
            if not self._nurseries:
                if not self._end.alive:
                    raise SandboxUnavailable("the processes for SQL are closed")
                self._nurseries.append(_Nursery())
            return self._nurseries[0]


def _close_all(nurseries: list[_Nursery]) -> None:
    while nurseries:
        nurseries.pop().close()


@contextmanager
def _pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The two ends of a pipe, to read and to write, closed in the end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as source, os.fdopen(writing, "wb", 0) as sink:
        yield source, sink
