"""What has an impact is what differs between two positions of the log, at one `as_of`, in the naive model."""

import random
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.values import instant_text
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import differences, recorded

Item = dict[str, Any]


def expected(model: Model, as_of: Any, *, earlier: int, later: int, **filters: str) -> list[Item]:
    """The model's difference between two positions. Where both clocks of publication are one, a statement that came
    in between was published by then, so it came late.
    """
    items = model.diff(as_of, earlier, as_of, later, **filters)
    for item in items:
        for cause in item["causes"]:
            if cause["cause"] == "statement":
                cause["cause"] = "late_arrival"
    return items


@pytest.mark.parametrize("seed", seeds(ordinarily=2))
def test_impact_is_the_difference_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        client = TestClient(create_app(engine, answers_bytes_max=0))
        for _ in range(3):
            at, other = random_viewpoint(rng, events), random_viewpoint(rng, events)
            earlier = rng.choice((0, min(at.position, other.position), rng.randint(0, at.position)))
            later = max(at.position, other.position)
            filters = rng.choice(({}, {}, {"publisher": "usgs"}, {"subject": "lynas"}, {"subject": "china"}))
            asked = {
                "recorded_from": f"position:{earlier}",
                "recorded_to": f"position:{later}",
                "as_of": instant_text(at.as_of),
                "limit": "10000",
                **filters,
            }
            answer = client.get("/v1/impact", params=asked)
            assert answer.status_code == 200, answer.text
            wanted = expected(model, at.as_of, earlier=earlier, later=later, **filters)
            wrong = differences(wanted, answer.json()["items"])
            assert wrong is None, f"seed {seed}, {asked}: {wrong}"
