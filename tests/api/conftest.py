"""A real ledger on disk, its engine, and a client of the app over them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, Api, opened
from tests.shared_tables import engine_of
from tests.stores import log_location


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Over a log in SQLite, or in the store that the test is parametrised with."""
    store = str(getattr(request, "param", "sqlite"))
    with opened(log_location(store, tmp_path)) as engine:
        yield engine


@pytest.fixture(scope="session")
def basics() -> Iterator[Api]:
    """A client of a ledger that knows some publishers and places, for all tests together: none may record anything."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        with TestClient(create_app(engine, answers_bytes_max=0)) as client:
            yield Api(client)
        assert ledger.head() == len(BASICS)


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    """Of an app that keeps no answers, so that the same question is answered anew."""
    # A client that is entered has one loop, and others one for each request, in a thread of its own.
    with TestClient(create_app(engine, answers_bytes_max=0)) as client:
        yield client


@pytest.fixture
def api(client: TestClient) -> Api:
    """A client of a ledger that knows some publishers and places."""
    api = Api(client)
    api.post(*BASICS)
    return api
