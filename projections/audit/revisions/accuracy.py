"""How far a publisher's first figures are off: the revisions of many series, measured.

A *target* is a later value that a first release is compared with: the `latest`, the n-th release (`release_2`), or what
was known a number of months after the end of the period (`12m`). The revision is target - first, on the scale of the
latest value, without the kinds of change that are not counted (`projections.audit.revisions.comparable_values`); in
canonical units (`absolute`), and in percent of |first| (`percent`), where first is not 0.

Which series tell of a revision: those whose first release and target are points. Of the latest value only those with a
second release: a figure said once has not been looked at again. A horizon counts once it is reached, which it is when
it is not after `as_of`; a figure that nobody had touched until then was revised by 0.
"""

from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger.values import plain
from projections.audit.findings import Item
from projections.audit.revisions.change_kinds import KINDS
from projections.audit.revisions.comparable_values import Comparable, Exact, size
from projections.audit.revisions.releases import ATOMS
from projections.audit.revisions.settlement import Settlement
from projections.queries.allowance import Allowance

LARGEST = 10**150
"""In atoms or percent. The square of a greater number does not fit into floating point."""
CAUSES = {
    "confirmation": "confirmations",
    "revision": "revisions",
    "conflict": "conflicts",
    "withdrawal": "withdrawals",
    "republication": "republications",
}
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


class Assessed(NamedTuple):
    """A series on its scale, the item that shows it, and when it settled."""

    scaled: Comparable
    item: Item
    settlement: Settlement


Value = Callable[[Comparable], Exact | None]


def assessed(rows: Sequence[Assessed], options: Options, as_of: datetime, allowance: Allowance) -> Item:
    """What is said about these series together, in their order: `summary`, `statistics`, `error_by_age`, `efficiency`,
    `news_noise`, `settling`. `as_of` is in UTC, naive. Raises OutOfTime and Abandoned.
    """
    # Here, and not above: scipy and statsmodels take a second to import, which no other question should pay for.
    from projections.audit.revisions import statistics

    series = [row.scaled for row in rows]
    units = sorted({row.item["canonical_unit"] for row in rows})
    sections: dict[str, list[Item]] = {name: [] for name in ("statistics", "error_by_age", "efficiency", "news_noise")}
    for name, target in _targets(options, as_of):
        pairs = _pairs(allowance.each(series), _first, target)
        first, later = [_float(one) for one, _ in pairs], [_float(other) for _, other in pairs]
        changes = [_float(other - one) for one, other in pairs]
        about: Item = {"target": name, "measure": "absolute", "without": len(series) - len(pairs)}
        measured = statistics.of_revisions(changes)
        relative_size = statistics.relative_mean_absolute(changes, later)
        if relative_size is None:
            measured["reasons"]["relative_mean_absolute"] = "the later figures are all zero, or there are none"
        percents = _percents(pairs, of=0)
        sections["statistics"] += [
            _in_one_unit({**about, **measured, "relative_mean_absolute": relative_size}, units),
            {
                **about,
                "measure": "percent",
                "without": len(series) - len(percents),
                **statistics.of_revisions(percents),
            },
        ]
        for name_of_test, test in (("efficiency", statistics.efficiency), ("news_noise", statistics.news_and_noise)):
            sections[name_of_test].append(_in_one_unit({"target": name, **test(first, later)}, units))
    for months in options.horizons:
        pairs = _pairs(allowance.each(series), _known_after(months, as_of), _looked_at_again)
        errors, percents = [_float(then - latest) for then, latest in pairs], _percents(pairs, of=1)
        about = {"horizon": f"{months}m"}
        sections["error_by_age"] += [
            _in_one_unit({**about, "measure": "absolute", **statistics.quantiles_of(errors)}, units),
            {**about, "measure": "percent", **statistics.quantiles_of(percents)},
        ]
    settled = [row.settlement for row in rows if row.settlement.settled]
    return {
        "summary": _summary(rows, options, units),
        **sections,
        "settling": {
            "settled": len(settled),
            "unsettled": sum(row.settlement.settled is False for row in rows),
            "censored": sum(row.settlement.censored for row in rows),
            "without_value": sum(row.settlement.settled is None and not row.settlement.censored for row in rows),
            "tolerance_percent": plain(options.tolerance),
            "young_days": options.young,
            "after_days": statistics.quantiles_of([one.after_days for one in settled if one.after_days is not None]),
            "age_days": statistics.quantiles_of([one.age_days for one in settled if one.age_days is not None]),
        },
    }


def _summary(rows: Sequence[Assessed], options: Options, units: list[str]) -> Item:
    kinds = Counter(change.kind for row in rows for change in row.scaled.changes if change is not None)
    return {
        "series": len(rows),
        "published_once": sum(row.item["releases"] == 1 for row in rows),
        "withdrawn": sum(row.scaled.series.latest.withdrawn for row in rows),
        **{name: sum(row.item[name] for row in rows) for name in COUNTS},
        "changes": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
        "kinds": [kind for kind in KINDS if kind in options.kinds],
        "canonical_units": units,
    }


# Targets


def _targets(options: Options, as_of: datetime) -> Iterator[tuple[str, Value]]:
    yield "latest", _looked_at_again
    for number in options.releases:
        yield f"release_{number}", _release(number)
    for months in options.horizons:
        yield f"{months}m", _known_after(months, as_of)


def _first(scaled: Comparable) -> Exact | None:
    return scaled.first


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


# Pairs of values


def _pairs(series: Iterable[Comparable], one: Value, other: Value) -> list[tuple[Exact, Exact]]:
    """Two values of each series that has both."""
    pairs = ((one(of_series), other(of_series)) for of_series in series)
    return [
        (a, b)
        for a, b in pairs
        if a is not None and b is not None and -LARGEST < a < LARGEST and -LARGEST < b < LARGEST
    ]


def _percents(pairs: Sequence[tuple[Exact, Exact]], *, of: int) -> list[float]:
    """The differences of pairs in percent of one of the two, where that is not 0: with `of=0` what came second less the
    first in percent of the first, with `of=1` what came first less the second in percent of the second.
    """
    percents = [(pair[1 - of] - pair[of]) * 100 / size(pair[of]) for pair in pairs if pair[of]]
    return [float(percent) for percent in percents if -LARGEST < percent < LARGEST]


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
