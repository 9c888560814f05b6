"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the project.

A block of a recipe says in its first line where its text goes: `file=PATH` makes a file, `end` adds to the end of one
that is there, `after='…'` puts it behind the one line that holds these words (`+1`: behind the line after that). When
all is written, the commands in blocks of `sh` are run, each once; then the tests that they name, all together, with the
copy's own checks of its documents. So one start of pytest does.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.places import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = CONTRIBUTING.partition("\n## Recipes\n")[2]
BLOCK = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"file=(?P<file>\S+)(?: (?P<end>end)| after='(?P<after>[^']+)'(?: \+(?P<further>\d+))?)?")
PYTEST = "python -m pytest "


class Block(NamedTuple):
    """A block of a recipe: the language, what its first line says beside that, and its text."""

    language: str
    place: str
    text: str


BLOCKS = [Block(*found) for found in BLOCK.findall(RECIPES)]
LINES = [line for block in BLOCKS if block.language == "sh" for line in block.text.splitlines()]
COMMANDS = list(dict.fromkeys(line for line in LINES if not line.startswith(PYTEST)))
TESTS = list(dict.fromkeys(path for line in LINES if line.startswith(PYTEST) for path in line.split()[4:]))


def copied(there: Path) -> None:
    """The files of the project, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so there is no list of what belongs to the project")
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, there / name)


def written(block: Block, there: Path) -> None:
    """Put the text of a block where it says."""
    place = PLACE.fullmatch(block.place)
    assert place, f"where does this go? {block.place}"
    file = there / place["file"]
    if not place["end"] and not place["after"]:
        assert not file.exists(), f"{place['file']} is there already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    if place["end"]:
        lines.append("\n\n")
        at = len(lines)
    else:
        (line,) = [number for number, line in enumerate(lines) if place["after"] in line]
        at = line + 1 + int(place["further"] or 0)
    file.write_text("".join([*lines[:at], block.text, *lines[at:]]), encoding="utf-8")


def run(command: str, there: Path) -> None:
    """Run shell commands in the copy; `python` is this interpreter."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=there,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_every_recipe_does_what_it_promises(tmp_path: Path) -> None:
    copied(tmp_path)
    for block in BLOCKS:
        if block.language != "sh":
            written(block, tmp_path)
    run("\n".join(COMMANDS), tmp_path)
    run(f"{PYTEST} -q -p no:cacheprovider {' '.join(TESTS)} tests/docs/test_documents.py", tmp_path)


def test_every_recipe_ends_with_a_test_of_its_own() -> None:
    for recipe in RECIPES.split("\n### ")[1:]:
        title = recipe.partition("\n")[0]
        blocks = [Block(*found) for found in BLOCK.findall(recipe)]
        assert PYTEST in blocks[-1].text, title
        made = [place["file"] for block in blocks if (place := PLACE.fullmatch(block.place))]
        assert any(file.startswith("tests/") and file in blocks[-1].text for file in made), title
