"""Work in a process of its own, and the most memory that it and its descendants held.

A process's own high-water mark (VmHWM) begins at its start, so what the benchmark itself holds is not in it. The marks
of a tree of processes are added up, which is never too little.
"""

import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

POLL_S = 0.05
GRACE_S = 10


class Failed(Exception):
    """The work raised an error, died, or took too long."""


def apart(
    function: Callable[..., T], *arguments: Any, timeout_s: float = 3600, memory_max: int = resource.RLIM_INFINITY
) -> tuple[T, int]:
    """What a function of a module gives in a process of its own, and the peak of memory in bytes.

    Raises Failed, also where it takes longer than allowed, or more memory of its own.
    """
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_run, args=(theirs, function, arguments, memory_max))
    process.start()
    pid = process.pid
    assert pid is not None
    theirs.close()
    peaks: dict[int, int] = {}
    deadline = time.monotonic() + timeout_s
    try:
        while not ours.poll(POLL_S):
            _look(pid, peaks)
            if time.monotonic() > deadline:
                process.terminate()
                raise Failed(f"stopped after {timeout_s:.0f} s")
        kind, answer, own_peak = ours.recv()
    except EOFError:
        process.join()
        raise Failed(f"the process died (exit code {process.exitcode}); out of memory?") from None
    finally:
        ours.close()
        _end(process)
    if kind == "error":
        raise Failed(answer)
    peaks[pid] = max(own_peak, peaks.get(pid, 0))
    return answer, sum(peaks.values())


def here(function: Callable[..., T], *arguments: Any, **limits: float) -> tuple[T, int]:
    """The same in this process, without limits."""
    return function(*arguments), peak_bytes(os.getpid())


Apart = Callable[..., tuple[Any, int]]


def peak_bytes(pid: int) -> int:
    """The high-water mark of a process's memory; 0 where it has ended."""
    if not sys.platform.startswith("linux"):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if pid == os.getpid() else 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _run(pipe: Connection, function: Callable[..., T], arguments: tuple[Any, ...], memory_max: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory_max, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    signal.signal(signal.SIGTERM, _exit)
    # Libraries that print, such as DuckDB its progress, must not print into the table.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        answer: Any = function(*arguments)
        pipe.send(("answer", answer, peak_bytes(os.getpid())))
    except Exception as error:
        text = "".join(traceback.format_exception(error, limit=-4))
        pipe.send(("error", f"{type(error).__name__}: {error}\n{text}", 0))


def _exit(signum: int, frame: FrameType | None) -> None:
    """Leave in good order, so that what was started is stopped."""
    sys.exit(128 + signum)


def _end(process: Any) -> None:
    process.join(GRACE_S)
    if process.is_alive():
        process.terminate()
        process.join(GRACE_S)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _look(pid: int, peaks: dict[int, int]) -> None:
    """Note the marks of a process and of all below it."""
    peaks[pid] = max(peak_bytes(pid), peaks.get(pid, 0))
    try:
        children = [path.read_text(encoding="utf-8") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in " ".join(children).split():
        _look(int(child), peaks)
