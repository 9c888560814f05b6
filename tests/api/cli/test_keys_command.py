"""Keys on the command line: the key alone is printed, once, and what cannot be done is said with what can."""

import json
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.keys.key_check import KeyCheck, KeyUnknown
from api.keys.key_file import KeyFile
from api.keys.key_text import KEY_TEXT
from tests.depth import examples
from tests.places import ROOT


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["keys", *words, "--data", str(data)])


def listed(data: Path) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in json.loads(run(data, "list", "--format", "json").stdout)["items"]}


def test_a_key_is_printed_once_and_alone(tmp_path: Path) -> None:
    made = run(tmp_path, "create", "feeder", "--scope", "append")
    assert made.exit_code == 0, made.output
    text = made.stdout.removesuffix("\n")
    assert KEY_TEXT.fullmatch(text)
    assert "Authorization: Bearer" in made.stderr
    assert "from now on every server over this data directory asks for keys" in made.stderr.replace("\n", " ")
    second = run(tmp_path, "create", "analyst", "--scope", "read", "--scope", "append", "--expires", "90d")
    assert "the first" not in second.stderr
    shown = run(tmp_path, "list")
    assert "feeder" in shown.stdout
    assert text not in shown.output
    items = listed(tmp_path)
    assert (items["feeder"]["scopes"], items["feeder"]["state"], items["feeder"]["expires_at"]) == (
        "append",
        "in force",
        None,
    )
    assert items["analyst"]["scopes"] == "read,append"
    assert KeyCheck(tmp_path / "keys.db").holder(text).name == "feeder"


def test_a_key_is_rotated_and_revoked(tmp_path: Path) -> None:
    check = KeyCheck(tmp_path / "keys.db")
    first = run(tmp_path, "create", "feeder", "--scope", "append").stdout.strip()
    second = run(tmp_path, "rotate", "feeder", "--grace", "1h").stdout.strip()
    assert check.holder(first).name == check.holder(second).name == "feeder"
    third = run(tmp_path, "rotate", "feeder").stdout.strip()
    assert check.holder(third).name == "feeder"
    for text in (first, second):
        with pytest.raises(KeyUnknown, match="replaced"):
            check.holder(text)
    assert run(tmp_path, "revoke", "feeder").exit_code == 0
    with pytest.raises(KeyUnknown, match="revoked"):
        check.holder(third)
    assert listed(tmp_path)["feeder"]["state"] == "revoked"


@pytest.mark.parametrize(
    ("said", "expires"),
    [
        ("2999-01-31", "2999-02-01T00:00:00.000000Z"),
        ("2999-12-31", "3000-01-01T00:00:00.000000Z"),
        ("2999-01-31T12:00:00+02:00", "2999-01-31T10:00:00.000000Z"),
        ("2999-01-31T12:00:00Z", "2999-01-31T12:00:00.000000Z"),
    ],
)
def test_a_day_is_the_last_on_which_a_key_works(tmp_path: Path, said: str, expires: str) -> None:
    assert run(tmp_path, "create", "a", "--scope", "read", "--expires", said).exit_code == 0
    assert listed(tmp_path)["a"]["expires_at"] == expires


@pytest.mark.parametrize(("said", "span"), [("90d", timedelta(days=90)), ("12h", timedelta(hours=12))])
def test_a_span_is_counted_from_now(tmp_path: Path, said: str, span: timedelta) -> None:
    before = datetime.now(UTC)
    assert run(tmp_path, "create", "a", "--scope", "read", "--expires", said).exit_code == 0
    at = datetime.fromisoformat(listed(tmp_path)["a"]["expires_at"])
    assert before + span <= at <= datetime.now(UTC) + span


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make"], "ACTION is create, list, rotate or revoke"),
        (["create"], "keys create takes a NAME"),
        (["create", "a"], "Say what the key is for: --scope read, append or admin"),
        (["create", "a", "--scope", "write"], "--scope is one or several of read, append, admin"),
        (["create", "a", "--scope", "read", "--grace", "1h"], "keys create takes no --grace"),
        (["create", "a", "--scope", "read", "--expires", "soon"], "--expires is a day"),
        (["create", "a", "--scope", "read", "--expires", "2999-02-30"], "--expires is a day"),
        (["create", "a", "--scope", "read", "--expires", "9999-12-31"], "--expires is a day"),
        (["create", "a", "--scope", "read", "--expires", "2999-01-01T00:00:00"], "--expires is a day"),
        (["create", "a", "--scope", "read", "--expires", "2020-01-01"], "That is past"),
        (["create", "A", "--scope", "read"], "cannot be a key's name"),
        (["create", "local", "--scope", "read"], "cannot be a key's name"),
        (["list", "a"], "keys list takes no name"),
        (["revoke"], "keys revoke takes a NAME"),
        (["revoke", "a", "--scope", "read"], "keys revoke takes no --scope"),
        (["revoke", "a"], "There are no keys yet"),
        (["rotate", "a", "--grace", "long"], "--grace is a span"),
        (["rotate", "a"], "There are no keys yet"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_made(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(tmp_path, *words)
    assert done.exit_code in (1, 2)
    assert said in done.stderr.replace("\n", " ")
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_file_of_keys_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_bytes(b"something else" * 1000)
    for words in (["list"], ["create", "a", "--scope", "read"], ["revoke", "a"]):
        done = run(tmp_path, *words)
        assert done.exit_code == 1
        assert "cannot be read or written" in done.stderr.replace("\n", " ")


CREATE_MANY = """
import sys
from pathlib import Path
from api.keys.key_file import KeyFile
from api.keys.scopes import READ

keys = KeyFile(Path(sys.argv[1]))
first = len(keys.listed())
for number in range(first, first + 100_000):
    keys.create(f"key-{number}", frozenset({READ}))
    print(number, flush=True)
"""


def test_a_key_that_was_made_is_there_though_the_program_is_killed(tmp_path: Path) -> None:
    path, chance = tmp_path / "keys.db", random.Random(16)
    made = 0
    for _ in range(examples(4, deeply=100)):
        with subprocess.Popen(
            [sys.executable, "-c", CREATE_MANY, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 30)):
                made = int(process.stdout.readline()) + 1
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split()
        made = max([made, *(int(number) + 1 for number in rest if number.isdigit())])
        keys = KeyFile(path).listed()
        assert made <= len(keys) <= made + 1
        assert all(key.secrets == 1 for key in keys)
