"""What a planned append would do to answers: the item of each figure and thing before and after, where they differ."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from api.questions.audit.thing_differences import with_objects
from api.questions.page import Page
from ledger import Entry
from projections import CATALOGUE, Allowance, Engine, Reader, Viewpoint, thing_effects

EFFECTS_LISTED_MAX = 1_000
"""A merge may move any number of figures; so many are listed, and all are counted."""
COMPARED_AT_ONCE = 1_000

Item = dict[str, Any]


class Effects(NamedTuple):
    """`figure_id`, or `resource` and the columns that say which thing, `before` and `after` (items or null) of what
    would be answered otherwise; and how many more would.
    """

    listed: list[Item]
    more: int = 0


def effects(
    engine: Engine, entries: Sequence[Entry], viewpoint: Viewpoint, allowance: Allowance | None = None
) -> Effects:
    """The effects of entries that are planned, in the order of the figures' ids.

    `viewpoint` is the one before. Raises StoreBusy where the log has grown since the entries were planned.
    """
    if not entries:
        return Effects([])
    inquiry = engine if allowance is None else engine.within(allowance)
    after = entries[0].position - 1
    found = _Counted()
    things = _Counted()
    with engine.preview(entries, allowance) as reader:
        touched = list(map(str, reader.figures_touched(after=after)))
        items_after = reader.read("figures", figures=touched) if touched else None
        things.take(with_objects(one["resource"], one) for one in thing_effects(reader, after=after))
    if items_after is not None:
        with inquiry.reader(viewpoint) as reader:
            found.take(_figures(reader, touched, items_after))
    found.take(things.listed)
    return Effects(found.listed, found.more + things.more)


class _Counted:
    """Effects, of which the first are listed and all are counted."""

    def __init__(self) -> None:
        self.listed: list[Item] = []
        self.more = 0

    def take(self, effects: Iterable[Item]) -> None:
        """Add some behind the others."""
        for effect in effects:
            if len(self.listed) < EFFECTS_LISTED_MAX:
                self.listed.append(effect)
            else:
                self.more += 1


def _figures(reader: Reader, touched: Sequence[str], items_after: pa.Table) -> Iterator[Item]:
    before, after = _Items(reader.read("figures", figures=touched)), _Items(items_after)
    for start in range(0, len(touched), COMPARED_AT_ONCE):
        some = touched[start : start + COMPARED_AT_ONCE]
        for figure, earlier, later in zip(some, before.of(some), after.of(some), strict=True):
            if earlier != later:
                yield {"figure_id": figure, "before": earlier, "after": later}


class _Items:
    """The items of a table of figures, by their ids."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._places = {figure: place for place, figure in enumerate(table["figure_id"].to_pylist())}

    def of(self, figures: Sequence[str]) -> list[Item | None]:
        """The item of each of some figures, None where it has none."""
        there = [figure for figure in figures if figure in self._places]
        some = self._table.take(pa.array([self._places[figure] for figure in there], pa.int64()))
        rows = Page(some, basis={}, objects=CATALOGUE["figures"].objects).rows()
        by_id = dict(zip(there, rows, strict=True))
        return [by_id.get(figure) for figure in figures]
