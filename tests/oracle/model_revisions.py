"""The judge of revisions: how each series moved, of what kind each move was, and what all of them amount to.

Folded from the model's statements at a viewpoint, in fractions throughout: nothing is rounded before it is shown. Each
question is answered by looking at everything again; nothing is carried along.

Decisions, where the question leaves room:
 1. A vintage is the last statement of one publication instant; a release is a vintage that says something.
 2. What counts is the change between releases. Where a vintage repeats itself, the first statement of it that says what
    it says at its end made the change.
 3. A change over a range or symbol is left out only where all its parts are; one over a withdrawal never is.
 4. A series said once has no revision to its latest value, and no error by age.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, permutations
from math import floor, isqrt, log10, sqrt
from typing import Any, NamedTuple

from scipy import stats

from ledger.values import plain, unit
from tests.oracle.facts import Item, canonical_json, printed
from tests.oracle.model import Model, Statement, cause_of
from tests.oracle.model_vintages import all_series, months_after, vintages_of

KINDS = ("unchanged", "status", "unit_relabel", "rescale", "definition", "rounding", "substantial")
SCALING = ("unit_relabel", "rescale", "definition")
MASSES = ("g", "kg", "t", "kt", "Mt", "lb", "short_ton")
REDEFINING = ("definition_change", "methodology_change")
ANNOUNCING = ("erratum", "errata", "corrigendum", "revision", "restatement")
MEANING = (
    "definition|definitions|defined|methodology|methodologies|method|methods|basis|coverage|scope|concept|concepts|"
    "classification"
)
CHANGE = (
    "change|changes|changed|changing|new|revised|revises|switch|switches|switched|moved|moves|replaced|replaces|"
    "broadened|widened|narrowed|extended|expanded|restricted|different|differs|updated"
)
REDEFINED = "redefined|redefinition|reclassified|reclassification"
POWERS = [Fraction(f"1e{power}") for power in range(-60, 61) if power]
MASS_RATIOS = [
    Fraction(unit(one).factor) / Fraction(unit(other).factor)
    for one, other in permutations(MASSES, 2)
    if {one, other} & {"lb", "short_ton"}
]
UNDECIDED = object()
"""What floating point cannot decide: nothing is expected of it."""


@dataclass(frozen=True)
class Asked:
    """The question's own parameters."""

    kinds: Sequence[str] = KINDS
    releases: Sequence[int] = (2,)
    horizons: Sequence[int] = (3, 12, 24, 36)
    tolerance: Decimal = Decimal(1)
    young: int = 365


Series = list[Statement]


def value(statement: Statement) -> Fraction | None:
    """The canonical value, where a point is said."""
    return None if statement.points[0] is None else Fraction(statement.points[0])


def decimals(statement: Statement) -> int:
    """How many digits are printed behind the point."""
    return len((printed(statement.fact.get("value")) or "").partition(".")[2])


def half_unit(statement: Statement) -> Fraction:
    """Half a unit of the last digit printed."""
    return Fraction(unit(statement.fact.get("unit")).factor) * Fraction(f"1e-{decimals(statement)}") / 2


def significant(statement: Statement) -> tuple[int, Fraction]:
    """How many digits are significant, and half a unit of the last of them."""
    text = (printed(statement.fact.get("value")) or "").lstrip("-")
    half = half_unit(statement)
    if "." in text:
        return len(text.replace(".", "").lstrip("0")), half
    text = text.lstrip("0")
    while text.endswith("0"):
        text, half = text[:-1], half * 10
    return len(text), half


class Scale(NamedTuple):
    """What a table was multiplied by where a figure of it moved otherwise."""

    kind: str
    factor: Fraction


class Judge:
    """The answers at one viewpoint."""

    def __init__(self, model: Model, as_of: datetime, position: int) -> None:
        self.as_of = as_of
        self.series = list(all_series(model, as_of, position))
        names = model.names(position)
        self.notices = sorted(
            (
                (
                    fact.published.end,
                    fact.position,
                    fact.event_id,
                    fact.body["attribute"],
                    names.resolve(fact.body["subject"]),
                )
                for fact in model.visible(as_of, position, "StatementRecorded")
                if fact.body["attribute"] in REDEFINING + ANNOUNCING
            ),
        )
        # The same question has the same answer: only what is asked again and again is remembered.
        self._factors: dict[Any, tuple[Fraction, Fraction] | None] = {}
        self._kinds: dict[Any, tuple[str, str, Scale | None] | None] = {}
        self._values: dict[Any, list[Fraction | None]] = {}

    # Kinds

    def kind(self, series: Series, before: Statement, after: Statement) -> tuple[str, str, Scale | None] | None:
        """(kind, rule, the scale on which it was judged) of the change from one statement to another."""
        place = (before.fact.event_id, after.fact.event_id)
        if place not in self._kinds:
            self._kinds[place] = self._kind(series, before, after)
        return self._kinds[place]

    def _kind(self, series: Series, before: Statement, after: Statement) -> tuple[str, str, Scale | None] | None:
        if before.withdrawn or after.withdrawn:
            return None
        if before.says == after.says:
            if before.fact.get("status") != after.fact.get("status"):
                return "status", "other_status", None
            return ("unit_relabel", "other_unit", None) if _units(before, after) else ("unchanged", "same", None)
        old, new = value(before), value(after)
        table = relabelled = None
        if old is not None and new is not None:
            later = before.order[0] < after.order[0]
            table = self.factor(series, after.order[0]) if later else None
            if table is not None and _shares(table, ratios(before, after)):
                return (*_of_table(table, series), None)
            relabelled = _relabelled(before, after)
            if relabelled and (_units(before, after) or (later and self.company(after, relabelled[1]) >= 3)):
                return "unit_relabel", relabelled[0], None
        if self.redefined_by(series, before, after):
            return "definition", "recorded", None
        note = after.fact.get("note")
        if note and note != before.fact.get("note") and speaks_of_redefinition(note):
            return "definition", "noted", None
        if old is None or new is None:
            return "substantial", "other_form", None
        scale = None if table is None else Scale(_of_table(table, series)[0], shortest(*table))
        by = Fraction(1) if scale is None else scale.factor
        for one, times in ((before, by), (after, Fraction(1))):
            digits, half = significant(one)
            if abs(new - old * by) <= (half if digits >= 3 else half_unit(one)) * times:
                return "rounding", "printed_precision", scale
        return "substantial", "suspected_unit" if relabelled else "other_value", scale

    def company(self, after: Statement, factor: Fraction) -> int:
        """How many figures of the publisher and metric moved by a factor at the time of a statement."""
        figures = 0
        for series in self.series:
            if (series[0].publisher, series[0].key.metric) != (after.publisher, after.key.metric):
                continue
            for before, then in pairwise(one.statement for one in vintages_of(series)):
                points = value(before) is not None and value(then) is not None
                if points and then.order[0] == after.order[0] and (found := _relabelled(before, then)):
                    figures += found[1] == factor
        return figures

    def factor(self, series: Series, at: datetime) -> tuple[Fraction, Fraction] | None:
        """The one factor (at least, at most) between the figures of a table before and at an instant."""
        place = (table_of(series), at)
        if place not in self._factors:
            self._factors[place] = self._factor(*place)
        return self._factors[place]

    def _factor(self, table: Any, at: datetime) -> tuple[Fraction, Fraction] | None:
        pairs = []
        for series in self.series:
            vintages = [one.statement for one in vintages_of(series)]
            for before, after in pairwise(vintages):
                both = value(before) is not None and value(after) is not None
                if table_of(series) == table and after.order[0] == at and both:
                    pairs.append((before, after))
        allowed = {place: one for place, pair in enumerate(pairs) if (one := ratios(*pair)) is not None}
        starts = sorted({low for low, _ in allowed.values()})
        agreeing = [[place for place, one in allowed.items() if _shares((start, start), one)] for start in starts]
        together = max(agreeing, key=len, default=[])
        if len(together) < 3 or len(together) * 5 < len(pairs) * 4:
            return None
        least = max(allowed[place][0] for place in together)
        most = min((high for place in together if (high := allowed[place][1]) is not None), default=None)
        exact = 0
        for place in together:
            (before, after), (low, high) = pairs[place], allowed[place]
            exact += before.says != after.says and high is not None and bool(low) and high / low < Fraction(101, 99)
        if most is None or least <= 1 <= most or exact < 2:
            return None
        return least, most

    def redefined_by(self, series: Series, before: Statement, after: Statement) -> list[Any]:
        """The recorded changes of definition between two statements."""
        about = (series[0].publisher, series[0].key.subject, series[0].key.material)
        return [
            notice
            for notice in self.notices
            if notice[3] in REDEFINING and notice[4] in about and before.order[0] < notice[0] <= after.order[0]
        ]

    def announced_by(self, series: Series, before: Statement, after: Statement) -> str | None:
        """The event that announced a change."""
        note = after.fact.get("note")
        if after.fact.get("status") == "restated" or (note is not None and note != before.fact.get("note")):
            return after.fact.event_id
        errata = [
            notice
            for notice in self.notices
            if notice[3] in ANNOUNCING
            and notice[4] == series[0].publisher
            and before.order[0] < notice[0] <= after.order[0]
        ]
        said = sorted(self.redefined_by(series, before, after) + errata)
        return said[-1][2] if said else None

    # One series

    def steps(self, series: Series) -> list[Item]:
        """Every entry after the first."""
        found = []
        for before, after in pairwise(series):
            kind, rule, _ = self.kind(series, before, after) or (None, None, None)
            cause = cause_of(after, before)
            can_be_announced = cause in ("revision", "withdrawal", "republication")
            by = self.announced_by(series, before, after) if can_be_announced else None
            old, new = value(before), value(after)
            change = None if old is None or new is None else new - old
            found.append(
                {
                    "event_id": after.fact.event_id,
                    "position": after.fact.position,
                    "published_at": after.fact.published_at,
                    "edition": after.fact.source.get("edition"),
                    "cause": cause,
                    "kind": kind,
                    "rule": rule,
                    "previous_value": shown(old),
                    "value": shown(new),
                    "said": said(after),
                    "change": shown(change),
                    "change_percent": percent(change, old),
                    "announced": bool(by) if can_be_announced else None,
                    "announced_by": by,
                }
            )
        return found

    def values(self, series: Series, kinds: Sequence[str]) -> list[Fraction | None]:
        """What each vintage says on the scale of the last one: carried over every change that does not count."""
        place = (series[0].figure_id, series[0].publisher, tuple(kinds))
        if place not in self._values:
            self._values[place] = self._carried(series, kinds)
        return self._values[place]

    def _carried(self, series: Series, kinds: Sequence[str]) -> list[Fraction | None]:
        vintages = [one.statement for one in vintages_of(series)]
        points = [place for place, said_then in enumerate(vintages) if value(said_then) is not None]
        carried: list[Fraction | None] = [None] * len(vintages)
        for number, place in enumerate(points):
            now = _known(value(vintages[place]))
            for start, end in zip(points[number:], points[number + 1 :], strict=False):
                old, new = _known(value(vintages[start])), _known(value(vintages[end]))
                found = self.way(series, vintages, start, end)
                by = Fraction(1)
                for _, scale in found or []:
                    by *= scale.factor if scale is not None and scale.kind not in kinds else 1
                if old == new:
                    continue
                if found is None or any(kind in kinds for kind, _ in found):
                    now = now * by
                elif old * new > 0 and all(kind in SCALING for kind, _ in found):
                    now = now * new / old
                else:
                    now = now * by + new - old * by
            carried[place] = now
        return carried

    def way(self, series: Series, vintages: Series, start: int, end: int) -> list[tuple[str, Scale | None]] | None:
        """The changes from one vintage to another, kinds and scales; None where there was a withdrawal between."""
        first, last = series.index(vintages[start]), series.index(vintages[end])
        if any(entry.withdrawn for entry in series[first + 1 : last]):
            return None
        found = []
        for before, after in zip(vintages[start:end], vintages[start + 1 : end + 1], strict=True):
            together = [entry for entry in series if entry.order[0] == after.order[0]]
            spoken = next(entry for entry in together if entry.says == after.says)
            kind = self.kind(series, before, spoken)
            if kind is not None and before.says != after.says:
                found.append((kind[0], kind[2]))
        return found

    def item(self, series: Series, asked: Asked) -> Item:
        """A series as an item, without what explains."""
        vintages = [one.statement for one in vintages_of(series)]
        releases = [one for one in vintages if not one.withdrawn]
        steps = self.steps(series)
        values = self.values(series, asked.kinds)
        on_scale = [one for one in values if one is not None]
        first, latest = self.first(series, asked), values[-1]
        change = None if first is None or latest is None else latest - first
        causes = [cause_of(after, before) for before, after in zip([None, *series], series, strict=False)]
        key = series[0].key
        return {
            "figure_id": series[0].figure_id,
            "subject": key.subject,
            "metric": key.metric,
            "material": key.material,
            "dimensions": key.dimensions,
            "nature": key.nature,
            "period": series[-1].fact.get("period"),
            "period_start": key.period_start,
            "period_end": key.period_end,
            "publisher": series[0].publisher,
            "canonical_unit": key.unit,
            "statements": sum(not entry.withdrawn for entry in series),
            "releases": len(releases),
            "confirmations": causes.count("confirmation"),
            "revisions": causes.count("revision"),
            "conflicts": causes.count("conflict"),
            "withdrawals": causes.count("withdrawal"),
            "republications": causes.count("republication"),
            "kinds": {kind: n for kind in KINDS if (n := sum(step["kind"] == kind for step in steps))},
            "announced": sum(step["announced"] is True for step in steps),
            "silent": sum(step["announced"] is False for step in steps),
            "first": shown(value(releases[0])) if releases else None,
            "first_published_at": releases[0].fact.published_at if releases else None,
            "first_comparable": shown(first),
            "latest": None if series[-1].withdrawn else shown(value(series[-1])),
            "latest_published_at": None if series[-1].withdrawn else series[-1].fact.published_at,
            "total_change": shown(change),
            "total_change_percent": percent(change, first),
            "range": shown(max(on_scale) - min(on_scale)) if on_scale else None,
            **self.settled(series, asked),
            "steps": steps,
        }

    def settled(self, series: Series, asked: Asked) -> Item:
        """When a series came to stay where it is."""
        vintages = [one.statement for one in vintages_of(series)]
        values = self.values(series, asked.kinds)
        releases = [one for one in vintages if not one.withdrawn]
        nothing = {"settled": None, "censored": False, "settled_after_days": None, "settled_age_days": None}
        latest = values[-1]
        if latest is None:
            return nothing
        young = timedelta(days=asked.young)
        if self.as_of - releases[0].order[0] < young:
            return {**nothing, "censored": True}
        near = [
            one is not None and abs(one - latest) <= Fraction(asked.tolerance) * abs(latest) / 100 for one in values
        ]
        settled_at = next(one for place, one in enumerate(vintages) if all(near[place:]))
        day = settled_at.order[0].date()
        end = series[0].key.period_end
        return {
            "settled": self.as_of - settled_at.order[0] >= young,
            "censored": False,
            "settled_after_days": (day - releases[0].order[0].date()).days,
            "settled_age_days": (day - date.fromisoformat(end)).days if end else None,
        }

    # Targets

    def first(self, series: Series, asked: Asked) -> Fraction | None:
        """The first release on the scale of the latest value."""
        return self.release(series, asked, 1)

    def release(self, series: Series, asked: Asked, number: int) -> Fraction | None:
        """The n-th release."""
        values = self.values(series, asked.kinds)
        releases = [
            one for one, vintage in zip(values, vintages_of(series), strict=True) if not vintage.statement.withdrawn
        ]
        return releases[number - 1] if number <= len(releases) else None

    def latest(self, series: Series, asked: Asked) -> Fraction | None:
        """The latest value of a series that has more than one release."""
        releases = [one for one in vintages_of(series) if not one.statement.withdrawn]
        return self.values(series, asked.kinds)[-1] if len(releases) > 1 else None

    def known(self, series: Series, asked: Asked, months: int) -> Fraction | None:
        """What was known so many months after the end of the period."""
        end = series[0].key.period_end
        at = months_after(date.fromisoformat(end), months) if end else None
        if at is None or at > self.as_of:
            return None
        values = self.values(series, asked.kinds)
        seen = [one for one, vintage in zip(values, vintages_of(series), strict=True) if vintage.since <= at]
        return seen[-1] if seen else None

    def targets(self, asked: Asked) -> dict[str, Callable[[Series], Fraction | None]]:
        """What first releases are compared with."""
        found: dict[str, Callable[[Series], Fraction | None]] = {"latest": lambda one: self.latest(one, asked)}
        for number in asked.releases:
            found[f"release_{number}"] = lambda one, number=number: self.release(one, asked, number)  # type: ignore[misc]
        for months in asked.horizons:
            found[f"{months}m"] = lambda one, months=months: self.known(one, asked, months)  # type: ignore[misc]
        return found

    def members(self, asked: Asked) -> Item:
        """What is said about all series together."""
        units = {series[0].key.unit for series in self.series}
        found: Item = {"statistics": [], "error_by_age": [], "efficiency": [], "news_noise": []}
        for name, target in self.targets(asked).items():
            both = [(self.first(series, asked), target(series)) for series in self.series]
            pairs = [(one, other) for one, other in both if one is not None and other is not None]
            absolute = [other - one for one, other in pairs]
            relative = [100 * (other - one) / abs(one) for one, other in pairs if one]
            size = sum(abs(other) for _, other in pairs)
            rmar = {"relative_mean_absolute": float(sum(map(abs, absolute)) / size) if size else None}
            found["statistics"] += [
                {"target": name, "measure": "absolute", **one_unit({**measures(absolute), **rmar}, units)},
                {"target": name, "measure": "percent", **measures(relative)},
            ]
            found["efficiency"].append({"target": name, **one_unit(line(pairs), units)})
            found["news_noise"].append({"target": name, **one_unit(correlations(pairs), units)})
        for months in asked.horizons:
            both = [(self.known(series, asked, months), self.latest(series, asked)) for series in self.series]
            pairs = [(one, other) for one, other in both if one is not None and other is not None]
            absolute = [one - other for one, other in pairs]
            relative = [100 * (one - other) / abs(other) for one, other in pairs if other]
            found["error_by_age"] += [
                {"horizon": f"{months}m", "measure": "absolute", **one_unit(quantiles(absolute), units)},
                {"horizon": f"{months}m", "measure": "percent", **quantiles(relative)},
            ]
        return {**found, "settling": self.settling(asked)}

    def settling(self, asked: Asked) -> Item:
        """How many series have settled, and after how long."""
        found = [self.settled(series, asked) for series in self.series]
        settled = [one for one in found if one["settled"]]
        days = {name: [one[f"settled_{name}"] for one in settled] for name in ("after_days", "age_days")}
        return {
            "settled": len(settled),
            "unsettled": sum(one["settled"] is False for one in found),
            "censored": sum(one["censored"] for one in found),
            "without_value": sum(one["settled"] is None and not one["censored"] for one in found),
            **{name: quantiles([Fraction(one) for one in of if one is not None]) for name, of in days.items()},
        }


# Kinds, in small


def table_of(series: Series) -> tuple[Any, ...]:
    """What figures that differ in their period only have in common."""
    key = series[0].key
    return (series[0].publisher, key.subject, key.metric, key.material, key.dimensions, key.nature, key.unit)


def ratios(before: Statement, after: Statement) -> tuple[Fraction, Fraction | None] | None:
    """The positive factors that lead from some number that is printed so to some number that is printed so."""
    old, new = _known(value(before)), _known(value(after))
    if old * new < 0:
        return None
    olds = [max(Fraction(0), abs(old) - half_unit(before)), abs(old) + half_unit(before)]
    news = [max(Fraction(0), abs(new) - half_unit(after)), abs(new) + half_unit(after)]
    return news[0] / olds[1], news[1] / olds[0] if old else None


def _shares(factor: tuple[Fraction, Fraction], allowed: tuple[Fraction, Fraction | None] | None) -> bool:
    if allowed is None:
        return False
    return allowed[0] <= factor[1] and (allowed[1] is None or allowed[1] >= factor[0])


def shortest(least: Fraction, most: Fraction) -> Fraction:
    """The number of fewest digits nearest the middle of an interval, among those in it."""
    middle = float((least + most) / 2)
    texts = [f"{middle:.{digits}g}" for digits in range(1, 17)] + [repr(middle)]
    return next(Fraction(text) for text in texts if least <= Fraction(text) <= most or text == texts[-1])


def _of_table(table: tuple[Fraction, Fraction], series: Series) -> tuple[str, str]:
    least, most = table
    if any(least <= one <= most for one in POWERS):
        return "unit_relabel", "table_power_of_ten"
    if (
        _has_mass(series[0])
        and most / least < Fraction(1001, 1000)
        and any(least <= one <= most for one in MASS_RATIOS)
    ):
        return "unit_relabel", "table_mass_units"
    return "rescale", "table_factor"


def _relabelled(before: Statement, after: Statement) -> tuple[str, Fraction] | None:
    """The rule and the factor by which two points may be the same in two units."""
    old, new = _known(value(before)), _known(value(after))
    if old * new <= 0:
        return None
    old, new = abs(old), abs(new)
    if new / old in POWERS:
        return "power_of_ten", new / old
    (digits, half), (digits_after, half_after) = significant(before), significant(after)
    if min(digits, digits_after) < 3:
        return None
    for rule, factors in (("power_of_ten_rounded", POWERS), ("mass_units", MASS_RATIOS if _has_mass(before) else [])):
        for factor in factors:
            if abs(new - old * factor) <= max(half_after, half * factor):
                return rule, factor
    return None


def _has_mass(statement: Statement) -> bool:
    return unit(statement.key.unit).family in ("mass", "mass_rate", "price")


def _units(before: Statement, after: Statement) -> bool:
    return bool(before.fact.get("unit") != after.fact.get("unit"))


def speaks_of_redefinition(note: str) -> bool:
    """Whether a sentence has a word of meaning and a word of change."""
    for sentence in re.split(r"[.;!?\n]", note.lower()):
        has = [re.search(rf"(?<![a-z])(?:{words})(?![a-z])", sentence) for words in (MEANING, CHANGE, REDEFINED)]
        if (has[0] and has[1]) or has[2]:
            return True
    return False


def _known(number: Fraction | None) -> Fraction:
    assert number is not None
    return number


# Numbers as they are shown


def shown(number: Fraction | None) -> str | None:
    """To 18 decimals, half to even."""
    return None if number is None else plain(Decimal(f"{round(number * 10**18)}e-18"))


def percent(change: Fraction | None, base: Fraction | None) -> str | None:
    """Of |base|, to 4 decimals, half to even."""
    if change is None or not base:
        return None
    units = round(change * 1_000_000 / abs(base))
    return f"{'-' if units < 0 else ''}{abs(units) // 10_000}.{abs(units) % 10_000:04d}"


def said(statement: Statement) -> str | None:
    """A value, a range or a symbol."""
    number, low, high = (None if one is None else plain(one) for one in statement.points)
    if number is not None:
        return number
    if low is not None or high is not None:
        return f"{low or ''}..{high or ''}"
    symbol: str | None = statement.fact.get("symbol")
    return symbol


# Statistics, from their formulas


def measures(revisions: Sequence[Fraction]) -> Item:
    """The statistics of revisions, in fractions up to the root and the distribution."""
    n = len(revisions)
    names = "mean median mean_absolute rms standard_deviation minimum maximum range share_upward share_downward"
    if not n:
        names += " share_unchanged standard_error p_value lags"
        return {"n": 0, **dict.fromkeys(names.split())}
    mean = sum(revisions, Fraction(0)) / n
    ordered = sorted(revisions)
    lags = floor(4 * (n / 100) ** (2 / 9))
    error = root(long_run([[one - mean] for one in revisions], lags)[0][0] / n**2)
    same = ordered[0] == ordered[-1]
    found = {
        "n": n,
        "mean": float(mean),
        "median": float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2),
        "mean_absolute": float(sum(map(abs, revisions)) / n),
        "rms": root(sum((one**2 for one in revisions), Fraction(0)) / n),
        "standard_deviation": root(sum(((one - mean) ** 2 for one in revisions), Fraction(0)) / (n - 1))
        if n > 1
        else None,
        "minimum": float(ordered[0]),
        "maximum": float(ordered[-1]),
        "range": float(ordered[-1] - ordered[0]),
        "share_upward": sum(one > 0 for one in revisions) / n,
        "share_downward": sum(one < 0 for one in revisions) / n,
        "share_unchanged": sum(one == 0 for one in revisions) / n,
        "standard_error": error if n > 1 else None,
        "p_value": None if n == 1 or same else float(2 * stats.t.sf(abs(float(mean) / error), n - 1)),
        "lags": lags if n > 1 else None,
    }
    # Of revisions that agree in most of the digits that a float has, little of the spread is left.
    alike = 0 < ordered[-1] - ordered[0] < max(map(abs, ordered)) / 10**5
    return (
        found | dict.fromkeys(("standard_deviation", "range", "standard_error", "p_value"), UNDECIDED)
        if alike
        else found
    )


def long_run(scores: Sequence[Sequence[Fraction]], lags: int) -> list[list[Fraction]]:
    """The Bartlett-weighted sum of the autocovariances of vectors."""
    width = range(len(scores[0]))
    total = [[sum((one[i] * one[j] for one in scores), Fraction(0)) for j in width] for i in width]
    for lag in range(1, lags + 1):
        weight = 1 - Fraction(lag, lags + 1)
        for now, then in zip(scores[lag:], scores, strict=False):
            for i in width:
                for j in width:
                    total[i][j] += weight * (now[i] * then[j] + then[i] * now[j])
    return total


def line(pairs: Sequence[tuple[Fraction, Fraction]]) -> Item:
    """target = a + b first, with its test; in fractions."""
    n = len(pairs)
    found: Item = {
        "n": n,
        **dict.fromkeys("intercept slope intercept_error slope_error r_squared wald p_value".split()),
    }
    if n < 3 or len({x for x, _ in pairs}) == 1:
        return found
    mean_x, mean_y = (sum((pair[i] for pair in pairs), Fraction(0)) / n for i in (0, 1))
    sxx = total((x - mean_x) * (x - mean_x) for x, _ in pairs)
    syy = total((y - mean_y) * (y - mean_y) for _, y in pairs)
    b = sum(((x - mean_x) * (y - mean_y) for x, y in pairs), Fraction(0)) / sxx
    a = mean_y - b * mean_x
    residuals = [y - a - b * x for x, y in pairs]
    size = max(max(abs(x), abs(y)) for x, y in pairs)
    found |= {"intercept": float(a) if abs(a) > size / 10**5 else UNDECIDED, "slope": float(b)}
    if sxx < size**2 / 10**12 or 0 < max(map(abs, residuals)) < size / 10**4:
        return {"n": n, **dict.fromkeys(list(found)[1:], UNDECIDED)}
    found["r_squared"] = float(1 - sum(e**2 for e in residuals) / syy) if syy else None
    if not any(residuals):
        return found | {"intercept_error": 0.0, "slope_error": 0.0}
    lags = floor(4 * (n / 100) ** (2 / 9))
    sum_x, sum_xx = total(x for x, _ in pairs), total(x * x for x, _ in pairs)
    inverse = [[sum_xx / (n * sxx), -sum_x / (n * sxx)], [-sum_x / (n * sxx), Fraction(n) / (n * sxx)]]
    middle = long_run([[e, e * x] for e, (x, _) in zip(residuals, pairs, strict=True)], lags)
    v = product_of(product_of(inverse, middle), inverse)
    found |= {"intercept_error": root(v[0][0]), "slope_error": root(v[1][1])}
    determinant = v[0][0] * v[1][1] - v[0][1] * v[1][0]
    if not determinant:
        return found
    if determinant < v[0][0] * v[1][1] / 10**4:
        return found | {"wald": UNDECIDED, "p_value": UNDECIDED}
    d = (a, b - 1)
    wald = (d[0] ** 2 * v[1][1] - 2 * d[0] * d[1] * v[0][1] + d[1] ** 2 * v[0][0]) / determinant / 2
    return found | {"wald": float(wald), "p_value": float(stats.f.sf(float(wald), 2, n - 2))}


def total(numbers: Iterable[Fraction]) -> Fraction:
    """The sum."""
    return sum(numbers, Fraction(0))


def product_of(one: list[list[Fraction]], other: list[list[Fraction]]) -> list[list[Fraction]]:
    """Of two 2 x 2 matrices."""
    return [[sum((one[i][k] * other[k][j] for k in (0, 1)), Fraction(0)) for j in (0, 1)] for i in (0, 1)]


def correlations(pairs: Sequence[tuple[Fraction, Fraction]]) -> Item:
    """Of the revision with the first and with the later figure."""
    n = len(pairs)
    found: Item = {"n": n}
    revisions = [y - x for x, y in pairs]
    size = max((max(abs(x), abs(y)) for x, y in pairs), default=Fraction(0))
    for name, other in (("with_first", [x for x, _ in pairs]), ("with_target", [y for _, y in pairs])):
        found |= {name: None, f"{name}_p_value": None}
        if n < 3 or len(set(revisions)) == 1 or len(set(other)) == 1:
            continue
        if min(max(revisions) - min(revisions), max(other) - min(other)) < size / 10**5:
            found |= {name: UNDECIDED, f"{name}_p_value": UNDECIDED}
            continue
        mean_r, mean_o = total(revisions) / n, total(other) / n
        srr = total((one - mean_r) * (one - mean_r) for one in revisions)
        soo = total((one - mean_o) * (one - mean_o) for one in other)
        sro = total((one - mean_r) * (two - mean_o) for one, two in zip(revisions, other, strict=True))
        squared = sro * sro / (srr * soo)
        r = float(sro / Fraction(root(srr * soo)))
        found |= {name: r, f"{name}_p_value": UNDECIDED}
        if squared < Fraction(99_999, 100_000):
            t = abs(r) * sqrt((n - 2) / float(1 - squared))
            found[f"{name}_p_value"] = float(2 * stats.t.sf(t, n - 2))
    return found


def quantiles(values: Sequence[Fraction]) -> Item:
    """Between order statistics linearly."""
    ordered = sorted(values)
    found: Item = {"n": len(ordered)}
    for percentage in (5, 10, 25, 50, 75, 90, 95):
        place = Fraction((len(ordered) - 1) * percentage, 100)
        low = floor(place)
        value_there = None
        if ordered:
            high = min(low + 1, len(ordered) - 1)
            value_there = float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
        found[f"q{percentage:02d}"] = value_there
    return found


def one_unit(found: Item, units: Iterable[str]) -> Item:
    """Nothing where values are in several units."""
    return found if len(set(units)) < 2 else {"n": found["n"], **dict.fromkeys(name for name in found if name != "n")}


def root(number: Fraction) -> float:
    """The square root, to twenty digits before it is a float."""
    scale = 10 ** max(0, 40 - (floor(log10(number)) if number > 0 else 0))
    return float(Fraction(isqrt(floor(number * scale**2)), scale)) if number > 0 else 0.0


# Comparing


def wrong(expected: Any, found: Any, path: str = "") -> str | None:
    """The first place where an answer is not what the model says, or is null without a reason."""
    if expected is UNDECIDED:
        return None
    if isinstance(expected, dict):
        reasons = found.get("reasons", {})
        for name, one in expected.items():
            if name not in found:
                return f"{path}.{name} is missing"
            if problem := wrong(one, found[name], f"{path}.{name}"):
                return problem
            if one is None and "reasons" in found and name not in reasons and name not in UNEXPLAINED:
                return f"{path}.{name} is null without a reason"
        return None
    if isinstance(expected, list):
        if len(expected) != len(found):
            return f"{path}: {len(found)} instead of {len(expected)}"
        numbered = enumerate(zip(expected, found, strict=True))
        return next((it for at, (one, other) in numbered if (it := wrong(one, other, f"{path}[{at}]"))), None)
    if isinstance(expected, float) and isinstance(found, float):
        near = abs(expected - found) <= 1e-9 * max(abs(expected), abs(found)) + 1e-12
        return None if near else f"{path}: {found} instead of {expected}"
    return None if expected == found and type(expected) is type(found) else f"{path}: {found!r} instead of {expected!r}"


UNEXPLAINED = ("material", "dimensions", "period", "period_start", "period_end")


def comparable(item: Item) -> Item:
    """An item of the projection, its dimensions as canonical JSON."""
    return {**item, "dimensions": item["dimensions"] and canonical_json(item["dimensions"])}
