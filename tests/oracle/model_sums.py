"""The judge of sums: totals beside their parts, put together naively over the model of the ledger.

It shares no code with `projections/audit`: parts are looked for one by one, and of all ways to put a period together
every one is tried. Numbers are fractions.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from itertools import combinations
from typing import Any

from ledger.values import canonical, parse_period
from tests.oracle.facts import Item, printed
from tests.oracle.histories import Viewpoint
from tests.oracle.model import EXACT, Key, Model, Statement, figure_order, head_of, percent_of, series_of

FLOWS = {"ProductionReported", "SalesReported", "TradeReported", "InvestmentReported", "QuotaSet"}
WHOLE = {"full_year", "total", "all"}
ORDINALS = ["first", "second", "third", "fourth"]
Select = Callable[[Statement], bool]


def last_words(model: Model, at: Viewpoint) -> list[Statement]:
    """What each publisher says of each figure at a viewpoint."""
    found = []
    for statements in model.statements_on(at.position).values():
        visible = [statement for statement in statements if statement.order[0] <= at.as_of]
        found += [head[-1] for series in series_of(visible).values() if (head := head_of(series))]
    return found


def parts_of(model: Model, at: Viewpoint) -> dict[str, list[str]]:
    """Totals and their parts, by open relationships."""
    parts: dict[str, list[str]] = {}
    for item in model.relationships(*at):
        if item["relation"] == "part_of" and item["status"] == "open" and item["subject"] != item["object"]:
            parts.setdefault(item["object"], []).append(item["subject"])
    return {total: sorted(subjects) for total, subjects in parts.items()}


def sums(model: Model, at: Viewpoint, select: Select = lambda _: True) -> list[Item]:
    """Every total that is selected, in each way in which it has parts."""
    words = last_words(model, at)
    totals = [one for one in words if select(one) and can_be_added(one.key.unit)]
    items: list[Item] = []
    for total in totals:
        items += by_subject(total, words, parts_of(model, at).get(total.key.subject, []))
        items += by_period(total, words)
        items += by_dimension(total, words)
    fiscal = {slug: year for slug, (year, _) in model.names(at.position).registrations.items()}
    for rate in words:
        if select(rate) and is_rate(rate):
            preferred = model.preferred(at.position, level_of(rate))
            items.append(by_growth(rate, words, fiscal.get(rate.fact.body["subject"]), preferred))
    return sorted(items, key=_order)


def _order(item: Item) -> tuple[Any, ...]:
    *key, publisher, figure_id = figure_order({**item, "canonical_unit": item["unit"]})
    by = ["subject", "period", "dimension", "growth"].index(item["by"])
    return (by == 3, *key, figure_id, publisher, by, item["dimension"] or "")


def can_be_added(unit: str) -> bool:
    """Not prices, not shares."""
    return "/" not in unit.replace("/yr", "") and unit != "percent"


def by_subject(total: Statement, words: Sequence[Statement], slugs: Sequence[str]) -> Iterator[Item]:
    """The parts that relationships declare."""
    parts = [(slug, _with_key(words, total, total.key._replace(subject=slug))) for slug in slugs]
    yield from compared(total, parts, words, by="subject", name=total.key.subject)


def by_period(total: Statement, words: Sequence[Statement]) -> Iterator[Item]:
    """The best of all sets of shorter periods, none of which lies over another."""
    if total.key.period_start is None or total.fact.type not in FLOWS or "/yr" in total.key.unit:
        return
    within = [
        one
        for one in words
        if one.publisher == total.publisher
        and one.key.period_start
        and one.key != total.key
        and one.key._replace(period_start=None, period_end=None)
        == total.key._replace(period_start=None, period_end=None)
        and days(total) >= days(one)
    ]
    if not within:
        return
    sets = [set_ for size in range(len(within) + 1) for set_ in combinations(within, size)]
    apart = [set_ for set_ in sets if sum(len(days(one)) for one in set_) == len(set().union(*map(days, set_)))]

    def cost(set_: Iterable[Statement]) -> tuple[Any, ...]:
        numbers = set().union(*(days(one) for one in set_ if one.points[0] is not None))
        anything = set().union(*map(days, set_))
        order = sorted((min(days(one)), -len(days(one))) for one in set_)
        return (len(days(total)) - len(numbers), len(days(total)) - len(anything), len(order), order)

    best = sorted(min(apart, key=cost), key=lambda one: min(days(one)))
    silent = days(total) - set().union(*map(days, best))
    gaps = [day for day in silent if day - 1 not in silent]
    named: list[tuple[int, str, Statement | None]] = [(min(days(one)), one.fact.body["period"], one) for one in best]
    for start in gaps:
        end = next(day for day in range(start, start + 10_000) if day + 1 not in silent)
        named.append((start, f"{date.fromordinal(start)}/{date.fromordinal(end)}", None))
    parts = [(name, one) for _, name, one in sorted(named, key=lambda part: part[0])]
    kinds = {kind(one) for one in best}
    tiled_by = kinds.pop() if len(kinds) == 1 else "mixed"
    yield from compared(total, parts, words, by="period", name=total.fact.body["period"], tiled_by=tiled_by)


def days(statement: Statement) -> frozenset[int]:
    """The days of a period, by number."""
    return _days(statement.key.period_start or "", statement.key.period_end or "")


@lru_cache(maxsize=1000)
def _days(first: str, last: str) -> frozenset[int]:
    return frozenset(range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1))


def kind(statement: Statement) -> str:
    """What a period is: those of a whole number of months by that number."""
    first, last = date.fromordinal(min(days(statement))), date.fromordinal(max(days(statement)))
    after = date.fromordinal(max(days(statement)) + 1)
    if first == last:
        return "days"
    months = (after.year * 12 + after.month) - (first.year * 12 + first.month)
    whole = first.day == 1 and after.day == 1
    return {12: "years", 6: "halves", 3: "quarters", 1: "months"}.get(months if whole else 0, "mixed")


def by_dimension(total: Statement, words: Sequence[Statement]) -> Iterator[Item]:
    """The other values of a dimension whose value is a whole."""
    dimensions = json.loads(total.key.dimensions or "{}")
    for name in sorted(dimensions):
        if dimensions[name] not in WHOLE:
            continue
        parts: dict[str, Statement | None] = {}
        for one in words:
            theirs = json.loads(one.key.dimensions or "{}")
            value = theirs.get(name)
            same = {**theirs, name: None} == {**dimensions, name: None}
            key = one.key._replace(dimensions=total.key.dimensions) == total.key
            if value and value not in WHOLE and same and key and one.publisher == total.publisher:
                parts[value] = one
        batches = [ORDINALS.index(value) for value in parts if value in ORDINALS]
        needed = ORDINALS[: max(2, max(batches) + 1)] if batches and dimensions[name] == "full_year" else []
        ordered = [*needed, *sorted(set(parts) - set(needed))]
        named = [(value, parts.get(value)) for value in ordered]
        yield from compared(total, named, words, by="dimension", name=dimensions[name], dimension=name)


def is_rate(said: Statement) -> bool:
    """Whether it is a rate of change that says what it is against."""
    named = said.key.metric.endswith(("_change", "_growth"))
    return bool(named and said.fact.get("compared_with") and said.key.unit == "percent" and said.key.period_start)


def level_of(rate: Statement) -> str:
    """The metric of what changed."""
    return rate.key.metric.rsplit("_", 1)[0]


def by_growth(rate: Statement, words: Sequence[Statement], fiscal_year: str | None, preferred: Sequence[str]) -> Item:
    """A rate of change beside that of the two levels: those of its publisher, or of who comes first."""
    against = rate.fact.get("compared_with")
    days_before = parse_period(against, fiscal_year)
    spans = [
        (rate.key.period_start, rate.key.period_end),
        (days_before.start.isoformat(), days_before.end.isoformat()),
    ]
    metric = level_of(rate)
    levels = [
        [
            one
            for one in words
            if one.key._replace(unit="")
            == rate.key._replace(metric=metric, period_start=first, period_end=last, unit="")
        ]
        for first, last in spans
    ]
    choices = []
    for unit in {one.key.unit for each in levels for one in each}:
        now, base = ([one for one in each if one.key.unit == unit] for each in levels)
        own = [[one for one in each if one.publisher == rate.publisher] for each in (now, base)]
        pair = [max(each, key=partial(_first, preferred), default=None) for each in (own if all(own) else (now, base))]
        choices.append((not (now and base), not all(own), not now, unit, pair))
    pair = min(choices)[-1] if choices else [None, None]
    named = list(zip((rate.fact.body["period"], against), pair, strict=True))
    there: list[Statement | None] = [one if one and one.points[0] is not None else None for one in pair]
    if there[1] is not None and there[1].points[0] == 0:
        there[1] = None
    made = gap = exact = most = None
    verdict = "incomplete"
    if there[0] is not None and there[1] is not None:
        level, before = (Fraction(one.points[0] or 0) for one in (there[0], there[1]))
        made = (level - before) / abs(before) * 100
        if rate.points[0] is not None:
            gap = Fraction(rate.points[0]) - made
            limits = []
            for zeros in (0, 1):
                halves = [half_a_unit(one, zeros and len(digits_of(one)) - 2) for one in (rate, there[0], there[1])]
                ends = [
                    ((level + up) - (before + down)) / abs(before + down) * 100
                    for up in (-halves[1], halves[1])
                    for down in (-halves[2], halves[2])
                ]
                limits.append(halves[0] + max(max(ends) - made, made - min(ends)))
            exact, most = limits
            told = [("equal", Fraction(0)), ("rounding", exact), ("perhaps_rounding", most)]
            verdict = next((verdict for verdict, limit in told if abs(gap) <= limit), "gap")
    missing: list[tuple[str, Statement | None]] = [(rate.key.metric, rate)] if rate.points[0] is None else []
    missing += [one for one, found in zip(named, there, strict=True) if found is None]
    return {
        **described(rate),
        "by": "growth",
        "dimension": None,
        "tiled_by": None,
        "total": None if rate.points[0] is None else shown(Fraction(rate.points[0])),
        "gap_percent": None,
        **dict(zip(RATES, map(points, (made, gap, exact, most)), strict=True)),
        "verdict": verdict,
        "finding": verdict == "gap",
        "parts": [
            {"part": part, "value": shown(Fraction(one.points[0] or 0)), **where(one), "publisher": one.publisher}
            for (part, _), one in zip(named, there, strict=True)
            if one is not None
        ],
        "missing": [{"part": part, "says": says(said), **where(said)} for part, said in missing],
    }


RATES = ("parts_sum", "gap", "rounding", "rounding_at_most")


def points(number: Fraction | None) -> str | None:
    """Percentage points at 4 decimals, half to even."""
    if number is None:
        return None
    return f"{Decimal(round(number * 10_000)).scaleb(-4):.4f}"


def _first(preferred: Sequence[str], said: Statement) -> tuple[Any, ...]:
    place = preferred.index(said.publisher) if said.publisher in preferred else len(preferred)
    return (-place, said.fact.source.get("kind") != "secondary", *said.order)


def _with_key(words: Sequence[Statement], total: Statement, key: Key) -> Statement | None:
    return next((one for one in words if one.key == key and one.publisher == total.publisher), None)


def compared(
    total: Statement,
    parts: Sequence[tuple[str, Statement | None]],
    words: Sequence[Statement],
    *,
    by: str,
    name: str,
    dimension: str | None = None,
    tiled_by: str | None = None,
) -> Iterator[Item]:
    """One item, unless nothing is said of any part."""
    if not any(said for _, said in parts):
        return
    there = [(part, said) for part, said in parts if said and said.points[0] is not None]
    missing = [(part, said) for part, said in [(name, total), *parts] if not said or said.points[0] is None]
    whole = None if total.points[0] is None else Fraction(total.points[0])
    added = sum((Fraction(said.points[0] or 0) for _, said in there), Fraction(0)) if there else None
    gap = None if whole is None or added is None else whole - added
    numbers = [total, *(said for _, said in there)]
    exact = most = None
    if gap is not None:
        exact = sum((half_a_unit(one, 0) for one in numbers), Fraction(0))
        digits = [half_a_unit(one, 40) for one in words if any(printed_beside(one, other) for other in numbers)]
        most = max(exact, half_a_unit(total, len(digits_of(total)) - 2) + min(digits, default=Fraction(0)) * len(there))
    verdict = "incomplete"
    if not missing:
        assert gap is not None
        assert exact is not None
        assert most is not None
        limits = [("equal", Fraction(0)), ("rounding", exact), ("perhaps_rounding", most)]
        verdict = next((verdict for verdict, limit in limits if abs(gap) <= limit), "gap")
    yield {
        **described(total),
        "by": by,
        "dimension": dimension,
        "tiled_by": tiled_by,
        "total": shown(whole),
        "parts_sum": shown(added),
        "gap": shown(gap),
        "gap_percent": None if gap is None or whole is None else percent_of(decimal(gap), decimal(whole)),
        "rounding": shown(exact),
        "rounding_at_most": shown(most),
        "verdict": verdict,
        "finding": verdict == "gap",
        "parts": [{"part": part, "value": shown(Fraction(said.points[0] or 0)), **where(said)} for part, said in there],
        "missing": [{"part": part, "says": says(said), **where(said)} for part, said in missing],
    }


def described(total: Statement) -> Item:
    """What an item says of its total."""
    key = total.key
    return {
        "figure_id": total.figure_id,
        "subject": key.subject,
        "metric": key.metric,
        "material": key.material,
        "dimensions": key.dimensions and json.loads(key.dimensions),
        "nature": key.nature,
        "period": total.fact.get("period"),
        "period_start": key.period_start,
        "period_end": key.period_end,
        "unit": key.unit,
        "publisher": total.publisher,
        "published_at": total.fact.published_at,
        "event_id": total.fact.event_id,
    }


def where(said: Statement | None) -> Item:
    """Which figure and event."""
    fact = said.fact if said else None
    return {
        "figure_id": said.figure_id if said else None,
        "event_id": fact.event_id if fact else None,
        "published_at": fact.published_at if fact else None,
    }


def says(said: Statement | None) -> str | None:
    """What is said, in one text."""
    if said is None:
        return None
    value, low, high = (None if one is None else shown(Fraction(one)) for one in said.points)
    symbol = said.fact.get("symbol")
    return value or (None if symbol is None else str(symbol)) or f"{low or ''}..{high or ''}"


def half_a_unit(said: Statement, zeros: int) -> Fraction:
    """Half a unit of the last printed digit, in the canonical unit; so many zeros at the end do not count."""
    whole, point, decimals = (printed(said.fact.get("value")) or "").partition(".")
    unit = Fraction(1, 10 ** len(decimals))
    while zeros > 0 and not point and whole.strip("-0") and whole.endswith("0"):
        whole, unit, zeros = whole[:-1], unit * 10, zeros - 1
    return unit / 2 * Fraction(canonical(Decimal(1), said.fact.body["unit"]))


def digits_of(said: Statement) -> str:
    """The digits printed, from the first that is no zero on."""
    return (printed(said.fact.get("value")) or "").replace(".", "").lstrip("-0")


def printed_beside(one: Statement, other: Statement) -> bool:
    """Whether a number that is not zero is of the edition of another."""
    same = (one.publisher, one.key.metric, one.key.unit, one.fact.published_at) == (
        *(other.publisher, other.key.metric, other.key.unit),
        other.fact.published_at,
    )
    return same and bool(one.points[0])


def decimal(number: Fraction) -> Decimal:
    """Exactly: the fraction is a sum of decimals."""
    return EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))


def shown(number: Fraction | None) -> str | None:
    """As items show it."""
    if number is None:
        return None
    text = format(decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
