"""Printed dates and periods become intervals."""

from datetime import UTC, date, datetime

import pytest

from ledger.errors import CalendarError
from ledger.values import instant_text, parse_fiscal_year_end, parse_moment, parse_period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2019", datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-02", datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-10-27", datetime(2025, 10, 27, tzinfo=UTC), datetime(2025, 10, 27, 23, 59, 59, 999999, tzinfo=UTC)),
        ("9999", datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_partial_date_stands_for_all_of_its_interval(text: str, start: datetime, end: datetime) -> None:
    assert parse_moment(text) == (start, end)


def test_an_instant_is_read_in_its_offset_and_starts_where_it_ends() -> None:
    at = datetime(2025, 10, 27, 1, 0, 0, 123456, tzinfo=UTC)
    assert parse_moment("2025-10-27T09:00:00.123456+08:00") == (at, at)
    assert parse_moment("2025-10-27T01:00:00.123456Z") == (at, at)


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-27T09:00:00",
        "2025-10-27 09:00:00Z",
        "2025-10-27T09:00:00.1234567Z",
        "2025-06-30T23:59:60Z",
        "2025-02-29",
        "2025-13",
        "0000",
        "0000-01-01",
        "25",
        "2025-1-1",
        "2025-10-27T24:00:00Z",
        "2025-10-27T09:00:00+24:00",
        "0001-01-01T00:00:00+08:00",
        "yesterday",
        "",
        "２０２５",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H1", "2024-01-01", "2024-06-30"),
        ("2024-H2", "2024-07-01", "2024-12-31"),
        ("2024-Q3", "2024-07-01", "2024-09-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-06-30", "2024-06-30", "2024-06-30"),
        ("2025-04-01/2025-06-30", "2025-04-01", "2025-06-30"),
        ("FY2025", "2024-07-01", "2025-06-30"),
        ("FY2025-H1", "2024-07-01", "2024-12-31"),
        ("FY2025-Q1", "2024-07-01", "2024-09-30"),
        ("FY2025-Q4", "2025-04-01", "2025-06-30"),
    ],
)
def test_a_period_covers_whole_days(text: str, start: str, end: str) -> None:
    assert parse_period(text, "06-30") == (date.fromisoformat(start), date.fromisoformat(end))


def test_a_fiscal_quarter_and_the_calendar_quarter_of_the_same_days_are_one_period() -> None:
    assert parse_period("FY2025-Q4", "06-30") == parse_period("2025-Q2")


def test_a_fiscal_year_that_ends_in_february_ends_on_its_last_day() -> None:
    assert parse_period("FY2024", "02-28").end == date(2024, 2, 29)
    assert parse_period("FY2023", "02-28").end == date(2023, 2, 28)


@pytest.mark.parametrize(
    "text", ["2024-Q5", "2024-H3", "2025-06-30/2025-04-01", "2024/2025", "FY25", "Q3-2024", "2024-W3", "0000", "FY0000"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_period(text, "06-30")


def test_a_fiscal_period_needs_a_fiscal_year_end() -> None:
    with pytest.raises(CalendarError, match="fiscal_year_end"):
        parse_period("FY2025")


@pytest.mark.parametrize("text", ["06-31", "06-29", "02-29", "13-31", "6-30", "0630"])
def test_a_fiscal_year_ends_on_the_last_day_of_a_month(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_fiscal_year_end(text)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    assert instant_text(datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2025-01-02T03:04:05.000000Z"
    assert instant_text(datetime(19, 1, 2, tzinfo=UTC)) == "0019-01-02T00:00:00.000000Z"
