"""Vintages: what every publisher said of every figure, at each time that it said something, or at chosen times.

The revision triangle of statistics offices, as rows (one a series and vintage) or as a table with the vintages across.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from projections.audit.findings import Findings, Item, items_of
from projections.catalogue import FIGURE_KEY, SERIES
from projections.queries.allowance import Allowance
from projections.queries.figure_pages import subject_page
from projections.queries.filter_values import FilterError, Value
from projections.queries.format import presented, with_percent
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive
from projections.sql_text import quoted, sql

COLUMNS_MAX = 1000
KEY = ("figure_id", *FIGURE_KEY, "publisher")
_SHOWN = (
    *("value", "low", "high", "symbol", "unit", "canonical_value", "canonical_low", "canonical_high"),
    *("canonical_unit", "approximate", "status", "note", "via", "edition", "published_at", "recorded_at", "position"),
    *("event_id", "withdrawn", "release", "revision", "cause", "previous_value", "change"),
)


@dataclass(frozen=True)
class Columns:
    """Which vintages are wanted: as of days, releases (`first`, `latest` or a number from 1), and horizons in months
    after the end of the period. None at all means every vintage.
    """

    dates: Sequence[tuple[str, datetime]] = ()
    """(as written, the instant up to which it counts)"""
    releases: Sequence[str] = ()
    horizons: Sequence[int] = ()

    @property
    def labels(self) -> list[str]:
        """The names of the columns, in order."""
        return [*(text for text, _ in self.dates), *self.releases, *(f"{months}m" for months in self.horizons)]


def vintages(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    columns: Columns | None = None,
    wide: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The vintages of the series that filters select, `limit` items from `offset` on.

    Tidy: one item a series and vintage. `vintage` names it: its day of publication (the end of a stated month or
    year), else the column that was asked for; `vintage_date` is that day, or the day asked about; `superseded_on` the
    day of the next vintage. A day, a release or a horizon for which a publisher says nothing has no item, and a horizon
    that lies after `as_of` has none yet. `change` is to the entry before.

    Wide: one item a series, one member a vintage, from the first of the selection to the last: what the publisher said
    then, as a canonical value, a range `low..high` or a symbol; null where it said nothing.

    Raises FilterError for more than 1,000 columns, and for a day after `as_of`.
    """
    asked = columns or Columns()
    late = next((text for text, at in asked.dates if at > reader.viewpoint.as_of), None)
    if late is not None:
        raise FilterError("dates", f"{late} is after as_of: nobody can say yet what will be said then")
    chosen = _Chosen(reader, filters or {}, asked, wide=wide)
    labels = list(dict.fromkeys(asked.labels))
    across = (labels or chosen.days()) if wide else []
    if len(across) > COLUMNS_MAX:
        many = f"{len(across)} vintages are too many columns; {COLUMNS_MAX} at most"
        raise FilterError("layout", f"{many}: choose with dates, releases or horizons")
    subjects, before = None, 0
    if limit is not None and not {"subject", "figure_id"} & set(filters or {}):
        subjects, before = subject_page(reader.ask, chosen.counted, limit=limit, offset=offset)
    items = chosen.items(subjects, limit=None if wide else limit, offset=0 if wide else offset - before)
    if not wide:
        return Findings(items)
    rows = _wide(items, across, reader.allowance, chosen=bool(labels))
    return Findings(rows[offset - before :][:limit])


class _Chosen:
    """The vintages that are asked for, of the series that filters select."""

    def __init__(self, reader: Reader, filters: Mapping[str, Value], asked: Columns, *, wide: bool) -> None:
        self._reader, self._filters, self._wide = reader, filters, wide
        columns = ("place", "vintage", "kind", "until", "number")
        rows = list(_asked(asked))
        self._params = {f"asked_{name}": [row[place] for row in rows] for place, name in enumerate(columns)}
        self._every = not rows

    def days(self) -> list[str]:
        """The days on which something was published, in order."""
        days = "SELECT DISTINCT CAST(CAST(published_until AS DATE) AS VARCHAR) AS day FROM chosen ORDER BY day"
        found = self._reader.series("published", self._filters, query=days)
        return self._reader.allowance.values_of(found["day"])

    def counted(self, subjects: Sequence[str]) -> dict[str, int]:
        """How many items each subject has."""
        return dict(self._reader.allowance.tuples_of(self._counts(subjects)))

    def _counts(self, subjects: Sequence[str]) -> pa.Table:
        one = "figure_id, publisher" if self._wide else "figure_id, publisher, published_until"
        if self._every:
            distinct = f"SELECT DISTINCT subject, {one} FROM chosen"
            query = f"SELECT subject, COUNT(*) FROM ({distinct}) GROUP BY subject"
            return self._reader.series("published", self._filters, query=query, subjects=subjects)
        what = f"DISTINCT ({one})" if self._wide else "*"
        query = f"SELECT subject, COUNT({what}) FROM ({sql('audit/vintages_asked.sql')}) GROUP BY subject"
        return self._reader.series("vintages", self._filters, query=query, params=self._params, subjects=subjects)

    def items(self, subjects: Sequence[str] | None, *, limit: int | None, offset: int) -> list[Item]:
        """The vintages in their order."""
        names = (*KEY, "vintage", "vintage_date", "superseded_on", *_SHOWN)
        by = ", ".join(f"{quoted(column)} NULLS FIRST" for column in (*SERIES.order[:-2], "place", "published_until"))
        query = f"SELECT {', '.join(map(quoted, names))} FROM ({sql('audit/vintages_asked.sql')}) ORDER BY {by}"
        if limit is not None:
            query += f" LIMIT {limit:d} OFFSET {offset:d}"
        vintages = self._reader.series("vintages", self._filters, query=query, params=self._params, subjects=subjects)
        allowance = self._reader.allowance
        return items_of(with_percent(presented(vintages), allowance), allowance)


def _asked(columns: Columns) -> Iterator[tuple[int, str, str, datetime | None, int | None]]:
    """(place, vintage, kind, until, number) of every column that is asked for."""
    dates = [(text, "date", naive(at), None) for text, at in columns.dates]
    releases = [(text, *_release(text)) for text in columns.releases]
    horizons = [(f"{months}m", "horizon", None, months) for months in columns.horizons]
    for place, column in enumerate([*dates, *releases, *horizons]):
        yield (place, *column)


def _release(text: str) -> tuple[str, None, int | None]:
    if text == "latest":
        return ("latest", None, None)
    return ("release", None, 1 if text == "first" else int(text))


def _wide(items: Sequence[Item], across: Sequence[str], allowance: Allowance, *, chosen: bool) -> list[Item]:
    """One row a series. Where no vintage was chosen, all are across, and a cell holds what was said until the next."""
    places = {name: place for place, name in enumerate(across)}
    rows: dict[tuple[str, str], Item] = {}
    for item in allowance.each(items):
        row = rows.setdefault((item["figure_id"], item["publisher"]), {})
        if not row:
            row |= {name: item[name] for name in (*KEY, "canonical_unit")} | dict.fromkeys(across)
        first = places[item["vintage"]]
        upto = first + 1 if chosen else bisect_left(across, item["superseded_on"] or "~")
        row |= dict.fromkeys(across[first:upto], cell(item))
    return list(rows.values())


def cell(item: Mapping[str, Any]) -> str | None:
    """What an item says, in one text: a canonical value, `low..high` with an end left out where there is none, or a
    symbol; None where it says nothing.
    """
    low, high = item["canonical_low"], item["canonical_high"]
    said_range = f"{low or ''}..{high or ''}" if low is not None or high is not None else None
    said: str | None = item["canonical_value"] or said_range or item["symbol"]
    return said
