"""The full state of figures at days in the past: folded to two numbers, and delivered whole."""

import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.benchmarks import asking, by_hand, frames, ours, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measuring import (
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
            "DuckDB alone, answers over time precomputed": tables.fold_intervals,
            "DuckDB alone, folding statements": tables.fold,
            "pandas, sorted before": _at(frames.in_pandas(rows)),
            "polars, sorted before": _at(frames.in_polars(rows)),
            "SQLite indexed by hand": _at(lambda at: hand.fold(at, head)),
        }
        now = interleaved(contenders, {day: tables.fold(day) for day in asking.days(place.so_many(RUNS))})
        contenders = {
            OURS: lambda day: ours.fold(engine, ours.viewpoint(engine, day, middle)),
            "DuckDB alone, folding statements": lambda day: tables.fold(day, middle),
            "SQLite indexed by hand": _at(lambda at: hand.fold(at, middle)),
        }
        both = interleaved(
            contenders, {day: tables.fold(day, middle) for day in asking.days(place.so_many(RUNS), seed=2)}
        )
        return [
            _row("folded to a count and a sum", now, at_most=100, ratio_at_most=2),
            _row("folded, on both clocks", both, at_most=300),
            *_delivered(engine, tables, middle),
        ]


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


def _row(what: str, found: dict[str, Sample], *, at_most: float, ratio_at_most: float | None = None) -> Measurement:
    others = [(name, sample) for name, sample in found.items() if name != OURS]
    references = [
        Reference(name, sample, ratio_at_most=ratio_at_most if place == 0 else None)
        for place, (name, sample) in enumerate(others)
    ]
    return Measurement(PATH, what, "ms", found[OURS], tuple(references), at_most=at_most, grows_at_most=GROWS_AT_MOST)


def _delivered(engine: Any, tables: truth.Truth, middle: int) -> list[Measurement]:
    """The whole state as Arrow: two columns, and every column."""
    found = []
    for what, position in (("", None), (", on both clocks", middle)):
        for name, deliver in (("id and value", ours.values), ("every column", ours.state)):
            runs: list[float] = []
            sizes: list[int] = []
            for day in asking.days(3, seed=3):
                if sum(runs) > BUDGET_S:
                    break
                at = ours.viewpoint(engine, day, position)
                seconds, table = timed_once(partial(deliver, engine, at))
                if table is None:
                    break
                check_equal(ours.folded(table), tables.fold(day, position), f"delivered state on {day}")
                runs.append(seconds)
                sizes.append(len(table))
            if runs:
                note = f"{statistics.median(sizes):,.0f} figures"
                row = Measurement(PATH, f"delivered as Arrow, {name}{what}", "ms", median(in_ms(runs)), note=note)
                found.append(row)
    return found


def _at(fold: Callable[[int], ours.Folded]) -> Contender:
    return lambda day: fold(microseconds(day))


def microseconds(day: str) -> int:
    """The last microsecond of a day, in microseconds since 1970."""
    return (int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + 86_400) * 1_000_000 - 1
