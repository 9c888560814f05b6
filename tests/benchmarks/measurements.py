"""What a measurement is: runs of the same work, what the same work costs another way in the same run, and the marks.

Each piece of work that is timed is also checked, outside the clock: a fast wrong answer is no answer.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

MS = 1000.0
BUDGET_S = 6.0


class WrongAnswer(AssertionError):
    """What was timed gave a wrong answer."""


def check(right: bool, what: str) -> None:
    """Raises WrongAnswer."""
    if not right:
        raise WrongAnswer(what)


def check_equal(found: Any, wanted: Any, what: str) -> None:
    """Raises WrongAnswer."""
    if found != wanted:
        raise WrongAnswer(f"{what}: {str(found)[:500]} instead of {str(wanted)[:500]}")


@dataclass(frozen=True)
class Sample:
    """A number that stands for several runs: their median, or what 99 % of them are not above. No runs: no number."""

    value: float
    minimum: float
    maximum: float
    runs: int


def median(runs: Sequence[float]) -> Sample:
    """The median of runs."""
    return Sample(statistics.median(runs), min(runs), max(runs), len(runs))


def p99(runs: Sequence[float]) -> Sample:
    """What 99 % of the runs are not above."""
    ordered = sorted(runs)
    return Sample(ordered[math.ceil(len(ordered) * 0.99) - 1], ordered[0], ordered[-1], len(ordered))


def once(value: float) -> Sample:
    """One run."""
    return Sample(value, value, value, 1)


@dataclass(frozen=True)
class Reference:
    """The same work done another way; the ratio is ours to it."""

    name: str
    sample: Sample
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None


@dataclass(frozen=True)
class Measurement:
    """A row of the table. `path` and `what` name it, the same at every size of the log."""

    path: str
    what: str
    unit: str
    sample: Sample
    references: tuple[Reference, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    grows_at_most: float | None = None
    """How many times the value of a log that is ten times smaller it may be."""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def measurement_from(found: Mapping[str, Any]) -> Measurement:
    """The measurement that `as_dict` gave."""
    references = tuple(
        Reference(**{**reference, "sample": Sample(**reference["sample"])}) for reference in found["references"]
    )
    return Measurement(**{**found, "sample": Sample(**found["sample"]), "references": references})


NOT_FINISHED = Sample(0, 0, 0, 0)


class Timed(NamedTuple):
    """A piece of work, and what is done with its answer outside the clock."""

    work: Callable[[], Any]
    check: Callable[[Any], None]


def unchecked(answer: Any) -> None:
    """For work whose answer is checked later, or elsewhere."""


def timed(pieces: Iterable[Timed], *, budget_s: float = BUDGET_S) -> list[float]:
    """Seconds of each piece; at least one is done, and no further one once the budget is spent."""
    runs: list[float] = []
    for piece in pieces:
        if runs and sum(runs) > budget_s:
            break
        started = time.perf_counter()
        answer = piece.work()
        runs.append(time.perf_counter() - started)
        piece.check(answer)
    return runs


def timed_once(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of a piece of work, and its answer."""
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def in_ms(runs: Iterable[float]) -> list[float]:
    """Seconds as milliseconds."""
    return [run * MS for run in runs]


def chunks(values: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """The values in order, so many at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
