"""A ledger whose log is in PostgreSQL, at the command line and from Python: wherever a directory may stand."""

import json
from pathlib import Path
from typing import Any

import pytest
import supply_ledger as sl
from typer.testing import CliRunner

from api.cli.main import app
from api.settings import DATA, FOLDER, data_directory, shown_address
from ledger import Ledger
from tests.api.helpers import country, mined, organisation
from tests.postgres import cluster, log_address

FACTS = [organisation("usgs"), country("china"), mined("china", "240000", "2024-01-31")]


class DatabaseShell:
    """Runs commands over one log in a database."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(app, [*words, "--data", self.address])

    def ok(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    def fails(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code in (1, 2), result.output
        assert "Traceback" not in result.output
        return " ".join(str(result.stderr).split())


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseShell:
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "beside"))
    return DatabaseShell(log_address(tmp_path))


@pytest.fixture
def filled(shell: DatabaseShell) -> DatabaseShell:
    with data_directory(shell.address).ledger() as ledger:
        ledger.append(FACTS)
    return shell


def test_what_is_appended_is_answered_and_verified(shell: DatabaseShell, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(FACTS), encoding="utf-8")
    shell.ok("append", str(facts))
    (item,) = json.loads(shell.ok("figures", "--format", "json"))["items"]
    assert item["value"] == "240000"
    assert "3 events are as they were recorded" in shell.ok("verify")
    assert (tmp_path / "beside" / "projections.duckdb").exists()


def test_a_log_is_moved_from_a_file_with_its_positions_and_times(shell: DatabaseShell, tmp_path: Path) -> None:
    with Ledger(tmp_path / "old.db") as old:
        old.append(FACTS)
        entries = list(old.entries())
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "old.db").rename(data / "ledger.db")
    assert CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--data", str(data)]).exit_code == 0
    shell.ok("import", str(tmp_path / "out"), "--as-recorded")
    with data_directory(shell.address).ledger() as moved:
        assert list(moved.entries()) == entries
        assert moved.verify().faults == ()


def test_nothing_is_made_by_asking(shell: DatabaseShell, tmp_path: Path) -> None:
    assert "There is no ledger in postgresql://" in shell.fails("figures")
    assert not (tmp_path / "beside").exists()
    assert "There is no ledger" in shell.fails("verify")
    with pytest.raises(sl.NoLedger, match="There is no ledger in postgresql://"):
        sl.open(shell.address)


def test_from_python(filled: DatabaseShell) -> None:
    with sl.open(filled.address) as book:
        (row,) = list(book.figures().rows())
        assert row["value"] == "240000"


def test_the_doctor_looks_at_the_database(filled: DatabaseShell) -> None:
    result = filled.run("doctor", "--format", "json")
    found = {item["what"]: item for item in json.loads(result.stdout)["items"]}
    assert found["durability"]["state"] == "fault", "the tests' cluster does not wait for its disk"
    assert "fsync=off" in str(found["durability"])
    assert {found[what]["state"] for what in ("log", "clock", "tables", "backup")} == {"ok"}


def test_what_is_for_files_says_what_to_do_instead(filled: DatabaseShell, tmp_path: Path) -> None:
    assert "pg_dump" in filled.fails("backup", str(tmp_path / "b"))
    assert "is a database" in filled.fails("restore", str(tmp_path / "b"))


def test_the_folder_beside_it_is_for_its_owner_alone_and_says_where_it_cannot_be(
    shell: DatabaseShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(FACTS), encoding="utf-8")
    shell.ok("append", str(tmp_path / "facts.json"))
    assert (tmp_path / "beside").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "facts.json"))
    assert "cannot make the folder" in shell.fails("figures")


def test_a_database_that_cannot_be_reached_is_said_and_no_password(tmp_path: Path) -> None:
    nowhere = DatabaseShell("postgresql://me:hidden@127.0.0.1:1/facts")
    for words in (("figures",), ("append", "--help"), ("verify",), ("doctor",), ("config",)):
        result = nowhere.run(*words)
        assert "hidden" not in result.output
        assert "Traceback" not in result.output
    assert "cannot be reached" in nowhere.fails("figures")
    assert "no store keeps a log at nosuch://" in DatabaseShell("nosuch://x").fails("figures")


@pytest.mark.parametrize(
    "address", ["postgresql:facts", "postgres:/facts", "POSTGRESQL://h/facts", "Postgresql:x", "sqlite:///x"]
)
def test_what_is_meant_as_an_address_and_is_none_is_no_folder(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = DatabaseShell(address)
    (tmp_path / "facts.jsonl").write_text(json.dumps(FACTS[0]), encoding="utf-8")
    asked = [("figures",), ("import", "facts.jsonl"), ("verify",), ("serve", "--port", "0")]
    for words in asked if "://" in address else [*asked, ("restore", str(tmp_path))]:
        assert "name a folder, or an address: postgresql://" in there.fails(*words)
    assert not any(path.name.lower().startswith("p") for path in tmp_path.iterdir())


def test_a_name_is_shown_as_it_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no ledger in a:x:1:100:2" in DatabaseShell("a:x:1:100:2").fails("figures")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:secret@h:5/d?schema=s", "postgresql://me@h:5/d?schema=s"),
        ("postgresql://:secret@h/d", "postgresql://@h/d"),
        ("postgresql://h/d?password=secret&schema=s", "postgresql://h/d?password=***&schema=s"),
        ("postgresql://h/d?schema=s", "postgresql://h/d?schema=s"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_each_log_in_a_database_has_a_folder_of_its_own() -> None:
    first = data_directory("postgresql://me:one@h/d?schema=a", environment={})
    assert first.path.parent == Path(DATA.default)
    assert first.path == data_directory("postgresql://me:other@h/d?schema=a", environment={}).path
    assert first.path != data_directory("postgresql://me:one@h/d?schema=b", environment={}).path
    assert data_directory(environment={DATA.variable: "postgresql:///d", FOLDER.variable: "f"}).path == Path("f")


def test_a_verification_of_a_server_is_of_the_database(filled: DatabaseShell) -> None:
    from api.operations.scheduled_verification import ScheduledVerification

    told: list[Any] = []
    found = ScheduledVerification(data_directory(filled.address), hours=24, tell=told.append).verify()
    assert [found] == told
    assert found is not None
    assert (found.position, found.faults) == (len(FACTS), [])


def test_a_writer_of_another_machine_is_seen_by_the_next_read(filled: DatabaseShell) -> None:
    with sl.open(filled.address) as book:
        assert len(book.figures()) == 1
        with cluster().connected(), Ledger(filled.address) as elsewhere:
            elsewhere.append([mined("china", "270000", "2025-01-31", period="2024")])
        assert len(book.figures()) == 2
