"""What takes long never holds up what does not: neither appends nor small reads."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.http.question_queue import Limits
from api.http.thread_limits import IMPORTS, ThreadLimit
from ledger import Ledger
from projections import Viewpoint
from tests.api.held_reads import Asked, Watched, run, settle
from tests.api.helpers import BASICS, LOOKS_MAX, mined
from tests.patience import PATIENCE_S
from tests.shared_tables import tables_for

MANY = 45
"""More than the server has threads for."""
SMALL = ("/v1/figures?subject=china", "/v1/events?after=6", "/v1/entities/china", "/healthz", "/readyz")


def is_held(viewpoint: Viewpoint) -> bool:
    return viewpoint.as_of.year == 2025


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Watched]:
    with Ledger(tmp_path / "ledger.db") as ledger, tables_for(ledger) as path:
        ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
        with Watched(ledger, path=path, is_held=is_held) as engine:
            yield engine


@pytest.fixture
def app(engine: Watched) -> FastAPI:
    # Forty-five reports at once may take longer than a question ordinarily may, where the machine is busy.
    return create_app(engine, answers_bytes_max=0, limits=Limits(PATIENCE_S, None))


async def everything_small_is_answered(app: FastAPI, *, value: str) -> None:
    """An append is on disk and counts in the reads after it."""
    sent = json.dumps(mined("china", value, "2024-06-30")).encode()
    append = Asked(app, "/v1/events", body=sent)
    await append.ask()
    assert append.status == 201
    for url in SMALL:
        read = Asked(app, url)
        body = await read.ask()
        assert read.status == 200 or (url == "/readyz" and json.loads(body)["head"])  # it may be catching up
        if url.startswith("/v1/figures"):
            assert [item["value"] for item in json.loads(body)["items"]] == [value]


@pytest.mark.parametrize("path", ["/v1/vintages", "/v1/sums", "/v1/report?subject=nobody", "/v1/figures?limit=1001"])
def test_many_large_questions_at_once_leave_threads_for_small_ones(engine: Watched, app: FastAPI, path: str) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        join = "&" if "?" in path else "?"
        large = [Asked(app, f"{path}{join}as_of=2025-06-{day % 30 + 1:02}") for day in range(MANY)]
        tasks = [asyncio.create_task(one.ask()) for one in large]
        await engine.entered()
        await everything_small_is_answered(app, value="2")
        assert not any(task.done() for task in tasks)
        engine.gate.set()
        await asyncio.gather(*tasks)
        assert {one.status for one in large} == {200}

    run(scenario)


def test_a_read_that_is_held_holds_up_neither_an_append_nor_another_read(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        held = asyncio.create_task(Asked(app, "/v1/figures?as_of=2025").ask())
        await engine.entered()
        await everything_small_is_answered(app, value="2")
        assert not held.done()
        engine.gate.set()
        assert json.loads(await held)["basis"]["position"] == 7

    run(scenario)


def test_the_one_who_asks_the_same_goes_on_where_the_first_client_leaves(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        first, second = (Asked(app, "/v1/figures?as_of=2025") for _ in range(2))
        tasks = [asyncio.create_task(first.ask())]
        await engine.entered()
        tasks.append(asyncio.create_task(second.ask()))
        await settle()
        reads = engine.reads
        first.leave()
        await engine.entered()
        assert engine.reads == reads + 1
        engine.gate.set()
        await asyncio.gather(*tasks)
        assert (first.status, second.status) == (499, 200)

    run(scenario)


def test_health_is_known_while_all_wait_for_the_tables_to_catch_up(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.catch_up()
        reached = engine.position
        await Asked(app, "/v1/events", body=json.dumps(mined("china", "2", "2024-06-30")).encode()).ask()
        gate, held = threading.Event(), threading.Event()

        def catch_up_for_long() -> None:
            with engine._upkeep._writing:
                held.set()
                assert gate.wait(PATIENCE_S)

        holder = asyncio.create_task(asyncio.to_thread(catch_up_for_long))
        await asyncio.to_thread(held.wait, PATIENCE_S)
        reads = [asyncio.create_task(Asked(app, f"/v1/figures?limit={limit}").ask()) for limit in range(1, MANY)]
        for _ in range(3):
            alive, ready = Asked(app, "/healthz"), Asked(app, "/readyz")
            assert json.loads(await alive.ask()) == {"status": "ok"}
            behind = json.loads(await ready.ask())
            assert (ready.status, behind["status"]) == (200, "ready"), "reads are answered once they have waited"
            assert (behind["position"], behind["head"]) == (reached, reached + 1)
        assert not any(read.done() for read in reads)
        gate.set()
        await asyncio.gather(holder, *reads)
        for _ in range(LOOKS_MAX):
            ready = Asked(app, "/readyz")
            body = json.loads(await ready.ask())
            if "head" not in body:
                break
        assert body["position"] == reached + 1

    run(scenario)


def test_a_client_that_does_not_take_its_answer_holds_up_no_other(app: FastAPI) -> None:
    async def scenario() -> None:
        taken = asyncio.Event()
        slow = [asyncio.create_task(Asked(app, "/v1/figures?format=csv", taken=taken).ask()) for _ in range(MANY)]
        await everything_small_is_answered(app, value="2")
        assert not any(task.done() for task in slow)
        taken.set()
        assert len(set(await asyncio.gather(*slow))) <= 2

    run(scenario)


def test_a_query_without_end_holds_up_neither_an_append_nor_a_read(engine: Watched, app: FastAPI) -> None:
    interrupted: list[str] = []
    cursors: list[Any] = []
    begun = threading.Event()

    def ask() -> None:
        with engine.reader(engine.viewpoint()) as reader:
            cursors.append(reader._cursor)
            begun.set()
            try:
                reader.ask("SELECT COUNT(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = -1")
            except duckdb.InterruptException as error:
                interrupted.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(PATIENCE_S)
    run(lambda: everything_small_is_answered(app, value="2"))
    assert thread.is_alive()
    while thread.is_alive():
        cursors[0].interrupt()
        thread.join(timeout=0.1)
    assert len(interrupted) == 1


def test_imports_that_take_long_leave_threads_for_reads_and_appends(app: FastAPI) -> None:
    async def scenario() -> None:
        gate = threading.Event()
        files = [asyncio.create_task(IMPORTS.run(gate.wait, PATIENCE_S)) for _ in range(MANY)]
        await everything_small_is_answered(app, value="2")
        assert not any(file.done() for file in files)
        gate.set()
        await asyncio.gather(*files)

    run(scenario)


def test_no_more_work_runs_at_once_than_the_limit_says() -> None:
    async def scenario() -> None:
        limit = ThreadLimit(3)
        gate, begun = threading.Event(), threading.Semaphore(0)
        lock = threading.Lock()
        running: list[int] = []
        most: list[int] = []

        def work(number: int) -> int:
            with lock:
                running.append(number)
                most.append(len(running))
            begun.release()
            assert gate.wait(PATIENCE_S)
            with lock:
                running.remove(number)
            return number

        tasks = [asyncio.create_task(limit.run(work, number)) for number in range(12)]
        for _ in range(3):
            assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE_S)
        gate.set()
        assert await asyncio.gather(*tasks) == list(range(12))
        assert max(most) == 3

    run(scenario)
