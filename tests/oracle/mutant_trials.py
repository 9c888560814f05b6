"""Trials of planted bugs: which tests look the closest at a part of `projections`, and a process for each try of them.

What the tests import from elsewhere is imported once, in a process from which every try is forked: it is the same for
every bug, and takes longer than the test that finds most of them. The project itself each try imports anew, from a copy
in which the bug is planted.
"""

import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.oracle.planted_bugs import Mutant, Stage
from tests.places import ROOT

VIEWPOINTS = ("tests/properties/test_viewpoints.py",)
THING_HISTORIES = (
    "tests/projections/queries/test_decisive_statements.py",
    "tests/api/questions/test_thing_history.py",
    "tests/api/questions/test_slips.py",
    "tests/properties/test_thing_histories.py",
)
STAGES = (
    Stage(VIEWPOINTS, histories=8),
    Stage(("tests/api/questions/test_over_time.py", "tests/api/questions/test_told_by_parts_and_publishers.py")),
    Stage(THING_HISTORIES, histories=6),
    Stage(("tests/projections/views", "tests/projections/tables")),
    Stage(
        tuple(
            sorted(
                f"tests/projections/{path.name}"
                for path in (ROOT / "tests/projections").iterdir()
                if path.name in ("audit", "queries") or path.match("test_*.py")
            )
        )
    ),
    Stage((*VIEWPOINTS, "tests/properties/test_deep_histories.py"), histories=52, seed=9),
)
"""Most bugs show in the first histories; what gets through is put to the tests worked out by hand, and to more."""

CLOSEST = {
    "audit/dispute_runs": Stage(("tests/projections/audit/test_disputes.py", "tests/properties/test_disputes.py"), 4),
    "audit/publisher_pairs": Stage(
        ("tests/projections/audit/test_disputes.py", "tests/properties/test_disputes.py"), 4
    ),
    "audit/revisions/": Stage(("tests/projections/audit/revisions", "tests/properties/test_revisions.py"), 4),
    "audit/slips": Stage(("tests/api/questions/test_slips.py", "tests/properties/test_thing_histories.py"), 6),
    "audit/vintages": Stage(("tests/projections/audit/test_vintages.py", "tests/properties/test_vintages.py"), 4),
    "queries/clocks": Stage(("tests/projections/queries/test_compose.py", "tests/projections/views")),
    "queries/allowance": Stage(("tests/projections/queries/test_allowance.py",)),
    "queries/watchdog": Stage(("tests/projections/queries/test_allowance.py",)),
    "queries/decisive_statements": Stage(THING_HISTORIES, histories=6),
    "queries/figure_pages": Stage(("tests/projections/queries/test_pages_of_figures.py",)),
    "queries/statement_places": Stage(THING_HISTORIES, histories=6),
    "tables/planned_statements": Stage(("tests/projections/tables/test_planned_statements.py",)),
    "tables/slug_groups": Stage(("tests/projections/tables/test_slug_groups.py",)),
    "tables/successions": Stage(("tests/projections/tables/test_successions.py",)),
    "tables/remedies": Stage(("tests/projections/test_upkeep.py",)),
    "views/internal/vintages": Stage(
        ("tests/projections/audit/test_vintages.py", "tests/properties/test_vintages.py"), 4
    ),
    "views/": Stage(("tests/projections/views",)),
    "tables/sql/macros": Stage(("tests/projections/tables/test_macros.py",)),
}
"""By the beginning of a file's name: the tests that look at what it does the closest."""

_ELSEWHERE = (
    *("pytest", "_pytest.assertion.rewrite", "hypothesis", "hypothesis.strategies", "hypothesis.stateful"),
    *("duckdb", "pyarrow", "pyarrow.compute", "pyarrow.parquet", "pydantic", "eventsourcing.persistence", "numpy"),
    *("fastapi", "fastapi.testclient", "orjson", "jiter", "rich.console", "typer", "cryptography.hazmat.primitives"),
)
"""What the tests import that is not of this project."""

_PASSED, _FOUND = 40, 41
"""How a try ends whose tests pass, and one of which some test fails: no process ends so by accident."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(_ELSEWHERE))


def stages_of(mutant: Mutant) -> Iterator[Stage]:
    """The tests to try a bug on, in the order in which they are likely to find it."""
    first = (stage for name, stage in CLOSEST.items() if mutant.file.startswith(name))
    yield from dict.fromkeys((*([mutant.stage] if mutant.stage else []), *first, *STAGES))


def together(stages: Iterable[Stage]) -> list[Stage]:
    """Stages with the tests of them all, each once for each number of histories and seed."""
    tests: dict[tuple[int, int], set[str]] = {}
    for stage in stages:
        tests.setdefault((stage.histories, stage.seed), set()).update(stage.tests)
    return [
        Stage(
            tuple(sorted(one for one in named if not any(other != one and one.startswith(other) for other in named))),
            *many,
        )
        for many, named in tests.items()
    ]


def failing_test(copy: Path, stage: Stage) -> str | None:
    """The first test of a stage that fails in a copy of the project; None where none does.

    Ends the program where they cannot be run.
    """
    said = copy / "said.txt"
    process = _forks.Process(target=_try, args=(str(copy), stage, str(said)))
    process.start()
    process.join()
    text = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
    if process.exitcode not in (_PASSED, _FOUND):
        raise SystemExit(f"The tests could not be run ({process.exitcode}):\n{text}")
    return None if process.exitcode == _PASSED else next(iter(_FAILED.findall(text)), "a test")


def _try(copy: str, stage: Stage, said: str) -> None:
    """Run the tests of a stage, in a process of their own, and end with what they say."""
    with open(said, "w", encoding="utf-8") as file:  # noqa: PTH123 - before anything else
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.chdir(copy)
    os.environ |= {"SUPPLY_LEDGER_HISTORIES": str(stage.histories), "SUPPLY_LEDGER_SEED": str(stage.seed)}
    os.environ["PYTHONPATH"] = copy
    sys.path[:] = [copy, *(path for path in sys.path if Path(path or ROOT).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "ledger", "projections", "api")]:
        del sys.modules[name]
    import pytest

    known_already = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *known_already, *stage.tests])
    sys.stdout.flush()
    os._exit(_PASSED if code == pytest.ExitCode.OK else _FOUND if code == pytest.ExitCode.TESTS_FAILED else 2)


def finder(mutant: Mutant, copy: Path) -> str | None:
    """The test that finds a bug; None where all tests pass in spite of it."""
    path = copy / "projections" / mutant.file
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace(mutant.text, mutant.instead, 1), encoding="utf-8")
    try:
        return next((found for stage in stages_of(mutant) if (found := failing_test(copy, stage))), None)
    finally:
        path.write_text(sound, encoding="utf-8")


@contextmanager
def copies(count: int) -> Iterator[SimpleQueue[Path]]:
    """Copies of the project, for as many mutants at a time."""
    made: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            copy = Path(folder).resolve() / f"project-{number}"
            left_out = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".supply-*", "build", "dist")
            shutil.copytree(ROOT, copy, ignore=left_out)
            made.put(copy)
        yield made
