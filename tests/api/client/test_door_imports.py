"""What the door imports: nothing before it is needed, so that `import supply_ledger` costs nothing to speak of."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.api.cli.test_imports import CHARTS, SERVER, STATISTICS, STORES
from tests.places import ROOT

INSTALLED = ROOT / "api" / "client" / "installed"
MILLISECONDS_MAX = 250
PROGRAM = """
import json, sys, time
begun = time.process_time()
import supply_ledger as sl
spent = time.process_time() - begun
{then}
print(json.dumps([spent * 1000, sorted(sys.modules)]))
"""
USER = """
from datetime import date
from decimal import Decimal

import pyarrow as pa

import supply_ledger as sl


def answered(book: sl.Book) -> int:
    then: sl.Viewpoint = book.as_of(date(2025, 12, 31), recorded_as_of=120)
    figures: sl.Result = then.figures(subject=["china", "australia"], dimension={"basis": "reo"}, limit=3)
    table: pa.Table = figures.arrow()
    rows = [row["canonical_value"] for row in figures]
    planned: sl.Recorded = book.append({"type": "EntityRegistered", "value": Decimal(1)}, dry_run=True)
    plan: sl.ImportPlan = book.import_("file.csv", mapping="usgs", set={"publisher": "usgs"}, mode="proceed")
    done: sl.Imported = plan.carry_out()
    then.diff(book.now).pl()
    assert table.num_rows == len(rows)
    return len(planned) + done.recorded + len(then.chart(subject="china").svg())


with sl.open("http://127.0.0.1:8000", key="slk_") as opened:
    try:
        answered(opened)
    except sl.Refusal as refusal:
        print(refusal.status, refusal.errors)
"""
WRONG = """
import supply_ledger as sl

book = sl.open(8000)
book.as_of(2025)
book.append(3)
book.now.sql()
"""


def run(then: str = "") -> tuple[float, set[str]]:
    """The milliseconds that the import took of a processor, and the modules that are imported at the end."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{INSTALLED}"}
    command = [sys.executable, "-c", PROGRAM.format(then=then)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    spent, modules = json.loads(done.stdout.splitlines()[-1])
    return spent, set(modules)


def test_the_import_is_light() -> None:
    spent, modules = run()
    heavy = {*STORES, *SERVER, *STATISTICS, *CHARTS, "polars", "ledger", "projections", "api.questions", "http.client"}
    assert modules & heavy == set()
    assert spent <= MILLISECONDS_MAX


def test_a_viewpoint_needs_no_store(tmp_path: Path) -> None:
    _, modules = run("sl.Viewpoint('2025-12-31')")
    assert modules & {"duckdb", "pyarrow", "eventsourcing", *SERVER, *STATISTICS} == set()


def test_a_figure_needs_neither_server_nor_statistics(tmp_path: Path) -> None:
    asked = f"sl.open({str(tmp_path / 'data')!r}, make=True).as_of('2025').figures().rows()"
    _, modules = run(asked)
    assert "duckdb" in modules
    assert modules & {*SERVER, *STATISTICS, *CHARTS, "polars"} - {"pandas"} == set()  # DuckDB looks for pandas


def test_a_program_of_a_user_is_checked_by_its_types(tmp_path: Path) -> None:
    for name, program in (("right", USER), ("wrong", WRONG)):
        (tmp_path / f"{name}.py").write_text(program, encoding="utf-8")
    environment = {**os.environ, "MYPYPATH": f"{ROOT}{os.pathsep}{INSTALLED}"}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--ignore-missing-imports"]
    command += ["--explicit-package-bases", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache"), "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    faults = [line.partition(":")[0] for line in done.stdout.splitlines() if ": error:" in line]
    assert faults == ["wrong.py"] * 4, done.stdout + done.stderr
