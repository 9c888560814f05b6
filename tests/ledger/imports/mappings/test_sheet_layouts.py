"""Merged cells below a header, and hidden rows and columns: what is read of them, and what is said."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import ImportReport, Ledger, MappingError, import_file, suggested_mapping, with_parameters
from ledger.imports.mappings.sheet_layout import MERGED_CELLS_MAX, MergedRows, SheetLayout, column_letters
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.imports.mappings.test_mappings import ledger
from tests.ledger.imports.mappings.test_suggestion import SAID, brief

__all__ = ["ledger"]

WIDE: list[list[Any]] = [
    ["Country", "Material", "2022", "2023"],
    ["China", "Rare-earth oxides", 1, 2],
    [None, "ore", 3, 4],
    ["India", "ore", 5, 6],
]
MAPPING = """
name = "wide"
[event]
type = "FigureReported"
subject = { from = "{Country}", names = true }
material = { from = "{Material}", names = true }
metric = "production"
unit = "t"
published_at = "2025"
source = { publisher = "usgs" }
[[value]]
columns = "(?P<year>20[0-9]{2})"
period = "{year}"
"""
TALL = """
name = "tall"
[event]
type = "FigureReported"
subject = { from = "{Country}", names = true }
period = "{Year}"
value = "{Value}"
metric = "production"
unit = "t"
published_at = "2025"
source = { publisher = "usgs" }
"""


def sheet(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = (), hidden: tuple[Any, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append(row)
    for cells in merged:
        page.merge_cells(cells)
    for one in hidden:
        (page.row_dimensions if isinstance(one, int) else page.column_dimensions)[one].hidden = True
    book.save(path)
    return path


def taken(ledger: Ledger, path: Path, mapping: str = MAPPING, *, hidden: bool = True) -> ImportReport:
    chosen = with_parameters(parse_mapping(mapping.encode()), {}, hidden=hidden)
    return import_file(ledger, path, mapping=chosen, register="material", mode="proceed")


def figures(ledger: Ledger) -> list[str]:
    return [brief(one) for one in (entry.body for entry in ledger.entries()) if "metric" in one]


def test_a_merged_key_is_that_of_each_of_its_rows(ledger: Ledger, tmp_path: Path) -> None:
    report = taken(ledger, sheet(tmp_path / "t.xlsx", WIDE, ("A2:A3", "B3:B4")))
    assert report.errors == []
    assert figures(ledger) == [
        "china rare-earth-oxides production 2022 1 t",
        "china rare-earth-oxides production 2023 2 t",
        "china ore production 2022 3 t",
        "china ore production 2023 4 t",
        "india ore production 2022 5 t",
        "india ore production 2023 6 t",
    ]
    assert "In Country each row of merged cells has what they say: A2:A3" in report.notes
    assert "In Material each row of merged cells has what they say: B3:B4" in report.notes


@pytest.mark.parametrize("merged", ["C2:C3", "C3:D3", "C2:D3"])
def test_a_merged_value_is_refused_with_its_row_and_column(ledger: Ledger, tmp_path: Path, merged: str) -> None:
    report = taken(ledger, sheet(tmp_path / "t.xlsx", WIDE, ("A2:A3", merged)))
    assert {(one["row"], one["pointer"]) for one in report.errors} == {
        ("C2:C3", 0): {(2, "/2022"), (3, "/2022")},
        ("C3:D3", 0): {(3, "/2022"), (3, "/2023")},
        ("C2:D3", 0): {(2, "/2022"), (2, "/2023"), (3, "/2022"), (3, "/2023")},
    }[merged, 0]
    assert {one["detail"] for one in report.errors} == {
        f"the cells {merged} are merged: unmerge them, and type each value"
    }
    assert report.recorded == len(figures(ledger)) + 1


def test_a_merged_value_of_a_tall_table_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Country", "Year", "Value"],
        ["China", 2022, 1],
        ["China", 2023, None],
        ["India", 2022, 2],
    ]
    report = taken(ledger, sheet(tmp_path / "t.xlsx", rows, ("A2:A3", "C2:C3")), TALL)
    assert [(one["row"], one["pointer"]) for one in report.errors] == [(2, "/Value"), (3, "/Value")]
    assert figures(ledger) == ["india production 2022 2 t"]


def test_a_title_between_the_rows_and_notes_below_may_be_merged(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[list[Any]] = [*WIDE[:2], ["Others"], WIDE[3], ["Source: USGS"]]
    path = sheet(tmp_path / "t.xlsx", rows, ("A3:D3", "A5:D5"))
    report = taken(ledger, path, MAPPING.replace("[event]", "[table]\nuntil = '^Source'\n[event]"))
    assert report.errors == []
    assert len(figures(ledger)) == 4


def test_a_draft_of_merged_keys_imports_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", WIDE, ("A2:A3",))
    with path.open("rb") as file:
        draft = suggested_mapping(file, path.name)
    assert "fill_down" not in draft
    said = {name: value for name, value in SAID.items() if name in parse_mapping(draft.encode()).parameters}
    mapping = with_parameters(parse_mapping(draft.encode()), said)
    report = import_file(ledger, path, mapping=mapping, register="material")
    assert report.errors == []
    assert len(figures(ledger)) == 6


def test_merged_cells_of_a_template_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["type", "subject"], ["FigureReported", "china"], ["FigureReported", None]]
    report = import_file(ledger, sheet(tmp_path / "t.xlsx", rows, ("B2:B3",)), mode="proceed")
    assert [one["detail"].partition(":")[0] for one in report.errors] == ["the cells B2"] * 2


def test_hidden_rows_and_columns_are_said_once(ledger: Ledger, tmp_path: Path) -> None:
    report = taken(ledger, sheet(tmp_path / "t.xlsx", WIDE, ("A2:A3",), (4, "C", "Z")))
    (said,) = [one for one in report.notes if "hides" in one]
    assert said.startswith("The sheet hides row 4 and column C, which were read like the others: leave it out with")
    assert len(figures(ledger)) == 6


def test_hidden_rows_and_columns_are_left_out_where_that_is_wanted(ledger: Ledger, tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [["A title"], *WIDE], ("A3:A4",), (5, "C"))
    mapping = MAPPING.replace("[event]", "[table]\nskip_rows = 1\n[event]")
    report = taken(ledger, path, mapping, hidden=False)
    assert report.errors == []
    assert figures(ledger) == ["china rare-earth-oxides production 2023 2 t", "china ore production 2023 4 t"]
    assert "What the sheet hides was left out: row 5 and column C" in report.notes
    again = taken(ledger, path, mapping.replace("[table]", "[table]\nhidden = false"))
    assert (again.recorded, again.duplicate) == (0, 2)


def test_a_draft_says_what_is_hidden_and_may_leave_it_out(tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", WIDE, (), ("C",))
    with path.open("rb") as file:
        assert "# The sheet hides column C" in suggested_mapping(file, path.name)
        file.seek(0)
        draft = suggested_mapping(file, path.name, hidden=False)
    assert "hidden = false" in draft
    assert "2022" not in draft


def test_hidden_rows_in_the_header_do_not_shift_it(ledger: Ledger, tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [["draft, not for print"], *WIDE], ("A3:A4",), (1,))
    report = taken(ledger, path, hidden=False)
    assert report.errors == []
    assert len(figures(ledger)) == 6


@pytest.mark.parametrize("size", [1 << 20, 7, 50])
def test_a_layout_is_the_same_wherever_the_text_is_cut(size: int) -> None:
    text = (
        b'<x:cols><x:col max="3" hidden="1" min="2"/></x:cols><x:row r="2"/><x:row hidden="true"/>'
        b"<x:row r='9' hidden='1' spans='1:3'><c/></x:row><mergeCells><mergeCell ref=\"AA2:AB3\"/></mergeCells>"
    )

    class Cut(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            return super().read(size)

    layout = SheetLayout(Cut(text))
    assert [row for row in range(20) if layout.is_hidden(row)] == [3, 9]
    assert layout.hidden_columns == {1, 2}
    assert [one.shown for one in layout.merged] == ["AA2:AB3"]
    assert layout.below(1, hidden=True) == layout.merged


def test_more_merged_cells_than_a_sheet_of_figures_has_are_refused() -> None:
    layout = SheetLayout(io.BytesIO(b'<mergeCell ref="A2:C1048576"/>'))
    assert MERGED_CELLS_MAX < 3 * 1_048_575
    with pytest.raises(MappingError, match="save it as CSV"):
        layout.below(1, hidden=True)


def test_of_many_merged_ranges_each_row_looks_at_its_own() -> None:
    layout = SheetLayout(io.BytesIO(b"".join(b'<mergeCell ref="A%d:A%d"/>' % (n, n + 1) for n in range(2, 20_000, 2))))
    rows = MergedRows(layout.below(1, hidden=True))
    assert max(len(rows.at(row)) for row in range(1, 20_002)) == 1


def test_columns_have_the_letters_of_excel() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
