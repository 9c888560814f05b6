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

# command -> what it must not import
FORBIDDEN = {
    ("--version",): (*STORES, *SERVER, *STATISTICS, *CHARTS, *FORMATS, "ledger", "projections"),
    ("figures", "--subject", "china", *READS): (*SERVER, *STATISTICS, *CHARTS, *FORMATS),
    ("figures", "--subject", "china"): (*SERVER, *STATISTICS, *CHARTS, *FORMATS),
    ("entities", *READS): (*SERVER, *STATISTICS, *CHARTS, *FORMATS),
    ("events", *READS): (*SERVER, *STATISTICS, *CHARTS, *FORMATS),
    ("disputes", *READS): (*SERVER, *CHARTS, *FORMATS),
}
PROGRAM = """
import json, sys
from api.cli.main import main
sys.argv = ["supply-ledger", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    ledger = Ledger(data_directory(directory).ledger_path)
    ledger.append([organisation("usgs"), country("china"), mined("china", "240000", "2024-01-31")])
    ledger.close()
    return directory


def imported_by(words: tuple[str, ...], data: Path) -> tuple[str, set[str]]:
    """What a command printed, and the modules that its process had imported at the end."""
    where = () if words[0].startswith("--") else ("--data", str(data))
    command = [sys.executable, "-c", PROGRAM, *words, *where]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    printed, _, modules = run.stdout.rstrip().rpartition("\n")
    return printed, set(json.loads(modules))


@pytest.mark.parametrize("words", FORBIDDEN, ids=" ".join)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(words: tuple[str, ...], data: Path) -> None:
    printed, modules = imported_by(words, data)
    assert printed
    assert {name for name in FORBIDDEN[words] if name in modules} == set()


def test_what_needs_pandas_has_it(data: Path) -> None:
    printed, modules = imported_by(("revisions", "--format", "json"), data)
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
