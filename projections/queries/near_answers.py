"""Near answers: the answers to a few figures, found row by row among all that was said of them.

For a few rows this takes less time than to have DuckDB plan the fold of the views `figures` and `current`, which say
the same of any number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from ledger.values import difference, plain
from projections.queries.publisher_ranking import NO_RANKING, Ranking

Row = Sequence[Any]

HEADS = """WITH said AS MATERIALIZED ({said}),
series AS (
  SELECT
    figure_id,
    publisher,
    MAX(published_until) AS published_until,
    COUNT(*) AS statements,
    COUNT(*) FILTER (WHERE told IS NULL OR told IS DISTINCT FROM told_before) AS revisions
  FROM (
    SELECT *,
      LAG(told, 1, told) OVER (PARTITION BY figure_id, publisher ORDER BY published_until, position) AS told_before
    FROM (
      SELECT figure_id, publisher, published_until, position,
        CASE
          WHEN type <> 'FigureWithdrawn' THEN all_said(canonical_value, canonical_low, canonical_high, symbol)
        END AS told
      FROM said
    )
  )
  GROUP BY figure_id, publisher
)
SELECT said.*, statements, revisions
FROM said JOIN series USING (figure_id, publisher, published_until)"""
"""What each publisher said last, and how often it said something: of many figures quicker than all that was said, and
quicker where the window has few columns than where it has all of them.
"""

OF_THE_FOLD = ("type", "source_kind", "published_until", "corrected", "statements", "revisions")
"""Columns of the view `said` that tell which statement is the answer, and are no part of an item."""

BESIDE_ANSWERS = {
    "statements": "INTEGER",
    "revisions": "INTEGER",
    "corrected": "BOOLEAN",
    "publishers": "INTEGER",
    "disputed": "BOOLEAN",
    "spread": "VARCHAR",
}
"""What an item says beside the event that is the answer."""


class Statement(NamedTuple):
    """A statement on a figure, or its withdrawal, in short; `row` is all that was fetched of it."""

    figure_id: str
    metric: str
    publisher: str
    shown_from: datetime
    position: int
    withdrawn: bool
    is_primary: bool
    said: tuple[Decimal | None, Decimal | None, Decimal | None, str | None]
    corrected: bool
    row: Row
    tally: tuple[int, int] | None
    """How many there are in its series, and how many of these changed what was said before, where not all of them are
    among those that are looked at."""


class Answer(NamedTuple):
    """What one publisher says of a figure, and what an item says beside it. The first of a figure has `place` 1."""

    row: Row
    statements: int
    revisions: int
    corrected: bool
    publishers: int
    disputed: bool
    spread: str | None
    place: int


_IN_ORDER = itemgetter(*map(Statement._fields.index, ("figure_id", "publisher", "shown_from", "position")))
_FIGURE, _PUBLISHER = map(itemgetter, map(Statement._fields.index, ("figure_id", "publisher")))


def near_answers(
    statements: Iterable[Statement], ranking: Ranking = NO_RANKING, *, first_only: bool = False
) -> list[Answer]:
    """What each publisher says of each figure, those of the ranking first, then primary ones, then the last ones; or of
    each figure the first of these only.

    Of each series all statements are needed, or all that were made at the last time.
    """

    def before_others(ones: list[Statement]) -> tuple[Any, ...]:
        last = ones[-1]
        return ranking.ranks(last.metric).get(last.publisher, 0), last.is_primary, last.shown_from, last.position

    answers: list[Answer] = []
    for _, on_figure in groupby(sorted(statements, key=_IN_ORDER), key=_FIGURE):
        groups = (list(ones) for _, ones in groupby(on_figure, key=_PUBLISHER))
        series = [ones for ones in groups if not ones[-1].withdrawn]
        if not series:
            continue
        in_turn = [max(series, key=before_others)] if first_only else sorted(series, key=before_others, reverse=True)
        answers += _of_figure(series, in_turn)
    return answers


def _of_figure(series: Sequence[list[Statement]], in_turn: Sequence[list[Statement]]) -> Iterator[Answer]:
    heads = [one for ones in series for one in (ones if len(ones) == 1 else _head(ones))]
    points = [one.said[0] for one in heads if one.said[0] is not None]
    spread = plain(difference(max(points), min(points))) if len(points) > 1 else None
    disputed = len({one.said for one in heads}) > 1
    for place, ones in enumerate(in_turn, 1):
        last = ones[-1]
        yield Answer(last.row, *(last.tally or _tally(ones)), last.corrected, len(series), disputed, spread, place)


def _tally(series: Sequence[Statement]) -> tuple[int, int]:
    """How many statements there are in a series, and how many of these changed what was said before."""
    changes = sum(
        after.withdrawn or before.withdrawn or after.said != before.said for before, after in pairwise(series)
    )
    return len(series), changes + series[0].withdrawn


def _head(series: Sequence[Statement]) -> Iterator[Statement]:
    """The last statement of a series, and those before it that were made at the same time and not taken back."""
    for one in reversed(series):
        if one.withdrawn or one.shown_from != series[-1].shown_from:
            return
        yield one


def of_latest_period(answers: Sequence[Answer], columns: Mapping[str, int], beside: Sequence[str]) -> list[Answer]:
    """Of the answers that are the same in the columns `beside`, those with the latest period; `columns` are places."""

    def group_of(answer: Answer) -> tuple[Any, ...]:
        return tuple(answer.row[columns[name]] for name in beside)

    def period_of(answer: Answer) -> tuple[date, date]:
        first, last = (answer.row[columns[name]] for name in ("period_start", "period_end"))
        return last or date.min, first or date.min

    latest: dict[tuple[Any, ...], tuple[date, date]] = {}
    for answer in answers:
        group = group_of(answer)
        latest[group] = max(latest.get(group, period_of(answer)), period_of(answer))
    return [answer for answer in answers if period_of(answer) == latest[group_of(answer)]]


def statements_of(rows: Iterable[Row], columns: Mapping[str, int]) -> Iterator[Statement]:
    """The rows of the view `said`, whose columns have these places, as statements; `statements` and `revisions` may be
    beside them.
    """
    figure, metric, publisher, shown, position, kind, source, corrected, *said = (
        columns[name]
        for name in (
            *("figure_id", "metric", "publisher", "published_until", "position", "type", "source_kind", "corrected"),
            *("canonical_value", "canonical_low", "canonical_high", "symbol"),
        )
    )
    value, low, high, symbol = said
    counted = "statements" in columns
    for row in rows:
        yield Statement(
            row[figure],
            row[metric],
            row[publisher],
            row[shown],
            row[position],
            row[kind] == "FigureWithdrawn",
            row[source] == "primary",
            (row[value], row[low], row[high], row[symbol]),
            row[corrected],
            row,
            (row[columns["statements"]], row[columns["revisions"]]) if counted else None,
        )
