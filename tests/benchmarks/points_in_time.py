"""A hundred thousand questions about figures, each at a point in time of its own, answered at once."""

import random
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from tests.benchmarks import ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import (
    Measurement,
    Reference,
    Timed,
    check,
    check_equal,
    in_ms,
    median,
    timed,
    unchecked,
)
from tests.benchmarks.place import Place

PATH = "points in time"
QUESTIONS, SINGLY = 100_000, 2_000
RUNS = 5
MARK_MS = 1000
NAIVE = """
SELECT row, MAX(turn) % 4294967296 AS position
FROM (
  SELECT row, publisher, MAX(turn) AS turn, ARG_MAX(withdrawn, turn) AS withdrawn
  FROM asked
  JOIN statements
    ON statements.figure = asked.figure
    AND published <= asked.at
    AND since <= asked.position
    AND until > asked.position
  GROUP BY row, publisher
)
WHERE NOT withdrawn
GROUP BY row
"""
"""The same join as somebody writes it: all that was said by then, the last of each publisher, the last of these."""


class Sampled(NamedTuple):
    """Questions as a table for the ledger, and as one for the typed tables."""

    table: pa.Table
    asked: pa.Table


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """By id and on both clocks, and by words on one; every answer is that of the join, and some are asked singly."""
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables:
        found = []
        for what, of in (("by id, on both clocks", _by_id), ("by words", _by_words)):
            sampled = of(tables, place)
            wanted = _naive(tables, sampled)
            runs = in_ms(timed([_ours(engine, sampled, wanted) for _ in range(RUNS + 1)], budget_s=60))[1:]
            beside = in_ms(timed([Timed(partial(_naive, tables, sampled), unchecked)] * RUNS, budget_s=60))
            _check_singly(engine, sampled.table, place.so_many(SINGLY))
            found.append(
                Measurement(
                    PATH,
                    f"{len(sampled.table):,} questions {what}",
                    "ms",
                    median(runs),
                    (Reference("the join in DuckDB alone", median(beside)),),
                    at_most=MARK_MS,
                    note=f"{len(wanted):,} have an answer",
                )
            )
        return found


def _by_id(tables: truth.Truth, place: Place) -> Sampled:
    figures, days, chance = _sample(tables, place)
    positions = [chance.randrange(place.events // 4, place.events) for _ in figures]
    table = pa.table(
        {
            "figure_id": [one.figure_id for one in figures],
            "as_of": days,
            "recorded_as_of": [f"position:{one}" for one in positions],
        }
    )
    return Sampled(table, _asked(figures, days, positions))


def _by_words(tables: truth.Truth, place: Place) -> Sampled:
    figures, days, _ = _sample(tables, place)
    words = {name: [getattr(one, name) for one in figures] for name in ("subject", "metric", "material", "period")}
    return Sampled(pa.table({**words, "as_of": days}), _asked(figures, days, [place.events] * len(figures)))


def _sample(tables: truth.Truth, place: Place) -> tuple[list[truth.Figure], list[str], random.Random]:
    """Figures from all over the log, each with a day."""
    chance, count = random.Random(1), place.so_many(QUESTIONS)
    known = tables.all_figures()
    figures = [chance.choice(known) for _ in range(count)]
    days = sampled_questions.days(500)
    return figures, [chance.choice(days) for _ in figures], chance


def _asked(figures: Sequence[truth.Figure], days: Sequence[str], positions: Sequence[int]) -> pa.Table:
    return pa.table(
        {
            "row": pa.array(range(len(figures)), pa.int64()),
            "figure": pa.array([one.number for one in figures], pa.int32()),
            "end": [truth.end_of(day) for day in days],
            "position": pa.array(positions, pa.int64()),
        }
    )


def _naive(tables: truth.Truth, sampled: Sampled) -> dict[int, int]:
    tables.connection.register("sent", sampled.asked)
    tables.rows('CREATE OR REPLACE TEMP TABLE asked AS SELECT *, CAST("end" AS TIMESTAMP) AS at FROM sent')
    return dict(tables.rows(NAIVE))


def _ours(engine: Any, sampled: Sampled, wanted: dict[int, int]) -> Timed:
    def compare(answers: pa.Table) -> None:
        numbers = [number for number, found in enumerate(answers["found"].to_pylist()) if found]
        check(set(numbers) == set(wanted), f"{len(numbers)} answers, and {len(wanted)} by the join")
        ids = answers["event_id"].to_pylist()
        some = random.Random(2).sample(numbers, min(len(numbers), 20_000))
        recorded = {entry.position: str(entry.event_id) for entry in ours.entries_at(engine, [wanted[n] for n in some])}
        check_equal([ids[n] for n in some], [recorded[wanted[n]] for n in some], "events that answer")

    return Timed(lambda: ours.points_in_time(engine, sampled.table), compare)


def _check_singly(engine: Any, table: pa.Table, count: int) -> None:
    """Some of the questions asked one by one."""
    answers = ours.points_in_time(engine, table)
    for number in random.Random(3).sample(range(len(table)), min(count, len(table))):
        words = {name: text for name, text in table.slice(number, 1).to_pylist()[0].items() if text is not None}
        alone = ours.one_point(engine, words)
        found = answers.slice(number, 1).to_pylist()[0]
        check_equal({name: found[name] for name in alone}, alone, f"the answer to {words}")
