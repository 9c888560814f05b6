"""What somebody does with a client that a generator made of our description, and what they see.

It is run by the Python of the generator, with the address of a server and a key, and prints what it saw as JSON. It
imports nothing of the project but that client.
"""

import json
import sys
from typing import Any

from ledger_client import AuthenticatedClient, Client  # type: ignore[import-not-found]
from ledger_client.api.audit import read_revisions, read_vintages  # type: ignore[import-not-found]
from ledger_client.api.figures import read_figures, read_history  # type: ignore[import-not-found]
from ledger_client.api.log import append_events, read_event, read_events  # type: ignore[import-not-found]
from ledger_client.api.policies import read_one_of_policies  # type: ignore[import-not-found]
from ledger_client.api.service import read_readiness  # type: ignore[import-not-found]
from ledger_client.models import (  # type: ignore[import-not-found]
    EntityRegistered,
    EventCorrected,
    PolicyEnacted,
    ProductionReported,
    ReadFiguresDimensionNAME,
)

USGS = {"publisher": "usgs"}


def production(value: str, published_at: str, **fields: Any) -> Any:
    """A figure of mine production, as the client's own class."""
    said = {"type": "ProductionReported", "subject": "australia", "metric": "mine_production", "period": "2024"}
    return ProductionReported.from_dict(
        {**said, "value": value, "unit": "t", "published_at": published_at, "source": USGS, **fields}
    )


def answer(response: Any) -> dict[str, Any]:
    """The status of a response, what it was read as, and what it holds."""
    return {
        "status": int(response.status_code),
        "read_as": type(response.parsed).__name__,
        "body": None if response.parsed is None else response.parsed.to_dict(),
        "replayed": response.headers.get("Idempotency-Replayed"),
    }


def session(client: Any, stranger: Any) -> dict[str, Any]:
    """Every step by its name."""
    usgs = EntityRegistered.from_dict(
        {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"}
    )
    australia = EntityRegistered.from_dict(
        {"type": "EntityRegistered", "entity": "australia", "kind": "country", "name": "Australia"}
    )
    batch = [usgs, australia, production("13000", "2025-01-31")]
    steps = {"stranger": answer(read_figures.sync_detailed(client=stranger))}
    steps["dry run"] = answer(append_events.sync_detailed(client=client, body=batch, dry_run=True))
    steps["first"] = answer(append_events.sync_detailed(client=client, body=batch, idempotency_key="yearbook"))
    steps["again"] = answer(append_events.sync_detailed(client=client, body=batch, idempotency_key="yearbook"))
    steps["other body"] = answer(append_events.sync_detailed(client=client, body=usgs, idempotency_key="yearbook"))
    revised = production("29000", "2026-02-06", expected_version=1)
    steps["expected"] = answer(append_events.sync_detailed(client=client, body=revised))
    late = production("30000", "2026-03-06", expected_version=1)
    steps["not expected"] = answer(append_events.sync_detailed(client=client, body=late))
    steps["wrong"] = answer(append_events.sync_detailed(client=client, body=production("many", "2026-03-06")))
    part = production("7", "2025-01-31", dimensions={"basis": "reo"})
    event_id = append_events.sync(client=client, body=part).items[0].event_id
    correction = EventCorrected.from_dict(
        {
            "type": "EventCorrected",
            "target": str(event_id),
            "changes": {"value": "8"},
            "reason": "transcription",
            "explanation": "We misread it.",
        }
    )
    steps["correction"] = answer(append_events.sync_detailed(client=client, body=correction))
    policy = PolicyEnacted.from_dict(
        {
            "type": "PolicyEnacted",
            "policy": "tariff",
            "jurisdiction": "australia",
            "kind": "tariff",
            "published_at": "2025-01-31",
            "source": USGS,
        }
    )
    steps["policy"] = answer(append_events.sync_detailed(client=client, body=policy))
    asked = {"client": client, "subject": ["australia"], "metric": ["mine_production"]}
    for as_of in ("2024-12-31", "2025-12-31", "2026-12-31"):
        steps[f"as of {as_of}"] = answer(read_figures.sync_detailed(**asked, as_of=as_of))
    basis = ReadFiguresDimensionNAME.from_dict({"dimension.basis": "reo"})
    found = read_figures.sync(client=client, dimension_name=basis)
    steps["by dimension"] = {"values": [(one.value, one.dimensions.to_dict()) for one in found.items]}
    steps["bad moment"] = answer(read_figures.sync_detailed(client=client, as_of="soon"))
    page = read_events.sync(client=client, limit=2)
    steps["log"] = {"positions": [one.position for one in page.items], "types": [one.type_ for one in page.items]}
    page = read_events.sync(client=client, limit=2, cursor=page.next_)
    steps["more of the log"] = {"positions": [one.position for one in page.items]}
    one = read_event.sync(str(event_id), client=client).items[0]
    steps["event"] = {"value": one.additional_properties["value"], "content": one.additional_properties["content"]}
    figure = next(item for item in read_figures.sync(**asked, as_of="2025-12-31").items if item.value == "13000")
    steps["history"] = answer(read_history.sync_detailed(figure.figure_id, client=client))
    steps["thing"] = answer(read_one_of_policies.sync_detailed("tariff", client=client))
    steps["no thing"] = answer(read_one_of_policies.sync_detailed("none", client=client))
    steps["vintages"] = answer(read_vintages.sync_detailed(client=client))
    steps["revisions"] = answer(read_revisions.sync_detailed(client=client))
    steps["ready"] = {"status": int(read_readiness.sync_detailed(client=client).status_code)}
    return steps


if __name__ == "__main__":
    _, address, key = sys.argv
    with AuthenticatedClient(base_url=address, token=key) as known, Client(base_url=address) as unknown:
        print(json.dumps(session(known, unknown)))
