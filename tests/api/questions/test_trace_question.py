"""`/v1/trace` over HTTP and on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from tests.api.helpers import Api, opened


def link(name: str, supplier: str, consumer: str) -> dict[str, Any]:
    stated = {"type": "SupplyLinkOpened", "link": name, "supplier": supplier, "consumer": consumer, "material": "ore"}
    return {**stated, "published_at": "2024-01-31"}


ORE = {"type": "EntityRegistered", "entity": "ore", "kind": "material", "name": "Ore"}
BASE = tuple(
    {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug}
    for slug in ("usgs", "bgs", "lynas")
)
RING = (ORE, link("a", "lynas", "usgs"), link("b", "bgs", "lynas"), link("c", "usgs", "bgs"))


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with opened(tmp_path_factory.mktemp("ring") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASE, *RING)
        yield api


def test_a_ring_of_suppliers_is_walked_once_around(ring: Api) -> None:
    body = ring.get("trace", entity="usgs")
    walked = [(item["depth"], item["to"], item["already_reached"]) for item in body["items"]]
    assert walked == [(1, "lynas", False), (2, "bgs", False), (3, "usgs", True)]
    assert body["summary"]["entities"] == len(body["entities"]) == 3
    down = ring.items("trace", entity="usgs", direction="downstream", depth=1)
    assert [item["path"] for item in down] == [["usgs", "bgs"]]


def test_planned_links_are_walked_where_they_are_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASE, ORE, link("a", "lynas", "usgs"), {**link("b", "bgs", "lynas"), "nature": "planned"})
        assert [item["link"] for item in api.items("trace", entity="usgs")] == ["a"]
        walked = api.items("trace", entity="usgs", planned="true")
        assert [(item["link"], item["status"]) for item in walked] == [("a", "open"), ("b", "planned")]
        assert "status" not in api.items("trace", entity="usgs", planned="false")[0]
        assert api.client.get("/v1/trace", params={"entity": "usgs", "planned": "perhaps"}).status_code == 422


def test_the_viewpoint_cuts_the_chain_and_an_unknown_entity_has_none(ring: Api) -> None:
    assert ring.items("trace", entity="usgs", as_of="2023-12-31") == []
    assert ring.items("trace", entity="usgs", effective_at="2024-01-30") == []
    assert len(ring.items("trace", entity="usgs", recorded_as_of=f"position:{ring.head() - 1}")) == 2
    assert (ring.items("trace", entity="nobody"), ring.items("trace", entity="usgs", material="gold")) == ([], [])


def test_a_page_goes_on_where_it_ended(ring: Api) -> None:
    first = ring.get("trace", entity="usgs", limit=2)
    second = ring.get("trace", entity="usgs", limit=2, cursor=first["next"])
    assert first["items"] + second["items"] == ring.items("trace", entity="usgs")
    assert (second["next"], second["summary"]) == (None, first["summary"])


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({}, "entity"),
        ({"entity": "usgs", "direction": "sideways"}, "direction"),
        ({"entity": "usgs", "depth": "0"}, "depth"),
        ({"entity": "usgs", "depth": "21"}, "depth"),
        ({"entity": "usgs", "depth": "two"}, "depth"),
        ({"entity": "usgs", "relations": "Owns"}, "relations"),
        ({"entity": "usgs", "relations": ","}, "relations"),
        ({"entity": "usgs", "subject": "bgs"}, "subject"),
    ],
)
def test_a_wrong_parameter_is_named(ring: Api, parameters: dict[str, str], parameter: str) -> None:
    answer = ring.client.get("/v1/trace", params=parameters)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_slugs_that_are_none_find_nothing(ring: Api) -> None:
    for entity in ("Not A Slug", "é", "x" * 2000, "'; DROP TABLE links"):
        assert ring.items("trace", entity=entity, material=entity) == []


def test_the_command_prints_the_same_items(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as engine:
        engine.ledger.append([*BASE, *RING[:2]])
    asked = ["trace", "--entity", "usgs", "--format", "jsonl", "--data", str(tmp_path)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    (item,) = map(json.loads, done.stdout.splitlines())
    assert (item["from"], item["to"], item["link"]) == ("usgs", "lynas", "a")
