"""Scorecards: for each publisher how early it is, how often it revises, how biased its first word is, and how far it
stands from its own latest word and from the others.

A *release* is what a publisher said last at one instant of publication, where that is no withdrawal. The first release
of a figure is compared with the latest, where the publisher still says something; its latest with the *consensus*: the
median of what the *others* state, so that a publisher is never compared with itself. Only points are compared; ranges
and symbols count as statements and releases.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from projections.audit.findings import Findings, Item
from projections.audit.publisher_entries import (
    COLUMNS,
    Entry,
    distance,
    figures_of,
    mean,
    median,
    percent_above,
    publishers_asked,
)
from projections.audit.subjects_together import subjects_together
from projections.queries.filter_values import Value
from projections.queries.reader import Reader

OUTLIER_AMONG_MIN = 3
"""Of two points, each is as far from the other."""


@dataclass
class Card:
    """What is counted about one publisher, figure by figure."""

    causes: Counter[str] = field(default_factory=Counter)
    secondary: int = 0
    figures: int = 0
    without_period: int = 0
    revised: int = 0
    lags: list[int] = field(default_factory=list)
    """Days from the end of the period to the first release."""
    behind: list[int] = field(default_factory=list)
    """Days behind the earliest publisher, on figures that others released too."""
    first: int = 0
    revisions: list[float] = field(default_factory=list)
    """(latest - first) / |first| in percent, on figures released at least twice."""
    departures: list[float] = field(default_factory=list)
    """(latest - consensus) / |consensus| in percent."""
    outlier: int = 0
    outlier_figures: int = 0


def scorecards(reader: Reader, filters: Mapping[str, Value] | None = None) -> Findings:
    """One item a publisher, in the order of their slugs, over the figures that filters select.

    With `publisher`, only its own item; it is compared with all others all the same. The statistics are numbers: days,
    percent and shares; where there is none, null, and `reasons` says why. Raises UnknownFilter and FilterError.

    - `figures` that it released, `statements`, and the share of these that repeat another's figure (`secondary_share`).
    - How early. `figures_shared`: those that others released too; `first`: on how many of these nobody was earlier;
      `mean_days_after_first`: behind the earliest. `mean_lag_days`, `median_lag_days`: from the end of the period to
      the first release, negative before it; `figures_without_period` have none. Days are counted from date to date.
    - How often revised: `revised` figures, `revisions`, `revisions_per_figure`, `confirmations`, `conflicts`,
      `withdrawals`, `republications`: entries by their cause.
    - How biased: `bias_percent`, the mean of (latest - first) / |first|, and `mean_absolute_revision_percent`, of its
      size, over `bias_figures`: released at least twice and not withdrawn, first and latest points, first not zero.
    - How far from the others: `bias_from_consensus_percent`, the mean of (latest - consensus) / |consensus|, and
      `mean_absolute_from_consensus_percent`, over `consensus_figures`: it and at least one other state a point, and the
      consensus is not zero. `outlier`: on how many of the `outlier_figures`, where at least three state points, it is
      farther from its consensus than every other publisher from its own.
    """
    rest, asked = publishers_asked(reader, filters or {})
    cards: dict[str, Card] = {}
    for subjects in subjects_together(reader, rest):
        entries = reader.entries((*COLUMNS, "period_end"), rest, subjects=subjects)
        ends = entries["period_end"]
        for figure in figures_of(entries, reader.allowance):
            series: dict[str, list[Entry]] = {}
            for entry in figure:
                series.setdefault(entry.publisher, []).append(entry)
            _count(cards, series, period_end=ends[figure[0].row].as_py())
    chosen = sorted(publisher for publisher in cards if asked is None or publisher in asked)
    names = _names(reader, chosen)
    return Findings([_item(publisher, names.get(publisher), cards[publisher]) for publisher in chosen])


def _count(cards: dict[str, Card], series: Mapping[str, Sequence[Entry]], *, period_end: date | None) -> None:
    """Add one figure to the cards of its publishers."""
    firsts: dict[str, datetime] = {}
    latest: dict[str, Decimal] = {}
    for publisher, entries in series.items():
        card = cards.setdefault(publisher, Card())
        causes = Counter(entry.cause for entry in entries)
        card.causes += causes
        card.revised += causes["revision"] > 0
        card.secondary += sum(entry.secondary for entry in entries if entry.said is not None)
        released = releases(entries)
        if released:
            firsts[publisher] = released[0].until
            card.figures += 1
        point = entries[-1].point
        if point is not None:
            latest[publisher] = point
            base = released[0].point
            if len(released) > 1 and base:
                card.revisions.append(percent_above(point, base))
    _count_lags(cards, firsts, period_end=period_end)
    _count_departures(cards, latest)


def releases(entries: Sequence[Entry]) -> list[Entry]:
    """What a series says at each instant, the last of what it said then; none where that is a withdrawal."""
    ends = (list(together)[-1] for _, together in groupby(entries, key=attrgetter("until")))
    return [entry for entry in ends if entry.said is not None]


def _count_lags(cards: Mapping[str, Card], firsts: Mapping[str, datetime], *, period_end: date | None) -> None:
    earliest = min(firsts.values(), default=None)
    for publisher, first in firsts.items():
        card = cards[publisher]
        if period_end is None:
            card.without_period += 1
        else:
            card.lags.append((first.date() - period_end).days)
        if earliest is not None and len(firsts) > 1:
            card.behind.append((first.date() - earliest.date()).days)
            card.first += first == earliest


def _count_departures(cards: Mapping[str, Card], latest: Mapping[str, Decimal]) -> None:
    ranked = sorted(latest.items(), key=lambda said: said[1])
    points = [point for _, point in ranked]
    if len(points) < 2:
        return
    gaps = []
    for place, (publisher, point) in enumerate(ranked):
        consensus = median(points, without=place)
        gaps.append(distance(point, consensus))
        if consensus:
            cards[publisher].departures.append(percent_above(point, consensus))
    if len(points) < OUTLIER_AMONG_MIN:
        return
    farthest = max(gaps)
    alone = gaps.count(farthest) == 1
    for (publisher, _), gap in zip(ranked, gaps, strict=True):
        cards[publisher].outlier_figures += 1
        cards[publisher].outlier += gap == farthest and alone


def _names(reader: Reader, publishers: Sequence[str]) -> dict[str, str]:
    if not publishers:
        return {}
    table = reader.read("entities", filters={"entity": list(publishers)})
    return dict(zip(table["entity"].to_pylist(), table["name"].to_pylist(), strict=True))


def _item(publisher: str, name: str | None, card: Card) -> Item:
    said = card.causes.total() - card.causes["withdrawal"]
    item: dict[str, Any] = {
        "publisher": publisher,
        "name": name,
        "figures": card.figures,
        "statements": said,
        "secondary_share": card.secondary / said if said else None,
        "figures_shared": len(card.behind),
        "first": card.first,
        "mean_days_after_first": mean(card.behind),
        "mean_lag_days": mean(card.lags),
        "median_lag_days": _median(card.lags),
        "figures_without_period": card.without_period,
        "revised": card.revised,
        "revisions": card.causes["revision"],
        "revisions_per_figure": card.causes["revision"] / card.figures if card.figures else None,
        "confirmations": card.causes["confirmation"],
        "conflicts": card.causes["conflict"],
        "withdrawals": card.causes["withdrawal"],
        "republications": card.causes["republication"],
        "bias_figures": len(card.revisions),
        "bias_percent": mean(card.revisions),
        "mean_absolute_revision_percent": mean(_sizes(card.revisions)),
        "consensus_figures": len(card.departures),
        "bias_from_consensus_percent": mean(card.departures),
        "mean_absolute_from_consensus_percent": mean(_sizes(card.departures)),
        "outlier_figures": card.outlier_figures,
        "outlier": card.outlier,
    }
    return {**item, "reasons": {name: why for name, why in _REASONS.items() if item[name] is None}}


_SHARED = "no other publisher released any of its figures"
_LAG = "none of its figures has a period and a release"
_RELEASED_AGAIN = "no figure that it released twice and still states has a first point other than zero and a latest one"
_COMPARED = "on no figure do it and another publisher state points with a consensus other than zero"
_REASONS = {
    "secondary_share": "it made no statement",
    "mean_days_after_first": _SHARED,
    "mean_lag_days": _LAG,
    "median_lag_days": _LAG,
    "revisions_per_figure": "it released no figure",
    "bias_percent": _RELEASED_AGAIN,
    "mean_absolute_revision_percent": _RELEASED_AGAIN,
    "bias_from_consensus_percent": _COMPARED,
    "mean_absolute_from_consensus_percent": _COMPARED,
}
"""Why a statistic is null, where it is."""


def _sizes(numbers: Iterable[float]) -> list[float]:
    return [abs(number) for number in numbers]


def _median(numbers: Sequence[int]) -> float | None:
    return float(statistics.median(numbers)) if numbers else None
