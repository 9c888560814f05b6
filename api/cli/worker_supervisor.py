"""The supervisor of workers: processes that serve one address together, each with all that a server has.

It takes the connections, gives each to the next worker in turn, and serves nothing itself: it starts the workers, puts
another in the place of one that has ended, and passes on what it is told:

    SIGTERM, Ctrl-C   all end in good order, and then the supervisor
    SIGHUP            each is replaced, one after the other: another serves before it leaves, so that no request is
                      refused; what is installed by then is what runs

Nothing is lost with a worker that is killed: what it acknowledged is in the log. A new one that does not come up
changes nothing: the others go on.

(Were all to take connections from one socket, or each from one of its own: of one socket, one worker took all of 32
connections that came together; of sockets of their own, those that wait at one whose worker ends are lost.)
"""

import logging
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging.config import dictConfig
from select import select
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Protocol

import typer

from api.cli.server import Service, announce, say_end
from api.cli.server_log import log_config
from api.cli.session import FAILED, opened_ledger
from api.cli.worker_process import CONNECTION, LEAVE, READY, WorkerOrder
from api.operations.table_places import remove_spare_tables
from api.settings import data_directory, worker_environment

WORKER_LOOK_S = 0.5
"""How often it is looked whether all are well, beside when a signal says that something has changed."""
FULL_S = 0.02
"""How soon a connection that no worker could take is offered again."""
ACCEPTED_AT_ONCE = 64
YOUNG_S = 10.0
DELAYS_S = (0.0, 1.0, 5.0, 30.0)
"""How long it takes until one that ended is replaced: at once, and longer where the last ones ended young as well."""
COUNTS_PREFIX = "supply-ledger-counts-"
MODULE = "api.cli.worker_process"
GOOD_ENDS = (0, -signal.SIGTERM)
logger = logging.getLogger("supply_ledger")


def serve_together(listening: socket.socket, service: Service, *, count: int) -> None:
    """Serve with so many workers until interrupted or terminated. Ends the program with a message where it cannot."""
    dictConfig(log_config(service.log_format))
    with opened_ledger(service.data, make=True):
        pass  # made where it is absent; each worker opens it for itself
    remove_spare_tables(data_directory(service.data), above=count + 1)
    ip = listening.getsockname()[0]
    with TemporaryDirectory(prefix=COUNTS_PREFIX) as counts:

        def new(*, ready_first: bool) -> Worker:
            return Worker(service, ip, counts, ready_first=ready_first)

        def started() -> None:
            announce(listening, service, workers=count)

        is_well = WorkerSupervisor(listening, new, count=count, started=started).run()
    say_end()
    if not is_well:
        raise typer.Exit(FAILED)


class Worker:
    """A worker, as its supervisor sees it."""

    def __init__(self, service: Service, ip: str, counts: str, *, ready_first: bool) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        self._is_ready = False
        self.began_at = monotonic()
        with theirs:
            order = WorkerOrder(service, ip, theirs.fileno(), ready_first)
            self.process = subprocess.Popen(  # noqa: S603 - a command of our own
                (sys.executable, "-m", MODULE, order.text()),
                stdin=subprocess.DEVNULL,
                env=worker_environment(data_directory(service.data), counts=counts, warm_from=service.warm_from),
                pass_fds=(theirs.fileno(),),
                process_group=0,  # Ctrl-C is for the supervisor, which tells them
            )

    def fileno(self) -> int:
        """The descriptor at which it says something."""
        return self._channel.fileno()

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections."""
        if not self._is_ready:
            with suppress(OSError):  # nothing is said yet, or nobody is there to say it
                self._is_ready = self._channel.recv(1) == READY
        return self._is_ready

    def takes(self, connection: socket.socket) -> bool:
        """Give it a connection; whether it could be given."""
        try:
            return self.is_ready and bool(socket.send_fds(self._channel, [CONNECTION], [connection.fileno()]))
        except OSError:  # it has ended, or has so many already that it has not taken
            return False

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def leave(self) -> None:
        """Tell it to leave, which takes as long as its clients need."""
        with suppress(OSError):
            self._channel.send(LEAVE)

    def tell(self, signal_number: int) -> None:
        """Send it a signal."""
        with suppress(OSError):
            self.process.send_signal(signal_number)

    def close(self) -> None:
        """Let its channel go."""
        self._channel.close()


class NewWorker(Protocol):
    """Starts a worker; `ready_first` where it is to take connections only once it has taken in the log."""

    def __call__(self, *, ready_first: bool) -> Worker:
        """The worker."""


class WorkerSupervisor:
    """Keeps so many workers serving, which `new` starts, at a socket that listens. `started` is called once all of the
    first serve.
    """

    def __init__(self, listening: socket.socket, new: NewWorker, *, count: int, started: Callable[[], None]) -> None:
        self._listening = listening
        self._new = new
        self._count = count
        self._started: Callable[[], None] | None = started
        self._workers: list[Worker] = []
        self._leaving: list[Worker] = []
        self._to_replace: deque[Worker] = deque()
        self._coming: Worker | None = None
        """The one that takes the place of the first of those."""
        self._held: socket.socket | None = None
        """A connection that nobody can take now."""
        self._turn = 0
        self._young_ends = 0
        self._next_at = 0.0
        self._is_stopping = False
        self._failed = False

    def run(self) -> bool:
        """Serve until told to stop; whether all ended well."""
        self._listening.setblocking(False)
        with _signals() as signals:
            while self._all() or not self._is_stopping:
                for number in self._wait(signals):
                    self._hear(number)
                self._bury()
                if self._is_stopping:
                    continue
                self._pass_on()
                self._fill()
                self._replace()
                if self._started is not None and all(worker.is_ready for worker in self._workers):
                    self._started()
                    self._started = None
        return not self._failed

    def _wait(self, signals: socket.socket) -> bytes:
        """Wait until something is to be done; the numbers of signals that have come."""
        unready = [worker for worker in self._all() if not worker.is_ready and not worker.has_ended]
        are_all_full = self._held is not None
        door = [self._listening] if not (self._is_stopping or are_all_full or not self._ready()) else []
        watched: list[socket.socket | Worker] = [signals, *door, *unready]
        there, _, _ = select(watched, [], [], FULL_S if are_all_full else WORKER_LOOK_S)
        return signals.recv(1024) if signals in there else b""

    def _ready(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.is_ready]

    def _pass_on(self) -> None:
        """Give the connections that have come to workers, to each in turn."""
        ready = self._ready()
        for _ in range(ACCEPTED_AT_ONCE if ready else 0):
            if self._held is None:
                try:
                    self._held, _ = self._listening.accept()
                except BlockingIOError:
                    return
                except OSError as error:  # a client that has gone already, or too many files open
                    logger.warning("a connection could not be taken: %s", error)
                    return
            self._turn += 1
            if not any(ready[(self._turn + one) % len(ready)].takes(self._held) for one in range(len(ready))):
                return
            self._held.close()
            self._held = None

    def _all(self) -> list[Worker]:
        return [*self._workers, *self._leaving, *([] if self._coming is None else [self._coming])]

    def _hear(self, number: int) -> None:
        if number == signal.SIGHUP and not self._is_stopping:
            self._to_replace = deque(self._workers)
        elif number in (signal.SIGTERM, signal.SIGINT):
            again = self._is_stopping
            self._stop(signal.SIGINT if again and number == signal.SIGINT else signal.SIGTERM)

    def _stop(self, number: int) -> None:
        """Tell all to end. Nobody new comes to a socket that nobody listens on."""
        self._is_stopping = True
        self._listening.close()
        if self._held is not None:
            self._held.close()
        for worker in self._all():
            worker.tell(number)

    def _bury(self) -> None:
        for worker in self._all():
            if not worker.has_ended:
                continue
            worker.close()
            code = worker.process.returncode
            if worker in self._leaving:
                self._leaving.remove(worker)
            elif worker is self._coming:
                self._coming = None
                self._to_replace.clear()
                if not self._is_stopping:
                    logger.error("a new worker did not come up (exit code %s): the others go on as they are", code)
            else:
                self._workers.remove(worker)
                self._ended(worker, code)
            if self._is_stopping and code not in GOOD_ENDS:
                self._failed = True

    def _ended(self, worker: Worker, code: int) -> None:
        """Note that one has ended which was to go on."""
        if self._is_stopping:
            return
        if self._started is not None and not worker.is_ready:
            self._failed = True  # it has said why
            self._stop(signal.SIGTERM)
            return
        is_young = monotonic() - worker.began_at < YOUNG_S
        self._young_ends = self._young_ends + 1 if is_young else 0
        self._next_at = monotonic() + DELAYS_S[min(self._young_ends, len(DELAYS_S) - 1)]
        logger.warning("worker %s ended (exit code %s); another takes its place", worker.process.pid, code)

    def _fill(self) -> None:
        while len(self._workers) < self._count and monotonic() >= self._next_at and not self._is_stopping:
            self._workers.append(self._new(ready_first=any(worker.is_ready for worker in self._workers)))

    def _replace(self) -> None:
        """Put a new worker in the place of the next that is to be replaced."""
        while self._to_replace and self._to_replace[0] not in self._workers:
            self._to_replace.popleft()  # it has ended by itself, and was replaced
        if self._coming is not None and self._coming.is_ready:
            self._workers.append(self._coming)
            self._coming = None
            if self._to_replace:
                old = self._to_replace.popleft()
                self._workers.remove(old)
                self._leaving.append(old)
                old.leave()
        if self._to_replace and self._coming is None and not self._leaving:
            self._coming = self._new(ready_first=True)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket at which the numbers of signals come."""
    hears, says = socket.socketpair()
    hears.setblocking(False)
    says.setblocking(False)
    handled = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.signal(number, lambda *_: None) for number in handled}
    last = signal.set_wakeup_fd(says.fileno())
    with hears, says:
        try:
            yield hears
        finally:
            signal.set_wakeup_fd(last)
            for number, handler in before.items():
                signal.signal(number, handler)
