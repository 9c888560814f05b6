"""An answer that is relied on is said to have changed exactly when the naive model answers otherwise."""

import random
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.values import instant_text
from tests.depth import seeds
from tests.oracle.histories import Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import differences, recorded

FILTERS: tuple[dict[str, str], ...] = ({}, {"publisher": "usgs"}, {"subject": "lynas"}, {"subject": "china"})


@pytest.mark.parametrize("seed", seeds(ordinarily=2))
def test_a_reliance_fires_exactly_when_the_model_answers_otherwise(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        head = len(events)
        relied: dict[str, tuple[Viewpoint, dict[str, str]]] = {}
        bodies: list[dict[str, Any]] = []
        for number in range(6):
            at, filters = random_viewpoint(rng, events), rng.choice(FILTERS)
            relied[f"answer-{number}"] = at, filters
            bodies.append(
                {
                    "type": "RelianceRegistered",
                    "reliance": f"answer-{number}",
                    "question": "/v1/figures" + (f"?{urlencode(filters)}" if filters else ""),
                    "basis": {"as_of": instant_text(at.as_of), "recorded_as_of": f"position:{at.position}"},
                }
            )
        engine.ledger.append(bodies)
        client = TestClient(create_app(engine, answers_bytes_max=0))
        for now in (random_viewpoint(rng, events), random_viewpoint(rng, events)):
            answer = client.get("/v1/reliance", params={"as_of": instant_text(now.as_of)})
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            assert [item["reliance"] for item in items] == sorted(relied)
            for item in items:
                at, filters = relied[item["reliance"]]
                if at.as_of > now.as_of:
                    assert (item["changed"], item["changes"]) == (None, [])
                    assert "of later than the viewpoint" in item["error"]
                    continue
                wanted = model.diff(at.as_of, at.position, now.as_of, head, **filters)
                assert item["error"] is None, item["error"]
                assert item["changed"] is bool(wanted), f"seed {seed}: {item['reliance']} at {at}, now {now}: {wanted}"
                wrong = differences(wanted[:20], item["changes"])
                assert wrong is None, f"seed {seed}: {item['reliance']} at {at}, now {now}: {wrong}"
            changed = client.get("/v1/reliance", params={"as_of": instant_text(now.as_of), "changed": "true"}).json()
            assert changed["items"] == [item for item in items if item["changed"]]
