"""What other packages may import: the names of a package's `__all__`, pinned; and what importing them must not cost."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.values
import projections
import projections.audit
from tests.places import ROOT

PUBLIC = {
    "ledger.values": (
        "EPOCH EXACT PLAIN_UNITS PRICE_MASSES SCALES Interval Period Unit canonical difference exponent_of half_even "
        "id_text instant_text microseconds of_name of_time parse_fiscal_year_end parse_moment parse_number "
        "parse_period percent_of plain printed room unit"
    ),
    "projections": (
        "CATALOGUE COLUMN_KINDS FIGURE_KEY SERIES Applies Engine Filter FilterError Kind Projection Reader "
        "UnknownFilter Value Viewpoint is_detail"
    ),
    "projections.audit": (
        "DEPTH DIMENSION DIRECTIONS GROUPINGS KINDS MATERIAL RELATIONS STATUSES SUBJECT TOP VERDICTS WAYS Columns "
        "Findings Options concentration disputes revisions scorecards sums trace vintages"
    ),
}
"""A name that goes breaks who imports it; one that comes is kept for good. Think, then write it here."""
HEAVY = ("scipy", "statsmodels", "pandas", "altair", "fastapi")


@pytest.mark.parametrize("package", [ledger.values, projections, projections.audit], ids=lambda one: one.__name__)
def test_the_public_names_are_these(package: object) -> None:
    assert sorted(package.__all__) == sorted(PUBLIC[package.__name__].split())  # type: ignore[attr-defined]
    assert all(hasattr(package, name) for name in package.__all__)  # type: ignore[attr-defined]


def imported_from(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every name that a module imports from another."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", sorted((ROOT / "api").rglob("*.py")), ids=lambda path: path.name)
def test_the_api_imports_public_names_only(path: Path) -> None:
    for module, name in imported_from(path):
        if module.startswith(("projections", "ledger.values")):
            assert name in PUBLIC.get(module, "").split(), f"from {module} import {name}"


@pytest.mark.parametrize("package", PUBLIC)
def test_importing_a_package_imports_nothing_heavy(package: str) -> None:
    script = f"import sys, {package}; print(*(name for name in {HEAVY} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
