"""Facts in few words, and questions in fewer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ledger import Ledger
from projections import Engine
from tests.patience import PATIENCE_S
from tests.shared_tables import engine_of

LOOKS_MAX = 2 * PATIENCE_S
"""How often a server is asked whether it is ready: it takes half a second to say no."""


def organisation(slug: str, **fields: Any) -> dict[str, Any]:
    return {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug.title(), **fields}


def country(slug: str) -> dict[str, Any]:
    return {"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug.title()}


def mined(subject: str, value: str, published_at: str, *, publisher: str = "usgs", **fields: Any) -> dict[str, Any]:
    """A figure: mine production of a place in 2023, in tonnes."""
    return {
        "type": "ProductionReported",
        "subject": subject,
        "metric": "mine_production",
        "period": "2023",
        "value": value,
        "unit": "t",
        "published_at": published_at,
        "source": {"publisher": publisher},
        **fields,
    }


BASICS = (
    organisation("usgs"),
    organisation("bgs"),
    organisation("lynas", fiscal_year_end="06-30"),
    country("world"),
    country("australia"),
    country("china"),
)


@contextmanager
def opened(path: Path | str) -> Iterator[Engine]:
    """An engine over the ledger at a place."""
    with Ledger(path) as ledger, engine_of(ledger) as engine:
        yield engine


def readiness(client: TestClient) -> dict[str, Any]:
    """What a server says once it has taken in all: until then it says how far it is, and where the head is."""
    for _ in range(LOOKS_MAX):
        answer = client.get("/readyz")
        if "head" not in answer.json():
            break
    body: dict[str, Any] = answer.json()
    return body


class Api:
    """A client that posts facts and reads items, and fails with the problem's text."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def post(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.client.post("/v1/events", json=list(events))
        assert response.status_code in (200, 201), response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        response = self.client.get(f"/v1/{path}", params=parameters)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(path, **parameters)["items"]
        return items

    def only(self, path: str, **parameters: Any) -> dict[str, Any]:
        items = self.items(path, **parameters)
        assert len(items) == 1, items
        return items[0]

    def head(self) -> int:
        position: int = readiness(self.client)["position"]
        return position
