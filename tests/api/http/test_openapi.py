"""The API describes itself: offline, completely, and with examples that run."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from pydantic import Field

from api.app import create_app
from api.http.openapi import FIRST_FACT
from ledger import REGISTRY, Ledger
from ledger.events.figures import Statement
from projections import CATALOGUE, Engine
from tests.api.helpers import Api, country, organisation, readiness
from tests.shared_tables import engine_of

EXAMPLE_REQUEST = re.compile(r"`GET (/v1/[^`]*)`")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The description of an API, which no test changes."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        described: dict[str, Any] = TestClient(create_app(engine)).get("/openapi.json").json()
    return described


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_docs_need_no_network(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert addresses
    assert all(address.startswith(("/", "data:")) for address in addresses)
    assert "http://" not in page.text
    assert "https://" not in page.text
    for address in addresses:
        if address.startswith("/"):
            assert client.get(address).status_code == 200


def test_the_root_is_the_explorer_which_leads_to_the_docs(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert answer.status_code == 200
    script = re.search(r'src="(/assets/[^"]+/app.js)"', answer.text)
    assert script is not None
    asset = client.get(script[1])
    assert asset.headers["content-type"].startswith("text/javascript")
    assert '"/docs"' in asset.text


def test_every_event_type_is_in_the_schema_with_its_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    body = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]
    named = [one["$ref"].rpartition("/")[2] for one in schemas["Event"]["oneOf"]]
    assert named == list(REGISTRY)
    for name, cls in REGISTRY.items():
        assert schemas[name]["properties"]["type"]["const"] == name
        assert "type" in schemas[name]["required"]
        if cls.appended:
            assert body["examples"][name]["value"] == cls.example
    assert [name for name in REGISTRY if name not in body["examples"]] == ["EventErased"]


def test_every_reference_in_the_schema_leads_somewhere(document: dict[str, Any]) -> None:

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in set(references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_every_endpoint_is_described(document: dict[str, Any]) -> None:
    assert {f"/v1/{name}" for name in CATALOGUE} <= set(document["paths"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            assert len(names) == len(set(names)), path
            assert all(parameter["description"] for parameter in operation.get("parameters", ())), path


def test_the_items_of_a_projection_are_described(api: Api, document: dict[str, Any]) -> None:
    api.post(organisation("acme"))
    (item,) = api.items("entities", entity="acme")
    assert set(document["components"]["schemas"]["Entities"]["properties"]) == set(item)


def test_the_first_example_of_an_append_runs_on_an_empty_ledger(client: TestClient) -> None:
    assert client.post("/v1/events", json=FIRST_FACT).status_code == 201
    assert client.get("/v1/figures").json()["items"][0]["value"] == "13000"


def schema_of(parameter: dict[str, Any]) -> dict[str, Any]:
    """The schema of one value of a parameter, which may take several."""
    schema: dict[str, Any] = parameter["schema"]
    one: dict[str, Any] = schema.get("items", schema)
    return one


def test_every_example_of_a_parameter_and_every_example_request_runs(
    client: TestClient, document: dict[str, Any]
) -> None:
    assert client.post("/v1/events", json=organisation("usgs")).status_code == 201  # the event that is proved
    client.app.state.streams.end()  # type: ignore[attr-defined]  # for a stream would go on
    for path, operations in document["paths"].items():
        if "get" not in operations or "{" in path:
            continue
        operation = operations["get"]
        parameters = operation.get("parameters", ())
        required = {one["name"]: schema_of(one)["examples"][0] for one in parameters if one["required"]}
        for one in parameters:
            for example in schema_of(one).get("examples", ()):
                asked = {**required, one["name"]: example}
                assert client.get(path, params=asked).status_code == 200, (path, one)
        for request in EXAMPLE_REQUEST.findall(operation["description"]):
            assert client.get(request).status_code == 200, request


def test_the_event_types_are_listed_with_schema_and_example(client: TestClient) -> None:
    items = client.get("/v1/event-types").json()["items"]
    assert [item["type"] for item in items] == list(REGISTRY)
    assert all(item["description"] and item["schema"] and item["example"] for item in items)
    (one,) = client.get("/v1/event-types/QuotaSet").json()["items"]
    assert one == next(item for item in items if item["type"] == "QuotaSet")


def test_the_schema_of_every_type_is_one_and_takes_its_example(client: TestClient) -> None:
    """By JSON Schema 2020-12, judged by a program of others."""
    faults = {}
    for item in client.get("/v1/event-types").json()["items"]:
        schema = item["schema"]
        assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        faults[item["type"]] = [one.message for one in validator.iter_errors(item["example"])]
        assert not validator.is_valid({**item["example"], "type": "Another"})
        assert not validator.is_valid({**item["example"], "no_such_field": 1})
    assert {name: found for name, found in faults.items() if found} == {}


def test_every_schema_of_the_description_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for methods in document["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", ()):
                Draft202012Validator.check_schema(one["schema"])


def test_every_operation_has_a_short_name_of_its_own(document: dict[str, Any]) -> None:
    """What a generated client calls it."""
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(ids)) == len(ids)
    odd = [one for one in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", one)]
    assert not odd, f"no names in a program: {odd}; is the name of a projection written with a hyphen?"


def test_a_service_that_asks_for_no_key_says_so(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = readiness(client)
    assert (ready["status"], ready["mode"], ready["position"]) == ("ready", "open", 0)
    assert "no key" in ready["warning"]


@pytest.fixture
def new_type() -> Iterator[str]:
    """An event type that nobody has heard of."""

    class StockpileReported(Statement):
        """A quantity lies in a store."""

        default_metric: ClassVar[str | None] = "stockpile"
        example: ClassVar[dict[str, Any]] = {
            "type": "StockpileReported",
            "subject": "china",
            "warehouse": "Baotou",
            "period": "2024-12-31",
            "value": "100",
            "unit": "t",
            "published_at": "2025-01-31",
            "source": {"publisher": "usgs"},
        }

        warehouse: str = Field(description="Where it lies.")

    yield StockpileReported.__name__
    del REGISTRY["StockpileReported"]


def test_a_new_event_type_is_one_class(client: TestClient, new_type: str) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas[new_type]["properties"]["warehouse"]["description"] == "Where it lies."
    assert client.get(f"/v1/event-types/{new_type}").status_code == 200

    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(country("china"), organisation("usgs"), REGISTRY[new_type].example)
        item = api.only("figures", metric="stockpile")
        assert (item["value"], item["subject"]) == ("100", "china")
        assert api.only("events", type=new_type)["warehouse"] == "Baotou"


def test_the_schema_knows_a_type_that_was_defined_after_it_was_first_asked_for(engine: Engine) -> None:
    app = create_app(engine)
    assert "LaterReported" not in app.openapi()["components"]["schemas"]

    class LaterReported(Statement):
        """Something that came later."""

        default_metric: ClassVar[str | None] = "later"
        example: ClassVar[dict[str, Any]] = {"type": "LaterReported"}

    try:
        assert LaterReported.__name__ in app.openapi()["components"]["schemas"]
    finally:
        del REGISTRY["LaterReported"]


def test_the_groups_of_the_api_come_in_their_declared_order(document: dict[str, Any]) -> None:
    paths = list(document["paths"])
    first = (
        "/v1/events",
        "/v1/imports",
        "/v1/figures",
        "/v1/figures/{figure_id}/history",
        "/v1/vintages",
        "/v1/report",
    )
    assert sorted(first, key=paths.index) == list(first)
    assert paths[-3:] == ["/healthz", "/readyz", "/metrics"]


def test_every_read_answers_in_every_format_or_says_why_not(basics: Api, document: dict[str, Any]) -> None:
    """Also a read whose answer has texts beside its items, as a workbook."""
    paths = document["paths"]
    reads = [
        path for path, methods in paths.items() if "get" in methods and "{" not in path and path.startswith("/v1/")
    ]
    assert len(reads) > 20
    for path in reads:
        for name in ("jsonl", "csv", "parquet", "arrow", "xlsx"):
            answer = basics.client.get(path, params={"format": name})
            assert answer.status_code in (200, 406, 422), (path, name, answer.text)
