"""Printed dates and periods become intervals."""

from datetime import UTC, date, datetime

import pytest

from ledger.errors import CalendarError
from ledger.values import (
    fiscal_year_text,
    instant_text,
    is_fiscal,
    may_be_fiscal_year,
    parse_fiscal_year_end,
    parse_moment,
    parse_period,
)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2019", datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-02", datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-10-27", datetime(2025, 10, 27, tzinfo=UTC), datetime(2025, 10, 27, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-Q3", datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-H1", datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-S2", datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-W22", datetime(2024, 5, 27, tzinfo=UTC), datetime(2024, 6, 2, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2020-W53", datetime(2020, 12, 28, tzinfo=UTC), datetime(2021, 1, 3, 23, 59, 59, 999999, tzinfo=UTC)),
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
        "2021-W53",
        "2024-W00",
        "9999-W52",
        "2024-Q5",
        "2024-H3",
        "0000-Q1",
        "FY2024",
        "2023/24",
        "",
        "２０２５",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("early 2027", "2027-01-01", "2027-04-30"),
        ("Early-2027", "2027-01-01", "2027-04-30"),
        ("mid-2026", "2026-05-01", "2026-08-31"),
        ("mid 2026", "2026-05-01", "2026-08-31"),
        ("late 2025", "2025-09-01", "2025-12-31"),
        ("H1 2027", "2027-01-01", "2027-06-30"),
        ("S2 2027", "2027-07-01", "2027-12-31"),
        ("Q1 2024", "2024-01-01", "2024-03-31"),
        ("Q3-2026", "2026-07-01", "2026-09-30"),
        ("late 9999", "9999-09-01", "9999-12-31"),
    ],
)
def test_a_milestone_stands_for_a_coarse_interval(text: str, first: str, last: str) -> None:
    found = parse_moment(text)
    assert (found.start.isoformat(), found.end.isoformat()) == (
        f"{first}T00:00:00+00:00",
        f"{last}T23:59:59.999999+00:00",
    )


DEADLINE = (
    ": it says the latest day and no start. Where it had happened when it was published, leave effective_from out; "
    "else write the interval in which it is expected (2026, late 2026, 2026-Q4), and what was printed in note"
)
PART_OF_PART = (
    ": write the months that are meant (2026-07), or all of the quarter or half, and what was printed in note"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("by the end of 2026", DEADLINE),
        ("by end-2026", DEADLINE),
        ("by 2026-12-31", DEADLINE),
        ("before late 2026", DEADLINE),
        ("early Q3 2026", PART_OF_PART),
        ("mid-H1 2027", PART_OF_PART),
        ("late in the second half of 2026", PART_OF_PART),
        ("end of 2026", ": write the interval that is meant, 2026-Q4 or 2026-H2, and what was printed in note"),
        ("end-2026", ": write the interval that is meant, 2026-Q4 or 2026-H2, and what was printed in note"),
        ("beginning of 2026", ": write the interval that is meant, 2026-Q1 or 2026-H1, and what was printed in note"),
        ("in early 2027", ": write early 2027"),
        ("mid-to-late 2026", ""),
        ("Q42026", ": write Q4 2026"),
        ("2026H1", ": write 2026-H1"),
        ("2026 Q2", ": write 2026-Q2"),
        ("H3 2026", ""),
        ("early 0000", ""),
        ("weekend of 2026", ""),
        ("the end of 2026 or 2027", ""),
    ],
)
def test_what_words_may_mean_is_told_and_not_taken(text: str, told: str) -> None:
    with pytest.raises(CalendarError) as refused:
        parse_moment(text)
    assert str(refused.value).partition("(2025-10-27T09:00:00Z)")[2] == told


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H1", "2024-01-01", "2024-06-30"),
        ("2024-S2", "2024-07-01", "2024-12-31"),
        ("2024-W01", "2024-01-01", "2024-01-07"),
        ("2010-11", "2010-11-01", "2010-11-30"),
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
    "text",
    [
        "2024-Q5",
        "2024-H3",
        "2025-06-30/2025-04-01",
        "2024/2026",
        "FY25",
        "Q3-2024",
        "early 2024",
        "2024-W3",
        "0000",
        "FY0000",
    ],
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


@pytest.mark.parametrize(
    ("text", "fiscal_year", "start", "end"),
    [
        ("FY2023", "03-31", "2022-04-01", "2023-03-31"),
        ("FY2023", "03-31 start", "2023-04-01", "2024-03-31"),
        ("FY2023-Q4", "03-31 start", "2024-01-01", "2024-03-31"),
        ("FY2023", "12-31 start", "2023-01-01", "2023-12-31"),
        ("FY2023-24", "03-31", "2023-04-01", "2024-03-31"),
        ("FY2023-24", "03-31 start", "2023-04-01", "2024-03-31"),
        ("FY2023/24", "06-30", "2023-07-01", "2024-06-30"),
        ("2023/24", "06-30", "2023-07-01", "2024-06-30"),
        ("2023/2024", "06-30", "2023-07-01", "2024-06-30"),
        ("1999/00", "06-30", "1999-07-01", "2000-06-30"),
        ("FY2023-24-Q1", "06-30", "2023-07-01", "2023-09-30"),
        ("2023/24-H2", "06-30", "2024-01-01", "2024-06-30"),
        ("FY2023-S2", "06-30", "2023-01-01", "2023-06-30"),
    ],
)
def test_a_fiscal_year_is_named_for_its_end_its_start_or_both(
    text: str, fiscal_year: str, start: str, end: str
) -> None:
    assert is_fiscal(text)
    assert parse_period(text, fiscal_year) == (date.fromisoformat(start), date.fromisoformat(end))
    with pytest.raises(CalendarError, match="no fiscal_year_end"):
        parse_period(text)


def test_how_a_fiscal_year_is_named_stands_behind_its_end() -> None:
    assert fiscal_year_text("03-31", "start") == "03-31 start"
    assert fiscal_year_text("03-31", "end") == fiscal_year_text("03-31", None) == "03-31"
    assert fiscal_year_text(None, "start") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2012-13", "write FY2012-13"),
        ("1999-00", "write FY1999-00"),
        ("2023-2024", "write FY2023-24"),
        ("2012-14", "write both days"),
        ("FY2012-14", "does not follow"),
        ("2012/14", "does not follow"),
        ("FY9999-00", "years 1 to 9999"),
        ("FY23", "FY2025"),
        ("2024-W54", "calendar"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(CalendarError, match=told):
        parse_period(text, "03-31")


def test_a_month_that_reads_like_two_years_may_be_a_fiscal_year() -> None:
    months = [f"{year}-{month:02}" for year in range(1995, 2030) for month in range(1, 13)]
    assert [month for month in months if may_be_fiscal_year(month)] == [
        f"{year}-{year - 1999:02}" for year in range(2000, 2012)
    ]
    assert not is_fiscal("2025-04-01/2025-06-30")
