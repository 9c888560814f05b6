"""Figure differences: which figures differ between two viewpoints, in the order of figures.

Of all figures only what they amount to is read, and what puts them in order; so of a year in which most of a million
figures changed, a page costs what its own items cost.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from projections.catalogue import CATALOGUE, FIGURE_ORDER, FIGURE_VALUE
from projections.queries.compose import question
from projections.queries.filter_values import Value
from projections.queries.filters import select
from projections.queries.reader import Reader

Wanted = Callable[[Decimal, Decimal], bool]
"""Whether a figure is wanted that was one number and is another."""
_SHOWN = FIGURE_ORDER[:-1]
"""What puts figures in order before their ids do."""
_KIND = f"""CASE
  WHEN before.found IS NULL THEN 'added'
  WHEN after.found IS NULL THEN 'removed'
  WHEN ROW({", ".join(f"before.{name}" for name in FIGURE_VALUE)})
    IS DISTINCT FROM ROW({", ".join(f"after.{name}" for name in FIGURE_VALUE)}) THEN 'changed'
  WHEN before.status IS DISTINCT FROM after.status THEN 'restated'
END"""
_PLACE = ", ".join(
    f"COALESCE(CAST(CASE WHEN after.found THEN after.{name} ELSE before.{name} END AS VARCHAR), '') AS {name}"
    for name in _SHOWN
)
_DIFFERENCES = f"""SELECT CAST(figure_id AS VARCHAR) AS figure_id, kind, earlier, later
FROM (
  SELECT figure_id, {_KIND} AS kind, before.canonical_value AS earlier, after.canonical_value AS later, {_PLACE}
  FROM (SELECT *, TRUE AS found FROM amounts_before) AS before
  FULL JOIN (SELECT *, TRUE AS found FROM amounts_after) AS after USING (figure_id)
)
WHERE kind IS NOT NULL
ORDER BY {", ".join(_SHOWN)}, figure_id"""


class FigureDifference(NamedTuple):
    """A figure that differs: `added`, `removed`, `changed` or `restated`; and its canonical values."""

    figure_id: str
    kind: str
    earlier: Decimal | None
    later: Decimal | None


def figure_differences(
    readers: Sequence[Reader],
    how: Mapping[str, Value],
    *,
    figures: Collection[str] | None = None,
    wanted: Wanted | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[FigureDifference]:
    """The figures whose answers differ between two readers, in order: all, or those of some ids.

    `how` are the filters that say which answer is wanted: `publisher` and `prefer`.
    """
    before, after = (_amounts(reader, how, figures) for reader in readers)
    page = "" if wanted is not None or limit is None else f" LIMIT {limit:d} OFFSET {offset:d}"
    with readers[1].lending(amounts_before=before, amounts_after=after):
        rows = map(FigureDifference._make, readers[1].ask(f"{_DIFFERENCES}{page}"))
    if page:
        return list(rows)
    last = None if limit is None else offset + limit
    return list(islice(_wanted(rows, wanted), offset, last))


def _wanted(differences: Iterator[FigureDifference], wanted: Wanted | None) -> Iterator[FigureDifference]:
    for one in differences:
        if wanted is None or (one.earlier is not None and one.later is not None and wanted(one.earlier, one.later)):
            yield one


def _amounts(reader: Reader, how: Mapping[str, Value], figures: Collection[str] | None) -> pa.Table:
    """What figures amount to, with their status and what puts them in order, in no order."""
    selection = select(CATALOGUE["figures"], how, reader.names)
    if figures is not None:
        selection.choose(figures, near=reader.names.near(figures))
    rows = {"figures": selection.rows, "answer_intervals": selection.near}
    view = "figures" if how else "answers"
    clauses = question(view, reader.families, rows=rows, by_preference=bool(reader.ranking))
    columns = ", ".join(dict.fromkeys((*FIGURE_ORDER, *FIGURE_VALUE, "status")))
    return reader.table(
        f"{clauses} SELECT {columns} FROM items WHERE {' AND '.join(selection.items)}", selection.params
    )
