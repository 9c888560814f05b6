"""Receipts of random histories replay at random viewpoints, to the ledger and to the verifier that stands alone."""

import json
import random
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.proof import standalone_verifier
from ledger.proof.standalone_verifier import Files, Key, Trust
from ledger.values import instant_text
from projections import CATALOGUE
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.properties.test_viewpoints import recorded

ASKED = 4
MAY_BE_REFUSED = (404, 422)
"""Nothing stands under a name at a viewpoint, or a question cannot be put at it."""


def questions(rng: random.Random, client: TestClient, events: list[dict[str, Any]]) -> list[tuple[str, dict[str, str]]]:
    """Some questions, about everything and about one thing."""
    figures = [event["figure_id"] for event in client.get("/v1/events").json()["items"] if "figure_id" in event]
    found: list[tuple[str, dict[str, str]]] = [(f"/v1/{name}", {"limit": "3"}) for name in CATALOGUE]
    found += [(f"/v1/figures/{one}/history", {"clock": rng.choice(["publication", "ledger"])}) for one in figures]
    found += [("/v1/figures", {"figure_id": one}) for one in figures]
    found += [(f"/v1/events/{event['event_id']}", {}) for event in events[:5]]
    found += [("/v1/events", {"limit": "5"}), ("/v1/sums", {}), ("/v1/vintages", {"limit": "5"})]
    found += [(f"/v1/entities/{event['entity']}", {}) for event in events if event.get("entity")][:5]
    return rng.sample(found, min(len(found), ASKED))


@pytest.mark.parametrize("seed", seeds(2, one_in=20))
def test_receipts_replay_at_any_viewpoint_of_any_history(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        client = TestClient(create_app(engine, answers_bytes_max=0))
        trust = Trust([Key.parse(engine.ledger.proofs.key.verifier.text())])
        for path, parameters in questions(rng, client, events):
            at = random_viewpoint(rng, events)
            clocks = {
                "as_of": instant_text(at.as_of),
                "recorded_as_of": f"position:{at.position}",
                "effective_at": instant_text(at.effective_at),
            }
            stated = {name: text for name, text in clocks.items() if rng.randrange(3)}
            asked = {**parameters, **stated}
            plain = client.get(path, params=asked)
            answer = client.get(path, params={**asked, "receipt": "full"})
            assert answer.status_code == plain.status_code
            if plain.status_code != 200:
                assert plain.status_code in MAY_BE_REFUSED
                continue
            assert answer.json()["items"] == plain.json()["items"]
            found = client.post(
                "/v1/receipts/verify", content=answer.content, headers={"Content-Type": "application/json"}
            )
            verdict = found.json()
            assert (verdict["verdict"], verdict["differences"]) == ("same", []), (path, asked)
            rules = {reason["rule"] for reason in verdict["reasons"]}
            erasures = any(event["type"] == "EventErased" for event in events)
            assert rules <= ({"erased"} if erasures else set()), "the text was erased before, and it says so"
            assert standalone_verifier.verify(Files(answer.content), trust)
            whole = json.loads(answer.content)["receipt"]["streams"]
            ends = {entry.stream_key.hex(): entry.stream_version for entry in engine.ledger.entries()}
            assert all(ends[one["stream"]] == one["length"] for one in whole)
