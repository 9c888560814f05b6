"""How properties are drawn, and the shipped ledger, which many tests only read."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from api.cli.demo import sample_path
from api.settings import data_directory
from ledger import Ledger, import_file
from projections import Engine
from tests.depth import examples
from tests.shared_tables import engine_of
from tests.stores import log_location

# Tests start many processes, the workers of pytest-xdist among them: where Python may not keep what it compiled, each
# of them compiles the project and its tests again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A machine that is busy with something else is slow, and nothing is wrong with the examples.
settings.register_profile(
    "patient",
    deadline=None,
    max_examples=examples(40, deeply=1000),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


LONGEST = (
    "test_spark_folds.py::",
    "test_vintages.py::test_a_full_set_answers",
    "test_recipes.py::",
    "test_readme.py::",
    "test_installed.py::",
    "test_benchmarks.py::",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no core waits for another at the end."""
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


def pytest_collection_finish() -> None:
    """What there is once the tests are known is there to stay: no search for garbage need go over it again."""
    gc.collect()
    gc.freeze()
    # By default the youngest objects are searched after 700 of them, and each test makes many thousands that stay for
    # its length: that is a twelfth of all that the tests take.
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def shipped_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the shipped ledger."""
    data = tmp_path_factory.mktemp("shipped")
    with Ledger(data_directory(data).ledger_path) as ledger:
        report = import_file(ledger, sample_path())
    assert (report.rejected, report.duplicate, report.errors) == (0, 0, [])
    return data


@pytest.fixture(scope="session")
def shipped(shipped_data: Path) -> Iterator[Engine]:
    """The shipped ledger, for all tests together: none may write to it."""
    with Ledger(data_directory(shipped_data).ledger_path) as ledger, engine_of(ledger) as engine:
        head = ledger.head()
        yield engine
        assert ledger.head() == head


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    """The store of a test: SQLite, or what it is parametrised with."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def location(store: str, tmp_path: Path) -> str:
    """Where the log of a test is."""
    return log_location(store, tmp_path)
