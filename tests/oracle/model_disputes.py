"""The judge of disputes and of scorecards: every instant of publication is folded anew, and every mean is a fraction.

Folded from the model's statements at a position. Where the text of the questions leaves room:

1. A dispute is a longest run of publication instants at whose end (everything of that instant taken in) two statements
   in the heads differ. It begins (ends) with the last event of the first instant (of the instant after the last) at
   which the figure became disputed (undisputed), the events of an instant being taken in one by one, by position.
2. Its statements are those in the heads at its last instant, and its `period` is printed as the last of them prints it.
3. A pair of publishers is compared by what each says last; two zeros do not differ.
4. A release is the last that was said at one instant, unless that is a withdrawal.
5. A revision is from the first release of a figure that was released at least twice to the last entry, where both are
   points and the first is not zero.
6. The consensus is the median of what the others state; the outlier is farther from its own than each of the others is
   from theirs, among at least three.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

from ledger.values import plain
from tests.oracle.facts import Item, printed
from tests.oracle.model import EXACT, Model, Statement, cause_of, figure_order, head_of, percent_of, point, series_of


class Run(NamedTuple):
    """A dispute about one figure."""

    began: Statement
    ended: Statement | None
    statements: list[Statement]


def in_heads(statements: Iterable[Statement]) -> list[Statement]:
    """Every statement in the heads, by publisher and position."""
    heads = sorted((slug, head_of(series)) for slug, series in series_of(statements).items())
    return [one for _, head in heads for one in head]


def differ(statements: Iterable[Statement]) -> bool:
    """Whether any two of the statements in the heads differ."""
    heads = in_heads(statements)
    return any(one.says != other.says for one, other in combinations(heads, 2))


def turning(statements: Sequence[Statement], instant: datetime) -> Statement:
    """The last event of an instant at which the figure turned."""
    turned = [
        one
        for place, one in enumerate(statements)
        if one.order[0] == instant and differ(statements[:place]) != differ(statements[: place + 1])
    ]
    return turned[-1]


def runs_of(statements: Sequence[Statement]) -> Iterator[Run]:
    """The disputes about one figure, in order of time."""
    instants = sorted({one.order[0] for one in statements})
    known = [[one for one in statements if one.order[0] <= instant] for instant in instants]
    disputed = [differ(seen) for seen in known]
    for start, instant in enumerate(instants):
        if not disputed[start] or (start and disputed[start - 1]):
            continue
        end = next((place for place in range(start, len(instants)) if not disputed[place]), len(instants))
        ended = turning(statements, instants[end]) if end < len(instants) else None
        yield Run(turning(statements, instant), ended, in_heads(known[end - 1]))


def visible(model: Model, as_of: datetime, position: int) -> list[list[Statement]]:
    """The entries of each figure that are visible, in the order of figures."""
    figures = []
    for statements in model.statements_on(position).values():
        seen = [one for one in statements if one.order[0] <= as_of]
        if seen:
            figures.append(seen)
    return sorted(figures, key=lambda seen: figure_order(key_item(seen[0])))


def key_item(statement: Statement) -> Item:
    """The key of a figure as items show it."""
    key = statement.key
    return {
        "figure_id": statement.figure_id,
        "subject": key.subject,
        "metric": key.metric,
        "material": key.material,
        "dimensions": key.dimensions and json.loads(key.dimensions),
        "nature": key.nature,
        "period": statement.fact.get("period"),
        "period_start": key.period_start,
        "period_end": key.period_end,
        "canonical_unit": key.unit,
    }


def disputes(
    model: Model, as_of: datetime, position: int, *, status: str = "open", publisher: str | None = None
) -> list[Item]:
    """The disputes at a viewpoint."""
    asked = publisher and model.names(position).resolve(publisher)
    items = []
    for statements in visible(model, as_of, position):
        for run in runs_of(statements):
            item = dispute_item(run, statements, as_of)
            if status in ("all", item["status"]) and (
                asked is None or asked in {one.publisher for one in run.statements}
            ):
                items.append(item)
    return items


def dispute_item(run: Run, statements: Sequence[Statement], as_of: datetime) -> Item:
    """A dispute as the API shows it."""
    by_publisher = series_of(run.statements)
    within = any(one.says != other.says for head in by_publisher.values() for one, other in combinations(head, 2))
    between = any(
        one.says != other.says and one.publisher != other.publisher for one, other in combinations(run.statements, 2)
    )
    last_day = (run.ended.order[0] if run.ended else as_of).date()
    return {
        **key_item(max(run.statements, key=lambda one: one.order)),
        "status": "ended" if run.ended else "open",
        "since": run.began.fact.published_at,
        "since_date": run.began.order[0].date().isoformat(),
        "began_by": event_item(run.began, statements),
        "until": run.ended and run.ended.fact.published_at,
        "until_date": run.ended and run.ended.order[0].date().isoformat(),
        "ended_by": run.ended and event_item(run.ended, statements),
        "days": (last_day - run.began.order[0].date()).days,
        "kind": "both" if within and between else "within" if within else "between",
        **extent(run.statements),
        "publishers": [statement_item(one) for one in run.statements],
    }


def event_item(statement: Statement, statements: Sequence[Statement]) -> Item:
    """An entry of a series as what began or ended a dispute."""
    series = series_of(statements)[statement.publisher]
    place = series.index(statement)
    return {
        "event_id": statement.fact.event_id,
        "publisher": statement.publisher,
        "cause": cause_of(statement, series[place - 1] if place else None),
        "position": statement.fact.position,
    }


def statement_item(statement: Statement) -> Item:
    """A statement in a dispute."""
    fact = statement.fact
    value, low, high = (None if number is None else plain(number) for number in statement.points)
    return {
        "publisher": statement.publisher,
        **{name: printed(fact.get(name)) for name in ("value", "low", "high")},
        "symbol": fact.get("symbol"),
        "unit": fact.get("unit"),
        "canonical_value": value,
        "canonical_low": low,
        "canonical_high": high,
        "status": fact.get("status"),
        "source_kind": fact.source.get("kind", "primary"),
        "via": fact.source.get("via"),
        "edition": fact.source.get("edition"),
        "published_at": fact.published_at,
        "event_id": fact.event_id,
        "position": fact.position,
    }


def extent(statements: Sequence[Statement]) -> Item:
    """The spread of the points, and the ends with those who state them."""
    stated = [(value, one.publisher) for one in statements if (value := point(one)) is not None]
    spread, highest, lowest = None, None, None
    percent = None
    if len(stated) > 1:
        lowest, highest = min(value for value, _ in stated), max(value for value, _ in stated)
        spread = EXACT.subtract(highest, lowest)
        middle = median([Fraction(value) for value, _ in stated])
        percent = percent_of(spread, exactly(middle))
    return {
        "spread": None if spread is None else plain(spread),
        "spread_percent": percent,
        "highest": None if highest is None else plain(highest),
        "highest_by": next((slug for value, slug in stated if value == highest), None),
        "lowest": None if lowest is None else plain(lowest),
        "lowest_by": next((slug for value, slug in stated if value == lowest), None),
    }


def median(numbers: Iterable[Fraction]) -> Fraction:
    """The one in the middle, or the mean of the two."""
    ranked = sorted(numbers)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def exactly(number: Fraction) -> Decimal:
    """A fraction that terminates."""
    decimal = EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
    assert Fraction(decimal) == number
    return decimal


def mean(numbers: Sequence[Fraction | int]) -> Fraction | None:
    """Their mean, None of none."""
    return Fraction(sum(numbers), 1) / len(numbers) if numbers else None


# --- Pairs --------------------------------------------------------------------------------------------------------


def pairs(model: Model, as_of: datetime, position: int, *, publisher: str | None = None) -> list[Item]:
    """Every two publishers, or those with one of them, that both say something of some figure."""
    asked = publisher and model.names(position).resolve(publisher)
    said = [
        {slug: head[-1] for slug, series in series_of(seen).items() if (head := head_of(series))}
        for seen in visible(model, as_of, position)
    ]
    publishers = sorted({slug for latest in said for slug in latest})
    items = []
    for one, other in combinations(publishers, 2):
        both = [(latest[one], latest[other]) for latest in said if one in latest and other in latest]
        if both and asked in (None, one, other):
            items.append(pair_item([one, other], both))
    return items


def pair_item(names: list[str], both: Sequence[tuple[Statement, Statement]]) -> Item:
    """How two publishers stand to each other."""
    points = [
        (Fraction(a), Fraction(b))
        for one, other in both
        if (a := point(one)) is not None and (b := point(other)) is not None
    ]
    percents = [(a - b) / ((abs(a) + abs(b)) / 2) * 100 if a or b else Fraction(0) for a, b in points]
    return {
        "publishers": names,
        "figures": len(both),
        "agreeing": sum(one.says == other.says for one, other in both),
        "differing": sum(one.says != other.says for one, other in both),
        "comparable": len(points),
        "higher": sum(a > b for a, b in points),
        "lower": sum(a < b for a, b in points),
        "mean_difference_percent": mean(percents),
        "median_difference_percent": median(percents) if percents else None,
        "mean_absolute_difference_percent": mean([abs(percent) for percent in percents]),
    }


# --- Scorecards ---------------------------------------------------------------------------------------------------


def releases_of(series: Sequence[Statement]) -> list[Statement]:
    """The last word of each instant at which something was said."""
    last_words = [
        one
        for place, one in enumerate(series)
        if place + 1 == len(series) or series[place + 1].order[0] != one.order[0]
    ]
    return [one for one in last_words if not one.withdrawn]


def scorecards(model: Model, as_of: datetime, position: int) -> list[Item]:
    """The scorecard of each publisher that has an entry."""
    figures = [series_of(seen) for seen in visible(model, as_of, position)]
    return [scorecard(slug, figures) for slug in sorted({slug for figure in figures for slug in figure})]


def scorecard(slug: str, figures: Sequence[dict[str, list[Statement]]]) -> Item:
    """The scorecard of one publisher, over the figures of all."""
    own = [figure[slug] for figure in figures if slug in figure]
    causes = [
        [cause_of(one, series[place - 1] if place else None) for place, one in enumerate(series)] for series in own
    ]
    said = [one for series in own for one in series if not one.withdrawn]
    released = [releases_of(series) for series in own if releases_of(series)]
    lags = [days(one[0].key.period_end, one[0].order[0]) for one in released if one[0].key.period_end]
    shared = [firsts for figure in figures if slug in (firsts := firsts_of(figure)) and len(firsts) > 1]
    behind = [(firsts[slug].date() - min(firsts.values()).date()).days for firsts in shared]
    changes = [change for series in own if (change := change_since_first(series)) is not None]
    away = [
        (points[slug] - consensus) / abs(consensus) * 100
        for figure in figures
        if slug in (points := points_of(figure)) and len(points) > 1 and (consensus := consensus_for(slug, points)) != 0
    ]
    contested = [points for figure in figures if slug in (points := points_of(figure)) and len(points) > 2]
    counts = [cause for entries in causes for cause in entries]
    return {
        "publisher": slug,
        "figures": len(released),
        "statements": len(said),
        "secondary_share": mean([int(not one.primary) for one in said]),
        "figures_shared": len(shared),
        "first": sum(firsts[slug] == min(firsts.values()) for firsts in shared),
        "mean_days_after_first": mean(behind),
        "mean_lag_days": mean(lags),
        "median_lag_days": median(map(Fraction, lags)) if lags else None,
        "figures_without_period": len(released) - len(lags),
        "revised": sum("revision" in entries for entries in causes),
        "revisions": counts.count("revision"),
        "revisions_per_figure": Fraction(counts.count("revision"), len(released)) if released else None,
        "confirmations": counts.count("confirmation"),
        "conflicts": counts.count("conflict"),
        "withdrawals": counts.count("withdrawal"),
        "republications": counts.count("republication"),
        "bias_figures": len(changes),
        "bias_percent": mean(changes),
        "mean_absolute_revision_percent": mean([abs(change) for change in changes]),
        "consensus_figures": len(away),
        "bias_from_consensus_percent": mean(away),
        "mean_absolute_from_consensus_percent": mean([abs(one) for one in away]),
        "outlier_figures": len(contested),
        "outlier": sum(outlier_of(points) == slug for points in contested),
    }


def days(period_end: str, at: datetime) -> int:
    """Days from the end of a period to a date."""
    return (at.date() - date.fromisoformat(period_end)).days


def firsts_of(figure: dict[str, list[Statement]]) -> dict[str, datetime]:
    """When each publisher first released a figure."""
    return {slug: released[0].order[0] for slug, series in figure.items() if (released := releases_of(series))}


def points_of(figure: dict[str, list[Statement]]) -> dict[str, Fraction]:
    """The point that each publisher states in the end."""
    return {slug: Fraction(value) for slug, series in figure.items() if (value := point(series[-1])) is not None}


def change_since_first(series: Sequence[Statement]) -> Fraction | None:
    """From the first release to the last entry, in percent of |the first|."""
    released = releases_of(series)
    if len(released) < 2:
        return None
    first, latest = point(released[0]), point(series[-1])
    if not first or latest is None:
        return None
    return (Fraction(latest) - Fraction(first)) / abs(Fraction(first)) * 100


def consensus_for(slug: str, points: dict[str, Fraction]) -> Fraction:
    """The median of what the others state."""
    return median(value for other, value in points.items() if other != slug)


def outlier_of(points: dict[str, Fraction]) -> str | None:
    """Who alone is the farthest from the others."""
    gaps = {slug: abs(value - consensus_for(slug, points)) for slug, value in points.items()}
    farthest = [slug for slug, gap in gaps.items() if gap == max(gaps.values())]
    return farthest[0] if len(farthest) == 1 else None


def same(expected: Any, found: Any) -> bool:
    """Whether an answer is the model's: exactly, but for means, which are binary fractions in an answer."""
    if isinstance(expected, Fraction):
        return isinstance(found, int | float) and abs(Fraction(found) - expected) <= abs(expected) / 10**9 + Fraction(
            1, 10**12
        )
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(same(value, found.get(name)) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(expected) == len(found) and all(map(same, expected, found))
    return bool(type(expected) is type(found) and expected == found)
