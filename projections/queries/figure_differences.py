"""Figure differences: which figures differ between two viewpoints, in the order of figures.

Of all figures only what they amount to is read, and what puts them in order; so of a year in which most of a million
figures changed, a page costs what its own items cost. It is read of those figures alone that may answer otherwise: see
`projections.queries.touched_figures`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from projections.catalogue import CATALOGUE, FIGURE_ORDER, FIGURE_VALUE
from projections.queries.compose import question
from projections.queries.difference_causes import Item
from projections.queries.figure_pages import PLACES_FEW
from projections.queries.filter_values import Value
from projections.queries.filters import select
from projections.queries.names import NEAR_MAX
from projections.queries.reader import Reader
from projections.queries.touched_figures import FiguresAbout, Stretches, TouchedFigures, publishers_named

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
_DIFFERENCES = f"""SELECT CAST(figure_id AS VARCHAR) AS figure_id, {{by}} AS by, kind, earlier, later
FROM (
  SELECT figure_id, {_KIND} AS kind, before.canonical_value AS earlier, after.canonical_value AS later, {_PLACE}
  FROM (SELECT *, TRUE AS found FROM amounts_before) AS before
  FULL JOIN (SELECT *, TRUE AS found FROM amounts_after) AS after USING ({{matched}})
)
WHERE kind IS NOT NULL
ORDER BY {", ".join(_SHOWN)}, figure_id"""
AnswerKey = tuple[str, str | None]
"""A figure's id and, where several publishers are asked for, which of them answers."""


class FigureDifference(NamedTuple):
    """An answer that differs: `added`, `removed`, `changed` or `restated`; and its canonical values."""

    figure_id: str
    publisher: str | None
    """Who answers, where several publishers are asked for; None where a figure has one answer."""
    kind: str
    earlier: Decimal | None
    later: Decimal | None
    items: tuple[Item | None, Item | None] | None = None
    """The two answers, where they were read to find the difference."""

    @property
    def key(self) -> AnswerKey:
        """What is matched at the two viewpoints."""
        return self.figure_id, self.publisher


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
    enough = None if limit is None else offset + limit
    if figures is None and enough is not None and enough <= PLACES_FEW:
        return _first(readers, how, wanted=wanted, enough=enough)[offset:]
    page = "" if wanted is not None or limit is None else f" LIMIT {limit:d} OFFSET {offset:d}"
    touched = TouchedFigures(readers, how).all() if figures is None else None
    rows = _differences(readers, how, chosen=figures, touched=touched, page=page)
    return list(rows) if page else list(islice(_wanted(rows, wanted), offset, enough))


def _first(
    readers: Sequence[Reader], how: Mapping[str, Value], *, wanted: Wanted | None, enough: int
) -> list[FigureDifference]:
    """The first differences, looked for among the figures of some subjects after the other."""
    touched = TouchedFigures(readers, how)
    stretches = Stretches(touched.counted(), enough=enough)
    found: list[FigureDifference] = []
    while (lacking := enough - len(found)) and (subjects := stretches.next(found=len(found), lacking=lacking)):
        some = touched.about(subjects)
        if some.ids is not None and len(some.ids) <= NEAR_MAX and "publisher" not in how:
            rows = _near_differences(readers, how, some.ids)
        else:
            rows = _differences(readers, how, touched=some, page=f" LIMIT {lacking:d}" if wanted is None else "")
        found += islice(_wanted(rows, wanted), lacking)
    return found


def items_of(reader: Reader, how: Mapping[str, Value], ids: Sequence[str]) -> dict[AnswerKey, Item]:
    """The items of some figures."""
    items = reader.read("figures", filters=how, figures=ids)
    of_each = _of_each_publisher(how)
    return {
        (item["figure_id"], item["publisher"] if of_each else None): item for item in reader.allowance.rows_of(items)
    }


def _of_each_publisher(how: Mapping[str, Value]) -> bool:
    """Whether a figure has an answer of each of several publishers."""
    return len(publishers_named(how)) > 1


def _near_differences(
    readers: Sequence[Reader], how: Mapping[str, Value], touched: pa.Table
) -> Iterator[FigureDifference]:
    """The differences of a few figures, in order: all that is shown of them is read sooner than what they amount to."""
    ids = list(map(str, readers[1].allowance.values_of(touched["figure_id"])))
    before, after = (items_of(reader, how, ids) for reader in readers)
    shown = {**before, **after}
    for one in sorted(shown, key=lambda one: [*(shown[one][name] or "" for name in _SHOWN), one[0]]):
        earlier, later = sides = before.get(one), after.get(one)
        kind = _kind(earlier, later)
        if kind is not None:
            yield FigureDifference(*one, kind, _number(earlier), _number(later), sides)


def _kind(before: Item | None, after: Item | None) -> str | None:
    """How an answer differs from the one before; None where it does not."""
    if before is None or after is None:
        return "added" if before is None else "removed"
    if any(before[name] != after[name] for name in FIGURE_VALUE):
        return "changed"
    return "restated" if before["status"] != after["status"] else None


def _number(item: Item | None) -> Decimal | None:
    return None if item is None or item["canonical_value"] is None else Decimal(item["canonical_value"])


def _differences(
    readers: Sequence[Reader],
    how: Mapping[str, Value],
    *,
    chosen: Collection[str] | None = None,
    touched: FiguresAbout | None = None,
    page: str = "",
) -> Iterator[FigureDifference]:
    """The differences of the figures that are chosen, or touched, in order; `page` says which of them."""
    before, after = (_amounts(reader, how, chosen, touched) for reader in readers)
    of_each = _of_each_publisher(how)
    matched = "figure_id, publisher" if of_each else "figure_id"
    query = _DIFFERENCES.format(matched=matched, by="publisher" if of_each else "NULL")
    with readers[1].lending(amounts_before=before, amounts_after=after):
        return (FigureDifference(*row) for row in readers[1].ask(f"{query}{page}"))


def _wanted(differences: Iterator[FigureDifference], wanted: Wanted | None) -> Iterator[FigureDifference]:
    for one in differences:
        if wanted is None or (one.earlier is not None and one.later is not None and wanted(one.earlier, one.later)):
            yield one


def _amounts(
    reader: Reader, how: Mapping[str, Value], chosen: Collection[str] | None, touched: FiguresAbout | None
) -> pa.Table:
    """What figures amount to, with their status and what puts them in order, in no order: all, or some."""
    selection = select(CATALOGUE["figures"], how, reader.names)
    if chosen is not None:
        selection.choose(chosen, near=reader.names.near(chosen))
    if touched is not None:
        selection.keep_near(touched.near)
    ids = touched and touched.ids
    view, read = ("figures", "figures") if how else ("answers", "answer_intervals")
    rows = {"figures": list(selection.rows), "answer_intervals": list(selection.near)}
    if ids is not None:
        rows[read].append("figure_id IN (SELECT CAST(figure_id AS UUID) FROM touched_figures)")
    clauses = question(view, reader.families, rows=rows, by_preference=bool(reader.ranking))
    columns = ", ".join(dict.fromkeys((*FIGURE_ORDER, *FIGURE_VALUE, "status")))
    query = f"{clauses} SELECT {columns} FROM items WHERE {' AND '.join(selection.items)}"
    with reader.lending(**({} if ids is None else {"touched_figures": ids})):
        return reader.table(query, selection.params)
