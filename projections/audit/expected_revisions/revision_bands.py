"""Bands: between which ends a figure will lie after its publisher's next publications, from how like figures moved.

A move is later / first - 1, or later - first where a ratio says nothing (the figure is not above zero, or its line
goes below). The ends are quantiles of the moves of like figures: those at the same age whose lag was about the same.
Each figure of the same line counts one; those of other lines together count as OTHERS figures at most, so a long line
speaks for itself and a short one leans on the publisher's others. The new figure itself counts one, beyond either
end: so ends of 80 % need nine figures. These are the quantiles of split conformal prediction, with weights.

Publishers change their habits, and the figures of a day move together, so the share is corrected by what came of
earlier bands (adaptive conformal inference): after each publication, the share left outside goes up by STEP times the
share that was meant to be outside less the share that was. It is never more than the level says: a band that has held
more often than it had to is not made narrower than that.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projections.audit.expected_revisions.revision_record import Moved, Numbers
from projections.queries.allowance import Allowance

OTHERS = 20
"""As how many figures of its own line those of other lines count together, at most."""
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


@dataclass(slots=True)
class Trial:
    """How earlier bands did: of `tried`, how many `held`; and the share that is left outside by now."""

    outside: float
    tried: int = 0
    held: int = 0


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

    def band(self, *, line: int, lag: float, outside: float, level: float, before: int | None = None) -> Band | None:
        """The band of a figure; None where there are too few like it for the level.

        `outside` is the share that is left outside, `before` the time (in microseconds) up to which is known what came.
        """
        like = _near(self.moved.lag, lag)
        if before is not None:
            like &= self.moved.known <= before
        moves, own = self.moves[like], self.moved.line[like] == line
        count, beside = int(own.sum()), int((~own).sum())
        weights = np.where(own, 1.0, min(OTHERS, beside) / max(beside, 1))
        total = weights.sum() + 1
        if (1 - level) / 2 * total < 1 - _CLOSE:
            return None
        share = outside / 2 * total + _CLOSE
        rising = np.cumsum(weights)
        low = moves[_last_within(rising, share)]
        high = moves[::-1][_last_within(np.cumsum(weights[::-1]), share)]
        middle = moves[min(int(np.searchsorted(rising, (total - 1) / 2 - _CLOSE)), len(moves) - 1)]
        still = weights[moves == 0].sum() / (total - 1)
        return Band(float(low), float(middle), float(max(low, high)), count, beside, float(still))

    def trial(self, level: float, allowance: Allowance) -> Trial:
        """What came of the bands that would have been given at earlier publications, from what was known at each."""
        trial = Trial(1 - level)
        waiting: dict[int, list[bool]] = defaultdict(list)
        for seen, places in self._origins():
            allowance.check()
            _learn(trial, waiting, level, until=seen)
            for place in places:
                figure = self.moved
                band = self.band(
                    line=int(figure.line[place]),
                    lag=float(figure.lag[place]),
                    outside=trial.outside,
                    level=level,
                    before=seen,
                )
                if band is not None:
                    waiting[int(figure.known[place])].append(bool(band.low <= self.moves[place] <= band.high))
        _learn(trial, waiting, level)
        return trial

    def _origins(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """The latest times at which figures were of this age, each with some of those figures."""
        order = np.lexsort((self.moved.cell, self.moved.seen))
        times, starts = np.unique(self.moved.seen[order], return_index=True)
        groups = np.split(order, starts[1:]) if len(times) else []
        for time, places in list(zip(times.tolist(), groups, strict=True))[-ORIGINS_MAX:]:
            yield time, places[:: -(-len(places) // TRIED_TOGETHER)]


def _learn(trial: Trial, waiting: dict[int, list[bool]], level: float, *, until: int | None = None) -> None:
    """Take in what has come of bands until a time, publication by publication."""
    for known in sorted(waiting):
        if until is not None and known > until:
            break
        held = waiting.pop(known)
        trial.tried += len(held)
        trial.held += sum(held)
        missed = 1 - sum(held) / len(held)
        trial.outside = min(max(trial.outside + STEP * (1 - level - missed), OUTSIDE_LEAST), 1 - level)


def _last_within(sums: Numbers, share: float) -> int:
    """The place of the last that is still within a share, the first where none is."""
    return max(int(np.searchsorted(sums, share, side="right")) - 1, 0)


def _near(lags: Numbers, lag: float) -> NDArray[np.bool_]:
    """Which lags are about the same: within half of the longer and a month; without a period, those without."""
    if np.isnan(lag):
        return np.isnan(lags)
    near: NDArray[np.bool_] = np.abs(lags - lag) <= _NEAR_DAYS + np.maximum(np.abs(lags), abs(lag)) / 2
    return near
