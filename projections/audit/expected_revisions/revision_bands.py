"""Bands: between which ends a figure will lie after its publisher's next publications, from how like figures moved.

A move is later / first - 1, or later - first where a ratio says nothing (the figure is not above zero, or its line
goes below). The ends are quantiles of the moves of like figures: those at the same age whose lag was about the same.
Each figure of the same line counts one; those of other lines together count as OTHERS figures at most, so a long line
speaks for itself and a short one leans on the publisher's others. The new figure itself counts one, beyond either
end: so ends of 80 % need nine figures. These are the quantiles of split conformal prediction, with weights.

Publishers change their habits, and the figures of a day move together, so the share is corrected by what came of
earlier bands (adaptive conformal inference): after each publication, the share left outside goes up by STEP times the
share that was meant to be outside less the share that was. It is never more than the level says: a band that has held
more often than it had to is not made narrower than that. This is learned of bands of one level, LEARNED_AT, and holds
for all of them in proportion: so the band of a level lies within that of every higher one, whatever has happened.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from projections.audit.expected_revisions.revision_record import Moved, Numbers
from projections.queries.allowance import Allowance

OTHERS = 20
"""As how many figures of its own line those of other lines count together, at most."""
LEARNED_AT = 0.8
"""The level of the bands of which it is learned how much is left outside."""
STEP = 0.2
OUTSIDE_LEAST = 0.002
"""However earlier bands did, at least this share is left outside; and at most what the level says."""
LIKE_MAX = 20_000
"""Of more figures than these, the latest count."""
ORIGINS_MAX = 60
"""Bands are tried at so many of the latest publications,"""
TRIED_TOGETHER = 25
"""on so many figures of each."""
_NEAR_DAYS = 31
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Band:
    """The ends and the middle of the moves, and how many figures it rests on, of the same line and of others.

    `unchanged` is the share of them that did not move.
    """

    low: float
    middle: float
    high: float
    own: int
    others: int
    unchanged: float

    def around(self, other: "Band | None") -> "Band":
        """The same, as wide as another at least."""
        return self if other is None else replace(self, low=min(self.low, other.low), high=max(self.high, other.high))


@dataclass(slots=True)
class Trial:
    """How earlier bands did: of `tried` at one `level`, how many `held`; and what was learned at LEARNED_AT: the share
    that is left outside there by now.
    """

    level: float
    tried: int = 0
    held: int = 0
    learned: float = 1 - LEARNED_AT

    @property
    def outside(self) -> float:
        """The share that is left outside at the level."""
        return self.outside_at(self.level)

    def outside_at(self, level: float) -> float:
        """The share that is left outside at any level."""
        return (1 - level) * (self.learned / (1 - LEARNED_AT))


class Came(NamedTuple):
    """Whether an earlier band held at a level, and at LEARNED_AT; None where none could be given."""

    at_level: bool | None
    learned_of: bool | None


class LikeFigures:
    """Figures at one age, and how they moved until so many publications later: as ratios, or as differences."""

    def __init__(self, moved: Moved, *, as_ratios: bool) -> None:
        if as_ratios:
            moved = moved.where(moved.first > 0)
        if len(moved) > LIKE_MAX:
            moved = moved.where(np.sort(np.lexsort((moved.cell, moved.known))[-LIKE_MAX:]))
        moves = moved.later / moved.first - 1 if as_ratios else moved.later - moved.first
        order = np.lexsort((moved.cell, moves))
        self.moved = moved.where(order)
        self.moves: Numbers = moves[order]

    def band(self, trial: Trial, *, line: int, lag: float) -> Band | None:
        """The band of a figure at the level of a trial; None where there are too few like it."""
        like = self._like(line, lag)
        return like.band(trial.outside) if like.allow(trial.level) else None

    def widest(self, trial: Trial, *, line: int, lag: float) -> Band | None:
        """The band at the highest level, in whole percent and up to that of a trial, for which there are enough like
        it; None where there is none.
        """
        like = self._like(line, lag)
        levels = (percent / 100 for percent in range(round(trial.level * 100), 0, -1))
        level = next((one for one in levels if like.allow(one)), None)
        return None if level is None else like.band(trial.outside_at(level))

    def trial(self, level: float, allowance: Allowance) -> Trial:
        """What came of the bands that would have been given at earlier publications, from what was known at each."""
        trial = Trial(level)
        waiting: dict[int, list[Came]] = defaultdict(list)
        for seen, places in self._origins():
            allowance.check()
            _learn(trial, waiting, until=seen)
            for place in places:
                figure = self.moved
                like = self._like(int(figure.line[place]), float(figure.lag[place]), before=seen)
                held = [
                    like.hold(self.moves[place], trial.outside_at(one)) if like.allow(one) else None
                    for one in (level, LEARNED_AT)
                ]
                waiting[int(figure.known[place])].append(Came(*held))
        _learn(trial, waiting)
        return trial

    def _like(self, line: int, lag: float, *, before: int | None = None) -> "_Like":
        """Those like a figure. `before` is the time (in microseconds) up to which is known what came."""
        like = _near(self.moved.lag, lag)
        if before is not None:
            like &= self.moved.known <= before
        return _Like(self.moves[like], self.moved.line[like] == line)

    def _origins(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """The latest times at which figures were of this age, each with some of those figures."""
        order = np.lexsort((self.moved.cell, self.moved.seen))
        times, starts = np.unique(self.moved.seen[order], return_index=True)
        groups = np.split(order, starts[1:]) if len(times) else []
        for time, places in list(zip(times.tolist(), groups, strict=True))[-ORIGINS_MAX:]:
            yield time, places[:: -(-len(places) // TRIED_TOGETHER)]


class _Like:
    """The moves of like figures, the smallest first, with how much each counts."""

    def __init__(self, moves: Numbers, own: NDArray[np.bool_]) -> None:
        self._moves, self._own = moves, int(own.sum())
        self._others = len(own) - self._own
        self._weights = np.where(own, 1.0, min(OTHERS, self._others) / max(self._others, 1))
        self._total = self._weights.sum() + 1

    def allow(self, level: float) -> bool:
        """Whether they are enough for a level."""
        return bool((1 - level) / 2 * self._total >= 1 - _CLOSE)

    def hold(self, move: float, outside: float) -> bool:
        """Whether a move lies within the ends that leave a share outside."""
        low, high = self._ends(outside)
        return bool(low <= move <= high)

    def band(self, outside: float) -> Band:
        """The band that leaves a share outside."""
        low, high = self._ends(outside)
        rising, total = np.cumsum(self._weights), self._total - 1
        middle = self._moves[min(int(np.searchsorted(rising, total / 2 - _CLOSE)), len(self._moves) - 1)]
        still = self._weights[self._moves == 0].sum() / total
        return Band(low, float(middle), high, self._own, self._others, float(still))

    def _ends(self, outside: float) -> tuple[float, float]:
        share = outside / 2 * self._total + _CLOSE
        low = self._moves[_last_within(np.cumsum(self._weights), share)]
        high = self._moves[::-1][_last_within(np.cumsum(self._weights[::-1]), share)]
        return float(low), float(max(low, high))


def _learn(trial: Trial, waiting: dict[int, list[Came]], *, until: int | None = None) -> None:
    """Take in what has come of bands until a time, publication by publication."""
    for known in sorted(waiting):
        if until is not None and known > until:
            break
        came = waiting.pop(known)
        trial.tried += sum(one.at_level is not None for one in came)
        trial.held += sum(one.at_level is True for one in came)
        learned_of = [one.learned_of for one in came if one.learned_of is not None]
        if learned_of:
            missed = 1 - sum(learned_of) / len(learned_of)
            moved = trial.learned + STEP * (1 - LEARNED_AT - missed)
            trial.learned = min(max(moved, OUTSIDE_LEAST), 1 - LEARNED_AT)


def _last_within(sums: Numbers, share: float) -> int:
    """The place of the last that is still within a share, the first where none is."""
    return max(int(np.searchsorted(sums, share, side="right")) - 1, 0)


def _near(lags: Numbers, lag: float) -> NDArray[np.bool_]:
    """Which lags are about the same: within half of the longer and a month; without a period, those without."""
    if np.isnan(lag):
        return np.isnan(lags)
    near: NDArray[np.bool_] = np.abs(lags - lag) <= _NEAR_DAYS + np.maximum(np.abs(lags), abs(lag)) / 2
    return near
