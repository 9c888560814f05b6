"""`partitions`, as whoever runs a ledger types it."""

import json
from pathlib import Path

import pytest

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
