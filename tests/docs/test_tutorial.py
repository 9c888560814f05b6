"""The tutorial does what it says: its commands run one after the other in an empty folder, and print what it prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT

TUTORIAL = ROOT / "api" / "TUTORIAL.md"
BLOCKS = re.findall(r"```(sh|text)\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), flags=re.DOTALL)


def holds(line: str, shown: str) -> bool:
    """Whether a line has all the words that are shown, in their order."""
    return re.search(".*".join(map(re.escape, shown.split())), line) is not None


def test_every_command_prints_what_stands_below_it(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "supply-ledger"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m api "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "SUPPLY_LEDGER_DATA": ".supply-ledger"}
    said: list[str] = []
    for kind, text in BLOCKS:
        if kind == "sh":
            done = subprocess.run(
                ["bash", "-euc", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            said = done.stdout.splitlines()
            continue
        for shown in text.splitlines():
            assert any(holds(line, shown) for line in said), f"{shown}\nis not in\n" + "\n".join(said)
    assert len(BLOCKS) >= 16
