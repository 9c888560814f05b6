"""The revision record: what publishers said of their figures at each of their publications, as vectors.

A *line* is the figures of a publisher that differ in their period only (the production of one country in one unit, year
by year). Its *publications* are the times at which anything was said in it: each of them left every older figure of the
line as it was, or changed it. The *age* of a figure is the number of publications of its line since it was first given
as a point; its *lag* the days from the end of its period to that first release.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from projections.catalogue import FIGURE_BESIDE_PERIOD
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.sql_text import quoted

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

NO_LAG = np.nan
_LINE = ("publisher", *FIGURE_BESIDE_PERIOD)
_GROUP = ("publisher", "metric", "nature")
_DAY = 86_400_000_000
"""Microseconds."""


def _ranked(names: Sequence[str], by: str) -> str:
    order = ", ".join(f"{quoted(name)} NULLS FIRST" for name in names)
    return f"DENSE_RANK() OVER (ORDER BY {order}) - 1 AS {by}"


_VINTAGES = f"""
SELECT
  {", ".join(map(quoted, _GROUP))},
  canonical_unit,
  CAST(figure_id AS VARCHAR) AS figure_id,
  {_ranked(_LINE, "line")},
  period_end,
  published_until,
  CAST(canonical_value AS DOUBLE) AS said
FROM (
  FROM chosen
  QUALIFY LEAD(published_until) OVER (PARTITION BY figure_id, publisher ORDER BY published_until, position)
    IS DISTINCT FROM published_until
)
ORDER BY line, period_end NULLS FIRST, figure_id, published_until
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Figures at one age and so many publications later: what was said of them, when, and what they are of.

    All members are of one length. `first` and `later` are values in canonical units, `seen` and `known` the times (in
    microseconds) at which they were published, `lag` is in days (NaN: the figure has no period), `cell` the place of a
    figure in the record.
    """

    cell: Places
    line: Places
    lag: Numbers
    first: Numbers
    later: Numbers
    seen: Places
    known: Places

    def __len__(self) -> int:
        return len(self.cell)

    def where(self, those: NDArray[Any]) -> "Moved":
        """Some of them, in the order of their places."""
        return Moved(*(getattr(self, name)[those] for name in self.__slots__))


class RevisionRecord:
    """The record of some publishers about some metrics at the reader's viewpoint."""

    def __init__(self, reader: Reader, filters: Mapping[str, Value]) -> None:
        table = reader.series("published", filters, query=_VINTAGES)
        self._said: Numbers = _numbers(table["said"])
        until = _column(table["published_until"].cast(pa.int64()))
        line = _column(table["line"])
        figure = _codes(table["figure_id"]) if len(table) else np.zeros(0, np.int64)
        opens = _changes(line, figure)
        self._starts: Places = np.flatnonzero(opens)
        """The row at which each figure begins."""
        self._cell = np.cumsum(opens) - 1
        publication, line_starts, self._times = _publications(line, until)
        self._place = publication
        """Of each row, the place of its publication in its line."""
        heads = table.take(pa.array(self._starts))
        self.line: Places = line[self._starts]
        """Of each figure, its line."""
        self.keys = [tuple(row.values()) for row in heads.select([*_GROUP, "canonical_unit"]).to_pylist()]
        self.ids: list[tuple[str, str]] = list(
            zip(heads["figure_id"].to_pylist(), heads["publisher"].to_pylist(), strict=True)
        )
        self._line_starts = line_starts[self.line]
        self._count = np.diff(np.append(line_starts, len(self._times)))[self.line]
        below = np.zeros(len(line_starts), dtype=bool)
        below[line[self._said < 0]] = True
        self.below_zero: NDArray[np.bool_] = below[self.line]
        """Of each figure, whether anything below zero was ever said in its line."""
        self._born = self._first_points()
        ends = _numbers(heads["period_end"].cast(pa.int32()).cast(pa.float64()))
        born_at = self._time(np.maximum(self._born, 0))
        self.lag: Numbers = np.where(self._born < 0, NO_LAG, born_at // _DAY - ends)
        """Of each figure, the days from the end of its period to its first release; NaN where it has no period."""

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def age(self) -> Places:
        """Of each figure, the publications of its line since its first release; -1 where no point was ever given."""
        return np.where(self._born < 0, -1, self._count - 1 - self._born)

    def moved(self, cells: Places, *, age: int, publications: int) -> Moved:
        """Of some figures, those that gave a point at an age and another, or the same, so many publications later."""
        cells = cells[self._born[cells] >= 0]
        before = self._born[cells] + age
        after = before + publications
        there = after < self._count[cells]
        cells, before, after = cells[there], before[there], after[there]
        first, later = self._at(cells, before), self._at(cells, after)
        points = ~(np.isnan(first) | np.isnan(later))
        cells, before, after = cells[points], before[points], after[points]
        starts = self._line_starts[cells]
        return Moved(
            cell=cells,
            line=self.line[cells],
            lag=self.lag[cells],
            first=first[points],
            later=later[points],
            seen=self._times[starts + before],
            known=self._times[starts + after],
        )

    def _at(self, cells: Places, places: Places) -> Numbers:
        """What stood of each figure at a publication of its line."""
        width = int(self._place.max(initial=0)) + 1
        keys = self._cell * width + self._place
        rows = np.searchsorted(keys, cells * width + places, side="right") - 1
        said: Numbers = self._said[rows]
        return said

    def _first_points(self) -> Places:
        """Of each figure, the place of the publication that first gave a point; -1 where none did."""
        born = np.full(len(self._starts), -1, dtype=np.int64)
        rows = np.flatnonzero(~np.isnan(self._said))[::-1]
        born[self._cell[rows]] = self._place[rows]
        return born

    def _time(self, places: Places) -> Places:
        times: Places = self._times[self._line_starts + places] if len(places) else np.zeros(0, np.int64)
        return times


def _publications(line: Places, until: Places) -> tuple[Places, Places, Places]:
    """Of each row the place of its time among those of its line; where the times of each line start; and all times."""
    order = np.lexsort((until, line))
    opens = _changes(line[order], until[order])
    times = until[order][opens]
    of_line = line[order][opens]
    count = int(line.max(initial=-1)) + 1
    starts = np.searchsorted(of_line, np.arange(count))
    number = np.empty(len(line), dtype=np.int64)
    number[order] = np.cumsum(opens) - 1
    return number - starts[line] if count else number, starts, times


def _changes(*columns: Places) -> NDArray[np.bool_]:
    """Where any column differs from the row before; the first row does."""
    if not len(columns[0]):
        return np.zeros(0, dtype=bool)
    differs = np.zeros(len(columns[0]), dtype=bool)
    differs[0] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return differs


def _codes(texts: pa.ChunkedArray) -> Places:
    return _column(texts.dictionary_encode().combine_chunks().indices)


def _column(column: pa.ChunkedArray | pa.Array) -> Places:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _numbers(column: pa.ChunkedArray) -> Numbers:
    """A column of numbers, NaN where there is none."""
    return np.asarray(column.to_numpy(), dtype=np.float64)
