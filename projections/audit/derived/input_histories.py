"""Input histories: what was answered for the figures of a formula, step by step on one clock.

On the *publication* clock a step is an instant at which something was published, and what the ledger holds at the
viewpoint counts; on the *ledger* clock it is a position, and what was published by the viewpoint counts. Either way
each figure is followed once, however many derived figures it is an input of.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from projections.audit.derived.bound_formulas import InputAnswer
from projections.audit.derived.places import InputKey, key_of_row
from projections.queries.names import near
from projections.queries.publisher_ranking import Ranking
from projections.queries.reader import Reader

PUBLICATION, LEDGER = "publication", "ledger"
DERIVED_CLOCKS = (PUBLICATION, LEDGER)
When: TypeAlias = Any
"""A place on a clock: an instant in UTC without its time zone, or a position. They compare on one clock."""
_SHOWN = ("period", "figure_id", "publisher", "published_at", "event_id", "status")
_QUERY = """
SELECT
  subject, metric, material, dimensions, nature, period_start, period_end, canonical_unit,
  publisher, published_until, position, since, until,
  type = 'FigureWithdrawn' AS withdrawn,
  source_kind = 'primary' AS is_primary,
  canonical_value,
  symbol,
  CAST(figure_id AS VARCHAR) AS figure_id,
  CAST(event_id AS VARCHAR) AS event_id,
  period,
  published_at,
  status
FROM log.figures
WHERE LIST_CONTAINS(CAST($metrics AS VARCHAR[]), metric)
  AND since <= $position
  AND published_until <= $as_of
  AND ($ever OR until > $position)
  AND {subjects}
"""


class HeldStatement(NamedTuple):
    """A version of a statement on a figure, or of its withdrawal."""

    published_until: datetime
    position: int
    since: int
    until: int
    publisher: str
    withdrawn: bool
    is_primary: bool
    answer: InputAnswer


class FigureHistory:
    """Of one figure in one unit, what each publisher says last, step by step."""

    def __init__(self, statements: Sequence[HeldStatement], *, clock: str, position: int) -> None:
        steps = _as_published(statements) if clock == PUBLICATION else _as_recorded(statements, position)
        self.times: list[Any] = []
        self._last: list[Mapping[str, HeldStatement]] = []
        for at, last in steps:
            self.times.append(at)
            self._last.append(last)

    def last_at(self, at: When) -> Mapping[str, HeldStatement]:
        """What each publisher says last, of those that say something."""
        place = bisect_right(self.times, at)
        return self._last[place - 1] if place else {}


def _as_published(statements: Iterable[HeldStatement]) -> Iterator[tuple[datetime, Mapping[str, HeldStatement]]]:
    last: dict[str, HeldStatement] = {}
    for at, together in groupby(sorted(statements, key=_turn), key=lambda one: one.published_until):
        for one in together:
            last.pop(one.publisher, None)
            if not one.withdrawn:
                last[one.publisher] = one
        yield at, dict(last)


def _as_recorded(
    statements: Iterable[HeldStatement], position: int
) -> Iterator[tuple[int, Mapping[str, HeldStatement]]]:
    held: dict[str, list[HeldStatement]] = defaultdict(list)
    moves = [(one.since, 1, one) for one in statements]
    moves += [(one.until, 0, one) for one in statements if one.until <= position]
    moves.sort(key=lambda move: move[:2])
    for at, together in groupby(moves, key=lambda move: move[0]):
        for _, comes, one in together:
            series = held[one.publisher]
            if comes:
                insort(series, one, key=_turn)
            else:
                del series[bisect_right(series, _turn(one), key=_turn) - 1]
        yield at, {slug: series[-1] for slug, series in held.items() if series and not series[-1].withdrawn}


def _turn(one: HeldStatement) -> tuple[datetime, int]:
    return one.published_until, one.position


class InputHistories:
    """The histories of all figures of some metrics, and about some subjects where these are given."""

    def __init__(self, reader: Reader, metrics: Iterable[str], subjects: Sequence[str] | None, *, clock: str) -> None:
        self._clock, self._position = clock, reader.viewpoint.position
        of_subjects = "TRUE"
        params: dict[str, Any] = {"metrics": sorted(metrics), "ever": clock == LEDGER}
        if subjects is not None:
            of_subjects = f"{near(subjects)} AND subject IN (SELECT UNNEST(CAST($subjects AS VARCHAR[])))"
            params["subjects"] = list(subjects)
        self._statements: dict[InputKey, dict[str, list[HeldStatement]]] = {}
        rows = reader.table(_QUERY.format(subjects=of_subjects), params)
        for row in reader.allowance.rows_of(rows):
            key = key_of_row(row)
            by_unit = self._statements.setdefault(key, {})
            by_unit.setdefault(row["canonical_unit"], []).append(_held(row))
        self._followed: dict[tuple[InputKey, str], FigureHistory] = {}

    @cached_property
    def figures(self) -> list[tuple[InputKey, str]]:
        """All that there ever was, with its units."""
        return [(key, unit) for key, by_unit in self._statements.items() for unit in by_unit]

    def of(self, key: InputKey) -> dict[str, FigureHistory]:
        """The history of a figure, by unit in order."""
        return {unit: self._history(key, unit) for unit in sorted(self._statements.get(key, ()))}

    def _history(self, key: InputKey, unit: str) -> FigureHistory:
        if (key, unit) not in self._followed:
            statements = self._statements[key][unit]
            self._followed[key, unit] = FigureHistory(statements, clock=self._clock, position=self._position)
        return self._followed[key, unit]

    def answers_at(self, at: When, choose: Callable[[str, Mapping[str, HeldStatement]], HeldStatement | None]) -> Any:
        """What gives the answers to a figure at a time, as a formula wants them; `choose` takes the metric too."""

        def answers_of(key: InputKey) -> list[InputAnswer]:
            chosen = (choose(key.metric, history.last_at(at)) for history in self.of(key).values())
            return [one.answer for one in chosen if one is not None]

        return answers_of


def chosen(
    metric: str, last: Mapping[str, HeldStatement], *, publisher: str | None, ranking: Ranking
) -> HeldStatement | None:
    """The answer among what publishers say last: as for figures (ledger/README.md, section 4)."""
    if publisher is not None:
        return last.get(publisher)
    ranks = ranking.ranks(metric)

    def before_others(one: HeldStatement) -> tuple[Any, ...]:
        return ranks.get(one.publisher, 0), one.is_primary, *_turn(one)

    return max(last.values(), key=before_others, default=None)


def _held(row: Mapping[str, Any]) -> HeldStatement:
    value: Decimal | None = row["canonical_value"]
    answer = InputAnswer(value, row["symbol"], row["canonical_unit"], {name: row[name] for name in _SHOWN})
    return HeldStatement._make((*(row[name] for name in HeldStatement._fields[:-1]), answer))
