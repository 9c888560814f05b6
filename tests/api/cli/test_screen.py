"""The command line as it is seen: eighty columns, with and without colour, `-h`, examples that run, `-`, and quiet."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars
import pytest
from typer.testing import CliRunner, Result

from api.cli.command_examples import EXAMPLES
from api.cli.command_group import MODULES
from api.cli.import_table import ODD_SHOWN
from api.cli.main import app
from tests.places import ROOT

COMMANDS = [name for one in MODULES for name in one.names()]
SCREEN = {"COLUMNS": "80", "TERM": "xterm-256color"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NOT_TRIED = (
    "asof",
    "check",
    "serve",
    "mcp",
    "demo",
    "keys",
    "hooks",
    "append",
    "import",
    "erase",
    "restore",
    "spark",
    "witness",
    "anchor",
    "mapping",
)
"""What serves, needs a file of the user's, or changes something; others of these have tests of their own."""


@pytest.fixture(scope="module")
def data(shipped_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the shipped ledger of its own, with its tables made."""
    data = tmp_path_factory.mktemp("shipped") / "data"
    shutil.copytree(shipped_data, data)
    assert run(data, "figures", "--limit", "1").exit_code == 0
    return data


def run(data: Path, *words: str, **settings: str) -> Result:
    return CliRunner(env={**SCREEN, **settings}).invoke(app, [*words, "--data", str(data)])


def on_a_terminal(*words: str, columns: int = 80, **settings: str) -> str:
    """What a terminal gets."""
    read, write = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "50", **settings}
    command = [sys.executable, "-m", "api", *words]
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=write, stderr=write, stdin=subprocess.DEVNULL):
        os.close(write)
        seen = b"".join(blocks_of(read))
    os.close(read)
    return seen.decode().replace("\r\n", "\n")


def blocks_of(descriptor: int) -> Iterator[bytes]:
    with suppress(OSError):  # what a terminal says when nobody writes to it any more
        while block := os.read(descriptor, 65536):
            yield block


def test_the_help_of_every_command_fits_and_ends_with_an_example() -> None:
    unlike = EXAMPLES.keys() ^ set(COMMANDS)
    assert not unlike, f"every command has an example in api/cli/command_examples.py, and nothing else has: {unlike}"
    for name in COMMANDS:
        result = CliRunner(env=SCREEN).invoke(app, [name, "-h"])
        assert result.exit_code == 0, name
        text = COLOUR.sub("", result.stdout)
        assert max(map(len, text.splitlines())) <= 80, name
        for example in EXAMPLES[name]:
            assert example in text, example
        assert "--quiet" in text
        assert CliRunner(env=SCREEN).invoke(app, [name, "--help"]).stdout == result.stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in NOT_TRIED])
def test_every_example_of_a_command_runs(
    data: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in EXAMPLES[name]:
        program, *words = shlex.split(example)
        assert (program, words[0]) == ("supply-ledger", name)
        if "--check" not in words:
            result = run(data, *words)
            assert result.exit_code == 0, (example, result.output)


@pytest.mark.parametrize("name", ["figures", "policies", "facilities", "diff", "disputes", "commitments", "scorecards"])
def test_a_table_fits_eighty_columns_and_breaks_no_number(data: Path, name: str) -> None:
    words = (name, "--from-as-of", "2025-01-31") if name == "diff" else (name, "--limit", "40")
    seen = on_a_terminal(*words, "--data", str(data), NO_COLOR="1")
    rows = COLOUR.sub("", seen).splitlines()
    assert max(map(len, rows)) <= 80, max(rows, key=len)
    broken = [row for row in rows for cell in row.split("│")[1:-1] if re.fullmatch(r"\s*[\d.,]+…\s*", cell)]
    assert broken == []


def test_numbers_of_figures_stand_whole_on_a_narrow_screen(data: Path) -> None:
    words = ("figures", "--publisher", "usgs", "--limit", "20")
    items: list[dict[str, Any]] = json.loads(run(data, *words, "--format", "json").stdout)["items"]
    seen = COLOUR.sub("", on_a_terminal(*words, "--data", str(data)))
    for item in items:
        if item["value"] is not None:
            assert re.search(rf"(?<![\d.]){re.escape(item['value'])}(?![\d.])", seen), item["value"]


def test_colour_is_for_terminals_and_for_whoever_wants_it(data: Path) -> None:
    words = ("figures", "--limit", "3", "--data", str(data))
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert COLOUR.search(on_a_terminal(*words))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", plain)
    piped = subprocess.run(
        [sys.executable, "-m", "api", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not COLOUR.search(piped)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "parquet", "arrow", "xlsx"])
def test_a_file_is_written_in_the_format_of_its_ending(data: Path, tmp_path: Path, ending: str) -> None:
    words = ("figures", "--publisher", "usgs")
    items = json.loads(run(data, *words, "--format", "json", "--limit", "10000").stdout)["items"]
    file = tmp_path / f"figures.{ending}"
    result = run(data, *words, "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    if ending == "json":
        assert json.loads(file.read_text())["items"][0]["figure_id"] == items[0]["figure_id"]
        return
    readers: dict[str, Callable[..., Any]] = {
        "csv": polars.read_csv,
        "jsonl": jsonl_rows,
        "parquet": polars.read_parquet,
    }
    readers |= {"arrow": polars.read_ipc_stream, "xlsx": xlsx_rows}
    options: dict[str, Any] = {"infer_schema": False} if ending == "csv" else {}
    assert len(readers[ending](file, **options)) == len(items)
    piped = run(data, *words, "--format", ending, "--output", "-")
    assert piped.stdout_bytes == file.read_bytes() or ending == "xlsx"


def jsonl_rows(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def xlsx_rows(file: Path) -> list[Any]:
    from openpyxl import load_workbook

    with closing(load_workbook(file, read_only=True)) as book:
        return list(book.worksheets[0].iter_rows(min_row=2))


def test_a_file_whose_ending_says_no_format_is_refused(data: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.csv"
    questions.write_text("subject,metric,period,as_of\nchina,mine_production,2023,2024\n", encoding="utf-8")
    for words in (("figures",), ("asof", str(questions))):
        file = tmp_path / "out.foo"
        result = run(data, *words, "-o", str(file))
        assert result.exit_code == 1
        assert "ends like no format" in result.stderr
        assert not file.exists()


@pytest.mark.parametrize(
    ("after", "said", "code"),
    [
        ("figures --subject $'\\xff'", "no text in UTF-8", 2),
        ("figures --format csv > /dev/full", "cannot be written", 1),
    ],
)
def test_what_a_shell_may_do_to_a_command_ends_in_a_message(data: Path, after: str, said: str, code: int) -> None:
    words = f"{shlex.quote(sys.executable)} -m api {after.replace('figures', f'figures --data {data}')}"
    done = subprocess.run(["bash", "-c", words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr


def test_a_terminal_is_not_sent_what_it_cannot_show(data: Path) -> None:
    assert "give --output FILE" in on_a_terminal("figures", "--format", "parquet", "--data", str(data))


def test_a_file_that_cannot_be_written_is_said_so(data: Path, tmp_path: Path) -> None:
    result = run(data, "figures", "-o", str(tmp_path / "no" / "such.csv"))
    assert result.exit_code == 1
    assert "Cannot write" in result.stderr


def test_who_wants_quiet_gets_results_and_errors_alone(data: Path, tmp_path: Path) -> None:
    noted = run(data, "export", str(tmp_path / "noted"))
    quiet = run(data, "export", str(tmp_path / "quiet"), "--quiet")
    assert (noted.exit_code, quiet.exit_code) == (0, 0)
    assert noted.stderr
    assert quiet.stderr == ""
    assert "Error" in run(tmp_path, "figures", "-q").stderr


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (("figures", "--limit", "1"), "recorded as of position:"),
        (("diff", "--from-as-of", "2024"), "recorded as of position:"),
        (("keys", "list"), "None: a server on a loopback address"),
        (("config",), "Set one in the environment"),
        (("verify",), "keep a checkpoint elsewhere"),
    ],
)
def test_what_is_said_beside_a_result_is_not_said_to_who_wants_quiet(
    data: Path, words: tuple[str, ...], note: str
) -> None:
    noted, quiet = run(data, *words), run(data, *words, "-q")
    assert (noted.exit_code, quiet.exit_code) == (0, 0), noted.output + quiet.output
    kept, left_out = noted.stdout.splitlines(), set(noted.stdout.splitlines()) - set(quiet.stdout.splitlines())
    assert note in " ".join(left_out)
    assert quiet.stdout.splitlines() == [line for line in kept if line not in left_out] != []


def test_a_cut_table_says_so_to_who_wants_quiet_too(data: Path) -> None:
    assert "There is more" in run(data, "figures", "--limit", "1", "-q").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    words = {"COMP_WORDS": "supply-ledger fig", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "supply-ledger fig"}
    variables = {**os.environ, **words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    program = "import sys; sys.argv[0] = 'supply-ledger'; from api.cli.main import main; main()"
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**variables, "_SUPPLY_LEDGER_COMPLETE": f"complete_{shell}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "figures" in said.stdout
    assert said.stderr == ""


IMPORTED_ALONE = """
import os, sys
from importlib import import_module
from api.cli.left_out_imports import leave_out
leave_out()
from api.cli.command_group import MODULES, let_in
for one in MODULES:
    if not os.fork():
        try:
            let_in(one.needs)
            import_module(one.module)
        except BaseException as error:
            print(one.module, error, flush=True)
        os._exit(0)
    os.wait()
"""
"""As the program does it: with the libraries that a command says it needs, and without the others."""


def test_every_command_says_which_libraries_it_needs() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED_ALONE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_an_import_shows_the_first_warnings_and_how_many_more_there_are(tmp_path: Path) -> None:
    names = [{"type": "EntityRegistered", "entity": f"p-{n:03}", "kind": "organisation"} for n in range(251)]
    file = tmp_path / "names.jsonl"
    file.write_text("".join(json.dumps({**one, "name": f"Publisher {one['entity'][2:]}"}) + "\n" for one in names))
    said = run(tmp_path / "data", "import", str(file), COLUMNS="200").stdout
    assert "Recorded 251" in said, "each but the first looks like the one before"
    assert said.count("looks like") == ODD_SHOWN
    assert f"There are {250 - ODD_SHOWN} more, which are not listed." in said
