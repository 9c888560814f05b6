"""The nursery: a process that has all that answering takes in memory, and makes a child of itself for each statement.

It is started once, with an empty environment in an empty folder (`projections.sandbox.statement_processes`), and does
no more than what it is told over its standard input, a socket: `F` with two pipes makes a child that reads and writes
these, `K` with the number of a child kills it. A child is there in some milliseconds, so each statement has one of its
own, which has seen nothing before and is seen by nobody afterwards.

It imports modules of this folder and no others of the project, whose packages would take seconds and memory.
"""

import gc
import os
import resource
import signal
import socket
import struct
from contextlib import suppress

from projections.sandbox.child_process import answer_one, checker, warm_up

MAKE, KILL = b"F", b"K"
NUMBER = struct.Struct(">q")
FILES_MAX = 16
"""Descriptors that a process may have open: its own, and a few of the libraries."""


def main() -> None:
    """Make children until nobody asks any more, and leave none behind."""
    os.umask(0o777)
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    check = checker()
    warm_up(check)
    for what, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, FILES_MAX)):
        limit(what, most)
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    control.sendall(NUMBER.pack(os.getpid()))
    while (told := _told(control)) is not None:
        order, number, pipes = told
        if order == MAKE:
            child = os.fork()
            if child == 0:
                os.setsid()
                control.close()
                answer_one(check, *pipes)
                os._exit(0)
            children.add(child)
            for pipe in pipes:
                os.close(pipe)
            control.sendall(NUMBER.pack(child))
        elif number in children:
            _kill(number)
            control.sendall(NUMBER.pack(number))
        _bury(children)
    for child in children:
        _kill(child)


def limit(what: int, most: int) -> None:
    """Give up a right of this process, and of its children, for good."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _told(control: socket.socket) -> tuple[bytes, int, list[int]] | None:
    """The next order: what, to which child, with which pipes; None at the end."""
    message, pipes, _, _ = socket.recv_fds(control, 1 + NUMBER.size, 2)
    if len(message) < 1 + NUMBER.size:
        return None
    return message[:1], NUMBER.unpack(message[1:])[0], pipes


def _kill(child: int) -> None:
    """End a child and all that is in its group. Its number is its own until it is buried."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _bury(children: set[int]) -> None:
    """Forget those that have ended by now: to give back a gigabyte takes a while, for which nobody waits."""
    for child in tuple(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            children.remove(child)
