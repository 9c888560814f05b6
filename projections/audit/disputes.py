"""Disputes: figures on which what publishers say differs, since when, by how much, and how it ended.

At each instant at which something was published about a figure, with all that was published at that instant taken in,
the figure is disputed or it is not (see `projections.audit.publisher_entries`). A *dispute* is a longest run of
instants at which it is: it begins with the event that made it disputed, and is open until an event ends it. Where
several events share an instant, that event is the last of them, in the order of their positions, at which the figure
turned.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter, itemgetter
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
    median,
    publishers_asked,
)
from projections.audit.publisher_pairs import publisher_pairs
from projections.audit.subjects_together import few_together
from projections.catalogue import FIGURE_IDENTITY, SERIES
from projections.queries.figure_pages import subject_page
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive
from projections.sql_text import quoted, sql

STATUSES = ("open", "ended", "all")
_WANTED = {"open": "ended_at IS NULL", "ended": "ended_at IS NOT NULL", "all": "TRUE"}
_SAID = (
    *("publisher", "value", "low", "high", "symbol", "unit", "canonical_value", "canonical_low", "canonical_high"),
    *("status", "source_kind", "via", "edition", "published_at", "event_id", "position"),
)


_SHOWN = tuple(dict.fromkeys((*FIGURE_IDENTITY, *_SAID, "cause")))


class Run(NamedTuple):
    """A run of instants at which a figure is disputed: from which event to which, and how many of the figure's entries
    had been published at the last of the instants.
    """

    began: Entry
    ended: Entry | None
    until: int


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

    Member `pairs`: see `publisher_pairs`. Raises UnknownFilter; FilterError, also for more pairs than an answer holds.
    """
    rest, asked = publishers_asked(reader, filters or {})
    items: list[Item] = []
    found = _found(reader, rest, asked, status=status, limit=limit, offset=offset)
    for together in few_together((one, one.entries) for one in found):
        entries = reader.entries(
            (*COLUMNS, *_SHOWN),
            rest,
            subjects=sorted({one.subject for one in together}),
            figures=[one.figure_id for one in together],
        )
        numbers = {one.figure_id: one.numbers for one in together}
        listed: list[Dispute] = []
        for figure in figures_of(entries, reader.allowance):
            runs = swept(figure)
            listed += _told(figure, [runs[number] for number in numbers[figure[0].figure_id]])
        items += _items(reader, entries, listed)
    return Findings(items, {"pairs": publisher_pairs(reader, rest, asked)})


class _Found(NamedTuple):
    """A figure, and which of its disputes are wanted, counted from 0."""

    figure_id: str
    subject: str
    entries: int
    numbers: list[int]


def _found(
    reader: Reader,
    filters: Mapping[str, Value],
    asked: Collection[str] | None,
    *,
    status: str,
    limit: int | None,
    offset: int,
) -> list[_Found]:
    """The figures of a page of disputes, in order."""
    runs, wanted = sql("audit/dispute_runs.sql"), [_WANTED[status]]
    if asked is not None:
        wanted.append("say > 0")
    params = {"asked": sorted(asked or ()), "of_some": asked is not None}
    found = f"FROM ({runs}) WHERE {' AND '.join(wanted)}"

    def counted(subjects: Sequence[str]) -> dict[str, int]:
        query = f"SELECT subject, COUNT(*) {found} GROUP BY subject"
        rows = reader.series("published", filters, query=query, params=params, subjects=subjects)
        return dict(reader.allowance.tuples_of(rows))

    subjects = None
    if limit is not None and not {"subject", "figure_id"} & set(filters):
        subjects, before = subject_page(reader.ask, counted, limit=limit, offset=offset)
        offset -= before
    by = ", ".join(f"{quoted(column)} NULLS FIRST" for column in (*SERIES.order[:-3], "number"))
    page = "" if limit is None else f" LIMIT {limit:d} OFFSET {offset:d}"
    query = f"SELECT figure_id, subject, entries, number {found} ORDER BY {by}{page}"
    rows = reader.allowance.rows_of(reader.series("published", filters, query=query, params=params, subjects=subjects))
    return [
        _Found(figure_id, subject, entries, [run["number"] for run in runs])
        for (figure_id, subject, entries), runs in groupby(rows, key=itemgetter("figure_id", "subject", "entries"))
    ]


def swept(figure: Sequence[Entry]) -> list[Run]:
    """When a figure was disputed."""
    heads = Heads()
    runs: list[Run] = []
    began: Entry | None = None
    taken = 0
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
            runs.append(Run(began, turned, before_all))
            began = None
    if began is not None:
        runs.append(Run(began, None, taken))
    return runs


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
