"""The history of a figure, by the words that say which one is meant."""

import json

import pytest

from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api

ONE = [
    ("--subject", "lynas"),
    ("--subject", "Kestrel", "--metric", "export_volume", "--period", "FY2024-Q4"),
    ("--material", "ndpr-oxide", "--metric", "export_volume"),
]


@pytest.mark.parametrize("asked", ONE)
@pytest.mark.parametrize("clock", ["publication", "ledger"])
def test_one_figure_has_its_history(words: Api, words_shell: Shell, asked: tuple[str, ...], clock: str) -> None:
    figure_id = words.only("figures", subject="lynas")["figure_id"]
    printed = words_shell.ok("history", *asked, "--clock", clock, "--format", "json")
    by_id = words_shell.ok("history", figure_id, "--clock", clock, "--format", "json")
    assert json.loads(printed)["items"] == json.loads(by_id)["items"] != []


def test_several_figures_are_listed_with_what_tells_them_apart(words: Api, words_shell: Shell) -> None:
    told = words_shell.fails("history", "--subject", "china", "--format", "csv")
    assert "3 figures are meant" in told
    for item in words.items("figures", subject="china"):
        assert item["figure_id"] in told
    assert "period_end" in told
    assert "Nd, Pr" in told
    assert "mine_production" not in told, "they have that in common"
    words_shell.ok("history", "--subject", "china", "--period", "2024")


def test_words_that_mean_no_figure_get_hints(words_shell: Shell) -> None:
    told = words_shell.fails("history", "--subject", "chna", "--metric", "mine production")
    assert "Did you mean china?" in told
    assert "Did you mean mine_production?" in told
    assert "Nothing is said" in told
    assert "Nothing is said" in words_shell.fails("history", "--subject", "lynas", "--as-of", "2024-10-30")


@pytest.mark.parametrize("given", [(), ("00000000-0000-4000-8000-000000000000", "--subject", "china")])
def test_either_an_id_or_words_are_given(words_shell: Shell, given: tuple[str, ...]) -> None:
    assert words_shell.run("history", *given).exit_code == 2


def test_a_fiscal_period_is_that_of_a_subject_under_any_of_its_names(words: Api) -> None:
    body = words.get("figures", subject="Kestrel", period="FY2024-Q4")
    assert [item["value"] for item in body["items"]] == ["1359"]
    assert [one["taken_for"] for one in body["resolved"]] == ["lynas"]
    lines = words.client.get("/v1/figures.jsonl", params={"subject": "LYC", "period": "FY2024-Q4"}).text.splitlines()
    assert [json.loads(line)["value"] for line in lines] == ["1359"]
    assert words.client.get("/v1/figures", params={"subject": "Burma", "period": "FY2024-Q4"}).status_code == 422
