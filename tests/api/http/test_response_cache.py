"""Answers that are kept: the same bytes as computed ones, at every moment, and computed once."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.formats.answer import Answer
from api.http.cached_answers import BYTES_MAX, ENTRY_BYTES, SHARE_MAX, CachedAnswers, Question
from api.settings import ANSWERS_MB
from api.settings_file import BadSetting
from ledger import Ledger
from tests.api.held_reads import Asked, Watched, run, settle
from tests.api.helpers import BASICS, Api, country, mined
from tests.depth import examples
from tests.shared_tables import engine_of, tables_for

PAST = {"as_of": "2025-01-01", "recorded_as_of": "position:7"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Watched]:
    with Ledger(tmp_path / "ledger.db") as ledger, tables_for(ledger) as path:
        ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
        with Watched(ledger, path=path) as engine:
            yield engine


@pytest.fixture
def app(engine: Watched) -> FastAPI:
    return create_app(engine, answers_bytes_max=BYTES_MAX)


@pytest.fixture
def api(app: FastAPI) -> Api:
    return Api(TestClient(app))


# What is kept, and until when


@pytest.mark.parametrize("path", ["figures", "events", "entities/china", "vintages", "scorecards"])
def test_what_is_stated_and_past_is_computed_once(engine: Watched, api: Api, path: str) -> None:
    first: dict[str, Any] = {}
    for form in ("json", "jsonl", "csv", "parquet", "arrow", "xlsx"):
        reads = engine.reads
        first[form] = api.client.get(f"/v1/{path}", params={**PAST, "format": form})
        assert engine.reads > reads, form
    reads = engine.reads
    api.post(mined("china", "2", "2024-02-01"))
    for form, before in first.items():
        again = api.client.get(f"/v1/{path}", params={**PAST, "format": form})
        assert (again.status_code, again.content, dict(again.headers)) == (200, before.content, dict(before.headers))
        assert engine.reads == reads, form


def test_a_report_is_computed_once(engine: Watched, api: Api) -> None:
    first = api.client.get("/v1/report", params={"subject": "china", **PAST})
    reads = engine.reads
    again = api.client.get("/v1/report", params={"subject": "china", **PAST})
    assert (again.content, dict(again.headers)) == (first.content, dict(first.headers))
    assert engine.reads == reads > 0


@pytest.mark.parametrize(
    "query",
    [
        {"path": "figures", "as_of": "2025"},
        {"path": "concentration", "as_of": "2025", "metric": "mine_production", "period": "2023"},
        {"path": "diff", "from_as_of": "2023", "to_as_of": "2025"},
        {"path": "diff", "from_as_of": "2023", "to_as_of": "2025", "from_recorded_as_of": "position:3"},
        {"path": "impact", "recorded_from": "position:6", "as_of": "2025"},
    ],
)
def test_what_is_stated_but_for_the_ledger_clock_is_kept_until_something_is_recorded(
    engine: Watched, api: Api, query: dict[str, str]
) -> None:
    path, parameters = query["path"], {name: text for name, text in query.items() if name != "path"}
    first = api.get(path, **parameters)
    reads = engine.reads
    assert api.get(path, **parameters) == first
    assert engine.reads == reads
    api.post(mined("china", "2", "2024-02-01"))
    later = api.get(path, **parameters)
    assert engine.reads > reads
    assert later["items"] != first["items"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"recorded_as_of": "position:7"},
        {"as_of": "2999", "recorded_as_of": "position:7"},
        {"as_of": "2025", "recorded_as_of": "2999"},
    ],
)
def test_what_moves_on_with_the_clock_is_not_kept(engine: Watched, api: Api, parameters: dict[str, str]) -> None:
    api.get("figures", **parameters)
    reads = engine.reads
    api.get("figures", **parameters)
    assert engine.reads > reads


def test_a_later_page_is_kept_for_ever(engine: Watched, api: Api) -> None:
    first = api.get("entities", limit=2)
    second = api.get("entities", limit=2, cursor=first["next"])
    reads = engine.reads
    api.post(country("another-place"))
    assert api.get("entities", limit=2, cursor=first["next"]) == second
    assert engine.reads == reads


def test_a_later_page_at_a_day_to_come_is_not_kept(engine: Watched, api: Api) -> None:
    first = api.get("entities", limit=2, as_of="2999")
    asked = {"limit": 2, "as_of": "2999", "cursor": first["next"]}
    assert api.client.get("/v1/entities", params=asked).headers["Cache-Control"] == "no-cache"
    reads = engine.reads
    api.get("entities", **asked)
    assert engine.reads > reads


def test_a_problem_is_not_kept(app: FastAPI, api: Api) -> None:
    for _ in range(2):
        assert api.client.get("/v1/figures", params={**PAST, "limit": 0}).status_code == 422
        assert api.client.get("/v1/entities/nobody", params=PAST).status_code == 404
    assert app.state.cached_answers.bytes == 0


def test_who_has_an_answer_hears_so_without_computing(engine: Watched, api: Api) -> None:
    first = api.client.get("/v1/figures", params=PAST)
    reads = engine.reads
    for tag in (first.headers["ETag"], f'"x", {first.headers["ETag"]}', "*"):
        again = api.client.get("/v1/figures", params=PAST, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert api.client.get("/v1/figures", params=PAST, headers={"If-None-Match": '"x"'}).content == first.content
    assert engine.reads == reads


def test_an_answer_is_kept_though_the_first_client_had_it(engine: Watched, api: Api) -> None:
    assert api.client.get("/v1/figures", params=PAST, headers={"If-None-Match": "*"}).status_code == 304
    reads = engine.reads
    assert api.items("figures", **PAST)
    assert engine.reads == reads


def test_formats_are_kept_apart(api: Api) -> None:
    for accept in ("application/json", "text/csv", "application/json"):
        answer = api.client.get("/v1/figures", params=PAST, headers={"Accept": accept})
        assert answer.headers["Content-Type"].partition(";")[0] == accept
    assert api.client.head("/v1/figures", params=PAST).content == b""
    assert api.items("figures", **PAST)


def test_without_room_nothing_is_kept(engine: Watched) -> None:
    api = Api(TestClient(create_app(engine, answers_bytes_max=0)))
    first = api.get("figures", **PAST)
    reads = engine.reads
    assert api.get("figures", **PAST) == first
    assert engine.reads > reads


def test_the_room_is_a_setting() -> None:
    assert ANSWERS_MB.value({}) == BYTES_MAX
    assert ANSWERS_MB.value({ANSWERS_MB.variable: "2"}) == 2 * 1024 * 1024
    for text in ("-1", "2.5", "much", "9" * 7):
        with pytest.raises(BadSetting, match=ANSWERS_MB.variable):
            ANSWERS_MB.value({ANSWERS_MB.variable: text})


# The room

ACTIONS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5000) | st.just(-1)), max_size=60)


@given(ACTIONS)
def test_no_more_is_kept_than_there_is_room_and_what_was_not_asked_for_makes_it(actions: list[tuple[int, int]]) -> None:
    room = SHARE_MAX * (ENTRY_BYTES + 2000)
    answers = CachedAnswers(bytes_max=room)
    model: dict[Question, tuple[Answer, int]] = {}  # in the order of asking
    for number, length in actions:
        question = Question(f"/{number}", b"as_of=2025", "")
        if length < 0:
            kept = answers.get(question)
            assert (kept and kept.answer) == model.get(question, (None,))[0]
            if question in model:
                model[question] = model.pop(question)
            continue
        answer = Answer({"ETag": '"x"'}, bytes(length))
        size = length + len('ETag"x"') + len("/0") + len("as_of=2025") + ENTRY_BYTES
        answers.put(question, answer, at_head=None, erased_at=0)
        if size * SHARE_MAX > room:
            continue
        model.pop(question, None)
        model[question] = (answer, size)
        while sum(size for _, size in model.values()) > room:
            del model[next(iter(model))]
        assert answers.bytes == sum(size for _, size in model.values()) <= room


# The same asked at the same time


QUERY = "as_of=2025-01-01&recorded_as_of=position:7"


def test_the_same_question_is_computed_once_for_all_who_ask_at_the_same_time(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        first = asyncio.create_task(Asked(app, "/v1/figures?" + QUERY).ask())
        await engine.entered()
        others = [
            asyncio.create_task(Asked(app, "/v1/figures?" + QUERY).ask()) for _ in range(60)
        ]  # more than there are threads
        await settle()
        other_question = asyncio.create_task(Asked(app, "/v1/figures?as_of=2025-01-02").ask())
        others[0].cancel()
        engine.gate.set()
        bodies = {await first, *await asyncio.gather(*others[1:])}
        assert len(bodies) == 1
        assert await other_question not in bodies
        assert engine.reads == 2

    run(scenario)


def test_who_waits_for_what_is_not_kept_asks_for_itself(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        clients = [Asked(app, "/v1/figures?as_of=2025&period=FY2025") for _ in range(3)]
        tasks = [asyncio.create_task(clients[0].ask())]
        await engine.entered()
        tasks += [asyncio.create_task(client.ask()) for client in clients[1:]]
        await settle()
        engine.gate.set()
        await asyncio.gather(*tasks)
        assert [client.status for client in clients] == [422] * 3

    run(scenario)


def test_who_waits_for_an_answer_does_not_wait_for_the_first_client_to_read_it(engine: Watched, app: FastAPI) -> None:
    async def scenario() -> None:
        engine.gate.clear()
        taken = asyncio.Event()
        slow = asyncio.create_task(Asked(app, "/v1/figures?" + QUERY, taken=taken).ask())
        await engine.entered()
        quick = asyncio.create_task(Asked(app, "/v1/figures?" + QUERY).ask())
        await settle()
        engine.gate.set()
        body = await quick
        assert not slow.done()
        taken.set()
        assert await slow == body
        assert engine.reads == 1

    run(scenario)


# Under appends


def test_no_answer_is_older_than_what_was_acknowledged_before_it_was_asked_for(app: FastAPI) -> None:
    """The value is the position of the event that says it, so an answer shows which log it was folded from."""
    acknowledged = [7]
    wrong: list[Any] = []
    done = threading.Event()

    def read() -> None:
        client = TestClient(app)
        while not done.is_set():
            before = acknowledged[0]
            body = client.get("/v1/figures", params={"as_of": "2025", "subject": "china"}).json()
            position, value = body["basis"]["position"], body["items"][0]["value"]
            if position < before or (position > 7 and value != str(position)):
                wrong.append((before, position, value))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    writer = Api(TestClient(app))
    try:
        for position in range(8, 28):
            (item,) = writer.post(mined("china", str(position), "2024-02-01"))
            assert item["position"] == position
            acknowledged[0] = position
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []


START = datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC)
MOMENTS = ("2023", "2024-01-31", "2025-06", "2025-06-30", "2025-07-01", "2025", "2999")
AS_OF = st.sampled_from((None, None, *MOMENTS))
RECORDED = st.sampled_from((None, None, "position:6", "position:7", "position:8", "2025-06-30", "2025-07-01", "2999"))
PATHS = st.sampled_from(
    (
        ("figures", {}),
        ("figures", {"subject": "china", "format": "csv"}),
        ("figures", {"limit": "1"}),
        ("entities/china", {}),
        ("events", {"limit": "3"}),
        ("vintages", {"horizons": "18"}),
        ("disputes", {}),
        ("concentration", {"metric": "mine_production", "period": "2023"}),
        ("event-types", {"limit": "1"}),
    )
)
STEPS = st.one_of(
    st.tuples(st.just("read"), PATHS, AS_OF, RECORDED, AS_OF),
    st.tuples(st.just("read"), PATHS, AS_OF, RECORDED, AS_OF),
    st.tuples(st.just("compare"), AS_OF, AS_OF, RECORDED, RECORDED),
    st.tuples(st.just("append"), st.sampled_from(("china", "world")), st.sampled_from(MOMENTS)),
    st.tuples(st.just("wait"), st.sampled_from((0, 1, 2, 86_400, 200 * 86_400))),
    st.tuples(st.just("next")),
)


class Pair:
    """An app that keeps answers beside one that keeps none, over the same ledger and the same clock."""

    def __init__(self, opened: ExitStack) -> None:
        self.now = START
        self.ledger = opened.enter_context(Ledger(":memory:", clock=lambda: self.now))
        self.engine = opened.enter_context(engine_of(self.ledger))
        self.ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
        self.keeping = TestClient(create_app(self.engine, answers_bytes_max=BYTES_MAX))
        self.computing = TestClient(create_app(self.engine, answers_bytes_max=0))
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.following: list[tuple[str, dict[str, str]]] = []

    def ask(self, path: str, parameters: dict[str, str | None]) -> None:
        self.asked.append((path, {name: text for name, text in parameters.items() if text is not None}))
        for path, stated in self.asked[-3:]:  # what was asked before is asked again: it may be kept, and no longer hold
            kept, computed = (client.get(f"/v1/{path}", params=stated) for client in (self.keeping, self.computing))
            assert (kept.status_code, kept.content) == (computed.status_code, computed.content), (path, stated)
            assert dict(kept.headers) == dict(computed.headers)
            if kept.status_code == 200 and "format" not in stated and kept.json()["next"]:
                self.following.append((path, {**stated, "cursor": kept.json()["next"]}))

    def step(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("read", (path, parameters), as_of, recorded_as_of, effective_at):
                clocks = {"as_of": as_of, "recorded_as_of": recorded_as_of, "effective_at": effective_at}
                self.ask(path, {**parameters, **(clocks if path != "event-types" else {})})
            case ("compare", from_as_of, to_as_of, from_recorded, to_recorded):
                self.ask("diff", {"from_as_of": from_as_of, "to_as_of": to_as_of, "from_recorded_as_of": from_recorded})
                self.ask("impact", {"recorded_from": from_recorded or "position:7", "recorded_to": to_recorded})
            case ("append", subject, published_at):
                self.ledger.append([mined(subject, str(self.ledger.head()), published_at)])
            case ("wait", seconds):
                self.now += timedelta(seconds=seconds)
            case ("next",):
                for path, parameters in self.following[-1:]:
                    self.ask(path, dict(parameters))


@contextmanager
def pair() -> Iterator[Pair]:
    with ExitStack() as opened:
        yield Pair(opened)


@given(st.lists(STEPS, min_size=4, max_size=14))
@settings(max_examples=examples(3, deeply=60))
def test_a_kept_answer_is_the_one_that_would_be_computed(steps: list[tuple[Any, ...]]) -> None:
    with pair() as both:
        for step in steps:
            both.step(step)
