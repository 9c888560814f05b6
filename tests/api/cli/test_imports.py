"""What a command imports: nothing heavy that it does not need, so that it starts at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import data_directory
from ledger import Ledger
from tests.api.helpers import country, mined, organisation
from tests.places import ROOT

SERVER = ("fastapi", "starlette", "uvicorn", "jinja2")
STATISTICS = ("scipy", "statsmodels", "pandas")
CHARTS = ("altair", "vl_convert", "jsonschema")
FORMATS = ("api.formats.xlsx", "polars", "pyarrow.parquet", "pyarrow.csv")
STORES = ("pydantic", "duckdb", "pyarrow", "numpy", "eventsourcing", "rich.console")
READS = ("--as-of", "2024-06-30", "--format", "json")

# (commands that are run one after another, what none of them must import)
FORBIDDEN: dict[str, tuple[list[tuple[str, ...]], tuple[str, ...]]] = {
    "version": ([("--version",)], (*STORES, *SERVER, *STATISTICS, *CHARTS, *FORMATS, "ledger", "projections")),
    "reads": (
        [
            ("figures", "--subject", "china"),
            ("figures", "--subject", "china", *READS),
            ("entities", *READS),
            ("events", *READS),
        ],
        (*SERVER, *STATISTICS, *CHARTS, *FORMATS),
    ),
    "disputes": ([("disputes", *READS)], (*SERVER, *CHARTS, *FORMATS)),
}
PROGRAM = """
import json, sys
from api.cli.main import main
for words in json.loads(sys.argv.pop()):
    sys.argv = ["supply-ledger", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
print()
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    ledger = Ledger(data_directory(directory).ledger_path)
    ledger.append([organisation("usgs"), country("china"), mined("china", "240000", "2024-01-31")])
    ledger.close()
    return directory


def imported_by(commands: list[tuple[str, ...]], data: Path) -> tuple[str, set[str]]:
    """What commands printed, and the modules that their process had imported at the end."""
    where = ("--data", str(data))
    asked = [words if words[0].startswith("--") else (*words, *where) for words in commands]
    command = [sys.executable, "-c", PROGRAM, json.dumps(asked)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    printed, _, modules = run.stdout.rstrip().rpartition("\n")
    return printed, set(json.loads(modules))


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(kind: str, data: Path) -> None:
    commands, forbidden = FORBIDDEN[kind]
    printed, modules = imported_by(commands, data)
    assert printed.strip()
    assert {name for name in forbidden if name in modules} == set()


def test_what_needs_pandas_has_it(data: Path) -> None:
    printed, modules = imported_by([("revisions", "--format", "json")], data)
    assert json.loads(printed)["items"]
    assert "statsmodels" in modules


def test_an_unknown_command_is_told_from_those_that_there_are() -> None:
    run = subprocess.run([sys.executable, "-m", "api", "figurs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Did you mean 'figures'" in " ".join(run.stderr.split())


def test_the_help_lists_every_command_in_its_order() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "api", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "COLUMNS": "200", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )
    positions = [
        run.stdout.index(f" {name} ") for name in ("serve", "append", "figures", "history", "vintages", "report")
    ]
    assert positions == sorted(positions)
