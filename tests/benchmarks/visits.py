"""What one request visits: how many of the project's functions and modules an append and a read pass through.

    python -m tests.benchmarks.visits

A warm server is asked once under a profiler; calls in all its threads count. Run it from another checkout to compare.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine

ROOT = str(Path(__file__).parent.parent.parent)
ROOMS = tuple(f"{ROOT}/{room}/" for room in ("ledger", "projections", "api"))
ENTITIES = [
    {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"},
    {"type": "EntityRegistered", "entity": "japan", "kind": "country", "name": "Japan"},
]


def figure(period: int, value: int) -> dict[str, Any]:
    """A statement on a figure."""
    said = {"subject": "japan", "metric": "production", "period": str(period), "value": str(value), "unit": "t"}
    return {"type": "ProductionReported", **said, "published_at": "2025-01-31", "source": {"publisher": "usgs"}}


class Visits:
    """Counts calls of the project's functions in every thread that is started after it."""

    def __init__(self) -> None:
        self._calls: Counter[CodeType] = Counter()
        self._counting = False
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def during(self, ask: Callable[[], None]) -> Counter[CodeType]:
        """How often each function is called while something is asked."""
        self._calls.clear()
        self._counting = True
        ask()
        self._counting = False
        return Counter(self._calls)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if self._counting and event == "call" and frame.f_code.co_filename.startswith(ROOMS):
            self._calls[frame.f_code] += 1


def main() -> None:
    """Print both counts."""
    visits = Visits()
    ledger = Ledger(":memory:")
    engine = Engine(ledger)
    with TestClient(create_app(engine), base_url="http://127.0.0.1") as client:
        client.post("/v1/events", content=json.dumps(ENTITIES), headers={"Content-Type": "application/json"})
        numbers = iter(range(1000, 3000))

        def append() -> None:
            sent = json.dumps(figure(next(numbers), 5))
            assert client.post("/v1/events", content=sent, headers={"Content-Type": "application/json"}).is_success

        def read() -> None:
            as_of = f"2025-02-{next(numbers) % 28 + 1:02}T00:00:00Z"
            assert client.get(f"/v1/figures?subject=japan&metric=production&period=1001&as_of={as_of}").json()["items"]

        for name, ask in (("append", append), ("read", read)):
            for _ in range(5):
                ask()
            calls = visits.during(ask)
            modules = {code.co_filename for code in calls}
            print(f"{name}: {len(calls)} functions in {len(modules)} modules, {sum(calls.values())} calls")
            if "-v" in sys.argv:
                for code, count in sorted(calls.items(), key=lambda one: (one[0].co_filename, one[0].co_firstlineno)):
                    print(f"  {count:4} {code.co_filename.removeprefix(ROOT)[1:]}:{code.co_qualname}")
    engine.close()
    ledger.close()


if __name__ == "__main__":
    main()
