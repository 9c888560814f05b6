"""Disputes: figures on which what publishers say differs, since when, by how much, and how it ended.

At each instant at which something was published about a figure, with all that was published at that instant taken in,
the figure is disputed or it is not (see `projections.audit.publisher_entries`). A *dispute* is a longest run of
instants at which it is: it begins with the event that made it disputed, and is open until an event ends it. Where
several events share an instant, that event is the last of them, in the order of their positions, at which the figure
turned.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from ledger.values import percent_of, plain
from projections.audit.findings import Findings, Item
from projections.audit.publisher_entries import (
    Entry,
    Heads,
    distance,
    figures_of,
    mean,
    median,
    percent_between,
    publishers_asked,
)
from projections.catalogue import FIGURE_IDENTITY
from projections.queries.filters import Value
from projections.queries.reader import Reader, naive

STATUSES = ("open", "ended", "all")
_SAID = (
    *("publisher", "value", "low", "high", "symbol", "unit", "canonical_value", "canonical_low", "canonical_high"),
    *("status", "source_kind", "via", "edition", "published_at", "event_id", "position"),
)


class Dispute(NamedTuple):
    """A run of instants at which a figure is disputed."""

    began: Entry
    ended: Entry | None
    statements: list[Entry]
    """What the publishers say, or said at the last instant of it: ordered by publisher and position."""


def disputes(reader: Reader, filters: Mapping[str, Value] | None = None, *, status: str = "open") -> Findings:
    """The disputes about the figures that filters select, in the order of figures and of time.

    `status`: `open` at the viewpoint, `ended` before it, or `all`. With `publisher`, only those in which that publisher
    has a say. An item holds the figure's key (`period` as the last of the statements prints it), `since` and `until`
    (as printed) with their days, `began_by` and `ended_by`, `days` from the one to the other or to `as_of`, `kind`
    (`between` publishers, `within` one that contradicts itself, or `both`), and the statements (`publishers`) as they
    stand, or stood last. `spread` is highest - lowest of their points, in the canonical unit, and `spread_percent` that
    in percent of |median of the points|, half-even at 4 decimals.

    Member `pairs`: see `pair_items`. Raises UnknownFilter and FilterError.
    """
    rest, asked = publishers_asked(reader, filters or {})
    entries = reader.entries(rest)
    listed: list[Dispute] = []
    pairs: dict[tuple[str, str], Pair] = {}
    for figure in figures_of(entries, reader.allowance):
        heads, among = swept(figure)
        listed += [
            one
            for one in among
            if status in ("all", "ended" if one.ended else "open")
            and (asked is None or any(said.publisher in asked for said in one.statements))
        ]
        compare(heads, pairs)
    chosen = {names: pair for names, pair in pairs.items() if asked is None or not asked.isdisjoint(names)}
    return Findings(_items(reader, entries, listed), {"pairs": pair_items(chosen)})


def swept(figure: Sequence[Entry]) -> tuple[Heads, list[Dispute]]:
    """What the publishers of a figure say in the end, and the disputes on the way there."""
    heads = Heads()
    runs: list[Dispute] = []
    began: Entry | None = None
    for _, together in groupby(figure, key=attrgetter("until")):
        stood = heads.statements() if began else []
        turned: Entry | None = None
        for entry in together:
            before = heads.disputed
            heads.take(entry)
            turned = entry if heads.disputed != before else turned
        if began is None and heads.disputed:
            began = turned
        elif began is not None and not heads.disputed:
            runs.append(Dispute(began, turned, stood))
            began = None
    if began is not None:
        runs.append(Dispute(began, None, heads.statements()))
    return heads, runs


def _items(reader: Reader, entries: pa.Table, listed: Sequence[Dispute]) -> list[Item]:
    rows = sorted({entry.row for one in listed for entry in (one.began, one.ended, *one.statements) if entry})
    columns = list(dict.fromkeys((*FIGURE_IDENTITY, *_SAID, "cause")))
    said = reader.allowance.rows_of(entries.select(columns).take(pa.array(rows, pa.int64())))
    said_in = dict(zip(rows, said, strict=True))
    return [_item(reader, one, said_in) for one in reader.allowance.each(listed)]


def _item(reader: Reader, one: Dispute, said_in: Mapping[int, Item]) -> Item:
    latest = max(one.statements, key=attrgetter("until", "position"))
    key = {name: said_in[latest.row][name] for name in FIGURE_IDENTITY}
    ended = one.ended
    last = naive(reader.viewpoint.as_of) if ended is None else ended.until
    return {
        **{name: _text(value) if name.startswith("period_") else value for name, value in key.items()},
        "dimensions": key["dimensions"] and json.loads(key["dimensions"]),
        "status": "ended" if ended else "open",
        "since": said_in[one.began.row]["published_at"],
        "since_date": one.began.until.date().isoformat(),
        "began_by": _event(one.began, said_in),
        "until": said_in[ended.row]["published_at"] if ended else None,
        "until_date": ended.until.date().isoformat() if ended else None,
        "ended_by": _event(ended, said_in) if ended else None,
        "days": (last.date() - one.began.until.date()).days,
        "kind": _kind(one.statements),
        **_extent(one.statements),
        "publishers": [{name: _text(said_in[entry.row][name]) for name in _SAID} for entry in one.statements],
    }


def _event(entry: Entry, said_in: Mapping[int, Item]) -> Item:
    return {name: said_in[entry.row][name] for name in ("event_id", "publisher", "cause", "position")}


def _kind(statements: Sequence[Entry]) -> str:
    sayings: dict[str, set[object]] = {}
    for entry in statements:
        sayings.setdefault(entry.publisher, set()).add(entry.said)
    within = any(len(said) > 1 for said in sayings.values())
    return ("both" if within else "between") if len(sayings) > 1 else "within"


def _extent(statements: Sequence[Entry]) -> Item:
    """How far the points among the statements are apart, and who states the ends."""
    stated = [(entry.point, entry.publisher) for entry in statements if entry.point is not None]
    if len(stated) < 2:
        names = ("spread", "spread_percent", "highest", "highest_by", "lowest", "lowest_by")
        why = "fewer than two of the statements are points"
        return {**dict.fromkeys(names), "reasons": {"spread": why, "spread_percent": why}}
    points = sorted(value for value, _ in stated)
    spread = distance(points[-1], points[0])
    percent = percent_of(spread, median(points))
    return {
        "spread": plain(spread),
        "spread_percent": None if percent is None else f"{percent:.4f}",
        "highest": plain(points[-1]),
        "highest_by": next(publisher for value, publisher in stated if value == points[-1]),
        "lowest": plain(points[0]),
        "lowest_by": next(publisher for value, publisher in stated if value == points[0]),
        "reasons": {} if percent is not None else {"spread_percent": "the median of the points is zero"},
    }


def _text(value: Any) -> Any:
    """A decimal or a day as items show it; anything else as it is."""
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass
class Pair:
    """Two publishers compared, over the figures of which both say something."""

    agreeing: int = 0
    differing: int = 0
    higher: int = 0
    lower: int = 0
    percents: list[float] = field(default_factory=list)
    """`percent_between` the two, where both state points."""


def compare(heads: Heads, pairs: dict[tuple[str, str], Pair]) -> None:
    """Add a figure to the pairs of its publishers: what each of them says last."""
    for (one, said), (other, said_too) in combinations(heads.last().items(), 2):
        pair = pairs.setdefault((one, other), Pair())
        if said.said == said_too.said:
            pair.agreeing += 1
        else:
            pair.differing += 1
        if said.point is not None and said_too.point is not None:
            pair.higher += said.point > said_too.point
            pair.lower += said.point < said_too.point
            pair.percents.append(percent_between(said.point, said_too.point))


def pair_items(pairs: Mapping[tuple[str, str], Pair]) -> list[Item]:
    """One item a pair of publishers [a, b], in order: `figures` of which both say something at the viewpoint
    (`agreeing` and `differing`), those of them that are `comparable` (both state points), and how often a is `higher`
    or `lower`. What a publisher says is the last of its head.

    `mean_difference_percent`, `median_difference_percent` and `mean_absolute_difference_percent` are over the
    comparable figures, each difference being 200 (a - b) / (|a| + |b|): in percent of the mean of the two sizes, so
    that neither is the measure of the other.
    """
    return [_pair_item(names, pairs[names]) for names in sorted(pairs)]


def _pair_item(names: tuple[str, str], pair: Pair) -> Item:
    statistics_of = {
        "mean_difference_percent": mean(pair.percents),
        "median_difference_percent": statistics.median(pair.percents) if pair.percents else None,
        "mean_absolute_difference_percent": mean([abs(percent) for percent in pair.percents]),
    }
    return {
        "publishers": list(names),
        "figures": pair.agreeing + pair.differing,
        "agreeing": pair.agreeing,
        "differing": pair.differing,
        "comparable": len(pair.percents),
        "higher": pair.higher,
        "lower": pair.lower,
        **statistics_of,
        "reasons": {
            name: "on no figure do both state a point" for name, value in statistics_of.items() if value is None
        },
    }
