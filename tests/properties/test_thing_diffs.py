"""What differs in things between two viewpoints, and why, is what the naive model says."""

import random
from typing import Any

import pytest

from projections import Engine
from tests.depth import seeds
from tests.oracle.histories import Viewpoint, random_history, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_thing_diff import KEYS, known_to, thing_diff
from tests.oracle.thing_stories import thing_story
from tests.properties.test_viewpoints import differences, recorded, seen_from

Item = dict[str, Any]


def paged(engine: Engine, one: Viewpoint, other: Viewpoint, resource: str, limit: int) -> list[Item]:
    """The differences as page after page gives them."""
    views = (seen_from(engine, one), seen_from(engine, other))
    found, place = engine.thing_diff(*views, resource, limit=limit)
    while place is not None:
        more, place = engine.thing_diff(*views, resource, limit=limit, place=place)
        assert more
        found += more
    return found


@pytest.mark.parametrize("seed", seeds(ordinarily=2))
def test_what_differs_in_things_is_what_the_model_says(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng, thing_story if seed % 2 else random_history):
        model = Model(events)
        for _ in range(6):
            one, other = random_viewpoint(rng, events), random_viewpoint(rng, events)
            if rng.randrange(4) == 0:
                other = other._replace(position=one.position)
            if rng.randrange(4) == 0:
                other = other._replace(effective_at=one.effective_at)
            for resource in KEYS:
                wanted = thing_diff(model, resource, one, other)
                found = paged(engine, one, other, resource, rng.choice((1, 2, 5, 100)))
                wrong = differences(wanted, known_to(wanted, found))
                assert wrong is None, f"seed {seed}, {resource} from {one} to {other}: {wrong}"
