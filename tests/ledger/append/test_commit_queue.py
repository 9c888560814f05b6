"""The commit queue: in order, together as far as there is room, and in good order whatever interrupts it."""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from ledger import Ledger, StoreError
from ledger.append.commit_queue import CommitQueue
from tests.ledger.conftest import figure
from tests.patience import PATIENCE_S
from tests.places import ROOT


class Notebook:
    """A writer that notes which work it is given together. A queue of room for 3."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.queue: CommitQueue[int] = CommitQueue(self.write, size=lambda work: 1, size_max=3)

    def write(self, works: Sequence[int]) -> None:
        self.groups.append(list(works))

    def wait_until_waiting(self, count: int) -> None:
        while len(self.queue._waiting) < count:
            os.sched_yield()


def test_work_is_done_in_order_and_what_waits_is_done_together_as_far_as_there_is_room() -> None:
    book = Notebook()
    threads = [threading.Thread(target=book.queue.run, args=(work,)) for work in range(5)]
    with book.queue.alone():
        for count, thread in enumerate(threads, start=1):
            thread.start()
            book.wait_until_waiting(count)
    for thread in threads:
        thread.join()
    assert book.groups == [[0, 1, 2], [3, 4]]
    book.queue.run(5)
    assert book.groups[-1] == [5]


def test_whoever_wants_the_turn_alone_gets_it_between_the_work_before_and_after_it() -> None:
    book = Notebook()
    order: list[str] = []

    def alone() -> None:
        with book.queue.alone():
            order.append(f"alone after {book.groups}")

    threads = [
        threading.Thread(target=book.queue.run, args=(1,)),
        threading.Thread(target=alone),
        threading.Thread(target=book.queue.run, args=(2,)),
    ]
    with book.queue.alone():
        for count, thread in enumerate(threads, start=1):
            thread.start()
            book.wait_until_waiting(count)
    for thread in threads:
        thread.join()
    assert book.groups == [[1], [2]]
    assert order == ["alone after [[1]]"]


def test_who_submits_does_not_wait_and_is_told_once_for_all_that_was_done_together() -> None:
    book = Notebook()
    told: list[list[int]] = []
    done = threading.Semaphore(0)

    def notify(works: list[int]) -> None:
        told.append(works)
        done.release(len(works))

    waiting = threading.Thread(target=book.queue.run, args=(2,))
    with book.queue.alone():
        book.queue.submit(0, notify)
        book.queue.submit(1, notify)
        waiting.start()
        book.wait_until_waiting(3)
        book.queue.submit(3, notify)
    for _ in range(3):
        done.acquire()
    waiting.join()
    assert book.groups == [[0, 1, 2], [3]]
    assert told == [[0, 1], [3]]
    book.queue.submit(4, notify)
    done.acquire()
    book.queue.close()
    assert book.groups[-1] == [4]


def test_a_queue_is_closed_once_everything_that_came_is_done(ledger: Ledger) -> None:
    book = Notebook()
    told: list[int] = []
    closing = threading.Thread(target=book.queue.close)
    with book.queue.alone():
        book.queue.submit(0, told.extend)
        closing.start()
        book.wait_until_waiting(2)
    closing.join()
    assert (told, book.groups) == ([0], [[0]])
    with pytest.raises(StoreError, match="closed"):
        book.queue.run(1)
    with pytest.raises(StoreError, match="closed"):
        book.queue.submit(1, told.extend)
    book.queue.close()
    ledger.close()
    with pytest.raises(StoreError, match="closed"):
        ledger.append([figure()])


def test_who_cannot_be_notified_is_no_trouble_to_others(caplog: pytest.LogCaptureFixture) -> None:
    book = Notebook()
    told: list[int] = []
    done = threading.Semaphore(0)

    def fails(works: list[int]) -> None:
        raise RuntimeError("the loop is closed")

    def notify(works: list[int]) -> None:
        told.extend(works)
        done.release()

    waiting = threading.Thread(target=book.queue.run, args=(2,))
    with book.queue.alone():
        book.queue.submit(0, fails)
        book.queue.submit(1, notify)
        waiting.start()
        book.wait_until_waiting(3)
    done.acquire()
    waiting.join()
    assert (told, book.groups) == ([1], [[0, 1, 2]])
    assert "could not be notified" in caplog.text


def test_where_no_thread_can_be_had_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Notebook()
    told: list[int] = []

    def no_thread(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as broken:
        broken.setattr("concurrent.futures.thread.ThreadPoolExecutor.submit", no_thread)
        book.queue.submit(0, told.extend)
        with book.queue.alone():
            book.queue.submit(1, told.extend)
    assert told == [0, 1]
    book.queue.run(2)
    assert book.groups == [[0], [1], [2]]


# A signal that comes just before a thread begins to wait is seen only when the waiting is over: it is sent until seen.
INTERRUPTED = """
import signal, threading
from ledger.append.commit_queue import CommitQueue
main = threading.get_ident()
def see(*_):
    if not interrupted.is_set():
        interrupted.set()
        raise KeyboardInterrupt
signal.signal(signal.SIGINT, see)
def interrupt():
    while not interrupted.is_set():
        signal.pthread_kill(main, signal.SIGINT)
        interrupted.wait(0.01)
for case in ("waiting", "called", "taken along"):
    written, holds, interrupted = [], threading.Event(), threading.Event()
    def write(works):
        written.append(list(works))
        if case == "taken along" and "work" in works:
            interrupt()
    queue = CommitQueue(write, size=lambda work: 1, size_max=9)
    def hold():
        with queue.alone():
            holds.set()
            while len(queue._waiting) < (2 if case == "taken along" else 1):
                pass
            if case == "waiting":
                interrupt()
        if case == "called":
            interrupt()
    threads = [threading.Thread(target=hold)]
    threads[0].start()
    holds.wait()
    if case == "taken along":
        threads.append(threading.Thread(target=queue.run, args=("other",)))
        threads[1].start()
        while not queue._waiting:
            pass
    try:
        queue.run("work")
        while True:
            pass
    except KeyboardInterrupt:
        pass
    for thread in threads:
        thread.join()
    queue.run("last")
    print(case, written[-1], queue._holder, len(queue._waiting))
"""


def test_an_interrupt_while_waiting_leaves_the_queue_in_good_order() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    lines = [f"{case} ['last'] None 0\n" for case in ("waiting", "called", "taken along")]
    assert (ran.stdout, ran.stderr) == ("".join(lines), "")


class InterruptedQueue(deque[Any]):
    """A queue in which the interrupt comes at the worst moment: who waits is in it, and does not wait yet."""

    def append(self, ticket: Any) -> None:
        super().append(ticket)
        raise KeyboardInterrupt


def test_an_interrupt_before_the_waiting_has_begun_leaves_the_queue_in_good_order() -> None:
    written: list[str] = []
    queue: CommitQueue[str] = CommitQueue(written.extend, size=len, size_max=9)
    queue._waiting = InterruptedQueue()
    with queue.alone(), pytest.raises(KeyboardInterrupt):
        queue.run("work")
    assert (len(queue._waiting), queue._holder) == (0, None)
    queue.run("last")
    assert written == ["last"]
