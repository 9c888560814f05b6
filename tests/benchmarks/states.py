"""The full state of figures at days in the past, as `GET /v1/figures` reads it: every figure with every column.

The others fold the same state to two numbers only, a count and a sum, by which all answers are compared.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from projections import Engine
from tests.benchmarks import by_hand, frames, ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import (
    BUDGET_S,
    Measurement,
    Reference,
    Sample,
    check_equal,
    in_ms,
    median,
    timed_once,
)
from tests.benchmarks.place import Place

PATH = "full state"
RUNS = 9
OURS = "ours"
FOLDED = "DuckDB alone, count and sum of folded statements"
GROWS_AT_MOST = 3

Contender = Callable[[str], ours.Folded]
"""From a day to the full state, reduced."""


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """On the publication clock and on both clocks."""
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables, by_hand.opened(place.by_hand) as hand:
        head = engine.ledger.head()
        check_equal(head, place.events, "the head of the log")
        middle = head // 2
        rows = frames.rows(tables)
        contenders: dict[str, Contender] = {
            OURS: lambda day: ours.fold(engine, ours.viewpoint(engine, day)),
            "DuckDB alone, count and sum of precomputed answers": tables.fold_intervals,
            "DuckDB alone, count and sum of folded statements": tables.fold,
            "pandas, count and sum, sorted before": _at(frames.in_pandas(rows)),
            "polars, count and sum, sorted before": _at(frames.in_polars(rows)),
            "SQLite indexed by hand, count and sum": _at(lambda at: hand.fold(at, head)),
        }
        now = interleaved(contenders, {day: tables.fold(day) for day in sampled_questions.days(place.so_many(RUNS))})
        contenders = {
            OURS: lambda day: ours.fold(engine, ours.viewpoint(engine, day, middle)),
            "DuckDB alone, count and sum of folded statements": lambda day: tables.fold(day, middle),
            "SQLite indexed by hand, count and sum": _at(lambda at: hand.fold(at, middle)),
        }
        both = interleaved(
            contenders, {day: tables.fold(day, middle) for day in sampled_questions.days(place.so_many(RUNS), seed=2)}
        )
        return [
            _row("every figure, every column, as Arrow", now),
            _row("every figure, every column, as Arrow, on both clocks", both),
            *_counted(place, engine, tables, head, middle),
        ]


def _counted(place: Place, engine: Engine, tables: truth.Truth, *positions: int) -> list[Measurement]:
    """The state as a count and a sum, beside DuckDB that folds statements, now and at a position before."""
    rows = []
    for position, clocks in zip(positions, ("", ", on both clocks"), strict=True):
        contenders: dict[str, Contender] = {
            OURS: partial(_count_and_sum, engine, position),
            FOLDED: partial(tables.fold, position=position),
        }
        days = sampled_questions.days(place.so_many(RUNS), seed=3)
        found = interleaved(contenders, {day: tables.fold(day, position) for day in days})
        reference = Reference(FOLDED, found[FOLDED], ratio_at_most=0.4)
        rows.append(
            Measurement(PATH, f"as a count and a sum{clocks}", "ms", found[OURS], (reference,), grows_at_most=10)
        )
    return rows


def _count_and_sum(engine: Engine, position: int, day: str) -> ours.Folded:
    return ours.count_and_sum(engine, ours.viewpoint(engine, day, position))


def interleaved(contenders: Mapping[str, Contender], wanted: Mapping[str, ours.Folded]) -> dict[str, Sample]:
    """Milliseconds of each contender over the days, one after the other on each day, once warm.

    Who has used up the budget is left out from then on.
    """
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    days = list(wanted)
    for number, day in enumerate([days[-1], *days]):
        for name, contender in contenders.items():
            if sum(runs[name]) > BUDGET_S:
                continue
            seconds, answer = timed_once(partial(contender, day))
            check_equal(answer, wanted[day], f"full state on {day}, {name}")
            if number or seconds > BUDGET_S:
                runs[name].append(seconds)
    return {name: median(in_ms(found)) for name, found in runs.items()}


def _row(what: str, found: dict[str, Sample]) -> Measurement:
    references = tuple(Reference(name, sample) for name, sample in found.items() if name != OURS)
    return Measurement(PATH, what, "ms", found[OURS], references, at_most=1000, grows_at_most=GROWS_AT_MOST)


def _at(fold: Callable[[int], ours.Folded]) -> Contender:
    return lambda day: fold(microseconds(day))


def microseconds(day: str) -> int:
    """The last microsecond of a day, in microseconds since 1970."""
    return (int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + 86_400) * 1_000_000 - 1
