"""A data directory as a release made it, and what that release answered from it: kept, so that each later one can be
held against both.

`tests/data/releases/NAME.tar.xz` holds `ledger.db`, as the code of the release left it, and `answers.json`. It was made
with that code, of which only public names are used here:

    git worktree add ../released 9a5e8d9
    cd ../released && PYTHONPATH=. python -P ../THIS-CHECKOUT/tests/released_ledger.py NAME.tar.xz

`before-merkle-tree` is of 9a5e8d9, the last state whose log had no Merkle tree.
"""

import json
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.demo import sample_path
from ledger import Ledger, import_file
from projections import Engine

VIEWPOINTS = ("as_of=2026-11-20&recorded_as_of=position:{head}", "as_of=2025-06-30&recorded_as_of=position:{middle}")
QUESTIONS = (
    "/v1/figures?limit=60&subject=china",
    "/v1/figures?limit=60&subject=world&metric=mine_production",
    "/v1/policies?limit=30",
    "/v1/agreements?limit=20",
    "/v1/facilities?limit=20",
    "/v1/entities?limit=20",
    "/v1/links?limit=20",
    "/v1/risks?limit=20",
    "/v1/vintages?subject=australia&metric=mine_production&publisher=usgs",
    "/v1/disputes?subject=china&limit=10",
    "/v1/sums?subject=world&limit=10",
    "/v1/events?limit=20",
)
EVENTS: list[dict[str, Any]] = [
    {"type": "EntityRegistered", "entity": "my-institute", "kind": "organisation", "name": "My Institute"},
    {
        "type": "ForecastPublished",
        "subject": "world",
        "metric": "mine_production",
        "material": "rare-earths",
        "period": "2030",
        "low": "500",
        "high": "550",
        "unit": "kt",
        "published_at": "2026-03-01",
        "source": {"publisher": "my-institute", "title": "Outlook 2030"},
    },
]
"""What was appended under an idempotency key, as well."""
KEY = "released-1"
OF_EACH_TYPE = 40
"""So many events of the shipped ledger of each type: the file is to stay small."""
WHOLE = ("EntityRegistered", "EventCorrected")


def answers(engine: Engine, *, head: int) -> dict[str, Any]:
    """What an engine answers, by question. `head` is the position up to which it is asked."""
    client = TestClient(create_app(engine, answers_bytes_max=0))
    said = {}
    for question in QUESTIONS:
        for viewpoint in VIEWPOINTS:
            url = f"{question}{'&' if '?' in question else '?'}{viewpoint.format(head=head, middle=head // 2)}"
            answer = client.get(url)
            assert answer.status_code == 200, answer.text
            said[url] = answer.json()["items"]
    return said


def appended(engine: Engine) -> Any:
    """The answer to the request, which is the same however often it is sent."""
    client = TestClient(create_app(engine, answers_bytes_max=0))
    answer = client.post("/v1/events", json=EVENTS, headers={"Idempotency-Key": KEY})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def _part_of_the_sample(folder: Path) -> Path:
    """Some events of each type of the shipped ledger, and all that others are about."""
    lines = sample_path().read_text(encoding="utf-8").splitlines(keepends=True)
    events = [json.loads(line) for line in lines]
    targets = {event.get("target") for event in events}
    seen: Counter[str] = Counter()
    part = folder / "part.jsonl"
    with part.open("w", encoding="utf-8") as file:
        for line, event in zip(lines, events, strict=True):
            seen[event["type"]] += 1
            if seen[event["type"]] <= OF_EACH_TYPE or event["type"] in WHOLE or event.get("event_id") in targets:
                file.write(line)
    return part


def main(target: Path) -> None:
    """Make the file, with the code that is found first."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with Ledger(folder / "ledger.db") as ledger:
            report = import_file(ledger, _part_of_the_sample(folder))
            assert not report.rejected, report.errors
            with Engine(ledger) as engine:
                answer, head = appended(engine), ledger.head()
                said = {
                    "head": head,
                    "identity": ledger.identity,
                    "appended": answer,
                    "answers": answers(engine, head=head),
                }
        (folder / "answers.json").write_text(json.dumps(said), encoding="utf-8")
        with tarfile.open(target, "x:xz") as archive:
            for name in ("ledger.db", "answers.json"):
                archive.add(folder / name, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
