"""The choice among series: those of one metric, in the number's unit, whose dimensions are spoken of."""

import re
from collections.abc import Sequence

from api.documents.lexicon import Series
from api.documents.printed_numbers import PrintedNumber
from api.documents.sentence_marks import Mark, Role, SentenceMarks
from api.documents.spoken_names import words_of
from ledger.values import Period, unit

NAMED = frozenset("investor holder lender funder partner segment destination stage".split())
"""Dimensions that must be named in so many words."""
SHARES = frozenset({"share", "market_share"})
"""Metrics of which it must be named what the share is of."""


def must_be_named(series: Series, name: str) -> bool:
    """Whether a dimension of a series must be named, since without it something else is spoken of."""
    return name in NAMED or (name == "of" and series.metric in SHARES)


def is_named(value: str, said: set[str], slugs: set[str]) -> bool:
    """Whether the value of a dimension is among the slugs or the words of a text."""
    return value in slugs or bool(
        {word.folded for word in words_of(value.replace("_", " ")) if len(word.folded) > 3} & said
    )


def narrowed(found: list[Series], metrics: Sequence[Mark]) -> list[Series]:
    """The series of one metric, where a word for several stands beside one for fewer: quota, and mining quota."""
    slugs = {one.metric for one in found}
    for metric in metrics:
        if len(slugs) > 1 and metric.values < slugs:
            return [one for one in found if one.metric in metric.values]
    return found


def in_its_unit(number: PrintedNumber, found: list[Series]) -> list[Series]:
    """The series in the likeliest unit of the number in which there are any; all where it is in the unit of none."""
    for one in number.units:
        if same := [each for each in found if each.canonical_unit in (one.canonical, f"{one.canonical}/yr")]:
            return same
    return found


def in_turn(marks: SentenceMarks) -> dict[int, Mark]:
    """Which subject each number has where a list of subjects and one of numbers stand `respectively`."""
    if not re.search(r"\brespectively\b", marks.text):
        return {}
    numbers = marks.numbers
    subjects = [one for one in marks.of(Role.subject) if one.end <= numbers[0].start]
    if len(numbers) < 2 or len(subjects) != len(numbers):
        return {}
    return {number.start: subject for number, subject in zip(numbers, subjects, strict=True)}


def is_of_kind(number: PrintedNumber, series: Series) -> bool:
    """Whether the number has a unit of the series' kind: any money for money, and tonnes for tonnes a year."""
    return any(kind_of(one.family) == kind_of(family_of(series.canonical_unit)) for one in number.units)


def kind_of(family: str) -> str:
    """A family of units without what it is per in time."""
    return family.removesuffix("_rate")


def family_of(canonical_unit: str) -> str:
    """The family of a canonical unit."""
    return unit(canonical_unit).family


def months_of_days(period: Period) -> int:
    """In how many months a period has days; 0 where it is shorter than one."""
    start, end = period
    if (end - start).days < 27:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month + 1
