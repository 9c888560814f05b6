"""Sort orders: the named orders in which items of a resource may come, besides its own.

`period` is the earliest period first, `-period` the latest. Items without what they are sorted by come last both ways,
and equals in the order of the resource, so that pages fit together.
"""

from typing import Any, NamedTuple

from projections.projection import Projection
from projections.queries.filter_values import FilterError


class Sort(NamedTuple):
    """The columns that items are sorted by, the first above all, and whether the largest come first."""

    columns: tuple[str, ...]
    descending: bool

    def of_rows(self, rows: list[Any], value: Any) -> list[Any]:
        """Rows that are in the order of the resource, sorted; `value` gives what a row has in a column."""
        for column in reversed(self.columns):
            there = [row for row in rows if value(row, column) is not None]
            there.sort(key=lambda row: value(row, column), reverse=self.descending)
            rows = [*there, *(row for row in rows if value(row, column) is None)]
        return rows


def sort_of(projection: Projection, text: str | None) -> Sort | None:
    """The order that a text names. Raises FilterError."""
    if text is None:
        return None
    columns = projection.sorts.get(text.removeprefix("-"))
    if columns is None:
        raise FilterError("sort", f"{text[:40]!r} is none of: {', '.join(sort_names(projection))}")
    return Sort(columns, descending=text.startswith("-"))


def sort_names(projection: Projection) -> list[str]:
    """What an order may be called: each name, and with a hyphen before it the other way round."""
    return [sign + name for name in projection.sorts for sign in ("", "-")]
