"""Cells that cannot be read: what they are needed for is lost, and nothing else of their row."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import ImportReport, Ledger, import_file
from ledger.imports.mappings.table_mapping import parse_mapping

MAPPING = """
name = "m"
[table]
skip = { Kind = ["total"] }
[event]
type = "ProductionReported"
metric = "mine_production"
subject = { from = "{Country}", names = true }
unit = "t"
published_at = "2025-01-31"
source = { publisher = "usgs" }
[[value]]
columns = "(?P<year>[0-9]{4})"
period = "{year}"
[[value]]
columns = "(?P<year>[0-9]{4}) share"
period = "{year}"
metric = "mine_share"
note = "{Remark}"
"""
HEADER = ["Country", "Kind", "2021", "2022", "2023", "2023 share", "Remark", "Unused"]


@pytest.fixture
def held() -> Any:
    with Ledger(":memory:") as ledger:
        ledger.append(
            [
                {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"},
                {"type": "EntityRegistered", "entity": "peru", "kind": "country", "name": "Peru"},
            ]
        )
        yield ledger


def taken(ledger: Ledger, path: Path, *rows: list[Any], **chosen: Any) -> ImportReport:
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.worksheets[0].append(row)
    book.save(path)
    return import_file(ledger, path, mapping=parse_mapping(MAPPING.encode()), **chosen)


@pytest.mark.parametrize("bad", ["#N/A", "=A1+1", 1.2345678901234567], ids=["error", "formula", "digits"])
@pytest.mark.parametrize(
    ("column", "lost"),
    [
        ("Country", 4),
        ("Kind", 4),
        ("2022", 1),
        ("2023 share", 1),
        ("Remark", 1),
        ("Unused", 0),
    ],
)
def test_of_a_row_only_what_needs_the_cell_is_lost(
    held: Ledger, tmp_path: Path, column: str, lost: int, bad: Any
) -> None:
    row: list[Any] = ["Peru", "mine", 7, 8, 9, 1, "as told", "x"]
    row[HEADER.index(column)] = bad
    report = taken(held, tmp_path / "t.xlsx", row, mode="proceed")
    assert (report.rejected, report.recorded) == (lost, 4 - lost)
    assert {(one["row"], one["pointer"], one["rule"]) for one in report.errors} == (
        {(2, f"/{column}", "malformed_cell")} if lost else set()
    )
    assert [(one.as_dict()["rows"], one.count) for one in report.faults] == ([("2", lost)] if lost else [])
    again = taken(held, tmp_path / "t.xlsx", row)
    assert (again.rejected, again.duplicate) == (lost, 0 if lost else 4)


def test_a_row_of_which_nothing_is_left_is_told_once(held: Ledger, tmp_path: Path) -> None:
    report = taken(held, tmp_path / "t.xlsx", ["#N/A"], mode="proceed")
    assert [(one["row"], one["pointer"]) for one in report.errors] == [(2, "/Country")]
    report = taken(held, tmp_path / "t.xlsx", ["Peru", None, "#N/A", "#N/A", "bad", 5], mode="proceed")
    assert [one["pointer"] for one in report.errors] == ["/2021", "/2022", "/2023"]
    assert (report.rejected, report.recorded) == (3, 1)
