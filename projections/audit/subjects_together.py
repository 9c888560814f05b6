"""Subjects together: series are read some subjects at a time, so that a question about all of them holds few.

What the audit compares is about one subject: entries of a series, publishers of a figure, periods of a table.
"""

from collections.abc import Iterator, Mapping, Sequence

from projections.queries.filters import Value
from projections.queries.reader import Reader

ENTRIES_TOGETHER = 20_000
"""About how many entries are read at a time; those of one subject are always read together."""


def subjects_together(reader: Reader, filters: Mapping[str, Value]) -> Iterator[Sequence[str] | None]:
    """The subjects of the selected series, so many at a time that their entries fit into memory; None for all."""
    if {"subject", "figure_id"} & set(filters):
        yield None
        return
    query = "SELECT subject, COUNT(*) FROM chosen GROUP BY subject ORDER BY subject"
    counted = reader.series("published", filters, query=query)
    subjects: list[str] = []
    entries = 0
    for subject, count in reader.allowance.tuples_of(counted):
        if entries and entries + count > ENTRIES_TOGETHER:
            yield subjects
            subjects, entries = [], 0
        subjects.append(subject)
        entries += count
    if subjects:
        yield subjects
