"""Uncertainty: how far a figure may still move, from its publisher's own record of revisions.

The record (`revision_record`) says how figures of the same publisher and metric, at the same age and with about the
same lag, moved within as many publications; the ends of the band are quantiles of these moves (`revision_bands`).
Where a metric's record is too short, all that the publisher said counts; where that is too short as well there is no
band, and the reason says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import numpy as np

from ledger.values import EXACT, plain
from projections.audit.expected_revisions.revision_bands import Band, LikeFigures, Trial
from projections.audit.expected_revisions.revision_record import Places, RevisionRecord
from projections.audit.findings import Findings, Item, items_of
from projections.catalogue import FIGURE_IDENTITY, FIGURE_VALUE, SERIES
from projections.queries.figure_pages import subject_page
from projections.queries.filter_values import Value
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.sql_text import quoted

LEVEL = 80
"""In percent: how many of the bands are meant to hold."""
PUBLICATIONS = 1
AGE_MAX = 12
"""From this age on figures are taken to be of one age."""
DIGITS = 6
"""An end has so many significant digits, or as many decimals as the figure where that is more; rounded outwards."""
_GUARD = 4
_ROUNDING = Context(prec=100)
_IN_PERCENT = "percent"
_HEAD = f"""
SELECT {", ".join(map(quoted, (*FIGURE_IDENTITY, "publisher", "event_id", "published_at", *FIGURE_VALUE)))},
  type = 'FigureWithdrawn' AS withdrawn
FROM chosen
QUALIFY LEAD(position) OVER (PARTITION BY figure_id, publisher ORDER BY published_until, position) IS NULL
ORDER BY {", ".join(f"{quoted(name)} NULLS FIRST" for name in SERIES.order[:-2])}
"""


def uncertainty(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    level: int = LEVEL,
    publications: int = PUBLICATIONS,
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The series that filters select, each with the band in which it will lie after so many publications of its line.

    Items, `limit` of them from `offset` on: the key; the last entry's `event_id` and `published_at`; `value` in
    `canonical_unit`; `age` (publications of the line since the first release); `low`, `expected` and `high` (decimals);
    `by`: `ratio` or `difference`; what it rests on: `own` figures of the same line, `others` of other lines, `of` the
    same `metric` or the whole `publisher`, and of these the share that did not move (`unchanged_share`); and what came
    of such bands before: `tried`, `held`, `held_share`, and the share left outside by now (`outside`). What is null has
    its reason in `reasons`.

    `level` is in percent. Raises UnknownFilter and FilterError.
    """
    heads = list(_heads(reader, filters or {}, limit=limit, offset=offset))
    if not heads:
        return Findings([])
    records = _Records(reader, heads, level=level / 100, publications=publications)
    return Findings([records.item(head) for head in reader.allowance.each(heads)])


def _heads(reader: Reader, filters: Mapping[str, Value], *, limit: int | None, offset: int) -> Iterator[Item]:
    """What stands of each series, in order."""
    subjects, before = None, 0
    if limit is not None and not {"subject", "figure_id"} & set(filters):

        def counted(some: Sequence[str]) -> dict[str, int]:
            query = "SELECT subject, COUNT(DISTINCT (figure_id, publisher)) FROM chosen GROUP BY subject"
            found = reader.series("published", filters, query=query, subjects=some)
            return dict(reader.allowance.tuples_of(found))

        subjects, before = subject_page(reader.ask, counted, limit=limit, offset=offset)
    page = "" if limit is None else f" LIMIT {limit:d} OFFSET {offset - before:d}"
    table = reader.series("history", filters, query=_HEAD + page, subjects=subjects)
    points = table["canonical_value"].to_pylist()
    for item, point in zip(items_of(presented(table), reader.allowance), points, strict=True):
        yield {**item, "point": point}


class _Records:
    """The records of the publishers and metrics of some series, and what follows from them."""

    def __init__(self, reader: Reader, heads: Sequence[Item], *, level: float, publications: int) -> None:
        self._reader, self._level, self._publications = reader, level, publications
        of = {name: sorted({head[name] for head in heads}) for name in ("publisher", "metric")}
        self._publishers = of["publisher"]
        self._of_metrics = _Record(reader, of, places=3)
        self._of_publishers: _Record | None = None
        self._known: dict[Any, tuple[LikeFigures, Trial]] = {}

    def item(self, head: Item) -> Item:
        """The item of a series."""
        point, withdrawn = head.pop("point"), head.pop("withdrawn")
        said = {name: head.pop(name) for name in FIGURE_VALUE}
        item = {**head, "value": said["canonical_value"]}
        if withdrawn:
            return {**item, **_without_age("withdrawn")}
        if point is None:
            return {**item, **_without_age("not a single value")}
        cell = self._of_metrics.cells[head["figure_id"], head["publisher"]]
        item["age"] = int(self._of_metrics.record.age[cell])
        in_percent = head["canonical_unit"] == _IN_PERCENT
        as_ratio = point > 0 and not self._of_metrics.record.below_zero[cell]
        band, trial = self._band(self._of_metrics, cell, as_ratio=as_ratio, alone=not (as_ratio or in_percent))
        of = "metric"
        if band is None and as_ratio:
            if self._of_publishers is None:
                self._of_publishers = _Record(self._reader, {"publisher": self._publishers}, places=2)
            narrower = self._widest(cell)
            cell = self._of_publishers.cells[head["figure_id"], head["publisher"]]
            (band, trial), of = self._band(self._of_publishers, cell, as_ratio=True, alone=False), "publisher"
            band = None if band is None else band.around(narrower)
        if band is None:
            return {**item, **_none(self._too_few(of, as_ratio=as_ratio))}
        return {**item, **_shown(point, band, trial, of=of, as_ratio=as_ratio)}

    def _band(self, of: "_Record", cell: int, *, as_ratio: bool, alone: bool) -> tuple[Band | None, Trial]:
        like, trial = self._tried(of, cell, as_ratio=as_ratio, alone=alone)
        return like.band(trial, line=int(of.record.line[cell]), lag=float(of.record.lag[cell])), trial

    def _widest(self, cell: int) -> Band | None:
        """The band, as ratios, of the highest level for which the record of the metric is long enough."""
        of = self._of_metrics
        like, trial = self._tried(of, cell, as_ratio=True, alone=False)
        return like.widest(trial, line=int(of.record.line[cell]), lag=float(of.record.lag[cell]))

    def _tried(self, of: "_Record", cell: int, *, as_ratio: bool, alone: bool) -> tuple[LikeFigures, Trial]:
        age = min(int(of.record.age[cell]), AGE_MAX)
        line = int(of.record.line[cell])
        group = line if alone else of.group_of[cell]
        key = (id(of), group, age, as_ratio)
        if key not in self._known:
            cells = np.flatnonzero(of.record.line == line) if alone else of.groups[of.group_of[cell]]
            moved = of.record.moved(cells, age=age, publications=self._publications)
            like = LikeFigures(moved, as_ratios=as_ratio)
            self._known[key] = like, like.trial(self._level, self._reader.allowance)
        return self._known[key]

    def _too_few(self, of: str, *, as_ratio: bool) -> str:
        needed = int(np.ceil(2 / (1 - self._level) - 1e-9)) - 1
        whose = "publisher" if of == "publisher" else "publisher on this metric" if as_ratio else "series"
        return (
            f"the record of the {whose} is too short: {needed} figures at this age, published with about the same lag "
            f"and {self._publications} publications ago at least, are needed for {self._level:.0%}"
        )


class _Record:
    """A record, and where in it figures and groups are."""

    def __init__(self, reader: Reader, filters: Mapping[str, Value], *, places: int) -> None:
        self.record = RevisionRecord(reader, filters)
        self.cells = {key: place for place, key in enumerate(self.record.ids)}
        groups: dict[tuple[Any, ...], list[int]] = {}
        self.group_of: list[tuple[Any, ...]] = []
        for place, (publisher, metric, nature, unit) in enumerate(reader.allowance.each(self.record.keys)):
            group = (publisher, nature, metric if places > 2 else None, unit == _IN_PERCENT)
            groups.setdefault(group, []).append(place)
            self.group_of.append(group)
        self.groups: dict[tuple[Any, ...], Places] = {
            group: np.array(cells, dtype=np.int64) for group, cells in groups.items()
        }


def _shown(point: Decimal, band: Band, trial: Trial, *, of: str, as_ratio: bool) -> Item:
    ends = [_moved(point, one, as_ratio=as_ratio) for one in (band.low, band.middle, band.high)]
    decimals = max(DIGITS - 1 - point.adjusted() if point else DIGITS, _decimals(point))
    ways = (ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_CEILING)
    low, expected, high = (_rounded(end, decimals, way) for end, way in zip(ends, ways, strict=True))
    return {
        "low": low,
        "expected": expected,
        "high": high,
        "by": "ratio" if as_ratio else "difference",
        "own": band.own,
        "others": band.others,
        "of": of,
        "unchanged_share": band.unchanged,
        "tried": trial.tried,
        "held": trial.held,
        "held_share": trial.held / trial.tried if trial.tried else None,
        "outside": round(trial.outside, 6),
        "no_band": None,
        "reasons": {} if trial.tried else {"held_share": "no such band could be given before"},
    }


def _none(why: str) -> Item:
    names = ("low", "expected", "high", "by", "of", "unchanged_share", "held_share", "outside")
    return {
        **dict.fromkeys(names[:4]),
        "own": 0,
        "others": 0,
        **dict.fromkeys(names[4:6]),
        "tried": 0,
        "held": 0,
        **dict.fromkeys(names[6:]),
        "no_band": why,
        "reasons": dict.fromkeys(names, why),
    }


def _without_age(why: str) -> Item:
    none = _none(why)
    return {"age": None, **none, "reasons": {"age": why, **none["reasons"]}}


def _moved(point: Decimal, move: float, *, as_ratio: bool) -> Decimal:
    exact = Decimal(move)
    return EXACT.multiply(point, EXACT.add(Decimal(1), exact)) if as_ratio else EXACT.add(point, exact)


def _rounded(number: Decimal, decimals: int, way: str) -> str:
    """An end at a number of decimals. What floating point left behind the last digits does not push it outwards."""
    near = number.quantize(Decimal(1).scaleb(-decimals - _GUARD), ROUND_HALF_EVEN, _ROUNDING)
    return plain(near.quantize(Decimal(1).scaleb(-decimals), way, _ROUNDING))


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(-int(exponent), 0)
