"""Whose turn it is to write: first come, first served, and who has the turn may do the work of others who wait."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Work = TypeVar("Work")


class Ticket(Generic[Work]):
    """A place in the queue. `work` is what another may do for whoever waits; None where nobody may."""

    def __init__(self, work: Work | None = None) -> None:
        self.work = work
        self.done = False
        self.has_turn = False
        self.called = threading.Lock()
        self.called.acquire()


class Turns(Generic[Work]):
    """A lock that is fair, and lets its holder take over the work of the next in the queue.

    A bare lock would starve those who wait whenever its holder comes back at once, as an import does.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[Ticket[Work]] = deque()

    def take(self, ticket: Ticket[Work]) -> bool:
        """Wait for the turn. False: there is no need of it, since the ticket's work was done meanwhile."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            self._waiting.append(ticket)
        try:
            ticket.called.acquire()
        except BaseException:
            self._withdraw(ticket)
            raise
        return not ticket.done

    def gather(self, fits: Callable[[Work], bool]) -> list[Ticket[Work]]:
        """The tickets that are next in the queue, as far as their work may be done here and fits. By the holder."""
        found: list[Ticket[Work]] = []
        if not self._waiting:
            return found
        with self._mutex:
            while self._waiting and (work := self._waiting[0].work) is not None and fits(work):
                found.append(self._waiting.popleft())
        return found

    def finish(self, ticket: Ticket[Work]) -> None:
        """Tell whoever waits with a gathered ticket that its work is done."""
        ticket.done = True
        ticket.called.release()

    def pass_on(self) -> None:
        """End the turn."""
        with self._mutex:
            if not self._waiting:
                self._taken = False
                return
            following = self._waiting.popleft()
            following.has_turn = True
        following.called.release()

    def _withdraw(self, ticket: Ticket[Work]) -> None:
        """Leave the queue, in good order, because of an interrupt. Work that was gathered is done all the same."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.has_turn:
            self.pass_on()
