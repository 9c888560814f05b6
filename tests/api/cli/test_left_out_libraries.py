"""Commands that do without numpy and pandas run in a process of their own, where these cannot be imported."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import PROJECTIONS_FILE
from projections import kept_position
from tests.api.cli.test_commands import FACTS, Shell
from tests.places import ROOT

PROGRAM = """
from api.cli.left_out_imports import leave_out
leave_out()
from projections.transfers import warm_start
warm_start.WHOLE_MIN = 1  # a log of three events counts as long
from api.cli.main import main
main()
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    shell.ok("append", stdin=json.dumps(FACTS))
    shell.ok("export", str(tmp_path / "place"), "--segments", "--tables")
    return shell


def run(*words: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_place_is_restored_and_a_ledger_backed_up(shell: Shell, tmp_path: Path) -> None:
    place, restored = str(tmp_path / "place"), tmp_path / "restored"
    assert "whole" in run("restore", place, "--check")
    run("restore", place, "--data", str(restored))
    assert kept_position(restored / PROJECTIONS_FILE).position == len(FACTS)
    run("backup", str(tmp_path / "one.backup"), "--data", str(restored))


@pytest.mark.parametrize("command", ["figures", "events", "entities"])
def test_a_read_begins_with_exported_tables(command: str, shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "another"
    data.mkdir()
    for name in ("ledger.db", "ledger.key"):
        shutil.copy(shell.data / name, data / name)
    said = run(command, "--format", "csv", "--data", str(data), SUPPLY_LEDGER_WARM_FROM=str(tmp_path / "place"))
    assert said == shell.ok(command, "--format", "csv")
    if command != "events":
        assert kept_position(data / PROJECTIONS_FILE).position == len(FACTS)


def test_figures_are_told_with_what_they_hang_on(shell: Shell) -> None:
    said = json.loads(run("figures", "--hangs-on", "true", "--format", "json", "--data", str(shell.data)))
    assert said["hangs_on"]
