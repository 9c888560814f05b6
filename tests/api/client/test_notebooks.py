"""The notebooks run on the shipped ledger from their first cell to the last, and say what is saved in them.

`python -m tests.api.client.test_notebooks` runs them and saves what they say.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from api.cli.demo import sample_path
from api.client import open as open_book
from tests.places import ROOT

NOTEBOOKS = sorted((ROOT / "api" / "client" / "notebooks").glob("*.ipynb"))
SECONDS_MAX = 300
CHART = "image/svg+xml"
KEPT = ("text/plain", CHART)
read: Any = nbformat.read  # without types of their own
write: Any = nbformat.write


def run(path: Path, data: Path) -> Any:
    """A notebook as it is after its last cell, with what a reader sees of each."""
    notebook = read(path, as_version=4)
    paths = os.pathsep.join((str(ROOT), str(ROOT / "api" / "client" / "installed")))
    environment = {**os.environ, "SUPPLY_LEDGER_DATA": str(data), "PYTHONPATH": paths}
    client = NotebookClient(notebook, timeout=SECONDS_MAX, kernel_name="python3")
    client.execute(cwd=str(data), env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            if "data" in output:
                output["data"] = {kind: output["data"][kind] for kind in KEPT if kind in output["data"]}
    return notebook


def said(notebook: Any) -> list[list[str]]:
    """What each cell says in words; of a chart, that there is one. What is printed may come in several pieces."""
    return [list(_of_cell(cell)) for cell in notebook.cells]


def _of_cell(cell: Any) -> Iterator[str]:
    for printed, outputs in groupby(cell.get("outputs", ()), key=lambda output: output["output_type"] == "stream"):
        texts = map(_text, outputs)
        yield from ["".join(texts)] if printed else texts


def _text(output: Any) -> str:
    data = output.get("data", {})
    return CHART if CHART in data else str(output.get("text") or data.get("text/plain") or output)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("notebooks"))


def filled(directory: Path) -> Path:
    """A data directory with the shipped ledger."""
    with open_book(directory, make=True) as book:
        assert book.import_(sample_path()).carry_out().rejected == 0
    return directory


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_is_saved_in_it(path: Path, data: Path) -> None:
    saved = read(path, as_version=4)
    assert any(said(saved))
    assert said(run(path, data)) == said(saved)


def test_a_notebook_runs_on_a_ledger_to_which_the_readme_has_added(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    source = {"publisher": "my-institute", "title": "Outlook 2030", "locator": "page 12"}
    stated = {"metric": "mine_production", "material": "rare-earths", "period": "2030", "low": "500", "high": "550"}
    with open_book(tmp_path / "data") as book:
        book.append([
            {"type": "EntityRegistered", "entity": "my-institute", "kind": "organisation", "name": "My Institute"},
            {"type": "ForecastPublished", "subject": "world", **stated, "unit": "kt", "published_at": "2026-03-01",
             "source": source},
        ])  # fmt: skip
    path = next(one for one in NOTEBOOKS if one.stem == "which_of_my_answers_changed")
    assert any("world 2030 no answer -> " in text for cell in said(run(path, tmp_path / "data")) for text in cell)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        there = filled(Path(temporary))
        for one in NOTEBOOKS:
            write(run(one, there), one)
            print(one.relative_to(ROOT), file=sys.stderr)
