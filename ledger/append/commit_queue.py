"""The commit queue: work for one writer, first come, first served, and what waits is written together.

A write to disk takes as long for one event as for a hundred. So the thread that writes takes along what has arrived
meanwhile, and all of it is on disk after one write. For example, three clients append while a fourth is being written:
their three appends share the next write. (A plain lock would write each alone. It would also starve those who wait when
its holder takes it again at once, as an import does.)

A thread that can wait calls `run`, and may become the writer itself. A server that must not wait calls `submit` and is
notified later; a thread of the queue writes for it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Generic, TypeVar

from ledger.errors import StoreError

Work = TypeVar("Work")
Notify = Callable[[list[Work]], None]
"""Called with the work that is done. It must neither raise nor wait, and after an interrupt it may be called again."""

logger = logging.getLogger("supply_ledger")


class _Ticket(Generic[Work]):
    """A place in the queue. `work` may be written with other work; it is None where a thread wants the turn alone."""

    def __init__(self, work: Work | None, notify: Notify[Work] | None = None) -> None:
        self.work = work
        self.notify = notify
        """Of work that was submitted, which no thread waits for."""
        self.done = False
        self.awake = False
        """Whether its thread knows that it has the turn."""
        self._called = threading.Lock()
        self._called.acquire()

    def wait(self) -> None:
        """Wait until the ticket has the turn, or its work is done."""
        self._called.acquire()

    def wake(self) -> None:
        """Let the thread that waits go on. To be woken twice is the same as once."""
        self.awake = True
        with suppress(RuntimeError):
            self._called.release()


class CommitQueue(Generic[Work]):
    """Work for one writer.

    `write` does all the work that it is given, and notes in each what became of it; it raises nothing but an
    interrupt. `size` says how much work one is, and about `size_max` of it is written together.

    An interrupt (Ctrl-C) may come anywhere in the main thread. So each change of the queue is one assignment or one
    call, and what has to be done after a write can be done over again.
    """

    def __init__(self, write: Callable[[Sequence[Work]], None], *, size: Callable[[Work], int], size_max: int) -> None:
        self._write = write
        self._size = size
        self._size_max = size_max
        self._mutex = threading.Lock()
        self._holder: _Ticket[Work] | None = None
        """Who has the turn."""
        self._waiting: deque[_Ticket[Work]] = deque()
        """In order of arrival. Work that is being written is still here; what is done is dropped at the next look."""
        self._thread: ThreadPoolExecutor | None = None
        self._closed = False

    def __len__(self) -> int:
        """How much work waits, or is being written together."""
        return len(self._waiting)

    def run(self, work: Work) -> None:
        """Do the work, together with what waits; when this returns it is done. Raises StoreError once it is closed."""
        ticket = _Ticket(work)
        try:
            self._take(ticket)
            if not ticket.done:
                self._write_with_others(ticket, work)
        finally:
            _surely(self._leave, ticket)

    def submit(self, work: Work, notify: Notify[Work]) -> None:
        """Let the work be done, and `notify` be called with it then, in the thread that did it.

        Work that is done together and has an equal `notify` comes in one call. Raises StoreError once it is closed.
        """
        ticket = _Ticket(work, notify)
        with self._mutex:
            self._check_open()
            if self._holder is not None:
                self._waiting.append(ticket)
                return
            self._holder = ticket
        self._start(ticket)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The turn to write, for whatever the block does. Raises StoreError once it is closed."""
        ticket: _Ticket[Work] = _Ticket(None)
        try:
            self._take(ticket)
            yield
        finally:
            _surely(self._leave, ticket)

    def close(self) -> None:
        """Take no more work, wait until what has come is done, and end the thread that did it."""
        last: _Ticket[Work] = _Ticket(None)
        try:
            self._take(last, closing=True)
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.shutdown()
        finally:
            _surely(self._leave, last)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the ledger is closed")

    def _take(self, ticket: _Ticket[Work], *, closing: bool = False) -> None:
        """Wait for the turn, or until the ticket's work is done by another."""
        with self._mutex:
            if closing:
                self._closed = True
            else:
                self._check_open()
            if self._holder is None:
                ticket.awake = True
                self._holder = ticket
                return
            self._waiting.append(ticket)
        ticket.wait()

    def _write_with_others(self, first: _Ticket[Work], work: Work) -> None:
        """Write the work of the ticket that has the turn, and of the next in the queue as far as there is room."""
        group = [first]
        if self._waiting:
            with self._mutex:
                group += islice(self._waiting, self._count_with(work))
        works = [ticket.work for ticket in group if ticket.work is not None]
        try:
            self._write(works)
        finally:
            _surely(self._finish, group)

    def _count_with(self, work: Work) -> int:
        """How many of the next in the queue are written together with the work."""
        count, room = 0, self._size_max - self._size(work)
        for ticket in self._waiting:
            if ticket.work is None or (room := room - self._size(ticket.work)) < 0:
                break
            count += 1
        return count

    def _finish(self, group: Sequence[_Ticket[Work]]) -> None:
        """The work of these tickets is done: wake the threads that wait for it, and notify the others."""
        by_notify: dict[Notify[Work], list[Work]] = {}
        for ticket in group:
            ticket.done = True
            ticket.wake()
            if ticket.notify is not None and ticket.work is not None:
                by_notify.setdefault(ticket.notify, []).append(ticket.work)
        for notify, works in by_notify.items():
            try:
                notify(works)
            except Exception:
                logger.exception("an append was decided, and whoever submitted it could not be notified")

    def _leave(self, ticket: _Ticket[Work]) -> None:
        """Give up the ticket's place, and its turn if it has that.

        The next in the queue goes on in its own thread or, where its work was submitted, in the queue's.
        """
        following = self._pass_on(ticket)
        if following is not None and following.notify is None:
            following.wake()
        elif following is not None:
            self._start(following)

    def _pass_on(self, ticket: _Ticket[Work]) -> _Ticket[Work] | None:
        """Let the next in the queue have the turn, if the ticket has it; who has it now and does not know it yet."""
        with self._mutex:
            if self._holder is ticket:
                while self._waiting and self._waiting[0].done:
                    self._waiting.popleft()
                self._holder = self._waiting[0] if self._waiting else None
            elif ticket in self._waiting:
                self._waiting.remove(ticket)
            holder = self._holder
            if holder is not None and self._waiting and self._waiting[0] is holder:
                self._waiting.popleft()
        return None if holder is None or holder.awake else holder

    def _start(self, ticket: _Ticket[Work]) -> None:
        """Let a thread of the queue write for a ticket that has the turn; this one, where no other can be had."""
        try:
            with self._mutex:
                if self._thread is None:
                    self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit queue")
                self._thread.submit(self._write_submitted, ticket)
                ticket.awake = True
        except RuntimeError:
            self._write_submitted(ticket)

    def _write_submitted(self, ticket: _Ticket[Work]) -> None:
        """Write group after group, as long as what comes next was submitted too."""
        following: _Ticket[Work] | None = ticket
        while following is not None and following.notify is not None and not following.done:
            last, work = following, following.work
            last.awake = True
            try:
                if work is not None:
                    self._write_with_others(last, work)
            finally:
                following = self._pass_on(last)
        if following is not None:
            following.wake()


Argument = TypeVar("Argument")


def _surely(act: Callable[[Argument], None], argument: Argument) -> None:
    """Call a function that may be called again until no interrupt has cut it short; then let the interrupt go on."""
    interrupt: KeyboardInterrupt | None = None
    while True:
        try:
            act(argument)
        except KeyboardInterrupt as error:
            interrupt = error
        else:
            break
    if interrupt is not None:
        raise interrupt
