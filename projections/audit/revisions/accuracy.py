"""How far a publisher's first figures are off: the revisions of many series, measured.

A *target* is a later value that a first release is compared with: the `latest`, the n-th release (`release_2`), or what
was known a number of months after the end of the period (`12m`). The revision is target - first, on the scale of the
latest value, without the kinds of change that are not counted (`projections.audit.revisions.comparable_values`); in
canonical units (`absolute`), and in percent of |first| (`percent`), where first is not 0.

Which series tell of a revision: those whose first release and target are points. Of the latest value only those with a
second release: a figure said once has not been looked at again. A horizon counts once it is reached, which it is when
it is not after `as_of`; a figure that nobody had touched until then was revised by 0.
"""

from array import array
from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from ledger.values import plain
from projections.audit.atoms import ATOMS
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
    """One value of each series beside another, as floating-point numbers, in the order of the series.

    `percents` is what came second less the first in percent of one of the two (`base`), where that is not 0; with
    `base=1` the first less the second.
    """

    def __init__(self, *, base: int = 0) -> None:
        self._base = base
        self.one, self.other, self.changes, self.percents = (array("d") for _ in range(4))

    def add(self, one: Exact | None, other: Exact | None) -> None:
        """Take a series in, where it has both values."""
        if one is None or other is None or not (-LARGEST < one < LARGEST and -LARGEST < other < LARGEST):
            return
        change, base = (other - one, one) if self._base == 0 else (one - other, other)
        self.one.append(_float(one))
        self.other.append(self.one[-1] if other is one else _float(other))
        self.changes.append(_float(change) if change else 0.0)
        if base:
            percent = change * 100 / size(base) if change else 0.0
            if -LARGEST < percent < LARGEST:
                self.percents.append(float(percent))


class Tally:
    """What is said about series together, which are taken in one after the other: a few numbers of each are kept."""

    def __init__(self, options: Options, as_of: datetime) -> None:
        """`as_of` is in UTC, naive."""
        self._options = options
        self._values = dict(_targets(options, as_of))
        self._targets = {name: _Compared() for name in self._values}
        self._horizons = {f"{months}m": _Compared(base=1) for months in options.horizons}
        self._units: set[str] = set()
        self._kinds: Counter[str] = Counter()
        self._counts = Counter(dict.fromkeys(("series", "published_once", "withdrawn", *COUNTS), 0))
        self._settled = Counter(dict.fromkeys(("settled", "unsettled", "censored", "without_value"), 0))
        self._after_days, self._age_days = array("q"), array("q")

    def add(self, scaled: Comparable, counted: Mapping[str, int], settled: Settlement) -> None:
        """Take a series in: on its scale, its entries counted (`COUNTS`), and when it settled."""
        first = scaled.first
        values = {name: value(scaled) for name, value in self._values.items()}
        for name, compared in self._targets.items():
            compared.add(first, values[name])
        for name, compared in self._horizons.items():
            compared.add(values[name], values[LATEST])
        self._units.add(scaled.series.key["canonical_unit"])
        self._kinds.update(change.kind for change in scaled.changes if change is not None)
        self._counts["series"] += 1
        self._counts["published_once"] += counted["releases"] == 1
        self._counts["withdrawn"] += scaled.series.latest.withdrawn
        for name in COUNTS:
            self._counts[name] += counted[name]
        self._settled["settled"] += bool(settled.settled)
        self._settled["unsettled"] += settled.settled is False
        self._settled["censored"] += settled.censored
        self._settled["without_value"] += settled.settled is None and not settled.censored
        if settled.settled:
            self._after_days.extend(() if settled.after_days is None else (settled.after_days,))
            self._age_days.extend(() if settled.age_days is None else (settled.age_days,))

    def members(self) -> Item:
        """`summary`, `statistics`, `error_by_age`, `efficiency`, `news_noise` and `settling` of the series so far."""
        # Here, and not above: scipy and statsmodels take a second to import, which no other question should pay for.
        from projections.audit.revisions import statistics

        units = sorted(self._units)
        series = self._counts["series"]
        sections: dict[str, list[Item]] = {
            name: [] for name in ("statistics", "error_by_age", "efficiency", "news_noise")
        }
        for name, known in self._targets.items():
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
        for name, known in self._horizons.items():
            about = {"horizon": name}
            sections["error_by_age"] += [
                _in_one_unit({**about, "measure": "absolute", **statistics.quantiles_of(known.changes)}, units),
                {**about, "measure": "percent", **statistics.quantiles_of(known.percents)},
            ]
        return {
            "summary": self._summary(units),
            **sections,
            "settling": {
                **self._settled,
                "tolerance_percent": plain(self._options.tolerance),
                "young_days": self._options.young,
                "after_days": statistics.quantiles_of(self._after_days),
                "age_days": statistics.quantiles_of(self._age_days),
            },
        }

    def _summary(self, units: list[str]) -> Item:
        return {
            **self._counts,
            "changes": {kind: self._kinds[kind] for kind in KINDS if self._kinds[kind]},
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
