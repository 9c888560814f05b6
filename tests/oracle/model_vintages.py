"""The judge of vintages: what each publisher said of each figure, at each time that it said something.

Folded from the model's statements at a position. A vintage is the last statement of one publication instant; a release
is a vintage that says something.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle.facts import Item, canonical_json
from tests.oracle.model import Model, Statement, cause_of, change_of, point, said, series_of, shown_point


class Vintage(NamedTuple):
    """What was said last at one time, what was said before it, and when it was superseded."""

    statement: Statement
    before: Statement | None
    release: int | None
    next: datetime | None

    @property
    def since(self) -> datetime:
        """From when on it was what the publisher said."""
        return self.statement.order[0]


def vintages_of(series: Sequence[Statement]) -> list[Vintage]:
    """The vintages of one series in order."""
    found: list[Vintage] = []
    releases = 0
    for place, statement in enumerate(series):
        after = series[place + 1] if place + 1 < len(series) else None
        if after is not None and after.order[0] == statement.order[0]:
            continue
        releases += not statement.withdrawn
        before = series[place - 1] if place else None
        release = None if statement.withdrawn else releases
        found.append(Vintage(statement, before, release, after.order[0] if after else None))
    return found


def all_series(model: Model, as_of: datetime, position: int) -> Iterator[list[Statement]]:
    """Every visible series, in the order of series."""
    found: list[list[Statement]] = []
    for statements in model.statements_on(position).values():
        visible = [statement for statement in statements if statement.order[0] <= as_of]
        found += series_of(visible).values()
    yield from sorted(found, key=_order)


def _order(series: Sequence[Statement]) -> tuple[str, ...]:
    key = series[0].key
    names = (key.subject, key.metric, key.material, key.nature, key.period_start, key.period_end, key.unit)
    return (*(name or "" for name in names), key.dimensions or "", series[0].figure_id, series[0].publisher)


def months_after(day: date, months: int) -> datetime:
    """The end of the day so many months later; a month's last day leads to a month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = monthrange(year, month)[1]
    ends_a_month = day.day == monthrange(day.year, day.month)[1]
    return datetime.combine(date(year, month, last if ends_a_month else min(day.day, last)), time.max, UTC)


def tidy(
    model: Model,
    as_of: datetime,
    position: int,
    *,
    dates: Sequence[datetime] = (),
    releases: Sequence[str] = (),
    horizons: Sequence[int] = (),
) -> list[Item]:
    """One item a series and vintage, all of them or those that are asked for."""
    items = []
    for series in all_series(model, as_of, position):
        vintages = vintages_of(series)
        if not (dates or releases or horizons):
            items += [item_of(one, one.since.date().isoformat(), one.since) for one in vintages]
        for at in dates:
            items += [item_of(one, at.isoformat(), at) for one in seen(vintages, at)]
        for release in releases:
            items += [item_of(one, release, one.since) for one in vintages if is_release(one, release)]
        for months in horizons:
            end = series[0].key.period_end
            horizon = months_after(date.fromisoformat(end), months) if end else None
            if horizon is not None and horizon <= as_of:
                items += [item_of(one, f"{months}m", horizon) for one in seen(vintages, horizon)]
    return items


def seen(vintages: Sequence[Vintage], at: datetime) -> list[Vintage]:
    """The vintage that a reader had at an instant, where it says something."""
    return [
        one
        for one in vintages
        if one.since <= at and (one.next is None or at < one.next) and not one.statement.withdrawn
    ]


def is_release(vintage: Vintage, release: str) -> bool:
    """Whether a vintage is the release of that name."""
    if release == "latest":
        return vintage.next is None and not vintage.statement.withdrawn
    return vintage.release == (1 if release == "first" else int(release))


def item_of(vintage: Vintage, name: str, at: datetime) -> Item:
    """A vintage as an item."""
    statement, before, release, following = vintage
    key = statement.key
    change, percent = change_of(point(statement), point(before))
    return {
        "figure_id": statement.figure_id,
        "subject": key.subject,
        "metric": key.metric,
        "dimensions": key.dimensions,
        "period_start": key.period_start,
        "publisher": statement.publisher,
        "vintage": name,
        "vintage_date": at.date().isoformat(),
        "superseded_on": following and following.date().isoformat(),
        **said(statement),
        "event_id": statement.fact.event_id,
        "position": statement.fact.position,
        "withdrawn": statement.withdrawn,
        "release": release,
        "cause": cause_of(statement, before),
        "previous_value": shown_point(before),
        "change": change,
        "change_percent": percent,
    }


def wide(items: Sequence[Item], columns: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """What each series said on each of the days, from tidy vintages: the last of those until then."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for item in items:
        row = rows.setdefault((item["figure_id"], item["publisher"]), dict.fromkeys(columns))
        for day in columns:
            if item["vintage"] <= day:
                row[day] = _cell(item)
    return rows


def _cell(item: Item) -> str | None:
    if item["canonical_value"] is not None:
        return str(Decimal(item["canonical_value"]))
    if item["canonical_low"] is not None or item["canonical_high"] is not None:
        return f"{item['canonical_low'] or ''}..{item['canonical_high'] or ''}"
    symbol: str | None = item["symbol"]
    return symbol


def comparable(item: Item) -> Item:
    """An item of the projection, its dimensions as canonical JSON."""
    return {**item, "dimensions": item["dimensions"] and canonical_json(item["dimensions"])}
