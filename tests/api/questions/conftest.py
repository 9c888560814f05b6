"""A ledger that is asked with the words that people type; tests of several modules only read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import data_directory
from ledger import Ledger
from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api
from tests.api.questions.found_words import WORDS
from tests.shared_tables import engine_of


@pytest.fixture(scope="session")
def words_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words")
    with Ledger(data_directory(path).ledger_path) as ledger:
        ledger.append(WORDS)
    return path


@pytest.fixture(scope="session")
def words(words_data: Path) -> Iterator[Api]:
    """Over HTTP."""
    with Ledger(data_directory(words_data).ledger_path) as ledger, engine_of(ledger) as engine:
        app = create_app(engine, answers_bytes_max=0)
        with TestClient(app) as client:
            yield Api(client)


@pytest.fixture(scope="session")
def words_shell(words_data: Path) -> Shell:
    """On the command line."""
    return Shell(words_data)
