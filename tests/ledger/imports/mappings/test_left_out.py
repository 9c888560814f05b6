"""What an import through a mapping leaves out: rows, cells and columns, each said, and nothing retracted for it."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import ImportReport, Ledger, import_file
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.imports.mappings.test_mappings import bodies, ledger
from tests.ledger.imports.mappings.test_suggestion import brief

__all__ = ["ledger"]

MAPPING = r"""
name = "two-blocks"
[table]
skip_rows_where = { Country = '^(Total|Sub)' }
skip = { Country = ["Others"] }
hidden = false
[symbols]
'-' = ''
'..' = 'not_available'
[event]
type = "FigureReported"
subject = { from = "{Country}", names = true }
unit = "t"
published_at = "2025"
source = { publisher = "usgs" }
[[value]]
columns = 'Production (?P<year>20[0-9]{2})'
metric = "production"
period = "{year}"
[[value]]
columns = 'Reserves (?P<year>20[0-9]{2})'
metric = "reserves"
period = "{year}"
optional = true
"""
WHOLE = "Country,Production 2022,Production 2023,Reserves 2023\nChina,1,2,3\nIndia,4,5,6\n"


def taken(ledger: Ledger, path: Path, text: str, mapping: str = MAPPING, **chosen: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return import_file(ledger, path, mapping=parse_mapping(mapping.encode()), **chosen)


def missing(report: ImportReport) -> list[str]:
    return [" ".join(str(one[name]) for name in ("subject", "metric", "period")) for one in report.missing]


def test_rows_and_cells_that_are_left_out_are_counted_with_the_reason(ledger: Ledger, tmp_path: Path) -> None:
    text = (
        "Country,Production 2022,Production 2023\nChina,1,-\nSubtotal,1,\nIndia,-,..\nOthers,7,8\nTotal,9,9\n"
        "Total 2,9,9\n"
    )
    report = taken(ledger, tmp_path / "t.csv", text)
    assert report.errors == []
    assert report.recorded == 2
    assert report.notes == [
        "Left out, with 5 cells of values: rows 3, 6, 7, by skip_rows_where '^(Total|Sub)' in Country",
        "Left out, with 2 cells of values: row 5, by skip of 'Others' in Country",
        "2 cells with '-' made no event: by [symbols] it stands for nothing",
    ]


def test_figures_that_a_field_does_not_list_are_counted(ledger: Ledger, tmp_path: Path) -> None:
    only = "subject = { from = '{Country}', values = { China = 'china' }, only = true }"
    mapping = MAPPING.replace('subject = { from = "{Country}", names = true }', only)
    report = taken(ledger, tmp_path / "t.csv", WHOLE, mapping)
    assert report.notes == ["3 figures made no event: subject takes only what its values list"]


@pytest.mark.parametrize("on_missing", ["list", "retract"])
def test_what_a_column_under_another_title_may_hold_is_not_missing(
    ledger: Ledger, tmp_path: Path, on_missing: str
) -> None:
    taken(ledger, tmp_path / "t.csv", WHOLE)
    text = "Country,Production 2022,Production 2023,Reserves in 2023\nChina,1,2,3\nIndia,4,,6\n"
    report = taken(ledger, tmp_path / "t.csv", text, scope="usgs:2025", on_missing=on_missing)
    assert missing(report) == ["india production 2023"]
    assert report.recorded == (on_missing == "retract")
    assert report.notes == [
        "2 figures (reserves 2023) are not in this file's scope, and neither listed as missing nor changed: nothing "
        "was taken from the columns Reserves in 2023, which may hold them",
        "The mapping two-blocks takes nothing from the columns Reserves in 2023",
    ]


def test_a_block_that_is_gone_is_missing_where_every_column_was_read(ledger: Ledger, tmp_path: Path) -> None:
    taken(ledger, tmp_path / "t.csv", WHOLE)
    text = "Country,Production 2022,Production 2023\nChina,1,2\nIndia,4,5\n"
    report = taken(ledger, tmp_path / "t.csv", text, scope="usgs:2025", on_missing="retract")
    assert missing(report) == ["china reserves 2023", "india reserves 2023"]
    assert report.recorded == 2


def test_what_the_edition_before_said_is_not_withdrawn_for_a_column_that_was_left_out(
    ledger: Ledger, tmp_path: Path
) -> None:
    taken(ledger, tmp_path / "t.csv", WHOLE)
    later = MAPPING.replace('"2025"', '"2026"')
    text = "Country,Production of 2022,Production 2023,Reserves 2023\nChina,1,2,3\nIndia,4,5,\n"
    report = taken(ledger, tmp_path / "t.csv", text, later, scope="usgs:2026", on_missing="withdraw")
    assert missing(report) == ["india reserves 2023"]
    assert "2 figures (production 2022) are not in this file's scope" in report.notes[0]


def test_a_hidden_column_that_was_left_out_is_not_missing(ledger: Ledger, tmp_path: Path) -> None:
    taken(ledger, tmp_path / "t.csv", WHOLE)
    book = openpyxl.Workbook()
    for row in (line.split(",") for line in WHOLE.splitlines()):
        book.active.append(row)
    book.active.column_dimensions["D"].hidden = True
    book.save(tmp_path / "t.xlsx")
    report = import_file(
        ledger, tmp_path / "t.xlsx", mapping=parse_mapping(MAPPING.encode()), scope="usgs:2025", on_missing="retract"
    )
    assert (missing(report), report.recorded) == ([], 0)
    assert "taken from the columns D (hidden)" in report.notes[0]


def test_all_that_is_wrong_with_a_row_is_told_at_once(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Production 2022,Production 2023\nNarnia,1x,2\n"
    report = taken(ledger, tmp_path / "t.csv", text, mode="proceed")
    assert [one["pointer"] for one in report.errors] == ["/Production 2022", "/Country", "/Country"]
    assert report.rejected == 2


def test_a_name_of_a_rejected_row_is_registered_with_the_next_row_that_has_it(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Production 2022,Production 2023\nSaint Helena,1x,2\n"
    report = taken(ledger, tmp_path / "t.csv", text, mode="proceed", register="country")
    assert [(one["entity"], one["name"]) for one in report.registered] == [("saint-helena", "Saint Helena")]
    assert [brief(one) for one in bodies(ledger, 1)] == ["saint-helena production 2023 2 t"]
