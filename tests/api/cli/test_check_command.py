"""`supply-ledger check`: files and pipes, tables with and without a mapping, and what is refused."""

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.settings import CHECK_MB

TEXT = "China mined 240,000 t of rare earths in 2023.\n"
MAPPING = """
name = "by-country"
version = 1
[parameters]
publisher = ""
[event]
type = "ProductionReported"
subject = { from = "{Country}", names = true }
material = "rare-earths"
dimensions = { basis = "reo" }
published_at = "2026"
source = { publisher = "{publisher}" }
[[value]]
columns = '(?P<year>[0-9]{4})'
metric = "mine_production"
period = "{year}"
unit = "kt"
"""


def run(data: Path, *words: str, stdin: str | None = None, fails: int = 0) -> str:
    result = CliRunner().invoke(app, ["check", *words, "--data", str(data)], input=stdin)
    assert result.exit_code == fails, result.output
    return result.output


def test_a_report_is_checked_and_comes_back_with_its_marks(shipped_data: Path, tmp_path: Path) -> None:
    report, marked = tmp_path / "report.md", tmp_path / "marked.md"
    report.write_text(TEXT, encoding="utf-8")
    assert "superseded since 2025-01-31" in run(shipped_data, str(report))
    assert "[^check-1]" in run(shipped_data, str(report), "--format", "document")
    run(shipped_data, str(report), "--written", "2024-06-30", "-o", str(marked))
    assert "when it was written: current" in marked.read_text(encoding="utf-8")
    (item,) = json.loads(run(shipped_data, "-", "--format", "json", stdin=TEXT))["items"]
    assert (item["verdict"], item["line"]) == ("superseded", 1)


def test_a_table_is_read_through_a_mapping(shipped_data: Path, tmp_path: Path) -> None:
    table, mapping = tmp_path / "table.csv", tmp_path / "mapping.toml"
    table.write_text("Country,2023,2024\nChina,240,270\nUnited States,41.6,54.5\n", encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    words = (str(table), "--mapping", str(mapping), "--set", "publisher=usgs")
    items = json.loads(run(shipped_data, *words, "--format", "json"))["items"]
    found = [(one["row"], one["quoted"], one["verdict"], one["how"]) for one in items]
    assert found == [
        (2, "240", "superseded", None),
        (2, "270", "current", None),
        (3, "41.6", "current", None),
        (3, "54.5", "misquoted", "digits"),
    ]
    lines = run(shipped_data, *words, "--format", "document").splitlines()
    assert lines[0] == "Country,2023,2024,check,check_said"
    assert lines[2].startswith('United States,41.6,54.5,"current, misquoted",41.6: current')


def test_a_workbook_comes_back_as_a_workbook(shipped_data: Path, tmp_path: Path) -> None:
    book, marked = tmp_path / "table.xlsx", tmp_path / "marked.xlsx"
    made = openpyxl.Workbook()
    for row in (["Country", "Rare earth reserves 2025 (million t)"], ["Brazil", 21], ["Australia", 6.3]):
        made.active.append(row)
    made.save(book)
    assert "B2" in run(shipped_data, str(book))
    run(shipped_data, str(book), "-o", str(marked))
    sheet = openpyxl.load_workbook(marked).worksheets[0]
    assert [sheet.cell(row, 3).value for row in (1, 2, 3)] == ["check", "superseded", "current"]
    assert "is for a file" in run(shipped_data, str(book), "--format", "document", fails=2)


@pytest.mark.parametrize(
    ("words", "fails", "said"),
    [
        (("no/such/file.md",), 2, "Cannot read"),
        (("-", "--mapping", "nothing"), 2, "there is no mapping"),
        (("-", "--set", "year=2024"), 2, "--set is for a mapping"),
        (("-", "--written", "yesterday"), 2, "yesterday"),
        (("-", "--type", "pdf"), 2, "type is one of"),
    ],
)
def test_what_cannot_be_checked_is_said(shipped_data: Path, words: tuple[str, ...], fails: int, said: str) -> None:
    assert said in run(shipped_data, *words, stdin=TEXT, fails=fails)


def test_a_file_is_bounded(shipped_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECK_MB.variable, "1")
    assert CHECK_MB.variable in run(shipped_data, "-", stdin="x" * (1024 * 1024 + 1), fails=1)
