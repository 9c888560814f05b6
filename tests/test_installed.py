"""The program as it is installed: started in an empty directory, with no word of warning from a library.

`make test` runs this on the locked versions, `make test-newest` on what is newest today, with the package from a wheel.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.command_group import MODULES

PROGRAM = [sys.executable, "-P", "-W", "error", "-m", "api"]
"""Without the directory in which it starts on the path, and with warnings as errors."""

QUOTA = ["--subject", "china", "--metric", "mining_quota", "--period", "2023"]
LATER = ["--from-as-of", "2024-12-31", "--to-as-of", "2026-03-01"]
COMMANDS = {
    "keys": ["list"],
    "hooks": ["list"],
    "demo": ["--no-serve"],
    "append": ["--dry-run", "event.json"],
    "asof": ["questions.csv"],
    "check": ["report.md"],
    "backup": ["ledger.backup"],
    "import": ["facts.jsonl"],
    "export": ["exported"],
    "mapping": ["list"],
    "partitions": ["versions"],
    "template": ["figures.xlsx"],
    "diff": LATER,
    "impact": ["--recorded-from", "position:100"],
    "trace": ["--entity", "lynas-rare-earths"],
    "concentration": ["--metric", "mine_production", "--period", "2023"],
    "proof": ["1"],
    "receipt": ["figures", "--limit", "3"],
    "report": [*QUOTA, "--output", "quota.html"],
    "restore": ["ledger.backup", "--check"],
    "search": ["--q", "china quota 2023"],
}
"""What commands cannot do without; `history` wants a figure's id, `serve` and `mcp` do not end, `spark` wants Java."""

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

RUN_ALL = """
import json, sys
from api.cli.main import app
for words in json.load(sys.stdin):
    print("+", *words)
    app(words, standalone_mode=False)
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the demonstration has been run, and nothing else."""
    there = tmp_path_factory.mktemp("installed")
    assert "suspended" in run(there, *PROGRAM, "demo", "--no-serve")
    return there


def run(there: Path, *command: str, stdin: str = "") -> str:
    """What a command prints, which has nothing to complain of."""
    done = subprocess.run(
        command, cwd=there, env=environment(), input=stdin, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, ""), done.stdout[-2_000:] + done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    """As a user has it: nothing says where the ledger or the package is."""
    ours = ("SUPPLY_LEDGER", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def registered(entity: str) -> str:
    return json.dumps({"type": "EntityRegistered", "entity": entity, "kind": "organisation", "name": entity.title()})


def test_the_version_is_told_by_the_installed_script(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "supply-ledger"
    assert run(tmp_path, str(script), "--version").startswith("supply-ledger ")


def test_no_command_warns(directory: Path) -> None:
    figures = json.loads(run(directory, *PROGRAM, "figures", *QUOTA, "--format", "json"))["items"]
    (directory / "event.json").write_text(registered("first-institute"), encoding="utf-8")
    (directory / "facts.jsonl").write_text(registered("second-institute") + "\n", encoding="utf-8")
    (directory / "questions.csv").write_text(
        "subject,metric,period,as_of\naustralia,mine_production,2024,2025-06-30\n", encoding="utf-8"
    )
    (directory / "report.md").write_text("China mined 240,000 t of rare earths in 2023.\n", encoding="utf-8")
    other = json.loads(run(directory, *PROGRAM, "statements", "--limit", "1", "--format", "json"))["items"][0]
    gone = [other["event_id"], "--reason", "other", "--explanation", "It was tried.", "--yes"]
    asked = {**COMMANDS, "history": [figures[0]["figure_id"]], "erase": gone}
    commands = sorted({name for one in MODULES for name in one.names()} - {"serve", "mcp", "spark"})
    assert set(asked) <= set(commands)
    transcript = run(
        directory,
        *PROGRAM[:4],
        "-c",
        RUN_ALL,
        stdin=json.dumps([[name, *asked.get(name, [])] for name in commands]),
    )
    assert transcript.count("\n+ ") == len(commands) - 1
    assert "255,000" in (directory / "quota.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[str]:
    """The address of a server, which ends without a word of warning."""
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        address = running.stdout.readline().partition("Serving the API on ")[2].partition("/v1")[0]
        try:
            yield address
        finally:
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=300)
        assert (running.returncode, errors.strip()) == (0, "")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/figures?subject=china", "application/json"),
        ("/v1/figures?subject=china", "text/csv"),
        ("/v1/figures", ARROW),
        ("/v1/entities", PARQUET),
        ("/v1/vintages?subject=australia&metric=mine_production", XLSX),
        ("/v1/events", "application/json"),
        ("/docs", "text/html"),
    ],
)
def test_the_server_answers_in_every_format(server: str, path: str, kind: str) -> None:
    answer = ask(server + path, headers={"Accept": kind})
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.read()


def test_the_server_records(server: str) -> None:
    answer = ask(
        server + "/v1/events", headers={"Content-Type": "application/json"}, data=registered("third-institute").encode()
    )
    assert answer.status == 201


DOOR = """
import sys
import supply_ledger as sl

with sl.open("own", make=True) as book:
    print(len(book.append({"type": "EntityRegistered", "entity": "one", "kind": "country", "name": "One"})))
    print([row["entity"] for row in book.entities()], len(book.entities().df()))
with sl.open(sys.argv[1]) as book:
    quota = book.as_of("2024-12-31").figures(subject="china", metric="mining_quota", period="2023")
    print(sorted(row["value"] for row in quota), quota.df().shape, quota.pl().shape)
"""


def test_the_python_door_opens_a_ledger_here_and_over_http(server: str, tmp_path: Path) -> None:
    told = run(tmp_path, *PROGRAM[:4], "-c", DOOR, server).splitlines()
    assert told == ["1", "['one'] 1", "['120000', '15000', '255000'] (3, 32) (3, 32)"]


def ask(address: str, **request: Any) -> Any:
    return urllib.request.urlopen(urllib.request.Request(address, **request), timeout=300)
