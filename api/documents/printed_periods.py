"""Printed periods: where a text says which days it speaks of, as writers say it.

`2024`, `FY2025`, `Q4 FY25`, `the fourth quarter of FY2025`, `the June quarter of 2025`, `the three months to June
2025`, `H1 2024`, `the first half of 2024`, `March 2025`; `last year` where the day of the document is known; and `a
year earlier`, which hangs on another period. Each becomes a period as the ledger writes it: `FY2025-Q4`, `2025-Q2`.
Days are found too, so that no year is seen in them.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join([*_MONTHS, *(one[:3] for one in _MONTHS if one != "may"), "sept"])
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_ORDINAL = "|".join(_ORDINALS)
_YEAR = r"(?:19[5-9]\d|20[0-7]\d)"
_FISCAL = r"(?:FY|fiscal(?:\s+year)?|financial\s+year)"
_FISCAL_YEAR = rf"{_FISCAL}\s?(?P<fy>\d{{4}}|'?\d\d)(?:[-/](?P<fy_second>\d\d|\d{{4}}))?"
_NEAR = r"(?:\s+(?:of|in)(?:\s+the)?)?\s*[-,]?\s*"
_PART = rf"(?:(?P<kind>[QH])(?P<number>[1-4])|(?P<ordinal>{_ORDINAL})[\s-](?P<word>quarter|half))"
_FORMS = (
    ("day", rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTH})\.?,?\s+{_YEAR}"),
    ("day", rf"(?:{_MONTH})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{_YEAR}"),
    ("day", rf"{_YEAR}-\d\d-\d\d"),
    ("part_fiscal", rf"{_PART}{_NEAR}{_FISCAL_YEAR}"),
    ("fiscal_part", rf"{_FISCAL_YEAR}[\s,-]*{_PART}"),
    ("fiscal", _FISCAL_YEAR),
    ("fiscal", rf"(?<!\d[-/])(?P<fy>{_YEAR})[/-](?P<fy_second>\d\d)(?![-/\d])"),
    ("month_quarter", rf"(?P<month>{_MONTH})\s+(?:(?P<y1>{_YEAR})\s+)?quarter(?:{_NEAR}(?P<y2>{_YEAR}))?"),
    ("to_month", rf"(?:three\s+months|quarter)\s+(?:to|ended|ending)\s+(?:\d+\s+)?(?P<month>{_MONTH})\s+"
     rf"(?P<y1>{_YEAR})"),
    ("part", rf"{_PART}{_NEAR}(?P<y1>{_YEAR})"),
    ("year_part", rf"(?P<y1>{_YEAR})[\s-]?{_PART}"),
    ("month", rf"(?P<month>{_MONTH})\.?,?\s+(?P<y1>{_YEAR})"),
    ("year", rf"(?<![\d.,/$-])(?P<y1>{_YEAR})(?![\d]|[.,]\d)"),
    ("before", r"(?:(?:a|the|one)\s+)?(?P<unit>year|quarter)\s+(?:earlier|before|ago)|(?:the\s+)?(?:previous|prior)\s+"
     r"(?P<unit2>year|quarter)"),
    ("last", r"last\s+year"),
    ("bare", r"(?P<bare>[QH][1-4])"),
)  # fmt: skip
_PATTERNS = tuple((form, re.compile(rf"\b(?:{text})\b" if form != "year" else text, re.I)) for form, text in _FORMS)


class PrintedPeriod(NamedTuple):
    """Where a period is printed, and which one: `text` as the ledger writes it.

    A day has none. Of one that hangs on another, `back` says how: `year` and `quarter` are so much earlier, `Q3` is
    of its year.
    """

    start: int
    end: int
    text: str | None
    back: str | None = None

    @property
    def is_fiscal(self) -> bool:
        """Whether it is of a subject's own year."""
        return self.text is not None and self.text.startswith("FY")


def printed_periods(text: str, written: date | None = None) -> list[PrintedPeriod]:
    """The periods of a text, from left to right, none within another."""
    taken: list[tuple[int, int]] = []
    found: list[PrintedPeriod] = []
    for form, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            found += _meant(form, match, written)
    return sorted(found)


def _meant(form: str, match: re.Match[str], written: date | None) -> Iterator[PrintedPeriod]:
    start, end = match.span()
    said = {name: value for name, value in match.groupdict().items() if value is not None}
    if form == "day":
        yield PrintedPeriod(start, end, None)
    elif form == "before":
        yield PrintedPeriod(start, end, None, (said.get("unit") or said["unit2"]).casefold())
    elif form == "bare":
        yield PrintedPeriod(start, end, None, said["bare"].upper())
    elif form == "last":
        if written is not None:
            yield PrintedPeriod(start, end, str(written.year - 1))
    elif (meant := _period_text(form, said)) is not None:
        yield PrintedPeriod(start, end, meant)


def _period_text(form: str, said: dict[str, str]) -> str | None:
    if "fy" in said:
        year = said["fy"].lstrip("'")
        whole = f"FY20{year}" if len(year) == 2 else f"FY{year}"
        if "fy_second" in said:
            whole += f"-{said['fy_second'][-2:]}"
        return whole if form == "fiscal" else _with_part(whole, said)
    year = said.get("y1") or said.get("y2") or ""
    if not year:
        return None
    if form in ("month_quarter", "to_month"):
        last = _month_of(said["month"])
        return _three_months(int(year), last) if last >= 3 else None
    if form == "month":
        return f"{year}-{_month_of(said['month']):02d}"
    return year if form == "year" else _with_part(year, said)


def _three_months(year: int, last: int) -> str:
    """The days of the three months that end with one: a quarter by its month is of nobody's fiscal year."""
    return f"{year}-{last - 2:02d}-01/{year}-{last:02d}-{monthrange(year, last)[1]}"


def _with_part(year: str, said: dict[str, str]) -> str | None:
    if "kind" in said:
        kind, number = said["kind"].upper(), int(said["number"])
    else:
        kind, number = ("Q" if said["word"].casefold() == "quarter" else "H"), _ORDINALS[said["ordinal"].casefold()]
    return None if kind == "H" and number > 2 else f"{year}-{kind}{number}"


def _month_of(word: str) -> int:
    short = word.casefold()[:3]
    return next(place for place, one in enumerate(_MONTHS, 1) if one.startswith(short))


def moved_back(period: str, unit: str) -> str | None:
    """The period a year or a quarter before one, or a part of its year; None where it has no such."""
    if days := re.fullmatch(r"(\d{4})-(\d\d)-01/\d{4}-(\d\d)-\d\d", period):
        year, last = int(days[1]), int(days[3]) - (12 if unit == "year" else 3)
        return _three_months(year - 1, last + 12) if last < 3 else _three_months(year, last)
    match = re.fullmatch(r"(FY)?(\d{4})(?:-([QH])(\d))?", period)
    if match is None:
        return None
    if unit[-1].isdigit():
        return f"{match[1] or ''}{match[2]}-{unit}"
    fiscal, year, number = match[1] or "", int(match[2]), int(match[4] or 0)
    kind: str | None = match[3]
    if unit == "year":
        return f"{fiscal}{year - 1}" + (f"-{kind}{number}" if kind else "")
    if kind != "Q":
        return None
    return f"{fiscal}{year}-Q{number - 1}" if number > 1 else f"{fiscal}{year - 1}-Q4"
