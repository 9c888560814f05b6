"""Settings are data: each is documented, checked, and read from one variable."""

import re
from typing import Any

import pytest

from api.settings import ANSWERS_MB, DATA, HOSTS, SETTINGS, Setting, documentation
from api.settings_file import VARIABLE as FILE_VARIABLE
from api.settings_file import BadSetting
from tests.places import ROOT


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "api" / "README.md").read_text(encoding="utf-8")
    rows = list(documentation())
    assert len(rows) == len(SETTINGS)
    for _, variable, default, help_text in rows:
        assert f"| `{variable}` | {f'`{default}`' if default else 'none'} | {help_text} |" in text
    assert set(re.findall(r"SUPPLY_LEDGER_[A-Z_]+", text)) == {FILE_VARIABLE, *(variable for _, variable, _, _ in rows)}


def test_a_setting_is_what_its_variable_says_and_else_its_default() -> None:
    assert (DATA.variable, ANSWERS_MB.variable) == ("SUPPLY_LEDGER_DATA", "SUPPLY_LEDGER_ANSWERS_MB")
    assert DATA.value({}) == DATA.value({DATA.variable: ""}) == ".supply-ledger"
    assert ANSWERS_MB.value({ANSWERS_MB.variable: "0"}) == 0
    assert HOSTS.value({}) == ()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_default_means_something(setting: Setting[Any]) -> None:
    assert setting.value({}) == setting.value({setting.variable: setting.default})


def test_a_value_that_means_nothing_is_said_with_its_variable() -> None:
    with pytest.raises(BadSetting, match=r"^SUPPLY_LEDGER_ANSWERS_MB is a whole number of megabytes, not 'much'$"):
        ANSWERS_MB.value({ANSWERS_MB.variable: "much"})
