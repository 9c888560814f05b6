"""The shape of the house: who may import what, and how large a module may be."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import ROOT

LAYERS = ("ledger", "projections", "api")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
LINES_MAX = 400
ENTRIES = {"ledger", "projections", "api", "tests", "pyproject.toml", "README.md"}
ALLOWED_BESIDE = {"Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.lock"}

# What only one layer may know.
ONLY_IN = {"eventsourcing": "ledger", "duckdb": "projections", "fastapi": "api", "starlette": "api", "typer": "api"}


def imported(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield (node.module or "").partition(".")[0]


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_downwards_only(path: Path) -> None:
    layer = layer_of(path)
    above = LAYERS[LAYERS.index(layer) + 1 :]
    names = set(imported(path))
    assert not names & set(above), f"{layer} must not know {names & set(above)}"
    assert "tests" not in names
    for package, owner in ONLY_IN.items():
        assert package not in names or layer == owner, f"only {owner} may import {package}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_its_concept(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_settings_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.name == "settings.py" or not re.search(r"os\.environ|os\.getenv|\benvvar=", text)


DECIDING = [path for path in MODULES if path.is_relative_to(ROOT / "projections") or "values" in path.parts]


@pytest.mark.parametrize("path", DECIDING, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_decided_by_an_assert(path: Path) -> None:
    # python -O leaves asserts out.
    assert not [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Assert)]


def tracked() -> list[Path]:
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("not a git checkout, so there is no list of what belongs to the project")
    return [ROOT / name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_holds_what_was_agreed() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert top >= ENTRIES
    assert {name for name in top - ENTRIES - ALLOWED_BESIDE if not name.startswith(".")} == set()


def test_no_file_names_a_package_index() -> None:
    for path in tracked():
        if path.suffix in (".lock", ".toml") or path.name in ("Makefile", "run"):
            assert not re.search(r"https?://(?!127\.0\.0\.1)|file://", path.read_text(encoding="utf-8")), path
