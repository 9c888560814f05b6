"""Many clients append at once: what waits goes into the ledger together, and each is answered for its own."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.append_requests import SentAppend, appended
from ledger import MalformedJSON
from projections import Engine
from tests.api.helpers import Api, mined
from tests.ledger.conftest import sqlite_of


async def asked(app: Any, bodies: Sequence[bytes]) -> list[tuple[int, Any]]:
    """What the app answers to all of these appends at once, over one loop."""

    async def one(body: bytes) -> tuple[int, Any]:
        sent: list[Any] = []
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return messages.pop(0) if messages else await asyncio.Future()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/v1/events",
            "raw_path": b"/v1/events",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
        }
        await app(scope, receive, send)
        return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent))

    return list(await asyncio.gather(*map(one, bodies)))


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    return mined("china", str(number), "2024", period=str(1900 + number), **fields)


def test_each_of_many_clients_is_answered_for_its_own(api: Api, engine: Engine) -> None:
    head = engine.ledger.head()
    bodies = [json.dumps(numbered(number)).encode() for number in range(60)]
    bodies[7] = b"{nonsense"
    bodies[8] = json.dumps(numbered(8, unit="cubits")).encode()
    bodies[9] = json.dumps([numbered(9), mined("nowhere", "1", "2024")]).encode()
    bodies[10] = b"[]"
    bodies[11] = json.dumps([numbered(11), numbered(111)]).encode()
    answers = asyncio.run(asked(api.client.app, bodies))
    assert [answers[number][0] for number in (7, 8, 9, 10)] == [400, 422, 422, 422]
    assert answers[8][1]["errors"][0]["pointer"] == "/unit"
    assert answers[9][1]["errors"][0]["pointer"] == "/1/subject"
    positions = []
    for number in (*range(7), *range(11, 60)):
        status, answer = answers[number]
        assert status == 201
        for item, period in zip(answer["items"], (1900 + number, 2011), strict=False):
            (entry,) = engine.ledger.at_positions([item["position"]])
            assert entry.body["period"] == str(period)
            positions.append(item["position"])
        assert answer["basis"]["position"] == answer["items"][-1]["position"]
    assert sorted(positions) == list(range(head + 1, head + 58))
    assert engine.ledger.head() == head + 57
    moments = {entry.recorded_at for entry in engine.ledger.entries(after=head)}
    assert len(moments) < 20


def test_a_group_is_no_larger_than_it_should_be(api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    head = engine.ledger.head()
    monkeypatch.setattr(engine.ledger._writer._queue, "_size_max", 3)
    answers = asyncio.run(asked(api.client.app, [json.dumps(numbered(number)).encode() for number in range(30)]))
    assert [status for status, _ in answers] == [201] * 30
    assert len({entry.recorded_at for entry in engine.ledger.entries(after=head)}) >= 10


def test_clients_on_several_loops_are_answered_too(api: Api, engine: Engine) -> None:
    head = engine.ledger.head()
    app = api.client.app

    def many(start: int) -> list[int]:
        bodies = [json.dumps(numbered(number)).encode() for number in range(start, start + 10)]
        return [answer["items"][0]["position"] for _, answer in asyncio.run(asked(app, bodies))]

    with ThreadPoolExecutor(8) as threads:
        positions = [position for some in threads.map(many, range(0, 80, 10)) for position in some]
    assert sorted(positions) == list(range(head + 1, head + 81))


def test_a_long_append_goes_its_own_way_and_is_answered_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.append_requests.SMALL_BYTES_MAX", 10)
    assert api.client.post("/v1/events", json=numbered(1)).status_code == 201
    answer = api.client.post("/v1/events", json=[numbered(2), numbered(3, unit="cubits")])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/1/unit")
    assert api.client.post("/v1/events", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400


def test_what_a_client_sent_is_recorded_though_it_went_away(engine: Engine) -> None:
    head = engine.ledger.head()
    registration = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"}

    async def go_away_and_come_back() -> None:
        gone = asyncio.ensure_future(appended(SentAppend(engine.ledger, json.dumps(registration).encode(), None)))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        with pytest.raises(MalformedJSON):
            await appended(SentAppend(engine.ledger, b"{", None))

    asyncio.run(go_away_and_come_back())
    assert engine.ledger.head() == head + 1


def test_a_full_disk_is_the_answer_of_all_who_wait_and_nothing_is_kept(api: Api, engine: Engine) -> None:
    head = engine.ledger.head()
    with sqlite_of(engine.ledger).writing() as cursor:
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    bodies = [json.dumps(numbered(number, note="x" * 10_000)).encode() for number in range(5)]
    answers = asyncio.run(asked(api.client.app, [*bodies, b"{"]))
    assert [status for status, _ in answers] == [507] * 5 + [400]
    assert engine.ledger.head() == head


def test_an_idempotency_key_holds_among_those_who_wait(engine: Engine) -> None:
    client = TestClient(create_app(engine))
    Api(client).post({"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"})
    benin = {"type": "EntityRegistered", "entity": "benin", "kind": "country", "name": "Benin"}

    async def many() -> list[Any]:
        return await asyncio.gather(
            *(appended(SentAppend(engine.ledger, json.dumps(benin).encode(), "key")) for _ in range(20))
        )

    answers = asyncio.run(many())
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({bytes(answer.body) for answer in answers}) == 1
    assert ["idempotency-replayed" in answer.headers for answer in answers].count(False) == 1
    assert engine.ledger.head() == 2
