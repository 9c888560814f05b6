"""`export` in segments and `restore` from them, as whoever runs a ledger types them."""

import json
from pathlib import Path

import pytest

from api.cli.main import app
from api.settings import FOLDER
from tests.api.cli.test_commands import FACTS, Shell
from tests.api.cli.test_database_ledger import DatabaseShell
from tests.ledger.segments.exports import files_in
from tests.object_store import EVERY_STORE, make_bucket, need_object_store, object_store
from tests.postgres import log_address


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    shell.ok("append", stdin=json.dumps(FACTS))
    return shell


def test_a_ledger_is_exported_in_segments_tried_and_restored(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    said = shell.ok("export", place, "--segments")
    assert f"{place} has {len(FACTS)} events of " in said
    assert "in 1 segment, 1 of them new" in said
    assert "0 of them new" in shell.ok("export", place, "--segments")
    before = files_in(tmp_path)
    assert "The export is whole: 3 events" in shell.ok("restore", place, "--check")
    assert files_in(tmp_path) == before
    restored = Shell(tmp_path / "restored")
    assert "It goes on as " in restored.ok("restore", place)
    assert restored.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
    assert "as they were recorded" in restored.ok("verify")
    assert "segments of another ledger" in restored.fails("export", place, "--segments")
    assert json.loads(shell.run("doctor", "--format", "json").stdout)


def test_the_summary_of_an_export_is_told_to_programs(shell: Shell, tmp_path: Path) -> None:
    address = (tmp_path / "a place").as_uri()
    said = json.loads(shell.ok("export", address, "--format", "json"))
    (file,) = (tmp_path / "a place" / "log").glob("*.parquet")
    assert said == {
        "place": address,
        "ledger": said["ledger"],
        "position": 3,
        "root": said["root"],
        "segments": 1,
        "bytes": file.stat().st_size,
        "segments_written": 1,
        "events_read": 3,
    }
    again = json.loads(shell.ok("export", address, "--format", "json"))
    assert again == {**said, "segments_written": 0, "events_read": 0}


def test_rows_and_segments_lie_in_one_folder(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    assert "Wrote 3 events" in shell.ok("export", place)
    assert "an export for `import`" in shell.fails("restore", place)
    shell.ok("export", place, "--segments")
    assert "Wrote 3 events" in shell.ok("export", place)
    assert "Nothing was changed" in shell.ok("restore", place, "--check")
    Shell(tmp_path / "other").ok("import", place, "--as-recorded")


def test_what_cannot_be_done_is_said(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    assert "--format is about segments" in shell.fails("export", place, "--format", "json")
    assert "--format is table or json" in shell.fails("export", place, "--segments", "--format", "csv")
    assert "no place that is known here" in shell.fails("export", "http://example.org/x")
    assert "names no bucket" in shell.fails("export", "s3://")
    assert "no export was finished there" in shell.fails("restore", str(tmp_path), "--check")
    assert "There is no ledger in" in Shell(tmp_path / "none").fails("export", place, "--segments")
    shell.ok("export", place, "--segments")
    assert "is not empty" in shell.fails("restore", place)
    assert "What was there before is in" in shell.ok("restore", place, "--replace")
    (file,) = (tmp_path / "place" / "log").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    assert "was changed after it was made" in shell.fails("restore", place, "--check")
    (tmp_path / "file").write_bytes(b"")
    assert "Not a directory" in shell.fails("export", str(tmp_path / "file" / "x"), "--segments")


def test_a_ledger_moves_into_a_database_and_back(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER.variable, str(tmp_path / "beside"))
    place, second = str(tmp_path / "place"), str(tmp_path / "second")
    shell.ok("export", place, "--segments")
    database = DatabaseShell(log_address(tmp_path))
    assert "in a database, name another schema" in database.fails("restore", place, "--replace")
    assert "It goes on as " in database.ok("restore", place)
    assert "has 3 events already" in database.fails("restore", place)
    assert "as they were recorded" in database.ok("verify")
    figures = database.ok("figures", "--format", "csv")
    assert figures == shell.ok("figures", "--format", "csv")
    database.ok("export", second, "--segments")
    back = Shell(tmp_path / "back")
    back.ok("restore", second)
    assert back.ok("figures", "--format", "csv") == figures
    assert set(files_in(tmp_path / "place")) == set(files_in(tmp_path / "second"))


@EVERY_STORE
def test_a_ledger_is_exported_to_an_object_store_and_restored(
    kind: str, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_object_store(kind)
    with object_store(kind) as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        place = f"{kind}://ledgers/a/b"
        assert f"there is no bucket ledgers for {place}" in " ".join(shell.fails("export", place).split())
        assert f"there is no bucket ledgers for {place}" in " ".join(shell.fails("restore", place, "--check").split())
        make_bucket("ledgers", kind)
        assert f"{place} has 3 events" in shell.ok("export", place)
        assert "0 of them new" in shell.ok("export", place)
        restored = Shell(tmp_path / "restored")
        restored.ok("restore", place)
        assert restored.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")


def test_a_copy_in_the_data_directory_would_keep_what_is_erased_and_is_refused(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = shell.data / "export"
    for place in (str(inside), f"file://{inside}"):
        for options in ([], ["--segments"]):
            assert "lies in the data directory" in shell.fails("export", place, *options)
        assert "lies in the data directory" in shell.fails("partitions", place)
        monkeypatch.setenv("SUPPLY_LEDGER_DATA", str(shell.data))
        asked = ["spark", "figures", "--from", str(tmp_path / "versions"), "--to", place]
        assert "lies in the data directory" in shell.runner.invoke(app, asked).stderr
    assert "lies in the data directory" in shell.fails("backup", str(inside))
    assert not inside.exists()
