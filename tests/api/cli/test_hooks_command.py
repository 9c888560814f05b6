"""Hooks on the command line: the secret alone is printed, once, and what cannot be done is said with what can."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from ledger import Ledger
from tests.api.helpers import BASICS

URL = "https://example.org/hooks?token=x"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append(BASICS)
    return tmp_path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["hooks", *words, "--data", str(data)])


def ok(data: Path, *words: str) -> Result:
    result = run(data, *words)
    assert result.exit_code == 0, result.output
    return result


def listed(data: Path) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(ok(data, "list", "--format", "json").stdout)["items"]
    return items


def test_a_hook_is_added_with_its_secret_alone_on_the_output_and_begins_after_the_last_event(data: Path) -> None:
    secret = ok(data, "add", URL).stdout.strip()
    assert secret.startswith("whsec_")
    assert secret not in ok(data, "list").output
    (hook,) = listed(data)
    assert (hook["name"], hook["url"], hook["when"], hook["position"]) == ("example.org", URL, "event", len(BASICS))
    assert stat.S_IMODE((data / "hooks.db").stat().st_mode) == 0o600
    ok(data, "pause", "example.org")
    assert listed(data)[0]["paused"] == "by hand"
    ok(data, "resume", "example.org")
    ok(data, "rewind", "example.org", "--from", "2")
    assert (listed(data)[0]["paused"], listed(data)[0]["position"]) == (None, 2)
    assert "Nothing was given up" in ok(data, "dead").output.replace("\n", " ")
    ok(data, "remove", "example.org")
    assert listed(data) == []


def test_a_hook_of_answers_has_a_condition_and_the_filters_of_a_difference(data: Path) -> None:
    words = ("--name", "moves", "--when", "changed>5%", "--filter", "subject=china", "--from", "0")
    ok(data, "add", URL, *words)
    (hook,) = listed(data)
    assert (hook["when"], hook["filters"], hook["position"]) == ("changed>5%", {"subject": "china"}, 0)
    assert "changed>5% subject=china" in " ".join(ok(data, "list").stdout.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add"], "takes an address"),
        (["list", "x"], "takes no name"),
        (["pause"], "the name of a hook"),
        (["mend", "x"], "add, list"),
        (["add", "ftp://example.org/"], "no address of a server"),
        (["add", "https://user@example.org/"], "no address of a server"),
        (["add", "http://127.0.0.1:9/"], "Add --allow-private"),
        (["add", "https://LOCALHOST/"], "Add --allow-private"),
        (["add", "https://[::ffff:10.0.0.1]/"], "Add --allow-private"),
        (["add", URL, "--when", "sometimes"], "a condition is"),
        (["add", URL, "--when", "changed>x%"], "a condition is"),
        (["add", URL, "--filter", "type"], "NAME=VALUE"),
        (["add", URL, "--filter", "type=A", "--filter", "type=B"], "each name once"),
        (["add", URL, "--filter", "type=NoSuchType"], "there is no type of event"),
        (["add", URL, "--filter", "subject=china"], "subject"),
        (["add", URL, "--when", "changed", "--filter", "metric="], "metric is empty"),
        (["add", URL, "--when", "changed>5%", "--filter", "resource=policies"], "figures alone"),
        (["add", URL, "--from", "99"], "99"),
        (["add", URL, "--name", "A name"], "cannot be a hook's name"),
        (["rewind", "x"], "--from POSITION"),
        (["rewind", "x", "--from", "1"], "no hooks yet"),
        (["remove", "x", "--when", "event"], "takes no --when"),
        (["remove", "x"], "no hooks yet"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_kept(data: Path, words: list[str], said: str) -> None:
    result = run(data, *words)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.split())
    assert listed(data) == []
