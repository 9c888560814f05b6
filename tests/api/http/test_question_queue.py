"""The queue of questions: how many are answered at once, how many wait, and what becomes of those that leave."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.http.question_queue import QuestionQueue
from api.problems import Problem, problem_of
from projections import Abandoned, Allowance, OutOfMemory, OutOfTime
from tests.api.held_reads import run, settle
from tests.patience import PATIENCE_S


class Client:
    """Someone who asks, and may go away."""

    def __init__(
        self, queue: QuestionQueue, work: Callable[[], Any], allowance: Allowance | None = None, *, name: str = ""
    ) -> None:
        self._leaves = asyncio.Event()
        self.allowance = allowance or Allowance()
        self.task = asyncio.ensure_future(queue.run(self._receive, self.allowance, work, client=name))

    def leave(self) -> None:
        """Go away."""
        self._leaves.set()

    async def _receive(self) -> Any:
        await self._leaves.wait()
        return {"type": "http.disconnect"}


class Gate:
    """Work that waits until it may go on, and says when it has begun."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.begun = threading.Semaphore(0)
        self.order: list[int] = []

    def work(self, number: int = 0) -> Callable[[], int]:
        """Work that gives its number."""

        def through() -> int:
            self.order.append(number)
            self.begun.release()
            assert self.opened.wait(PATIENCE_S)
            return number

        return through

    async def entered(self, times: int = 1) -> None:
        """Wait until so many more have begun."""
        for _ in range(times):
            assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE_S)


def scenario(
    play: Callable[[QuestionQueue, Gate], Awaitable[None]], *, threads_max: int = 1, waiting_max: int = 2
) -> None:
    async def played() -> None:
        gate = Gate()
        try:
            await play(QuestionQueue("test", threads_max=threads_max, waiting_max=waiting_max), gate)
        finally:
            gate.opened.set()

    run(played)


def test_questions_are_answered_in_the_order_in_which_they_were_asked() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        clients = [Client(queue, gate.work(number)) for number in range(3)]
        await gate.entered()
        assert gate.order == [0]
        gate.opened.set()
        assert await asyncio.gather(*(client.task for client in clients)) == gate.order == [0, 1, 2]

    scenario(play)


def test_no_more_are_answered_at_once_than_there_are_threads_and_no_more_wait_than_may() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        clients = [Client(queue, gate.work(number)) for number in range(5)]
        await gate.entered(2)
        await settle()
        too_many = Client(queue, gate.work())
        with pytest.raises(Problem) as refused:
            await too_many.task
        assert (refused.value.status, refused.value.kind) == (503, "too-many-questions")
        assert refused.value.headers["Retry-After"].isdigit()
        assert sorted(gate.order) == [0, 1]
        gate.opened.set()
        assert await asyncio.gather(*(client.task for client in clients)) == [0, 1, 2, 3, 4]

    scenario(play, threads_max=2, waiting_max=3)


def test_one_that_leaves_while_it_waits_makes_room_at_once_and_never_begins() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        first = Client(queue, gate.work(0))
        await gate.entered()
        for number in range(1, 50):
            waiting = Client(queue, gate.work(number))
            await settle()
            waiting.leave()
            assert await waiting.task is None
            assert waiting.allowance.is_over
        last = Client(queue, gate.work(50))
        gate.opened.set()
        assert [await first.task, await last.task] == [0, 50] == gate.order

    scenario(play, waiting_max=1)


def test_one_that_leaves_while_it_is_answered_is_told_so() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        told: list[Exception] = []
        allowance = Allowance()

        def endless() -> None:
            gate.begun.release()
            try:
                for _ in allowance.each(iter(int, 1)):
                    pass
            except Abandoned as error:
                told.append(error)

        client = Client(queue, endless, allowance)
        await gate.entered()
        client.leave()
        assert await client.task is None
        gate.opened.set()
        assert await Client(queue, gate.work(7)).task == 7
        assert len(told) == 1

    scenario(play)


@pytest.mark.parametrize("begun", [True, False])
def test_a_client_hears_that_the_time_is_up_whatever_the_thread_does(begun: bool) -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        first = Client(queue, gate.work(1), Allowance(seconds=0.05) if begun else None)
        await gate.entered()
        late = first if begun else Client(queue, gate.work(2), Allowance(seconds=0.05))
        with pytest.raises(OutOfTime) as raised:
            await late.task
        assert raised.value.waited is not begun
        problem = problem_of(raised.value)
        assert (problem.status, problem.kind) == (503, "time-limit")
        assert ("Retry-After" in problem.headers) is not begun
        gate.opened.set()
        assert await Client(queue, gate.work(3)).task == 3
        assert gate.order == [1, 3]

    scenario(play)


def test_one_whose_time_was_up_before_its_turn_does_not_begin() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        with pytest.raises(OutOfTime) as raised:
            await Client(queue, gate.work(), Allowance(seconds=10, asked_at=-100.0)).task
        assert raised.value.waited
        assert gate.order == []

    scenario(play)


def test_what_the_work_raises_is_raised() -> None:
    async def play(queue: QuestionQueue, gate: Gate) -> None:
        def fail() -> None:
            raise OutOfMemory("too much")

        with pytest.raises(OutOfMemory) as raised:
            await Client(queue, fail).task
        problem = problem_of(raised.value)
        assert (problem.status, problem.kind) == (503, "memory-limit")
        assert "filters" in problem.detail
        assert problem_of(Abandoned()).status == 503

    scenario(play)


def test_one_client_cannot_hold_all_places_of_a_queue_that_is_shared() -> None:
    async def play() -> None:
        queue = QuestionQueue("shared", threads_max=2, waiting_max=4, share_max=1)
        gate = Gate()

        greedy = [Client(queue, gate.work(number), name="greedy").task for number in range(3)]
        await gate.entered()
        with pytest.raises(Problem) as refused:
            await Client(queue, gate.work(9), name="greedy").task
        assert (refused.value.status, refused.value.kind) == (503, "too-many-questions")
        other = Client(queue, gate.work(5), name="other").task
        await gate.entered()
        assert gate.order == [0, 5]
        gate.opened.set()
        assert [await one for one in (*greedy, other)] == [0, 1, 2, 5]
        assert gate.order == [0, 5, 1, 2]

    asyncio.run(play())
