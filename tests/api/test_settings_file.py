"""Settings come from an option, the environment, a file, or the default, in that order; `config` says from where."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import SETTINGS
from api.settings_file import BadSetting, settings_path, take_in
from tests.places import ROOT


def known() -> list[str]:
    return [one.name for one in SETTINGS]


def test_what_stands_in_the_file_is_taken_where_nothing_is_set(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('question_seconds = 60\nhosts = "a.example"\n', encoding="utf-8")
    environment = {"SUPPLY_LEDGER_CONFIG": str(file), "SUPPLY_LEDGER_HOSTS": "b.example"}
    take_in(known, environment)
    assert environment["SUPPLY_LEDGER_QUESTION_SECONDS"] == "60"
    assert environment["SUPPLY_LEDGER_HOSTS"] == "b.example"


def test_the_named_file_goes_before_the_one_here_and_that_before_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "home" / "supply-ledger" / "config.toml"
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    assert settings_path(environment) is None
    own.parent.mkdir(parents=True)
    own.touch()
    assert settings_path(environment) == own
    Path("supply-ledger.toml").touch()
    assert settings_path(environment) == Path("supply-ledger.toml")
    named = {**environment, "SUPPLY_LEDGER_CONFIG": str(own)}
    assert settings_path(named) == own
    with pytest.raises(BadSetting, match="no such file"):
        settings_path({"SUPPLY_LEDGER_CONFIG": "nowhere.toml"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sql_second = 3", "no setting 'sql_second'"),
        ("sql_seconds = ", "TOML"),
        ("sql_seconds = 1.5", "whole number"),
        ("sql_seconds = true", "whole number"),
        ("[sql_seconds]\na = 1", "whole number"),
        ("a = " + "[" * 5000, "TOML"),
        ("#" * 2_000_000, "bytes"),
    ],
)
def test_what_is_no_setting_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadSetting, match=said):
        take_in(known, {"SUPPLY_LEDGER_CONFIG": str(file)})


def test_the_command_says_where_each_setting_comes_from(tmp_path: Path) -> None:
    (tmp_path / "supply-ledger.toml").write_text("sql_seconds = 7\nstop_seconds = 8\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "api", "config", "--format", "json", "--data", "elsewhere"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SUPPLY_LEDGER_STOP_SECONDS": "9",
            "XDG_CONFIG_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    shown = {item["setting"]: (item["value"], item["from"]) for item in json.loads(done.stdout)["items"]}
    assert shown["sql_seconds"] == ("7", "supply-ledger.toml")
    assert shown["stop_seconds"] == ("9", "environment")
    assert shown["data"] == ("elsewhere", "--data")
    assert shown["sql_memory"] == ("1024", "default")
