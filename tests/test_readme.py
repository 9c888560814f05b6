"""The README does what it says: its commands run against a server with the shipped ledger, and answer as printed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands need curl")

README = ROOT / "README.md"
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
BIN = Path(sys.executable).parent


def runnable() -> list[tuple[str, Any]]:
    """Each shell block, but for the set-up, with the JSON printed after it (None where there is none)."""
    found: list[tuple[str, Any]] = []
    for kind, text in BLOCKS:
        if kind == "sh" and not text.startswith("make "):
            found.append((text, None))
        elif kind == "json":
            found[-1] = (found[-1][0], json.loads(text))
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server as `make run` starts it, on a free port and with a data directory of its own."""
    data = tmp_path_factory.mktemp("readme")
    variables = {
        **os.environ,
        "SUPPLY_LEDGER_DATA": str(data),
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=README.parent) as server:
        assert server.stdout is not None
        try:
            # From this line on the port listens: who connects before the server has started waits for it.
            ports = (re.search(r"127\.0\.0\.1:(\d+)/v1", line) for line in server.stdout)
            port = next((found[1] for found in ports if found), None)
            assert port is not None, "the server did not start"
            yield {**variables, "PORT": port}
        finally:
            server.terminate()


def contains(answer: Any, shown: Any) -> bool:
    """Whether an answer holds everything shown, in as many items."""
    if isinstance(shown, dict):
        return all(name in answer and contains(answer[name], part) for name, part in shown.items())
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(contains, answer, shown))
    return bool(answer == shown)


def test_the_blocks_of_the_readme_run_in_order_and_answer_as_printed(
    environment: dict[str, str], tmp_path: Path
) -> None:
    blocks = runnable()
    assert len(blocks) >= 6
    for command, shown in blocks:
        there = command.replace("127.0.0.1:8000", f"127.0.0.1:{environment['PORT']}")
        done = subprocess.run(
            ["bash", "-euc", there], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        if shown is not None:
            answer = json.loads(done.stdout)
            assert contains(answer, shown), f"{command}\nanswered {done.stdout}"
        if "/v1/events" in command:
            assert all(item["status"] in ("recorded", "duplicate") for item in json.loads(done.stdout)["items"])
    assert "255,000" in (tmp_path / "quota.html").read_text(encoding="utf-8")


def test_the_first_screen_says_what_this_is_and_how_to_run_it() -> None:
    screen = "\n".join(README.read_text(encoding="utf-8").splitlines()[:30])
    for wanted in ("event-sourced ledger", "as of", "make run", "make test"):
        assert wanted in screen


def test_the_python_in_it_runs(environment: dict[str, str], tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    at_hand = program.replace('".supply-ledger"', repr(f"http://127.0.0.1:{environment['PORT']}"))
    assert at_hand != program
    paths = os.pathsep.join((str(ROOT), str(ROOT / "api" / "client" / "installed")))
    done = subprocess.run(
        [sys.executable, "-c", at_hand],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "350000.0" in done.stdout
    assert "diff, as of 2024-06-30 to " in done.stdout
