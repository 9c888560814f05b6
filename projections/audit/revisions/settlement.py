"""When figures settle: from when on they stay near their latest value.

A figure has settled at the first release from which on every vintage stays within x % of |latest|: at its latest
release at the latest, and not before it where it had been there once, gone, and come back. A withdrawal, a range and a
symbol are outside. Of a latest value of 0 only 0 itself is within x %.

A figure whose first release is younger than `young` days is *censored*: nobody knows yet. One that moved to where it
is less than `young` days ago has a time of its own, but is not called settled.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from projections.audit.revisions.comparable_values import Comparable, Exact, size
from projections.audit.revisions.releases import Entry


class Settlement(NamedTuple):
    """Whether a figure has settled (None: nobody can say), and the days it took: since its first release, and since
    the end of its period (negative for what settled before).
    """

    settled: bool | None
    censored: bool
    after_days: int | None = None
    age_days: int | None = None
    why: str | None = None
    """Why nobody can say."""


def settlement(scaled: Comparable, *, tolerance: Decimal, young: int, as_of: datetime) -> Settlement:
    """When a series settled. `as_of` is in UTC, naive."""
    releases = scaled.series.releases
    if not releases or scaled.series.latest.withdrawn:
        return Settlement(None, censored=False, why="nothing stands")
    if scaled.latest is None:
        return Settlement(None, censored=False, why="the latest is no single value")
    if _days_ago(releases[0], as_of) < timedelta(days=young):
        return Settlement(None, censored=True, why=f"first published less than {young} days before as_of")
    place = len(scaled.values) - 1
    while place and _within(scaled.values[place - 1], scaled.latest, tolerance):
        place -= 1
    settled_at = scaled.series.vintages[place]
    after = settled_at.published_until.date() - releases[0].published_until.date()
    end = scaled.series.period_end
    return Settlement(
        settled=_days_ago(settled_at, as_of) >= timedelta(days=young),
        censored=False,
        after_days=after.days,
        age_days=None if end is None else (settled_at.published_until.date() - end).days,
    )


def _days_ago(release: Entry, as_of: datetime) -> timedelta:
    return as_of - release.published_until


def _within(value: Exact | None, latest: Exact, percent: Decimal) -> bool:
    times, over = percent.as_integer_ratio()
    return value is not None and size(value - latest) * 100 * over <= times * size(latest)
