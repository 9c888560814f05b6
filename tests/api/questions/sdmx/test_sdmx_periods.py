"""Periods as SDMX writes them, and back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.questions.sdmx.sdmx_periods import FREQUENCIES, TimePeriod, days_of, time_period
from ledger import CalendarError
from ledger.values import Period, parse_period


@pytest.mark.parametrize(
    ("printed", "written", "frequency"),
    [
        ("2024", "2024", "A"),
        ("2024-H1", "2024-S1", "S"),
        ("2024-H2", "2024-S2", "S"),
        ("2024-Q3", "2024-Q3", "Q"),
        ("2024-02", "2024-02", "M"),
        ("2024-W05", "2024-W05", "W"),
        ("2025-W01", "2025-W01", "W"),
        ("2024-06-30", "2024-06-30", "D"),
        ("2024-07-01/2025-06-30", "2024-07-01/P1Y", "A"),
        ("2024-05-01/2024-07-31", "2024-05-01/P3M", "Q"),
        ("2024-10-01/2025-03-31", "2024-10-01/P6M", "S"),
        ("2020-01-01/2024-12-31", "2020-01-01/P5Y", "_O"),
        ("2024-01-01/2024-09-30", "2024-01-01/P9M", "_O"),
        ("2024-01-05/2024-01-20", "2024-01-05/P16D", "_O"),
        ("2024-01-04/2024-01-10", "2024-01-04/P7D", "W"),
        ("9999", "9999", "A"),
    ],
)
def test_a_period_is_written_as_sdmx_writes_it(printed: str, written: str, frequency: str) -> None:
    days = parse_period(printed)
    assert time_period(days.start.isoformat(), days.end.isoformat()) == TimePeriod(written, frequency)
    assert days_of(written) == days
    assert frequency in FREQUENCIES


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("2024-A1", "2024"),
        ("2024-M02", "2024-02"),
        ("2024-D060", "2024-02-29"),
        ("2024-01-01T00:00:00/P1M", "2024-01"),
        ("2024-01-31T10:00:00", "2024-01-31"),
    ],
)
def test_other_spellings_are_read_too(written: str, printed: str) -> None:
    assert days_of(written) == parse_period(printed)


@pytest.mark.parametrize(
    "written", ["2024-D000", "2023-D366", "2024-01-01/P0D", "2024-02-30/P1Y", "9999-01-01/P9999Y", "2024-S3", "", "_Z"]
)
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(CalendarError):
        days_of(written)


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9000, 1, 1)), st.integers(0, 5000))
def test_every_period_comes_back(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    written, frequency = time_period(start.isoformat(), end.isoformat())
    assert days_of(written) == Period(start, end)
    assert frequency in FREQUENCIES
