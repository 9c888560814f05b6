"""Dates as sources print them, turned into intervals.

A source seldom prints an instant. It prints a day, a month or a year, a quarter, or a fiscal quarter of its own.
What was printed is kept as text; for comparing, the text stands for an interval. Both ends of an interval are
inclusive: the end of a day, a month or a year is its last microsecond, so an instant exactly at midnight belongs to
the day it starts.

- A *moment* (`2019`, `2025-10`, `2025-10-27`, `2025-10-27T09:00:00+08:00`) says when something happened.
- A *period* (`2024`, `2024-H1`, `2024-Q3`, `2024-06`, `2024-06-30`, `2025-04-01/2025-06-30`, `FY2025-Q4`) says which
  stretch of whole days a figure is about.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from ledger.errors import CalendarError

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_PERIOD = re.compile(r"(FY)?(\d{4})(?:-(?:H([12])|Q([1-4])))?", re.ASCII)
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)


class Interval(NamedTuple):
    """A stretch of time, both ends included, in UTC. An instant starts where it ends."""

    start: datetime
    end: datetime


class Period(NamedTuple):
    """A stretch of whole days, both ends included."""

    start: date
    end: date


@lru_cache(maxsize=65536)
def parse_moment(text: str) -> Interval:
    """The interval that a printed moment stands for. Raises CalendarError, for naive instants too."""
    if instant := _INSTANT.fullmatch(text):
        try:
            at = datetime.fromisoformat(f"{instant[1]}T{instant[2]}{instant[3].upper()}").astimezone(UTC)
        except (ValueError, OverflowError):
            raise CalendarError(f"{text!r} is not an instant of the calendar") from None
        return Interval(at, at)
    if _NAIVE.fullmatch(text):
        raise CalendarError(f"{text!r} has no offset: add Z or, for example, +08:00")
    if not _PARTIAL.fullmatch(text):
        raise CalendarError(
            f"{text!r} is not a moment: write a year (2019), a month (2025-10), a day (2025-10-27) or an instant "
            "with an offset and at most 6 fractional digits (2025-10-27T09:00:00Z)"
        )
    days = _partial_days(text)
    return Interval(
        datetime.combine(days.start, time.min, UTC),
        datetime.combine(days.end, time.max, UTC),
    )


@lru_cache(maxsize=65536)
def parse_period(text: str, fiscal_year_end: str | None = None) -> Period:
    """The days that a printed period covers.

    `fiscal_year_end` (`MM-DD`, see `parse_fiscal_year_end`) resolves periods that start with `FY`; a fiscal year ends
    in the year it is named for. Raises CalendarError, also for a fiscal period without a fiscal year end.
    """
    if "/" in text:
        first, _, last = text.partition("/")
        period = Period(_day(first, text), _day(last, text))
        if period.end < period.start:
            raise CalendarError(f"the period {text!r} ends before it starts")
        return period
    if not (match := _PERIOD.fullmatch(text)):
        if _PARTIAL.fullmatch(text):
            return _partial_days(text)
        raise CalendarError(
            f"{text!r} is not a period: write 2024, 2024-H1, 2024-Q3, 2024-06, 2024-06-30, 2025-04-01/2025-06-30 "
            "or, for a subject with a fiscal year, FY2025, FY2025-H1, FY2025-Q4"
        )
    fiscal, year, half, quarter = match[1], int(match[2]), match[3], match[4]
    if fiscal and fiscal_year_end is None:
        raise CalendarError(f"{text!r} is a fiscal period, and its subject has no fiscal_year_end")
    last_month = parse_fiscal_year_end(fiscal_year_end) if fiscal and fiscal_year_end else 12
    months = 6 if half else 3 if quarter else 12
    parts_after = (2 - int(half)) if half else (4 - int(quarter)) if quarter else 0
    end_month = year * 12 + (last_month - 1) - parts_after * months
    start_month = end_month - months + 1
    if start_month < 12 or year == 0:
        raise CalendarError(f"{text!r} starts before the year 1")
    return Period(
        date(start_month // 12, start_month % 12 + 1, 1),
        _month_end(end_month // 12, end_month % 12 + 1),
    )


def parse_fiscal_year_end(text: str) -> int:
    """The month (1 to 12) at whose last day a fiscal year ends, from `MM-DD`. February is written `02-28`."""
    match = _MONTH_DAY.fullmatch(text)
    month = int(match[1]) if match else 0
    if not match or not 1 <= month <= 12 or int(match[2]) != monthrange(2001, month)[1]:
        raise CalendarError(f"{text!r} is not the last day of a month as MM-DD (06-30, 12-31; 02-28 for February)")
    return month


@lru_cache(maxsize=256)
def instant_text(at: datetime) -> str:
    """An instant as RFC 3339 in UTC with six fractional digits and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _partial_days(text: str) -> Period:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise CalendarError(f"{text!r} is no year, month or day")
    year, month, day = int(match[1]), match[2], match[3]
    try:
        if day:
            only = date(year, int(month), int(day))
            return Period(only, only)
        if month:
            return Period(date(year, int(month), 1), _month_end(year, int(month)))
        return Period(date(year, 1, 1), date(year, 12, 31))
    except (ValueError, IndexError):
        raise CalendarError(f"{text!r} is not in the calendar") from None


def _day(text: str, whole: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise CalendarError(f"{whole!r} is not a period: both sides of the slash are days (2025-04-01/2025-06-30)")
    return _partial_days(text).start


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
