"""What a draft does with rows that sum others up, headers that name companies, and quarters of two-digit years."""

from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from tests.ledger.imports.mappings.test_guesses import draft_of, imported
from tests.ledger.imports.mappings.test_mappings import ledger
from tests.ledger.imports.mappings.test_suggestion import brief

__all__ = ["ledger"]


def figures(ledger: Ledger) -> list[dict[str, Any]]:
    return [entry.body for entry in ledger.entries() if "value" in entry.body]


@pytest.mark.parametrize(
    "label", ["World total", "World", "Global total", "Worldwide", "All countries", "Welt", "Total"]
)
@pytest.mark.parametrize("last", ["Türkiye,–,–", "Chile,1000,1100"])
def test_a_sum_beside_a_blank_country_is_not_of_the_country_above(
    ledger: Ledger, tmp_path: Path, label: str, last: str
) -> None:
    head = "Region,Country,Production (t) 2022,Production (t) 2023"
    text = f"{head}\nAsia,China,100,110\nEurope,{last}\n{label},,1100,1210\n"
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    draft = draft_of(text)
    assert "fill_down" not in draft
    report = imported(ledger, path, draft, register="country")
    assert report.errors == []
    said = [brief(body) for body in figures(ledger)]
    assert said == [
        "china production 2022 100 t",
        "china production 2023 110 t",
        *(["chile production 2022 1000 t", "chile production 2023 1100 t"] if "Chile" in last else []),
    ]


def test_a_country_is_filled_down_where_only_the_material_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Product,2022 (t),2023 (t)\nChina,Oxide,1,2\n,World grade metal,3,4\nIndia,Oxide,5,6\n"
    assert "fill_down = ['Country']" in draft_of(text)


def test_headers_that_name_companies_are_subjects(ledger: Ledger, tmp_path: Path) -> None:
    companies = ("Lynas Rare Earths", "Iluka Resources", "Energy Fuels")
    head = ",".join(f"{name} (t) {year}" for name in companies for year in (2023, 2024))
    text = f"Material,{head}\nNdPr oxide,1,2,3,4,5,6\n"
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    draft = draft_of(text)
    assert "--register organisation" in draft
    assert 'metric = ""' in draft
    assert 'subject = ""' not in draft
    report = imported(ledger, path, draft, register="organisation")
    assert report.errors == []
    said = [(body["subject"], body["period"], body["value"]) for body in figures(ledger)]
    assert said == [
        ("lynas-rare-earths", "2023", "1"),
        ("lynas-rare-earths", "2024", "2"),
        ("iluka-resources", "2023", "3"),
        ("iluka-resources", "2024", "4"),
        ("energy-fuels", "2023", "5"),
        ("energy-fuels", "2024", "6"),
    ]


@pytest.mark.parametrize("quarters", [("Q1-24", "Q2-24"), ("Q1 '24", "Q2 '24"), ("Q1 24", "Q2 24"), ("Q1/24", "Q2/24")])
def test_quarters_of_two_digit_years_are_periods(ledger: Ledger, tmp_path: Path, quarters: tuple[str, str]) -> None:
    head = ",".join(f"{what} (kt) {quarter}" for what in ("Exports", "Imports") for quarter in quarters)
    text = f"Country,{head}\nChina,1,2,3,4\n"
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    imported(ledger, path, draft_of(text), register="country")
    assert [brief(body) for body in figures(ledger)] == [
        "china exports 2024-Q1 1 kt",
        "china exports 2024-Q2 2 kt",
        "china imports 2024-Q1 3 kt",
        "china imports 2024-Q2 4 kt",
    ]
