"""The commit queue: work for one writer, first come, first served, and what waits is written together.

A write to disk takes as long for one event as for a hundred. So the thread that writes takes along what has arrived
meanwhile, and all of it is on disk after one write. For example, three clients append while a fourth is being written:
their three appends share the next write. (A plain lock would write each alone. It would also starve those who wait when
its holder takes it again at once, as an import does.)

A thread that can wait calls `run`, and may become the writer itself. A server that must not wait calls `submit` and is
notified later; a thread of the queue writes for it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

Work = TypeVar("Work")
Notify = Callable[[list[Work]], None]
"""Called with the work that is done. It must neither raise nor wait."""


class _Ticket(Generic[Work]):
    """A place in the queue. `work` may be written with other work; it is None where a thread wants the turn alone."""

    def __init__(self, work: Work | None, notify: Notify[Work] | None = None) -> None:
        self.work = work
        self.notify = notify
        """Of work that was submitted, which no thread waits for."""
        self.done = False
        self.has_turn = False
        self.called = threading.Lock()
        if notify is None:
            self.called.acquire()


class CommitQueue(Generic[Work]):
    """Work for one writer.

    `write` does all the work that it is given, and notes in each what became of it; it raises nothing but an
    interrupt. `size` says how much work one is, and about `size_max` of it is written together.
    """

    def __init__(self, write: Callable[[Sequence[Work]], None], *, size: Callable[[Work], int], size_max: int) -> None:
        self._write = write
        self._size = size
        self._size_max = size_max
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[_Ticket[Work]] = deque()
        self._thread: ThreadPoolExecutor | None = None

    def run(self, work: Work) -> None:
        """Do the work, together with what waits; when this returns it is done."""
        ticket = _Ticket(work)
        if self._take(ticket):
            try:
                self._write_with_others(ticket, work)
            finally:
                self._pass_on()

    def submit(self, work: Work, notify: Notify[Work]) -> None:
        """Let the work be done, and `notify` be called with it then, in the thread that did it.

        Work that is done together and has an equal `notify` comes in one call.
        """
        ticket = _Ticket(work, notify)
        with self._mutex:
            if self._taken:
                self._waiting.append(ticket)
                return
            self._taken = True
        self._start(ticket)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The turn to write, for whatever the block does."""
        self._take(_Ticket(None))
        try:
            yield
        finally:
            self._pass_on()

    def close(self) -> None:
        """Wait for what was submitted, and end the thread that did it."""
        with self._mutex:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()

    def _take(self, ticket: _Ticket[Work]) -> bool:
        """Wait for the turn. False: there is no need of it, since the ticket's work was done meanwhile."""
        try:
            with self._mutex:
                if not self._taken:
                    self._taken = ticket.has_turn = True
                    return True
                self._waiting.append(ticket)
            ticket.called.acquire()
        except BaseException:  # An interrupt, which may come as soon as the ticket is in the queue.
            self._withdraw(ticket)
            raise
        return not ticket.done

    def _write_with_others(self, first: _Ticket[Work], work: Work) -> None:
        """Write the work of the ticket that has the turn, and of the next in the queue as far as there is room."""
        tickets, works = [first], [work]
        if self._waiting:
            with self._mutex:
                room = self._size_max - self._size(work)
                while self._waiting and (other := self._waiting[0].work) is not None:
                    room -= self._size(other)
                    if room < 0:
                        break
                    tickets.append(self._waiting.popleft())
                    works.append(other)
        try:
            self._write(works)
        finally:
            by_notify: dict[Notify[Work], list[Work]] = {}
            for ticket, done in zip(tickets, works, strict=True):
                ticket.done = True
                if ticket.notify is not None:
                    by_notify.setdefault(ticket.notify, []).append(done)
                elif ticket is not first:
                    ticket.called.release()
            for notify, decided in by_notify.items():
                notify(decided)

    def _pass_on(self) -> None:
        """End the turn: the next in the queue has it, in its own thread or, where it has none, in the queue's."""
        following = self._next()
        if following is None:
            return
        if following.notify is not None:
            self._start(following)
        else:
            following.called.release()

    def _next(self) -> _Ticket[Work] | None:
        with self._mutex:
            if not self._waiting:
                self._taken = False
                return None
            following = self._waiting.popleft()
            following.has_turn = True
            return following

    def _start(self, ticket: _Ticket[Work]) -> None:
        with self._mutex:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit queue")
            self._thread.submit(self._write_submitted, ticket)

    def _write_submitted(self, ticket: _Ticket[Work]) -> None:
        """Write group after group, as long as what comes next was submitted too."""
        following: _Ticket[Work] | None = ticket
        while following is not None and following.notify is not None and following.work is not None:
            try:
                self._write_with_others(following, following.work)
            except BaseException:
                self._pass_on()
                raise
            following = self._next()
        if following is not None:
            following.called.release()

    def _withdraw(self, ticket: _Ticket[Work]) -> None:
        """Leave the queue, in good order, because of an interrupt. Work that was taken along is done all the same."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.has_turn:
            self._pass_on()
