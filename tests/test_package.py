"""What is handed out holds all that the program needs: README files, SQL, templates and samples too."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.places import ROOT

PACKAGES = ("ledger", "projections", "api")

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git says which files are the project's")


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """The files of the project, apart from those that have just been deleted."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a wheel and a source distribution."""
    there = tmp_path_factory.mktemp("built")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(there)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    return there


def test_the_wheel_holds_every_file_of_the_packages(built: Path, tracked: set[str]) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {name for name in tracked if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    assert {f"{package}/py.typed" for package in PACKAGES} <= wanted
    assert wanted - held == set()
    assert {"supply_ledger/__init__.py", "supply_ledger/py.typed"} <= held
    assert not any(name.startswith("tests/") for name in held)


def test_the_python_door_is_in_an_editable_install(tmp_path: Path) -> None:
    build = f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {"supply_ledger/__init__.py", "supply_ledger/py.typed"} <= set(archive.namelist())
        # It only names `api.client`, which an editable install finds where it is edited.
        assert b"from api.client import *" in archive.read("supply_ledger/__init__.py")


def test_a_wheel_from_the_source_distribution_holds_the_same(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (there,) = tmp_path.iterdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=there, capture_output=True, check=True)
    held = [sorted(zipfile.ZipFile(one).namelist()) for where in (built, tmp_path) for one in where.glob("*.whl")]
    assert held[0] == held[1]


def test_the_source_distribution_holds_every_file_of_the_project(built: Path, tracked: set[str]) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked - held == {".ci/run"}


def test_what_the_newest_versions_are_tried_with_is_there() -> None:
    (smoke,) = re.findall(r"^SMOKE := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    paths = smoke.replace("\\", " ").split()
    assert "tests/test_installed.py" in paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
