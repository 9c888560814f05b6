"""What is said of things by name, on both clocks, and slips are those of the naive model over generated histories."""

import random

import pytest

from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.oracle.thing_stories import thing_story
from tests.oracle.wrong_histories import wrong_histories, wrong_names, wrong_slips
from tests.properties.test_viewpoints import recorded

VIEWPOINTS = 3


@pytest.mark.parametrize("seed", seeds(ordinarily=4))
def test_histories_of_things_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng, thing_story):
        model = Model(events)
        for _ in range(VIEWPOINTS):
            at = random_viewpoint(rng, events)
            for wrong in (
                *wrong_histories(engine, model, at, rng=rng, count=5),
                *wrong_names(engine, model, at, rng=rng, count=10),
                *wrong_slips(engine, [model], at),
            ):
                pytest.fail(f"seed {seed} at {at}\n{wrong}")
