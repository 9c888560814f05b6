"""Numbers, units and periods as writers print them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents import html_passages, markdown_passages, printed_numbers
from api.documents.passages import TableBlock
from api.documents.printed_periods import moved_back, printed_periods


@pytest.mark.parametrize(
    ("text", "value", "unit", "step"),
    [
        ("1,509 t", "1509", "t", "1"),
        ("1 509 t", "1509", "t", "1"),
        ("1\u202f509\xa0t", "1509", "t", "1"),
        ("1.509 kt", "1.509", "kt", "0.001"),
        ("1,5 kt", "1.5", "kt", "0.1"),
        ("1.234.567 t", "1234567", "t", "1"),
        ("240 thousand tonnes", "240000", "tonnes", "1000"),
        ("A$170.2m", "170200000", "AUD", "100000"),
        ("RM600 million", "600000000", "MYR", "1000000"),
        ("USD 3bn", "3000000000", "USD", "1000000000"),
        ("$52 per kg", "52", "USD/kg", "1"),
        ("A$60.20/kg", "60.20", "AUD/kg", "0.01"),
        ("3,000-tonne", "3000", "tonne", "1"),
        ("3,000 t a year", "3000", "t/year", "1"),
        ("3,000 t a year earlier", "3000", "t", "1"),
        ("53 %", "53", "percent", "1"),
        ("570 people", "570", "persons", "1"),
        ("21 million tons", "21000000", "t", "1000000"),
    ],
)
def test_a_number_is_read_as_it_is_printed(text: str, value: str, unit: str, step: str) -> None:
    (number,) = printed_numbers(f"It was {text} then.")
    known = {"percent": {"percent", "%"}, "persons": {"persons", "people"}}.get(unit, {unit})
    assert (number.value, number.step) == (Decimal(value), Decimal(step))
    assert number.units[0].name in known or number.units[0].canonical == unit


@pytest.mark.parametrize(
    "text", ["in 2024", "page 144", "+1 202 555 0175", "Section 232", "14 times", "chapter 3, table 2"]
)
def test_what_has_no_unit_is_no_number(text: str) -> None:
    assert list(printed_numbers(text)) == []


def test_ranges_and_hedges() -> None:
    (one,) = printed_numbers("between 20,000 and 25,000 t")
    assert (one.value, one.high) == (Decimal(20000), Decimal(25000))
    (one,) = printed_numbers("some 20,000\u201325,000 t")
    assert (one.value, one.high, one.hedge) == (Decimal(20000), Decimal(25000), "about")
    first, second = printed_numbers("rose from 20,000 t to 25,000 t")
    assert (first.high, second.high) == (None, None)
    assert [one.hedge for one in printed_numbers("more than 20 t, nearly 30 t")] == ["over", "under"]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024", "2024"),
        ("FY2025", "FY2025"),
        ("FY25", "FY2025"),
        ("2024/25", "FY2024-25"),
        ("Q4 FY25", "FY2025-Q4"),
        ("FY2025 Q4", "FY2025-Q4"),
        ("the fourth quarter of FY2025", "FY2025-Q4"),
        ("first-quarter 2026", "2026-Q1"),
        ("Q1 2025", "2025-Q1"),
        ("H1 2024", "2024-H1"),
        ("the first half of 2024", "2024-H1"),
        ("the June quarter of 2025", "2025-04-01/2025-06-30"),
        ("the three months to June 2025", "2025-04-01/2025-06-30"),
        ("March 2025", "2025-03"),
        ("last year", "2024"),
    ],
)
def test_a_period_is_written_as_the_ledger_writes_it(text: str, period: str) -> None:
    (found,) = printed_periods(f"It was so in {text}, they say.", date(2025, 7, 28))
    assert found.text == period


@pytest.mark.parametrize("text", ["24 July 2025", "July 24, 2025", "2025-07-24"])
def test_a_day_is_no_period(text: str) -> None:
    (found,) = printed_periods(f"On {text} it was said.")
    assert found.text is None


def test_periods_hang_on_others() -> None:
    assert moved_back("2024", "year") == "2023"
    assert moved_back("FY2025-Q1", "quarter") == "FY2024-Q4"
    assert moved_back("FY2025-Q4", "Q3") == "FY2025-Q3"
    assert moved_back("2025-04-01/2025-06-30", "year") == "2024-04-01/2024-06-30"
    assert moved_back("2025-01-01/2025-03-31", "quarter") == "2024-10-01/2024-12-31"


def test_passages_know_their_places() -> None:
    source = (
        "# A *title*\n\nOne **1,000 t** of [it](https://example.org/5).\nTwo.\n\n| a | b |\n|---|---|\n| x | 5 t |\n"
    )
    heading, paragraph, table = markdown_passages(source)
    assert not isinstance(heading, TableBlock)
    assert heading.run.text == "A title"
    assert not isinstance(paragraph, TableBlock)
    assert [one.text.strip() for one in paragraph.run.sentences()] == ["One 1,000 t of it.", "Two."]
    at = paragraph.run.text.index("1,000 t")
    start, end = paragraph.run.span(at, at + 7)
    assert source[start:end] == "1,000 t"
    assert isinstance(table, TableBlock)
    assert [cell.text.strip() for cell in table.rows[1]] == ["x", "5 t"]


_MARKUP = st.text(alphabet=st.sampled_from(list("<>/&;#|-*_[]()`\n 1,.%$tkA\u202f\xe9\U0001f30d\"'")), max_size=200)


@given(st.one_of(st.text(max_size=200), _MARKUP))
def test_any_text_is_read_and_every_place_is_in_it(text: str) -> None:
    for passages in (markdown_passages, html_passages):
        for block in passages(text):
            runs = [cell for row in block.rows for cell in row] if isinstance(block, TableBlock) else [block.run]
            for run in runs:
                assert len(run.text) == len(run.places)
                assert all(0 <= one < len(text) for one in run.places)
                assert "".join(one.text for one in run.sentences()) == run.text
    for number in printed_numbers(text):
        assert text[number.start : number.end] == number.text
        assert number.step > 0
    assert all(one.start < one.end for one in printed_periods(text))
