"""Exported tables, as whoever runs servers uses them: put beside segments, taken by a start, brought by a restore."""

import json
import logging
import shutil
from pathlib import Path

import duckdb
import pytest

from api.settings import FOLDER, LEDGER_FILE, PROJECTIONS_FILE, WARM_FROM, data_directory, worker_environment
from ledger import Ledger
from projections import kept_position
from projections.transfers import warm_start
from tests.api.cli.test_commands import FACTS, Shell
from tests.api.cli.test_database_ledger import DatabaseShell
from tests.api.helpers import mined
from tests.ledger.segments.exports import files_in
from tests.object_store import EVERY_STORE, make_bucket, need_object_store, object_store
from tests.postgres import log_address

NOTED = {**mined("china", "255000", "2025-01-31"), "event_id": "00000000-0000-4000-8000-000000000001"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Shell:
    """A ledger that counts as long."""
    monkeypatch.setattr(warm_start, "WHOLE_MIN", 1)
    caplog.set_level(logging.INFO)
    shell = Shell(tmp_path / "data")
    shell.ok("append", stdin=json.dumps(FACTS))
    return shell


def another_server(shell: Shell, data: Path) -> Shell:
    """The same log in another directory, without tables."""
    data.mkdir()
    for name in ("ledger.db", "ledger.key"):
        shutil.copy(shell.data / name, data / name)
    return Shell(data)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "supply_ledger"]


def test_tables_are_exported_beside_segments_and_a_command_begins_with_them(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "place")
    said = shell.ok("export", place, "--segments", "--tables")
    assert "The tables up to position 3 are there in " in " ".join(said.split())
    assert list(shell.data.glob(".supply-ledger-spill-*")) == []
    other = another_server(shell, tmp_path / "other")
    monkeypatch.setenv(WARM_FROM.variable, place)
    assert other.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
    assert told(caplog) == ["the tables up to position 3 were brought from where they were exported to"] * 2
    assert kept_position(other.data / PROJECTIONS_FILE).position == 3


def test_the_next_export_writes_what_has_changed(shell: Shell, tmp_path: Path) -> None:
    address = (tmp_path / "place").as_uri()
    first = json.loads(shell.ok("export", address, "--tables", "--format", "json"))["tables"]
    assert (first["position"], first["bytes_written"]) == (3, first["bytes"])
    again = json.loads(shell.ok("export", address, "--tables", "--format", "json"))["tables"]
    assert again == {**first, "pieces_written": 0, "bytes_written": 0}
    shell.ok("append", stdin=json.dumps(NOTED))
    assert "tables" not in json.loads(shell.ok("export", address, "--format", "json"))
    later = json.loads(shell.ok("export", address, "--tables", "--format", "json"))["tables"]
    assert later["position"] == 4
    assert later["pieces_written"]


def test_an_export_after_an_erasure_leaves_no_older_tables(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "place")
    shell.ok("append", stdin=json.dumps(NOTED))
    shell.ok("export", place, "--segments", "--tables")
    shell.ok("erase", NOTED["event_id"], "--reason", "personal_data", "--explanation", "Asked for", "--yes")
    other = another_server(shell, tmp_path / "other")
    monkeypatch.setenv(WARM_FROM.variable, place)
    assert other.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
    assert told(caplog)[-1].endswith("but made from the log: a text was erased after they were made")
    assert "are gone: export them again with --tables" in " ".join(shell.ok("export", place, "--segments").split())
    assert not list((tmp_path / "place" / "tables").glob("*"))
    shell.ok("export", place, "--segments", "--tables")
    assert list((tmp_path / "place" / "tables").glob("*.zst"))


def test_a_restore_brings_the_tables_too(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    shell.ok("export", place, "--segments", "--tables")
    restored = Shell(tmp_path / "restored")
    restored.ok("restore", place)
    assert kept_position(restored.data / PROJECTIONS_FILE).position == 3
    with Ledger(restored.data / LEDGER_FILE) as ledger, duckdb.connect(restored.data / PROJECTIONS_FILE) as tables:
        assert tables.execute("SELECT identity FROM progress").fetchall() == [(ledger.identity,)], "it takes them up"
    assert restored.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
    restored.ok("append", stdin=json.dumps(NOTED))
    assert "255000" in restored.ok("figures", "--format", "csv")
    assert "segments of another ledger" in restored.fails("export", place, "--segments", "--tables")


def test_a_restore_whose_tables_are_damaged_has_the_log(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    shell.ok("export", place, "--segments", "--tables")
    before = files_in(tmp_path)
    assert "The export is whole" in shell.ok("restore", place, "--check")
    assert files_in(tmp_path) == before
    for piece in (tmp_path / "place" / "tables").glob("*.zst"):
        piece.write_bytes(b"-" * piece.stat().st_size)
    assert "is not as it was written" in " ".join(shell.fails("restore", place, "--check").split())
    restored = Shell(tmp_path / "restored")
    assert "are not taken over" in restored.ok("restore", place)
    assert not (restored.data / PROJECTIONS_FILE).exists()
    assert restored.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")


def test_servers_of_one_database_begin_with_each_others_tables(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "place")
    shell.ok("export", place, "--segments", "--tables")
    database = DatabaseShell(log_address(tmp_path))
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "one"))
    database.ok("restore", place)
    assert kept_position(tmp_path / "one" / PROJECTIONS_FILE).position == 3
    figures = database.ok("figures", "--format", "csv")
    assert figures == shell.ok("figures", "--format", "csv")
    database.ok("export", str(tmp_path / "second"), "--segments", "--tables")
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "two"))
    monkeypatch.setenv(WARM_FROM.variable, str(tmp_path / "second"))
    caplog.clear()
    assert database.ok("figures", "--format", "csv") == figures
    assert told(caplog) == ["the tables up to position 3 were brought from where they were exported to"]
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "three"))
    monkeypatch.setenv(WARM_FROM.variable, place)
    caplog.clear()
    assert database.ok("figures", "--format", "csv") == figures
    assert "those of another ledger" in told(caplog)[0]


@EVERY_STORE
def test_tables_lie_in_an_object_store(
    kind: str, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    need_object_store(kind)
    with object_store(kind) as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        place = f"{make_bucket('ledgers', kind)}/a/b"
        shell.ok("export", place, "--tables")
        shell.ok("append", stdin=json.dumps(NOTED))
        shell.ok("export", place, "--tables")
        other = another_server(shell, tmp_path / "other")
        monkeypatch.setenv(WARM_FROM.variable, place)
        assert other.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
        assert told(caplog)[-1] == "the tables up to position 4 were brought from where they were exported to"
        assert "The export is whole" in shell.ok("restore", place, "--check")
        restored = Shell(tmp_path / "restored")
        restored.ok("restore", place)
        assert kept_position(restored.data / PROJECTIONS_FILE).position == 4


def test_what_is_no_place_is_said_before_anything_is_served(shell: Shell) -> None:
    said = shell.fails("serve", "--port", "0", "--warm-from", "http://example.org/tables")
    assert "no place that is known here" in said
    assert "--tables is about segments" in shell.fails("export", "somewhere", "--tables")


def test_workers_are_told_the_place_in_their_environment() -> None:
    told_them = worker_environment(data_directory("somewhere"), counts="counts", warm_from="s3://u:secret@bucket/x")
    assert WARM_FROM.value(told_them) == "s3://u:secret@bucket/x"
