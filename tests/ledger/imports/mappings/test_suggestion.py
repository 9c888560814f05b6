"""Drafts of mappings for tables as people have them: each imports as it is drafted, or says what it could not guess."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import Ledger, import_file, suggested_mapping, with_parameters
from ledger.imports.mappings.table_mapping import parse_mapping
from ledger.imports.mappings.unit_words import unclear_in, unit_in, without_unit
from tests.ledger.imports.mappings.test_mappings import bodies, ledger

__all__ = ["ledger"]

SAID = {"publisher": "usgs", "published_at": "2025-01-31", "metric": "mine_production", "unit": "t"}
TWO_HEADERS = """Rare earths;;;;
Country;Production (t);;Reserves (kt);
;2022;2023e;2022;2023
China;210.000;240.000,5;44.000;44.000
India;2.900;W;6,9;
Source: USGS, 2025
"""
UNITS_IN_BRACKETS = """Country,Year,Production (thousand tonnes),Price (cents per pound),Exports (million USD)
China,2022,210,31.5,1200
India,2022,2.9,>520,W
China,2023,240,30,1300
"""
FOOTNOTES = """Country,2022,2023¹
China*,"210,000","240,000²"
India,2900 [a],"2,900"
* Includes Hong Kong.
¹ Preliminary.
"""
BLANKS = """Country,Material,Year,Value,Unit
China,ore,2022,"1,000",t
,,2023,"1,100",t
,oxide,2022,500,t
India,ore,2022,20,t
,,2023,--,t
Total,,2023,"2,620",t
Note: rounded.
"""
GERMAN = """Land;Jahr;Menge (t)
Australia;2022;1.234,5
Brazil;2022;80
China;2023e;210.000
Insgesamt;2023;211.314,5
Quelle: USGS; Mineral Commodity Summaries
"""
TITLE = """"Mine production, thousand metric tons of ore"
"(rounded)"

Country,2022,2023
China,210,240
World total (rounded),300,350
"Sources: USGS; BGS"
"""
SPACES = "Country\t2022\t2023\nChina\t210 000\t240 000\nIndia\t2\u00a0900\t3\u202f000\n"
QUARTERS = "Country,Q1 2023,Q2 2023,Q1 2024 (p)\nChina,10,11,12\nIndia,1,n.a.,2\n"
TALL_QUARTERS = "Country,Quarter,Value\nChina,Q1 2023,10\nChina,Q2 2023,11\nIndia,Q1 2023,1\n"
UNITS_ROW = "Country,Year,Production,Exports\n,,t,kg\nChina,2022,10,5\nIndia,2022,7,..\n"
YEARS_ABOVE = """Table 5. Trade by partner,,,,
,,2022,,2023
Partner country,HS code,Quantity (kg),Value (1000 USD),Quantity (kg)
China,2805,100,5,120
India,2805,100,7,3
"""


def drafted(path: Path) -> str:
    with path.open("rb") as file:
        return suggested_mapping(file, path.name)


def brief(body: dict[str, Any]) -> str:
    """What an event says, in a line: `china production 2022 210000 t`."""
    stated = body.get("symbol") or body.get("value") or f"{body.get('low', '')}..{body.get('high', '')}"
    words = (body["subject"], body.get("material"), body["metric"], body.get("period"), stated, body["unit"])
    return " ".join(str(word) for word in (*words, body.get("status")) if word)


@pytest.mark.parametrize(
    ("text", "parts", "made"),
    [
        (
            YEARS_ABOVE,
            ["skip_rows = 1", "header_rows = 2", "Not used: HS code"],
            [
                "china quantity 2022 100 kg",
                "china quantity 2023 120 kg",
                "china value 2022 5 1000 usd",
                "india quantity 2022 100 kg",
                "india quantity 2023 3 kg",
                "india value 2022 7 1000 usd",
            ],
        ),
        (
            "Country,Date,Price USD/kg\nChina,2023-01-31,65.1\n",
            ["period = '{Date}'"],
            ["china price 2023-01-31 65.1 usd/kg"],
        ),
        (
            "Company,FY2022,FY2023\nLynas,5,6\n",
            ['period = "FY{year}"'],
            ["lynas mine_production fy2022 5 t", "lynas mine_production fy2023 6 t"],
        ),
        (
            TWO_HEADERS,
            ["skip_rows = 1", "header_rows = 2", 'decimal = ","', "until = '^(Source)'", "with its mark or without"],
            [
                "china Production 2022 210000 t",
                "china Production 2023 240000.5 t estimated",
                "china Reserves 2022 44000 kt",
                "china Reserves 2023 44000 kt",
                "india Production 2022 2900 t",
                "india Production 2023 withheld t estimated",
                "india Reserves 2022 6.9 kt",
            ],
        ),
        (
            UNITS_IN_BRACKETS,
            ["the header says 'thousand tonnes'", 'times = "0.01"', "taken as US cents", "unit = 'million USD'"],
            [
                "china Production 2022 210 thousand tonnes",
                "china Price 2022 0.315 USD/pound",
                "china Exports 2022 1200 million USD",
                "india Production 2022 2.9 thousand tonnes",
                "india Price 2022 5.20.. USD/pound",
                "india Exports 2022 withheld million USD",
                "china Production 2023 240 thousand tonnes",
                "china Price 2023 0.30 USD/pound",
                "china Exports 2023 1300 million USD",
            ],
        ),
        (
            FOOTNOTES,
            ["footnotes = ", "until = "],
            [
                "china mine_production 2022 210000 t",
                "china mine_production 2023 240000 t",
                "india mine_production 2022 2900 t",
                "india mine_production 2023 2900 t",
            ],
        ),
        (
            BLANKS,
            ["fill_down = ['Country', 'Material']", "skip_rows_where = { 'Country' = '^(Total)$' }", "'--' = ''"],
            [
                "china ore mine_production 2022 1000 t",
                "china ore mine_production 2023 1100 t",
                "china oxide mine_production 2022 500 t",
                "india ore mine_production 2022 20 t",
            ],
        ),
        (
            GERMAN,
            ["until = '^(Quelle)'", "Insgesamt", 'decimal = ","', "by the mark of the year"],
            [
                "australia Menge 2022 1234.5 t",
                "brazil Menge 2022 80 t",
                "china Menge 2023 210000 t estimated",
            ],
        ),
        (
            TITLE,
            ["skip_rows = 3", "say 'of ore' in material", "'World total (rounded)' = 'world'"],
            [
                "china mine_production 2022 210 thousand metric tons",
                "china mine_production 2023 240 thousand metric tons",
                "world mine_production 2022 300 thousand metric tons",
                "world mine_production 2023 350 thousand metric tons",
            ],
        ),
        (
            SPACES,
            ["delimiter = ", "thousands = "],
            [
                "china mine_production 2022 210000 t",
                "china mine_production 2023 240000 t",
                "india mine_production 2022 2900 t",
                "india mine_production 2023 3000 t",
            ],
        ),
        (
            QUARTERS,
            ['period = "{year}-Q{quarter}"', "with its mark or without"],
            [
                "china mine_production 2023-Q1 10 t",
                "china mine_production 2023-Q2 11 t",
                "china mine_production 2024-Q1 12 t provisional",
                "india mine_production 2023-Q1 1 t",
                "india mine_production 2023-Q2 not_available t",
                "india mine_production 2024-Q1 2 t provisional",
            ],
        ),
        (
            TALL_QUARTERS,
            ["replace = "],
            [
                "china mine_production 2023-Q1 10 t",
                "china mine_production 2023-Q2 11 t",
                "india mine_production 2023-Q1 1 t",
            ],
        ),
        (
            UNITS_ROW,
            ["header_rows = 2"],
            [
                "china Production 2022 10 t",
                "china Exports 2022 5 kg",
                "india Production 2022 7 t",
                "india Exports 2022 not_available kg",
            ],
        ),
    ],
    ids=[
        "years above",
        "prices",
        "fiscal years",
        "two headers",
        "units in brackets",
        "footnotes",
        "blanks",
        "German",
        "a title",
        "spaces",
        "quarters",
        "tall quarters",
        "a row of units",
    ],
)
def test_a_table_as_people_have_it_is_imported_as_drafted(
    ledger: Ledger, tmp_path: Path, text: str, parts: list[str], made: list[str]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    draft = drafted(path)
    for part in parts:
        assert part in draft
    mapping = parse_mapping(draft.encode())
    said = {name: value for name, value in SAID.items() if name in mapping.parameters}
    for row in ("ore", "oxide"):
        ledger.append([{"type": "EntityRegistered", "entity": row, "kind": "material", "name": row}])
    lynas = {"type": "EntityRegistered", "entity": "lynas", "kind": "organisation", "name": "Lynas"}
    ledger.append([{**lynas, "fiscal_year_end": "06-30"}])
    report = import_file(ledger, path, mapping=with_parameters(mapping, said))
    assert report.errors == []
    assert [brief(one).casefold() for one in bodies(ledger, report.recorded)] == [one.casefold() for one in made]


def test_a_header_of_merged_cells_is_read(ledger: Ledger, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Country", "Production (t)", None], [None, "2022", "2023"], ["China", 5, 6]):
        book.active.append(row)
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "t.xlsx")
    draft = drafted(tmp_path / "t.xlsx")
    mapping = with_parameters(parse_mapping(draft.encode()), {"publisher": "usgs", "published_at": "2025"})
    report = import_file(ledger, tmp_path / "t.xlsx", mapping=mapping)
    assert report.errors == []
    assert [brief(one) for one in bodies(ledger, 2)] == ["china production 2022 5 t", "china production 2023 6 t"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Country,Year,Production (MT)\nChina,2022,1\n", "No unit was taken from the column Production (MT): unclear"),
        ("Country,2021/22,2022/23\nChina,1,2\n", "these years go over two"),
        ("Country,Year,Value\nChina,2022/23,1\n", "2022/23 goes over two years"),
        ("Country,2022\nChina,12 or 13\nIndia,4\n", "Not understood, 1 cells: '12 or 13'"),
        ("Country,2022\nChina,1\nSubtotal Asia,1\n", "rows that sum up others"),
    ],
)
def test_what_could_not_be_guessed_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    draft = drafted(tmp_path / "t.csv")
    assert said in draft
    parse_mapping(draft.encode())


@pytest.mark.parametrize(
    ("header", "unit", "times", "words"),
    [
        ("Production (thousand tonnes)", "thousand tonnes", None, "Production"),
        ("Production (000 t)", "thousand t", None, "Production"),
        ("Production ('000 t)", "'000 t", None, "Production"),
        ("Value (million USD)", "million USD", None, "Value"),
        ("Wert [Mio. EUR]", "million EUR", None, "Wert"),
        ("Price, $/kg", "USD/kg", None, "Price"),
        ("Price (U.S. cents per pound)", "USD/pound", "0.01", "Price"),
        ("Price (dollars per kilogram)", "USD per kilogram", None, "Price"),
        ("Output (t REO)", "t", None, "Output"),
        ("Share (%)", "%", None, "Share"),
    ],
)
def test_a_unit_is_taken_from_a_header(header: str, unit: str, times: str | None, words: str) -> None:
    found = unit_in(header)
    assert found is not None
    assert (found.unit, found.times, without_unit(header)) == (unit, times, words)


@pytest.mark.parametrize("header", ["Production (MT)", "Production (rounded)", "2022", "", "()", "Output (x of y)"])
def test_what_is_no_unit_for_certain_is_none(header: str) -> None:
    assert unit_in(header) is None
    assert (unclear_in(header) is not None) == ("MT" in header)


def test_lines_below_the_data_are_seen_however_long_the_table_is() -> None:
    rows = "".join(f"China,{1000 + n},1\n" for n in range(1000))
    file = io.BytesIO(f"Country,Year,Value\n{rows}Source: USGS\n".encode())
    assert "until = '^(Source)'" in suggested_mapping(file, "t.csv")
