"""Periods as SDMX writes them, and back: `2024`, `2024-S1`, `2024-Q1`, `2024-01`, `2024-W05`, `2024-01-31`; any others
by their first day and their length, `2024-07-01/P1Y`.

A fiscal year is no year of the calendar: it is written by its first day and its length, so that no one takes FY2025 of
a company for 2025. Its frequency is annual all the same.
"""

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from ledger import CalendarError
from ledger.values import Period, parse_period

OTHER = "_O"
FREQUENCIES = {
    "A": "Annual",
    "S": "Half-yearly",
    "Q": "Quarterly",
    "M": "Monthly",
    "W": "Weekly",
    "D": "Daily",
    OTHER: "Other",
}
"""How long the periods of a series are: the codes of SDMX's own list, and one for any other length."""
_BY_MONTHS = {12: "A", 6: "S", 3: "Q", 1: "M"}
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00:00)?/P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,7})D)?", re.ASCII)
_REPORTING = re.compile(r"(\d{4})-(?:A1|M(0[1-9]|1[0-2])|D(\d{3}))", re.ASCII)
_DAY_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)


class TimePeriod(NamedTuple):
    """A period as SDMX has it: how it is written, and the code of its frequency."""

    text: str
    frequency: str


@lru_cache(maxsize=65536)
def time_period(start: str, end: str) -> TimePeriod:
    """The period from one day to another, both included."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    days = (last - first).days + 1
    if days == 1:
        return TimePeriod(start, "D")
    months = _months(first, last)
    if months is None:
        if days == 7 and first.weekday() == 0:
            week = first.isocalendar()
            return TimePeriod(f"{week.year:04d}-W{week.week:02d}", "W")
        return TimePeriod(f"{start}/P{days}D", "W" if days == 7 else OTHER)
    frequency = _BY_MONTHS.get(months, OTHER)
    year = start[:4]
    if months == 1:
        return TimePeriod(start[:7], frequency)
    if frequency != OTHER and (first.month - 1) % months == 0:
        place = (first.month - 1) // months + 1
        return TimePeriod(year if months == 12 else f"{year}-{frequency}{place}", frequency)
    length = f"{months // 12}Y" if months % 12 == 0 else f"{months}M"
    return TimePeriod(f"{start}/P{length}", frequency)


def _months(first: date, last: date) -> int | None:
    """How many whole months of the calendar lie between two days; None where they are no whole ones."""
    if first.day != 1 or (last != date.max and (last + timedelta(days=1)).day != 1):
        return None
    return (last.year - first.year) * 12 + last.month - first.month + 1


def days_of(text: str) -> Period:
    """The days of a period as SDMX writes it. Raises CalendarError."""
    if match := _RANGE.fullmatch(text):
        return _days_of_range(match, text)
    if match := _REPORTING.fullmatch(text):
        if match[3]:
            return _day_of_year(match, text)
        return parse_period(f"{match[1]}-{match[2]}" if match[2] else match[1])
    if match := _DAY_TIME.fullmatch(text):
        text = match[1]
    return parse_period(text)


def _days_of_range(match: re.Match[str], text: str) -> Period:
    try:
        first = date.fromisoformat(match[1])
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        after = date(year, month + 1, first.day) + timedelta(days=int(match[4] or 0))
        last = after - timedelta(days=1)
    except (ValueError, OverflowError):
        raise CalendarError(f"{text!r} is not in the calendar") from None
    if last < first:
        raise CalendarError(f"{text!r} has no length")
    return Period(first, last)


def _day_of_year(match: re.Match[str], text: str) -> Period:
    try:
        day = date.fromisoformat(f"{match[1]}-01-01") + timedelta(days=int(match[3]) - 1)
    except (ValueError, OverflowError):
        raise CalendarError(f"{text!r} is not in the calendar") from None
    if int(match[3]) < 1 or day.year != int(match[1]):
        raise CalendarError(f"{text!r} is not in the calendar")
    return Period(day, day)
