"""What a planned append would do to answers: the item of each figure and thing before and after, where they differ."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from api.questions.page import Page
from ledger import Entry
from projections import CATALOGUE, Allowance, Engine, Reader, Viewpoint

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
    with engine.preview(entries, allowance) as reader:
        touched = list(map(str, reader.figures_touched(after=after)))
        items_after = reader.read("figures", figures=touched) if touched else None
        things = reader.things_touched(after=after)
        things_after = {name: _things(reader, name, keys) for name, keys in things.items()}
    listed: list[Item] = []
    more = 0
    if items_after is None and not things:
        return Effects(listed)
    with inquiry.reader(viewpoint) as reader:
        changed = _figures(reader, touched, items_after) if items_after is not None else iter(())
        things_before = {name: _things(reader, name, keys) for name, keys in things.items()}
        for effect in chain(changed, _differing(things_before, things_after)):
            if len(listed) < EFFECTS_LISTED_MAX:
                listed.append(effect)
            else:
                more += 1
    return Effects(listed, more)


def _figures(reader: Reader, touched: Sequence[str], items_after: pa.Table) -> Iterator[Item]:
    before, after = _Items(reader.read("figures", figures=touched)), _Items(items_after)
    for start in range(0, len(touched), COMPARED_AT_ONCE):
        some = touched[start : start + COMPARED_AT_ONCE]
        for figure, earlier, later in zip(some, before.of(some), after.of(some), strict=True):
            if earlier != later:
                yield {"figure_id": figure, "before": earlier, "after": later}


Known = dict[tuple[Any, ...], Item]


def _things(reader: Reader, name: str, keys: Sequence[tuple[str, ...]]) -> Known:
    """The items of some things of a resource, by what tells them apart: slug, part, role, and place in their order."""
    projection = CATALOGUE[name]
    known_by = [column for column in projection.order if column not in projection.hidden]
    (first, *_), wanted = known_by, set(keys)
    found: Known = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    for start in range(0, len(keys), COMPARED_AT_ONCE):
        slugs = sorted({key[0] for key in keys[start : start + COMPARED_AT_ONCE]})
        table = reader.read(name, filters={first: slugs})
        for item in Page(table, basis={}, objects=projection.objects).rows():
            if tuple(item[column] for column in known_by[: len(keys[0])]) in wanted:
                told = tuple(item[column] for column in known_by)
                found[(*told, seen[told])] = item
                seen[told] += 1
    return found


def _differing(before: dict[str, Known], after: dict[str, Known]) -> Iterator[Item]:
    for name in before:
        projection = CATALOGUE[name]
        known_by = [column for column in projection.order if column not in projection.hidden]
        for told in sorted(before[name].keys() | after[name].keys(), key=lambda told: tuple(map(str, told))):
            earlier, later = before[name].get(told), after[name].get(told)
            if earlier != later:
                which = dict(zip(known_by, told, strict=False))
                yield {"resource": name, **which, "before": earlier, "after": later}


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
