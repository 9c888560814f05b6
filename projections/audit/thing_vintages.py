"""Vintages of dates: the start that each publisher stated of a transition, at each time that it said something, or at
chosen times.

For example, of a plant's commissioning: 2027-01-01 as of 2025-02, and 2028-06-01 from 2026-02 on. As rows, one a series
and vintage, or as a table with the vintages across.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from projections.audit.findings import Findings, Item
from projections.audit.thing_series import Stated, ThingSeries, Voice
from projections.audit.vintages import COLUMNS_MAX
from projections.queries.filter_values import FilterError, Value
from projections.queries.reader import Reader
from projections.queries.statement_history import DATES, Telling, shift_days

_START, _END = DATES


def thing_vintages(
    reader: Reader,
    resource: str,
    filters: Mapping[str, Value],
    *,
    publishers: Sequence[str] = (),
    dates: Sequence[tuple[str, datetime]] = (),
    wide: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The vintages of the stated starts of the things that filters select, `limit` items from `offset` on.

    Tidy: one item a series and vintage: what names the thing, `part`, `transition`, `publisher`, `vintage` (its day of
    publication, or the date that was asked for), `vintage_date`, `superseded_on`, and the start as it was stated then.
    `previous_effective_from` and `shift_days` are to the vintage before. A time at which a publisher states no start
    has no item. Wide: one item a series, one member a vintage. Raises FilterError for more than 1,000 columns, and for
    a day after `as_of`.
    """
    late = next((text for text, at in dates if at > reader.viewpoint.as_of), None)
    if late is not None:
        raise FilterError("dates", f"{late} is after as_of: nobody can say yet what will be said then")
    series = ThingSeries(reader, resource, filters)
    only = {reader.names.kept(slug) for slug in publishers}
    across = [text for text, _ in dates] or (series.days() if wide else [])
    if wide and len(across) > COLUMNS_MAX:
        many = f"{len(across)} vintages are too many columns; {COLUMNS_MAX} at most"
        raise FilterError("layout", f"{many}: choose with dates")
    found = (
        one
        for stated in series.transitions()
        for of_one in _by_publisher(stated, only)
        for one in _of_series(stated, of_one, dates, across if wide else None)
    )
    end = None if limit is None else offset + limit
    return Findings(list(islice(reader.allowance.each(found), offset, end)))


def _by_publisher(stated: Stated, only: set[str]) -> Iterator[list[Telling]]:
    """The series of a transition, by publisher in order; nobody in particular comes first."""
    series: dict[str | None, list[Telling]] = {}
    for one in stated.tellings:
        series.setdefault(one.publisher, []).append(one)
    for publisher in sorted(series, key=lambda slug: slug or ""):
        if not only or publisher in only:
            yield series[publisher]


def _of_series(
    stated: Stated, tellings: Sequence[Telling], dates: Sequence[tuple[str, datetime]], across: list[str] | None
) -> Iterator[Item]:
    entries = _vintages(tellings)
    if all(one[_START] is None for _, one in entries):
        return
    named = {**stated.thing, "part": stated.part, "transition": stated.transition, "publisher": tellings[0].publisher}
    untils = [until for until, _ in entries]
    if dates:
        seen = [(text, day, bisect_right(untils, at) - 1) for text, at in dates for day in [_day(at)]]
    else:
        seen = [(_day(until), _day(until), place) for place, until in enumerate(untils)]
    if across is None:
        for vintage, day, place in seen:
            if place >= 0 and entries[place][1][_START] is not None:
                superseded = _day(untils[place + 1]) if place + 1 < len(untils) else None
                told = {"vintage": vintage, "vintage_date": day, "superseded_on": superseded}
                yield {**named, **told, **entries[place][1]}
        return
    row: Item = dict.fromkeys(across)
    for vintage, day, place in seen:
        if dates:
            row[vintage] = entries[place][1][_START] if place >= 0 else None
        else:
            first = bisect_left(across, day)
            row |= dict.fromkeys(across[first:], entries[place][1][_START])
    yield {**named, **row}


def _vintages(tellings: Sequence[Telling]) -> list[tuple[datetime, Item]]:
    """After each statement or withdrawal: when, and what the publisher states from then on."""
    voice, taken_back = Voice(), set[str]()
    found: list[tuple[datetime, Item]] = []
    for one in tellings:
        before = voice.says(_START, taken_back)
        if one.withdraws is not None:
            taken_back.add(one.withdraws)
        voice.take(one, taken_back)
        start = voice.says(_START, taken_back)
        item = {
            _START: start,
            _END: voice.says(_END, taken_back),
            "published_at": one.published_at,
            "recorded_at": one.recorded_at,
            "event_id": one.event_id,
            "position": one.position,
            "previous_effective_from": before,
            "shift_days": shift_days(before, start),
        }
        found.append((one.published_until, item))
    return found


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
