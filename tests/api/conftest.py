"""A real ledger on disk, its engine, and a client of the app over them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from tests.api.helpers import Api, country, organisation


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    ledger = Ledger(tmp_path / "ledger.db")
    engine = Engine(ledger)
    yield engine
    engine.close()
    ledger.close()


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return TestClient(create_app(engine))


@pytest.fixture
def api(client: TestClient) -> Api:
    """A client of a ledger that knows some publishers and places."""
    api = Api(client)
    api.post(
        organisation("usgs"),
        organisation("bgs"),
        organisation("lynas", fiscal_year_end="06-30"),
        country("world"),
        country("australia"),
        country("china"),
    )
    return api
