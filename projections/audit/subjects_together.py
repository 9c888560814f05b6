"""Subjects together: series are read some subjects at a time, so that a question about all of them holds few.

What the audit compares is about one subject: entries of a series, publishers of a figure, periods of a table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from projections.queries.filter_values import Value
from projections.queries.reader import Reader

T = TypeVar("T")

ENTRIES_TOGETHER = 20_000
"""About how many entries are read at a time; those of one subject are always read together."""


def subjects_together(reader: Reader, filters: Mapping[str, Value]) -> Iterator[Sequence[str] | None]:
    """The subjects of the selected series, so many at a time that their entries fit into memory; None for all."""
    if {"subject", "figure_id"} & set(filters):
        yield None
        return
    query = "SELECT subject, COUNT(*) FROM chosen GROUP BY subject ORDER BY subject"
    counted = reader.series("published", filters, query=query)
    yield from few_together(reader.allowance.tuples_of(counted))


def few_together(counted: Iterable[tuple[T, int]]) -> Iterator[list[T]]:
    """Things of which each has so many entries, as many together as fit into memory."""
    together: list[T] = []
    entries = 0
    for thing, count in counted:
        if together and entries + count > ENTRIES_TOGETHER:
            yield together
            together, entries = [], 0
        together.append(thing)
        entries += count
    if together:
        yield together
