"""A generator makes a client of our description, and the client reads and appends.

The generator (openapi-python-client) lives in an environment of its own, since it wants other versions than we do:
`make generator` sets it up.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.http.access import Access
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import APPEND, READ
from projections import Engine
from tests.api.formats.long_list import served
from tests.api.helpers import opened
from tests.ledger.proof.judges import need
from tests.places import ROOT

BIN = Path(os.environ.get("SUPPLY_LEDGER_GENERATOR", ROOT / ".venv-generator" / "bin"))
SESSION = Path(__file__).with_name("client_session.py")
UNSUPPORTED = "Unsupported content"
"""What the generator says of a body or an answer in a form that it cannot make, such as CSV."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(tmp_path_factory.mktemp("ledger") / "ledger.db") as engine:
        yield engine


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> tuple[Path, str]:
    """The folder of the client, and what the generator said."""
    need(shutil.which("openapi-python-client", path=str(BIN)) is not None, "openapi-python-client (make generator)")
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(create_app(engine).openapi()))
    (folder / "settings.yaml").write_text("post_hooks: []\n")
    words = ["--path", "openapi.json", "--output-path", "ledger_client", "--meta", "none", "--config", "settings.yaml"]
    made = subprocess.run(
        [BIN / "openapi-python-client", "generate", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder, made.stdout + made.stderr


@pytest.fixture(scope="module")
def seen(generated: tuple[Path, str], engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the session saw, step by step."""
    keys = KeyFile(tmp_path_factory.mktemp("keys") / "keys.db")
    key = keys.create("analyst", frozenset({READ, APPEND}))
    check = KeyCheck(keys.path)
    with served(engine, create_app(engine, access=Access(keys=check))) as address:
        ran = subprocess.run(
            [BIN / "python", "-W", "error", SESSION, address, key],
            env={"PYTHONPATH": str(generated[0]), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
    check.close()
    assert ran.returncode == 0, ran.stderr
    steps: dict[str, Any] = json.loads(ran.stdout)
    return steps


def values(seen: dict[str, Any], step: str) -> list[str]:
    assert seen[step]["status"] == 200, seen[step]
    return [item["value"] for item in seen[step]["body"]["items"] if not item["dimensions"]]


def test_the_generator_takes_every_operation(generated: tuple[Path, str], engine: Engine) -> None:
    folder, said = generated
    made = {path.stem for path in (folder / "ledger_client" / "api").glob("*/*.py")}
    described = create_app(engine).openapi()
    paths: Any = described["paths"]
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    assert set(ids) <= made
    warnings = said.split("WARNING")[1:]
    assert [one for one in warnings if UNSUPPORTED not in one] == []


def test_a_stranger_is_not_let_in(seen: dict[str, Any]) -> None:
    assert (seen["stranger"]["status"], seen["stranger"]["read_as"]) == (401, "Problem")


def test_events_are_appended_once(seen: dict[str, Any]) -> None:
    tried, first, again = seen["dry run"], seen["first"], seen["again"]
    assert tried["status"] == 200
    assert len(tried["body"]["effects"]) == 1
    assert (first["status"], first["read_as"]) == (201, "Appended")
    assert [item["status"] for item in first["body"]["items"]] == ["recorded"] * 3
    assert first["body"]["basis"]["position"] == 3
    assert again["replayed"] == "true"
    assert again["body"]["items"] == first["body"]["items"]
    other = seen["other body"]
    assert (other["status"], other["body"]["type"]) == (422, "urn:supply-ledger:problem:idempotency-key-reused")


def test_an_append_says_what_it_expects(seen: dict[str, Any]) -> None:
    assert seen["expected"]["status"] == 201
    refused = seen["not expected"]
    assert (refused["status"], refused["read_as"]) == (409, "Problem")
    assert refused["body"]["type"] == "urn:supply-ledger:problem:conflict"


def test_what_is_wrong_is_told_as_a_problem(seen: dict[str, Any]) -> None:
    wrong = seen["wrong"]
    assert (wrong["status"], wrong["read_as"]) == (422, "Problem")
    assert wrong["body"]["errors"][0]["pointer"] == "/value"
    assert seen["bad moment"]["body"]["errors"][0]["parameter"] == "as_of"
    assert (seen["no thing"]["status"], seen["no thing"]["read_as"]) == (404, "Problem")


def test_figures_are_read_as_of_a_day(seen: dict[str, Any]) -> None:
    assert values(seen, "as of 2024-12-31") == []
    assert values(seen, "as of 2025-12-31") == ["13000"]
    assert values(seen, "as of 2026-12-31") == ["29000"]
    assert seen["as of 2025-12-31"]["body"]["basis"]["as_of"].startswith("2025-12-31T23:59:59.999999")
    assert seen["by dimension"]["values"] == [["8", {"basis": "reo"}]]


def test_other_reads_are_read_too(seen: dict[str, Any]) -> None:
    assert seen["log"]["positions"] == [1, 2]
    assert seen["log"]["types"] == ["EntityRegistered", "EntityRegistered"]
    assert seen["more of the log"]["positions"] == [3, 4]
    assert (seen["event"]["value"], seen["event"]["content"]["value"]) == ("7", "8")
    assert [item["cause"] for item in seen["history"]["body"]["items"]] == ["first_report", "revision"]
    (policy,) = seen["thing"]["body"]["items"]
    assert policy["policy"] == "tariff"
    assert [event["type"] for event in seen["thing"]["body"]["events"]] == ["PolicyEnacted"]
    assert seen["vintages"]["status"] == seen["revisions"]["status"] == seen["ready"]["status"] == 200
