"""What is asked: days in the past, and figures and subjects at random, the same ones for the same log."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from tests.benchmarks.truth import Figure, Truth

FIRST_DAY, LAST_DAY = date(2013, 1, 1), date(2025, 6, 30)
SUBJECTS = 40


@dataclass(frozen=True)
class Question:
    """A figure, and a viewpoint. `position` is None for now."""

    figure: Figure
    day: str
    position: int | None = None


def days(count: int, *, seed: int = 1) -> list[str]:
    """Days of the last years of the log, none twice while there are enough."""
    return [str(FIRST_DAY + timedelta(days=number)) for number in _chosen(count, (LAST_DAY - FIRST_DAY).days, seed)]


def _chosen(count: int, below: int, seed: int) -> list[int]:
    return random.Random(seed).sample(range(below), count)


def subjects(truth: Truth) -> list[str]:
    """Some subjects, from all over the log."""
    known = truth.subjects()
    return random.Random(1).sample(known, min(SUBJECTS, len(known)))


def questions(truth: Truth, count: int, *, events: int | None = None, seed: int = 1) -> list[Question]:
    """Figures of those subjects on some days; with `events` also at positions of a log of so many."""
    chance = random.Random(seed)
    figures = [figure for subject in subjects(truth) for figure in truth.figures_of(subject)]
    return [
        Question(chance.choice(figures), day, None if events is None else chance.randrange(events // 4, events))
        for day in days(count, seed=seed)
    ]
