"""One .sql file and one line in the catalogue are all there is to adding a projection.

Tried in a copy of the project: a projection with a list, a decimal, a flag and a day is filtered over HTTP, exported to
Excel and printed on a terminal, and nothing else has been touched.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT

VIEW = """-- One row is a jurisdiction that has policies.
SELECT
  viewpoint,
  jurisdiction,
  LIST(DISTINCT policy ORDER BY policy) AS policies,
  COUNT(*) AS events,
  CAST(COUNT(*) * 1.5 AS DECIMAL(38, 18)) AS weight,
  BOOL_OR(type = 'PolicyEnacted') AS enacted,
  CAST(MIN(published_from) AS DATE) AS first_day,
  MIN(published_at) AS published_at
FROM policies
WHERE jurisdiction IS NOT NULL
GROUP BY viewpoint, jurisdiction
"""
LINE = """        Projection(
            "regimes",
            "Jurisdictions and their policies.",
            "policies",
            ("jurisdiction",),
            (
                _items("jurisdiction", "A slug."),
                _items("policy", "One of its policies.", "policies"),
                _items("weight", "Exactly this weight."),
                _items("enacted", "Whether any of its policies is enacted."),
                _items("first_day", "The day of its first event."),
            ),
            reads=("policies",),
            columns={
                "policies": Kind.TEXTS,
                "events": Kind.COUNT,
                "weight": Kind.DECIMAL,
                "enacted": Kind.FLAG,
                "first_day": Kind.DAY,
            },
        ),
"""
STRANGER = """
import io, json, sys
from pathlib import Path
import openpyxl
from fastapi.testclient import TestClient
from typer.testing import CliRunner
from api.app import create_app
from api.cli.main import app
from api.settings import data_directory
from ledger import Ledger
from projections import CATALOGUE, Engine

assert "regimes" in CATALOGUE, "this is not the copy"
path = data_directory(Path(sys.argv[1])).ledger_path
path.parent.mkdir()
with Ledger(path) as ledger, Engine(ledger) as engine:
    kinds = {"china": "country", "prc": "country", "mofcom": "organisation"}
    events = [{"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug} for slug, kind in kinds.items()]
    policy = {"jurisdiction": "china", "kind": "tariff", "title": "2024", "source": {"publisher": "mofcom"}}
    for number, (name, type_) in enumerate({"p-1": "PolicyAnnounced", "p-2": "PolicyEnacted"}.items(), start=1):
        dated = {"published_at": f"202{number}", "effective_from": f"202{number}"}
        events.append({"type": type_, "policy": name, **policy, **dated})
    ledger.append(events + [{"type": "EntitiesMerged", "kept": "china", "merged": "prc", "reason": "The same."}])
    client = TestClient(create_app(engine), base_url="http://127.0.0.1:8000")
    found = {}
    for query in json.loads(sys.argv[2]):
        answer = client.get(f"/v1/regimes?{query}")
        found[query] = [answer.status_code, answer.json().get("items") or answer.json().get("errors")]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/v1/regimes?format=xlsx").content))["items"]
    found["xlsx"] = [[cell.value for cell in row] for row in sheet]
    found["openapi"] = client.get("/openapi.json").json()["components"]["schemas"]["Regimes"]["properties"]["policies"]
printed = CliRunner().invoke(app, ["regimes", "--policy", "p-2", "--data", sys.argv[1]])
print(json.dumps({**found, "terminal": [printed.exit_code, printed.output]}, default=str))
"""
ITEM = {
    "jurisdiction": "china",
    "policies": ["p-1", "p-2"],
    "events": 2,
    "weight": "3",
    "enacted": True,
    "first_day": "2021-01-01",
    "published_at": "2021",
}
FITTING = ("", "policy=p-2", "weight=3.00", "enacted=true", "first_day=2021-01-01", "jurisdiction=prc")
OTHERS = ("policy=p-3", "weight=3.1", "enacted=false", "first_day=2021-01-02")
WRONG = ("weight=heavy", "enacted=yes", "first_day=2021")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a stranger's copy of the project answers."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("ledger", "projections", "api"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "projections" / "views" / "regimes.sql").write_text(VIEW, encoding="utf-8")
    catalogue = copy / "projections" / "catalogue.py"
    begin = '        Projection(\n            "entities",\n'
    text = catalogue.read_text(encoding="utf-8")
    assert begin in text
    catalogue.write_text(text.replace(begin, LINE + begin), encoding="utf-8")
    return ask(copy)


def ask(copy: Path) -> dict[str, Any]:
    queries = json.dumps([*FITTING, *OTHERS, *WRONG])
    command = [sys.executable, "-c", STRANGER, str(copy / "data"), queries]
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answers: dict[str, Any] = json.loads(run.stdout)
    return answers


@pytest.mark.parametrize("query", FITTING)
def test_it_is_filtered_by_each_kind_of_column(query: str, found: dict[str, Any]) -> None:
    assert found[query] == [200, [ITEM]]


@pytest.mark.parametrize("query", OTHERS)
def test_it_is_filtered_away(query: str, found: dict[str, Any]) -> None:
    assert found[query] == [200, None]


@pytest.mark.parametrize("query", WRONG)
def test_a_value_of_the_wrong_kind_is_the_client_s_error(query: str, found: dict[str, Any]) -> None:
    status, errors = found[query]
    assert status == 422
    assert errors[0]["parameter"] == query.partition("=")[0]


def test_it_has_excel_cells_of_the_right_types(found: dict[str, Any]) -> None:
    head, row = found["xlsx"]
    assert dict(zip(head, row, strict=True)) == {
        **ITEM,
        "policies": '["p-1","p-2"]',
        "weight": 3,
        "first_day": "2021-01-01 00:00:00",
    }


def test_it_has_columns_on_a_terminal(found: dict[str, Any]) -> None:
    exit_code, output = found["terminal"]
    assert exit_code == 0
    head, row = (next(line for line in output.splitlines() if word in line) for word in ("jurisdiction", "p-1"))
    cells = {name.strip(): cell for name, cell in zip(head.split("┃")[1:-1], row.split("│")[1:-1], strict=True)}
    assert {name: cell.strip() for name, cell in cells.items()} == {
        **ITEM,
        "policies": "p-1, p-2",
        "events": "2",
        "enacted": "yes",
    }
    assert cells["weight"].endswith("3 ")
    assert cells["first_day"].startswith(" 2021")


def test_the_api_describes_it(found: dict[str, Any]) -> None:
    assert found["openapi"] == {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
