"""A server whose database is gone says so, records nothing meanwhile, and goes on by itself when it is back."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from tests.api.helpers import BASICS, mined, readiness
from tests.postgres import Cluster, needed_binaries
from tests.shared_tables import engine_of

READS = (
    "/v1/figures",
    "/v1/events",
    "/v1/stream",
    "/v1/checkpoint",
    "/v1/disputes",
    "/v1/diff?from_as_of=2024-01-01&to_as_of=2025-01-01",
    f"/v1/events/{uuid4()}",
    "/readyz",
)


@pytest.fixture
def database() -> Iterator[Cluster]:
    made = Cluster(needed_binaries())
    yield made
    made.remove()


@pytest.fixture
def client(database: Cluster) -> Iterator[TestClient]:
    with Ledger(database.address("served")) as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        # What fails is to come as an answer, as a client of a real server sees it.
        with TestClient(create_app(engine, answers_bytes_max=0), raise_server_exceptions=False) as made:
            yield made


def test_while_the_database_is_gone_everything_is_a_503_and_afterwards_nothing_is(
    client: TestClient, database: Cluster
) -> None:
    fact, key = mined("world", "350000", "2024-01-31"), {"Idempotency-Key": "one"}
    assert client.post("/v1/events", json=mined("china", "1", "2024-01-31")).status_code == 201
    database.stop("immediate")
    for _ in range(2):
        answer = client.post("/v1/events", json=fact, headers=key)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.headers["retry-after"]
        for path in READS:
            answer = client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), path
    database.start()
    assert client.post("/v1/events", json=fact, headers=key).status_code == 201
    again = client.post("/v1/events", json=fact, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert {item["value"] for item in client.get("/v1/figures").json()["items"]} == {"1", "350000"}
    assert readiness(client)["position"] == len(BASICS) + 2


def test_what_another_server_recorded_is_in_the_next_answer(client: TestClient, database: Cluster) -> None:
    with Ledger(database.address("served")) as elsewhere:
        for value in range(1, 6):
            elsewhere.append([mined("world", str(value), f"2024-02-0{value}")])
            (item,) = client.get("/v1/figures").json()["items"]
            assert item["value"] == str(value)
