"""`supply-ledger asof`: files and pipes, in and out."""

import json
from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from api.cli.main import app
from api.settings import data_directory
from ledger import Ledger
from tests.api.helpers import BASICS, mined

QUESTIONS = "subject,metric,as_of\nchina,mine_production,2024\nchina,mine_production,2023\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("asof")
    with Ledger(data_directory(directory).ledger_path) as ledger:
        ledger.append([*BASICS, mined("china", "240000", "2024-01-31")])
    (directory / "questions.csv").write_text(QUESTIONS, encoding="utf-8")
    return directory


def run(data: Path, *words: str, stdin: str | None = None, fails: int = 0) -> str:
    result = CliRunner().invoke(app, ["asof", *words, "--data", str(data)], input=stdin)
    assert result.exit_code == fails, result.output
    return result.output


def test_a_table_is_printed_with_its_answers(data: Path) -> None:
    shown = run(data, str(data / "questions.csv"))
    assert "240000" in shown
    assert "nothing_known" in shown
    assert "recorded as of position:7" in shown


def test_it_goes_from_the_standard_input_to_the_standard_output(data: Path) -> None:
    lines = run(data, "-", "--format", "csv", stdin=QUESTIONS).splitlines()
    assert lines[0].startswith("subject,metric,as_of,found,reason,figure_id,value")
    assert lines[1].split(",")[6] == "240000"
    assert run(data, "-", "--output", "-", "--format", "csv", stdin=QUESTIONS).splitlines() == lines
    rows = json.dumps([{"subject": "china", "metric": "mine_production", "as_of": "2024"}])
    assert json.loads(run(data, "-", "--format", "json", stdin=rows))["items"][0]["value"] == "240000"


@pytest.mark.parametrize("name", ["answers.parquet", "answers.csv", "answers.jsonl", "answers.arrow"])
def test_it_goes_into_a_file_whose_ending_says_the_format_and_back_in(data: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    assert "2 rows" in run(data, str(data / "questions.csv"), "--output", str(target))
    again = run(data, str(target), "--format", "jsonl")
    assert [json.loads(line)["answer_value"] for line in again.splitlines()] == ["240000", None]
    if name.endswith("parquet"):
        assert parquet.read_table(target)["found"].to_pylist() == [True, False]


def test_what_is_wrong_is_said_with_its_row(data: Path) -> None:
    said = " ".join(run(data, "-", stdin=QUESTIONS.replace("2023", "2023-13").replace("2024", "x"), fails=1).split())
    assert "row 1 /as_of: 'x' is not a moment" in said
    assert "row 2 /as_of: '2023-13' is not in the calendar" in said
    assert "Cannot read" in run(data, str(data / "none.csv"), fails=2)
    assert "--safe is for" in run(data, "-", "--safe", stdin=QUESTIONS, fails=2)
