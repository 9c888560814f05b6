"""What a command imports: nothing heavy that it does not need, so that it starts at once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import data_directory
from ledger import Ledger
from projections import Engine
from tests.api.helpers import country, mined, organisation
from tests.places import ROOT

SERVER = ("fastapi", "starlette", "uvicorn", "jinja2")
STATISTICS = ("scipy", "statsmodels", "pandas")
CHARTS = ("altair", "vl_convert", "jsonschema")
FORMATS = ("api.formats.xlsx", "polars", "pyarrow.parquet", "pyarrow.csv")
STORES = ("pydantic", "duckdb", "pyarrow", "numpy", "eventsourcing", "rich.console")
LIBRARIES = ("numpy", "pandas")  # which others would import
OTHER_WORK = (
    *("ledger.imports.importer", "ledger.imports.mappings", "openpyxl", "pyarrow.compute", "rich.progress"),
    *("projections.audit", "projections.queries.diff", "projections.queries.thing_diff"),
    *("api.formats.render", "api.http", "api.questions.audit", "api.reports"),
)
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
        (*SERVER, *STATISTICS, *CHARTS, *FORMATS, *LIBRARIES),
    ),
    "a figure": (
        [("figures", "--subject", "china"), ("figures", "--subject", "china", *READS)],
        (*SERVER, *STATISTICS, *CHARTS, *FORMATS, *LIBRARIES, *OTHER_WORK),
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
print(json.dumps({names}))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    paths = data_directory(directory)
    with Ledger(paths.ledger_path) as ledger, Engine.beside(ledger, paths.projections_path) as engine:
        ledger.append([organisation("usgs"), country("china"), mined("china", "240000", "2024-01-31")])
        engine.catch_up()
    return directory


def after(commands: list[tuple[str, ...]], data: Path, names: str) -> tuple[str, set[str]]:
    """What commands printed, and names that an expression gives at the end of their process."""
    where = ("--data", str(data))
    asked = [words if words[0].startswith("--") else (*words, *where) for words in commands]
    command = [sys.executable, "-c", PROGRAM.format(names=names), json.dumps(asked)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    printed, _, last = run.stdout.rstrip().rpartition("\n")
    return printed, set(json.loads(last))


def imported_by(commands: list[tuple[str, ...]], data: Path) -> tuple[str, set[str]]:
    """What commands printed, and the modules that their process had imported at the end."""
    return after(commands, data, "sorted(sys.modules)")


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(kind: str, data: Path) -> None:
    commands, forbidden = FORBIDDEN[kind]
    printed, modules = imported_by(commands, data)
    assert printed.strip()
    assert {name for name in forbidden if name in modules} == set()


def test_a_figure_is_answered_without_the_validators_of_event_types(data: Path) -> None:
    built = "[name for name, cls in sys.modules['ledger.events'].REGISTRY.items() if cls.__pydantic_complete__]"
    printed, names = after([("figures", "--format", "json")], data, built)
    assert json.loads(printed)["items"]
    assert names == set()


def test_tables_are_made_without_what_reads_leave_out(data: Path, tmp_path: Path) -> None:
    ledger = data_directory(data).ledger_path
    shutil.copy(ledger, tmp_path)
    printed, modules = imported_by([("figures", "--format", "json")], tmp_path)
    assert json.loads(printed)["items"]
    assert not modules & set(LIBRARIES)


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
