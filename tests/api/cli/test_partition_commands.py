"""`partitions`, as whoever runs a ledger types it."""

import json
from pathlib import Path

import pytest

from api.cli.main import app
from tests.api.cli.test_commands import FACTS, Shell
from tests.ledger.segments.exports import files_in


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    shell.ok("append", stdin=json.dumps(FACTS))
    return shell


def test_versions_are_put_into_a_place_and_checked_there(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    assert "in 3 buckets, up to position 3" in shell.ok("partitions", place, "--buckets", "3")
    before = files_in(tmp_path / "place")
    assert "Read and verified" in shell.ok("partitions", place, "--check")
    said = shell.fails("partitions", place, "--check", "--buckets", "5")
    assert "--buckets says how to write, and --check reads what is there" in said
    assert files_in(tmp_path / "place") == before
    assert "in 16 buckets" in shell.ok("partitions", place)


def test_what_is_said_of_an_object_that_is_not_as_it_was_is_the_way_out(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    shell.ok("partitions", place)
    for content, said in (
        (None, "is missing: put the versions there again"),
        (b"x", "is not as it was written: delete it, and put the versions there again"),
    ):
        (file, *_) = sorted((tmp_path / "place").rglob("*.parquet"))
        size = file.stat().st_size
        file.unlink()
        if content is not None:
            file.write_bytes(content * size)
        assert said in " ".join(shell.fails("partitions", place, "--check").split())
        file.unlink(missing_ok=True)
        shell.ok("partitions", place)
        assert "Read and verified" in shell.ok("partitions", place, "--check")


def test_where_an_answer_cannot_go_is_said_before_spark_is_started(shell: Shell, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    shell.ok("partitions", place)
    (tmp_path / "answer").mkdir()
    (tmp_path / "answer" / "answer.json").write_text("{}")
    for target, said in ((str(tmp_path / "answer"), "has an answer already"), ("bad://x", "is no place that is known")):
        asked = ["spark", "figures", "--from", place, "--to", target, "--master", "nonsense"]
        assert said in shell.runner.invoke(app, asked).stderr
