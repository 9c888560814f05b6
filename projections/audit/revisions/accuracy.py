"""How far a publisher's first figures are off: the revisions of many series, measured.

A *target* is a later value that a first release is compared with: the `latest`, the n-th release (`release_2`), or what
was known a number of months after the end of the period (`12m`). The revision is target - first, on the scale of the
latest value, without the kinds of change that are not counted (`projections.audit.revisions.comparable_values`); in
canonical units (`absolute`), and in percent of |first| (`percent`), where first is not 0.

Which series tell of a revision: those whose first release and target are points. Of the latest value only those with a
second release: a figure said once has not been looked at again. A horizon counts once it is reached, which it is when
it is not after `as_of`; a figure that nobody had touched until then was revised by 0.
"""

import math
from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ledger.values import plain
from projections.audit.atoms import ATOMS, atoms_of
from projections.audit.findings import Item
from projections.audit.revisions.change_kinds import KINDS
from projections.audit.revisions.comparable_values import Comparable, Exact, size
from projections.audit.revisions.settlement import Settlement

LARGEST = 10**150
"""In atoms or percent. The square of a greater number does not fit into floating point."""
CAUSES = {
    "confirmation": "confirmations",
    "revision": "revisions",
    "conflict": "conflicts",
    "withdrawal": "withdrawals",
    "republication": "republications",
}
LATEST = "latest"
"""The target that every series has."""
SERIES_TOGETHER = 20_000
"""Series whose values are exact numbers of Python at the same time."""
Vector = NDArray[np.float64]
Places = NDArray[np.int64]
_TIMES = (("first_until", "us"), ("settled_until", "us"), ("period_end", "D"))
COUNTS = ("statements", "releases", *CAUSES.values(), "announced", "silent")


@dataclass(frozen=True)
class Options:
    """What counts as revision, and what it is measured by."""

    kinds: Sequence[str] = KINDS
    """The kinds of change that count (`projections.audit.revisions.change_kinds`)."""
    releases: Sequence[int] = (2,)
    """n, from 2: revisions from the first to the n-th release."""
    horizons: Sequence[int] = (3, 12, 24, 36)
    """Months after the end of the period."""
    tolerance: Decimal = Decimal(1)
    """A figure has settled when it stays within this many percent of its latest value."""
    young: int = 365
    """A figure is too young to have settled until this many days after its first release, and after its last move."""
    by: Sequence[str] = ()
    """What series are grouped by."""


Value = Callable[[Comparable], Exact | None]


class _Compared:
    """One value of each series beside another, as floating-point numbers, by the place of the series: not a number
    where one of the values is missing.

    `percents` is what came second less the first in percent of one of the two (`base`), where that is not 0; with
    `base=1` the first less the second.
    """

    def __init__(self, count: int, *, base: int = 0) -> None:
        self._base = base
        self.one, self.other, self.changes, self.percents = (np.full(count, np.nan) for _ in range(4))

    def fill(self, start: int, one: pa.Array, other: pa.Array) -> None:
        """Take in the values of series from a place on."""
        both = pc.and_(one.is_valid(), other.is_valid())
        places = np.flatnonzero(both.to_numpy(zero_copy_only=False)) + start
        first, second = atoms_of(one.filter(both)), atoms_of(other.filter(both))
        changes = [after - before for before, after in zip(first, second, strict=True)]
        bases = first
        if self._base == 1:
            changes, bases = [-change for change in changes], second
        self.one[places] = [atoms / ATOMS for atoms in first]
        self.other[places] = [atoms / ATOMS for atoms in second]
        self.changes[places] = [change / ATOMS for change in changes]
        self.percents[places] = [
            change * 100 / abs(base) if base else math.nan for change, base in zip(changes, bases, strict=True)
        ]

    def at(self, chosen: Any) -> "_Known":
        """Those of the series at some places, without the missing ones."""
        there = ~np.isnan(self.one[chosen])
        one, other, changes = (column[chosen][there] for column in (self.one, self.other, self.changes))
        percents = self.percents[chosen]
        return _Known(one, other, changes, percents[~np.isnan(percents)])

    def put(self, place: int, one: Exact | None, other: Exact | None) -> None:
        """Take in the values of one series, in place of those that it had."""
        compared = (math.nan,) * 4
        if one is not None and other is not None and -LARGEST < one < LARGEST and -LARGEST < other < LARGEST:
            compared = self._comparison(one, other)
        self.one[place], self.other[place], self.changes[place], self.percents[place] = compared

    def _comparison(self, one: Exact, other: Exact) -> tuple[float, float, float, float]:
        change, base = (other - one, one) if self._base == 0 else (one - other, other)
        percent = math.nan
        if base:
            exactly = change * 100 / size(base) if change else 0.0
            if -LARGEST < exactly < LARGEST:
                percent = float(exactly)
        value = _float(one)
        return value, value if other == one else _float(other), _float(change) if change else 0.0, percent


class _Known(NamedTuple):
    one: Vector
    other: Vector
    changes: Vector
    percents: Vector


class Measures:
    """What is measured of series, which have their places in a table (`series_changes`): a few numbers of each."""

    def __init__(self, table: pa.Table, options: Options, as_of: datetime) -> None:
        """`as_of` is in UTC, naive."""
        self._options = options
        self._table = table
        self._values = dict(_targets(options, as_of))
        self._targets = {name: _Compared(len(table)) for name in self._values}
        self._horizons = {f"{months}m": _Compared(len(table), base=1) for months in options.horizons}
        self._counts = {name: _whole(table[name]) for name in COUNTS}
        self._kinds = {name: _whole(table[name]) for name in KINDS if name in table.column_names}
        self._kinds |= {name: np.zeros(len(table), np.int64) for name in KINDS if name not in self._kinds}
        self._withdrawn = table["withdrawn"].to_numpy()
        self._units = table["canonical_unit"].combine_chunks().dictionary_encode()
        self._settlement(as_of)
        start = 0
        for batch in table.to_batches(max_chunksize=SERIES_TOGETHER):
            self._fill(start, batch)
            start += len(batch)

    def _fill(self, start: int, batch: pa.RecordBatch) -> None:
        latest = pc.if_else(pc.greater(batch["releases"], 1), batch[LATEST], None)
        for name, compared in self._targets.items():
            compared.fill(start, batch["release_1"], latest if name == LATEST else batch[name])
        for name, compared in self._horizons.items():
            compared.fill(start, batch[name], latest)

    def _settlement(self, as_of: datetime) -> None:
        table, count, young = self._table, len(self._table), np.timedelta64(self._options.young, "D")
        now = np.datetime64(as_of, "us")
        first, at, end = (_times(table[name], unit) for name, unit in _TIMES)
        nothing = (self._counts["releases"] == 0) | self._withdrawn | ~_there(table[LATEST])
        self._censored = ~nothing & (now - first < young)
        known = ~nothing & ~self._censored
        self._settled = np.zeros(count, np.int8)
        self._settled[known] = np.where(now - at[known] >= young, 1, -1)
        self._after_days = (at.astype("M8[D]") - first.astype("M8[D]")).astype(np.int64)
        self._has_age = _there(table["period_end"])
        self._age_days = (at.astype("M8[D]") - end).astype(np.int64)

    def put(self, place: int, scaled: Comparable, counted: Mapping[str, int], settled: Settlement) -> None:
        """Take in a series in place of what is in the table: on its scale, its entries counted, and when it settled."""
        values = {name: value(scaled) for name, value in self._values.items()}
        for name, compared in self._targets.items():
            compared.put(place, scaled.first, values[name])
        for name, compared in self._horizons.items():
            compared.put(place, values[name], values[LATEST])
        kinds = Counter(change.kind for change in scaled.changes if change is not None)
        for name, column in self._kinds.items():
            column[place] = kinds[name]
        for name, column in self._counts.items():
            column[place] = counted[name]
        self._settled[place] = 0 if settled.settled is None else 1 if settled.settled else -1
        self._censored[place] = settled.censored
        self._after_days[place] = settled.after_days or 0
        self._age_days[place] = settled.age_days or 0

    def members(self, places: Places | None = None) -> Item:
        """`summary`, `statistics`, `error_by_age`, `efficiency`, `news_noise` and `settling` of the series at some
        places, in order; of all by default.
        """
        chosen: Any = slice(None) if places is None else places
        # Here, and not above: scipy and statsmodels take a second to import, which no other question should pay for.
        from projections.audit.revisions import statistics

        codes = np.unique(self._units.indices.to_numpy()[chosen])
        units = sorted(self._units.dictionary.take(pa.array(codes)).to_pylist())
        series = len(self._withdrawn[chosen])
        sections: dict[str, list[Item]] = {
            name: [] for name in ("statistics", "error_by_age", "efficiency", "news_noise")
        }
        for name, compared in self._targets.items():
            known = compared.at(chosen)
            about: Item = {"target": name, "measure": "absolute", "without": series - len(known.one)}
            measured = statistics.of_revisions(known.changes)
            relative_size = statistics.relative_mean_absolute(known.changes, known.other)
            if relative_size is None:
                measured["reasons"]["relative_mean_absolute"] = "the later figures are all zero, or there are none"
            in_percent = {"measure": "percent", "without": series - len(known.percents)}
            sections["statistics"] += [
                _in_one_unit({**about, **measured, "relative_mean_absolute": relative_size}, units),
                {**about, **in_percent, **statistics.of_revisions(known.percents)},
            ]
            tests = (("efficiency", statistics.efficiency), ("news_noise", statistics.news_and_noise))
            for name_of_test, test in tests:
                sections[name_of_test].append(_in_one_unit({"target": name, **test(known.one, known.other)}, units))
        for name, compared in self._horizons.items():
            known = compared.at(chosen)
            about = {"horizon": name}
            sections["error_by_age"] += [
                _in_one_unit({**about, "measure": "absolute", **statistics.quantiles_of(known.changes)}, units),
                {**about, "measure": "percent", **statistics.quantiles_of(known.percents)},
            ]
        settled = self._settled[chosen] > 0
        return {
            "summary": self._summary(chosen, units),
            **sections,
            "settling": {
                **self._settling(chosen),
                "tolerance_percent": plain(self._options.tolerance),
                "young_days": self._options.young,
                "after_days": statistics.quantiles_of(self._after_days[chosen][settled]),
                "age_days": statistics.quantiles_of(self._age_days[chosen][settled & self._has_age[chosen]]),
            },
        }

    def _settling(self, chosen: Any) -> Item:
        settled, censored = self._settled[chosen], self._censored[chosen]
        return {
            "settled": int((settled > 0).sum()),
            "unsettled": int((settled < 0).sum()),
            "censored": int(censored.sum()),
            "without_value": int(((settled == 0) & ~censored).sum()),
        }

    def _summary(self, chosen: Any, units: list[str]) -> Item:
        kinds = {kind: int(self._kinds[kind][chosen].sum()) for kind in KINDS}
        return {
            "series": len(self._withdrawn[chosen]),
            "published_once": int((self._counts["releases"][chosen] == 1).sum()),
            "withdrawn": int(self._withdrawn[chosen].sum()),
            **{name: int(self._counts[name][chosen].sum()) for name in COUNTS},
            "changes": {kind: count for kind, count in kinds.items() if count},
            "kinds": [kind for kind in KINDS if kind in self._options.kinds],
            "canonical_units": units,
        }


# Targets


def _targets(options: Options, as_of: datetime) -> Iterator[tuple[str, Value]]:
    yield LATEST, _looked_at_again
    for number in options.releases:
        yield f"release_{number}", _release(number)
    for months in options.horizons:
        yield f"{months}m", _known_after(months, as_of)


def _looked_at_again(scaled: Comparable) -> Exact | None:
    return scaled.latest if len(scaled.series.releases) > 1 else None


def _release(number: int) -> Value:
    return lambda scaled: scaled.release(number)


def _known_after(months: int, as_of: datetime) -> Value:
    """What was known that many months after the end of the period; None where that is after `as_of`, or no point."""

    def known(scaled: Comparable) -> Exact | None:
        seen_at = scaled.series.period_end and months_after(scaled.series.period_end, months)
        if seen_at is None or seen_at > as_of:
            return None
        place = bisect_right(scaled.series.vintages, seen_at, key=lambda entry: entry.published_until)
        return scaled.values[place - 1] if place else None

    return known


@lru_cache(maxsize=65_536)
def months_after(day: date, months: int) -> datetime | None:
    """The end of the day that lies that many months after a day; of a month's last day, that of a month's last day.

    Three months after 31 January is 30 April, and three months after that 31 July. None after the year 9999.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > MAXYEAR:
        return None
    is_last = day.day == monthrange(day.year, day.month)[1]
    last = monthrange(year, month)[1]
    return datetime.combine(date(year, month, last if is_last else min(day.day, last)), time.max)


def _whole(column: pa.ChunkedArray) -> Any:
    """Whole numbers that can be written to."""
    return np.array(column.to_numpy(), dtype=np.int64)


def _there(column: pa.ChunkedArray) -> Any:
    return column.is_valid().to_numpy()


def _times(column: pa.ChunkedArray, unit: str) -> Any:
    return column.cast(pa.int64() if unit == "us" else pa.int32()).fill_null(0).to_numpy().astype(f"M8[{unit}]")


def _float(atoms: Exact) -> float:
    """A value in canonical units, correctly rounded."""
    return float(atoms / ATOMS)


def _in_one_unit(measured_item: Item, units: Sequence[str]) -> Item:
    """Statistics of values, which mean nothing where the values are in several units."""
    if len(units) <= 1:
        return measured_item
    measured = [
        name for name in measured_item if name not in ("target", "horizon", "measure", "without", "n", "reasons")
    ]
    why = f"the series are in {len(units)} units: see canonical_units"
    return {**measured_item, **dict.fromkeys(measured), "reasons": dict.fromkeys(measured, why)}
