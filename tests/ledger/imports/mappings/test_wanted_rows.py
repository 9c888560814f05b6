"""Wanted rows: what is data in a table for people, and what a blank cell of it means."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import ImportReport, Ledger, MappingError, import_file
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.imports.mappings.test_mappings import SIMPLE, bodies, ledger, taken

__all__ = ["ledger"]

TALL = SIMPLE.partition("[[value]]")[0].replace('unit = "t"', 'unit = "t"\nperiod = "{Year}"\nvalue = "{Value}"')


def read(ledger: Ledger, path: Path, text: str, table: str, mapping: str = TALL) -> tuple[list[Any], ImportReport]:
    parsed = parse_mapping(f"{mapping}\n[table]\n{table}".encode())
    before = ledger.head()
    report = taken(ledger, path / "t.csv", text, parsed, mode="proceed")
    made = bodies(ledger, ledger.head() - before) if ledger.head() > before else []
    return [(one["subject"], one["period"], one["value"]) for one in made], report


def test_a_blank_cell_means_the_one_above(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina,2022,1\n,2023,2\n,,\n,2024,3\nIndia,2022,4\n,2023,5\n"
    made, report = read(ledger, tmp_path, text, 'fill_down = ["Country"]')
    assert report.errors == []
    assert made == [
        ("china", "2022", "1"),
        ("china", "2023", "2"),
        ("china", "2024", "3"),
        ("india", "2022", "4"),
        ("india", "2023", "5"),
    ]


def test_below_a_row_that_is_left_out_all_is_left_out(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina,2022,1\nTotal,2022,9\n,2023,9\nSub-total Asia,2022,8\nIndia,2022,4\n"
    table = 'fill_down = ["Country"]\nskip_rows_where = { Country = "^(Sub-?t|T)otal" }'
    made, report = read(ledger, tmp_path, text, table)
    assert (made, report.errors) == ([("china", "2022", "1"), ("india", "2022", "4")], [])


def test_nothing_above_the_first_row_fills_it(ledger: Ledger, tmp_path: Path) -> None:
    made, report = read(ledger, tmp_path, "Country,Year,Value\n,2022,1\nChina,2023,2\n", 'fill_down = ["Country"]')
    assert made == [("china", "2023", "2")]
    assert [one["row"] for one in report.errors] == [2]


def test_a_table_ends_where_its_source_is_named_and_says_so(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina,2022,1\n\nSource: USGS, 2025, p. 4, table 2\nNote,2023,5\nIndia,2022,1\n"
    made, report = read(ledger, tmp_path, text, 'until = "^Source"')
    assert (made, report.errors) == ([("china", "2022", "1")], [])
    assert report.notes == ["The table was read up to row 4, where until='^Source' finds 'Source: USGS'"]


def test_a_line_that_is_too_wide_may_be_left_out(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina,2022,1\nNote: a, b, c, d\nIndia,2022,1\n"
    made, report = read(ledger, tmp_path, text, 'skip_rows_where = { Country = "^Note" }')
    assert (made, report.errors) == ([("china", "2022", "1"), ("india", "2022", "1")], [])
    _, report = read(ledger, tmp_path, text, "")
    assert [(one["row"], one["rule"]) for one in report.errors] == [(3, "malformed_cell")]


def test_marks_of_footnotes_are_taken_out(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina¹,2022,12*\nIndia*,2023²,4\n"
    made, report = read(ledger, tmp_path, text, "footnotes = '[*¹²]+$'")
    assert (made, report.errors) == ([("china", "2022", "12"), ("india", "2023", "4")], [])


def test_blank_cells_of_merged_looking_sheets_are_filled(ledger: Ledger, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Country", "Year", "Value"], ["China", 2022, 1], [None, 2023, 2], ["Source: x"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    mapping = parse_mapping(f'{TALL}\n[table]\nfill_down = ["Country"]\nuntil = "^Source"'.encode())
    report = import_file(ledger, tmp_path / "t.xlsx", mapping=mapping)
    assert (report.recorded, report.errors) == (2, [])
    assert [one["subject"] for one in bodies(ledger, 2)] == ["china", "china"]


@pytest.mark.parametrize("bad", [["#N/A", 2022, 1], ["#N/A"]], ids=["with others", "alone"])
def test_nothing_stands_for_a_cell_above_that_cannot_be_read(ledger: Ledger, tmp_path: Path, bad: list[Any]) -> None:
    book = openpyxl.Workbook()
    rows = (["China", 2021, 1], bad, [None, 2023, 2], [None, 2024, 3], ["China", 2025, 4], [None, 2026, 5])
    for row in (["Country", "Year", "Value"], *rows):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    mapping = parse_mapping(f'{TALL}\n[table]\nfill_down = ["Country"]'.encode())
    report = import_file(ledger, tmp_path / "t.xlsx", mapping=mapping, mode="proceed")
    assert [one["period"] for one in bodies(ledger, 3)] == ["2021", "2025", "2026"]
    assert [(one["row"], one["pointer"]) for one in report.errors] == [
        (3, "/Country"),
        (4, "/Country"),
        (5, "/Country"),
    ]
    assert "the cell above, which it means, cannot be read: #N/A" in report.errors[-1]["detail"]


def test_nothing_stands_for_a_row_above_that_cannot_be_read(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Country,Year,Value\nChina,2021,1\nPer\xfa,2022,1\n,2023,2\nChina,2024,3\n")
    mapping = parse_mapping(f'{TALL}\n[table]\nencoding = "utf-8"\nfill_down = ["Country"]'.encode())
    report = import_file(ledger, path, mapping=mapping, mode="proceed")
    assert (report.recorded, [one["row"] for one in report.errors]) == (2, [3, 4])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('fill_down = ["Land"]', "table.fill_down: there is no column 'Land'"),
        ('skip_rows_where = { Land = "x" }', "table.skip_rows_where: there is no column 'Land'"),
        ('until = "("', "table.until: '\\(' is no pattern"),
        ('footnotes = "(a+)+"', "no repetition within a repetition"),
        ('skip_rows_where = { Country = "(a+)+" }', "table.skip_rows_where.Country: a pattern may have no"),
    ],
)
def test_what_cannot_be_is_told(ledger: Ledger, tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        read(ledger, tmp_path, "Country,Year,Value\nChina,2022,1\n", table)


def test_filling_costs_as_much_as_there_are_cells(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nChina,1000,1\n" + "".join(f",{year},1\n" for year in range(1001, 3000))
    made, report = read(ledger, tmp_path, text, 'fill_down = ["Country"]')
    assert (len(made), report.errors) == (2000, [])
