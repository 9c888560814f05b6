"""What is printed in a cell where a number is expected."""

from typing import Any

import pytest

from ledger.imports.mappings.cell_values import CellError, Separators, statement_of

CODES = {"W": "withheld", "NA": "not_available", "\N{EM DASH}": "0", ".": ""}
ENGLISH, GERMAN, SWISS, FRENCH = (
    Separators(".", ","),
    Separators(",", "."),
    Separators(".", "'"),
    Separators(",", " \xa0"),
)


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("13000", {"value": "13000"}),
        ("13,000", {"value": "13000"}),
        (" 1,234,567.80 ", {"value": "1234567.80"}),
        ("-5", {"value": "-5"}),
        ("\N{MINUS SIGN}5", {"value": "-5"}),
        ("1.5e3", {"value": "1.5e3"}),
        ("W", {"symbol": "withheld"}),
        ("NA", {"symbol": "not_available"}),
        ("\N{EM DASH}", {"value": "0"}),
        (".", None),
        ("", None),
        (">520", {"low": "520"}),
        ("\N{GREATER-THAN OR EQUAL TO}10", {"low": "10"}),
        ("<5", {"high": "5"}),
        ("13,000 (e)", {"value": "13000", "status": "estimated"}),
        ("e13,000", {"value": "13000", "status": "estimated"}),
        ("4.9p", {"value": "4.9", "status": "provisional"}),
        ("4.9 (r)", {"value": "4.9", "status": "restated"}),
        ("~100", {"value": "100", "approximate": True}),
        ("10-20", {"low": "10", "high": "20"}),
        ("10 to 20", {"low": "10", "high": "20"}),
        ("1,000\N{EN DASH}2,000", {"low": "1000", "high": "2000"}),
    ],
)
def test_a_cell_states_what_is_printed_in_it(cell: str, stated: dict[str, Any] | None) -> None:
    assert statement_of(cell, ENGLISH, CODES) == stated


@pytest.mark.parametrize(
    ("separators", "cell", "value"),
    [
        (GERMAN, "1.234,56", "1234.56"),
        (GERMAN, "12,5", "12.5"),
        (SWISS, "12'500.25", "12500.25"),
        (FRENCH, "12\xa0500,5", "12500.5"),
        (FRENCH, "12 500", "12500"),
    ],
)
def test_separators_are_those_of_the_table(separators: Separators, cell: str, value: str) -> None:
    assert statement_of(cell, separators, {}) == {"value": value}


@pytest.mark.parametrize(
    ("separators", "cell"),
    [
        (Separators(), "1,000"),
        (Separators(), "1.234,56"),
        (Separators(), "1 000"),
        (Separators(), "12'500"),
        (Separators(), "-0.0.66962"),
        (ENGLISH, "1,00"),
        (ENGLISH, "12,5000"),
        (ENGLISH, "1,2345"),
        (GERMAN, "12.5"),
        (ENGLISH, "about ten"),
        (ENGLISH, "n.a."),
        (ENGLISH, "(e)"),
        (ENGLISH, ">"),
        (ENGLISH, "1" * 201),
        (ENGLISH, "--5"),
        (ENGLISH, "5-"),
        (ENGLISH, "\N{ARABIC-INDIC DIGIT ONE}"),
    ],
)
def test_what_may_be_read_in_two_ways_or_none_is_not_guessed(separators: Separators, cell: str) -> None:
    with pytest.raises(CellError):
        statement_of(cell, separators, CODES)


@pytest.mark.parametrize(("decimal", "thousands"), [("", ","), (".", "."), ("..", ""), ("1", ""), (".", "a")])
def test_separators_that_cannot_be_told_apart_are_refused(decimal: str, thousands: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Separators(decimal, thousands)


@pytest.mark.parametrize(
    "cell", ["0,999", "00,125", "01,125", "-0,125", "0,125,000", "0,125.5", "<0,125", "0,125-0,250"]
)
def test_after_a_leading_zero_are_no_thousands(cell: str) -> None:
    with pytest.raises(CellError, match="after a leading zero"):
        statement_of(cell, ENGLISH, {})
    with pytest.raises(CellError, match="after a leading zero"):
        statement_of(cell.translate(str.maketrans(",.", ".,")), GERMAN, {})


@pytest.mark.parametrize("cell", ["0,125", "10,125", "0.125", "100,000"])
def test_a_zero_that_leads_nothing_is_none(cell: str) -> None:
    separators = GERMAN if cell.startswith("0,") else ENGLISH
    expected = cell.replace(",", ".") if separators is GERMAN else cell.replace(",", "")
    assert statement_of(cell, separators, {}) == {"value": expected}
