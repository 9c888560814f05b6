"""Milestones as people print them: early 2027, mid-2026, late 2025, Q3 2026.

A plan is seldom dated to a day. What is printed in words is a coarse interval of whole months, and is kept as printed:
early, mid and late are the thirds of a year (January to April, May to August, September to December); `H1 2027` and
`Q3 2026` are halves and quarters of calendar years, in the order in which they are spoken.

Words from which no interval follows are refused, and what may be meant is told. A part of a quarter or of a half is
finer than those who print it mean. *By the end of 2026* says when it is over at the latest, and not from when it may
be: held as an interval it would count from a start that nobody stated, and held as its last day it would be a day that
nobody promised.
"""

import re
from typing import NamedTuple

_THIRDS = ("early", "mid", "late")
_MILESTONE = re.compile(
    rf"(?:(?P<third>(?i:{'|'.join(_THIRDS)}))|(?P<half>[HS][12])|(?P<quarter>Q[1-4]))[ -](?P<year>\d{{4}})", re.ASCII
)
_PART_RUN_TOGETHER = re.compile(r"([HSQ]\d)(\d{4})", re.ASCII)
_YEAR_BEFORE_PART = re.compile(r"(\d{4}) ?([HS][12]|Q[1-4])", re.ASCII)
_ONE_YEAR = re.compile(r"[^\d]*(\d{4})[^\d]*", re.ASCII)
_PART_OF_PART = re.compile(r"\b(?:early|mid|late)\b.*(?:\b[HSQ][1-4]\b|\bhalf\b|\bquarter\b)", re.ASCII | re.IGNORECASE)
_DEADLINE = re.compile(r"\b(?:by|before|until|no later than|not later than)\b", re.IGNORECASE)
_THIRD_IN_WORDS = re.compile(r"\b(early|mid|late)\b", re.IGNORECASE)
_EDGES = {r"start|beginning": ("Q1", "H1"), r"middle": ("Q2", "Q3"), r"end": ("Q4", "H2")}
"""What the words for an end of a year may mean."""


class Months(NamedTuple):
    """The months of a year from one to another, both included, 1 to 12."""

    year: int
    first: int
    last: int


def months_of(text: str) -> Months | None:
    """The months that a printed milestone stands for; None where the text is none."""
    found = _MILESTONE.fullmatch(text)
    if found is None:
        return None
    if found["third"]:
        length, number = 4, _THIRDS.index(found["third"].lower()) + 1
    else:
        length, number = (6, int(found["half"][1])) if found["half"] else (3, int(found["quarter"][1]))
    return Months(int(found["year"]), (number - 1) * length + 1, number * length)


def milestones_meant(text: str) -> str:
    """What to write instead of words that are no moment; nothing where that cannot be told."""
    if part := _PART_RUN_TOGETHER.fullmatch(text):
        spoken = f"{part[1]} {part[2]}"
        return f": write {spoken}" if months_of(spoken) else ""
    if part := _YEAR_BEFORE_PART.fullmatch(text):
        return f": write {part[1]}-{part[2]}"
    if _PART_OF_PART.search(text):
        return (
            ": write the months that are meant (2026-07), or all of the quarter or half, and what was printed in note"
        )
    if _DEADLINE.search(text):
        return (
            ": it says the latest day and no start. Where it had happened when it was published, leave effective_from "
            "out; else write the interval in which it is expected (2026, late 2026, 2026-Q4), and what was printed in "
            "note"
        )
    if (year := _ONE_YEAR.fullmatch(text)) is None:
        return ""
    thirds = {third.lower() for third in _THIRD_IN_WORDS.findall(text)}
    if len(thirds) == 1:
        return f": write {thirds.pop()} {year[1]}"
    for named, parts in _EDGES.items():
        if re.search(rf"\b(?:{named})\b", text, re.IGNORECASE):
            intervals = " or ".join(f"{year[1]}-{part}" for part in parts)
            return f": write the interval that is meant, {intervals}, and what was printed in note"
    return ""
