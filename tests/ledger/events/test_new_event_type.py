"""One class is all there is to adding an event type: the schema, the importers and the tables follow from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app as command_line
from api.settings import data_directory
from ledger import REGISTRY, Ledger
from ledger.events.base import Event, Moment, Ref, Text
from ledger.events.figures import Statement
from projections import Engine

REGISTRATIONS = [
    {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"},
    {"type": "EntityRegistered", "entity": "japan", "kind": "country", "name": "Japan"},
]


@pytest.fixture
def new_types() -> Iterator[None]:
    """Two event types that nothing else knows: a kind of figure, and one of a family of its own."""

    class StockpileReported(Statement):
        """A quantity is kept in a stockpile."""

        default_metric: ClassVar[str | None] = "stockpile"
        example: ClassVar[dict[str, Any]] = {
            "type": "StockpileReported",
            "subject": "japan",
            "value": "100",
            "unit": "t",
            "source": {"publisher": "usgs"},
        }

    class AuditConducted(Event):
        """Someone looked at the books of an entity."""

        family: ClassVar[str] = "audits"
        thing: ClassVar[str | None] = "audited"
        example: ClassVar[dict[str, Any]] = {
            "type": "AuditConducted",
            "audited": "japan",
            "finding": "nothing missing",
            "conducted_on": "2026-01-31",
            "sites": ["tokyo"],
        }

        audited: Ref
        finding: Text
        conducted_on: Moment
        sites: list[Text] | None = None

    yield
    for cls in (StockpileReported, AuditConducted):
        del REGISTRY[cls.__name__]


@pytest.mark.usefixtures("new_types")
def test_a_new_event_type_is_one_class_and_nothing_else(tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    table.write_text(
        "type,subject,value,unit,period,source.publisher,audited,finding,conducted_on,sites\n"
        "StockpileReported,japan,2.5,kt,2025,usgs,,,,\n"
        'AuditConducted,,,,,,japan,nothing missing,2026-01-31,"[""tokyo"", ""osaka""]"\n',
        encoding="utf-8",
    )
    data = tmp_path / "data"
    path = data_directory(data).ledger_path
    path.parent.mkdir(parents=True)
    ledger = Ledger(path)
    ledger.append(REGISTRATIONS)
    ledger.close()

    imported = CliRunner().invoke(command_line, ["import", str(table), "--published-at", "now", "--data", str(data)])
    assert imported.exit_code == 0, imported.output

    ledger = Ledger(path)
    engine = Engine(ledger)
    client = TestClient(create_app(engine))
    assert client.post("/v1/events", json=REGISTRY["StockpileReported"].example).status_code == 201
    assert "StockpileReported" in client.get("/openapi.json").text
    assert client.get("/v1/event-types/AuditConducted").json()["items"][0]["fields"][-1] == "sites"
    figures = client.get("/v1/figures", params={"metric": "stockpile"}).json()["items"]
    assert [(item["value"], item["canonical_value"], item["canonical_unit"]) for item in figures] == [
        ("100", "100", "t"),
        ("2.5", "2500", "t"),
    ]
    refused = client.post("/v1/events", json={**REGISTRY["AuditConducted"].example, "audited": "atlantis"})
    assert refused.json()["errors"][0]["pointer"] == "/audited"
    (audit,) = engine.table("audits").to_pylist()
    assert (audit["type"], audit["audited"], audit["finding"]) == ("AuditConducted", "japan", "nothing missing")
    assert audit["sites"] == ["tokyo", "osaka"]
    engine.close()
    ledger.close()
