"""Too many requests a minute are told when to come again, each key and each address for itself."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.access import Access
from api.http.rate_limits import NAMES_MAX, RateLimit, network_of
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import READ
from api.problems import Problem
from projections import Engine


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(limit: RateLimit, name: str) -> int | None:
    """After how many seconds one may come again; None where it may now."""
    try:
        limit.count(name, what="It")
    except Problem as problem:
        return int(problem.headers["Retry-After"])
    return None


def test_as_many_as_are_allowed_in_a_minute_may_come_at_once(clock: Clock) -> None:
    limit = RateLimit(60, clock=clock)
    assert [refused(limit, "a") for _ in range(61)] == [None] * 60 + [1]
    assert refused(limit, "b") is None, "each for itself"
    clock.now += 1
    assert [refused(limit, "a") for _ in range(2)] == [None, 1]
    clock.now += 30
    assert [refused(limit, "a") for _ in range(31)] == [None] * 30 + [1]
    clock.now += 3600
    assert [refused(limit, "a") for _ in range(61)] == [None] * 60 + [1], "an hour saves up no more than a minute"


def test_who_is_refused_comes_again_when_told_and_uses_nothing_up(clock: Clock) -> None:
    limit = RateLimit(2, clock=clock)
    assert [refused(limit, "a") for _ in range(5)] == [None, None, 30, 30, 30]
    clock.now += 30
    assert [refused(limit, "a") for _ in range(2)] == [None, 30]


def test_no_limit_remembers_nobody() -> None:
    limit = RateLimit(None)
    assert [refused(limit, str(number)) for number in range(100)] == [None] * 100
    assert len(limit) == 0


def test_only_so_many_names_are_remembered(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    for number in range(NAMES_MAX + 50):
        assert refused(limit, str(number)) is None
    assert len(limit) == NAMES_MAX
    assert refused(limit, str(NAMES_MAX + 49)) == 60
    assert refused(limit, "0") is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_counts_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_key_and_an_address_have_limits_of_their_own(engine: Engine, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.db")
    texts = [keys.create(name, frozenset({READ})) for name in ("first", "second")]
    access = Access(keys=KeyCheck(keys.path), key_requests_a_minute=3, address_requests_a_minute=2)
    client = TestClient(create_app(engine, access=access))

    def statuses(count: int, path: str = "/v1/figures", text: str | None = None) -> list[int]:
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        return [client.get(path, headers=headers).status_code for _ in range(count)]

    assert statuses(4, text=texts[0]) == [200, 200, 200, 429]
    assert statuses(4, text=texts[1]) == [200, 200, 200, 429]
    assert statuses(3, text="wrong") == [401, 401, 429]
    assert statuses(1) == [429], "what is wrong counts as none"
    assert statuses(1, path="/docs") == [429]
    assert statuses(3, path="/healthz") == [200, 200, 200], "whoever looks whether it lives is never sent away"
    answer = client.get("/v1/figures", headers={"Authorization": f"Bearer {texts[0]}"})
    assert (answer.json()["type"], answer.headers["Retry-After"]) == (
        "urn:supply-ledger:problem:too-many-requests",
        "20",
    )


def test_an_open_server_counts_addresses_where_it_is_told_to(engine: Engine, tmp_path: Path) -> None:
    for limit, statuses in ((None, [200] * 4), (3, [200, 200, 200, 429])):
        access = Access(keys=KeyCheck(tmp_path / "keys.db"), address_requests_a_minute=1, open_requests_a_minute=limit)
        client = TestClient(create_app(engine, access=access))
        assert [client.get("/v1/figures").status_code for _ in range(4)] == statuses
