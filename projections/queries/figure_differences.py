"""Figure differences: which figures differ between two viewpoints, in the order of figures.

Of all figures only what they amount to is read, and what puts them in order; so of a year in which most of a million
figures changed, a page costs what its own items cost. What they amount to is read of those figures alone of which
something is held and known at one of the two viewpoints only, unless the ledger preferred other publishers in between:
then any answer may have turned.
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
from projections.queries.viewpoint_cursor import naive

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

_TOUCHED = """SELECT DISTINCT figure_id
FROM log.figures
WHERE (since <= $held_before AND until > $held_before AND visible_from <= $known_before)
  <> (since <= $held_after AND until > $held_after AND visible_from <= $known_after)"""


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
    page = "" if wanted is not None or limit is None else f" LIMIT {limit:d} OFFSET {offset:d}"
    touched = _touched(readers) if figures is None else None
    before, after = (_amounts(reader, how, figures, touched) for reader in readers)
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


def _touched(readers: Sequence[Reader]) -> pa.Table | None:
    """The ids of the figures whose answers may differ; None where those of all may."""
    before, after = readers
    if not before.ranking.asks_as(after.ranking):
        return None
    at = {"before": before.viewpoint, "after": after.viewpoint}
    held = {f"held_{side}": viewpoint.position for side, viewpoint in at.items()}
    known = {f"known_{side}": naive(viewpoint.as_of) for side, viewpoint in at.items()}
    return after.table(_TOUCHED, {**held, **known})


def _amounts(
    reader: Reader, how: Mapping[str, Value], figures: Collection[str] | None, touched: pa.Table | None
) -> pa.Table:
    """What figures amount to, with their status and what puts them in order, in no order: all, or some."""
    selection = select(CATALOGUE["figures"], how, reader.names)
    if figures is not None:
        selection.choose(figures, near=reader.names.near(figures))
    among = [] if touched is None else ["figure_id IN (SELECT CAST(figure_id AS UUID) FROM touched_figures)"]
    view, read = ("figures", "figures") if how else ("answers", "answer_intervals")
    rows = {"figures": list(selection.rows), "answer_intervals": list(selection.near)}
    rows[read] += among
    clauses = question(view, reader.families, rows=rows, by_preference=bool(reader.ranking))
    columns = ", ".join(dict.fromkeys((*FIGURE_ORDER, *FIGURE_VALUE, "status")))
    query = f"{clauses} SELECT {columns} FROM items WHERE {' AND '.join(selection.items)}"
    with reader.lending(**({} if touched is None else {"touched_figures": touched})):
        return reader.table(query, selection.params)
