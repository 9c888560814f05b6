"""Disputes: figures on which what publishers say differs, since when, by how much, and how it ended.

At each instant at which something was published about a figure, with all that was published at that instant taken in,
the figure is disputed or it is not (see `projections.audit.publisher_entries`). A *dispute* is a longest run of
instants at which it is: it begins with the event that made it disputed, and is open until an event ends it. Where
several events share an instant, that event is the last of them, in the order of their positions, at which the figure
turned.
"""

import json
import statistics
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from ledger.values import percent_of, plain
from projections.audit.findings import Findings, Item
from projections.audit.publisher_entries import (
    COLUMNS,
    Entry,
    Heads,
    distance,
    figures_of,
    mean,
    median,
    percent_between,
    publishers_asked,
)
from projections.audit.subjects_together import subjects_together
from projections.catalogue import FIGURE_IDENTITY
from projections.queries.filters import FilterError, Value
from projections.queries.reader import Reader, naive

STATUSES = ("open", "ended", "all")
PAIRS_MAX = 100_000
"""How many pairs of publishers one answer holds: each two of 447."""
_SAID = (
    *("publisher", "value", "low", "high", "symbol", "unit", "canonical_value", "canonical_low", "canonical_high"),
    *("status", "source_kind", "via", "edition", "published_at", "event_id", "position"),
)


_SHOWN = tuple(dict.fromkeys((*FIGURE_IDENTITY, *_SAID, "cause")))


class Run(NamedTuple):
    """A run of instants at which a figure is disputed: from which event to which, and how many of the figure's entries
    had been published at the last of the instants. `has_say`: one of the publishers that are asked about spoke then.
    """

    began: Entry
    ended: Entry | None
    until: int
    has_say: bool


class Dispute(NamedTuple):
    """A run, and what the publishers say, or said at the last instant of it: ordered by publisher and position."""

    began: Entry
    ended: Entry | None
    statements: list[Entry]


def disputes(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    status: str = "open",
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The disputes about the figures that filters select, in the order of figures and of time; `limit` of them from
    `offset` on.

    `status`: `open` at the viewpoint, `ended` before it, or `all`. With `publisher`, only those in which that publisher
    has a say. An item holds the figure's key (`period` as the last of the statements prints it), `since` and `until`
    (as printed) with their days, `began_by` and `ended_by`, `days` from the one to the other or to `as_of`, `kind`
    (`between` publishers, `within` one that contradicts itself, or `both`), and the statements (`publishers`) as they
    stand, or stood last. `spread` is highest - lowest of their points, in the canonical unit, and `spread_percent` that
    in percent of |median of the points|, half-even at 4 decimals.

    Member `pairs`: see `pair_items`. Raises UnknownFilter; FilterError, also for more pairs than an answer holds.
    """
    rest, asked = publishers_asked(reader, filters or {})
    items: list[Item] = []
    pairs: dict[tuple[str, str], Pair] = {}
    place = 0
    for subjects in subjects_together(reader, rest):
        entries = reader.entries((*COLUMNS, *_SHOWN), rest, subjects=subjects)
        listed: list[Dispute] = []
        for figure in figures_of(entries, reader.allowance):
            heads, runs = swept(figure, asked=asked)
            wanted = [run for run in runs if run.has_say and status in ("all", "ended" if run.ended else "open")]
            last = len(wanted) if limit is None else max(offset + limit - place, 0)
            listed += _told(figure, wanted[max(offset - place, 0) : last])
            place += len(wanted)
            compare(heads, pairs, asked=asked)
        items += _items(reader, entries, listed)
    return Findings(items, {"pairs": pair_items(pairs)})


def swept(figure: Sequence[Entry], *, asked: Collection[str] | None = None) -> tuple[Heads, list[Run]]:
    """What the publishers of a figure say in the end, and when it was disputed on the way there."""
    heads = Heads()
    runs: list[Run] = []
    began: Entry | None = None
    taken, has_say = 0, False
    for _, together in groupby(figure, key=attrgetter("until")):
        before_all = taken
        turned: Entry | None = None
        for entry in together:
            before = heads.disputed
            heads.take(entry)
            turned = entry if heads.disputed != before else turned
            taken += 1
        if began is None and heads.disputed:
            began = turned
        elif began is not None and not heads.disputed:
            runs.append(Run(began, turned, before_all, has_say))
            began = None
        has_say = asked is None or heads.says_any(asked)
    if began is not None:
        runs.append(Run(began, None, taken, has_say))
    return heads, runs


def _told(figure: Sequence[Entry], runs: Sequence[Run]) -> Iterator[Dispute]:
    """Some runs, in their order, with what the publishers say at the end of each: they are looked at no further."""
    heads, taken = Heads(), 0
    for run in runs:
        for entry in figure[taken : run.until]:
            heads.take(entry)
        taken = run.until
        yield Dispute(run.began, run.ended, heads.statements())


def _items(reader: Reader, entries: pa.Table, listed: Sequence[Dispute]) -> list[Item]:
    if not listed:
        return []
    rows = sorted({entry.row for one in listed for entry in (one.began, one.ended, *one.statements) if entry})
    said = reader.allowance.rows_of(entries.select(_SHOWN).take(pa.array(rows, pa.int64())))
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
    percents: "array[float]" = field(default_factory=lambda: array("d"))
    """`percent_between` the two, where both state points."""


def compare(heads: Heads, pairs: dict[tuple[str, str], Pair], *, asked: Collection[str] | None = None) -> None:
    """Add a figure to the pairs of its publishers, or of those asked about and others: what each of them says last.

    Raises FilterError where there are too many.
    """
    last = heads.last()
    named = combinations(last, 2) if asked is None else _pairs_with({*asked} & last.keys(), last)
    for one, other in named:
        said, said_too = last[one], last[other]
        pair = pairs.setdefault((one, other), Pair())
        if len(pairs) > PAIRS_MAX:
            many = f"more than {PAIRS_MAX} pairs of publishers say something of these figures"
            raise FilterError("publisher", f"{many}: choose a publisher, or fewer figures")
        if said.said == said_too.said:
            pair.agreeing += 1
        else:
            pair.differing += 1
        if said.point is not None and said_too.point is not None:
            pair.higher += said.point > said_too.point
            pair.lower += said.point < said_too.point
            pair.percents.append(percent_between(said.point, said_too.point))


def _pairs_with(chosen: Collection[str], publishers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every two different publishers of which at least one is chosen, each pair in order and once."""
    for other in publishers:
        for one in chosen:
            if one < other or (one > other and other not in chosen):
                yield min(one, other), max(one, other)


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
