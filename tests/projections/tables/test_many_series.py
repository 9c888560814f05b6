"""Answer intervals that are made at once where very many series are touched are those of a series alone."""

import random
from collections.abc import Callable
from unittest.mock import patch

import pytest

from ledger import Ledger
from projections.tables import answer_intervals
from projections.tables.planned_statements import FEW
from tests.depth import seeds
from tests.oracle.deep_histories import deep_history
from tests.oracle.histories import Body, random_history
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.shared_tables import engine_of

SIZE = 60
BATCHES = (1, 5, 20, 60)


@pytest.mark.parametrize("told", [random_history, deep_history])
@pytest.mark.parametrize("seed", seeds(ordinarily=6))
def test_a_catch_up_of_many_series_equals_a_rebuild(
    seed: int, told: Callable[[random.Random, int], list[Body]]
) -> None:
    rng = random.Random(seed)
    bodies = told(rng, SIZE)
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        while bodies:
            size = rng.choice(BATCHES)
            ledger.append_what_fits(bodies[:size])
            bodies = bodies[size:]
            with patch.object(answer_intervals, "FEW", rng.choice((0, 0, FEW))):
                engine.catch_up()
        caught_up = engine.table("answer_intervals")
        rebuild_in_parts(engine, batch_rows=20, part_rows=20)
        assert caught_up.equals(engine.table("answer_intervals"))
