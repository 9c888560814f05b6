"""What a draft of a mapping guesses of headers of two blocks, subjects, dashes and marks of estimates, and says why."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import ImportReport, Ledger, import_file, suggested_mapping, with_parameters
from ledger.imports.mappings.subject_columns import are_companies, subject_column
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.imports.mappings.test_mappings import bodies, ledger
from tests.ledger.imports.mappings.test_suggestion import SAID, brief

__all__ = ["ledger"]

BLOCKS = [
    "china production 2022 210000 t",
    "china production 2023 2010 t",
    "china production 2024 270000 t estimated",
    "china reserves 2023 44000000 t",
    "china reserves 2024 44000000 t",
    "india production 2022 2900 t",
    "india production 2024 2900 t estimated",
    "india reserves 2023 6900000 t",
    "india reserves 2024 6900000 t",
]
DATA: list[list[object]] = [
    ["China", 210000, 2010, 270000, 44000000, 44000000],
    ["India", 2900, "–", 2900, 6900000, 6900000],
]
YEARS: list[object] = [None, 2022, 2023, "2024e", 2023, 2024]
TITLES: list[object] = ["Country", "Production (t)", None, None, "Reserves (t)", None]


def saved(path: Path, rows: list[list[Any]], merged: list[str]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def draft_of(text: str) -> str:
    return suggested_mapping(io.BytesIO(text.encode()), "t.csv")


def imported(ledger: Ledger, path: Path, draft: str, **chosen: Any) -> ImportReport:
    mapping = parse_mapping(draft.encode())
    said = {name: value for name, value in SAID.items() if name in mapping.parameters}
    return import_file(ledger, path, mapping=with_parameters(mapping, said), **chosen)


@pytest.mark.parametrize(
    ("head", "merged"),
    [
        ([TITLES, YEARS], ["A1:A2", "B1:D1", "E1:F1"]),
        ([["Rare earths"], [], TITLES, YEARS], ["A1:F1", "A3:A4", "B3:D3", "E3:F3"]),
        ([["Rare earths", None, None, None, None, "USGS"], TITLES, YEARS], ["A2:A3", "B2:D2", "E2:F2"]),
        ([["Rare earths", "by country"], TITLES, YEARS], ["B1:F1", "A2:A3", "B2:D2", "E2:F2"]),
        ([[None, *TITLES[1:]], ["Country", *YEARS[1:]]], ["B1:D1", "E1:F1"]),
        (
            [
                ["Country", "Production", None, None, "Reserves", None],
                [None, 2022, 2023, "2024 est.", 2023, 2024],
                [None, "t", "t", "t", "t", "t"],
            ],
            ["A1:A3", "B1:D1", "E1:F1"],
        ),
    ],
    ids=["two rows", "a title", "a title and a source", "a merged subtitle", "country below", "a row of units"],
)
def test_a_header_of_two_blocks_is_drafted_with_a_metric_and_a_unit_of_each(
    ledger: Ledger, tmp_path: Path, head: list[list[object]], merged: list[str]
) -> None:
    path = saved(tmp_path / "t.xlsx", [*head, *DATA], merged)
    with path.open("rb") as file:
        report = imported(ledger, path, suggested_mapping(file, path.name))
    assert report.errors == []
    assert [brief(one) for one in bodies(ledger, report.recorded)] == BLOCKS


def test_figures_that_look_like_years_are_no_second_header() -> None:
    assert "header_rows" not in draft_of("Country,2022,2023\nChina,1950,2010\nIndia,1960,2020\n")


def test_a_title_in_several_cells_may_say_the_unit() -> None:
    assert "unit = 't'" in draft_of("Rare earths,t REO,\nCountry,2022,2023\nChina,1,2\n")


def test_names_of_materials_are_drafted_as_names(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Country,Material,Year,Value\nChina,NdPr oxide,2022,5\nChina,Rare-earth oxides,2022,6\n")
    draft = draft_of(path.read_text())
    assert "material = { from = '{Material}', names = true }" in draft
    report = imported(ledger, path, draft, register="country")
    assert report.errors == []
    assert {one.get("material") for one in bodies(ledger, 3)} >= {"ndpr-oxide", "rare-earth-oxides"}


@pytest.mark.parametrize(
    ("columns", "subject"),
    [
        ({"Region": ["Asia", "Africa"], "Country": ["China", "Madagascar"]}, "Country"),
        ({"Continent": ["Asia"], "Where": ["Viet Nam"]}, "Where"),
        ({"Region": ["Asia", "Europe"], "Producer": ["Lynas", "Neo Performance"]}, "Producer"),
        ({"Area": ["Oceania"], "Name": ["Lynas Rare Earths Ltd"]}, "Name"),
        ({"Region": ["Asia", "Africa"], "Mineral": ["ore", "oxide"]}, "Region"),
        ({"Region": ["China", "India"], "Company type": ["state", "private"]}, "Region"),
        ({"Partner": ["China", "India"], "Country": ["CN", "IN"]}, "Partner"),
        ({"Country": ["CN", "IN"], "Partner": ["China", "India"]}, "Country"),
        ({"Mineral": ["ore", "oxide"]}, None),
    ],
)
def test_the_subject_is_the_column_of_countries_or_companies_and_not_of_regions(
    columns: dict[str, list[str]], subject: str | None
) -> None:
    assert subject_column(columns) == subject


def test_totals_among_materials_are_left_out_and_companies_are_organisations(ledger: Ledger, tmp_path: Path) -> None:
    rows = "Iluka Resources Limited,oxide,1\nIluka Resources Limited,Subtotal,1\nTotal,,1\n"
    path = tmp_path / "t.csv"
    path.write_text(f"Company,Product,2022 (t)\n{rows}", encoding="utf-8")
    draft = draft_of(path.read_text())
    assert "skip_rows_where = { 'Company' = '^(Total)$', 'Product' = '^(Subtotal)$' }" in draft
    assert "import --register organisation" in draft
    report = imported(ledger, path, draft, register="organisation")
    assert report.errors == []
    assert {one["entity"] for one in report.registered} == {"iluka-resources-limited", "oxide"}


def test_a_total_in_front_of_the_subject_is_left_out_and_fills_nothing(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Continent,Country,2022 (t)\nAsia,China,1\nAsia,India,2\nTotal,,3\n", encoding="utf-8")
    draft = draft_of(path.read_text())
    assert "fill_down" not in draft
    report = imported(ledger, path, draft)
    assert report.errors == []
    assert [brief(one) for one in bodies(ledger, report.recorded)] == [
        "china mine_production 2022 1 t",
        "india mine_production 2022 2 t",
    ]


def test_words_of_an_indicator_are_drafted_as_names_of_metrics(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Country,Indicator,Unit,2022\nChina,Mine Production,t,1\nChina,stocks,t,2\n", encoding="utf-8")
    draft = draft_of(path.read_text())
    assert "metric = { from = '{Indicator}', values = { 'Mine Production' = 'mine_production' } }" in draft
    report = imported(ledger, path, draft)
    assert report.errors == []
    assert [one["metric"] for one in bodies(ledger, report.recorded)] == ["mine_production", "stocks"]


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [("Producer", ["Lynas"], True), ("Name", ["Lynas Ltd", "MP Corp."], True), ("Country", ["China"], False)],
)
def test_companies_are_told_from_countries(column: str, cells: list[str], expected: bool) -> None:
    assert are_companies(column, cells) is expected


@pytest.mark.parametrize("dash", ["-", "--", "‐", "–", "—", "−", "---"])
def test_all_dashes_mean_nothing_unless_the_table_says_more(dash: str) -> None:
    table = f"Country,2022,2023\nChina,1,{dash}\nIndia,{dash},2\n"
    assert f"'{dash}' = ''  # 2 cells; a dash alone is taken for nothing; where it is zero" in draft_of(table)
    explained = draft_of(f"{table}{dash} = nil\n")
    assert f"'{dash}' = '0'  # 2 cells; the table says: {dash} = nil" in explained


@pytest.mark.parametrize(
    ("note", "code", "meaning"),
    [
        ('"e Estimated. NA Not available. W Withheld. — Zero."', "—", "0"),
        ("Note: – nil or not available", "–", ""),
        ("- : not available", "-", "not_available"),
        ('"Notes: figures rounded; "".."" = confidential"', "..", "withheld"),
        ('".. not applicable"', "..", "not_applicable"),
        ("Source: USGS", "..", "not_available"),
    ],
)
def test_what_a_code_means_is_read_from_the_notes(
    ledger: Ledger, tmp_path: Path, note: str, code: str, meaning: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"Country,2022,2023\nChina,1,{code}\nIndia,3,2\n{note}\n", encoding="utf-8")
    draft = draft_of(path.read_text(encoding="utf-8"))
    assert f"'{code}' = '{meaning}'" in draft
    report = imported(ledger, path, draft)
    assert report.errors == []
    assert report.recorded == 3 + (meaning != "")


@pytest.mark.parametrize("mark", ["e", " e", "(e)", " (e)", " est.", "p", " (P)", "r", " rev."])
def test_a_mark_of_an_estimate_may_be_gone_in_the_final_table(ledger: Ledger, tmp_path: Path, mark: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"Country,Production (t) 2024,Production (t) 2025{mark}\nChina,1,2\n", encoding="utf-8")
    draft = draft_of(path.read_text(encoding="utf-8"))
    first = imported(ledger, path, draft)
    path.write_text("Country,Production (t) 2024,Production (t) 2025\nChina,1,3\n", encoding="utf-8")
    final = imported(ledger, path, draft, on_conflict="record")
    assert (first.errors, final.errors) == ([], [])
    letter = mark.strip(" (")[0].casefold()
    status = {"e": "estimated", "p": "provisional", "r": "restated"}[letter]
    said = [brief(one) for one in bodies(ledger, first.recorded + final.recorded)]
    assert f"china production 2025 2 t {status}" in said
    assert "china production 2025 3 t" in said


def test_a_forecast_may_be_gone_in_a_later_table(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Country,Output (t) 2024,Output (t) 2025f\nChina,1,2\n", encoding="utf-8")
    draft = draft_of(path.read_text(encoding="utf-8"))
    assert 'nature = "forecast"' in draft
    path.write_text("Country,Output (t) 2024,Output (t) 2025\nChina,1,2\n", encoding="utf-8")
    report = imported(ledger, path, draft)
    assert report.errors == []
    assert [brief(one) for one in bodies(ledger, report.recorded)] == [
        "china output 2024 1 t",
        "china output 2025 2 t",
    ]
