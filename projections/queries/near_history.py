"""Near history: the history of one figure on the publication clock, row by row.

For a few rows this takes less time than to have DuckDB plan the view `history`, which says the same of any number.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.values import difference

Row = Sequence[Any]

BESIDE = {"revision": "BIGINT", "cause": "VARCHAR", "previous_value": "DECIMAL(38,18)", "change": "DECIMAL(38,18)"}
"""What a history says of an entry beside what the entry itself says."""


class _Before(NamedTuple):
    """The entry before another in its series, and its place there."""

    row: Row
    revision: int


def near_history(rows: Sequence[Row], columns: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """The rows of the view `entries`, whose columns have these places, oldest first, each with BESIDE."""
    shown, place, kind, publisher, value, low, high, symbol = (
        columns[name]
        for name in (
            *("published_until", "position", "type", "publisher"),
            *("canonical_value", "canonical_low", "canonical_high", "symbol"),
        )
    )

    def cause(row: Row, before: Row | None) -> str:
        if row[kind] == "FigureWithdrawn":
            return "withdrawal"
        if before is None:
            return "first_report"
        if before[kind] == "FigureWithdrawn":
            return "republication"
        if all(row[one] == before[one] for one in (value, low, high, symbol)):
            return "confirmation"
        return "conflict" if row[shown] == before[shown] else "revision"

    series: dict[str, _Before] = {}
    told = []
    for row in sorted(rows, key=lambda one: (one[shown], one[place])):
        known = series.get(row[publisher])
        before = known.row if known else None
        previous: Decimal | None = before[value] if before else None
        change = None if previous is None or row[value] is None else difference(row[value], previous)
        revision = known.revision + 1 if known else 0
        told.append((*row, revision, cause(row, before), previous, change))
        series[row[publisher]] = _Before(row, revision)
    return told
