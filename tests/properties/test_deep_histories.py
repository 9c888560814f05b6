"""What is piled up on one thing, in any order of arrival, is answered as the naive model answers it."""

import random

import pytest

from ledger import Ledger
from tests.depth import seeds
from tests.oracle.deep_histories import deep_history
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.properties.test_viewpoints import compare_questions, compare_states, ticking
from tests.shared_tables import engine_of

SIZE = 120
VIEWPOINTS = 3
BATCHES = (1, 7, 40, 120)


@pytest.mark.parametrize("seed", seeds(ordinarily=1, first=4, one_in=10))
def test_every_answer_is_that_of_the_model_and_a_catch_up_equals_a_rebuild(seed: int) -> None:
    rng = random.Random(seed)
    bodies = deep_history(rng, SIZE)
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        while bodies:
            size = rng.choice(BATCHES)
            ledger.append_what_fits(bodies[:size])
            bodies = bodies[size:]
            engine.catch_up()
        events = [{**entry.envelope(), **entry.body} for entry in ledger.entries()]
        model = Model(events)
        viewpoints = [random_viewpoint(rng, events) for _ in range(VIEWPOINTS)]
        wrong = [*compare_states(model, engine, viewpoints)]
        wrong += compare_questions(model, engine, viewpoints[0], rng, events)
        assert not wrong, f"seed {seed} at {viewpoints}\n{wrong[0]}"
        caught_up = {name: engine.table(name) for name in engine.tables()}
        rebuild_in_parts(engine, batch_rows=rng.choice((15, 50)), part_rows=20)
        assert [name for name, rows in caught_up.items() if not rows.equals(engine.table(name))] == [], f"seed {seed}"
