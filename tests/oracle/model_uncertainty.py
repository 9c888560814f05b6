"""The judge of uncertainty: the bands of figures, from everything that their publishers said, one by one.

Folded from the model's statements at a viewpoint. Each band, also those of the trial, looks at every figure again;
weights and sums of weights are fractions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from ledger.values import plain
from tests.oracle.facts import Item
from tests.oracle.model import Model, Statement
from tests.oracle.model_vintages import all_series, vintages_of

OTHERS, STEP, LEAST, AGE_MAX = 20, 0.2, 0.002, 12
ROUNDING = Context(prec=100)
CLOSE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Cell:
    """A series, and what it said last at each time."""

    series: list[Statement]
    line: tuple[Any, ...]
    times: list[datetime]
    points: list[Decimal | None]

    def at(self, when: datetime) -> Decimal | None:
        """The point that stood at a time; None for none."""
        return next((p for t, p in zip(reversed(self.times), reversed(self.points), strict=True) if t <= when), None)

    @property
    def born(self) -> datetime | None:
        """When it first gave a point."""
        return next((t for t, p in zip(self.times, self.points, strict=True) if p is not None), None)

    @property
    def lag(self) -> int | None:
        """Days from the end of its period to then."""
        end = self.series[0].key.period_end
        return None if end is None or self.born is None else (self.born.date() - date.fromisoformat(end)).days


@dataclass(frozen=True)
class Move:
    """What a figure did from one age on."""

    line: tuple[Any, ...]
    lag: int | None
    by: float
    seen: datetime
    known: datetime


@dataclass
class Tried:
    """What came of bands, and the factor by which what is left outside is less than a level says."""

    factor: float
    tried: int = 0
    held: int = 0


@dataclass(frozen=True)
class Like:
    """The moves of the figures that count for one, by size, with their weights, and the figure itself in the total."""

    weighed: list[tuple[float, Fraction]]
    own: int
    others: int
    total: Fraction


class UncertaintyJudge:
    """The answers at one viewpoint."""

    def __init__(self, model: Model, as_of: datetime, position: int, *, level: float, publications: int) -> None:
        self.level, self.publications = level, publications
        self.cells = [_cell(series) for series in all_series(model, as_of, position)]
        self.times: dict[tuple[Any, ...], list[datetime]] = {}
        for cell in self.cells:
            self.times[cell.line] = sorted({*self.times.get(cell.line, []), *cell.times})

    def items(self) -> Iterator[Item]:
        """What is said of every series, in order."""
        for cell in self.cells:
            head = cell.series[-1]
            item: Item = {"figure_id": head.figure_id, "publisher": head.publisher, "event_id": head.fact.event_id}
            point = head.points[0]
            if head.withdrawn or point is None:
                yield {**item, "low": None}
                continue
            age = len(self.times[cell.line]) - 1 - self.times[cell.line].index(cell.born)  # type: ignore[arg-type]
            yield {**item, "age": age, **self._band(cell, point, min(age, AGE_MAX))}

    def _band(self, cell: Cell, point: Decimal, age: int) -> Item:
        below = any(p is not None and p < 0 for one in self.cells if one.line == cell.line for p in one.points)
        as_ratio = point > 0 and not below
        in_percent = cell.line[-1] == "percent"

        def moves(of: str) -> list[Move]:
            if not as_ratio and not in_percent:
                some = [one for one in self.cells if one.line == cell.line]
            else:
                some = [
                    one
                    for one in self.cells
                    if one.line[0] == cell.line[0]
                    and one.line[5] == cell.line[5]
                    and (one.line[-1] == "percent") == in_percent
                    and (of == "publisher" or one.line[2] == cell.line[2])
                ]
            return [move for one in some if (move := self._move(one, age, as_ratio=as_ratio)) is not None]

        narrower: list[tuple[float, float]] = []
        for of in ("metric", "publisher") if as_ratio else ("metric",):
            known = moves(of)
            trial = self._trial(known)
            like = self._like(known, cell.line, cell.lag, None)
            if (band := self._ends(like, self.level, trial.factor)) is not None:
                low, high = (pick(one[side] for one in (*narrower, band)) for side, pick in ((0, min), (1, max)))
                return self._shown(point, (low, high), like, as_ratio) | {
                    "of": of,
                    "by": "ratio" if as_ratio else "difference",
                    "tried": trial.tried,
                    "held": trial.held,
                    "outside": round((1 - self.level) * trial.factor, 6),
                }
            lower = [one / 100 for one in range(1, 100) if one / 100 < self.level]
            narrower = [ends for one in lower if (ends := self._ends(like, one, trial.factor)) is not None]
        return {"low": None}

    def _move(self, cell: Cell, age: int, *, as_ratio: bool) -> Move | None:
        times = self.times[cell.line]
        if cell.born is None:
            return None
        at = times.index(cell.born) + age
        if at + self.publications >= len(times):
            return None
        seen, known = times[at], times[at + self.publications]
        first, later = cell.at(seen), cell.at(known)
        if first is None or later is None or (as_ratio and first <= 0):
            return None
        by = float(later) / float(first) - 1 if as_ratio else float(later) - float(first)
        return Move(cell.line, cell.lag, by, seen, known)

    def _trial(self, moves: Sequence[Move]) -> Tried:
        """What came of bands at the level, and what was learned of those at 80 %."""
        trial = Tried(factor=1)
        outside = 1 - 0.8
        waiting: list[tuple[datetime, bool | None, bool | None]] = []

        def learn(until: datetime | None) -> None:
            nonlocal outside
            for known in sorted({known for known, *_ in waiting}):
                if until is not None and known > until:
                    return
                came = [one for one in waiting if one[0] == known]
                waiting[:] = [one for one in waiting if one[0] != known]
                trial.tried += sum(good is not None for _, good, _ in came)
                trial.held += sum(good is True for _, good, _ in came)
                if of := [good for *_, good in came if good is not None]:
                    outside += STEP * (1 - 0.8 - (1 - sum(of) / len(of)))
                    outside = min(max(outside, LEAST), 1 - 0.8)
                    trial.factor = outside / (1 - 0.8)

        for seen in sorted({move.seen for move in moves}):
            learn(seen)
            for move in moves:
                if move.seen == seen:
                    like = self._like(moves, move.line, move.lag, seen)
                    ends = [self._ends(like, one, trial.factor) for one in (self.level, 0.8)]
                    one, other = (None if end is None else end[0] <= move.by <= end[1] for end in ends)
                    waiting.append((move.known, one, other))
        learn(None)
        return trial

    @staticmethod
    def _like(moves: Sequence[Move], line: tuple[Any, ...], lag: int | None, until: datetime | None) -> Like:
        """The figures that count for one, and how much each."""
        like = [m for m in moves if _near(m.lag, lag) and (until is None or m.known <= until)]
        own = sum(m.line == line for m in like)
        others = len(like) - own
        beside = Fraction(min(OTHERS, others), others) if others else Fraction(0)
        weighed = sorted((m.by, Fraction(1) if m.line == line else beside) for m in like)
        return Like(weighed, own, others, sum((weight for _, weight in weighed), Fraction(1)))

    @staticmethod
    def _ends(like: Like, level: float, factor: float) -> tuple[float, float] | None:
        """Low and high moves; None where there are too few for the level."""
        if Fraction((1 - level) / 2) * like.total < 1 - CLOSE:
            return None
        share = Fraction((1 - level) * factor / 2) * like.total + CLOSE

        def last_within(some: Sequence[tuple[float, Fraction]]) -> float:
            """The last that with those before it weighs no more than the share."""
            found, weight = some[0][0], Fraction(0)
            for by, its in some:
                weight += its
                if weight > share:
                    break
                found = by
            return found

        low, high = last_within(like.weighed), last_within(like.weighed[::-1])
        return low, max(low, high)

    @staticmethod
    def _shown(point: Decimal, band: tuple[float, float], like: Like, as_ratio: bool) -> Item:
        middle, weight = like.weighed[-1][0], Fraction(0)
        for by, its in like.weighed:
            weight += its
            if weight >= (like.total - 1) / 2 - CLOSE:
                middle = by
                break
        still = sum((its for by, its in like.weighed if by == 0), Fraction(0)) / (like.total - 1)
        printed = plain(point)
        of_point = len(printed.partition(".")[2])
        decimals = max(5 - point.adjusted() if point else 6, of_point)
        ends = []
        for by, way in zip((band[0], middle, band[1]), (ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_CEILING), strict=True):
            exact = Fraction(point) * (1 + Fraction(by)) if as_ratio else Fraction(point) + Fraction(by)
            near = Decimal(round(exact * 10 ** (decimals + 4))).scaleb(-decimals - 4, ROUNDING)
            ends.append(plain(near.quantize(Decimal(1).scaleb(-decimals), way, ROUNDING)))
        low, expected, high = ends
        return {
            "low": low,
            "expected": expected,
            "high": high,
            "own": like.own,
            "others": like.others,
            "unchanged_share": float(still),
        }


def _cell(series: list[Statement]) -> Cell:
    vintages = vintages_of(series)
    key = series[0].key
    line = (series[0].publisher, key.subject, key.metric, key.material, key.dimensions, key.nature, key.unit)
    return Cell(
        series,
        line,
        [one.since for one in vintages],
        [None if one.statement.withdrawn else one.statement.points[0] for one in vintages],
    )


def _near(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 31 + Fraction(max(abs(one), abs(other)), 2)
