"""Dates as sources print them, turned into intervals.

A source seldom prints an instant. It prints a day, a month or a year, a quarter, or a fiscal quarter of its own.
What was printed is kept as text; for comparing, the text stands for an interval. Both ends of an interval are
inclusive: the end of a day, a month or a year is its last microsecond, so an instant exactly at midnight belongs to
the day it starts.

- A *partial date* is a year, half, quarter, month, ISO week or day: `2019`, `2024-H1` or `2024-S1`, `2024-Q3`,
  `2024-06`, `2024-W22` (from Monday to Sunday), `2024-06-30`.
- A *moment* (a partial date, a milestone, `early 2027`, or an instant, `2025-10-27T09:00:00+08:00`) says when something
  happened.
- A *period* (a partial date, two days, `2025-04-01/2025-06-30`, or a fiscal period) says which stretch of whole days a
  figure is about.
- A *fiscal period* is one of a subject's own year: `FY2025`, `FY2025-H1`, `FY2025-Q4`; or printed by both its years,
  `FY2023-24`, `2023/24`. `FY2025` is the fiscal year that ends in 2025, or, where a subject's fiscal years are named
  for their start, the one that starts then.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from ledger.errors import CalendarError
from ledger.values.milestones import milestones_meant, months_of

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_PART_OF_YEAR = r"(?:[HS](?P<half>[12])|Q(?P<quarter>[1-4]))"
_HALF_OR_QUARTER = re.compile(rf"(?P<year>\d{{4}})-{_PART_OF_YEAR}", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_FISCAL = re.compile(
    rf"(?:FY|(?=\d{{4}}/))(?P<year>\d{{4}})(?:[-/](?P<second>\d\d(?:\d\d)?))?(?:-{_PART_OF_YEAR})?", re.ASCII
)
_TWO_YEARS = re.compile(r"(\d{4})-(\d{2}|\d{4})", re.ASCII)
NAMED_FOR_START = "start"
"""How a fiscal year is named, after its end: `03-31 start`, where FY2023 ends in 2024."""
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
    if (days := _partial_date(text) or _milestone(text)) is None:
        raise CalendarError(
            f"{text!r} is not a moment: write a year (2019), a month (2025-10), a day (2025-10-27), a half, quarter or "
            "week (2025-H1, 2025-Q3, 2025-W22), a part of a year in words (early 2027, mid-2026, Q3 2026) or an "
            f"instant with an offset and at most 6 fractional digits (2025-10-27T09:00:00Z){milestones_meant(text)}"
        )
    return Interval(
        datetime.combine(days.start, time.min, UTC),
        datetime.combine(days.end, time.max, UTC),
    )


@lru_cache(maxsize=65536)
def parse_period(text: str, fiscal_year: str | None = None) -> Period:
    """The days that a printed period covers.

    `fiscal_year` resolves fiscal periods: the last day of the subject's year as `MM-DD`, with ` start` after it where
    years are named for their start (see `fiscal_year_text`). Raises CalendarError, also for a fiscal period without it.
    """
    if fiscal := _FISCAL.fullmatch(text):
        return _fiscal_period(fiscal, text, fiscal_year)
    if "/" in text:
        first, _, last = text.partition("/")
        period = Period(_day(first, text), _day(last, text))
        if period.end < period.start:
            raise CalendarError(f"the period {text!r} ends before it starts")
        return period
    if (years := _TWO_YEARS.fullmatch(text)) and (len(years[2]) == 4 or not 1 <= int(years[2]) <= 12):
        both = f"FY{years[1]}-{years[2][-2:]}"
        follows = _follows(int(years[1]), years[2])
        told = f"for the fiscal year that ends in {int(years[1]) + 1} write {both}" if follows else "write both days"
        raise CalendarError(f"{text!r} is no month; {told}")
    if (days := _partial_date(text)) is None:
        raise CalendarError(
            f"{text!r} is not a period: write 2024, 2024-H1, 2024-Q3, 2024-06, 2024-W22, 2024-06-30, "
            "2025-04-01/2025-06-30 or, for a subject with a fiscal year, FY2025, FY2025-H1, FY2025-Q4, FY2024-25"
        )
    return days


def is_fiscal(text: str) -> bool:
    """Whether a period, if it is one, is of a fiscal year: `FY2025-Q4`, `2023/24`."""
    return text.startswith("FY") or text[4:5] == "/"


def may_be_fiscal_year(text: str) -> bool:
    """Whether a month is printed as a year and the next one are: `2010-11`."""
    years = _TWO_YEARS.fullmatch(text)
    return years is not None and _follows(int(years[1]), years[2])


def fiscal_year_text(end: str | None, named: str | None) -> str | None:
    """A fiscal year as one text: the day on which it ends, and `start` where it is named for that; None of none."""
    return f"{end} {NAMED_FOR_START}" if end and named == NAMED_FOR_START else end


def _fiscal_period(match: re.Match[str], text: str, fiscal_year: str | None) -> Period:
    if fiscal_year is None:
        raise CalendarError(f"{text!r} is a fiscal period, and its subject has no fiscal_year_end")
    end, _, named = fiscal_year.partition(" ")
    last_month, year = parse_fiscal_year_end(end), int(match["year"])
    if match["second"] is not None:
        if not _follows(year, match["second"]):
            raise CalendarError(f"{text!r} is no fiscal year: its second year does not follow the first")
        year += 1
    elif named == NAMED_FOR_START and last_month < 12:
        year += 1
    return _part_of_year(match, year, last_month, text)


def _part_of_year(match: re.Match[str], year: int, last_month: int, text: str) -> Period:
    """The year that ends with a month, or the half or quarter of it that a match names."""
    half, quarter = match["half"], match["quarter"]
    months = 6 if half else 3 if quarter else 12
    parts_after = (2 - int(half)) if half else (4 - int(quarter)) if quarter else 0
    end_month = year * 12 + (last_month - 1) - parts_after * months
    start_month = end_month - months + 1
    if start_month < 12 or not 0 < year <= 9999:
        raise CalendarError(f"{text!r} is not in the years 1 to 9999")
    return Period(
        date(start_month // 12, start_month % 12 + 1, 1),
        _month_end(end_month // 12, end_month % 12 + 1),
    )


def _follows(year: int, second: str) -> bool:
    """Whether a printed year, whole or its last two digits, is the one after a year."""
    return int(second) == ((year + 1) % 100 if len(second) == 2 else year + 1)


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


def _partial_date(text: str) -> Period | None:
    """The days of a partial date; None where the text is none. Raises CalendarError where the calendar has no such."""
    if part := _HALF_OR_QUARTER.fullmatch(text):
        return _part_of_year(part, int(part["year"]), 12, text)
    try:
        if week := _WEEK.fullmatch(text):
            year, number = int(week[1]), int(week[2])
            return Period(date.fromisocalendar(year, number, 1), date.fromisocalendar(year, number, 7))
        if match := _PARTIAL.fullmatch(text):
            return _year_month_or_day(match)
    except (ValueError, IndexError, OverflowError):
        raise CalendarError(f"{text!r} is not in the calendar") from None
    return None


def _milestone(text: str) -> Period | None:
    """The days of a part of a year that is printed in words; None where the text is none."""
    if (months := months_of(text)) is None:
        return None
    if months.year == 0:
        raise CalendarError(f"{text!r} is not in the calendar")
    return Period(date(months.year, months.first, 1), _month_end(months.year, months.last))


def _year_month_or_day(match: re.Match[str]) -> Period:
    year, month, day = int(match[1]), match[2], match[3]
    if day:
        only = date(year, int(month), int(day))
        return Period(only, only)
    if month:
        return Period(date(year, int(month), 1), _month_end(year, int(month)))
    return Period(date(year, 1, 1), date(year, 12, 31))


def _day(text: str, whole: str) -> date:
    days = _partial_date(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    if days is None:
        raise CalendarError(f"{whole!r} is not a period: both sides of the slash are days (2025-04-01/2025-06-30)")
    return days.start


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
