"""Comparisons of a column with the values of a filter, each kind of column in its own way.

A value comes as text, since it was a query parameter. Several values mean that one of them must fit.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

from ledger import CalendarError, QuantityError
from ledger.values import parse_moment, parse_number
from projections.column_kinds import Kind

Bind = Callable[[Any], str]
"""Makes a parameter with a value; gives how to write it in a condition."""


def condition(kind: Kind, column: str, values: Sequence[str], bind: Bind) -> str:
    """The condition that a column, given as SQL, has one of the values, or holds it where it is a list.

    Raises ValueError for a value that is none of this kind; the message says what would be.
    """
    return _COMPARISONS[kind](column, values, bind)


def _text(column: str, values: Sequence[str], bind: Bind) -> str:
    return f"LIST_CONTAINS({bind(list(values))}, {column})"


def _list(column: str, values: Sequence[str], bind: Bind) -> str:
    return f"LIST_HAS_ANY({column}, {bind(list(values))})"


def _decimal(column: str, values: Sequence[str], bind: Bind) -> str:
    try:
        numbers = [parse_number(value) for value in values]
    except QuantityError as error:
        raise ValueError(str(error)) from None
    wanted = f"CAST({bind([format(number, 'f') for number in numbers])} AS DECIMAL(38, 18)[])"
    return f"LIST_CONTAINS({wanted}, TRY_CAST({column} AS DECIMAL(38, 18)))"


def _count(column: str, values: Sequence[str], bind: Bind) -> str:
    for value in values:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            raise ValueError(f"{value[:40]!r} is no whole number")
    return f"LIST_CONTAINS(CAST({bind([int(value) for value in values])} AS BIGINT[]), {column})"


def _flag(column: str, values: Sequence[str], bind: Bind) -> str:
    for value in values:
        if value not in ("true", "false"):
            raise ValueError(f"{value[:40]!r} is none of: true, false")
    return f"LIST_CONTAINS({bind([value == 'true' for value in values])}, {column})"


def _day(column: str, values: Sequence[str], bind: Bind) -> str:
    days = []
    for value in values:
        try:
            days.append(date.fromisoformat(value))
        except ValueError:
            raise ValueError(f"{value[:40]!r} is no day: write for example 2025-10-27") from None
    return f"LIST_CONTAINS(CAST({bind(days)} AS DATE[]), {column})"


def _instant(column: str, values: Sequence[str], bind: Bind) -> str:
    """Within the year, month, day or instant that a value prints."""
    within = []
    for value in values:
        try:
            ends = [bind(end.astimezone(UTC).replace(tzinfo=None)) for end in parse_moment(value)]
        except CalendarError as error:
            raise ValueError(str(error)) from None
        within.append(f"{column} BETWEEN {ends[0]} AND {ends[1]}")
    return f"({' OR '.join(within)})"


def _identifier(column: str, values: Sequence[str], bind: Bind) -> str:
    ids = []
    for value in values:
        try:
            ids.append(UUID(value))
        except ValueError:
            raise ValueError(f"{value[:60]!r} is no UUID") from None
    return f"LIST_CONTAINS(CAST({bind(ids)} AS UUID[]), {column})"


_COMPARISONS: Mapping[Kind, Callable[[str, Sequence[str], Bind], str]] = {
    Kind.TEXT: _text,
    Kind.SLUG: _text,
    Kind.MOMENT: _text,
    Kind.DECIMAL: _decimal,
    Kind.PRINTED: _decimal,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.DAY: _day,
    Kind.INSTANT: _instant,
    Kind.IDENTIFIER: _identifier,
    Kind.TEXTS: _list,
    Kind.SLUGS: _list,
}
if missing := {kind for kind in Kind if kind.can_be_filtered} - _COMPARISONS.keys():
    raise TypeError(f"no comparison is defined for columns of kind {', '.join(sorted(kind.value for kind in missing))}")
