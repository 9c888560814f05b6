"""The shape of the house: who may import what, what modules are called, and how large they may be."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT

LAYERS = ("ledger", "projections", "api")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
LINES_MAX = 400
LONGER = {"standalone_verifier.py": 800}
"""A file that is copied away, and imports nothing of the project, holds all that it needs."""
ENTRIES = {"ledger", "projections", "api", "tests", "pyproject.toml", "README.md"}
ALLOWED_BESIDE = {"Dockerfile", "Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.lock"}

# What only one layer may know.
ONLY_IN = {"eventsourcing": "ledger", "duckdb": "projections", "fastapi": "api", "starlette": "api", "typer": "api"}

# The rooms of each layer, and of a folder in one (a module or a folder at its top), lowest first; a room imports from
# its own and from those before it. Rooms on one line do not know each other's order.
ROOMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ledger": (
        ("visible_text",),
        ("errors",),
        ("values",),
        ("clock",),
        ("events",),
        ("codec",),
        ("rules",),
        ("proof",),
        ("store",),
        ("append",),
        ("entry_faults",),
        ("verification",),
        ("ledger",),
        ("imports",),
        ("backups",),
        ("segments",),
    ),
    "projections": (
        ("sql_text", "viewpoint", "column_kinds", "shared_views", "projection"),
        ("catalogue",),
        ("tables",),
        ("queries",),
        ("audit",),
        ("sandbox",),
        ("partitions",),
        ("transfers",),
        ("upkeep",),
        ("engine",),
    ),
    "api": (
        ("settings_file", "setting_texts", "distribution", "discovery"),
        ("settings",),
        ("keys",),
        ("problems", "documents"),
        ("questions", "outbound", "operations"),
        ("formats",),
        ("hooks", "assistants"),
        ("reports", "web"),
        ("http",),
        ("app",),
        ("cli", "client"),
        ("__main__",),
    ),
    "api.http": (
        ("declared_routes", "rate_limits", "answer_headers", "access"),
        ("visit",),
        ("visit_log", "docs_pages", "damage_guard"),
        (
            "problem_responses",
            "json_body",
            "spooled_body",
            "thread_limits",
            "question_queue",
            "cached_answers",
            "event_streams",
            "kept_files",
            "byte_ranges",
            "conditional_responses",
            "openapi",
        ),
        ("responses", "request_metrics"),
        ("append_requests",),
        ("middleware", "routes", "witness_app"),
    ),
}

NOUNS_IN_ING: set[str] = set()
"""Words that end in -ing and name a thing."""


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module or name that a module imports, anywhere in it: `ledger.values.units`, `ledger.REGISTRY`."""
    names: list[str] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            names += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(names)


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports."""
    return {name.partition(".")[0] for name in imports(path)}


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def room_in(house: str, name: str) -> str:
    """The room that a module or a name is in: in `api` it is `http` for `api.http.routes.service`; else nothing."""
    return name.removeprefix(f"{house}.").partition(".")[0] if name.startswith(f"{house}.") else ""


@cache
def heights_in(house: str) -> dict[str, int]:
    """The rooms of a layer or a folder by their height."""
    return {room: height for height, rooms in enumerate(ROOMS[house]) for room in rooms}


def faults(fault_of: Callable[[Path], Any], modules: Iterable[Path] = MODULES) -> dict[str, Any]:
    """What is wrong with modules, by module: of each what `fault_of` finds, where that is anything.

    One test asks it of all modules: a test of its own for each would take far longer than the question.
    """
    found = {str(path.relative_to(ROOT)): fault_of(path) for path in modules}
    assert found, "there are modules to ask it of"
    return {place: fault for place, fault in found.items() if fault}


def test_a_module_imports_downwards_only() -> None:
    def forbidden(path: Path) -> set[str]:
        layer = layer_of(path)
        above = LAYERS[LAYERS.index(layer) + 1 :]
        others = (package for package, owner in ONLY_IN.items() if owner != layer)
        return imported(path) & {*above, *others, "tests"}

    assert faults(forbidden) == {}


def test_only_the_store_knows_how_a_log_is_kept() -> None:
    def forbidden(path: Path) -> set[str]:
        in_store = path.relative_to(ROOT).parts[:2] == ("ledger", "store")
        return set() if in_store else imported(path) & {"eventsourcing", "psycopg", "psycopg_pool"}

    assert faults(forbidden) == {}


def test_a_room_imports_from_rooms_below_it_only() -> None:
    def upwards(path: Path) -> set[str]:
        place = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found: set[str] = set()
        for house in ROOMS:
            heights = heights_in(house)
            own = heights.get(room_in(house, place))
            if own is not None:  # The public names of a layer (`__init__`) come from all of its rooms.
                found |= {name for name in imports(path) if heights.get(room_in(house, name), own) > own}
        return found

    assert faults(upwards) == {}


@pytest.mark.parametrize("house", ROOMS)
def test_every_room_has_its_place_and_every_place_its_room(house: str) -> None:
    there = {
        path.stem
        for path in (ROOT / house.replace(".", "/")).iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    unlike = there ^ set(heights_in(house))
    assert not unlike, f"give it a height in ROOMS of {house!r}, behind what it imports, or take it out: {unlike}"


def test_no_two_modules_have_one_name() -> None:
    counts = Counter(path.stem for path in MODULES if not path.stem.startswith("__"))
    assert {name for name, count in counts.items() if count > 1} == set()


def test_a_module_is_not_named_by_a_gerund_alone() -> None:
    def gerunds(path: Path) -> set[str]:
        names = {path.stem, *path.relative_to(ROOT).parts[:-1]}
        return {name for name in names if re.fullmatch(r"[a-z]+ing", name)} - NOUNS_IN_ING

    assert faults(gerunds) == {}


def test_a_module_can_be_read_in_one_sitting() -> None:
    def too_many_lines(path: Path) -> int:
        return max(0, len(text_of(path).splitlines()) - LONGER.get(path.name, LINES_MAX))

    assert faults(too_many_lines) == {}


def test_a_module_opens_with_its_concept() -> None:
    assert faults(lambda path: not ast.get_docstring(tree_of(path))) == {}


def test_only_the_settings_read_the_environment() -> None:
    # What stores are found by are settings of others, which their own libraries would read.
    settings = ("settings.py", "settings_file.py", "store_addresses.py")
    others = [path for path in MODULES if path.name not in settings]
    assert faults(lambda path: re.findall(r"os\.environ|os\.getenv|\benvvar=", text_of(path)), others) == {}


WRITTEN_AGAIN = {
    "ORDER": "each module says where it stands among its own kind, and two kinds have equal places",
    "T": "a type variable is made in the module that uses it",
}
"""Constants that may have one name and one value in two modules, and why."""


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """The name and the value, as it is written, of every constant of a module."""
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id.isupper():
                    yield target.id, ast.unparse(node.value)


def test_a_constant_is_written_once() -> None:
    places: dict[tuple[str, str], list[str]] = {}
    for path in MODULES:
        for constant in constants(path):
            places.setdefault(constant, []).append(str(path.relative_to(ROOT)))
    twice = {name: where for (name, _), where in places.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in WRITTEN_AGAIN} == {}
    assert twice.keys() == WRITTEN_AGAIN.keys(), "a name that need not be listed any more"


DECIDING = [path for path in MODULES if path.is_relative_to(ROOT / "projections") or "values" in path.parts]


def test_nothing_is_decided_by_an_assert() -> None:
    # python -O leaves asserts out.
    def asserts(path: Path) -> list[int]:
        return [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]

    assert faults(asserts, DECIDING) == {}


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
